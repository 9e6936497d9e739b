"""录入和更正: the form of a record, shown again with its sentences and what was typed."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import (
    corrections,
    near_names,
    papers,
    parties,
    record_forms,
    records,
)
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.reach import (
    own_record_for,
)
from plugins.areas.credit.views import blueprint
from portal.toolkit import (
    Refused,
    Stale,
    act,
    page,
    requires,
    subjects,
    units,
)


def record_form_page(
    values: dict[str, Any],
    errors: dict[str, str],
    *,
    record: DishonestyRecord | None = None,
    status: int = 200,
    **more: Any,
) -> Response:
    return page(
        "credit/record_form.html",
        status=status,
        values=values,
        errors={name: text for name, text in errors.items() if not name.startswith("confirm-")},
        doubts={name: text for name, text in errors.items() if name.startswith("confirm-")},
        record=record,
        choices=record_forms.choices(),
        may_penalise="penalty" in _duties(record.unit if record else current_user.unit),
        **{"action": url_for("credit.enter_record"), "title": "录入失信信息", "reason": None, **more},
    )


def _duties(unit: str) -> frozenset[str]:
    member = units.unit(unit)
    return member.duties if member else frozenset()


@blueprint.get("/records/new")
@requires("credit.enter")
def new_record() -> Response:
    text = request.args.get("q", "").strip()
    values: dict[str, Any] = {
        "kind": "penalty" if "penalty" in _duties(current_user.unit) else "other",
        "party_kind": "organisation",
        "public": True,
    }
    values |= {"fine_unit": "元", "confiscated_unit": "元"}
    subject_id = request.args.get("subject", type=int)
    if subject_id:
        values |= parties.prefill(subjects.subject_for(current_user, subject_id))
    for name in ("document_number", "decided_on", "party_name", "party_code"):
        values.setdefault(name, request.args.get(name, "")[:120])
    if text and request.headers.get("HX-Request"):
        return page("credit/_party_choices.html", q=text, found=near_names.candidates(text))
    return record_form_page(values, {}, q=text, found=near_names.candidates(text) if text else [])


@blueprint.post("/records")
@act("credit.enter")
def enter_record() -> Response:
    try:
        entry = record_forms.read_or_refuse(request.form)
        record = records.enter(
            entry, unit=current_user.unit, subject_id=request.form.get("subject_id", type=int)
        )
        papers.keep("record", record.id, request.files.getlist("papers"))
    except Refused as refusal:
        return record_form_page(
            record_forms.typed(request.form),
            refusal.fields or {"": str(refusal)},
            status=refusal.status,
            q="",
            found=[],
        )
    flash(f"已录入：{record.publicity_reason}", "success")
    return redirect(url_for("credit.record", record_id=record.id), 303)


@blueprint.get("/records/<int:record_id>/correct")
@requires("credit.enter")
def correct_form(record_id: int) -> Response:
    found = own_record_for(current_user, record_id)
    return _correction(found, record_forms.shown(found), {})


def _correction(
    found: DishonestyRecord, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response:
    return record_form_page(
        values, errors, record=found, status=status, action=url_for("credit.correct_record", record_id=found.id),
        title="更正失信信息", reason=values.get("reason", ""), version=found.version, q="", found=[],
    )  # fmt: skip


@blueprint.post("/records/<int:record_id>/correct")
@act("credit.enter")
def correct_record(record_id: int) -> Response:
    found = own_record_for(current_user, record_id)
    try:
        _same_version(found)
        entry = record_forms.read_or_refuse(request.form)
        corrections.correct(found, entry, request.form.get("reason", ""), subject_id=found.subject_id)
        papers.keep("record", found.id, request.files.getlist("papers"))
    except Refused as refusal:
        return _correction(
            found, record_forms.typed(request.form), refusal.fields or {"": str(refusal)}, refusal.status
        )
    flash("已更正，更正前的内容保留在历史里", "success")
    return redirect(url_for("credit.record", record_id=found.id), 303)


def _same_version(found: DishonestyRecord) -> None:
    """The form names the version it was made from: a second officer's form is refused, nothing is overwritten."""
    if request.form.get("version", type=int) != found.version:
        raise Stale("这条失信信息刚被别人改过，请返回刷新后再更正")
