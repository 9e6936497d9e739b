"""Stream the rows of an XLSX sheet in constant memory.

Not with calamine: it unpacks a whole sheet into a dense grid, so a small file with one cell at
XFD1048576 would take the machine's memory, and it tells nothing of hidden rows and merged cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from portal.spreadsheets.refusals import CellError, SheetRefused
from portal.spreadsheets.tables import MOST_COLUMNS, MOST_ROWS, Row, Sheet, Table, column_letters, trim
from portal.spreadsheets.xlsx_package import Package, local, new_parser

_MOST_STRINGS = 1_000_000
_MOST_STRINGS_XML = 96 * 2**20
_LONGEST_CELL = 32_767 * 8
_LONGEST_ROW = 2 * 2**20
_BUILTIN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: Literal text, colours and locales in a number format; what is left decides whether it shows a date.
_FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def open_xlsx(file: IO[bytes], size: int) -> Table:
    """Open an XLSX (or XLSM: its macros are never looked at). Raises SheetRefused."""
    package = Package(file, size)
    book = next((name for kind, name in package.relations("").values() if kind == "officeDocument"), "")
    if book not in package or not book:
        book = "xl/workbook.xml"
    if book not in package:
        raise SheetRefused("不是 Excel 表格文件（压缩包里没有工作簿），请另存为 .xlsx 或 CSV 再上传")
    workbook = _Workbook(package, book)
    if not workbook.sheets:
        raise SheetRefused("工作簿里没有工作表")
    notices = ["文件带有宏，宏已忽略"] if "xl/vbaProject.bin" in package else []
    return Table("xlsx", workbook.sheets, file, notices)


class _Workbook:
    def __init__(self, package: Package, book: str) -> None:
        self.package = package
        relations = package.relations(book)
        parts = {kind: name for kind, name in relations.values()}
        self.sheets: list[Sheet] = []
        self.from_1904 = False
        for tag, attributes in package.elements(book):
            if tag == "workbookPr":
                self.from_1904 = attributes.get("date1904") in ("1", "true")
            kind, part = relations.get(attributes.get("id", ""), ("", ""))
            if tag == "sheet" and kind == "worksheet":
                self.sheets.append(
                    Sheet(
                        attributes.get("name", ""),
                        lambda sheet, part=part: _SheetReader(self, part, sheet).rows(),
                        hidden=attributes.get("state", "visible") != "visible",
                    )
                )
        self.date_styles = self._read_date_styles(parts.get("styles", ""))
        self._strings_part = parts.get("sharedStrings", "")
        self._strings: list[str] | None = None

    def shared_string(self, text: str) -> str:
        if self._strings is None:
            self._strings = self._read_strings()
        try:
            return self._strings[int(text)]
        except (ValueError, IndexError):
            raise SheetRefused("文件已损坏：引用了不存在的文字") from None

    def _read_date_styles(self, part: str) -> frozenset[int]:
        if part not in self.package:
            return frozenset()
        formats: dict[str, str] = {}
        styles: list[str] = []
        within = False
        for tag, attributes in self.package.elements(part):
            if tag == "numFmt":
                formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                within = True
            elif tag in ("cellStyles", "dxfs", "cellStyleXfs"):
                within = False
            elif tag == "xf" and within:
                styles.append(attributes.get("numFmtId", "0"))
        return frozenset(at for at, number in enumerate(styles) if _shows_date(number, formats.get(number)))

    def _read_strings(self) -> list[str]:
        strings: list[str] = []
        if self._strings_part not in self.package:
            return strings
        text: list[str] = []
        state = {"t": False, "phonetic": False}

        def start(tag: str, _: dict[str, str]) -> None:
            name = local(tag)
            if name == "si":
                text.clear()
            elif name == "rPh":
                state["phonetic"] = True
            state["t"] = name == "t" and not state["phonetic"]

        def end(tag: str) -> None:
            name = local(tag)
            state["t"] = False
            if name == "rPh":
                state["phonetic"] = False
            elif name == "si":
                strings.append(_unescape("".join(text)))

        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = lambda piece: text.append(piece) if state["t"] else None
        for _ in self.package.parse(self._strings_part, parser, most=_MOST_STRINGS_XML):
            if len(strings) > _MOST_STRINGS:
                raise SheetRefused(f"表格里不同的文字超过{_MOST_STRINGS}条，请分成几个文件上传")
        return strings


class _SheetReader:
    def __init__(self, workbook: _Workbook, part: str, sheet: Sheet) -> None:
        self._workbook, self._part, self._sheet = workbook, part, sheet
        self._ready: list[Row] = []
        self._cells: list[object] = []
        self._row = self._column = self._size = self._row_size = 0
        self._type = self._style = ""
        self._text: list[str] = []
        self._wanted = self._phonetic = self._formula = False

    def rows(self) -> Iterator[Row]:
        parser = new_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        for _ in self._workbook.package.parse(self._part, parser):
            yield from self._ready
            self._ready.clear()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t"):
            self._wanted = not self._phonetic
        elif name == "row":
            self._start_row(attributes)
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = _number(attributes.get("min")), _number(attributes.get("max"))
            letters = [column_letters(at - 1) for at in (first, min(last, 16_384))]
            self._sheet.hidden_columns.append(letters[0] if first == last else "—".join(letters))
        elif name == "mergeCell" and len(self._sheet.merged) < 20:
            self._sheet.merged.append(attributes.get("ref", ""))

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = _number(attributes["r"]) if "r" in attributes else self._row + 1
        if number <= self._row:
            raise SheetRefused(f"文件已损坏：第{number}行的次序不对")
        if number > MOST_ROWS:
            raise SheetRefused(f"行数超过{MOST_ROWS}行")
        self._row, self._column, self._cells, self._row_size = number, -1, [], 0
        if attributes.get("hidden") in ("1", "true"):
            self._sheet.note_hidden_row(number)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._column = _column(attributes["r"]) if "r" in attributes else self._column + 1
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._text, self._size = [], 0
        self._wanted = self._phonetic = self._formula = False

    def _characters(self, piece: str) -> None:
        if self._wanted:
            self._text.append(piece)
            self._size += len(piece)
            self._row_size += len(piece)
            if self._size > _LONGEST_CELL or self._row_size > _LONGEST_ROW:
                raise SheetRefused(f"第{self._row}行有单元格的文字过长")

    def _end(self, tag: str) -> None:
        name = local(tag)
        if name in ("v", "t"):
            self._wanted = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "c":
            self._end_cell()
        elif name == "row" and trim(self._cells):
            self._ready.append((self._row, self._cells))

    def _end_cell(self) -> None:
        value = self._value("".join(self._text))
        if value is None:
            return
        if self._column >= MOST_COLUMNS:
            raise SheetRefused(
                f"第{self._row}行的列数超过上限{MOST_COLUMNS}列（{column_letters(self._column)}列有值）"
            )
        self._cells.extend([None] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = value

    def _value(self, text: str) -> Any:
        if self._type == "inlineStr":
            return _unescape(text) or None
        if not text:
            if self._formula and self._type != "str":
                return CellError("公式没有保存计算结果，请用 Excel 或 WPS 打开并保存一次")
            return None
        if self._type == "s":
            return self._workbook.shared_string(text) or None
        if self._type == "str":
            return _unescape(text)
        if self._type == "e":
            return CellError(f"公式错误 {text}")
        if self._type == "b":
            return text.strip() in ("1", "true")
        if self._type == "d":
            return text
        return self._read_number(text.strip())

    def _read_number(self, text: str) -> Any:
        try:
            number = float(text) if not text.lstrip("-").isdecimal() or len(text) > 15 else int(text)
        except ValueError:
            raise SheetRefused(f"文件已损坏：第{self._row}行有无效的数字") from None
        if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
            number = int(number)
        if self._style.isdecimal() and int(self._style) in self._workbook.date_styles:
            return _moment(number, self._workbook.from_1904)
        return number


def _moment(serial: float, from_1904: bool) -> datetime | date | time | float:
    if not 0 <= serial < 2_958_466:
        return serial
    seconds = round((serial % 1) * 86_400)
    if serial < 1 and not from_1904:
        return (datetime.min + timedelta(seconds=min(seconds, 86_399))).time()
    # Lotus took 1900 for a leap year; serials before its 29 February are one day off.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    try:
        return start + timedelta(days=int(serial), seconds=seconds)
    except OverflowError:
        return serial


def _shows_date(number: str, code: str | None) -> bool:
    if code is None:
        return number.isdecimal() and int(number) in _BUILTIN_DATES
    first = _FORMAT_NOISE.sub("", code.partition(";")[0])
    return first.casefold() != "general" and bool(re.search(r"[ymdhs年月日]", first, re.IGNORECASE))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


def _column(reference: str) -> int:
    index = 0
    for sign in reference:
        if not ("A" <= sign <= "Z"):
            break
        index = index * 26 + ord(sign) - 64
    if not 1 <= index <= 16_384:
        raise SheetRefused(f"文件已损坏：没有单元格 {reference[:20]}")
    return index - 1


def _number(text: str | None) -> int:
    if not text or not text.isdecimal() or len(text) > 9:
        raise SheetRefused("文件已损坏：行号或列号无效")
    return int(text)
