"""无证无照: the list of leads, entering one, its page with every act, the reporter, photographs."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, flash, redirect, request, send_file, url_for
from flask_login import current_user

from portal.toolkit import (
    Refused,
    act,
    audit,
    clock,
    files,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)

from .. import case_lists, case_rules, catalogue, list_columns, photos, unlicensed
from ..case_models import Referral
from . import blueprint
from .typed import required_day

_TEXTS = (
    "kind", "source", "person", "place", "activity", "code", "street", "item", "reporter_name", "reporter_phone", "reporter_note",
)  # fmt: skip


@blueprint.get("/unlicensed/", endpoint="unlicensed")
@requires("licensing.view")
def index() -> Response:
    argument = request.args.get
    filters = case_lists.Filters(
        argument("state", "todo"), argument("kind", ""), argument("q", "").strip()[:40], argument("whose", "")
    )
    if list_files.wanted():
        found = list_files.walk(lambda before: case_lists.page_of(current_user, filters, before=before, size=500)[:2], 0)
        return list_files.answer("无证无照线索", list_columns.CASES, found)
    rows, before, total = case_lists.page_of(current_user, filters, before=argument("before", 0, type=int))
    query = {"state": filters.state, "kind": filters.kind, "q": filters.text, "whose": filters.whose}
    return page(
        "licensing/unlicensed.html", part="licensing/_unlicensed.html", query=query, total=total,
        rows=[(c, case_rules.KINDS[c.kind], units.name_of(c.unit), units.name_of(c.entered_unit), case_rules.STATES[c.state]) for c in rows],
        clocks=obligations.clocks(unlicensed.RECORD, [c.id for c in rows]), states=[("todo", "未办结"), *case_rules.STATES.items()], kinds=list(case_rules.KINDS.items()),
        next_href=link("licensing.unlicensed", {**query, "before": before}) if before else None,
        first_href=link("licensing.unlicensed", query) if argument("before") else None,
        may_enter=bool(current_user.unit) and current_user.can("licensing.claim"),
    )  # fmt: skip


def _form(values: dict[str, Any], refusal: Refused | None = None) -> Response:
    items = [
        (i.code, f"{i.code} {i.name}")
        for i in catalogue.declared().items
        if i.kind in ("HZ", "QZ", "BA", "XW")
    ]
    return page(
        "licensing/unlicensed_form.html", status=422 if refusal else 200, values=values, refusal=str(refusal or ""),
        errors=refusal.fields if refusal else {}, kinds=list(case_rules.KINDS.items()), sources=list(case_rules.SOURCES.items()), items=items,
        most=photos.MOST,
    )  # fmt: skip


@blueprint.get("/unlicensed/new", endpoint="unlicensed_new")
@requires("licensing.claim")
def new() -> Response:
    return _form({"found_on": clock.today(), "kind": "no_permit", "source": "check"})


def _sent() -> list[tuple[Any, str]]:
    return [(file.stream, file.filename) for file in request.files.getlist("photos") if file.filename]


@blueprint.post("/unlicensed/new")
@act("licensing.claim")
def enter_lead() -> Response:
    form = request.form
    try:
        if not current_user.unit:
            raise Refused("只有成员单位的人员可以录入")
        lead = unlicensed.Lead(
            found_on=required_day(form, "found_on", "发现日期"),
            **{name: form.get(name, "") for name in _TEXTS},
        )
        case = unlicensed.enter(current_user.unit, lead, _sent())
    except Refused as refusal:
        return _form(dict(form), refusal)
    flash(f"线索已录入，由{units.name_of(case.unit)}办理。", "success")
    return redirect(url_for("licensing.unlicensed_case", record_id=case.id), 303)


@blueprint.get("/unlicensed/<int:record_id>", endpoint="unlicensed_case")
@requires("licensing.view")
def case(record_id: int) -> Response:
    return _show(case_lists.case_for(current_user, record_id))


def _show(found: Any, refusal: Refused | None = None) -> Response:
    unit, works = current_user.unit, current_user.can("licensing.claim")
    item = catalogue.item(found.item) if found.item else None
    referrals = list(Referral.select().where(Referral.case == found).order_by(Referral.id))
    receiving = works and any(r.state == "sent" and r.to_unit == unit for r in referrals)
    return page(
        "licensing/unlicensed_case.html", status=422 if refusal else 200, case=found, kind_label=case_rules.KINDS[found.kind],
        source_label=case_rules.SOURCES[found.source], unit_label=units.name_of(found.unit), entered_label=units.name_of(found.entered_unit),
        state_label=case_rules.STATES[found.state], item_label=f"{item.code} {item.name}" if item else found.item,
        screening_label=case_rules.SCREENINGS.get(found.screening, ""), outcome_label=case_rules.OUTCOMES.get(found.outcome, ""),
        works=works and found.unit == unit and found.state == "open", receiving=receiving,
        may_withdraw=works and found.entered_unit == unit and found.state == "open", may_see_reporter=case_lists.may_see_reporter(current_user, found),
        screenings=list(case_rules.SCREENINGS.items()), outcomes=list(case_rules.OUTCOMES.items()), photos=list(found.photos),
        members=[(u.key, u.name) for u in units.enabled() if u.key != unit], values=dict(request.form), today=clock.today(),
        referrals=[(r, units.name_of(r.from_unit), units.name_of(r.to_unit), case_rules.REFERRAL_STATES[r.state]) for r in referrals],
        refusal=str(refusal or ""), errors=refusal.fields if refusal else {}, history=audit.history(unlicensed.RECORD, found.id),
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(unlicensed.RECORD, found.id)],
        penalty_href=_penalty_href(found) if works and found.unit == unit else None,
    )  # fmt: skip


def _penalty_href(case: Any) -> str | None:
    """Where the penalty that ended the case is entered as a dishonesty record (areas.md 1.8), filled with what is known;
    None where none was imposed or no area keeps such records."""
    endpoint = case_lists.penalty_endpoint()
    if case.outcome != "penalty" or endpoint is None:
        return None
    return url_for(endpoint, record_id=f"{case.document}|{case.code or case.person}|{case.outcome_on}")


@blueprint.post("/unlicensed/<int:record_id>")
@act("licensing.claim")
def unlicensed_act(record_id: int) -> Response:
    found, form, unit = case_lists.case_for(current_user, record_id), request.form, current_user.unit
    acts = {
        "screen": lambda: unlicensed.screen(
            unit, record_id, form.get("screening", ""), form.get("reason", "")
        ),
        "guide": lambda: unlicensed.guide(
            unit, record_id, required_day(form, "day", "日期"), form.get("guidance", "")
        ),
        "close": lambda: unlicensed.close(
            unit,
            record_id,
            form.get("outcome", ""),
            required_day(form, "day", "日期"),
            form.get("document", ""),
            form.get("note", ""),
        ),
        "refer": lambda: unlicensed.refer(unit, record_id, form.get("to_unit", ""), form.get("reason", "")),
        "receive": lambda: unlicensed.answer_referral(
            unit, record_id, form.get("accept") == "1", form.get("answer", "")
        ),
        "withdraw": lambda: unlicensed.withdraw(unit, record_id, form.get("reason", "")),
        "photos": lambda: unlicensed.add_photos(unit, record_id, _sent()),
    }
    try:
        if form.get("act") not in acts:
            raise Refused("没有这种操作")
        acts[form["act"]]()
    except Refused as refusal:
        return _show(found, refusal)
    flash("已记录。", "success")
    return redirect(url_for("licensing.unlicensed_case", record_id=record_id), 303)


@blueprint.get("/unlicensed/<int:record_id>/reporter", endpoint="unlicensed_reporter")
@requires("licensing.reporter", proof="recent")
def reporter(record_id: int) -> Response:
    found = case_lists.reporter_of(current_user, record_id)
    return page("licensing/reporter.html", case=found.case, reporter=found)


@blueprint.get("/unlicensed/photos/<int:photo_id>", endpoint="unlicensed_photo")
@requires("licensing.view")
def photo(photo_id: int) -> Response:
    found = case_lists.photo_for(current_user, photo_id)
    return send_file(
        io.BytesIO(files.read(found.file)), found.file.content_type, download_name=found.file.name
    )
