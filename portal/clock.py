"""The one clock: every instant and every date of the portal comes from here, in Asia/Shanghai."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

#: The People's Republic has kept +08:00 without summer time since 1991.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock:
    """The machine's own clock."""

    note = ""

    def now(self) -> datetime:
        """The present instant, aware, in Asia/Shanghai."""
        return datetime.now(ZONE)


class StartedClock(Clock):
    """A clock that was set to ``start`` when it was made and has run on since (the demonstration)."""

    note = "演示时间"

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(ZONE)
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._zero)


class HandClock(Clock):
    """A clock that stands still until it is set: for generators and tests."""

    note = "演示时间"

    def __init__(self, start: datetime) -> None:
        self.set(start)

    def set(self, moment: datetime) -> None:
        """Set the hand to ``moment`` (aware)."""
        self._moment = moment.astimezone(ZONE)

    def now(self) -> datetime:
        return self._moment


_clock: Clock = Clock()


def use(clock: Clock) -> None:
    """Make ``clock`` the process's clock; called once at start."""
    global _clock
    _clock = clock


@contextmanager
def using(clock: Clock) -> Iterator[Clock]:
    """Use ``clock`` inside the block only."""
    before = _clock
    use(clock)
    try:
        yield clock
    finally:
        use(before)


def now() -> datetime:
    """The present instant (aware, +08:00, to the microsecond)."""
    return _clock.now()


def today() -> date:
    """Today's date in Asia/Shanghai."""
    return now().date()


def day_words(day: date) -> str:
    """The day as people say it: 9月29日, with its year when that is not this one: 2027年1月8日."""
    words = f"{day.month}月{day.day}日"
    return words if day.year == today().year else f"{day.year}年{words}"


def note() -> str:
    """A word for the page's head when the clock is not the real one, else an empty string."""
    return _clock.note


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """The instant of ``hour:minute:second`` on ``day`` in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE)


def end_of(day: date) -> datetime:
    """24:00 of ``day``: the first instant that is too late."""
    return at(day) + timedelta(days=1)


def parse(text: str) -> datetime:
    """Read ISO 8601; a moment without an offset is Asia/Shanghai. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(ZONE) if moment.tzinfo else moment.replace(tzinfo=ZONE)
