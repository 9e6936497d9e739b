"""Member units: who belongs since when, how a unit is enabled and disabled, and what that starts and stops."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import peewee

from portal import audit, clock
from portal.database import InstantField, Record, transaction
from portal.declarations import FUNCTIONS, DeclarationError, Unit
from portal.plugging import Registry, registry
from portal.refusals import Refused


class UnitRefused(Refused):
    """An act on a unit's membership that the rules forbid; the text (Chinese) says which."""


class UnitTerm(Record):
    """A span in which a unit is a member: from ``from_day`` up to the day before ``until_day`` (None: still)."""

    unit = peewee.TextField(index=True)
    from_day = peewee.DateField()
    until_day = peewee.DateField(null=True)
    basis = peewee.TextField()


class UnitRequest(Record):
    """A request to enable or disable a unit: the liaison asks, the office confirms (附件1 二)."""

    unit = peewee.TextField()
    enable = peewee.BooleanField()
    day = peewee.DateField()
    reason = peewee.TextField(default="")
    state = peewee.TextField(default="requested")
    asked_by = peewee.TextField()
    asked_at = InstantField()
    basis = peewee.TextField(default="")
    admitted_by = peewee.TextField(default="")
    admitted_at = InstantField(null=True)
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)
    answer = peewee.TextField(default="")


UnitRequest.add_index(UnitRequest.index(UnitRequest.unit, unique=True, where=(UnitRequest.state == "requested")))


def unit(key: str) -> Unit | None:
    """The installed unit of that key, or None."""
    return registry().by_key.get(key)


def name_of(key: str) -> str:
    """The unit's name, also for one whose plugin is gone; empty for no unit."""
    found = registry().by_key.get(key)
    return found.name if found else (f"{key}（插件已卸载）" if key else "")


def by_name(name: str) -> Unit | None:
    """The installed unit that has this name or short name in Annex 2-2's words, or None."""
    return next((u for u in registry().units if name in (u.name, u.short_name)), None)


def terms() -> dict[str, list[UnitTerm]]:
    """Every unit's terms, oldest first, in one query."""
    found: dict[str, list[UnitTerm]] = defaultdict(list)
    for term in UnitTerm.select().order_by(UnitTerm.from_day):
        found[term.unit].append(term)
    return dict(found)


def _covers(term: UnitTerm, day: date) -> bool:
    return term.from_day <= day and (term.until_day is None or day < term.until_day)


def enabled(day: date | None = None) -> list[Unit]:
    """The installed units that are members on ``day`` (default today), in the order of Annex 2-2."""
    day = day or clock.today()
    known = terms()
    return [u for u in registry().units if any(_covers(term, day) for term in known.get(u.key, []))]


def is_enabled(key: str, day: date | None = None) -> bool:
    """Whether the unit is a member on ``day`` (default today)."""
    day = day or clock.today()
    return any(_covers(term, day) for term in UnitTerm.select().where(UnitTerm.unit == key))


def enabled_days(key: str, days: list[date]) -> list[date]:
    """Those of ``days`` on which the unit is a member."""
    spans = list(UnitTerm.select().where(UnitTerm.unit == key))
    return [day for day in days if any(_covers(term, day) for term in spans)]


def holder(function: str, day: date | None = None) -> Unit:
    """The enabled unit with the special function. Raises UnitRefused (Chinese) where there is none."""
    found = registry().holder(function)
    if found is None or not is_enabled(found.key, day):
        raise UnitRefused(f"没有已启用的单位承担“{FUNCTIONS[function]}”")
    return found


def check_functions(plugins: Registry) -> None:
    """Stop the start unless each special function has its enabled holder; an empty portal has none yet."""
    members = {u.key for u in enabled()}
    if not UnitTerm.select().exists():
        return
    for function, words in FUNCTIONS.items():
        found = plugins.holder(function)
        if found is None or found.key not in members:
            state = "未安装承担它的单位插件" if found is None else f"“{found.name}”没有启用"
            raise DeclarationError(f"专门职能“{words}”没有承担单位：{state}")


def ask(key: str, enable: bool, day: date, reason: str, basis: str = "") -> UnitRequest:
    """Ask to enable or disable ``key`` from ``day`` on. Raises UnitRefused."""
    found = unit(key)
    if found is None:
        raise UnitRefused(f"没有安装单位插件“{key}”")
    if not 1 <= len(reason.strip()) <= 500:
        raise UnitRefused("请写明理由（500 字以内）")
    if is_enabled(key, day) == enable:
        raise UnitRefused(f"{found.name}在 {day} {'已经启用' if enable else '没有启用'}")
    if not enable and found.functions:
        words = "；".join(FUNCTIONS[f] for f in sorted(found.functions))
        raise UnitRefused(f"{found.name}承担专门职能，不能停用：{words}")
    with transaction():
        if UnitRequest.select().where((UnitRequest.unit == key) & (UnitRequest.state == "requested")).exists():
            raise UnitRefused(f"{found.name}已有一份待办公室确认的申请")
        who = audit.actor()
        request = UnitRequest.create(
            unit=key, enable=enable, day=day, reason=reason, basis=basis, asked_by=who.name, asked_at=clock.now()
        )
        audit.record("申请启用单位" if enable else "申请停用单位", "unit", key, after=_plain(request))
    return request


def may_ask(person: Any, key: str) -> bool:
    """Whether ``person`` may ask for the unit: its own liaison, or the office (a new unit has no liaison yet)."""
    own = person.has_role("liaison") and person.unit == key
    return person.can("unit.ask") and (own or person.has_role("office"))


def request_numbered(number: int) -> UnitRequest:
    """The request of that number. Raises UnitRefused."""
    request = UnitRequest.get_or_none(UnitRequest.id == number)
    if request is None:
        raise UnitRefused(f"没有第 {number} 号单位申请")
    return request


def requests_of(key: str) -> list[UnitRequest]:
    """Every request of one unit, newest first."""
    return list(UnitRequest.select().where(UnitRequest.unit == key).order_by(UnitRequest.id.desc()))


def waiting() -> dict[str, UnitRequest]:
    """The requests that wait for the office, by unit."""
    return {request.unit: request for request in UnitRequest.select().where(UnitRequest.state == "requested")}


def admit(request: UnitRequest) -> None:
    """The convenor's confirmation of a new member, in place of a minutes number (附件1 二)."""
    with transaction():
        if request.state != "requested":
            raise UnitRefused("这份申请已经答复过")
        if not (request.enable and needs_decision(request.unit)):
            raise UnitRefused("只有增补成员单位需要召集人确认（附件1 二）")
        request.admitted_by, request.admitted_at = audit.actor().name, clock.now()
        request.save()
        audit.record("召集人确认增补成员单位", "unit", request.unit, after=_plain(request))


def needs_decision(key: str) -> bool:
    """Whether enabling needs the joint meeting's decision: the unit has never been a member."""
    return not UnitTerm.select().where(UnitTerm.unit == key).exists()


def answer(request_id: int, confirm: bool, basis: str = "", reason: str = "") -> UnitRequest:
    """The office's answer. Raises UnitRefused when it was answered before or a new member lacks a decision."""
    with transaction():
        request = UnitRequest.get_or_none(UnitRequest.id == request_id)
        if request is None or request.state != "requested":
            raise UnitRefused("这份申请已经答复过，或者不存在")
        basis = basis.strip() or request.basis
        if confirm and request.enable and needs_decision(request.unit) and not (basis or request.admitted_by):
            raise UnitRefused("增补成员单位须填写联席会议纪要文号，或由召集人确认（附件1 二）")
        before = _plain(request)
        request.state = "confirmed" if confirm else "refused"
        request.basis, request.answer = basis, reason
        request.answered_by, request.answered_at = audit.actor().name, clock.now()
        request.save()
        if confirm:
            _apply(request)
        audit.record("答复单位申请", "unit", request.unit, before=before, after=_plain(request))
    return request


def _apply(request: UnitRequest) -> None:
    if request.enable:
        basis = request.basis or (f"召集人{request.admitted_by}确认" if request.admitted_by else "恢复成员单位")
        UnitTerm.create(unit=request.unit, from_day=request.day, basis=basis)
        return
    UnitTerm.update(until_day=request.day).where(
        (UnitTerm.unit == request.unit)
        & (UnitTerm.from_day <= request.day)
        & (UnitTerm.until_day.is_null() | (UnitTerm.until_day > request.day))
    ).execute()
    if request.day <= clock.today():
        registry().answers("on_unit_disabled", unit=request.unit, day=request.day)


def found(key: str, day: date, basis: str) -> None:
    """Enter a founding member straight away: at set-up, by the command line, with the source as basis."""
    with transaction():
        if is_enabled(key, day):
            return
        UnitTerm.create(unit=key, from_day=day, basis=basis)
        audit.record("启用单位", "unit", key, after={"from": day, "basis": basis})


def ended_today(day: date) -> list[str]:
    """Units whose last day of membership was the day before ``day``: the daily job stops their obligations."""
    query = UnitTerm.select(UnitTerm.unit).where(UnitTerm.until_day.between(day - timedelta(days=7), day))
    return sorted({key for (key,) in query.tuples() if not is_enabled(key, day)})


def _plain(request: UnitRequest) -> dict[str, Any]:
    return {
        "enable": request.enable, "day": request.day, "reason": request.reason, "state": request.state,
        "basis": request.basis, "admitted_by": request.admitted_by, "answer": request.answer,
    }  # fmt: skip
