"""Write lists as real XLSX and CSV files that Excel and WPS open as they are, formulas made harmless."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, Literal

import xlsxwriter

from portal.spreadsheets.refusals import Problem
from portal.spreadsheets.tables import MOST_ROWS, Row, column_letters

Kind = Literal["text", "date", "integer", "money"]
_LONGEST = 32_767
_PIECE = 64 * 1024
_CUT = "…（超出单元格上限，已截断）"
#: design/security.md F4; the full-width forms are formulas to a Chinese Excel as well.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
#: Excel keeps 15 digits of a number.
_EXACT = 10**15


@dataclass(frozen=True)
class Heading:
    """A column of an export: title, width in characters; money is given in 分 and shown in 元."""

    title: str
    width: float = 16
    kind: Kind = "text"


SheetContent = tuple[str, Sequence[Heading], Iterable[Sequence[object]]]


def write_xlsx(
    target: str | os.PathLike[str] | IO[bytes],
    sheets: Iterable[SheetContent],
    *,
    created: datetime | None = None,
) -> None:
    """Write sheets of (name, headings, rows), each row once and in constant memory.

    Every cell of a text column is a string cell, codes with it, so none is ever a formula. A sheet of
    more rows than Excel takes goes on in a second one. ``created`` makes the file the same each time.
    """
    with _workbook(target, created) as book:
        formats = _Formats(book)
        names: set[str] = set()
        for name, headings, rows in sheets:
            sheet, line = _new_sheet(book, formats, _free_name(name, names), headings), 0
            for cells in rows:
                line += 1
                if line >= MOST_ROWS:
                    sheet, line = _new_sheet(book, formats, _free_name(name, names), headings), 1
                for at, (heading, value) in enumerate(zip(headings, cells, strict=True)):
                    _write_cell(sheet, line, at, value, heading.kind, formats)


def write_csv(
    file: IO[bytes], columns: Sequence[Heading], rows: Iterable[Sequence[object]], *, bom: bool = True
) -> None:
    """Write UTF-8 CSV (with BOM, or Excel takes it for GBK); a leading ' disarms formulas (F4)."""
    for piece in csv_pieces(columns, rows, bom=bom):
        file.write(piece)


def csv_pieces(columns: Sequence[Heading], rows: Iterable[Sequence[object]], *, bom: bool = True) -> Iterator[bytes]:
    """The same CSV piece by piece, for an answer that is sent while the rows are still being read."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff" if bom else "")
    writer.writerow([_disarm(column.title) for column in columns])
    for cells in rows:
        writer.writerow([_csv_cell(value, column.kind) for column, value in zip(columns, cells, strict=True)])
        if text.tell() > _PIECE:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def mark_problems(
    rows: Iterable[Row],
    problems: Iterable[Problem],
    *,
    header_rows: Collection[int] = (1,),
    created: datetime | None = None,
) -> bytes:
    """The sender's own rows as XLSX: bad cells coloured, one more column 问题 with the reasons.

    ``rows`` holds the header rows too (their numbers in ``header_rows``) and whichever data rows the
    caller wants back. Reasons name the column's letter in the sender's file.
    """
    kept = list(rows)
    width = max((len(cells) for _, cells in kept), default=0)
    by_row: dict[int, list[Problem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    target = io.BytesIO()
    with _workbook(target, created) as book:
        formats = _Formats(book)
        sheet = book.add_worksheet("问题数据")
        sheet.set_column(0, max(width - 1, 0), 18)
        sheet.set_column(width, width, 60)
        headers = [at for at, (number, _) in enumerate(kept) if number in header_rows]
        sheet.freeze_panes(max(headers, default=-1) + 1, 0)
        for line, (number, cells) in enumerate(kept):
            found = by_row.get(number, [])
            bad = {problem.column for problem in found}
            for at in range(width):
                value = cells[at] if at < len(cells) else None
                _write_marked(sheet, line, at, value, formats, number in header_rows, at in bad)
            if headers and line == headers[-1]:
                _write_text(sheet, line, width, "问题", formats.header, formats.header)
            elif found:
                _write_text(sheet, line, width, _reasons(number, found), formats.reason, formats.reason)
    return target.getvalue()


def write_template(
    columns: Sequence[Heading],
    examples: Iterable[Sequence[object]],
    *,
    name: str = "填报",
    created: datetime | None = None,
) -> bytes:
    """An empty sheet to fill in, the examples on a second one, where they are never imported by mistake."""
    target = io.BytesIO()
    write_xlsx(target, [(name, columns, ()), ("示例", columns, examples)], created=created)
    return target.getvalue()


class _Formats:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.header = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self.text = book.add_format({"num_format": "@"})
        # The leading ' of Excel itself: the cell stays text even when it is edited.
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.integer = book.add_format({"num_format": "0"})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.reason = book.add_format({"num_format": "@", "font_color": "#9C0006", "text_wrap": True})
        bad = {"bg_color": "#FFC7CE"}
        self.bad = book.add_format({"num_format": "@", "quote_prefix": True, **bad})
        self.bad_number = book.add_format(bad)
        self.bad_date = book.add_format({"num_format": "yyyy-mm-dd", **bad})


def _workbook(target: Any, created: datetime | None) -> xlsxwriter.Workbook:
    place = os.fspath(target) if isinstance(target, (str, os.PathLike)) else target
    book = xlsxwriter.Workbook(place, {"constant_memory": True, "remove_timezone": True})
    if created is not None:
        book.set_properties({"created": created})
    return book


def _new_sheet(book: Any, formats: _Formats, name: str, headings: Sequence[Heading]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    kinds = {"text": formats.text, "date": formats.date, "integer": formats.integer, "money": formats.money}
    for at, heading in enumerate(headings):
        # The column's format also rules what officers type below: codes stay text.
        sheet.set_column(at, at, heading.width, kinds[heading.kind])
        _write_text(sheet, 0, at, heading.title, formats.header, formats.header)
    return sheet


def _write_cell(sheet: Any, row: int, column: int, value: object, kind: Kind, formats: _Formats) -> None:
    if value is None or value == "":
        return
    if kind == "money" and isinstance(value, int) and abs(value) < _EXACT:
        sheet.write_number(row, column, value / 100, formats.money)
    elif kind == "integer" and isinstance(value, int) and abs(value) < _EXACT:
        sheet.write_number(row, column, value, formats.integer)
    elif kind == "date" and isinstance(value, date) and value.year >= 1900:
        day = value.date() if isinstance(value, datetime) else value
        sheet.write_datetime(row, column, day, formats.date)
    else:
        _write_text(sheet, row, column, _as_text(value, kind), formats.text, formats.quoted)


def _write_marked(
    sheet: Any, row: int, column: int, value: object, formats: _Formats, header: bool, bad: bool
) -> None:
    if header:
        if value is not None:
            _write_text(sheet, row, column, _as_text(value, "text"), formats.header, formats.header)
    elif isinstance(value, date) and value.year >= 1900:
        midnight = not isinstance(value, datetime) or value.time() == time()
        whole = formats.bad_date if bad else formats.date
        sheet.write_datetime(
            row, column, value, whole if midnight else (formats.bad if bad else formats.moment)
        )
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _EXACT:
        sheet.write_number(row, column, value, formats.bad_number if bad else None)
    elif value is None or value == "":
        if bad:
            sheet.write_blank(row, column, None, formats.bad)
    else:
        text = _as_text(value, "text")
        plain, quoted = (formats.bad, formats.bad) if bad else (formats.text, formats.quoted)
        _write_text(sheet, row, column, text, plain, quoted)


def _write_text(sheet: Any, row: int, column: int, text: str, plain: Any, quoted: Any) -> None:
    if len(text) > _LONGEST:
        text = text[: _LONGEST - len(_CUT)] + _CUT
    # A half of a surrogate pair cannot be written at all.
    text = text.encode("utf-8", "replace").decode()
    sheet.write_string(row, column, text, quoted if text.startswith(_FORMULA_STARTS) else plain)


def _reasons(row: int, problems: list[Problem]) -> str:
    told = []
    for problem in problems:
        place = "" if problem.column is None else f"{column_letters(problem.column)}列："
        hint = f"（是否为 {problem.suggestion}？）" if problem.suggestion else ""
        told.append(f"{place}{problem.rule}{hint}")
    return f"原第{row}行　" + "；".join(told)


def _as_text(value: object, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if kind == "money" and isinstance(value, int):
        return f"{Decimal(value) / 100:.2f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if kind == "date" else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _csv_cell(value: object, kind: Kind) -> str:
    text = _as_text(value, kind)
    return _disarm(text) if isinstance(value, str) else text


def _disarm(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _free_name(name: str, taken: set[str]) -> str:
    """A name Excel allows: at most 31 characters, none of []:*?/\\, unlike the others in any case."""
    base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", name).strip("'") or "表"
    free, turn = base[:31], 2
    while free.casefold() in taken:
        mark = f" ({turn})"
        free, turn = base[: 31 - len(mark)] + mark, turn + 1
    taken.add(free.casefold())
    return free
