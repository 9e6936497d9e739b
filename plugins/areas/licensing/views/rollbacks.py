"""回退处理: what units returned, and the pusher's decision; after its clock ran out the office decides."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, act, list_files, obligations, page, requires, units

from .. import list_columns, rollbacks, rules
from . import blueprint


@blueprint.get("/roll-backs/", endpoint="roll_backs")
@requires("licensing.view")
def index() -> Response:
    decided = request.args.get("state") == "decided"
    wanted = rollbacks.decided_for if decided else rollbacks.waiting_for
    if list_files.wanted():
        rows = list_files.walk(lambda after: wanted(current_user, after, 500), 0)
        return list_files.answer("已处理的回退" if decided else "待处理的回退", list_columns.ROLL_BACKS, rows)
    found, after = wanted(current_user, request.args.get("after", 0, type=int))
    state = {"state": "decided"} if decided else {}
    return page(
        "licensing/roll_backs.html", decided=decided, clocks=obligations.clocks("roll_back", [r.id for r in found]),
        rows=[(r, units.name_of(r.unit), rules.ROLL_BACK_REASONS[r.reason], _outcome(r), rollbacks.may_decide(current_user, r)) for r in found],
        next_href=url_for("licensing.roll_backs", after=after, **state) if after else None,
    )  # fmt: skip


def _outcome(found: Any) -> str:
    told = rules.ROLL_BACK_OUTCOMES.get(found.state, "")
    return f"{told}：{units.name_of(found.next_unit)}" if found.next_unit else told


@blueprint.get("/roll-backs/<int:record_id>")
@requires("licensing.view")
def roll_back(record_id: int) -> Response:
    return _show(rollbacks.roll_back_for(current_user, record_id))


def _show(
    found, errors: dict[str, str] | None = None, text: str = "", values: dict | None = None
) -> Response:
    return page(
        "licensing/roll_back.html", status=422 if text else 200, found=found, row=found.claim, subject=found.claim.subject,
        unit_label=units.name_of(found.unit), named_label=units.name_of(found.names_unit), next_label=units.name_of(found.next_unit),
        reason=rules.ROLL_BACK_REASONS[found.reason], outcome_label=rules.ROLL_BACK_OUTCOMES.get(found.state, ""),
        may_decide=rollbacks.may_decide(current_user, found), errors=errors or {}, refusal=text,
        values=values or {"next_unit": found.names_unit}, outcomes=list(rules.ROLL_BACK_OUTCOMES.items()),
        members=[(unit.key, unit.name) for unit in units.enabled() if unit.key != found.unit],
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record("roll_back", found.id)],
    )  # fmt: skip


@blueprint.post("/roll-backs/<int:record_id>")
@act("licensing.view")
def decide(record_id: int) -> Response:
    found = rollbacks.roll_back_for(current_user, record_id)
    form = request.form
    try:
        rollbacks.decide_for(
            current_user, found, form.get("outcome", ""), form.get("next_unit", ""), form.get("note", "")
        )
    except Refused as refusal:
        return _show(found, refusal.fields, str(refusal), dict(form))
    flash("回退已处理。", "success")
    return redirect(url_for("licensing.roll_back", record_id=found.id), 303)
