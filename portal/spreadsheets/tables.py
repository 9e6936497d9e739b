"""What every format is read into: a table of sheets whose rows stream by, numbered as in Excel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

#: (row number as the officer sees it, raw cells from column A on, None for a blank one)
Row = tuple[int, list[object]]

#: Cells with a value beyond this column are no list of ours; blank formatted cells may go on to XFD.
MOST_COLUMNS = 512
MOST_ROWS = 1_048_576


@dataclass
class Sheet:
    """One sheet; what is told below the name fills up while the rows stream by."""

    name: str
    stream: Callable[[Sheet], Iterator[Row]]
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    hidden_row_count: int = 0
    hidden_columns: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Rows that hold anything, from the first on at every call; blank ones skipped, not renumbered."""
        self.hidden_rows, self.hidden_row_count, self.hidden_columns, self.merged = [], 0, [], []
        return self.stream(self)

    def note_hidden_row(self, number: int) -> None:
        self.hidden_row_count += 1
        if len(self.hidden_rows) < 20:
            self.hidden_rows.append(number)

    def notices(self) -> list[str]:
        """What the sender should know of the rows read so far (Chinese)."""
        told = []
        if self.hidden:
            told.append(f"工作表“{self.name}”是隐藏的，已照常读取")
        if self.hidden_row_count:
            first = "、".join(map(str, self.hidden_rows))
            told.append(f"有{self.hidden_row_count}行是隐藏的，已照常读取：第{first}行")
        if self.hidden_columns:
            told.append(f"有隐藏的列，已照常读取：{'、'.join(self.hidden_columns)}")
        if self.merged:
            told.append(f"有合并单元格，只有左上角一格有值：{'、'.join(self.merged)}")
        return told


@dataclass(frozen=True)
class Table:
    """An opened file: its format (xlsx, xls, html, csv, jsonl), its sheets and what was noticed on opening.

    Close it, or use it in a ``with``; read one sheet at a time.
    """

    format: str
    sheets: Sequence[Sheet]
    file: IO[bytes]
    notices: Sequence[str] = ()

    def rows(self, sheet: int = 0) -> Iterator[Row]:
        """The rows of one sheet (the first by default)."""
        return self.sheets[sheet].rows()

    def close(self) -> None:
        self.file.close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def column_letters(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def trim(cells: list[object]) -> list[object]:
    """Drop the blank cells at the end; a cell of spaces counts as blank."""
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()
    return cells
