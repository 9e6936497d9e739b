"""Which persons are told when minutes or a bulletin move on: notices beside the units' obligations."""

from __future__ import annotations

from portal.toolkit import notices

from . import rules
from .models import Bulletin, Meeting, Minutes, Opinion


def to_drafters(minutes: Minutes, what: str, words: str) -> None:
    """Tell the convening unit's people, for the convenor's and the office's own meetings the office."""
    unit = minutes.meeting.unit
    roles = ("liaison", "officer") if unit else ("office",)
    notices.tell(unit or None, roles, _key(minutes, what), words, _page(minutes))


def to_office(minutes: Minutes, what: str, words: str) -> None:
    """Tell the office."""
    notices.tell(None, ("office",), _key(minutes, what), words, _page(minutes))


def meeting_drafted(meeting: Meeting) -> None:
    """An all-member meeting is drafted by the office and called by the convenor: he is told (附件1 三（一）)."""
    if meeting.kind == rules.ALL:
        words = f"会议“{meeting.title}”已拟定，等待您发出通知"
        notices.tell(None, ("convenor",), f"meeting/{meeting.id}/convene", words, f"/meetings/{meeting.id}")


def meeting_moved(meeting: Meeting) -> None:
    """The notice went out, or the meeting was called off."""
    notices.settle(f"meeting/{meeting.id}/convene")


def commented(minutes: Minutes, opinion: Opinion) -> None:
    """The drafters answer a unit's comment."""
    to_drafters(minutes, _comment(opinion), f"{opinion.body}对纪要“{minutes.title}”有意见")


def comment_answered(opinion: Opinion) -> None:
    """The comment has its answer."""
    notices.settle(f"minutes/{opinion.minutes_id}/{_comment(opinion)}")


def _comment(opinion: Opinion) -> str:
    return f"comment/{opinion.id}/{opinion.said_at:%Y%m%d%H%M%S}"


def step_taken(minutes: Minutes) -> None:
    """The office or the convenor has done what this revision waited for."""
    steps = ("submitted", "sign", "signed")
    notices.settle(*(_key(minutes, f"{step}/{minutes.revision}") for step in steps))


def to_convenor(minutes: Minutes) -> None:
    """Tell the convenor that minutes wait for the signature."""
    words = f"纪要“{minutes.title}”等待您签发"
    notices.tell(None, ("convenor",), _key(minutes, f"sign/{minutes.revision}"), words, _page(minutes))


def of_issue(minutes: Minutes, receivers: list[str]) -> None:
    """Tell each receiving unit's liaison."""
    for unit in receivers:
        notices.tell(
            unit, ("liaison",), _key(minutes, "issued"), f"收到纪要{minutes.number}，请签收", _page(minutes)
        )


def received(record: tuple[str, int], unit: str) -> None:
    """The unit has signed for the paper."""
    kind, number = record
    notices.settle(f"minutes/{number}/issued" if kind == "minutes" else f"{kind}/{number}", unit=unit)


def of_bulletin(bulletin: Bulletin, receivers: list[str]) -> None:
    """Tell each unit's liaison of a new bulletin."""
    for unit in receivers:
        notices.tell(
            unit,
            ("liaison",),
            f"bulletin/{bulletin.id}",
            f"收到通报{bulletin.number}，请签收",
            f"/meetings/bulletins/{bulletin.id}",
        )


def _key(minutes: Minutes, what: str) -> str:
    return f"minutes/{minutes.id}/{what}"


def _page(minutes: Minutes) -> str:
    return f"/meetings/minutes/{minutes.id}"
