"""The inspector library (执法检查人员名录库): certificates, items, leave and declared interests (areas.md 3.2)."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import peewee

from plugins.areas.inspections import items
from plugins.areas.inspections.models import Inspector, InspectorInterest, InspectorLeave, ItemVersion
from portal.toolkit import Missing, NotAllowed, Refused, audit, clock, transaction, units

#: How many days before its end a certificate is shown as running out.
RUNNING_OUT = 60
TEXTS = {
    "name": ("姓名", 40, True), "staff_number": ("工号", 30, True), "phone": ("电话", 30, False),
    "certificate": ("执法证编号", 40, True), "issuer": ("发证机关", 60, False), "account": ("平台账号", 40, False),
}  # fmt: skip


def plain(inspector: Inspector) -> dict[str, Any]:
    """The inspector's fields as plain values."""
    skipped = {"id", "changed_by", "changed_at"}
    return {name: value for name, value in inspector.__data__.items() if name not in skipped}


def _own(unit: str) -> None:
    if audit.actor().unit != unit:
        raise NotAllowed("只能维护本单位的执法检查人员")


def checked(unit: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises Refused with a sentence for each wrong field."""
    made: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, (words, longest, needed) in TEXTS.items():
        text = unicodedata.normalize("NFC", str(values.get(name) or "").strip())
        if needed and not text:
            problems[name] = f"{words}不能为空"
        elif len(text) > longest or "|" in text or not text.isprintable():
            problems[name] = f"{words}“{text[:20]}”应为不超过 {longest} 个字、不含“|”的文本"
        made[name] = text
    if not isinstance(values.get("valid_to"), date):
        problems["valid_to"] = "执法证有效期应写成 2027-06-30 这样的日期"
    made["valid_to"] = values.get("valid_to")
    made["items"] = sorted(set(values.get("items") or []))
    made["fields"] = sorted(set(values.get("fields") or []))
    own = {
        number
        for (number,) in ItemVersion.select(ItemVersion.number)
        .where(ItemVersion.unit == unit)
        .distinct()
        .tuples()
    }
    strange = [number for number in made["items"] if number not in own]
    if strange:
        problems["items"] = f"“{strange[0]}”不是{units.name_of(unit)}的抽查事项"
    strange = [name for name in made["fields"] if name not in items.fields_of(unit)]
    if strange:
        problems["fields"] = f"“{strange[0]}”不是{units.name_of(unit)}的监管领域"
    made["expert"] = bool(values.get("expert"))
    made["active"] = bool(values.get("active", True))
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return made


def save(unit: str, values: Mapping[str, Any], inspector_id: int | None = None) -> Inspector:
    """Enter an inspector of the actor's unit or change one. Raises Refused, NotAllowed, Missing."""
    _own(unit)
    made = checked(unit, values)
    who = audit.actor()
    with transaction():
        found = inspector_of(unit, inspector_id) if inspector_id else None
        before = plain(found) if found else None
        try:
            if found is None:
                key = f"{unit}-{made['staff_number']}"
                found = Inspector.create(
                    key=key, unit=unit, changed_by=who.name, changed_at=clock.now(), **made
                )
            else:
                Inspector.update(changed_by=who.name, changed_at=clock.now(), **made).where(
                    Inspector.id == found.id
                ).execute()
        except peewee.IntegrityError:
            raise Refused(
                f"工号 {made['staff_number']} 已在本单位名录中", {"staff_number": "工号已在名录中"}
            ) from None
        found = Inspector.get_by_id(found.id)
        audit.record("登记执法检查人员", "inspector", found.id, before=before, after=plain(found))
    return found


def inspector_of(unit: str, inspector_id: int) -> Inspector:
    """The unit's inspector. Raises Missing."""
    found = Inspector.get_or_none((Inspector.id == inspector_id) & (Inspector.unit == unit))
    if found is None:
        raise Missing("没有这名执法检查人员，或者他不属于您的单位")
    return found


def take_leave(inspector_id: int, from_day: date, until_day: date, reason: str) -> InspectorLeave:
    """Note days on which the inspector is away. Raises Refused."""
    if until_day < from_day:
        raise Refused("结束日期早于开始日期", {"until_day": "结束日期早于开始日期"})
    if not reason.strip():
        raise Refused("请写明请假或外出的原因", {"reason": "请写明原因"})
    with transaction():
        inspector = inspector_of(audit.actor().unit, inspector_id)
        leave = InspectorLeave.create(
            inspector=inspector, from_day=from_day, until_day=until_day, reason=reason.strip()
        )
        audit.record("登记人员请假", "inspector", inspector.id, note=f"{from_day} 至 {until_day}：{reason}")
    return leave


def declare_interest(inspector_id: int, object_id: str, name: str, reason: str) -> InspectorInterest:
    """Declare that the inspector must not check this object (回避). Raises Refused."""
    object_id, name = (unicodedata.normalize("NFC", text.strip()) for text in (object_id, name))
    if not object_id or "|" in object_id or len(object_id) > 130:
        raise Refused("请填写对象的统一社会信用代码或名录编号", {"object_id": "请填写对象的代码"})
    if not reason.strip():
        raise Refused("请写明回避的原因", {"reason": "请写明回避的原因"})
    with transaction():
        inspector = inspector_of(audit.actor().unit, inspector_id)
        try:
            made = InspectorInterest.create(
                inspector=inspector, object_id=object_id, name=name, reason=unicodedata.normalize("NFC", reason.strip()),
                declared_by=audit.actor().name, declared_at=clock.now(),
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Refused(f"已经登记过对“{object_id}”的回避", {"object_id": "已经登记过"}) from None
        audit.record("登记回避", "inspector", inspector.id, note=f"{object_id} {name}：{reason}")
    return made


def end_interest(interest_id: int) -> None:
    """The reason for the 回避 is gone; the declaration stays in the history."""
    with transaction():
        found = InspectorInterest.get_or_none(InspectorInterest.id == interest_id)
        if found is None or found.inspector.unit != audit.actor().unit:
            raise Missing("没有这条回避登记")
        InspectorInterest.update(ended_at=clock.now()).where(
            (InspectorInterest.id == interest_id) & InspectorInterest.ended_at.is_null()
        ).execute()
        audit.record("解除回避", "inspector", found.inspector_id, note=f"{found.object_id} {found.name}")


def able_items(inspector: Inspector, fields_of_item: Mapping[str, str]) -> list[str]:
    """The numbers the inspector may check: named ones and those of whole fields; ``fields_of_item`` {number: field}."""
    of_fields = [number for number, name in fields_of_item.items() if name in inspector.fields]
    return sorted({*inspector.items, *of_fields})


def on_leave_throughout(inspector_ids: Iterable[int], from_day: date, until_day: date) -> dict[int, str]:
    """Those away during the whole of the period, with the reason; a shorter leave is met by replacement."""
    found: dict[int, str] = {}
    query = InspectorLeave.select().where(
        InspectorLeave.inspector.in_(list(inspector_ids))
        & (InspectorLeave.from_day <= from_day)
        & (InspectorLeave.until_day >= until_day)
    )
    for leave in query:
        found[leave.inspector_id] = f"{leave.from_day} 至 {leave.until_day} {leave.reason}"
    return found


def standing(day: date) -> set[str]:
    """The units whose inspector library stands on ``day``: at least two active people with valid certificates."""
    query = (
        Inspector.select(Inspector.unit)
        .where((Inspector.active == True) & (Inspector.valid_to >= day))  # noqa: E712
        .group_by(Inspector.unit)
        .having(peewee.fn.COUNT(Inspector.id) >= 2)
    )
    return {unit for (unit,) in query.tuples()}


def interests_of(inspector_ids: Iterable[int]) -> dict[str, list[InspectorInterest]]:
    """{object id: declarations in force} of these inspectors."""
    found: dict[str, list[InspectorInterest]] = defaultdict(list)
    query = InspectorInterest.select(InspectorInterest, Inspector).join(Inspector).where(
        InspectorInterest.inspector.in_(list(inspector_ids)) & InspectorInterest.ended_at.is_null()
    )  # fmt: skip
    for interest in query:
        found[interest.object_id].append(interest)
    return found
