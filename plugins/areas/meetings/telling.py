"""Which persons are told when minutes or a bulletin move on: notices beside the units' obligations."""

from __future__ import annotations

from portal.toolkit import notices

from .models import Bulletin, Minutes


def to_drafters(minutes: Minutes, what: str, words: str) -> None:
    """Tell the convening unit's people, for the convenor's and the office's own meetings the office."""
    unit = minutes.meeting.unit
    roles = ("liaison", "officer") if unit else ("office",)
    notices.tell(unit or None, roles, _key(minutes, what), words, _page(minutes))


def to_office(minutes: Minutes, what: str, words: str) -> None:
    """Tell the office."""
    notices.tell(None, ("office",), _key(minutes, what), words, _page(minutes))


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
