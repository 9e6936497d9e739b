"""Permits (许可) as a record kind: imported, exported and served by the same functions as the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
    stored_acts,
    subjects,
    units,
)

from . import permit_lists, permit_rules, permit_undoing, permits
from .permit_models import Permit

FIELDS = (
    RecordField("name", "行政相对人名称", "text", ("名称", "主体名称", "企业名称"), standard="XK_XDR_MC", longest=120, example="南通甲有限公司"),
    RecordField("code", "统一社会信用代码", "code", ("信用代码", "注册号", "统一社会信用代码/注册号", "XK_XDR_SHXYM"), True, example="91310000773718882U"),
    RecordField("item", "许可事项代码", "text", ("事项代码", "许可事项"), True, longest=20, example="SP01"),
    RecordField("certificate", "许可证书名称", "text", ("证书名称",), standard="XK_XKZS", longest=100, example="食品经营许可证"),
    RecordField("number", "许可编号", "text", ("许可证编号", "证书编号", "许可证号"), True, standard="XK_XKBH", longest=100, example="JY13206910000001"),
    RecordField("document_name", "许可决定文书名称", "text", ("决定文书名称", "文书名称"), standard="XK_XKWS", longest=100),
    RecordField("document", "许可决定文书号", "text", ("决定文书号", "文书号", "行政许可决定书文号"), True, standard="XK_WSH", longest=100, example="通开许〔2026〕1号"),
    RecordField("category", "许可类别", "choice", ("类别",), standard="XK_XKLB", choices=tuple(permit_rules.CATEGORIES), example="普通"),
    RecordField("content", "许可内容", "text", ("内容",), standard="XK_NR", longest=2000),
    RecordField("decided_on", "许可决定日期", "date", ("决定日期", "发证日期", "核准日期"), True, standard="XK_JDRQ", example="2026-09-01"),
    RecordField("valid_from", "有效期自", "date", ("有效期起",), standard="XK_YXQZ"),
    RecordField("valid_until", "有效期至", "date", ("有效期止", "有效期限至"), standard="XK_YXQZI", endless=True, example="2031-08-31"),
    RecordField("body", "许可机关", "text", standard="XK_XKJG", way="out"),
    RecordField("body_code", "许可机关统一社会信用代码", "code", standard="XK_XKJGDM", way="out"),
    RecordField("state", "当前状态", "text", standard="XK_ZT", way="out"),
    RecordField("note", "备注", "text", standard="BZ", longest=1000),
)  # fmt: skip


#: Fields that a file may leave out.
_OPTIONAL = ("certificate", "document_name", "category", "content", "valid_from", "valid_until", "note")
#: Columns that a change leaves as they are.
_HISTORY = ("id", "version", "entered_at", "entered_by")


def _may_import(unit: str) -> None:
    found = registry().by_key.get(unit)
    if found is None or "permit" not in found.duties:
        raise NotAllowed("本单位没有“许可认领和反馈、审批信息录入”职责（附件2-2），不能导入许可")


def _fields(values: Mapping[str, Any], known: Permit | None) -> permits.Fields:
    """The permit's fields as the row tells them; what the file does not say stays as it is stored."""
    told = {name: getattr(known, name) for name in _OPTIONAL} if known else {}
    told |= {name: values[name] for name in _OPTIONAL if name in values}
    told |= {name: told.get(name) or "" for name in _OPTIONAL if not name.startswith("valid")}
    told["category"] = told["category"] or "普通"
    needed = {name: values[name] for name in ("item", "number", "document", "decided_on")}
    return permits.checked(permits.Fields(**needed, **told))


def _there(values: Mapping[str, Any], unit: str) -> tuple[Subject, permits.Fields, Permit | None, str]:
    """Subject, checked fields, the permit already entered, and what storing the row would do. Raises Refused."""
    subject = subjects.by_code(values["code"])
    if subject is None:
        raise Refused(f"代码 {values['code']} 没有登记", {"code": "平台没有这个主体的登记信息"})
    permit = Permit.get_or_none((Permit.unit == unit) & (Permit.number == values["number"]) & (Permit.subject == subject))
    fields = _fields(values, permit)
    if permit is None:
        return subject, fields, None, "created"
    same = all(getattr(permit, name) == value for name, value in vars(fields).items())
    if not same and permit.document == fields.document:
        raise Refused("同一决定文书已经录入，内容却不同", {"document": "这份文书已经录入过，变更须有新的文书"})
    if not same and permit.state != "live":
        raise Refused("许可已经终止，不能变更", {"number": "这份许可已经终止"})
    return subject, fields, permit, "same" if same else "changed"


def _store_one(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
    subject, fields, permit, outcome = _there(values, unit)
    if outcome == "same":
        return Stored(outcome, permit.id)
    before: dict[str, Any] = permit_undoing.owed_before(unit, subject.id, fields)
    if permit is None:
        permit = permits.grant(unit, subject, fields)
    else:
        before |= stored_acts.plain(permit, _HISTORY)
        permit = permits.change(permit, permit.version, fields)
    permit = Permit.get_by_id(permit.id)
    act = stored_acts.StoredAct(outcome, permit.id, permit_undoing.mark(permit), before)
    return Stored(outcome, permit.id, act.reference)


def _store(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
    _may_import(unit)
    return record_reading.one_by_one(_store_one)(rows, unit=unit, source=source)


def _compare(rows: Sequence[dict[str, Any]], *, unit: str) -> list[str | Refused]:
    _may_import(unit)
    return record_reading.each_compared(lambda values: _there(values, unit)[3], rows)


def _visible(viewer: Any, filters: Mapping[str, str]) -> Any:
    every = viewer.has_role("office", "convenor", "deputy_convenor") or viewer.unit == units.holder("linked_measures").key
    condition = permit_lists.conditions(permit_lists.Filters(unit="" if every else viewer.unit or "-", item=filters.get("item", "")))
    return condition & (Permit.number == filters["number"]) if filters.get("number") else condition


def _kept(permit: Permit) -> Kept:
    member = units.unit(permit.unit)
    values = {f.key: getattr(permit, f.key) for f in FIELDS if hasattr(permit, f.key)} | {
        "name": permit.subject.name, "code": permit.subject.code, "body": units.name_of(permit.unit),
        "body_code": member.credit_code if member else "",
        "state": permit_rules.STATES.get(permit.state, permit.state),
    }  # fmt: skip
    return Kept(permit.id, permit.version, values)


_LISTING = Listing(Permit, permits.RECORD, _visible, _kept, lambda: Permit.select(Permit, Subject).join(Subject))

KIND = RecordKind(
    key="permits", label="行政许可", fields=FIELDS, identity=("number", "code"), read_permission="licensing.view",
    write_permission="licensing.claim", may_import=_may_import, store=_store, compare=_compare, undo=permit_undoing.undo, rows=_LISTING.rows,
    fetch=_LISTING.fetch, changes=_LISTING.changes, blocked=permit_undoing.blocked, filters=("item", "number"),
)  # fmt: skip
