"""Inspectors, check objects and check results as record kinds, stored by the area's own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee

from plugins.areas.inspections import (
    inspectors,
    library_objects,
    library_undoing,
    result_kind,
    rules,
)
from plugins.areas.inspections.models import CheckObject, Inspector, ItemVersion
from plugins.areas.inspections.sight import reads_all
from portal.toolkit import (
    Kept,
    Listing,
    NotAllowed,
    RecordField,
    RecordKind,
    Refused,
    Stored,
    Subject,
    record_reading,
    registry,
)

_INSPECTOR = (
    RecordField("name", "姓名", "text", required=True, longest=40, example="王甲"),
    RecordField("staff_number", "工号", "text", ("编号", "人员编号"), True, longest=30, example="001"),
    RecordField("phone", "电话", "text", ("联系电话", "手机"), longest=30),
    RecordField("certificate", "执法证编号", "text", ("执法证号", "证件编号"), True, longest=40, example="32069100001"),
    RecordField("valid_to", "执法证有效期", "date", ("有效期至", "证件有效期"), True, example="2028-12-31"),
    RecordField("issuer", "发证机关", "text", longest=60),
    RecordField("items", "抽查事项", "text", ("事项编号",), longest=1000, example="SC-01、SC-02"),
    RecordField("fields", "监管领域", "text", ("领域",), longest=1000),
    RecordField("expert", "专家", "boolean", example="否"),
    RecordField("active", "在岗", "boolean", ("状态",), example="是"),
)  # fmt: skip
_OBJECT = (
    RecordField("number", "抽查事项编号", "text", ("事项编号",), True, longest=60),
    RecordField("kind", "类型", "text", ("对象类型",), True, longest=120, example="场所"),
    RecordField("code", "编号", "text", ("对象编号",), True, longest=120),
    RecordField("name", "名称", "text", ("对象名称",), True, longest=120),
    RecordField("street", "街道", "text", longest=120),
    RecordField("address", "地址", "text", longest=120),
    RecordField("risk_class", "信用风险等级", "choice", ("风险等级",), choices=tuple(rules.RISK_CLASSES)),
    RecordField("subject_code", "所属主体代码", "code", ("统一社会信用代码",)),
    RecordField("valid", "有效", "boolean", way="out"),
)  # fmt: skip


def _may_import(unit: str) -> None:
    found = registry().by_key.get(unit)
    if found is None or not found.check_fields:
        raise NotAllowed("本单位没有监管领域（附件2-2），没有抽查名录")


def _words(text: str | None) -> list[str]:
    return [part for part in (text or "").replace("，", "、").replace(",", "、").replace("；", "、").split("、") if part.strip()]


def _inspector_there(values: Mapping[str, Any], unit: str) -> tuple[dict[str, Any], Inspector | None, str]:
    """The checked values, the inspector already there, what storing would do. What the file does not say stays."""
    sent = {name: value for name, value in values.items() if value is not None}
    sent |= {name: _words(values[name]) for name in ("items", "fields") if name in values}
    found = Inspector.get_or_none((Inspector.unit == unit) & (Inspector.staff_number == values["staff_number"]))
    made = inspectors.checked(unit, (inspectors.plain(found) if found else {}) | sent)
    if found is None:
        return made, None, "created"
    same = all(getattr(found, name) == value for name, value in made.items())
    return made, found, "same" if same else "changed"


def _store_inspector(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
    made, found, outcome = _inspector_there(values, unit)
    if outcome == "same":
        return Stored(outcome, found.id)
    before = library_undoing.plain(found) if found else {}
    found = inspectors.save(unit, made, found.id if found else None)
    return library_undoing.stored(outcome, found, before)


def _object_there(values: Mapping[str, Any], unit: str) -> tuple[dict[str, str], CheckObject | None, str]:
    """The cells to store, the object already there, what storing would do. What the file does not say stays."""
    if not ItemVersion.select().where((ItemVersion.number == values["number"]) & (ItemVersion.unit == unit)).exists():
        raise Refused("只能导入本单位事项的名录", {"number": f"“{values['number']}”不是本单位的抽查事项"})
    found = CheckObject.get_or_none(
        (CheckObject.number == values["number"]) & (CheckObject.kind == values["kind"]) & (CheckObject.code == values["code"])
    )
    known = _object_kept(found).values if found else {}
    cells = {words: (values[name] if name in values else known.get(name)) or "" for name, words in _CELLS.items()}
    stored = library_objects.values_of(cells)
    if found is None:
        return cells, None, "created"
    same = found.valid and all(getattr(found, name) == value for name, value in stored.items())
    return cells, found, "same" if same else "changed"


def _store_object(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
    cells, found, outcome = _object_there(values, unit)
    if outcome == "same":
        return Stored(outcome, found.id)
    before = library_undoing.plain(found) if found else {}
    return library_undoing.stored(outcome, library_objects.take_object(values["number"], cells, source), before)


#: The library's words for the cells of an object.
_CELLS = {
    "kind": "类型", "code": "编号", "name": "名称", "street": "街道", "address": "地址", "risk_class": "信用风险等级",
    "subject_code": "所属主体代码",
}  # fmt: skip


def _own(column: Any, viewer: Any) -> Any:
    return column.is_null(False) if reads_all(viewer) else column == (viewer.unit or "-")


def _objects_visible(viewer: Any, filters: Mapping[str, str]) -> Any:
    condition = CheckObject.id > 0
    if not reads_all(viewer):
        condition = CheckObject.number.in_(ItemVersion.select(ItemVersion.number).where(ItemVersion.unit == (viewer.unit or "-")))
    return condition & (CheckObject.number == filters["number"]) if filters.get("number") else condition


def _inspector_kept(row: Inspector) -> Kept:
    values = {f.key: getattr(row, f.key) for f in _INSPECTOR} | {"items": "、".join(row.items), "fields": "、".join(row.fields)}
    return Kept(row.id, round(row.changed_at.timestamp() * 1_000_000), values)


def _object_kept(row: CheckObject) -> Kept:
    values = {f.key: getattr(row, f.key) for f in _OBJECT if hasattr(row, f.key)}
    values["subject_code"] = row.subject.code if row.subject_id else ""
    # The table counts no versions: the fields themselves tell one state from another.
    return Kept(row.id, int(record_reading.fingerprint(values), 16), values)


def _kind(key: str, label: str, fields: tuple[RecordField, ...], identity: tuple[str, ...], there: Any, store: Any, undoing: library_undoing.Undoing, listing: Listing, filters: tuple[str, ...]) -> RecordKind:  # fmt: skip
    def storing(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
        _may_import(unit)
        return record_reading.one_by_one(store)(rows, unit=unit, source=source)

    def compare(rows: Sequence[dict[str, Any]], *, unit: str) -> list[str | Refused]:
        _may_import(unit)
        return record_reading.each_compared(lambda values: there(values, unit)[2], rows)

    return RecordKind(
        key=key, label=label, fields=fields, identity=identity, read_permission="inspection.view",
        write_permission="inspection.draft", may_import=_may_import, store=storing, compare=compare, undo=undoing.undo,
        rows=listing.rows, fetch=listing.fetch, changes=listing.changes, blocked=undoing.blocked, filters=filters,
    )  # fmt: skip


_INSPECTORS = Listing(Inspector, "inspector", lambda viewer, filters: _own(Inspector.unit, viewer), _inspector_kept, Inspector.select)
_OBJECTS = Listing(
    CheckObject, "check_object", _objects_visible, _object_kept,
    lambda: CheckObject.select(CheckObject, Subject).join(Subject, peewee.JOIN.LEFT_OUTER),
)  # fmt: skip

KINDS = [
    _kind("inspectors", "执法检查人员", _INSPECTOR, ("staff_number",), _inspector_there, _store_inspector, library_undoing.INSPECTORS, _INSPECTORS, ()),
    _kind("check-objects", "检查对象", _OBJECT, ("number", "kind", "code"), _object_there, _store_object, library_undoing.OBJECTS, _OBJECTS, ("number",)),
    result_kind.KIND,
]  # fmt: skip
