"""The lists of a quarter's end (三) as declared fields, and the reading of a sent file or row by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal import clock, record_reading, spreadsheets
from portal.list_comparison import Entry
from portal.record_kinds import RecordField
from portal.refusals import Refused
from portal.workdays import Quarter

_DECISION = (
    RecordField("name", "行政相对人名称", "text", ("名称", "主体名称", "企业名称", "当事人", "XK_XDR_MC", "CF_XDR_MC"), True, longest=300, example="南通甲有限公司"),
    RecordField("code", "统一社会信用代码", "code", ("信用代码", "代码", "注册号", "统一社会信用代码/注册号", "XK_XDR_SHXYM", "CF_XDR_SHXYM"), example="91310000773718882U"),
    RecordField("document", "决定文书号", "text", ("文书号", "许可决定文书号", "行政许可决定书文号", "行政处罚决定书文号", "XK_WSH", "CF_WSH"), True, longest=300, example="通开许〔2026〕1号"),
    RecordField("day", "决定日期", "date", ("许可决定日期", "处罚决定日期", "XK_JDRQ", "CF_JDRQ"), True, example="2026-09-01"),
)  # fmt: skip
_SENT = (
    RecordField("quarter", "季度", "text", way="out"),
    RecordField("unit", "报送单位", "text", way="out"),
    RecordField("late", "迟报", "boolean", way="out"),
)
#: What the lists of each kind hold; until is a day or 长期, as it is compared in words.
FIELDS: dict[str, tuple[RecordField, ...]] = {
    "permits": (
        *_DECISION,
        RecordField("number", "许可编号", "text", ("许可证编号", "证书编号", "XK_XKBH"), longest=300, example="JY13206910000001"),
        RecordField("until", "有效期至", "text", ("有效期止", "XK_YXQZI"), longest=40, example="2031-08-31"),
        *_SENT,
    ),
    "dishonesty": (
        *_DECISION,
        RecordField("act", "违法行为类型", "text", ("事由", "CF_WFXW"), longest=300, example="未取得许可从事食品经营"),
        RecordField("fine", "罚款金额", "money", ("CF_NR_FK",), unit="万元", example="0.5"),
        *_SENT,
    ),
}  # fmt: skip


def entry_of(kind: str, values: Mapping[str, Any]) -> Entry:
    """The decision that a row's values tell. Raises Refused by the row's fields."""
    fields: dict[str, str] = {}
    for field in FIELDS[kind]:
        value = values.get(field.key)
        if field.key in ("number", "act") and value:
            fields[field.label] = value
        elif field.key == "fine" and value is not None:
            fields[record_reading.column_title(field)] = record_reading.money_text(value, field.unit)
        elif field.key == "until" and value:
            try:
                fields[field.label] = str(spreadsheets.read_date(value))
            except spreadsheets.ValueRefused as refused:
                raise Refused(refused.rule, {"until": refused.rule}) from None
    return Entry(values["document"], values["day"], values["name"], values.get("code") or "", fields)


def values_of(kind: str, entry: Entry) -> dict[str, Any]:
    """A stored decision by the fields of its list."""
    values: dict[str, Any] = {"name": entry.name, "code": entry.code, "document": entry.document, "day": entry.day}
    for field in FIELDS[kind]:
        words = entry.fields.get(record_reading.column_title(field))
        if words and field.type == "money":
            values[field.key] = spreadsheets.read_money_fen(words, "万元")
        elif words and field.key not in values:
            values[field.key] = words
    return values


def columns(kind: str) -> list[spreadsheets.Column]:
    """The columns that a list of that kind may have."""
    return [
        spreadsheets.Column(f.key, record_reading.column_title(f), (f.label, *f.aliases), f.required)
        for f in FIELDS[kind]
        if f.way != "out"
    ]


def read(path: Any, name: str, quarter: Quarter, kind: str) -> tuple[list[tuple[int, Entry]], list[dict[str, Any]]]:
    """The good rows with their numbers and the problems of the others (row, column, value, rule). Raises Refused."""
    rows: list[tuple[int, Entry]] = []
    problems: list[dict[str, Any]] = []
    try:
        with spreadsheets.open_table(path, name) as table:
            header = spreadsheets.find_header(table.rows(), columns(kind))
            if header.missing:
                raise Refused(f"文件“{name}”缺少这些列：{'、'.join(header.missing)}", {"file": "缺少列"})
            for number, cells in header.data_rows(table.rows()):
                entry, found = _entry(header.record(cells), quarter, kind)
                problems += [problem(number, kind, one) for one in found]
                if entry is not None:
                    rows.append((number, entry))
    except spreadsheets.SheetRefused as refused:
        raise Refused(str(refused), {"file": "不能读取"}) from refused
    return rows, problems


def problem(row: int, kind: str, found: record_reading.FieldProblem) -> dict[str, Any]:
    """One line of the page's table of problems."""
    label = next((record_reading.column_title(f) for f in FIELDS[kind] if f.key == found.field), "")
    return {"row": row, "column": label, "value": str(found.value or "")[:80], "rule": found.rule}


def _entry(
    record: dict[str, object], quarter: Quarter, kind: str
) -> tuple[Entry | None, list[record_reading.FieldProblem]]:
    fields = [field for field in FIELDS[kind] if field.way != "out"]
    values, problems, _ = record_reading.read_row(fields, record)
    day = values.get("day")
    if isinstance(day, date) and not quarter.first <= day <= min(quarter.last, clock.today()):
        problems.append(record_reading.FieldProblem("day", day, f"应在{quarter.label}之内、不晚于今天"))
    if problems:
        return None, problems
    try:
        return entry_of(kind, values), []
    except Refused as refused:
        return None, record_reading.problems_of(refused, record)
