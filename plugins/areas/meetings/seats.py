"""Members and seats with their days: proposed by the unit, decided by the joint meeting, recorded by the office."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.toolkit import Missing, NotAllowed, Refused, audit, clock, settings, transaction, units, users

from . import rules
from .models import Charge, Seat, SeatChange

#: Which roles of the roster (附件1 名单) are held by which body; a unit's own people propose for the rest.
UNIT_SEATS = ("member", "liaison", "office_member")
ZONE_BODY = "党工委、管委会办公室"


def person_of(viewer: Any) -> rules.Person:
    """The viewer as the rules see a person, with the charges in force today."""
    found = charge_of(viewer) if "deputy_convenor" in viewer.roles else None
    return rules.Person(
        viewer.unit, frozenset(viewer.roles), found is not None, bool(found and found.may_sign)
    )


def charge_of(viewer: Any, day: date | None = None) -> Charge | None:
    """The charge under which this deputy acts on ``day``; one that lets him sign comes first."""
    day = day or clock.today()
    return (
        Charge.select()
        .where(
            (Charge.deputy == viewer.id) & Charge.ended_at.is_null()
            & (Charge.from_day <= day) & (Charge.until_day >= day)
        )
        .order_by(Charge.may_sign.desc(), Charge.id.desc())
        .first()
    )  # fmt: skip


def deputies() -> list[users.User]:
    """The active accounts that hold the deputy convenor's role."""
    query = (
        users.User.select()
        .join(users.UserRole)
        .where(
            (users.UserRole.role == "deputy_convenor")
            & users.UserRole.ended_at.is_null()
            & (users.User.active == True)  # noqa: E712
        )
        .order_by(users.User.id)
    )
    return list(query)


def charge(deputy_id: int, from_day: date, until_day: date, reason: str, may_sign: bool) -> Charge:
    """The convenor charges a deputy to call all-member meetings, recorded (附件1 三（一）). Raises Refused."""
    reason = reason.strip()
    chosen = next((user for user in deputies() if user.id == deputy_id), None)
    if chosen is None:
        raise Refused("请选择一位副召集人", {"deputy": "请选择一位副召集人"})
    if until_day < from_day:
        raise Refused(f"委托截止日 {until_day} 早于开始日 {from_day}", {"until_day": "不能早于开始日"})
    if not 2 <= len(reason) <= 200:
        raise Refused("委托事由应为 2 至 200 个字", {"reason": "应为 2 至 200 个字"})
    with transaction():
        made = Charge.create(
            deputy=chosen, deputy_name=chosen.name, given_by=audit.actor().name, given_at=clock.now(), from_day=from_day,
            until_day=until_day, may_sign=may_sign, reason=reason,
        )  # fmt: skip
        audit.record(
            "委托副召集人", "meeting_charge", made.id,
            after={"deputy": chosen.name, "from": from_day, "until": until_day, "may_sign": may_sign, "reason": reason},
        )  # fmt: skip
    return made


def end_charge(charge_id: int) -> None:
    """The convenor takes a charge back from now on; what was done under it stays."""
    with transaction():
        done = (
            Charge.update(ended_at=clock.now())
            .where((Charge.id == charge_id) & Charge.ended_at.is_null())
            .execute()
        )
        if not done:
            raise Refused("这项委托不存在，或者已经收回")
        audit.record("收回委托", "meeting_charge", charge_id)


def holders(day: date | None = None) -> list[Seat]:
    """The seats held on ``day`` (default today) in the order of the roster."""
    day = day or clock.today()
    order = {key: place for place, key in enumerate(rules.SEATS)}
    numbers = {unit.key: unit.number for unit in units.enabled(day)}
    held = Seat.select().where((Seat.from_day <= day) & (Seat.until_day.is_null() | (Seat.until_day > day)))
    return sorted(held, key=lambda seat: (order[seat.role], numbers.get(seat.unit, 0), seat.id))


def vacant(held: list[Seat]) -> list[tuple[str, str, str]]:
    """Seats of the roster that nobody holds: (role, unit key or empty, body)."""
    taken = {(seat.role, seat.unit) for seat in held}
    wanted = [
        ("convenor", "", rules.ZONE_COMMITTEE),
        ("deputy_convenor", "", ZONE_BODY),
        ("member", "", ZONE_BODY),
    ]
    wanted += [(role, unit.key, unit.name) for role in ("member", "liaison") for unit in units.enabled()]
    return [place for place in wanted if (place[0], place[1]) not in taken]


def propose(viewer: Any, values: dict[str, Any]) -> SeatChange:
    """Propose a seat's holder from a day on; ``values`` has role, unit, body, person, position, account, from_day,
    reason, replaces (seat id or None). An empty person ends the seat. Raises Refused, NotAllowed."""
    role, unit, person = values["role"], values["unit"], values["person"].strip()
    if role not in rules.SEATS:
        raise Refused("没有这种席位", {"role": "请选择席位"})
    own = unit == viewer.unit if unit else viewer.has_role("zone_office")
    if not viewer.has_role("office") and not (own and role in UNIT_SEATS):
        raise NotAllowed("只能为本单位的成员、联络员、办公室成员席位提出调整")
    body = units.name_of(unit) if unit else (values["body"].strip() or ZONE_BODY)
    errors = {}
    if unit and units.unit(unit) is None:
        errors["unit"] = "没有这个单位"
    if len(person) > 40:
        errors["person"] = "姓名最多 40 个字"
    if not 2 <= len(values["reason"].strip()) <= 200:
        errors["reason"] = "应为 2 至 200 个字"
    replaces = _seat_now(values.get("replaces"), role, unit)
    if not person and replaces is None:
        errors["person"] = "请填写姓名；要空出席位时请选择现任"
    if replaces is not None and values["from_day"] <= replaces.from_day:
        errors["from_day"] = f"应晚于现任的任职日 {replaces.from_day}"
    if values["account"] and users.find(values["account"]) is None:
        errors["account"] = f"没有账号“{values['account']}”"
    if errors:
        raise Refused("；".join(errors.values()), errors)
    with transaction():
        made = SeatChange.create(
            role=role, unit=unit, body=body, replaces=replaces, person=person, position=values["position"].strip()[:80],
            account=values["account"], from_day=values["from_day"], reason=values["reason"].strip(),
            proposed_by=viewer.name, proposed_at=clock.now(),
        )  # fmt: skip
        audit.record("提出席位调整", "meeting_seat_change", made.id, after=_plain(made))
    return made


def _seat_now(seat_id: int | None, role: str, unit: str) -> Seat | None:
    if seat_id is None:
        return None
    found = Seat.get_or_none((Seat.id == seat_id) & Seat.until_day.is_null())
    if found is None or (found.role, found.unit) != (role, unit):
        raise Refused("现任席位与所选席位、单位不一致，或者已经离任", {"replaces": "请重新选择现任"})
    return found


def _plain(change: SeatChange) -> dict[str, Any]:
    return {
        "role": change.role, "body": change.body, "person": change.person, "position": change.position,
        "from": change.from_day, "state": change.state, "basis": change.basis, "admitted_by": change.admitted_by,
    }  # fmt: skip


def _open_change(change_id: int) -> SeatChange:
    found = SeatChange.get_or_none(SeatChange.id == change_id)
    if found is None:
        raise Missing("没有这份席位调整")
    if found.state != "proposed":
        raise Refused(f"这份席位调整{rules.CHANGE_STATES[found.state]}，不能再答复")
    return found


def admit(change_id: int) -> None:
    """The convenor's confirmation in place of a minutes number (附件1 二：报联席会议确定)."""
    with transaction():
        change = _open_change(change_id)
        change.admitted_by, change.admitted_at = audit.actor().name, clock.now()
        change.save()
        audit.record("召集人确认席位调整", "meeting_seat_change", change.id, after=_plain(change))


def answer(change_id: int, confirm: bool, basis: str, reason: str) -> SeatChange:
    """The office records what was decided: the old seat ends, the new one begins on its day. Raises Refused."""
    with transaction():
        change = _open_change(change_id)
        basis = basis.strip() or (f"召集人{change.admitted_by}确认" if change.admitted_by else "")
        if confirm and not basis:
            raise Refused("须填写联席会议纪要文号，或先由召集人确认（附件1 二）", {"basis": "须填写纪要文号"})
        if not confirm and not reason.strip():
            raise Refused("不同意须写明理由", {"reason": "须写明理由"})
        change.state, change.basis, change.answer = (
            ("confirmed" if confirm else "refused"),
            basis,
            reason.strip(),
        )
        change.answered_by, change.answered_at = audit.actor().name, clock.now()
        change.save()
        if confirm:
            _apply(change)
        audit.record("记录席位调整", "meeting_seat_change", change.id, after=_plain(change))
    return change


def _apply(change: SeatChange) -> None:
    if change.replaces_id is not None:
        ended = (
            Seat.update(until_day=change.from_day)
            .where((Seat.id == change.replaces_id) & Seat.until_day.is_null())
            .execute()
        )
        if not ended:
            raise Refused("现任已由另一份调整离任，请重新提出")
    if change.person:
        Seat.create(
            role=change.role, unit=change.unit, body=change.body, person=change.person, position=change.position,
            account=change.account, from_day=change.from_day, basis=change.basis,
        )  # fmt: skip


def changes_for(viewer: Any, older: int | None, size: int = 50) -> tuple[list[SeatChange], int | None]:
    """One page of proposals, the newest first: all for the office and the convenors, else the own unit's."""
    query = SeatChange.select().order_by(SeatChange.id.desc()).limit(size + 1)
    if not viewer.has_role("office", "convenor", "deputy_convenor", "zone_office"):
        query = query.where(SeatChange.unit == viewer.unit)
    if older is not None:
        query = query.where(SeatChange.id < older)
    rows = list(query)
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def member_of(unit: str, day: date, held: list[Seat] | None = None) -> Seat | None:
    """Who sits for ``unit`` on ``day``: its member, else its liaison."""
    held = holders(day) if held is None else held
    own = [seat for seat in held if seat.unit == unit and seat.role in ("member", "liaison")]
    return next((seat for seat in own if seat.role == "member"), own[0] if own else None)


def past(limit: int = 200) -> list[Seat]:
    """Seats that have ended, the latest first."""
    query = Seat.select().where(Seat.until_day.is_null(False) & (Seat.until_day <= clock.today()))
    return list(query.order_by(Seat.until_day.desc(), Seat.id.desc()).limit(limit))


def presiders(day: date) -> list[tuple[str, str]]:
    """Who may preside (附件1 三（一）: 召集人或副召集人主持), as choices of name and words."""
    found = [seat for seat in holders(day) if seat.role in ("convenor", "deputy_convenor")]
    names = [(seat.person, f"{seat.person}（{seat.role_label}）") for seat in found]
    if names:
        return names
    accounts = (
        users.User.select(users.User.name, users.UserRole.role)
        .join(users.UserRole)
        .where(users.UserRole.role.in_(["convenor", "deputy_convenor"]) & users.UserRole.ended_at.is_null())
        .order_by(users.User.id)
    )
    words = {"convenor": "召集人", "deputy_convenor": "副召集人"}
    return [(name, f"{name}（{words[role]}）") for name, role in accounts.tuples()]


def issuer() -> str:
    """The words under a document: the office of this zone's joint meeting."""
    return settings.value("meetings.issuer")
