"""会议: the list by year, one meeting, drafting, convening, changing, cancelling, its decisions."""

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
    clock,
    key_from,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)

from .. import (
    attendance,
    decisions,
    drafting,
    issuing,
    list_columns,
    materials,
    meetings,
    papers,
    rules,
    seats,
)
from ..models import Meeting, Minutes
from .blueprint import ID, blueprint, member_choices, read_day, read_moment, typed, year_asked

FIELDS = (
    "kind",
    "title",
    "starts_on",
    "starts_time",
    "place",
    "presider",
    "agenda",
    "theme",
    "guests",
    "reason",
)
DECISION_STATES = {"open": ("办理中", "info"), "done": ("已办结", "good"), "withdrawn": ("已撤销", "neutral")}


@blueprint.get("/")
@requires("meeting.view")
def meetings_page() -> Response:
    known = meetings.years(current_user)
    year = year_asked(known)
    kind, state, older = request.args.get("kind", ""), request.args.get("state", ""), key_from("older")
    if (kind and kind not in rules.KINDS) or (state and state not in rules.MEETING_STATES):
        raise Missing("没有这一类会议")
    if list_files.wanted():
        found = list_files.walk(lambda older: meetings.page_of(current_user, year, kind, state, older, 500))
        return list_files.answer("会议", list_columns.MEETINGS, found)
    rows, after = meetings.page_of(current_user, year, kind, state, older)
    query = {"year": year, "kind": kind, "state": state}
    return page(
        "meetings/index.html",
        part="meetings/_rows.html",
        rows=rows,
        years=known,
        year=year,
        kinds=rules.KINDS,
        states=rules.MEETING_STATES,
        query=query,
        first_href=link("meetings.meetings_page", query) if older is not None else None,
        next_href=link("meetings.meetings_page", {**query, "older": after}) if after else None,
        may_draft=kinds_for(),
        waiting=issuing.under_way(current_user),
    )


def kinds_for() -> list[tuple[str, str]]:
    """The kinds of meeting that the viewer may draft, as choices."""
    who = seats.person_of(current_user)
    if not current_user.can("meeting.prepare"):
        return []
    return [
        (kind, words)
        for kind, words in rules.KINDS.items()
        if rules.why_not_prepare(kind, current_user.unit, who) is None
    ]


def _plan(kind: str) -> meetings.Plan:
    form = request.form
    return meetings.Plan(
        kind=kind,
        title=form.get("title", "").strip(),
        starts_at=read_moment("starts_on", "starts_time"),
        place=form.get("place", "").strip(),
        presider=form.get("presider", "").strip(),
        agenda=form.get("agenda", "").replace("\r\n", "\n").strip(),
        theme=form.get("theme", ""),
        guests=form.get("guests", "").strip(),
        bodies=tuple("" if body == "zone_office" else body for body in form.getlist("bodies")),
    )


def _form_page(
    meeting: Meeting | None, values: dict[str, Any], status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    kind = values["kind"]
    return page(
        "meetings/edit.html",
        status=status,
        meeting=meeting,
        typed=values,
        kind_label=rules.KINDS[kind],
        kind_rule=rules.KIND_RULES[kind],
        presiders=seats.presiders(clock.today()),
        themes=rules.THEMES,
        bodies=[("zone_office", rules.ZONE_OFFICE), *member_choices()],
        errors=errors or {},
    )


@blueprint.get("/new")
@requires("meeting.prepare")
def new() -> Response:
    kind = request.args.get("kind", rules.ALL)
    if kind not in dict(kinds_for()):
        raise NotAllowed(rules.KIND_RULES.get(kind, "没有这一类会议"))
    values = dict.fromkeys(FIELDS, "") | {"kind": kind, "starts_time": "09:30", "bodies": []}
    if kind == rules.LIAISON:
        values["bodies"] = [key for key, _ in member_choices()]
        values["presider"] = current_user.name
    return _form_page(None, values)


@blueprint.post("/new")
@act("meeting.prepare")
def create() -> Response:
    kind = request.form.get("kind", "")
    values = typed(*FIELDS) | {"bodies": request.form.getlist("bodies")}
    if kind not in rules.KINDS:
        raise Refused("请选择会议类型")
    try:
        made = meetings.draft(current_user, _plan(kind))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _form_page(None, values, 422, refusal.beside("title"))
    flash("会议已拟定，还没有发出通知", "success")
    return redirect(url_for("meetings.show", meeting_id=made.id), 303)


@blueprint.get(f"/<{ID}:meeting_id>")
@requires("meeting.view")
def show(meeting_id: int) -> Response:
    return show_page(meeting_id)


def show_page(
    meeting_id: int,
    status: int = 200,
    errors: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Response:
    """One meeting with everything that belongs to it, and what the viewer may do now."""
    meeting = meetings.meeting_for(current_user, meeting_id)
    who = seats.person_of(current_user)
    rows = meetings.attendees(meeting)
    every = current_user.has_role(*meetings.EVERY) or (meeting.unit and meeting.unit == current_user.unit)
    own = materials.asked_ids(current_user)
    asked = [one for one in materials.requests_of(meeting) if every or one.id in own]
    minutes = [
        one for one in Minutes.select().where(Minutes.meeting == meeting).order_by(Minutes.id) if _sees(one)
    ]
    return page(
        "meetings/show.html",
        status=status,
        meeting=meeting,
        convened_words=meetings.convened_words(meeting) if meeting.convened_by else "",
        unit_label=units.name_of(meeting.unit),
        rows=rows,
        mine=next((row for row in rows if attendance.stands_for(current_user, row)), None),
        signable=attendance.may_sign_now(meeting),
        decisions=[
            (one, units.name_of(one.unit), *DECISION_STATES[one.state])
            for one in decisions.of_meeting(meeting)
        ],
        requests=[(one, materials.rows_of(current_user, one)) for one in asked],
        state_of=materials.state_of,
        name_of=units.name_of,
        unasked=meetings.materials_of(meeting) if every else [],
        minutes=minutes,
        may=_may(meeting, who),
        papers=[
            one
            for one in (papers.newest(("meeting", meeting.id), what) for what in ("notice", "sign_sheet"))
            if one
        ],
        members=member_choices(),
        history=audit.history("meeting", meeting.id) if every else [],
        errors=errors or {},
        typed=values or {},
    )


def _sees(minutes: Minutes) -> bool:
    try:
        drafting.minutes_for(current_user, minutes.id)
    except Missing:
        return False
    return True


def _may(meeting: Meeting, who: rules.Person) -> dict[str, Any]:
    """What the page offers: each act, or why not where that helps."""
    prepare = rules.why_not_prepare(meeting.kind, meeting.unit, who)
    convene = rules.why_not_convene(meeting.kind, meeting.unit, who)
    drafts = rules.drafts_minutes(meeting.kind, meeting.unit, who)
    office = current_user.has_role("office")
    begun = meeting.state == "convened" and clock.now() >= meeting.starts_at
    return {
        "edit": (meeting.state == "draft" and not prepare) or (meeting.state == "convened" and not convene),
        "convene": meeting.state == "draft" and not convene,
        "why_not_convene": convene if meeting.state == "draft" and not prepare else "",
        "cancel": meeting.state in ("draft", "convened") and (not prepare or not convene or office),
        "sheet": office and (begun or meeting.state == "held"),
        "print_sheet": (office or drafts) and meeting.state in ("convened", "held"),
        "decide": (drafts or office) and meeting.state == "held",
        "minutes": drafts and meeting.state == "held",
        "ask": (drafts or office) and meeting.state in ("draft", "convened", "held"),
        "send": bool(current_user.unit)
        and current_user.can("meeting.answer")
        and meeting.state != "cancelled",
        "office": office,
    }


@blueprint.get(f"/<{ID}:meeting_id>/edit")
@requires("meeting.prepare")
def edit(meeting_id: int) -> Response:
    meeting = meetings.meeting_for(current_user, meeting_id)
    start = meeting.starts_at
    values = {name: getattr(meeting, name, "") for name in FIELDS} | {
        "starts_on": start.date().isoformat(), "starts_time": f"{start:%H:%M}", "reason": "",
        "bodies": [row.unit or "zone_office" for row in meetings.attendees(meeting)],
    }  # fmt: skip
    return _form_page(meeting, values)


@blueprint.post(f"/<{ID}:meeting_id>/edit")
@act("meeting.prepare")
def save(meeting_id: int) -> Response:
    meeting = meetings.meeting_for(current_user, meeting_id)
    values = typed(*FIELDS) | {"bodies": request.form.getlist("bodies"), "kind": meeting.kind}
    try:
        changed = meetings.change(
            current_user,
            meeting_id,
            _plan(meeting.kind),
            request.form.get("version", 0, type=int),
            request.form.get("reason", ""),
        )
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return _form_page(meeting, values, 422, refusal.beside("title"))
    flash("已修改，并重新发出通知" if changed.state == "convened" else "已修改", "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


@blueprint.post(f"/<{ID}:meeting_id>/convene")
@act("meeting.prepare")
def convene(meeting_id: int) -> Response:
    meetings.convene(current_user, meeting_id)
    flash("通知已发出，参加单位已收到待办；通知文件正在生成", "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


@blueprint.post(f"/<{ID}:meeting_id>/cancel")
@act("meeting.prepare")
def cancel(meeting_id: int) -> Response:
    meetings.cancel(current_user, meeting_id, request.form.get("reason", ""))
    flash("会议已取消", "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


@blueprint.post(f"/<{ID}:meeting_id>/decisions")
@act("meeting.prepare")
def decide(meeting_id: int) -> Response:
    values = typed("text", "unit", "due")
    try:
        decisions.add(current_user, meeting_id, values["text"], values["unit"], read_day("due", "完成日期"))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return show_page(meeting_id, 422, refusal.beside("text"), values)
    flash("议定事项已录入，责任单位已收到待办", "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id) + "#decisions", 303)


@blueprint.get(f"/decisions/<{ID}:record_id>")
@requires("meeting.view")
def decision_page(record_id: int) -> Response:
    return _decision(record_id)


def _decision(decision_id: int, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    found = decisions.decision_for(current_user, decision_id)
    owed = obligations.of_record("decision", found.id)
    word, tone = DECISION_STATES[found.state]
    return page(
        "meetings/decision.html",
        status=status,
        decision=found,
        unit_label=units.name_of(found.unit),
        owed=[(one, obligations.lamp(one)) for one in owed],
        word=word,
        tone=tone,
        may_finish=found.state == "open"
        and found.unit == current_user.unit
        and current_user.can("meeting.answer"),
        may_withdraw=found.state == "open" and current_user.has_role("office"),
        history=audit.history("decision", found.id),
        errors=errors or {},
        note=request.form.get("note", ""),
    )


@blueprint.post(f"/decisions/<{ID}:decision_id>/finish")
@act("meeting.answer")
def finish_decision(decision_id: int) -> Response:
    try:
        decisions.finish(current_user, decision_id, request.form.get("note", ""))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        return _decision(decision_id, 422, refusal.beside("note"))
    flash("已办结", "success")
    return redirect(url_for("meetings.decision_page", record_id=decision_id), 303)


@blueprint.post(f"/decisions/<{ID}:decision_id>/withdraw")
@act("meeting.office")
def withdraw_decision(decision_id: int) -> Response:
    decisions.withdraw(current_user, decision_id, request.form.get("reason", ""))
    flash("已撤销", "success")
    return redirect(url_for("meetings.decision_page", record_id=decision_id), 303)
