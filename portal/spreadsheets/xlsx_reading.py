"""Stream the rows of an XLSX sheet in constant memory.

Not with calamine: it unpacks a whole sheet into a dense grid, so a small file with one cell at
XFD1048576 would take the machine's memory, and it tells nothing of hidden rows and merged cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import IO, Any

from portal.spreadsheets.refusals import CellError, SheetRefused
from portal.spreadsheets.shared_strings import SharedStrings, unescape
from portal.spreadsheets.tables import MOST_COLUMNS, MOST_ROWS, Row, Sheet, Table, column_letters, trim
from portal.spreadsheets.xlsx_package import Package, local, new_parser

#: Other files that are zip archives, by a part that they have.
_OTHERS = {
    "content.xml": "这是 OpenDocument 文件（如 .ods）",
    "word/document.xml": "这是 Word 文档，不是 Excel 表格文件",
    "ppt/presentation.xml": "这是演示文稿，不是 Excel 表格文件",
    "xl/workbook.bin": "这是 Excel 二进制工作簿（.xlsb）",
}
_LONGEST_CELL = 32_767 * 8
_LONGEST_ROW = 2 * 2**20
_DIGITS = "0123456789"
#: Names of elements that are remembered; a sheet has some thirty, a damaged one any number.
_MOST_TAGS = 200
_BUILTIN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
#: Literal text, colours and locales in a number format; what is left decides whether it shows a date.
_FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def open_xlsx(file: IO[bytes], size: int) -> Table:
    """Open an XLSX (or XLSM: its macros are never looked at). Raises SheetRefused."""
    package = Package(file, size)
    book = next((name for kind, name in package.relations("").values() if kind == "officeDocument"), "")
    if book not in package or not book:
        book = "xl/workbook.xml"
    if book not in package:
        what = next((what for part, what in _OTHERS.items() if part in package), "不是 Excel 表格文件（压缩包里没有工作簿）")
        raise SheetRefused(f"{what}，请另存为 .xlsx 或 CSV 再上传")
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
        self._strings: SharedStrings | None = None

    def shared_string(self, text: str) -> str:
        if self._strings is None:
            self._strings = SharedStrings(self.package, self._strings_part)
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


class _SheetReader:
    """Follows one sheet's XML: a call for every tag, so each does the least it can."""

    def __init__(self, workbook: _Workbook, part: str, sheet: Sheet) -> None:
        self._workbook, self._part, self._sheet = workbook, part, sheet
        self._ready: list[Row] = []
        self._cells: list[object] = []
        self._row = self._column = self._row_size = 0
        self._type = self._style = ""
        self._text: list[str] = []
        self._wanted = self._phonetic = self._formula = False
        starts = {
            "c": self._start_cell, "v": self._start_text, "t": self._start_text, "row": self._start_row,
            "f": self._start_formula, "rPh": self._start_phonetic, "col": self._start_column, "mergeCell": self._start_merged,
        }  # fmt: skip
        ends = {"c": self._end_cell, "v": self._end_text, "t": self._end_text, "row": self._end_row, "rPh": self._end_phonetic}
        self._starts: dict[str, Callable[[dict[str, str]], None] | None] = dict(starts)
        self._ends: dict[str, Callable[[], None] | None] = dict(ends)

    def rows(self) -> Iterator[Row]:
        parser = new_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        for _ in self._workbook.package.parse(self._part, parser):
            yield from self._ready
            self._ready.clear()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        try:
            act = self._starts[tag]
        except KeyError:
            # Some writers put x: before every element; whatever is not for us is known as such from then on.
            act = self._remember(self._starts, tag)
        if act is not None:
            act(attributes)

    def _end(self, tag: str) -> None:
        try:
            act = self._ends[tag]
        except KeyError:
            act = self._remember(self._ends, tag)
        if act is not None:
            act()

    @staticmethod
    def _remember(acts: dict[str, Any], tag: str) -> Any:
        act = acts.get(local(tag))
        if len(acts) < _MOST_TAGS:
            acts[tag] = act
        return act

    def _start_text(self, _: dict[str, str]) -> None:
        self._wanted = not self._phonetic

    def _end_text(self) -> None:
        self._wanted = False

    def _start_formula(self, _: dict[str, str]) -> None:
        self._formula = True

    def _start_phonetic(self, _: dict[str, str]) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False

    def _start_column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true"):
            first, last = _number(attributes.get("min")), _number(attributes.get("max"))
            letters = [column_letters(at - 1) for at in (first, min(last, 16_384))]
            self._sheet.hidden_columns.append(letters[0] if first == last else "—".join(letters))

    def _start_merged(self, attributes: dict[str, str]) -> None:
        if len(self._sheet.merged) < 20:
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

    def _end_row(self) -> None:
        if trim(self._cells):
            self._ready.append((self._row, self._cells))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._column = _column(attributes["r"].rstrip(_DIGITS)) if "r" in attributes else self._column + 1
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._text = []
        self._wanted = self._phonetic = self._formula = False

    def _characters(self, piece: str) -> None:
        if self._wanted:
            self._text.append(piece)
            self._row_size += len(piece)
            if self._row_size > _LONGEST_ROW:
                raise SheetRefused(f"第{self._row}行有单元格的文字过长")

    def _end_cell(self) -> None:
        value = self._value("".join(self._text))
        if value is None:
            return
        missing = self._column - len(self._cells)
        if missing == 0 and self._column < MOST_COLUMNS:
            self._cells.append(value)
            return
        if self._column >= MOST_COLUMNS:
            raise SheetRefused(
                f"第{self._row}行的列数超过上限{MOST_COLUMNS}列（{column_letters(self._column)}列有值）"
            )
        self._cells.extend([None] * (missing + 1))
        self._cells[self._column] = value

    def _value(self, text: str) -> Any:
        if len(text) > _LONGEST_CELL:
            raise SheetRefused(f"第{self._row}行有单元格的文字过长")
        if self._type == "inlineStr":
            return unescape(text) or None
        if not text:
            if self._formula and self._type != "str":
                return CellError("公式没有保存计算结果，请用 Excel 或 WPS 打开并保存一次")
            return None
        if self._type == "s":
            return self._workbook.shared_string(text) or None
        if self._type == "str":
            return unescape(text)
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


@lru_cache(1024)
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
