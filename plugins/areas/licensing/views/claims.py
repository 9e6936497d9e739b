"""认领与反馈: the unit's queue with filters and select-all, one row's page with every act on it."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    Refused,
    act,
    audit,
    clock,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)

from .. import claims, feedback, list_columns, permits, reading, rollbacks, rules
from ..models import Feedback, RollBack
from . import blueprint, warned
from .typed import day

STATES = ("open", "claimed", "answered", "returned", "moved", "withdrawn")


def _filters(values) -> claims.Filters:
    state = values.get("state", "open") or "open"
    if state not in STATES:
        raise Missing("没有这种状态")
    return claims.Filters(
        state=state, item=values.get("item", "")[:12], text=values.get("q", "").strip()[:60],
        late=values.get("late") == "1", street=values.get("street", "")[:40],
    )  # fmt: skip


def _query(filters: claims.Filters) -> dict[str, str]:
    return {
        "state": "" if filters.state == "open" else filters.state, "item": filters.item, "q": filters.text,
        "late": "1" if filters.late else "", "street": filters.street,
    }  # fmt: skip


def _part(filters: claims.Filters, after: int) -> tuple[list[tuple[claims.Claim, object]], int | None]:
    found = claims.queue(current_user.unit, filters, after=after, size=500)
    return found.rows, found.after


@blueprint.get("/claims/", endpoint="claims")
@requires("licensing.claim")
def index() -> Response:
    filters = _filters(request.args)
    if list_files.wanted():
        return list_files.answer("认领反馈", list_columns.CLAIMS, list_files.walk(lambda after: _part(filters, after), 0))
    found = claims.queue(current_user.unit, filters, after=request.args.get("after", 0, type=int))
    query, counts = _query(filters), claims.state_counts(current_user.unit)
    return page(
        "licensing/claims.html", part="licensing/_claims.html",
        rows=[(row, clock_of, obligations.lamp(clock_of) if clock_of else None) for row, clock_of in found.rows],
        next_href=link("licensing.claims", {**query, "after": found.after}) if found.after else None,
        first_href=link("licensing.claims", query) if request.args.get("after") else None,
        rows_total=found.rows_total, firms_total=found.subjects_total, query=query, filters=filters,
        tabs=[
            {"label": rules.CLAIM_STATES[state], "href": link("licensing.claims", {**query, "state": state if state != "open" else ""}),
             "active": state == filters.state, "count": counts.get(state, (0, 0))[1]}
            for state in STATES if state in counts or state in ("open", "claimed", "answered")
        ],
        items=claims.items_of(current_user.unit), kinds=[(k, v) for k, v in rules.FEEDBACK_KINDS.items()],
        feedback_labels=rules.FEEDBACK_KINDS,
    )  # fmt: skip


def _chosen() -> list[int]:
    """The ticked rows, or every row that the filter finds (the button for all of them)."""
    if request.form.get("scope") == "all":
        return claims.matching_ids(current_user.unit, _filters(request.form))
    return [int(number) for number in request.form.getlist("row") if number.isdigit()]


def _back() -> Response:
    return redirect(link("licensing.claims", _query(_filters(request.form))), 303)


@blueprint.post("/claims/act")
@act("licensing.claim")
def claims_act() -> Response:
    ids = _chosen()
    if not ids:
        flash("没有勾选任何一条。", "warning")
        return _back()
    if request.form.get("kind"):
        done = feedback.answer(
            current_user.unit, ids, request.form["kind"], note=request.form.get("note", "")
        )
        flash(f"已反馈 {done} 条。", "success")
        return _back()
    done, left = claims.claim_rows(current_user.unit, ids)
    flash(
        f"已认领 {done} 条，请在反馈期限内反馈。"
        + (f"另有 {left} 条已被其他人处理，没有改动。" if left else ""),
        "success",
    )
    return _back()


@blueprint.get("/claims/<int:record_id>")
@requires("licensing.view")
def claim(record_id: int) -> Response:
    return _show(claims.claim_for(current_user, record_id))


def _show(row, errors: dict[str, str] | None = None, text: str = "", values: dict | None = None) -> Response:
    own = row.unit == current_user.unit and current_user.can("licensing.claim")
    hits = [hit for hit in row.push.reading["hits"] if hit["code"] == row.item]
    return page(
        "licensing/claim.html", status=422 if text else 200, row=row, subject=row.subject, alerts=warned.alerts_of(row.subject) if own else [], own=own, refusal=text, errors=errors or {},
        values=values or {}, parts=reading.marked(row.push.scope, hits, []), unit_label=units.name_of(row.unit) or row.body,
        supervisor_label=units.name_of(row.supervising_unit), state_label=rules.CLAIM_STATES[row.state],
        can={name: own and rules.claim_refusal(name, row.state) is None for name in ("claim", "roll_back", "answer")},
        reasons=list(rules.ROLL_BACK_REASONS.items()), kinds=[(k, rules.FEEDBACK_KINDS[k]) for k in rules.feedback_kinds(row.kind)],
        members=[(unit.key, unit.name) for unit in units.enabled() if unit.key != row.unit], today=clock.today(),
        answers=[(a, rules.FEEDBACK_KINDS[a.kind]) for a in Feedback.select().where(Feedback.claim == row).order_by(Feedback.id)],
        returns=[(r, rules.ROLL_BACK_REASONS[r.reason], units.name_of(r.next_unit)) for r in RollBack.select().where(RollBack.claim == row)],
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(claims.RECORD, row.id)],
        kind_label=rules.KIND_LABELS[row.kind], history=audit.history(claims.RECORD, row.id),
    )  # fmt: skip


@blueprint.post("/claims/<int:record_id>")
@act("licensing.claim")
def claim_act(record_id: int) -> Response:
    row = claims.claim_for(current_user, record_id)
    name, form = request.form.get("act", ""), request.form
    try:
        if name == "claim":
            _, left = claims.claim_rows(current_user.unit, [row.id])
            if left:
                raise Refused(rules.claim_refusal("claim", row.state) or "这一条不属于您的单位，不能认领")
            flash("已认领，请在反馈期限内反馈。", "success")
        elif name == "roll_back":
            rollbacks.roll_back(
                current_user.unit,
                row.id,
                form.get("reason", ""),
                form.get("note", ""),
                form.get("names_unit", ""),
            )
            flash("已回退，等推送单位处理。", "success")
        elif name == "answer":
            feedback.answer(
                current_user.unit, [row.id], form.get("kind", ""), day=day(form, "day", "办理日期"),
                document=form.get("document", ""), note=form.get("note", ""),
            )  # fmt: skip
            flash("已反馈。", "success")
            decision = permits.waiting_decision(row)
            if decision is not None:
                flash("准予许可的，请接着录入许可信息。", "info")
                return redirect(url_for("licensing.permit_entry", record_id=decision.id), 303)
        else:
            raise Refused("没有这种操作")
    except Refused as refusal:
        return _show(row, refusal.fields, str(refusal), dict(form))
    return redirect(url_for("licensing.claim", record_id=row.id), 303)
