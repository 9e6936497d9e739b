"""The states of an obligation and the lamp that tells how it stands: green, yellow, red, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import clock, official_calendar

OPEN, FULFILLED, MOVED, WITHDRAWN = "open", "fulfilled", "moved", "withdrawn"
#: Can no longer be done (a meeting is over): out of the inbox, counted as due and not done.
MISSED = "missed"
STATE_LABELS = {OPEN: "待办", FULFILLED: "已办", MOVED: "已转其他单位", WITHDRAWN: "已撤销", MISSED: "未履行"}


@dataclass(frozen=True)
class Lamp:
    """Green; yellow when at most 3 working days remain; red when overdue; with its words."""

    colour: str
    text: str


def lamp(owed: Any, today: date | None = None) -> Lamp:
    """The lamp of an obligation as of ``today``."""
    if owed.state == FULFILLED:
        return Lamp("green" if owed.on_time else "red", "按时办结" if owed.on_time else "逾期办结")
    if owed.state == MISSED:
        return Lamp("red", STATE_LABELS[MISSED])
    if owed.state != OPEN:
        return Lamp("none", STATE_LABELS[owed.state])
    if owed.waiting_since is not None:
        return Lamp("none", "回退待处理")
    left = official_calendar.calendar().remaining(today or clock.today(), owed.deadline)
    if left < 0:
        return Lamp("red", f"逾期 {-left} 天")
    if left == 0:
        return Lamp("yellow", "今天到期") if owed.deadline >= (today or clock.today()) else Lamp("red", "已逾期")
    return Lamp("yellow" if left <= 3 else "green", f"剩 {left} 天")
