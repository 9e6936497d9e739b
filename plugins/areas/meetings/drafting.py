"""The text of minutes: revisions, what differs between them, two editors at once, DOCX as the second way in."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from portal.toolkit import Missing, NotAllowed, Refused, audit, clock, sm3, transaction, units

from . import attendance, decisions, meetings, papers, rules, seats
from .minutes import MinutesTextError, parse_text, read_docx
from .models import Delivery, Meeting, Minutes, MinutesRevision, Opinion

LONGEST = 60_000
#: Two longer lines are shown whole: comparing sign by sign costs the square of their length.
LONGEST_COMPARED = 4_000


@dataclass(frozen=True)
class Saved:
    """What became of a saved text: its revision, and whether it was kept apart because another was quicker."""

    revision: MinutesRevision
    apart: bool
    notes: tuple[str, ...] = ()
    unchanged: bool = False


def minutes_for(viewer: Any, minutes_id: int) -> Minutes:
    """Minutes for those who see the meeting; once issued, for those to whom they were sent. Raises Missing."""
    found = Minutes.get_or_none(Minutes.id == minutes_id)
    if found is None:
        raise Missing("没有这份纪要")
    if found.state == "issued" and viewer.unit and not viewer.has_role(*meetings.EVERY):
        mine = (
            (Delivery.record_type == "minutes")
            & (Delivery.record_id == found.id)
            & (Delivery.unit == viewer.unit)
        )
        if Delivery.select().where(mine).exists():
            return found
    meeting = meetings.meeting_for(viewer, found.meeting_id)
    drafter = rules.drafts_minutes(meeting.kind, meeting.unit, seats.person_of(viewer))
    asked = Opinion.select().where((Opinion.minutes == found) & (Opinion.unit == viewer.unit)).exists()
    if found.state == "issued" or drafter or asked or viewer.has_role(*meetings.EVERY):
        return found
    raise Missing("纪要还没有印发，也没有向您的单位征求意见")


def doer_of(viewer: Any, meeting: Meeting) -> set[str]:
    """In which capacities the viewer acts on a meeting's minutes."""
    who = seats.person_of(viewer)
    roles = set()
    if rules.drafts_minutes(meeting.kind, meeting.unit, who):
        roles.add(rules.DRAFTER)
    if viewer.has_role("office"):
        roles.add(rules.OFFICE)
    if rules.may_sign(who):
        roles.add(rules.SIGNER)
    return roles


def step(viewer: Any, minutes_id: int, act: str) -> Minutes:
    """The minutes locked, when ``viewer`` may do ``act`` now. Raises Missing, Refused with the rule in Chinese."""
    found = minutes_for(viewer, minutes_id)
    minutes = papers.locked(Minutes.select().where(Minutes.id == minutes_id)).get()
    refusal = rules.why_not_minutes(
        minutes.state, act, doer_of(viewer, found.meeting), open_comments(minutes)
    )
    if refusal:
        raise Refused(refusal)
    return minutes


def open_comments(minutes: Minutes) -> int:
    """How many comments of any round still wait for an answer."""
    return Opinion.select().where((Opinion.minutes == minutes) & (Opinion.state == "commented")).count()


def begin(viewer: Any, meeting_id: int, corrects: Minutes | None = None) -> Minutes:
    """Begin the minutes of a meeting that was held, with what the portal knows already. Raises Refused."""
    with transaction():
        meeting = meetings.meeting_for(viewer, meeting_id)
        if meeting.state != "held":
            raise Refused("会议召开（登记签到表）以后才能起草纪要")
        if not rules.drafts_minutes(meeting.kind, meeting.unit, seats.person_of(viewer)):
            raise NotAllowed("纪要由召集单位整理（附件1 三（三））")
        papers.locked(Meeting.select().where(Meeting.id == meeting.id)).get()
        open_now = Minutes.select().where((Minutes.meeting == meeting) & (Minutes.state != "issued"))
        if open_now.exists():
            raise Refused("这次会议已有一份没有印发的纪要")
        if corrects is None and Minutes.select().where(Minutes.meeting == meeting).exists():
            raise Refused("这次会议的纪要已经印发；确有错误的，另发更正纪要")
        title = f"{meeting.title}纪要" if corrects is None else f"关于更正{corrects.number}纪要的纪要"
        made = Minutes.create(meeting=meeting, corrects=corrects, title=title, created_at=clock.now())
        text = first_text(meeting) if corrects is None else correction_text(corrects)
        MinutesRevision.create(
            minutes=made, number=1, text=text, source="自动起稿", author=viewer.name, saved_at=clock.now()
        )
        audit.record("起草纪要", "minutes", made.id, after={"title": title, "sm3": sm3(text.encode())})
    return made


def first_text(meeting: Meeting) -> str:
    """A first draft from the agenda, the decisions and the attendance."""
    start = meeting.starts_at
    lines = [
        f"{attendance.documents_day(start)}，{meeting.presider}在{meeting.place}主持召开{meeting.title}。现将会议议定事项纪要如下："
    ]
    numbers = "一二三四五六七八九十"
    agenda = [
        line.strip().lstrip("0123456789.、．（）()一二三四五六七八九十").strip()
        for line in meeting.agenda.splitlines()
    ]
    for place, line in enumerate([line for line in agenda if line][:9]):
        lines += [
            f"{numbers[place]}、{line.rstrip('。；')}",
            "会议听取了有关情况汇报，对下一步工作进行了研究。",
        ]
    decided = decisions.of_meeting(meeting)
    if decided:
        place = min(len([line for line in agenda if line]), 9)
        lines.append(f"{numbers[place]}、议定事项")
        for number, one in enumerate(decided, 1):
            lines.append(
                f"{number}. {one.text.rstrip('。')}。由{units.name_of(one.unit)}负责，{attendance.documents_day(one.due)}前完成。"
            )
    lines.append("")
    lines += attendance_lines(meeting)
    return "\n".join(lines)


def attendance_lines(meeting: Meeting) -> list[str]:
    """出席、请假、列席 from the confirmed sign-in list."""
    rows = meetings.attendees(meeting)
    present = [row.person for row in rows if row.state in rules.ATTENDED and row.person]
    excused = [row.person or row.body for row in rows if row.state == rules.LEAVE]
    found = []
    if meeting.presider and meeting.presider not in present:
        present.insert(0, meeting.presider)
    for label, names in (
        ("出席", present),
        ("请假", excused),
        ("列席", meeting.guests.replace("，", "、").split("、")),
    ):
        names = [name.strip(" 。") for name in names if name.strip(" 。")]
        if names:
            found.append(f"{label}：{'、'.join(names)}。")
    return found


def correction_text(old: Minutes) -> str:
    """A first draft of a correction: it names the issued minutes that it puts right."""
    return (
        f"{attendance.documents_day(old.issue_day)}印发的市场监管联席会议纪要{old.number}（{old.title}）有误，现更正如下：\n"
        "一、更正内容\n原文“……”，更正为“……”。\n二、其他内容不变\n"
    )


def text_of(minutes: Minutes, number: int | None = None) -> MinutesRevision:
    """The revision in force, or the one asked for. Raises Missing."""
    found = MinutesRevision.get_or_none(
        (MinutesRevision.minutes == minutes) & (MinutesRevision.number == (number or minutes.revision))
    )
    if found is None:
        raise Missing("没有这一稿")
    return found


def revisions(minutes: Minutes) -> list[MinutesRevision]:
    """Every kept text, the newest first."""
    return list(
        MinutesRevision.select()
        .where(MinutesRevision.minutes == minutes)
        .order_by(MinutesRevision.number.desc())
    )


def save(
    viewer: Any,
    minutes_id: int,
    *,
    title: str,
    text: str,
    based_on: int,
    source: str = "文字",
    note: str = "",
    joins: int | None = None,
) -> Saved:
    """Save a text that was written from revision ``based_on``. Where another editor was quicker, the text is kept
    apart and nothing is overwritten; ``joins`` names the kept text that this one takes in. Raises Refused."""
    title, text = title.strip(), text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    check_text(title, text)
    with transaction():
        minutes = step(viewer, minutes_id, "save")
        last = (
            MinutesRevision.select()
            .where(MinutesRevision.minutes == minutes)
            .order_by(MinutesRevision.number.desc())
            .first()
        )
        apart = based_on != minutes.revision
        current = text_of(minutes)
        if not apart and text == current.text and title == minutes.title and joins is None:
            return Saved(last, apart, unchanged=True)
        made = MinutesRevision.create(
            minutes=minutes, number=last.number + 1, based_on=based_on, text=text, source=source, note=note[:200],
            kept_apart=apart, author=viewer.name, saved_at=clock.now(),
        )  # fmt: skip
        if not apart:
            before = {"title": minutes.title, "sm3": sm3(current.text.encode())}
            minutes.title, minutes.revision = title, made.number
            minutes.save()
            if joins is not None:
                MinutesRevision.update(joined=True).where(
                    (MinutesRevision.minutes == minutes) & (MinutesRevision.number == joins)
                ).execute()
            audit.record(
                "修改纪要正文", "minutes", minutes.id, before=before, after={"title": title, "sm3": sm3(text.encode())},
                note=f"第 {made.number} 稿",
            )  # fmt: skip
        else:
            audit.record(
                "纪要正文另存（与他人同时修改）", "minutes", minutes.id, after={"sm3": sm3(text.encode())},
                note=f"第 {made.number} 稿，据第 {based_on} 稿",
            )  # fmt: skip
    return Saved(made, apart)


def check_text(title: str, text: str) -> None:
    """Raise Refused for a text that no minutes may have, with its length and the rule."""
    if not 2 <= len(title) <= 100:
        raise Refused("标题应为 2 至 100 个字", {"title": "标题应为 2 至 100 个字"})
    if len(text) > LONGEST:
        raise Refused(
            f"正文共 {len(text)} 字（约 {len(text) // 616 + 1} 页），超过上限 {LONGEST} 字；纪要只写议定事项，长材料请作为会议材料上传",
            {"text": f"最多 {LONGEST} 字，现在 {len(text)} 字"},
        )
    if not text.strip():
        raise Refused("正文不能为空", {"text": "请填写正文"})
    blocks_of(text)


def blocks_of(text: str) -> dict[str, Any]:
    """The text as the values of the document's template. Raises Refused."""
    try:
        return parse_text(text).values()
    except MinutesTextError as error:
        raise Refused(str(error), {"text": str(error)}) from error


def read_upload(content: bytes) -> tuple[str, tuple[str, ...]]:
    """A DOCX from WPS or Word as plain text, with notes on what was left out. Raises Refused."""
    try:
        found = read_docx(content)
    except MinutesTextError as error:
        raise Refused(str(error), {"docx": str(error)}) from error
    return found.text, found.notes


def differences(old: str, new: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Line by line what differs: (``same``, ``old`` or ``new``, parts of (text, kind)), changed signs marked."""
    before, after = old.split("\n"), new.split("\n")
    rows: list[tuple[str, list[tuple[str, str]]]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            rows += [("same", [(line, "")]) for line in before[a:b]]
            continue
        pairs = min(b - a, d - c)
        for left, right in zip(before[a : a + pairs], after[c : c + pairs], strict=True):
            rows += _within(left, right)
        rows += [("old", [(line, "negated")]) for line in before[a + pairs : b]]
        rows += [("new", [(line, "hit")]) for line in after[c + pairs : d]]
    return rows


def _within(left: str, right: str) -> list[tuple[str, list[tuple[str, str]]]]:
    if len(left) + len(right) > LONGEST_COMPARED:
        return [("old", [(left, "negated")]), ("new", [(right, "hit")])]
    old: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if b > a:
            old.append((left[a:b], "" if tag == "equal" else "negated"))
        if d > c:
            new.append((right[c:d], "" if tag == "equal" else "hit"))
    return [("old", old), ("new", new)]
