"""Stream the rows of CSV and JSON lines in constant memory, whatever the encoding and separator."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from portal.spreadsheets.refusals import SheetRefused, as_error
from portal.spreadsheets.tables import MOST_COLUMNS, MOST_ROWS, Row, Sheet, Table, trim

_CHUNK = 256 * 1024
_LONGEST_LINE = 2**20
_SEPARATORS = ",\t;"


def open_text(file: IO[bytes]) -> Table:
    """Open CSV or JSON lines; the content decides. Raises SheetRefused."""
    encoding = find_encoding(file)
    start = _head(file, encoding)
    if start.lstrip().startswith("{"):
        keys = _json_keys(file, encoding)
        return Table("jsonl", [Sheet("JSON", lambda _: _json_rows(file, encoding, keys))], file)
    if start.lstrip().startswith("[") and _is_json_list(start.lstrip()):
        raise SheetRefused("JSON 文件应每行一条记录，不要放在数组里")
    separator = _find_separator(start)
    return Table("csv", [Sheet("CSV", lambda _: _csv_rows(file, encoding, separator))], file)


def find_encoding(file: IO[bytes]) -> str:
    """The encoding that the whole file is valid in. Raises SheetRefused."""
    file.seek(0)
    start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in start:
        raise SheetRefused("不是表格文件，请上传 .xlsx、.xls、CSV 或 JSON 行文件")
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while piece := file.read(_CHUNK):
                decoder.decode(piece)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise SheetRefused("认不出文字编码，请另存为 UTF-8 或 GB18030 编码的 CSV")


def _lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while line := text.readline(_LONGEST_LINE):
            if len(line) >= _LONGEST_LINE:
                raise SheetRefused("有一行过长，不像表格文件")
            yield line
    finally:
        # The wrapper would close the file with itself; other passes still need it. A reader that was left half-way
        # may end after the table was closed.
        if not file.closed:
            text.detach()


def _head(file: IO[bytes], encoding: str) -> str:
    head = ""
    for line in _lines(file, encoding):
        head += line
        if len(head) > 64 * 1024:
            break
    return head


def _find_separator(text: str) -> str:
    counts = dict.fromkeys(_SEPARATORS, 0)
    quoted = False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in counts:
            counts[sign] += 1
    # The heading decides: a remark below it may hold more semicolons than the file has columns.
    first_line = text.lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=lambda sign: (first_line.count(sign), counts[sign]))


def _csv_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[Row]:
    number = size = quotes = 0
    written: list[str] = []

    def measured() -> Iterator[str]:
        nonlocal size, quotes
        for line in _lines(file, encoding):
            size += len(line)
            quotes += line.count('"')
            if size > 2 * _LONGEST_LINE:
                raise SheetRefused(f"第{number + 1}行过长，可能引号没有成对")
            written.append(line)
            yield line

    try:
        for cells in csv.reader(measured(), delimiter=separator, strict=False):
            number += 1
            if quotes % 2 and _is_unclosed(written, separator):
                raise SheetRefused(f"第{number}行有引号没有成对，它后面的内容都成了一格，请补上引号")
            size = quotes = 0
            written.clear()
            if number > MOST_ROWS:
                raise SheetRefused(f"行数超过{MOST_ROWS}行，请分成几个文件上传")
            row = trim([(cell if cell[0] != "#" else as_error(cell)) if cell else None for cell in cells])
            if len(row) > MOST_COLUMNS:
                raise SheetRefused(f"第{number}行的列数超过上限{MOST_COLUMNS}列")
            if row:
                yield number, row
    except csv.Error as broken:
        raise SheetRefused(f"第{number + 1}行无法读取：引号没有成对，或单元格的文字过长") from broken


def _is_unclosed(record: list[str], separator: str) -> bool:
    """Whether a quote in the record's lines is still open at their end, as it can be at the end of the file only."""
    # One more line: a closed record ends before it, an open one swallows it.
    return len(list(csv.reader([*record, "x"], delimiter=separator))) == 1


def _is_json_list(text: str) -> bool:
    first_line = text.partition("\n")[0].strip()
    try:
        return first_line == "[" or isinstance(_load(first_line), list)
    except (ValueError, RecursionError):
        return False  # a CSV heading such as [序号],名称


def _load(line: str) -> Any:
    return json.loads(line, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _json_records(file: IO[bytes], encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_lines(file, encoding), 1):
        if not line.strip():
            continue
        if number > MOST_ROWS:
            raise SheetRefused(f"行数超过{MOST_ROWS}行，请分成几个文件上传")
        try:
            record = _load(line)
        except (ValueError, RecursionError) as broken:
            raise SheetRefused(f"第{number}行不是有效的 JSON") from broken
        if not isinstance(record, dict):
            raise SheetRefused(f"第{number}行应为一个 JSON 对象（{{…}}），每行一条记录")
        for key, value in record.items():
            if isinstance(value, (dict, list)):
                raise SheetRefused(f"第{number}行的“{key[:50]}”不能是嵌套的对象或数组")
        yield number, record


def _json_keys(file: IO[bytes], encoding: str) -> list[str]:
    keys: dict[str, None] = {}
    for number, record in _json_records(file, encoding):
        keys.update(dict.fromkeys(record))
        if len(keys) > MOST_COLUMNS:
            raise SheetRefused(f"第{number}行的列数超过上限{MOST_COLUMNS}列")
    return list(keys)


def _json_rows(file: IO[bytes], encoding: str, keys: list[str]) -> Iterator[Row]:
    # The names stand in no line of the file: row 0 keeps the numbers of the lines true.
    yield 0, list(keys)
    for number, record in _json_records(file, encoding):
        if row := trim([record.get(key) if record.get(key) != "" else None for key in keys]):
            yield number, row
