"""成员和席位: who sits since when, proposals and their confirmation, the convenor's charges."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    act,
    clock,
    key_from,
    link,
    list_files,
    page,
    requires,
)

from .. import list_columns, rules, seats
from ..models import Charge
from .blueprint import ID, blueprint, member_choices, read_day, typed

FIELDS = ("role", "unit", "person", "position", "account", "from_day", "reason", "replaces")
TONES = {"proposed": "warn", "confirmed": "good", "refused": "bad"}


@blueprint.get("/seats")
@requires("meeting.view")
def seats_page() -> Response:
    if list_files.wanted():
        return list_files.answer("成员和席位", list_columns.SEATS, [*seats.holders(), *seats.past()])
    return _page()


def _page(
    status: int = 200, errors: dict[str, str] | None = None, values: dict[str, Any] | None = None
) -> Response:
    older = key_from("older")
    held = seats.holders()
    changes, after = seats.changes_for(current_user, older)
    office = current_user.has_role("office")
    roles = list(rules.SEATS.items()) if office else [(key, rules.SEATS[key]) for key in seats.UNIT_SEATS]
    own = [
        seat
        for seat in held
        if office
        or seat.unit == current_user.unit
        or (not seat.unit and current_user.has_role("zone_office"))
    ]
    today = clock.today()
    return page(
        "meetings/seats.html",
        part="meetings/_seat_changes.html",
        status=status,
        held=held,
        vacant=[(rules.SEATS[role], body) for role, _, body in seats.vacant(held)],
        past=seats.past(),
        changes=[(one, rules.CHANGE_STATES[one.state], TONES[one.state]) for one in changes],
        first_href=link("meetings.seats_page") if older is not None else None,
        next_href=link("meetings.seats_page", {"older": after}) if after else None,
        roles=roles,
        units=[("", seats.ZONE_BODY), *member_choices()] if office else [],
        current=[("", "（新增席位）")]
        + [(seat.id, f"{seat.role_label}　{seat.body}　{seat.person}") for seat in own],
        may_propose=current_user.can("seat.propose"),
        may_admit=current_user.can("seat.admit"),
        may_record=current_user.can("seat.record"),
        charges=list(Charge.select().order_by(Charge.id.desc()).limit(20)),
        deputies=[(user.id, user.name) for user in seats.deputies()]
        if current_user.can("meeting.charge")
        else [],
        may_charge=current_user.can("meeting.charge"),
        today=today,
        errors=errors or {},
        typed=values or {},
    )


@blueprint.post("/seats")
@act("seat.propose")
def propose_seat() -> Response:
    values: dict[str, Any] = typed(*FIELDS)
    try:
        given = values | {"from_day": read_day("from_day", "任职日期"), "body": ""}
        given["replaces"] = int(values["replaces"]) if values["replaces"].isdigit() else None
        if not current_user.has_role("office"):
            given["unit"] = current_user.unit
        seats.propose(current_user, given)
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _page(422, refusal.beside("person"), values)
    flash("席位调整已提出，由联席会议确定（纪要或召集人确认）", "success")
    return redirect(url_for("meetings.seats_page"), 303)


@blueprint.post(f"/seats/<{ID}:change_id>/admit")
@act("seat.admit")
def admit_seat(change_id: int) -> Response:
    seats.admit(change_id)
    flash("已确认，由办公室记录", "success")
    return redirect(url_for("meetings.seats_page"), 303)


@blueprint.post(f"/seats/<{ID}:change_id>/answer")
@act("seat.record")
def answer_seat(change_id: int) -> Response:
    confirm = request.form.get("outcome") == "confirm"
    seats.answer(change_id, confirm, request.form.get("basis", ""), request.form.get("reason", ""))
    flash("席位已记录" if confirm else "已退回，不作调整", "success")
    return redirect(url_for("meetings.seats_page"), 303)


@blueprint.post("/seats/charges")
@act("meeting.charge")
def charge_deputy() -> Response:
    values = typed("deputy", "charge_from", "charge_until", "charge_reason")
    try:
        seats.charge(
            request.form.get("deputy", 0, type=int), read_day("charge_from", "委托开始日"), read_day("charge_until", "委托截止日"),
            values["charge_reason"], request.form.get("may_sign") == "1",
        )  # fmt: skip
    except Refused as refusal:
        renamed = {"reason": "charge_reason", "until_day": "charge_until"}
        errors = {renamed.get(name, name): text for name, text in refusal.beside("deputy").items()}
        return _page(422, errors, values)
    flash("委托已记录", "success")
    return redirect(url_for("meetings.seats_page"), 303)


@blueprint.post(f"/seats/charges/<{ID}:charge_id>/end")
@act("meeting.charge")
def end_charge(charge_id: int) -> Response:
    seats.end_charge(charge_id)
    flash("委托已收回", "success")
    return redirect(url_for("meetings.seats_page"), 303)
