"""行政许可: the list with expiry warnings, entering a decision, one permit with its life cycle and history."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    Refused,
    Subject,
    act,
    audit,
    clock,
    link,
    list_files,
    obligations,
    page,
    quarter_lists,
    requires,
    subjects,
    units,
)

from .. import catalogue, list_columns, permit_lists, permit_rules, permits, record_kinds
from ..permit_models import Decision, LinkedMeasure, Permit
from . import blueprint, warned
from .typed import day, required_day


@blueprint.get("/permits/", endpoint="permits")
@requires("licensing.view")
def index() -> Response:
    argument = request.args.get
    unit = permit_lists.unit_shown(current_user, argument("unit", ""))
    filters = permit_lists.Filters(
        unit, argument("state", ""), argument("q", "").strip()[:60], argument("item", "")[:12]
    )
    if list_files.wanted():
        query = Permit.select(Permit.id).join(Subject).where(permit_lists.conditions(filters))
        return list_files.answer_kind(record_kinds.KIND, current_user._get_current_object(), list_files.by_key(query, Permit.id))
    rows, before, total = permit_lists.page_of(filters, before=request.args.get("before", 0, type=int))
    query = {"unit": argument("unit", ""), "state": filters.state, "q": filters.text, "item": filters.item}
    return page(
        "licensing/permits.html", part="licensing/_permits.html", query=query, total=total,
        rows=[(row, units.name_of(row.unit), list_columns.item_name(row.item), permit_rules.validity(row.state, row.valid_until, clock.today())) for row in rows],
        next_href=link("licensing.permits", {**query, "before": before}) if before else None,
        first_href=link("licensing.permits", query) if argument("before") else None,
        states=list(permit_lists.STATES.items()), waiting=permit_lists.waiting_decisions(current_user.unit),
        members=[(u.key, u.name) for u in units.enabled()] if current_user.has_role("office", "convenor", "deputy_convenor") else [],
        decisions=permit_rules.DECISIONS, may_enter=_may_enter(),
    )  # fmt: skip


def _may_enter() -> bool:
    unit = units.unit(current_user.unit)
    return unit is not None and "permit" in unit.duties and current_user.can("licensing.claim")


def _choices() -> list[tuple[str, str]]:
    """The items that the unit approves today first, then all others."""
    approvers = catalogue.Approvers(clock.today())
    items = [i for i in catalogue.declared().items if i.kind != "QX"]
    own = [i for i in items if approvers.unit_of(i) == current_user.unit]
    return [(i.code, f"{i.code} {i.name}") for i in own + [i for i in items if i not in own]]


def _form(
    values: dict[str, Any], refusal: Refused | None = None, decision: Decision | None = None
) -> Response:
    return page(
        "licensing/permit_form.html", status=422 if refusal else 200, values=values, refusal=str(refusal or ""),
        errors=refusal.fields if refusal else {}, items=_choices(), categories=permit_rules.CATEGORIES, decision=decision,
        today=clock.today(), **warned.named(values.get("code", ""), values),
    )  # fmt: skip



@blueprint.get("/permits/enter/<record_id>")
@requires("licensing.claim")
def permit_entry(record_id: str) -> Response:
    """The form for a decision that is known (its number), or an empty one for a row of a quarter list or anything new."""
    if not record_id.isdigit():
        number = record_id.removeprefix("list-")
        row = quarter_lists.entry_of(int(number), current_user.unit) if number.isdigit() else None
        if row is None:
            return _form({"code": request.args.get("code", "")})
        return _form(
            {
                "code": row.code,
                "document": row.document,
                "decided_on": row.day,
                "number": row.fields.get("许可编号", ""),
            }
        )
    decision = permits.own_decision(current_user.unit, int(record_id))
    if decision.permit_id is not None:
        return redirect(url_for("licensing.permit", record_id=decision.permit_id), 303)
    values = {
        "code": decision.subject.code,
        "item": decision.item,
        "document": decision.document,
        "decided_on": decision.decided_on,
    }
    return _form(values, decision=decision)


def _fields(form: Any) -> permits.Fields:
    text = {
        name: form.get(name, "")
        for name in ("item", "number", "document", "certificate", "document_name", "content", "note")
    }
    return permits.Fields(
        decided_on=required_day(form, "decided_on", "许可决定日期"), valid_from=day(form, "valid_from", "有效期自"),
        valid_until=day(form, "valid_until", "有效期至"), category=form.get("category", "普通"), **text,
    )  # fmt: skip


def subject_of(code: str) -> Subject:
    """The subject of a typed code. Raises Refused naming the field."""
    if not code.strip():
        raise Refused("请填写主体的统一社会信用代码", {"code": "统一社会信用代码或注册号不能为空"})
    try:
        found = subjects.by_code(code)
    except Refused as refusal:
        raise Refused(str(refusal), {"code": str(refusal)}) from refusal
    if found is None:
        raise Refused(
            f"平台上没有代码为 {code} 的市场主体", {"code": f"平台上没有代码为 {code} 的市场主体，请先由登记机关推送"}
        )
    return found


@blueprint.post("/permits/enter/")
@act("licensing.claim")
def enter_permit() -> Response:
    if not _may_enter():
        raise Missing("您的单位没有录入许可的职责")
    try:
        subject = subject_of(request.form.get("code", ""))
        fields = permits.checked(_fields(request.form))
        warned.check_seen(subject, request.form, "录入")
        made = permits.grant(current_user.unit, subject, fields)
    except Refused as refusal:
        return _form(dict(request.form), refusal)
    flash("许可已录入。", "success")
    return redirect(url_for("licensing.permit", record_id=made.id), 303)


@blueprint.get("/permits/<int:record_id>")
@requires("licensing.view")
def permit(record_id: int) -> Response:
    return _show(permits.permit_for(current_user, record_id))


def _show(found, refusal: Refused | None = None, values: dict[str, Any] | None = None) -> Response:
    own = found.unit == current_user.unit and current_user.can("licensing.claim")
    decisions = list(
        Decision.select().where(Decision.permit == found).order_by(Decision.decided_on, Decision.id)
    )
    return page(
        "licensing/permit.html", status=422 if refusal else 200, permit=found, subject=found.subject, own=own,
        unit_label=units.name_of(found.unit), body_code=getattr(units.unit(found.unit), "credit_code", ""),
        item_label=list_columns.item_name(found.item), validity=permit_rules.validity(found.state, found.valid_until, clock.today()),
        may_change=own and found.state == "live", refusal=str(refusal or ""), errors=refusal.fields if refusal else {},
        values=values or _to_change(found), endings=[(k, permit_rules.DECISIONS[k]) for k in permit_rules.ENDINGS],
        items=_choices() if own else [], categories=permit_rules.CATEGORIES, today=clock.today(),
        decisions=[(d, permit_rules.DECISIONS[d.kind]) for d in decisions], history=[(entry, [permit_rules.change_words(*one) for one in changes if one[0] not in ("subject", "unit")]) for entry, changes in audit.history(permits.RECORD, found.id)],
        measures=[(m, permit_rules.MEASURES.get(m.measure, "待采取措施")) for m in LinkedMeasure.select().where(LinkedMeasure.permit == found)],
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(permits.RECORD, found.id)],
    )  # fmt: skip


def _to_change(found: Permit) -> dict[str, Any]:
    """The permit's fields for its change form: a 变更 is a decision of its own, so its document and day start empty."""
    return permits.plain(found) | {"document": "", "document_name": "准予变更行政许可决定书", "decided_on": clock.today()}


@blueprint.post("/permits/<int:record_id>")
@act("licensing.claim")
def permit_act(record_id: int) -> Response:
    found, form = permits.own_permit(current_user.unit, record_id), request.form
    version = int(form["version"]) if form.get("version", "").isdigit() else 0
    try:
        if form.get("act") == "change":
            permits.change(found, version, _fields(form))
        else:
            decided = required_day(form, "decided_on", "决定日期")
            permits.end(
                found,
                version,
                form.get("kind", ""),
                form.get("document", ""),
                decided,
                form.get("reason", ""),
            )
    except Refused as refusal:
        return _show(permits.own_permit(current_user.unit, record_id), refusal, dict(form))
    flash("许可信息已更新。", "success")
    return redirect(url_for("licensing.permit", record_id=found.id), 303)
