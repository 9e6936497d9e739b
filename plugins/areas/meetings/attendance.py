"""Signing in: by the attendee's own account, or by the office from the scanned paper sheet, which always suffices."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from flask import url_for

from portal.toolkit import (
    Missing,
    NotAllowed,
    Quarter,
    Refused,
    Stale,
    audit,
    clock,
    files,
    obligations,
    scheme_of,
    transaction,
    units,
)

from . import meetings, papers, rules, seats
from .models import Attendee, Meeting

#: From how long before the start a person may sign in with the own account.
EARLY = timedelta(hours=2)
SCANS = frozenset({"application/pdf", "image/jpeg", "image/png"})


def attendee_for(viewer: Any, attendee_id: int) -> Attendee:
    """The convened body's row, for that body, the office and the convenors. Raises Missing."""
    found = Attendee.get_or_none(Attendee.id == attendee_id)
    if found is None:
        raise Missing("没有这条参会记录")
    meetings.meeting_for(viewer, found.meeting_id)
    return found


def stands_for(viewer: Any, attendee: Attendee) -> bool:
    """Whether the viewer belongs to the convened body."""
    return attendee.unit == viewer.unit if attendee.unit else viewer.has_role("zone_office")


def may_sign_now(meeting: Meeting) -> bool:
    """Whether signing in with the own account is open: from two hours before the start to the day's end."""
    return meeting.starts_at - EARLY <= clock.now() < clock.end_of(meeting.starts_at.date())


def sign(viewer: Any, attendee_id: int, state: str, position: str = "") -> Attendee:
    """Sign in with the own account, for oneself: 出席 or 代会, from two hours before the start to the day's end."""
    if state not in rules.ATTENDED:
        raise Refused("请选择出席或代会", {"state": "请选择出席或代会"})
    with transaction():
        attendee, meeting = _own_row(viewer, attendee_id)
        if not may_sign_now(meeting):
            raise Refused("签到时间为会前 2 小时至当天 24:00；会后以办公室确认的签到表为准")
        _note(attendee, meeting, state, viewer.name, position, "", "本人账号签到")
    return attendee


def ask_leave(viewer: Any, attendee_id: int, reason: str) -> Attendee:
    """Excuse the unit before the meeting begins; whether it counts as absent is the scheme's setting."""
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused("请假事由应为 2 至 200 个字", {"reason": "应为 2 至 200 个字"})
    with transaction():
        attendee, meeting = _own_row(viewer, attendee_id)
        if clock.now() >= meeting.starts_at:
            raise Refused("会议已经开始，不能再请假")
        _note(attendee, meeting, rules.LEAVE, attendee.expected or viewer.name, "", reason, "平台请假")
    return attendee


def _own_row(viewer: Any, attendee_id: int) -> tuple[Attendee, Meeting]:
    attendee = attendee_for(viewer, attendee_id)
    if not stands_for(viewer, attendee):
        raise NotAllowed("只能为本单位签到或请假")
    meeting = papers.locked(Meeting.select().where(Meeting.id == attendee.meeting_id)).get()
    if meeting.state != "convened":
        raise Refused(f"会议现在是“{meeting.state_label}”，不能签到或请假")
    attendee = Attendee.get_by_id(attendee_id)
    if attendee.state in rules.ATTENDED:
        raise Refused(f"{attendee.body}已经签到（{attendee.person}），不能重复签到")
    if attendee.unit and not units.is_enabled(attendee.unit):
        raise Refused(f"{attendee.body}已停用，不再参加会议")
    return attendee, meeting


def _note(
    attendee: Attendee, meeting: Meeting, state: str, person: str, position: str, reason: str, way: str
) -> None:
    before = _plain(attendee)
    attendee.state, attendee.person, attendee.reason, attendee.way = (
        state,
        person.strip(),
        reason.strip(),
        way,
    )
    attendee.position = position.strip() or (
        attendee.expected_position if person == attendee.expected else ""
    )
    attendee.noted_by, attendee.noted_at = audit.actor().name, clock.now()
    attendee.save()
    _settle(attendee, meeting)
    audit.record(
        f"参会登记：{attendee.body}{attendee.state_label}",
        "meeting",
        meeting.id,
        before=before,
        after=_plain(attendee),
    )


def _plain(attendee: Attendee) -> dict[str, Any]:
    return {
        f"{attendee.body}": attendee.state_label, f"{attendee.body}参会人": attendee.person,
        f"{attendee.body}说明": attendee.reason,
    }  # fmt: skip


def _settle(attendee: Attendee, meeting: Meeting) -> None:
    """Carry the attendance over to the unit's obligation, both ways when it is corrected."""
    if not attendee.unit:
        return
    record, day = ("attendee", attendee.id), meeting.starts_at.date()
    leave_counts = scheme_of(Quarter.of(day).last).settings.leave_counts_as_absent
    effect = rules.attendance_effect(attendee.state, leave_counts)
    if effect == "missed":
        obligations.miss("attendance", record, f"{attendee.state_label}：{attendee.reason}".rstrip("："))
        return
    obligations.restore("attendance", record)
    if effect == "fulfilled":
        if not obligations.fulfil("attendance", record) and _lacks_duty(record):
            _open_again(attendee, meeting)
            obligations.fulfil("attendance", record)
    elif effect == "withdrawn":
        # Also what had been noted as done: a fulfilled row is first taken back.
        obligations.miss("attendance", record, "更正")
        obligations.restore("attendance", record)
        obligations.withdraw("attendance", record, f"请假：{attendee.reason}")


def _lacks_duty(record: tuple[str, int]) -> bool:
    """Whether the duty had been withdrawn (a leave that did not count) and none stands in its place."""
    return all(owed.state == obligations.WITHDRAWN for owed in obligations.of_record(*record))


def _open_again(attendee: Attendee, meeting: Meeting) -> None:
    if not units.is_enabled(attendee.unit, meeting.starts_at.date()):
        return
    obligations.open_obligation(
        "attendance", attendee.unit, record=("attendee", attendee.id), title=f"参加会议：{meeting.title}",
        started_on=clock.today(), started_words="更正签到", deadline=meeting.starts_at.date(),
    )  # fmt: skip


def confirm_sheet(
    viewer: Any,
    meeting_id: int,
    rows: dict[int, tuple[str, str, str]],
    scan: Any,
    name: str,
    reason: str = "",
) -> Meeting:
    """The office enters the signed sheet: ``rows`` maps an attendee to (state, person, reason); ``scan`` is the file.

    Closes the meeting; later it corrects the entry, with a reason. Raises Refused, naming the row.
    """
    with transaction():
        meetings.meeting_for(viewer, meeting_id)
        meeting = papers.locked(Meeting.select().where(Meeting.id == meeting_id)).get()
        first = meeting.state == "convened"
        after = rules.meeting_after(meeting.state, "close" if first else "correct")
        if after is None:
            raise Stale(f"会议现在是“{meeting.state_label}”，不能登记签到表")
        if first and clock.now() < meeting.starts_at:
            raise Refused("会议还没有开始，不能登记签到表")
        if not first and not reason.strip():
            raise Refused("更正签到表须写明原因", {"reason": "更正签到表须写明原因"})
        if scan is None and meeting.sheet_id is None:
            raise Refused("请上传已签名的签到表扫描件", {"scan": "请选择扫描件（PDF 或图片）"})
        if scan is not None:
            meeting.sheet = files.store(
                io.BytesIO(scan.read()), name, allowed=SCANS, largest=20 * 1024 * 1024
            )
        meeting.state, meeting.sheet_by, meeting.sheet_at = after, viewer.name, clock.now()
        meeting.version += 1
        meeting.save()
        _enter_rows(meeting, rows, reason)
        audit.record(
            "确认签到表" if first else "更正签到表", "meeting", meeting.id,
            after={"sheet": meeting.sheet.digest, "state": meeting.state_label}, note=reason,
        )  # fmt: skip
    return meeting


def _enter_rows(meeting: Meeting, rows: dict[int, tuple[str, str, str]], reason: str) -> None:
    errors = {}
    for attendee in meetings.attendees(meeting):
        state, person, why = rows.get(attendee.id, (attendee.state, attendee.person, attendee.reason))
        person = person.strip() or (attendee.expected if state == rules.PRESENT else "")
        if attendee.unit and not units.is_enabled(attendee.unit, meeting.starts_at.date()):
            continue
        if state not in rules.ATTENDANCE or state == rules.EXPECTED:
            errors[f"state-{attendee.id}"] = f"{attendee.body}：请选择出席、代会、请假或缺席"
        elif state in rules.ATTENDED and not person:
            errors[f"person-{attendee.id}"] = f"{attendee.body}：请填写签名人姓名"
        elif len(person) > 40:
            errors[f"person-{attendee.id}"] = f"{attendee.body}：姓名最多 40 个字"
        elif (state, person) != (attendee.state, attendee.person):
            _note(attendee, meeting, state, person, "", why or reason, "签到表")
    if errors:
        raise Refused("；".join(errors.values()), errors)


def sheet_paper(viewer: Any, meeting_id: int) -> Any:
    """Ask for the sign-in sheet to print: one row for each convened body. Raises Missing."""
    with transaction():
        meeting = meetings.meeting_for(viewer, meeting_id)
        if meeting.state not in ("convened", "held"):
            raise Refused("发出通知以后才能打印签到表")
        rows = [
            [str(n + 1), a.body, a.expected, "", "", ""] for n, a in enumerate(meetings.attendees(meeting))
        ]
        rows += [[str(len(rows) + n + 1), "（列席）", "", "", "", ""] for n in range(3)]
        start = meeting.starts_at
        content = {
            "lines": [
                f"会议：{meeting.title}", f"时间：{documents_day(start)}{start:%H:%M}", f"地点：{meeting.place}",
                f"主持：{meeting.presider}",
            ],
            "table": {"header": ["序号", "单位", "成员", "参会人签名", "职务", "出席／代会"], "rows": rows},
            "issuer": seats.issuer(),
        }  # fmt: skip
        return papers.ask(
            "sign_sheet", ("meeting", meeting.id), template="sign_sheet.html", content=content,
            title="市场监管联席会议签到表", number="", day=start.date(),
        )  # fmt: skip


def documents_day(moment: Any) -> str:
    """2026年3月5日 for a moment."""
    return f"{moment.year}年{moment.month}月{moment.day}日"


def score_rows(quarter: Quarter, unit: str) -> list[dict[str, Any]]:
    """The unit's meetings of ``quarter``: what stands behind "absent", with a link to each."""
    query = (
        Attendee.select(Attendee, Meeting)
        .join(Meeting)
        .where(
            (Attendee.unit == unit) & Meeting.state.in_(["convened", "held"])
            & Meeting.starts_at.between(clock.at(quarter.first), clock.end_of(quarter.last))
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )  # fmt: skip
    leave_counts = scheme_of(quarter.last).settings.leave_counts_as_absent
    return [
        {
            "text": f"{row.meeting.title}：{row.state_label}" + (f"（{row.person}）" if row.person else ""),
            "day": row.meeting.starts_at.date(),
            "counted": rules.attendance_effect(row.state, leave_counts) in ("fulfilled", "missed"),
            "href": url_for("meetings.show", meeting_id=row.meeting.id),
        }
        for row in query
    ]
