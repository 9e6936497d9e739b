"""Decisions of a meeting (议定事项): each is a duty of the responsible unit until it is done."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.toolkit import Missing, NotAllowed, Refused, audit, clock, obligations, transaction, units

from . import meetings, papers, rules, seats
from .models import Decision, Meeting


def decision_for(viewer: Any, decision_id: int) -> Decision:
    """The decision, for the responsible unit and those who see the meeting. Raises Missing."""
    found = Decision.get_or_none(Decision.id == decision_id)
    if found is None or not (viewer.has_role(*meetings.EVERY) or found.unit == viewer.unit):
        if found is not None:
            meetings.meeting_for(viewer, found.meeting_id)
            return found
        raise Missing("没有这项议定事项")
    return found


def _decider(viewer: Any, meeting: Meeting) -> None:
    who = seats.person_of(viewer)
    if not (rules.drafts_minutes(meeting.kind, meeting.unit, who) or viewer.has_role("office")):
        raise NotAllowed("议定事项由召集单位或联席会议办公室录入")


def add(viewer: Any, meeting_id: int, text: str, unit: str, due: date) -> Decision:
    """Enter a decision of a meeting that was held: its unit owes it until ``due``. Raises Refused, NotAllowed."""
    text, errors = text.strip(), {}
    if not 2 <= len(text) <= 1000:
        errors["text"] = "议定事项应为 2 至 1000 个字"
    if not units.is_enabled(unit):
        errors["unit"] = "请选择一个成员单位"
    if due < clock.today():
        errors["due"] = f"完成日期 {due} 已过"
    if errors:
        raise Refused("；".join(errors.values()), errors)
    with transaction():
        meeting = meetings.meeting_for(viewer, meeting_id)
        _decider(viewer, meeting)
        if meeting.state != "held":
            raise Refused("会议召开（登记签到表）以后才能录入议定事项")
        made = Decision.create(
            meeting=meeting, text=text, unit=unit, due=due, entered_by=viewer.name, entered_at=clock.now()
        )
        obligations.open_obligation(
            "meeting_decision", unit, record=("decision", made.id), title=f"议定事项：{text}"[:200],
            started_on=clock.today(), started_words="议定", deadline=due,
        )  # fmt: skip
        audit.record(
            "录入议定事项", "decision", made.id, after={"text": text, "unit": units.name_of(unit), "due": due}
        )
    return made


def _open(viewer: Any, decision_id: int) -> Decision:
    decision_for(viewer, decision_id)
    found = papers.locked(Decision.select().where(Decision.id == decision_id)).get()
    if found.state != "open":
        raise Refused("这项议定事项已经办结或者撤销")
    return found


def finish(viewer: Any, decision_id: int, note: str) -> None:
    """The responsible unit reports the matter done, with a note. Raises Refused, NotAllowed."""
    if not 2 <= len(note.strip()) <= 1000:
        raise Refused("办理情况应为 2 至 1000 个字", {"note": "应为 2 至 1000 个字"})
    with transaction():
        found = _open(viewer, decision_id)
        if found.unit != viewer.unit:
            raise NotAllowed("议定事项由责任单位办结")
        found.state, found.note, found.done_by, found.done_at = "done", note.strip(), viewer.name, clock.now()
        found.save()
        obligations.fulfil("meeting_decision", ("decision", found.id))
        audit.record("办结议定事项", "decision", found.id, after={"note": found.note})


def withdraw(viewer: Any, decision_id: int, reason: str) -> None:
    """The office takes a decision back, with a reason: nothing is owed any more. Raises Refused."""
    if not reason.strip():
        raise Refused("撤销须写明原因", {"reason": "请写明原因"})
    with transaction():
        found = _open(viewer, decision_id)
        found.state, found.note = "withdrawn", reason.strip()
        found.save()
        obligations.withdraw("meeting_decision", ("decision", found.id), reason.strip())
        audit.record("撤销议定事项", "decision", found.id, note=reason.strip())


def of_meeting(meeting: Meeting) -> list[Decision]:
    """The meeting's decisions in the order in which they were entered."""
    return list(Decision.select().where(Decision.meeting == meeting).order_by(Decision.id))
