"""What the notice of a meeting says, as the values of a letter."""

from __future__ import annotations

from typing import Any

from portal.toolkit import units

from . import rules, seats
from .models import Attendee, MaterialRequest, Meeting


def _who_comes(meeting: Meeting, convened: list[Attendee]) -> str:
    if meeting.kind == rules.ALL:
        return "各成员单位、区管办联席会议成员"
    return "、".join(attendee.body for attendee in convened)


def content_of(meeting: Meeting, convened: list[Attendee], changed: bool) -> dict[str, Any]:
    """The notice's letter: when, where, who presides, the agenda, the materials asked."""
    start = meeting.starts_at
    week = "一二三四五六日"[start.weekday()]
    lines = [
        ("一、时间。", f"{start.year}年{start.month}月{start.day}日（星期{week}）{start:%H:%M}。"),
        ("二、地点。", f"{meeting.place}。"),
        ("三、主持。", f"{meeting.presider}。"),
        ("四、参加。", f"{_who_comes(meeting, convened)}。" + (f"列席：{meeting.guests}。" if meeting.guests else "")),
    ]  # fmt: skip
    blocks: list[dict[str, Any]] = [
        {
            "kind": "paragraph",
            "text": (
                "原定会议安排有变，现通知如下："
                if changed
                else f"定于{start.month}月{start.day}日召开{meeting.title}，现将有关事项通知如下："
            ),
        }
    ]
    blocks += [{"kind": "level", "level": 1, "lead": lead, "rest": rest} for lead, rest in lines]
    blocks.append({"kind": "level", "level": 1, "lead": "五、议题。", "rest": ""})
    blocks += [
        {"kind": "paragraph", "text": line.strip()} for line in meeting.agenda.splitlines() if line.strip()
    ]
    asked = list(
        MaterialRequest.select().where(
            (MaterialRequest.meeting == meeting) & (MaterialRequest.state == "open")
        )
    )
    if asked:
        blocks.append({"kind": "level", "level": 1, "lead": "六、材料。", "rest": ""})
        blocks += [
            {
                "kind": "paragraph",
                "text": f"{one.title}，请于{one.due.month}月{one.due.day}日前通过平台报送。",
            }
            for one in asked
        ]
    blocks.append(
        {
            "kind": "paragraph",
            "text": "请各单位安排成员参加；确不能参加的，请委派负责同志代会，并在平台说明。",
        }
    )
    issued_by = units.name_of(meeting.unit) if meeting.unit else seats.issuer()
    return {
        "mark": "", "addressee": "各参加单位", "blocks": blocks, "enclosures": [], "issuer": issued_by, "copies_to": [],
        "qr": "", "qr_note": "",
    }  # fmt: skip
