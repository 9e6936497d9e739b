"""推送: what waits for the registrar, the page of one push, and the look-up of all pushes for every unit."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Refused,
    act,
    audit,
    clock,
    link,
    list_files,
    obligations,
    page,
    requires,
    subjects,
    units,
)

from .. import catalogue, list_columns, lookup, pushes, reading, rules
from ..models import Claim
from . import blueprint


def push_filters() -> lookup.Filters:
    """What the list (and its download) was asked for; those who may not see what waits see what was pushed."""
    argument = request.args.get
    state = argument("state", "")
    if state not in ("proposed", "pushed"):
        state = "proposed" if current_user.unit == pushes.registrar() else "pushed"
    if (
        state == "proposed"
        and current_user.unit != pushes.registrar()
        and not current_user.has_role("office")
    ):
        state = "pushed"
    return lookup.Filters(
        state=state, text=argument("q", "").strip()[:60], doubtful=argument("doubtful", "") if state == "proposed" else "",
        classification=argument("classification", ""), day_from=argument("from", ""), day_until=argument("until", ""),
    )  # fmt: skip


def _query(filters: lookup.Filters) -> dict[str, str]:
    return {
        "state": filters.state, "q": filters.text, "doubtful": filters.doubtful, "classification": filters.classification,
        "from": filters.day_from, "until": filters.day_until,
    }  # fmt: skip


@blueprint.get("/pushes/", endpoint="pushes")
@requires("licensing.view")
def index() -> Response:
    filters, errors = push_filters(), {}
    if list_files.wanted():
        return list_files.answer("推送", list_columns.PUSHES, lookup.every(filters))
    try:
        found = lookup.page_of(filters, before=request.args.get("before", type=int))
    except Refused as refusal:
        errors, found = refusal.fields or {"q": str(refusal)}, lookup.Found([], None, 0, 0, {})
    query = _query(filters)
    return page(
        "licensing/pushes.html", part="licensing/_pushes.html", status=422 if errors else 200,
        rows=found.rows, claims=found.claims, next_href=link("licensing.pushes", {**query, "before": found.before})
        if found.before else None, first_href=link("licensing.pushes", query) if request.args.get("before") else None,
        total=found.pushes_total, firms=found.subjects_total, query=query, errors=errors,
        may_confirm=current_user.unit == pushes.registrar() and current_user.can("licensing.push"),
        sees_waiting=current_user.unit == pushes.registrar() or current_user.has_role("office"),
        classes=[(key, label) for key, label in subjects.CLASSIFICATIONS.items() if key], states=rules.PUSH_STATES,
        unit_name=units.name_of,
    )  # fmt: skip


@blueprint.post("/pushes/confirm")
@act("licensing.push")
def confirm_plain() -> Response:
    if request.form.get("scope") == "all":
        done = pushes.confirm_plain(current_user.unit)
    else:
        done = pushes.confirm_plain(
            current_user.unit, [int(i) for i in request.form.getlist("push") if i.isdigit()]
        )
    flash(
        f"已推送 {done} 条。" if done else "没有勾选可以批量推送的登记；有疑问的请逐条确认。",
        "success" if done else "warning",
    )
    return redirect(url_for("licensing.pushes"), 303)


@blueprint.get("/pushes/<int:record_id>")
@requires("licensing.view")
def push(record_id: int) -> Response:
    return _show(pushes.push_for(current_user, record_id))


def _show(
    found, values: dict | None = None, errors: dict[str, str] | None = None, text: str = ""
) -> Response:
    hits = {hit["code"]: hit for hit in found.reading["hits"]}
    codes = list(dict.fromkeys([*hits, *found.base, *found.decided]))
    approvers = catalogue.Approvers(found.confirmed_on or found.event.received_at.date())
    items = []
    for code in codes:
        item = catalogue.item(code)
        if item is not None:
            unit = approvers.unit_of(item)
            items.append(
                (item, hits.get(code), units.name_of(unit) if unit else item.body, code in found.base)
            )
    others = [
        (i.code, f"{i.code} {i.name}")
        for i in catalogue.declared().items
        if i.code not in codes and i.kind in ("HZ", "QZ", "BA")
    ]
    rows = Claim.select().where(Claim.push == found).order_by(Claim.id)
    return page(
        "licensing/push.html", status=422 if text or errors else 200, push=found, subject=found.subject, items=items, others=others,
        parts=reading.marked(found.scope, found.reading["hits"], found.reading["unknown"]),
        proposed=subjects.CLASSIFICATIONS.get(pushes.class_proposed(found), ""),
        may_confirm=found.state == "proposed" and current_user.unit == pushes.registrar() and current_user.can("licensing.push"),
        values=values or {"codes": list(hits)}, errors=errors or {}, refusal=text, state_label=rules.PUSH_STATES[found.state],
        rows=[(row, units.name_of(row.unit) or row.body, rules.CLAIM_STATES[row.state]) for row in rows],
        self_items=_own_items(found) if found.state == "pushed" and current_user.can("licensing.claim") else [],
        kinds=rules.KIND_LABELS, classifications=subjects.CLASSIFICATIONS, history=audit.history(pushes.RECORD, found.id),
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(pushes.RECORD, found.id)],
    )  # fmt: skip


@blueprint.post("/pushes/<int:record_id>")
@act("licensing.push")
def confirm(record_id: int) -> Response:
    found = pushes.push_for(current_user, record_id)
    codes = [*request.form.getlist("codes"), *[code for code in [request.form.get("more", "")] if code]]
    note, classification = request.form.get("note", ""), request.form.get("classification", "")
    try:
        pushes.confirm_for(current_user, found, codes, classification, note, request.form.get("words", ""))
    except Refused as refusal:
        return _show(
            found,
            {"codes": codes, "note": note, "classification": classification},
            refusal.fields,
            str(refusal),
        )
    flash(f"已推送“{found.subject.name}”。", "success")
    return redirect(url_for("licensing.pushes"), 303)


def _own_items(found) -> list[tuple[str, str]]:
    """The items that the person's unit approves and has no row of in this push."""
    have = {
        row.item
        for row in Claim.select(Claim.item).where(
            (Claim.subject == found.subject_id) & (Claim.unit == current_user.unit)
        )
    }
    approvers = catalogue.Approvers(clock.today())
    return [
        (i.code, f"{i.code} {i.name}")
        for i in catalogue.declared().items
        if approvers.unit_of(i) == current_user.unit and i.code not in have
    ]
