"""The official calendar's arithmetic: working days, deadlines, remaining days (obligations.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Deadline:
    """The last day of a limit; ``provisional`` when it runs into a year whose notice is not out yet."""

    day: date
    provisional: bool = False


@dataclass(frozen=True)
class Calendar:
    """The State Council's working days.

    ``exceptions`` maps a date to whether it is worked, where that differs from the plain week: a weekday
    holiday is False, a make-up Saturday or Sunday (调休) True. Loaded by date, not by year: a make-up day
    of one year's notice can lie in the year before. ``announced`` are the years whose notice is in.
    """

    exceptions: Mapping[date, bool]
    announced: frozenset[int]
    version: int = 0

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked; in a year without a notice the plain week is assumed."""
        return self.exceptions.get(day, day.weekday() < 5)

    def deadline(self, event: date, days: int) -> Deadline:
        """The ``days``-th working day after ``event`` (the event is day 0, 民法典第二百零一条).

        With 0 days: the event's own day, or the next working day when it is a day off ("same working day").
        """
        if days < 0:
            raise ValueError("a limit has at least 0 working days")
        day = event
        if days == 0:
            while not self.is_workday(day):
                day += ONE_DAY
        for _ in range(days):
            day += ONE_DAY
            while not self.is_workday(day):
                day += ONE_DAY
        provisional = any(year not in self.announced for year in range(event.year, day.year + 1))
        return Deadline(day, provisional)

    def before(self, day: date, days: int) -> date:
        """The ``days``-th working day before ``day``."""
        for _ in range(days):
            day -= ONE_DAY
            while not self.is_workday(day):
                day -= ONE_DAY
        return day

    def count(self, first: date, last: date) -> int:
        """Working days from ``first`` to ``last``, both included; 0 when ``last`` is before ``first``."""
        return sum(1 for day in days_between(first, last) if self.is_workday(day))

    def remaining(self, today: date, deadline: date) -> int:
        """Working days after ``today`` up to ``deadline``; negative: working days overdue."""
        if deadline >= today:
            return self.count(today + ONE_DAY, deadline)
        return -self.count(deadline + ONE_DAY, today)

    def last_workday(self, first: date, last: date) -> date:
        """The last working day from ``first`` to ``last``; raises ValueError where there is none."""
        for day in reversed(list(days_between(first, last))):
            if self.is_workday(day):
                return day
        raise ValueError("no working day in that span")


def days_between(first: date, last: date) -> list[date]:
    """Every date from ``first`` to ``last``, both included."""
    return [first + ONE_DAY * step for step in range((last - first).days + 1)]


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year, written ``2026Q3``."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 4 and 1949 <= self.year <= 9998):
            raise ValueError("季度应写成 2026Q3 这样")

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read ``2026Q3``; raises ValueError (Chinese)."""
        head, mark, tail = text.upper().partition("Q")
        if not (mark and head.isascii() and head.isdigit() and len(head) == 4 and tail in ("1", "2", "3", "4")):
            raise ValueError(f"“{text}”不是季度，应写成 2026Q3 这样")
        return cls(int(head), int(tail))

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter in which ``day`` lies."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - ONE_DAY

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> Quarter:
        """The quarter before it."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    @property
    def label(self) -> str:
        """Its words: 2026年第三季度."""
        return f"{self.year}年第{'一二三四'[self.number - 1]}季度"

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"
