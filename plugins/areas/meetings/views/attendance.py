"""签到: by the own account, leave, the printed sheet and its confirmation by the office."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Missing, NotAllowed, Refused, act, files, page, requires, units

from .. import attendance, meetings, rules
from ..models import Meeting
from .blueprint import ID, blueprint, download


@blueprint.get(f"/attendance/<{ID}:record_id>")
@requires("meeting.view")
def attendance_page(record_id: int) -> Response:
    row = attendance.attendee_for(current_user, record_id)
    return redirect(url_for("meetings.show", meeting_id=row.meeting_id) + "#attendance", 303)


@blueprint.post(f"/attendees/<{ID}:attendee_id>/sign")
@act("meeting.attend")
def sign_in_here(attendee_id: int) -> Response:
    row = attendance.sign(
        current_user, attendee_id, request.form.get("state", ""), request.form.get("position", "")[:80]
    )
    flash(f"已签到：{row.person}（{row.state_label}）", "success")
    return redirect(url_for("meetings.show", meeting_id=row.meeting_id), 303)


@blueprint.post(f"/attendees/<{ID}:attendee_id>/leave")
@act("meeting.attend")
def ask_leave(attendee_id: int) -> Response:
    row = attendance.ask_leave(current_user, attendee_id, request.form.get("reason", ""))
    flash("已请假；是否计为未参加会议以计分细则为准", "success")
    return redirect(url_for("meetings.show", meeting_id=row.meeting_id), 303)


@blueprint.post(f"/<{ID}:meeting_id>/sheet-paper")
@act("meeting.prepare")
def print_sheet(meeting_id: int) -> Response:
    paper = attendance.sheet_paper(current_user, meeting_id)
    return redirect(url_for("meetings.paper_page", paper_id=paper.id), 303)


@blueprint.get(f"/<{ID}:meeting_id>/sheet")
@requires("meeting.office")
def sheet(meeting_id: int) -> Response:
    return _sheet_page(meetings.meeting_for(current_user, meeting_id))


def _sheet_page(
    meeting: Meeting,
    status: int = 200,
    errors: dict[str, str] | None = None,
    given: dict[int, Any] | None = None,
) -> Response:
    rows = []
    for row in meetings.attendees(meeting):
        gone = bool(row.unit) and not units.is_enabled(row.unit, meeting.starts_at.date())
        state, person, reason = (given or {}).get(row.id, (row.state, row.person, row.reason))
        rows.append((row, gone, state, person, reason))
    return page(
        "meetings/sheet.html",
        status=status,
        meeting=meeting,
        rows=rows,
        choices=[("", "请选择")]
        + [(key, label) for key, label in rules.ATTENDANCE.items() if key != rules.EXPECTED],
        first=meeting.state == "convened",
        errors=errors or {},
        reason=request.form.get("reason", ""),
    )


def _given(meeting: Meeting) -> dict[int, tuple[str, str, str]]:
    form = request.form
    return {
        row.id: (
            form.get(f"state-{row.id}", "") or rules.EXPECTED, form.get(f"person-{row.id}", ""), form.get(f"reason-{row.id}", "")[:200],
        )
        for row in meetings.attendees(meeting)
        if f"state-{row.id}" in form
    }  # fmt: skip


@blueprint.post(f"/<{ID}:meeting_id>/sheet")
@act("meeting.office")
def confirm_sheet(meeting_id: int) -> Response:
    meeting = meetings.meeting_for(current_user, meeting_id)
    given = _given(meeting)
    scan = request.files.get("scan")
    if scan is not None and not scan.filename:
        scan = None
    try:
        attendance.confirm_sheet(
            current_user,
            meeting_id,
            given,
            scan,
            scan.filename if scan else "",
            request.form.get("reason", ""),
        )
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return _sheet_page(meeting, 422, refusal.beside("scan"), given)
    flash("签到表已确认", "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


@blueprint.get(f"/<{ID}:meeting_id>/scan")
@requires("meeting.view")
def scan(meeting_id: int) -> Response:
    meeting = meetings.meeting_for(current_user, meeting_id)
    if meeting.sheet_id is None:
        raise Missing("还没有签到表扫描件")
    return download(files.read(meeting.sheet), meeting.sheet.name, meeting.sheet.content_type)
