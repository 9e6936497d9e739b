"""The one list (一单): drafts and versions of check items, their review, confirmation and publicity (areas.md 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import peewee

from plugins.areas.inspections import rules, telling
from plugins.areas.inspections.models import ItemVersion
from portal.toolkit import (
    CheckItem,
    DeclarationError,
    Missing,
    NotAllowed,
    Refused,
    Stale,
    audit,
    clock,
    registry,
    transaction,
    units,
)

FIELDS = tuple(rules.COMPARED)


def plain(version: ItemVersion) -> dict[str, Any]:
    """The version's own fields, for comparing and for histories."""
    return {name: getattr(version, name) for name in FIELDS}


def starters(unit: str) -> list[CheckItem]:
    """The items that the unit's plugin declares and nobody has drafted yet."""
    found = units.unit(unit)
    known = {
        number
        for (number,) in ItemVersion.select(ItemVersion.number)
        .where(ItemVersion.unit == unit)
        .distinct()
        .tuples()
    }
    return [item for item in (found.check_items if found else ()) if item.number not in known]


def fields_of(unit: str) -> list[str]:
    """The check fields that the unit declares; only they can have items (附件2-2)."""
    found = units.unit(unit)
    return [field.name for field in found.check_fields] if found else []


def _own(version: ItemVersion) -> None:
    if audit.actor().unit != version.unit:
        raise NotAllowed(
            f"抽查事项 {version.number} 属于{units.name_of(version.unit)}，只有该单位的人员可以办理"
        )


def _checked(unit: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a draft. Raises Refused with the rule of the declaration that they break."""
    problems: dict[str, str] = {}
    made: dict[str, Any] = {name: values.get(name, "") for name in FIELDS}
    for name in FIELDS:
        if isinstance(made[name], str):
            made[name] = made[name].strip()
            if len(made[name]) > 500:
                problems[name] = f"{rules.COMPARED[name]}有 {len(made[name])} 个字，最多 500 个"
    for name in ("ratio", "yearly_cap"):
        try:
            made[name] = int(made[name])
        except (TypeError, ValueError):
            problems[name] = f"{rules.COMPARED[name]}“{made[name]}”应为整数"
    for name in ("check_field", "item", "object_type", "content", "basis"):
        if not made[name]:
            problems[name] = f"{rules.COMPARED[name]}不能为空"
    if made["check_field"] and made["check_field"] not in fields_of(unit):
        problems["check_field"] = f"监管领域“{made['check_field']}”不是{units.name_of(unit)}的领域（附件2-2）"
    if not problems:
        try:
            CheckItem(
                number="1",
                **{**made, "materials": tuple(made["materials"]), "checklist": tuple(made["checklist"])},
            )
        except DeclarationError as error:
            problems["item"] = str(error).replace("抽查事项 1 ", "抽查事项")
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return made


def draft(number: str, values: Mapping[str, Any], unit: str | None = None) -> ItemVersion:
    """Start a new version of an item (its first when the number is new), for the actor's own unit. Raises Refused."""
    who = audit.actor()
    number = number.strip()
    unit = unit or who.unit
    if who.unit != unit:
        raise NotAllowed("只能起草本单位的抽查事项")
    if not re.fullmatch(r"[\w.\-]{1,30}", number):
        problem = f"事项编号“{number}”应为 1 至 30 个字母、汉字、数字、点或短横"
        raise Refused(problem, {"number": problem})
    made = _checked(unit, values)
    with transaction():
        earlier = list(ItemVersion.select().where(ItemVersion.number == number).order_by(ItemVersion.version))
        if earlier and earlier[0].unit != unit:
            problem = f"事项编号“{number}”已由{units.name_of(earlier[0].unit)}使用"
            raise Refused(problem, {"number": problem})
        try:
            with_new = ItemVersion.create(
                number=number, version=(earlier[-1].version + 1) if earlier else 1, unit=unit, state="draft",
                drafted_by=who.name, drafted_account=who.account, drafted_at=clock.now(), **made,
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Stale(f"事项 {number} 已有一份正在办理的草案，请先办完它") from None
        audit.record(
            "起草抽查事项", "check_item", number, after=plain(with_new), note=f"第 {with_new.version} 版"
        )
    return with_new


def adopt(number: str) -> ItemVersion:
    """Draft the first version of an item from what the unit's plugin declares. Raises Missing."""
    found = next((item for item in starters(audit.actor().unit) if item.number == number), None)
    if found is None:
        raise Missing(f"单位插件没有声明事项 {number}，或者它已经起草过")
    values = {name: value for name, value in asdict(found).items() if name != "number"}
    return draft(number, {**values, "materials": list(found.materials), "checklist": list(found.checklist)})


def edit(version_id: int, values: Mapping[str, Any]) -> ItemVersion:
    """Change a draft that was not yet submitted. Raises Stale, Refused."""
    with transaction():
        version = _at(version_id, "draft")
        _own(version)
        made = _checked(version.unit, values)
        before = plain(version)
        ItemVersion.update(**made).where(ItemVersion.id == version.id).execute()
        audit.record("修改抽查事项草案", "check_item", version.number, before=before, after=made)
    return ItemVersion.get_by_id(version_id)


def _at(version_id: int, *states: str) -> ItemVersion:
    """The version, read inside the act's transaction, in one of ``states``."""
    version = ItemVersion.get_or_none(ItemVersion.id == version_id)
    if version is None:
        raise Missing("没有这个抽查事项版本")
    if version.state not in states:
        raise Stale(
            f"{version.number} 第 {version.version} 版现在是“{rules.ITEM_STATES[version.state]}”，不能办理这一步，请刷新"
        )
    return version


def _move(version: ItemVersion, act: str, words: str, note: str = "", **values: Any) -> ItemVersion:
    state = rules.step(rules.ITEM_STEPS, version.state, act)
    changed = ItemVersion.update(state=state, **values).where(
        (ItemVersion.id == version.id) & (ItemVersion.state == version.state)
    )
    if state is None or changed.execute() != 1:
        raise Stale(f"{version.number} 第 {version.version} 版已被别人办理，请刷新")
    audit.record(
        words,
        "check_item",
        version.number,
        before={"state": version.state},
        after={"state": state},
        note=note,
    )
    moved = ItemVersion.get_by_id(version.id)
    telling.item_moved(moved)
    return moved


def submit(version_id: int) -> ItemVersion:
    """Send a draft to the unit's legal review."""
    with transaction():
        version = _at(version_id, "draft")
        _own(version)
        return _move(version, "submit", "报送法制审查", f"第 {version.version} 版")


def review(version_id: int, passed: bool, opinion: str) -> ItemVersion:
    """The legal review of the unit; the drafter does not review the own draft. Raises Refused."""
    who = audit.actor()
    with transaction():
        version = _at(version_id, "legal")
        _own(version)
        if who.account == version.drafted_account:
            raise Refused("起草人不能审查自己起草的事项")
        return _decide(
            version,
            passed,
            opinion,
            "法制审查",
            {"legal_by": who.name, "legal_at": clock.now(), "legal_opinion": opinion},
        )


def _decide(
    version: ItemVersion, passed: bool, opinion: str, words: str, values: dict[str, Any]
) -> ItemVersion:
    if not passed and not opinion.strip():
        raise Refused("退回时必须写明意见", {"opinion": "退回时必须写明意见"})
    act = ("pass" if version.state == "legal" else "confirm") if passed else "return"
    rest = {} if passed else {"return_reason": opinion}
    return _move(version, act, words + ("通过" if passed else "退回"), opinion, **values, **rest)


def confirm(version_id: int, passed: bool, opinion: str, from_day: date | None = None) -> ItemVersion:
    """区管办 confirms the version, in force from ``from_day`` (default today), or returns it (二（三）). The version in
    force until then ends with that day. Raises Refused."""
    who, day = audit.actor(), from_day or clock.today()
    if passed and day < clock.today():
        problem = f"生效日期 {day} 早于今天"
        raise Refused(problem, {"from_day": problem})
    with transaction():
        version = _at(version_id, "zone")
        values: dict[str, Any] = {
            "confirmed_by": who.name,
            "confirmed_at": clock.now(),
            "confirm_opinion": opinion,
        }
        if passed:
            values["from_day"] = day
            same = (ItemVersion.number == version.number) & (ItemVersion.state == "confirmed")
            later = (
                ItemVersion.select()
                .where(same & (ItemVersion.from_day >= day) & ItemVersion.until_day.is_null())
                .first()
            )
            if later is not None and later.from_day > day:
                problem = f"生效日期 {day} 早于第 {later.version} 版的生效日期 {later.from_day}，新版不能更早"
                raise Refused(problem, {"from_day": problem})
            ItemVersion.update(until_day=day).where(
                same & (ItemVersion.until_day.is_null() | (ItemVersion.until_day > day))
            ).execute()
        return _decide(version, passed, opinion, "区管办审核确认", values)


def end(version_id: int, day: date, reason: str) -> None:
    """Take an item out of force from ``day`` on. Raises Refused."""
    if not reason.strip():
        raise Refused("停用事项必须写明原因", {"reason": "停用事项必须写明原因"})
    if day < clock.today():
        problem = f"停用日期 {day} 早于今天"
        raise Refused(problem, {"day": problem})
    with transaction():
        version = _at(version_id, "confirmed")
        _own(version)
        if version.until_day is not None and version.until_day <= day:
            raise Stale("这一版已经停用")
        ItemVersion.update(until_day=day, end_reason=reason).where(ItemVersion.id == version.id).execute()
        audit.record("停用抽查事项", "check_item", version.number, after={"until_day": day}, note=reason)


def publish(version_id: int) -> None:
    """Mark a confirmed version as published: what is not published may not be checked (国办发〔2024〕54号)."""
    with transaction():
        version = _at(version_id, "confirmed")
        _own(version)
        if version.published_on is None:
            ItemVersion.update(published_on=clock.today(), published_by=audit.actor().name).where(
                ItemVersion.id == version.id
            ).execute()
            audit.record("公布抽查事项", "check_item", version.number, note=f"第 {version.version} 版")
            telling.item_published(version)


def in_force_query(day: date) -> Any:
    """The condition on ItemVersion of being in force on ``day``."""
    return (
        (ItemVersion.state == "confirmed")
        & (ItemVersion.from_day <= day)
        & (ItemVersion.until_day.is_null() | (ItemVersion.until_day > day))
    )


def in_force(number: str, day: date | None = None) -> ItemVersion | None:
    """The version of the item in force on ``day`` (default today), or None."""
    return ItemVersion.get_or_none((ItemVersion.number == number) & in_force_query(day or clock.today()))


def in_force_of(unit: str, day: date | None = None) -> list[ItemVersion]:
    """Every item of the unit in force on ``day``, by number."""
    query = ItemVersion.select().where((ItemVersion.unit == unit) & in_force_query(day or clock.today()))
    return list(query.order_by(ItemVersion.number))


def all_in_force(day: date | None = None) -> list[ItemVersion]:
    """Every item in force, by unit and number, for the choices of joint tasks."""
    order = {unit.key: unit.number for unit in registry().units}
    found = list(ItemVersion.select().where(in_force_query(day or clock.today())))
    return sorted(found, key=lambda version: (order.get(version.unit, 99), version.number))


def versions(number: str) -> list[ItemVersion]:
    """Every version of an item, newest first. Raises Missing."""
    found = list(
        ItemVersion.select().where(ItemVersion.number == number).order_by(ItemVersion.version.desc())
    )
    if not found:
        raise Missing(f"没有编号为 {number} 的抽查事项")
    return found
