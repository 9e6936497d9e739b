"""异议: received at the desk, compared, transferred, signed for, verified, answered; each act one form."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import (
    letters,
    list_columns,
    listing,
    objection_rules,
    objections,
    papers,
    record_forms,
)
from plugins.areas.credit.models import Letter
from plugins.areas.credit.objections import Application
from plugins.areas.credit.reach import is_holder, objection_for, places_of, record_for, repair_for
from plugins.areas.credit.views import blueprint, history
from plugins.areas.credit.views.answers import pdf
from plugins.areas.credit.views.entry import record_form_page
from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    act,
    audit,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)

_FIELDS = ("applicant_kind", "applicant", "applicant_code", "contact", "phone", "item", "claim", "evidence")


@blueprint.get("/objections")
@requires("credit.view")
def objection_list() -> Response:
    state = request.args.get("state", "")
    if state not in ("", listing.ALL, *objection_rules.STATE_LABELS):
        raise Missing("没有这种状态")
    if list_files.wanted():
        rows = list_files.walk(lambda older: listing.list_objections(current_user, state, older))
        return list_files.answer("异议", list_columns.OBJECTIONS, rows)
    found = listing.list_objections(current_user, state, request.args.get("older", type=int))
    clocks = obligations.clocks(objections.OBJECTION, [row.id for row in found.rows])
    if state == "":
        # Three days run beside fifteen: what is due first is not what came first.
        found.rows.sort(
            key=lambda row: clocks[str(row.id)][0].deadline if str(row.id) in clocks else date.max
        )
    return page(
        "credit/objections.html",
        part="credit/_objections.html",
        rows=[(row, units.name_of(row.source_unit)) for row in found.rows],
        clocks=clocks,
        states=[
            ("", "办理中"),
            *(
                (key, label)
                for key, label in objection_rules.STATE_LABELS.items()
                if key not in objection_rules.OPEN_STATES
            ),
            (listing.ALL, "全部"),
        ],
        state=state,
        next_href=link("credit.objection_list", {"state": state, "older": found.older})
        if found.older
        else None,
        first_href=link("credit.objection_list", {"state": state}) if request.args.get("older") else None,
        desk=current_user.can("credit.objection") and is_holder(current_user.unit, "objection_desk"),
    )


def _desk() -> None:
    if not is_holder(current_user.unit, "objection_desk"):
        raise NotAllowed(f"异议由{units.holder('objection_desk').name}受理（二（四））")


def _form(record: Any, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    return page(
        "credit/objection_form.html", status=status, record=record, values=values, errors=errors,
        applicants=[("", "请选择"), *objection_rules.APPLICANTS.items()], unit_name=units.name_of(record.unit),
    )  # fmt: skip


@blueprint.get("/records/<int:record_id>/objections/new")
@requires("credit.objection")
def new_objection(record_id: int) -> Response:
    _desk()
    found = record_for(current_user, record_id)
    why = objections.not_open_to_objection(found)
    values = {"applicant_kind": "party", "applicant": found.party_name, "applicant_code": found.party_code}
    return _form(found, values, {"": why} if why else {})


@blueprint.post("/records/<int:record_id>/objections")
@act("credit.objection")
def receive_objection(record_id: int) -> Response:
    _desk()
    found = record_for(current_user, record_id)
    try:
        made = objections.receive(
            found,
            Application(**{name: request.form.get(name, "").strip() for name in _FIELDS}),
            desk=current_user.unit,
        )
        papers.keep("objection", made.id, request.files.getlist("papers"))
    except Refused as refusal:
        return _form(found, request.form.to_dict(), refusal.fields or {"": str(refusal)}, refusal.status)
    flash("已受理：3 个工作日内比对并更正或转送", "success")
    return redirect(url_for("credit.objection", record_id=made.id), 303)


@blueprint.get("/objections/<int:record_id>")
@requires("credit.view")
def objection(record_id: int) -> Response:
    return _show(record_id, {}, {})


def _show(objection_id: int, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    found = objection_for(current_user, objection_id)
    places = places_of(current_user, found)
    return page(
        "credit/objection.html",
        status=status,
        objection=found,
        record=found.record,
        unit_name=units.name_of(found.source_unit),
        desk_name=units.name_of(found.desk_unit),
        applicant_kind=objection_rules.APPLICANTS.get(found.applicant_kind, ""),
        acts=[name for place in sorted(places) for name in objection_rules.acts(found.state, place)],
        owed=[
            (owed, obligations.lamp(owed), units.name_of(owed.unit))
            for owed in obligations.of_record(objections.OBJECTION, found.id)
        ],
        papers=papers.of("objection", found.id),
        letters=[
            (letter, letters.number_of(letter)) for letter in letters.of(objections.OBJECTION, found.id)
        ],
        history=history.lines(objections.OBJECTION, found.id),
        shows_contact=bool(places),
        values=values,
        errors=errors,
    )


def _text(name: str) -> str:
    return request.form.get(name, "")


_ACTS = {
    "differs": lambda found: objections.find_different(found, current_user, _text("comparison")),
    "transfer": lambda found: objections.transfer(found, current_user, _text("comparison")),
    "sign": lambda found: objections.sign(found, current_user),
    "reply": lambda found: objections.reply(found, current_user, _text("answer")),
    "withdraw": lambda found: objections.withdraw(found, current_user, _text("answer")),
}


@blueprint.post("/objections/<int:record_id>/<any(differs, transfer, sign, reply, withdraw):step>")
@act("credit.objection")
def objection_act(record_id: int, step: str) -> Response:
    found = objection_for(current_user, record_id)
    try:
        _ACTS[step](found)
        papers.keep("objection", found.id, request.files.getlist("papers"))
    except Refused as refusal:
        return _show(record_id, request.form.to_dict(), refusal.fields or {"": str(refusal)}, refusal.status)
    flash(f"已办理：{objection_rules.ACT_LABELS[step]}", "success")
    return redirect(url_for("credit.objection", record_id=record_id), 303)


def _correction(found: Any, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    return record_form_page(
        values, errors, record=found.record, status=status, action=url_for("credit.correct_by_objection", record_id=found.id),
        title="按异议更正失信信息", reason=values.get("reason", ""), version=found.record.version, q="", found=[],
    )  # fmt: skip


@blueprint.get("/objections/<int:record_id>/correct")
@requires("credit.objection")
def correct_by_objection_form(record_id: int) -> Response:
    found = objection_for(current_user, record_id)
    why = objection_rules.refusal(found.state, "correct", places_of(current_user, found))
    if why:
        raise Refused(why)
    return _correction(found, record_forms.shown(found.record), {})


@blueprint.post("/objections/<int:record_id>/correct")
@act("credit.objection")
def correct_by_objection(record_id: int) -> Response:
    found = objection_for(current_user, record_id)
    try:
        if request.form.get("version", type=int) != found.record.version:
            raise Stale("这条失信信息刚被别人改过，请返回刷新后再更正")
        entry = record_forms.read_or_refuse(request.form)
        objections.correct(found, current_user, entry, _text("reason"))
    except Refused as refusal:
        return _correction(
            found, record_forms.typed(request.form), refusal.fields or {"": str(refusal)}, refusal.status
        )
    flash("已更正并形成书面答复", "success")
    return redirect(url_for("credit.objection", record_id=record_id), 303)


_OWNERS = {objections.OBJECTION: objection_for, "repair": repair_for}


@blueprint.get("/letters/<int:letter_id>.pdf")
@requires("credit.view")
def letter_pdf(letter_id: int) -> Response:
    found = Letter.get_or_none(Letter.id == letter_id)
    if found is None:
        raise Missing("没有这份文书")
    _OWNERS[found.owner_type](current_user, found.owner_id)
    content = letters.pdf(found)
    audit.record_alone("下载文书", found.owner_type, found.owner_id, note=letters.number_of(found))
    return pdf(content, f"{found.title}{letters.number_of(found)}.pdf")
