"""Find the header row of a sender's table and which of our columns stands where, in any order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from portal.spreadsheets.refusals import SheetRefused
from portal.spreadsheets.tables import Row, column_letters

_SEARCHED_ROWS = 10


@dataclass(frozen=True)
class Column:
    """A column we expect: ``key`` for the program, ``label`` and ``aliases`` as officers head it."""

    key: str
    label: str
    aliases: Sequence[str] = ()
    required: bool = False


@dataclass(frozen=True)
class HeaderMap:
    """Where the header is and what it means.

    ``row`` and ``last_row`` are row numbers as in Excel (they differ where the header has two rows),
    ``mapping`` is key → column from 0, ``unknown`` and ``repeated`` are column → text as written,
    ``missing`` the labels of required columns that were not found.
    """

    row: int
    last_row: int
    mapping: Mapping[str, int]
    unknown: Mapping[int, str] = field(default_factory=dict)
    missing: Sequence[str] = ()
    repeated: Mapping[int, str] = field(default_factory=dict)

    def record(self, cells: Sequence[object]) -> dict[str, object]:
        """The cells of one row by our keys, None where the row is short."""
        return {key: cells[at] if at < len(cells) else None for key, at in self.mapping.items()}

    def columns(self, rows: Sequence[Row]) -> dict[str, list[object]]:
        """The cells of many rows by our keys, column by column."""
        return {key: [cells[at] if at < len(cells) else None for _, cells in rows] for key, at in self.mapping.items()}

    def data_rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows below the header."""
        return (row for row in rows if row[0] > self.last_row)


def find_header(
    rows: Iterable[Row], columns: Sequence[Column], remembered: Mapping[str, str] | None = None
) -> HeaderMap:
    """Find the header among the first ten rows, also one of two rows with merged cells.

    ``remembered`` is the unit's own header text → key from an earlier import (areas.md 5) and wins.
    Raises SheetRefused, naming the columns missed, when no row looks like the header; required
    columns that the best row lacks are only listed in ``missing``, as the officer may map them.
    """
    known = _known_names(columns, remembered or {})
    first = list(islice(rows, _SEARCHED_ROWS))
    candidates: list[HeaderMap] = []
    for at, (number, cells) in enumerate(first):
        upper = [_shown(cell) for cell in cells]
        candidates.append(_match(number, number, [(text,) for text in upper], columns, known))
        if at + 1 < len(first) and first[at + 1][0] == number + 1:
            lower = [_shown(cell) for cell in first[at + 1][1]]
            candidates.append(_match(number, number + 1, _stack(upper, lower), columns, known))
    enough = min(2, len(columns))
    best = max(candidates, key=_merit, default=None)
    if best is None or len(best.mapping) < enough:
        expected = [column.label for column in columns if best is None or column.key not in best.mapping]
        raise SheetRefused(f"前{_SEARCHED_ROWS}行里没有找到表头，缺少的列：{'、'.join(expected)}")
    return best


def _merit(found: HeaderMap) -> tuple[int, int, int, int]:
    one_row = found.row == found.last_row
    return -len(found.missing), len(found.mapping), one_row, -found.row


def _stack(upper: list[str], lower: list[str]) -> list[tuple[str, ...]]:
    """The readings of each column under two header rows: both, the lower, then the upper alone."""
    width = max(len(upper), len(lower))
    upper = upper + [""] * (width - len(upper))
    lower = lower + [""] * (width - len(lower))
    stacked: list[tuple[str, ...]] = []
    spanning = ""
    for above, below in zip(upper, lower, strict=True):
        # A merged cell above holds its text in its first column only.
        spanning = above or (spanning if below else "")
        stacked.append((spanning + below, below) if below else (above,))
    return stacked


def _match(
    row: int,
    last_row: int,
    readings: list[tuple[str, ...]],
    columns: Sequence[Column],
    known: Mapping[str, str],
) -> HeaderMap:
    mapping: dict[str, int] = {}
    unknown: dict[int, str] = {}
    repeated: dict[int, str] = {}
    for at, texts in enumerate(readings):
        keys = [key for text in texts if text for key in [_key(text, known)] if key]
        if free := [key for key in keys if key not in mapping]:
            mapping[free[0]] = at
        elif keys:
            repeated[at] = texts[0]
        elif any(texts):
            unknown[at] = texts[0]
    missing = [column.label for column in columns if column.required and column.key not in mapping]
    return HeaderMap(row, last_row, mapping, unknown, missing, repeated)


def _known_names(columns: Sequence[Column], remembered: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for column in columns:
        for name in (column.key, column.label, *column.aliases):
            known.setdefault(_loose(name), column.key)
    keys = {column.key for column in columns}
    known.update({_loose(text): key for text, key in remembered.items() if key in keys})
    return known


def _key(text: str, known: Mapping[str, str]) -> str | None:
    whole = _loose(text)
    # 名称（必填） and 罚款金额(万元) are the columns 名称 and 罚款金额.
    return known.get(whole) or known.get(re.sub(r"[(\[【][^)\]】]*[)\]】]", "", whole))


def _loose(text: str) -> str:
    return re.sub(r"[\s*:]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _shown(cell: object) -> str:
    return cell.strip()[:200] if isinstance(cell, str) else ""


def describe_columns(found: HeaderMap) -> str:
    """One line for the officer about columns that are not taken ("" when all are)."""
    told = [f"{column_letters(at)}列“{text}”" for at, text in found.unknown.items()]
    told += [f"{column_letters(at)}列“{text}”（重复）" for at, text in found.repeated.items()]
    return f"以下列没有对应的字段，不会导入：{'、'.join(told)}" if told else ""
