"""会议纪要: the issued ones by year, one minutes' page, writing with preview, DOCX, revisions and differences."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    act,
    asks,
    audit,
    clock,
    list_files,
    official_calendar,
    page,
    requires,
    settings,
    units,
)

from .. import consultation, drafting, issuing, list_columns, meetings, papers, rules
from ..models import Minutes
from .blueprint import ID, blueprint, upload, year_asked


@blueprint.get("/minutes")
@requires("meeting.view")
def minutes_index() -> Response:
    known = issuing.years(clock.today())
    year = year_asked(known)
    rows = issuing.issued_in(current_user, year)
    if list_files.wanted():
        return list_files.answer("会议纪要", list_columns.MINUTES, rows)
    return page(
        "meetings/minutes_index.html",
        part="meetings/_minutes_rows.html",
        years=known,
        year=year,
        rows=rows,
        waiting=issuing.under_way(current_user),
    )


@blueprint.post(f"/<{ID}:meeting_id>/minutes")
@act("meeting.prepare")
def begin_minutes(meeting_id: int) -> Response:
    made = drafting.begin(current_user, meeting_id)
    flash("已按议题、签到和议定事项自动起稿，请修改", "success")
    return redirect(url_for("meetings.edit_minutes", minutes_id=made.id), 303)


@blueprint.get(f"/minutes/<{ID}:minutes_id>")
@requires("meeting.view")
def minutes_page(minutes_id: int) -> Response:
    return show_minutes(minutes_id)


def show_minutes(
    minutes_id: int,
    status: int = 200,
    errors: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Response:
    """One minutes' page: text, opinions, steps, paper, distribution; with what the viewer may do now."""
    minutes = drafting.minutes_for(current_user, minutes_id)
    doer = drafting.doer_of(current_user, minutes.meeting)
    every = bool(doer) or current_user.has_role(*meetings.EVERY)
    revision = drafting.text_of(minutes)
    days = settings.value("meetings.consult_days")
    return page(
        "meetings/minutes.html",
        status=status,
        minutes=minutes,
        meeting=minutes.meeting,
        revision=revision,
        blocks=drafting.blocks_of(revision.text),
        drafts=papers.newest(("minutes", minutes.id), "draft") if every else None,
        corrections=issuing.corrections_of(minutes),
        may_correct=minutes.state == "issued" and rules.DRAFTER in doer,
        every=every,
        office=current_user.has_role("office"),
        proposed_due=official_calendar.calendar().deadline(clock.today(), days).day,
        history=audit.history("minutes", minutes.id) if every else [],
        name_of=units.name_of,
        errors=errors or {},
        typed=values or {},
        **_steps(minutes, doer),
        **_opinions(minutes, doer, every),
        **_lists(minutes, every),
    )


STEPS = ("save", "circulate", "recall", "submit", "return", "ask_signature", "sign", "issue", "again")


def _steps(minutes: Minutes, doer: set[str]) -> dict[str, Any]:
    """Which steps the viewer may take now, and what they wait for."""
    comments = drafting.open_comments(minutes)
    waiting = consultation.waiting(minutes) if minutes.state == "consulting" else 0
    allowed = {name: rules.why_not_minutes(minutes.state, name, doer, comments) is None for name in STEPS}
    why_not = rules.why_not_submit(waiting, minutes.consult_due, clock.today(), comments)
    return {
        "allowed": allowed,
        "comments": comments,
        "waiting": waiting,
        "why_not_submit": why_not if allowed["submit"] else None,
    }


def _opinions(minutes: Minutes, doer: set[str], every: bool) -> dict[str, Any]:
    """The opinions that the viewer may read, and the own one."""
    said = consultation.of_minutes(minutes)
    return {
        "opinions": [one for one in said if every or consultation.stands_for(current_user, one)],
        "may_settle": bool(doer & {rules.DRAFTER, rules.OFFICE}),
        "mine": consultation.newest_for(current_user, minutes)
        if minutes.state in rules.COMMENTABLE
        else None,
        "may_answer": current_user.can("meeting.answer"),
    }


def _lists(minutes: Minutes, every: bool) -> dict[str, Any]:
    """The distribution list and the kept texts, as far as the viewer may see them."""
    delivered = papers.deliveries(("minutes", minutes.id))
    own = [one for one in delivered if one.unit and one.unit == current_user.unit]
    revisions = drafting.revisions(minutes) if every else []
    return {
        "deliveries": delivered if every else own,
        "receipt": next((one for one in own if not one.read_at), None),
        "revisions": revisions,
        "apart": [one for one in revisions if one.kept_apart and not one.joined],
    }


@blueprint.get(f"/opinions/<{ID}:record_id>")
@requires("meeting.view")
def opinion_page(record_id: int) -> Response:
    found = consultation.minutes_of_opinion(record_id, current_user)
    return redirect(url_for("meetings.minutes_page", minutes_id=found.id) + "#opinions", 303)


@blueprint.get(f"/minutes/<{ID}:minutes_id>/edit")
@requires("meeting.prepare")
def edit_minutes(minutes_id: int) -> Response:
    minutes = _editable(minutes_id)
    joins = request.args.get("join", type=int)
    current = drafting.text_of(minutes)
    text = drafting.text_of(minutes, joins).text if joins is not None else current.text
    return _edit_page(
        minutes, {"title": minutes.title, "text": text, "based_on": minutes.revision, "joins": joins or ""}
    )


def _editable(minutes_id: int) -> Minutes:
    minutes = drafting.minutes_for(current_user, minutes_id)
    refusal = rules.why_not_minutes(minutes.state, "save", drafting.doer_of(current_user, minutes.meeting))
    if refusal:
        raise NotAllowed(refusal)
    return minutes


def _edit_page(
    minutes: Minutes, values: dict[str, Any], status: int = 200, errors: dict[str, str] | None = None, notes: tuple[str, ...] = (),
    preview: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    joins = values.get("joins")
    current = drafting.text_of(minutes)
    return page(
        "meetings/minutes_edit.html",
        status=status,
        minutes=minutes,
        meeting=minutes.meeting,
        typed=values,
        errors=errors or {},
        notes=notes,
        preview=preview if preview is not None else _preview_of(values["text"], values["title"], minutes),
        other=drafting.text_of(minutes, int(joins)) if joins else None,
        differences=drafting.differences(current.text, values["text"]) if joins else [],
        longest=drafting.LONGEST,
    )


def _preview_of(text: str, title: str, minutes: Minutes) -> dict[str, Any]:
    try:
        drafting.check_text(title.strip() or minutes.title, text)
        blocks = drafting.blocks_of(text)
    except Refused as refusal:
        return {"problem": str(refusal), "blocks": [], "attendance": []}
    return {
        "title": title,
        "number": minutes.number or f"〔{clock.today().year}〕　号",
        "problem": "",
        **blocks,
    }


def _form_values() -> dict[str, Any]:
    form = request.form
    return {
        "title": form.get("title", ""), "text": form.get("text", ""), "based_on": form.get("based_on", 0, type=int),
        "joins": form.get("joins", ""),
    }  # fmt: skip


@blueprint.post(f"/minutes/<{ID}:minutes_id>/preview")
@asks("meeting.prepare")
def preview_minutes(minutes_id: int) -> Response:
    minutes, values = _editable(minutes_id), _form_values()
    if request.htmx:
        return page("meetings/_preview.html", preview=_preview_of(values["text"], values["title"], minutes))
    return _edit_page(minutes, values)


@blueprint.post(f"/minutes/<{ID}:minutes_id>/edit")
@act("meeting.prepare")
def save_minutes(minutes_id: int) -> Response:
    minutes, values = _editable(minutes_id), _form_values()
    joins = int(values["joins"]) if str(values["joins"]).isdigit() else None
    try:
        saved = drafting.save(
            current_user, minutes_id, title=values["title"], text=values["text"], based_on=values["based_on"],
            note=request.form.get("note", ""), joins=joins,
        )  # fmt: skip
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _edit_page(minutes, values, 422, refusal.beside("text"))
    return _after_save(minutes_id, saved)


def _after_save(minutes_id: int, saved: drafting.Saved) -> Response:
    if saved.apart:
        flash(
            f"您修改期间，正文已被别人改过：您的文字另存为第 {saved.revision.number} 稿，没有覆盖别人的；请对照后合并",
            "warning",
        )
        return redirect(
            url_for("meetings.conflict", minutes_id=minutes_id, number=saved.revision.number), 303
        )
    flash("正文没有改动" if saved.unchanged else f"已保存为第 {saved.revision.number} 稿", "success")
    return redirect(url_for("meetings.minutes_page", minutes_id=minutes_id), 303)


@blueprint.post(f"/minutes/<{ID}:minutes_id>/docx")
@act("meeting.prepare")
def upload_docx(minutes_id: int) -> Response:
    minutes, sent = _editable(minutes_id), upload("docx")
    values = _form_values() | {"title": minutes.title, "text": drafting.text_of(minutes).text}
    try:
        if sent is None:
            raise Refused("请选择 Word 文件（.docx）", {"docx": "请选择 Word 文件（.docx）"})
        text, notes = drafting.read_upload(sent[1])
        saved = drafting.save(
            current_user, minutes_id, title=minutes.title, text=text, based_on=values["based_on"], source="DOCX",
            note=f"{sent[0][-60:]}" + (f"；{'；'.join(notes)}" if notes else ""),
        )  # fmt: skip
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _edit_page(minutes, values, 422, {"docx": str(refusal)})
    if notes:
        flash("已读入文字和结构；" + "；".join(notes), "warning")
    return _after_save(minutes_id, saved)


@blueprint.get(f"/minutes/<{ID}:minutes_id>/revisions/<{ID}:number>")
@requires("meeting.prepare")
def revision_page(minutes_id: int, number: int) -> Response:
    minutes = drafting.minutes_for(current_user, minutes_id)
    if not drafting.doer_of(current_user, minutes.meeting) and not current_user.has_role(*meetings.EVERY):
        raise Missing("没有这一稿")
    shown = drafting.text_of(minutes, number)
    against = request.args.get("against", type=int)
    if against is None:
        against = shown.based_on or max(number - 1, 1)
    old = drafting.text_of(minutes, against)
    return page(
        "meetings/revision.html",
        minutes=minutes,
        shown=shown,
        old=old,
        differences=drafting.differences(old.text, shown.text),
        revisions=drafting.revisions(minutes),
    )


@blueprint.get(f"/minutes/<{ID}:minutes_id>/conflict/<{ID}:number>")
@requires("meeting.prepare")
def conflict(minutes_id: int, number: int) -> Response:
    minutes = _editable(minutes_id)
    mine, current = drafting.text_of(minutes, number), drafting.text_of(minutes)
    return page(
        "meetings/conflict.html",
        minutes=minutes,
        mine=mine,
        current=current,
        differences=drafting.differences(current.text, mine.text),
    )
