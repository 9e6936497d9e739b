"""Periods of months as the Civil Code counts them: pure calendar arithmetic for publicity and repair."""

from __future__ import annotations

import calendar
from datetime import date

#: Stored where something has no end (data-standards.md "Dates and text": 长期).
NO_END = date(9999, 12, 31)


def months_after(day: date, months: int) -> date:
    """The last day of a period of ``months`` that begins on ``day``: the corresponding day of the last month, or its
    last day where there is none (民法典第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_words(months: int) -> str:
    """3 → 3个月, 36 → 3年, 18 → 18个月."""
    return f"{months // 12}年" if months % 12 == 0 else f"{months}个月"


def day_words(day: date | None) -> str:
    """The day, 长期 for one without end, a dash for none."""
    if day is None:
        return "—"
    return "长期" if day == NO_END else day.isoformat()
