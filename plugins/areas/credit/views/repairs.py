"""信用修复: applications with the conditions one by one, decided by the unit that decided the penalty."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import letters, list_columns, listing, papers, repair_rules, repairs
from plugins.areas.credit.reach import is_holder, record_for, repair_for
from plugins.areas.credit.repair_rules import CONFIRMED_BY_OFFICER, Condition
from plugins.areas.credit.views import blueprint, history
from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    act,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)


@blueprint.get("/repairs")
@requires("credit.view")
def repair_list() -> Response:
    state = request.args.get("state", "")
    if state not in ("", listing.ALL, *repair_rules.STATE_LABELS):
        raise Missing("没有这种状态")
    if list_files.wanted():
        rows = list_files.walk(lambda older: listing.list_repairs(current_user, state, older))
        return list_files.answer("信用修复", list_columns.REPAIRS, rows)
    found = listing.list_repairs(current_user, state, request.args.get("older", type=int))
    return page(
        "credit/repairs.html",
        part="credit/_repairs.html",
        rows=[(row, units.name_of(row.unit)) for row in found.rows],
        clocks=obligations.clocks(repairs.REPAIR, [row.id for row in found.rows]),
        states=[
            ("" if key == repair_rules.RECEIVED else key, label)
            for key, label in repair_rules.STATE_LABELS.items()
        ]
        + [(listing.ALL, "全部")],
        state="" if state == repair_rules.RECEIVED else state,
        next_href=link("credit.repair_list", {"state": state, "older": found.older}) if found.older else None,
        first_href=link("credit.repair_list", {"state": state}) if request.args.get("older") else None,
    )


def _may_enter(record: Any) -> None:
    if record.unit != current_user.unit and not is_holder(current_user.unit, "publisher"):
        raise NotAllowed("修复申请由决定单位或者公示单位受理")


def _form(record: Any, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    return page(
        "credit/repair_form.html", status=status, record=record, values=values, errors=errors,
        conditions=repairs.conditions_of(record), unit_name=units.name_of(record.unit),
    )  # fmt: skip


@blueprint.get("/records/<int:record_id>/repairs/new")
@requires("credit.repair")
def new_repair(record_id: int) -> Response:
    found = record_for(current_user, record_id)
    _may_enter(found)
    why = repairs.not_open_to_repair(found)
    return _form(found, {"applicant": found.party_name}, {"": why} if why else {})


@blueprint.post("/records/<int:record_id>/repairs")
@act("credit.repair")
def apply_for_repair(record_id: int) -> Response:
    found = record_for(current_user, record_id)
    _may_enter(found)
    typed = {name: request.form.get(name, "") for name in ("applicant", "contact", "phone", "statement")}
    try:
        made = repairs.apply(found, **typed, entered_unit=current_user.unit)
        papers.keep("repair", made.id, request.files.getlist("papers"))
    except Refused as refusal:
        return _form(found, typed, refusal.fields or {"": str(refusal)}, refusal.status)
    flash("已受理修复申请", "success")
    return redirect(url_for("credit.repair", record_id=made.id), 303)


@blueprint.get("/repairs/<int:record_id>")
@requires("credit.view")
def repair(record_id: int) -> Response:
    return _show(record_id, {}, {})


def _confirmed() -> frozenset[str]:
    return frozenset(request.form.getlist("confirmed")) & frozenset(CONFIRMED_BY_OFFICER)


def _show(repair_id: int, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    found = repair_for(current_user, repair_id)
    waiting = found.state == repair_rules.RECEIVED
    return page(
        "credit/repair.html",
        status=status,
        repair=found,
        record=found.record,
        unit_name=units.name_of(found.unit),
        conditions=repairs.conditions_of(found.record, _confirmed())
        if waiting
        else [Condition(**kept) for kept in found.checked],
        to_confirm=CONFIRMED_BY_OFFICER,
        may_decide=waiting and found.unit == current_user.unit and current_user.can("credit.repair"),
        owed=[
            (owed, obligations.lamp(owed), units.name_of(owed.unit))
            for owed in obligations.of_record(repairs.REPAIR, found.id)
        ],
        papers=papers.of("repair", found.id),
        letters=[(letter, letters.number_of(letter)) for letter in letters.of(repairs.REPAIR, found.id)],
        history=history.lines(repairs.REPAIR, found.id),
        values=values,
        errors=errors,
    )


@blueprint.post("/repairs/<int:record_id>/<any(approve, refuse, withdraw):step>")
@act("credit.repair")
def decide_repair(record_id: int, step: str) -> Response:
    found = repair_for(current_user, record_id)
    if found.unit != current_user.unit:
        raise NotAllowed(f"修复由作出决定的单位（{units.name_of(found.unit)}）决定（二（四））")
    reason, rule = request.form.get("reason", ""), request.form.get("upper_rule", "")
    try:
        if step == "approve":
            repairs.approve(found, confirmed=_confirmed(), upper_rule=rule, reason=reason)
        elif step == "refuse":
            repairs.refuse(found, reason=reason, confirmed=_confirmed(), upper_rule=rule)
        else:
            repairs.withdraw(found, reason)
        papers.keep("repair", found.id, request.files.getlist("papers"))
    except Refused as refusal:
        return _show(record_id, request.form.to_dict(), refusal.fields or {"": str(refusal)}, refusal.status)
    flash(found.state_label, "success")
    return redirect(url_for("credit.repair", record_id=record_id), 303)
