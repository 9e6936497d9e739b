"""材料报送: requests with a date, what was sent and when, sending also unasked."""

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
    settings,
    units,
)

from .. import list_columns, materials, meetings
from .blueprint import ID, blueprint, download, member_choices, read_day, typed, uploads


@blueprint.get("/materials", endpoint="materials")
@requires("meeting.view")
def materials_list() -> Response:
    if list_files.wanted():
        found = list_files.walk(lambda older: materials.page_of(current_user, older, 500))
        return list_files.answer("材料要求", list_columns.MATERIALS, found)
    return _list()


def _list(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    older = key_from("older")
    rows, after = materials.page_of(current_user, older)
    return page(
        "meetings/materials.html",
        part="meetings/_materials.html",
        status=status,
        rows=rows,
        first_href=link("meetings.materials") if older is not None else None,
        next_href=link("meetings.materials", {"older": after}) if after else None,
        unasked=materials.unasked(current_user),
        name_of=units.name_of,
        may_send=bool(current_user.unit) and current_user.can("meeting.answer"),
        accept=materials.ACCEPT,
        most=settings.value("meetings.material_megabytes"),
        errors=errors or {},
        note=request.form.get("note", ""),
    )


@blueprint.get("/materials/new")
@requires("meeting.prepare")
def new_request() -> Response:
    meeting_id = key_from("meeting")
    return _request_form({"meeting": meeting_id or "", "units": []})


def _request_form(
    values: dict[str, Any], status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    meeting_id = int(values["meeting"]) if str(values["meeting"]).isdigit() else None
    return page(
        "meetings/material_request.html",
        status=status,
        meeting=meetings.meeting_for(current_user, meeting_id) if meeting_id is not None else None,
        typed=values,
        members=member_choices(),
        errors=errors or {},
    )


@blueprint.post("/materials/new")
@act("meeting.prepare")
def ask_materials() -> Response:
    values: dict[str, Any] = typed("title", "detail", "due", "meeting") | {
        "units": request.form.getlist("units")
    }
    meeting_id = int(values["meeting"]) if values["meeting"].isdigit() else None
    try:
        made = materials.ask(
            current_user,
            values["title"],
            values["detail"],
            read_day("due", "报送日期"),
            values["units"],
            meeting_id,
        )
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _request_form(values, 422, refusal.beside("title"))
    flash("已要求报送，有关单位已收到待办", "success")
    return redirect(url_for("meetings.request_page", request_id=made.id), 303)


@blueprint.get(f"/materials/requests/<{ID}:request_id>")
@requires("meeting.view")
def request_page(request_id: int) -> Response:
    found = materials.request_for(current_user, request_id)
    rows = materials.rows_of(current_user, found)
    sent = materials.sent_by_row(rows)
    return page(
        "meetings/request.html",
        request_row=found,
        rows=[(row, units.name_of(row.unit), *materials.state_of(row, found), sent[row.id]) for row in rows],
        mine=next((row for row in rows if row.unit == current_user.unit), None),
        may_cancel=found.state == "open"
        and (found.asked_by == current_user.name or current_user.has_role("office")),
        history=audit.history("material_request", found.id),
    )


@blueprint.post(f"/materials/requests/<{ID}:request_id>/cancel")
@act("meeting.prepare")
def cancel_request(request_id: int) -> Response:
    materials.cancel(current_user, request_id, request.form.get("reason", ""))
    flash("已撤销，没有报送的单位不再需要报送", "success")
    return redirect(url_for("meetings.request_page", request_id=request_id), 303)


@blueprint.get(f"/materials/<{ID}:record_id>")
@requires("meeting.view")
def material_page(record_id: int) -> Response:
    return _due_page(record_id)


def _due_page(due_id: int, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    row = materials.due_for(current_user, due_id)
    return page(
        "meetings/material.html",
        status=status,
        row=row,
        request_row=row.request,
        unit_label=units.name_of(row.unit),
        state=materials.state_of(row, row.request),
        sent=materials.sent_by_row([row])[row.id],
        owed=[(one, obligations.lamp(one)) for one in obligations.of_record("material", row.id)],
        may_send=row.unit == current_user.unit
        and row.request.state == "open"
        and current_user.can("meeting.answer"),
        accept=materials.ACCEPT,
        most=settings.value("meetings.material_megabytes"),
        errors=errors or {},
        note=request.form.get("note", ""),
    )


@blueprint.post(f"/materials/<{ID}:due_id>/send")
@act("meeting.answer")
def send_material(due_id: int) -> Response:
    try:
        materials.send(current_user, due_id, uploads("files"), request.form.get("note", ""))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _due_page(due_id, 422, {"files": str(refusal)})
    flash("材料已报送", "success")
    return redirect(url_for("meetings.material_page", record_id=due_id), 303)


@blueprint.post("/materials/unasked")
@act("meeting.answer")
def send_unasked() -> Response:
    meeting_text = request.form.get("meeting", "")
    meeting_id = int(meeting_text) if meeting_text.isdigit() else None
    try:
        materials.send_unasked(current_user, uploads("files"), request.form.get("note", ""), meeting_id)
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _list(422, {"note" if "note" in refusal.fields else "files": str(refusal)})
    flash("材料已抄送联席会议办公室", "success")
    target = (
        url_for("meetings.show", meeting_id=meeting_id)
        if meeting_id is not None
        else url_for("meetings.materials")
    )
    return redirect(target, 303)


@blueprint.get(f"/materials/files/<{ID}:material_id>")
@requires("meeting.view")
def material_file(material_id: int) -> Response:
    found = materials.material_for(current_user, material_id)
    return download(files.read(found.file), found.file.name, found.file.content_type)
