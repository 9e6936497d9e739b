"""联动监管: permits that ended and the measure that the market regulator took."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, act, link, list_files, obligations, page, requires, units

from .. import linkage, list_columns, permit_lists, permit_rules
from . import blueprint


@blueprint.get("/measures/", endpoint="measures")
@requires("licensing.view")
def index() -> Response:
    state = request.args.get("state", "open")
    state = state if state in ("open", "done") else "open"
    if list_files.wanted():
        found = list_files.walk(lambda before: permit_lists.measures(current_user, state, before=before, size=500), 0)
        return list_files.answer("联动监管", list_columns.MEASURES, found)
    rows, before = permit_lists.measures(current_user, state, before=request.args.get("before", 0, type=int))
    return page(
        "licensing/measures.html", part="licensing/_measures.html", state=state,
        rows=[(m, permit_rules.DECISIONS[m.decision.kind], units.name_of(m.permit.unit), permit_rules.MEASURES.get(m.measure, "")) for m in rows],
        next_href=link("licensing.measures", {"state": state, "before": before}) if before else None,
        clocks=obligations.clocks(linkage.RECORD, [m.id for m in rows]),
    )  # fmt: skip


@blueprint.get("/measures/<int:record_id>")
@requires("licensing.view")
def measure(record_id: int) -> Response:
    return _show(linkage.measure_for(current_user, record_id))


def _show(found, refusal: Refused | None = None) -> Response:
    return page(
        "licensing/measure.html", status=422 if refusal else 200, found=found, permit=found.permit, subject=found.subject,
        unit_label=units.name_of(found.permit.unit), decision_label=permit_rules.DECISIONS[found.decision.kind],
        measure_label=permit_rules.MEASURES.get(found.measure, ""), measures=list(permit_rules.MEASURES.items()),
        may_act=found.state == "open" and current_user.unit == units.holder("linked_measures").key and current_user.can("licensing.claim"),
        refusal=str(refusal or ""), errors=refusal.fields if refusal else {}, values=dict(request.form),
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(linkage.RECORD, found.id)],
    )  # fmt: skip


@blueprint.post("/measures/<int:record_id>")
@act("licensing.claim")
def take_measure(record_id: int) -> Response:
    found = linkage.measure_for(current_user, record_id)
    try:
        linkage.take_measure(
            current_user, record_id, request.form.get("measure", ""), request.form.get("reason", "")
        )
    except Refused as refusal:
        return _show(found, refusal)
    flash("联动监管措施已记录。", "success")
    return redirect(url_for("licensing.measure", record_id=record_id), 303)
