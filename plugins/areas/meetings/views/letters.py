"""重大事项报告、督办: letters to 区管委会 and notices to a unit, with their answers."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    act,
    audit,
    files,
    key_from,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)

from .. import letters, list_columns, papers
from .blueprint import ID, blueprint, download, member_choices, read_day, typed, upload

TONES = {"open": "info", "answered": "good", "withdrawn": "neutral"}


@blueprint.get("/reports")
@requires("report.view")
def reports() -> Response:
    if list_files.wanted():
        return list_files.answer("重大事项报告", list_columns.REPORTS, list_files.walk(lambda older: letters.reports(older, 500)))
    older = key_from("older")
    rows, after = letters.reports(older)
    return page(
        "meetings/reports.html",
        part="meetings/_reports.html",
        rows=[(row, letters.number_of(row, "报")) for row in rows],
        first_href=link("meetings.reports") if older is not None else None,
        next_href=link("meetings.reports", {"older": after}) if after else None,
        may_write=current_user.has_role("office"),
    )


@blueprint.get("/reports/new")
@requires("meeting.office")
def new_report() -> Response:
    return page("meetings/letter_edit.html", kind="report", typed={}, errors={}, members=[])


@blueprint.post("/reports/new")
@act("meeting.office")
def send_report() -> Response:
    values = typed("title", "text")
    try:
        made = letters.report(current_user, values["title"], values["text"])
    except Refused as refusal:
        return page(
            "meetings/letter_edit.html", status=422, kind="report", typed=values, members=[],
            errors=refusal.beside("text"),
        )  # fmt: skip
    flash("已报区管委会，文件正在生成", "success")
    return redirect(url_for("meetings.report_page", report_id=made.id), 303)


@blueprint.get(f"/reports/<{ID}:report_id>")
@requires("report.view")
def report_page(report_id: int) -> Response:
    return _report(report_id)


def _report(
    report_id: int,
    status: int = 200,
    errors: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Response:
    found = letters.report_for(current_user, report_id)
    return page(
        "meetings/report.html",
        status=status,
        report=found,
        number=letters.number_of(found, "报"),
        paper=papers.newest(("meeting_report", found.id), "report"),
        may_note=current_user.has_role("office") and found.answered_on is None,
        history=audit.history("meeting_report", found.id),
        errors=errors or {},
        typed=values or {},
    )


@blueprint.post(f"/reports/<{ID}:report_id>/answer")
@act("meeting.office")
def note_answer(report_id: int) -> Response:
    values = typed("answer", "answered_on")
    try:
        letters.note_answer(
            current_user, report_id, values["answer"], read_day("answered_on", "答复日期"), upload("file")
        )
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _report(report_id, 422, refusal.beside("answer"), values)
    flash("答复已登记", "success")
    return redirect(url_for("meetings.report_page", report_id=report_id), 303)


@blueprint.get(f"/reports/<{ID}:report_id>/answer-file")
@requires("report.view")
def report_answer_file(report_id: int) -> Response:
    found = letters.report_for(current_user, report_id)
    if found.answer_file_id is None:
        raise Missing("没有答复文件")
    return download(files.read(found.answer_file), found.answer_file.name, found.answer_file.content_type)


@blueprint.get("/urges")
@requires("meeting.view")
def urges() -> Response:
    if list_files.wanted():
        found = list_files.walk(lambda older: letters.urges(current_user, older, 500))
        return list_files.answer("督办", list_columns.URGES, found)
    older = key_from("older")
    rows, after = letters.urges(current_user, older)
    return page(
        "meetings/urges.html",
        part="meetings/_urges.html",
        rows=[
            (
                row,
                letters.number_of(row, "督"),
                units.name_of(row.unit),
                letters.URGE_STATES[row.state],
                TONES[row.state],
            )
            for row in rows
        ],
        kinds=letters.URGE_KINDS,
        first_href=link("meetings.urges") if older is not None else None,
        next_href=link("meetings.urges", {"older": after}) if after else None,
        may_write=current_user.has_role("office"),
    )


@blueprint.get("/urges/new")
@requires("meeting.office")
def new_urge() -> Response:
    return page(
        "meetings/letter_edit.html", kind="urge", typed={"kind": "urge"}, errors={}, members=member_choices()
    )


@blueprint.post("/urges/new")
@act("meeting.office")
def send_urge() -> Response:
    values = typed("kind", "unit", "title", "text", "due")
    try:
        made = letters.urge(
            current_user,
            values["kind"],
            values["unit"],
            values["title"],
            values["text"],
            read_day("due", "答复日期"),
        )
    except Refused as refusal:
        return page(
            "meetings/letter_edit.html", status=422, kind="urge", typed=values, members=member_choices(),
            errors=refusal.beside("text"),
        )  # fmt: skip
    flash("通知已发出，该单位已收到待办；文件正在生成", "success")
    return redirect(url_for("meetings.urge_page", record_id=made.id), 303)


@blueprint.get(f"/urges/<{ID}:record_id>")
@requires("meeting.view")
def urge_page(record_id: int) -> Response:
    return _urge(record_id)


def _urge(urge_id: int, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    found = letters.urge_for(current_user, urge_id)
    delivered = papers.deliveries(("urge", found.id))
    return page(
        "meetings/urge.html",
        status=status,
        urge=found,
        kind_label=letters.URGE_KINDS[found.kind],
        state=(letters.URGE_STATES[found.state], TONES[found.state]),
        number=letters.number_of(found, "督"),
        unit_label=units.name_of(found.unit),
        paper=papers.newest(("urge", found.id), "urge"),
        owed=[(one, obligations.lamp(one)) for one in obligations.of_record("urge", found.id)],
        deliveries=delivered,
        receipt=next((one for one in delivered if one.unit == current_user.unit and not one.read_at), None),
        may_answer=found.state == "open"
        and found.unit == current_user.unit
        and current_user.can("meeting.answer"),
        may_withdraw=found.state == "open" and current_user.has_role("office"),
        history=audit.history("urge", found.id),
        errors=errors or {},
        answer=request.form.get("answer", ""),
    )


@blueprint.post(f"/urges/<{ID}:urge_id>/answer")
@act("meeting.answer")
def answer_urge(urge_id: int) -> Response:
    try:
        letters.answer_urge(current_user, urge_id, request.form.get("answer", ""), upload("file"))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _urge(urge_id, 422, {"file" if "files" in refusal.fields else "answer": str(refusal)})
    flash("已答复", "success")
    return redirect(url_for("meetings.urge_page", record_id=urge_id), 303)


@blueprint.post(f"/urges/<{ID}:urge_id>/withdraw")
@act("meeting.office")
def withdraw_urge(urge_id: int) -> Response:
    letters.withdraw_urge(current_user, urge_id, request.form.get("reason", ""))
    flash("已撤销", "success")
    return redirect(url_for("meetings.urge_page", record_id=urge_id), 303)


@blueprint.post(f"/urges/<{ID}:urge_id>/read")
@act("meeting.view")
def read_urge(urge_id: int) -> Response:
    letters.urge_for(current_user, urge_id)
    papers.confirm_read(current_user, ("urge", urge_id))
    flash("已签收", "success")
    return redirect(url_for("meetings.urge_page", record_id=urge_id), 303)


@blueprint.get(f"/urges/<{ID}:urge_id>/answer-file")
@requires("meeting.view")
def urge_answer_file(urge_id: int) -> Response:
    found = letters.urge_for(current_user, urge_id)
    if found.answer_file_id is None:
        raise Missing("没有答复文件")
    return download(files.read(found.answer_file), found.answer_file.name, found.answer_file.content_type)
