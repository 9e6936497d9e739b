"""Opens a sent file for one record kind: which sheet, where the header is, which column means what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from portal.toolkit import RecordKind, Refused, files, record_reading, spreadsheets

from .models import ColumnMemory, ImportRun

_TEXT = 100


@dataclass
class SentSheet:
    """The sheet that is read, its header, and what the sender should know of the file."""

    table: spreadsheets.Table
    sheet: spreadsheets.Sheet
    header: spreadsheets.HeaderMap
    texts: dict[int, str]
    missing: list[str]
    reader: record_reading.RowReader

    def rows(self) -> Iterator[spreadsheets.Row]:
        """The rows below the header."""
        return self.header.data_rows(self.sheet.rows())

    def columns(self) -> list[list[Any]]:
        """Column, its heading and the field it is taken for ("" for none), in the order of the file."""
        by_column = {at: key for key, at in self.header.mapping.items()}
        return [[at, text, by_column.get(at, "")] for at, text in sorted(self.texts.items())]

    def notices(self) -> list[str]:
        """What was noticed on opening and while the rows were read."""
        told = [*self.table.notices, *self.sheet.notices()]
        if len(self.table.sheets) > 1:
            told.append(f"文件有{len(self.table.sheets)}个工作表，只读取“{self.sheet.name}”")
        not_taken = [text for at, text, key in self.columns() if not key]
        if not_taken:
            told.append(f"以下列没有对应的字段，不会导入：{'、'.join(not_taken)}")
        return told


@contextlib.contextmanager
def opened(run: ImportRun, kind: RecordKind) -> Iterator[SentSheet]:
    """The sheet of the run's file. Raises Refused when the file cannot be read."""
    try:
        with spreadsheets.open_table(files.path_of(run.file), run.file.name) as table:
            yield _find(table, kind, remembered(run.unit, run.kind))
    except spreadsheets.SheetRefused as refused:
        raise Refused(str(refused)) from refused


def remembered(unit: str, kind: str) -> dict[str, str]:
    """What the unit once said its own headings mean."""
    query = ColumnMemory.select(ColumnMemory.header, ColumnMemory.field)
    return dict(query.where((ColumnMemory.unit == unit) & (ColumnMemory.kind == kind)).tuples())


def _find(table: spreadsheets.Table, kind: RecordKind, memory: dict[str, str]) -> SentSheet:
    wanted = {text: key for text, key in memory.items() if key}
    first_refusal: spreadsheets.SheetRefused | None = None
    for sheet in table.sheets:
        try:
            header = spreadsheets.find_header(sheet.rows(), record_reading.columns(kind), wanted)
        except spreadsheets.SheetRefused as refused:
            first_refusal = first_refusal or refused
            continue
        return _sent(table, sheet, header, kind, memory)
    for sheet in table.sheets:
        for number, _ in islice(sheet.rows(), 1):
            # No heading is known: a person says what the columns of the first row mean.
            return _sent(table, sheet, spreadsheets.HeaderMap(number, number, {}), kind, memory)
    raise first_refusal or spreadsheets.SheetRefused("文件里没有数据")


def _sent(
    table: spreadsheets.Table, sheet: spreadsheets.Sheet, header: spreadsheets.HeaderMap, kind: RecordKind, memory: dict[str, str]
) -> SentSheet:
    texts: dict[int, str] = {}
    for number, cells in sheet.rows():
        if number > header.last_row:
            break
        if number >= header.row:
            # Of two header rows the lower one is the nearer to the values.
            texts |= {at: str(cell).strip()[:_TEXT] for at, cell in enumerate(cells) if cell is not None and str(cell).strip()}
    unwanted = {at for at, text in texts.items() if memory.get(text) == ""}
    mapping = {key: at for key, at in header.mapping.items() if at not in unwanted}
    if not mapping:
        mapping = {memory[text]: at for at, text in texts.items() if memory.get(text)}
    missing = [field.label for field in kind.incoming() if field.required and field.key not in mapping]
    return SentSheet(table, sheet, replace(header, mapping=mapping), texts, missing, record_reading.RowReader(kind.incoming()))
