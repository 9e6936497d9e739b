"""Read the tables of a web page that was saved as .xls, as many older systems hand out their lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import IO

from portal.spreadsheets.delimited import find_encoding
from portal.spreadsheets.refusals import SheetRefused, as_error
from portal.spreadsheets.tables import MOST_COLUMNS, Row, Sheet, Table, column_letters, trim

#: A page is read whole into memory, so it may only be small.
_MOST_BYTES = 20 * 2**20
_MOST_TABLES = 200
_CHUNK = 64 * 1024
_LONGEST_TAG = 2**20
#: What a browser shows as one blank.
_WHITE = re.compile(r"[ \t\r\n\f]+")


def open_html(file: IO[bytes], size: int) -> Table:
    """Open a page as a table of its tables, each a sheet. Raises SheetRefused when it has none."""
    if size > _MOST_BYTES:
        raise SheetRefused(f"这是网页改名的表格，超过{_MOST_BYTES // 2**20} MB，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传")
    encoding = find_encoding(file)
    file.seek(0)
    page = _Page()
    try:
        text = file.read().decode(encoding)
        for start in range(0, len(text), _CHUNK):
            page.feed(text[start : start + _CHUNK])
            if len(page.rawdata) > _LONGEST_TAG:
                raise SheetRefused("网页里有过长的标签，已拒绝")
        page.close()
    except (ValueError, AssertionError) as broken:
        raise SheetRefused("这是网页改名的表格，内容已损坏，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传") from broken
    sheets = [
        Sheet(f"网页表格{number}", lambda sheet, grid=grid: _rows(sheet, grid))
        for number, grid in enumerate((grid for grid in page.grids if any(map(any, grid.rows))), 1)
    ]
    if not sheets:
        raise SheetRefused("这是网页或 XML 改名的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传")
    return Table("html", sheets, file, ["这是网页改名的表格，已按网页里的表格读取"])


def _rows(sheet: Sheet, grid: _Grid) -> Iterator[Row]:
    sheet.merged.extend(grid.merged)
    for number, cells in enumerate(grid.rows, 1):
        if row := trim([as_error(cell) if cell else None for cell in cells]):
            yield number, row


class _Grid:
    """One table: cells by row, None where a merged cell reaches."""

    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []
        self.merged: list[str] = []
        #: Column → rows for which a merged cell above still holds it.
        self._held: dict[int, int] = {}

    def new_row(self) -> None:
        self.rows.append([])
        self._held = {column: left - 1 for column, left in self._held.items() if left > 1}

    def add(self, text: str, across: int, down: int) -> None:
        row = self.rows[-1]
        while self._held.get(len(row), 0) > 0 and len(row) <= MOST_COLUMNS:
            row.append(None)
        at = len(row)
        if at + across > MOST_COLUMNS:
            raise SheetRefused(f"第{len(self.rows)}行的列数超过上限{MOST_COLUMNS}列")
        row.extend([text, *[None] * (across - 1)])
        if down > 1:
            self._held.update(dict.fromkeys(range(at, at + across), down))
        if (across > 1 or down > 1) and len(self.merged) < 20:
            top = len(self.rows)
            self.merged.append(f"{column_letters(at)}{top}:{column_letters(at + across - 1)}{top + down - 1}")


class _Page(HTMLParser):
    """Gathers the texts of cells; a table inside a cell of another is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[_Grid] = []
        self._open: list[_Grid] = []
        self._text: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            if len(self.grids) >= _MOST_TABLES:
                raise SheetRefused(f"网页里的表格超过{_MOST_TABLES}个，已拒绝")
            self._open.append(_Grid())
            self.grids.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].new_row()
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._open[-1].rows:
                self._open[-1].new_row()
            given = dict(attributes)
            self._text, self._span = [], (_span(given.get("colspan")), _span(given.get("rowspan")))
        elif tag in ("br", "p", "div") and self._text:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def close(self) -> None:
        super().close()
        # A page that was cut off, or never closed its last cell.
        self._end_cell()

    def handle_data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(_WHITE.sub(" ", text))

    def _end_cell(self) -> None:
        if self._text is not None:
            lines = "".join(self._text).replace("\u00a0", " ").split("\n")
            self._open[-1].add("\n".join(_WHITE.sub(" ", line).strip(" ") for line in lines).strip(), *self._span)
            self._text = None


def _span(text: str | None) -> int:
    return min(max(int(text), 1), 1000) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
