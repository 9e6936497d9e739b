"""无法联系: reports with their notices, verification, the abnormal list."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, flash, redirect, request, send_file, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
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

from .. import list_columns, unreachable
from . import blueprint
from .permits import subject_of
from .typed import required_day


@blueprint.get("/unreachable/", endpoint="unreachable")
@requires("licensing.view")
def index() -> Response:
    state = request.args.get("state", "reported")
    if state not in unreachable.STATES:
        raise Missing("没有这种状态")
    if list_files.wanted():
        found = list_files.walk(lambda before: unreachable.reports(current_user, state, before=before, size=500), 0)
        return list_files.answer("无法联系", list_columns.UNREACHABLE, found)
    rows, before = unreachable.reports(current_user, state, before=request.args.get("before", 0, type=int))
    counts = unreachable.counts(current_user)
    return page(
        "licensing/unreachable.html", part="licensing/_unreachable.html", rows=[(r, units.name_of(r.unit)) for r in rows], state=state,
        tabs=[{"label": label, "href": link("licensing.unreachable", {"state": key}), "active": key == state, "count": counts.get(key, 0)}
              for key, label in unreachable.STATES.items()],
        next_href=link("licensing.unreachable", {"state": state, "before": before}) if before else None,
        clocks=obligations.clocks(unreachable.RECORD, [r.id for r in rows]),
        may_report=bool(current_user.unit) and current_user.can("licensing.claim"),
    )  # fmt: skip


def _form(values: dict[str, Any], refusal: Refused | None = None) -> Response:
    return page(
        "licensing/unreachable_form.html", status=422 if refusal else 200, values=values, refusal=str(refusal or ""),
        errors=refusal.fields if refusal else {}, receiver=units.holder("abnormal_list").name,
    )  # fmt: skip


@blueprint.get("/unreachable/new", endpoint="unreachable_new")
@requires("licensing.claim")
def new() -> Response:
    return _form({"code": request.args.get("code", ""), "found_on": clock.today()})


@blueprint.post("/unreachable/new")
@act("licensing.claim")
def report_unreachable() -> Response:
    form = request.form
    try:
        if not current_user.unit:
            raise Refused("只有成员单位的人员可以报告")
        found_on = required_day(form, "found_on", "发现日期")
        made = unreachable.report(
            current_user.unit, subject_of(form.get("code", "")), found_on, form.get("circumstances", "")
        )
    except Refused as refusal:
        return _form(dict(form), refusal)
    flash("已报告，书面通报正在生成。", "success")
    return redirect(url_for("licensing.unreachable_report", record_id=made.id), 303)


@blueprint.get("/unreachable/<int:record_id>", endpoint="unreachable_report")
@requires("licensing.view")
def report(record_id: int) -> Response:
    return _show(unreachable.report_for(current_user, record_id))


def _show(found: Any, refusal: Refused | None = None) -> Response:
    verifier = units.holder("abnormal_list").key
    return page(
        "licensing/unreachable_report.html", status=422 if refusal else 200, found=found, subject=found.subject, refusal=str(refusal or ""),
        unit_label=units.name_of(found.unit), state_label=unreachable.STATES[found.state], errors=refusal.fields if refusal else {},
        may_act=current_user.unit == verifier and current_user.can("licensing.claim"), values=dict(request.form), today=clock.today(),
        owed=[(o, obligations.lamp(o)) for o in obligations.of_record(unreachable.RECORD, found.id)],
        history=audit.history(unreachable.RECORD, found.id),
    )  # fmt: skip


@blueprint.post("/unreachable/<int:record_id>")
@act("licensing.claim")
def unreachable_act(record_id: int) -> Response:
    found, form = unreachable.report_for(current_user, record_id), request.form
    try:
        day = required_day(form, "day", "日期")
        if form.get("act") == "verify":
            unreachable.verify(current_user, record_id, form.get("outcome", ""), form.get("finding", ""), day)
        elif form.get("act") == "publish":
            unreachable.publish(current_user, record_id, day)
        elif form.get("act") == "remove":
            unreachable.remove(current_user, record_id, day, form.get("reason", ""))
        else:
            raise Refused("没有这种操作")
    except Refused as refusal:
        return _show(found, refusal)
    flash("已记录。", "success")
    return redirect(url_for("licensing.unreachable_report", record_id=record_id), 303)


@blueprint.get("/unreachable/<int:record_id>/notice.pdf", endpoint="unreachable_notice")
@requires("licensing.view")
def notice(record_id: int) -> Response:
    found = unreachable.report_for(current_user, record_id)
    if found.notice is None:
        raise Missing("书面通报还在生成，请稍后刷新；一直没有的，请在后台任务里查看原因")
    return send_file(
        io.BytesIO(files.read(found.notice)),
        "application/pdf",
        as_attachment=True,
        download_name=found.notice.name,
    )
