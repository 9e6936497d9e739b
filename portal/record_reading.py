"""Reads a sender's row by a record kind's declaration, and writes records out by the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal import spreadsheets
from portal.database import transaction
from portal.digests import digest_of
from portal.record_kinds import RecordField, RecordKind, Stored
from portal.refusals import Refused
from portal.spreadsheets import FOREVER, Column, Heading, ValueRefused

_WIDTHS = {"text": 24, "date": 12, "money": 16, "integer": 10, "choice": 14, "code": 22, "boolean": 8}
#: A text that is longer than this many signs gets a wide column, and is not remembered while rows are read.
_LONG = 200
#: So many different texts of one column are remembered.
_REMEMBERED = 2000
#: In the place of a cell: the sender's row does not have the field.
NOT_SENT = object()
_UNREAD = object()


@dataclass(frozen=True)
class FieldProblem:
    """One value that breaks a rule: the field's key, the value as sent, the rule (Chinese), and what was probably meant."""

    field: str
    value: object
    rule: str
    suggestion: str = ""


def columns(kind: RecordKind) -> list[Column]:
    """The columns that an imported file may have, by label, 双公示 name and aliases."""
    return [
        Column(f.key, column_title(f), (f.label, *filter(None, (f.standard,)), *f.aliases), f.required)
        for f in kind.incoming()
    ]


def column_title(field: RecordField) -> str:
    """The heading of a field in files, with the unit of money."""
    return f"{field.label}（{field.unit}）" if field.type == "money" else field.label


def read_value(field: RecordField, value: object) -> tuple[Any, str]:
    """The value of one cell or JSON member and a note of what was repaired ("" when nothing). Raises ValueRefused."""
    note = ""
    if field.type == "text":
        found: Any = spreadsheets.read_text(value, longest=field.longest) or ""
    elif field.type == "choice":
        found = spreadsheets.read_choice(value, field.choices, field.choice_aliases) or ""
    elif field.type == "code":
        reading = spreadsheets.read_credit_code(value)
        found, note = reading.value, reading.note
    elif field.type == "money":
        found = spreadsheets.read_money_fen(value, "万元" if field.unit == "万元" else "元")
    elif field.type == "integer":
        found = spreadsheets.read_integer(value)
    elif field.type == "boolean":
        found = spreadsheets.read_boolean(value)
    else:
        found = spreadsheets.read_date(value)
        if found is FOREVER:
            if not field.endless:
                raise ValueRefused("要填具体的日期，不能填“长期”")
            found = None
    if field.required and found in (None, ""):
        raise ValueRefused("不能为空")
    if field.check is not None and found not in (None, ""):
        rule = field.check(found)
        if rule:
            raise ValueRefused(rule)
    return found, note


class RowReader:
    """Reads many rows by one declaration, a column at a time: a text that comes again in its column is read once.

    A street, a kind, a day stand in thousands of rows; so an import costs what its different values cost. One reader
    for one file (or one batch of the API): what it remembers is bounded.
    """

    def __init__(self, fields: Sequence[RecordField]) -> None:
        self._columns = [_ColumnReader(field) for field in fields]

    def read(
        self, sent: Mapping[str, Sequence[object]], count: int
    ) -> list[tuple[dict[str, Any], list[FieldProblem], list[str]]]:
        """Of each of ``count`` rows the values by field key, the problems, and the keys of values that were repaired.

        ``sent`` holds the cells of each column by field key; a column that is not there, or :data:`NOT_SENT` in the
        place of a cell, is a field that was not sent: it is left out of the values.
        """
        there = [column for column in self._columns if column.field.key in sent]
        read = [column.read(sent[column.field.key]) for column in there]
        keys = [column.field.key for column in there]
        rows = [(dict(zip(keys, row, strict=True)), [], []) for row in zip(*(values for values, _, _ in read), strict=True)]
        if not there:
            rows = [({}, [], []) for _ in range(count)]
        apart = iter(read)
        for column in self._columns:
            key = column.field.key
            if key not in sent:
                if column.field.required:
                    for _, problems, _ in rows:
                        problems.append(FieldProblem(key, None, "不能为空"))
                continue
            _, left_out, repaired = next(apart)
            for at, problem in left_out.items():
                del rows[at][0][key]
                rows[at][1].extend(problem)
            for at in repaired:
                rows[at][2].append(key)
        return rows


class _ColumnReader:
    """One field's cells; what a text was read to is kept while few different ones have come."""

    def __init__(self, field: RecordField) -> None:
        self.field = field
        self._known: dict[str | None, Any] = {}

    def read(self, cells: Sequence[object]) -> tuple[list[Any], dict[int, list[FieldProblem]], list[int]]:
        """The value of each cell; the places that have none, with their problems; the places that were repaired."""
        known = self._known
        # By the very type: True is found under 1, and an error cell under its own words.
        values = [known.get(cell, _UNREAD) if cell is None or type(cell) is str else _UNREAD for cell in cells]
        left_out: dict[int, list[FieldProblem]] = {}
        repaired: list[int] = []
        for at in [at for at, value in enumerate(values) if value is _UNREAD]:
            cell = cells[at]
            if cell is NOT_SENT:
                left_out[at] = [FieldProblem(self.field.key, None, "不能为空")] if self.field.required else []
                continue
            try:
                values[at], note = read_value(self.field, cell)
            except ValueRefused as refused:
                left_out[at] = [FieldProblem(self.field.key, cell, refused.rule, refused.suggestion or "")]
                continue
            if note:
                repaired.append(at)
            elif len(known) < _REMEMBERED and (cell is None or (type(cell) is str and len(cell) <= _LONG)):
                known[cell] = values[at]
        return values, left_out, repaired


def read_row(
    fields: Sequence[RecordField], sent: Mapping[str, object]
) -> tuple[dict[str, Any], list[FieldProblem], list[str]]:
    """As :meth:`RowReader.read` for one row. A field not sent is left out."""
    return RowReader(fields).read({key: [value] for key, value in sent.items()}, 1)[0]


def problems_of(refused: Refused, sent: Mapping[str, object]) -> list[FieldProblem]:
    """The refusal of a whole record as problems of its fields; a rule about no single field stands under ""."""
    of = refused.fields or {"": str(refused)}
    return [FieldProblem(key, sent.get(key), rule) for key, rule in of.items()]


def headings(kind: RecordKind, *, standard: bool = False, incoming: bool = False) -> list[Heading]:
    """The headings of an export; ``standard`` uses the 双公示 names where they exist."""
    return field_headings(kind.incoming() if incoming else kind.outgoing(), standard=standard)


def field_headings(fields: Sequence[RecordField], *, standard: bool) -> list[Heading]:
    """The headings of these fields."""
    made = []
    for field in fields:
        title = field.standard if standard and field.standard else column_title(field)
        shown = "money" if field.type == "money" and field.unit == "元" else "text"
        if field.type in ("date", "integer"):
            shown = field.type
        made.append(Heading(title, 40 if field.longest > _LONG else _WIDTHS[field.type], shown))
    return made


def cells(kind: RecordKind, values: Mapping[str, Any]) -> list[object]:
    """The record's values in the order of :func:`headings`; money in 万元 as exact text, days in ISO 8601."""
    return [cell(field, values.get(field.key)) for field in kind.outgoing()]


def cell(field: RecordField, value: Any) -> object:
    """A stored value as a file's cell: money in 万元 as exact text."""
    if field.type == "money" and field.unit == "万元" and value is not None:
        return money_text(value, "万元")
    return value


def money_text(fen: int, unit: str) -> str:
    """分 as an exact decimal text in 元 or 万元."""
    text = format(Decimal(fen) / (1_000_000 if unit == "万元" else 100), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def json_value(field: RecordField, value: Any) -> Any:
    """A stored value as the API gives it: days in ISO 8601, money as a decimal text in the field's unit."""
    if value is None:
        return None
    if field.type == "money":
        return money_text(value, field.unit)
    return value.isoformat() if isinstance(value, date) else value


def one_by_one(
    store: Callable[..., Stored],
) -> Callable[..., list[Stored | Refused]]:
    """A kind's ``store`` from a function for one row: each row in a savepoint, a refused one leaves nothing."""

    def each(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
        done: list[Stored | Refused] = []
        for values in rows:
            try:
                with transaction():
                    done.append(store(values, unit=unit, source=source))
            except Refused as refused:
                done.append(refused)
        return done

    return each


def each_compared(compare: Callable[[dict[str, Any]], str], rows: Sequence[dict[str, Any]]) -> list[str | Refused]:
    """A kind's ``compare`` from a function for one row that answers created, changed or same, or raises Refused."""
    said: list[str | Refused] = []
    for values in rows:
        try:
            said.append(compare(values))
        except Refused as refused:
            said.append(refused)
    return said


def fingerprint(values: Mapping[str, Any]) -> str:
    """Twelve hex digits that tell one state of a record from another, for tables that count no versions."""
    return digest_of(dict(values))[:12]
