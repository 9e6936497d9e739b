"""Read a date in every habit officers have, including 长期 (without end)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from portal.clock import ZONE
from portal.spreadsheets.cell_values import folded
from portal.spreadsheets.refusals import ValueRefused


class Forever(Enum):
    """A validity without end; a type of its own, so that nobody computes with the year 9999."""

    FOREVER = "长期"

    def __str__(self) -> str:
        return self.value


FOREVER = Forever.FOREVER

_FOREVER_WORDS = {"长期", "长期有效", "永久", "永久有效", "无固定期限", "无期限", "无限期"}
#: data-standards.md, Dates and text.
_FOREVER_DATES = {date(9999, 12, 31), date(9999, 9, 9)}
_HABITS = (
    re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"),
    re.compile(r"(\d{4})(年)(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})()(\d{2})(\d{2})"),
)
_CLOCK = re.compile(
    r"(?:(?<=\d)T|(?<=[日号])|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(:\d{2}(\.\d+)?)?(?P<offset>Z|[+-]\d{2}:?\d{2})?$"
)
_EPOCH = date(1899, 12, 30)
#: 1927-05-18 to 2199-12-31. Below lie bare years (2025), above year-months (202503): never guess those.
_SERIALS = range(10_000, 109_575 + 1)
_RULE = "不是能识别的日期，请填 2025-03-05、2025/3/5、2025年3月5日、20250305 或 长期"


def read_date(value: object) -> date | Forever | None:
    """The Asia/Shanghai date in a cell; FOREVER for 长期, 9999-12-31, 9999-09-09; None for a blank cell.

    Takes date cells, 2025/3/5, 2025.3.5, 2025-03-05, 2025年3月5日, 20250305, Excel serials of the 1900
    system (number or digits), full-width forms. A time of day is dropped; one with an offset says first which
    day it is here: 2025-03-04T16:00:00Z is the fifth of March. Raises ValueRefused.
    """
    if isinstance(value, datetime):
        return _endless((value.astimezone(ZONE) if value.tzinfo else value).date())
    if isinstance(value, date):
        return _endless(value)
    if isinstance(value, bool):
        raise ValueRefused(_RULE)
    text = folded(value)
    if not text:
        return None
    if re.sub(r"\s", "", text) in _FOREVER_WORDS:
        return FOREVER
    if isinstance(value, (float, Decimal)):
        text = text.partition(".")[0]
    return _read_written(text)


def _read_written(text: str) -> date | Forever:
    moment = _CLOCK.search(text)
    compact = re.sub(r"\s", "", _CLOCK.sub("", text)).replace("。", ".").replace("—", "-").replace("–", "-")
    for habit in _HABITS:
        if found := habit.fullmatch(compact):
            year, _, month, day = found.groups()
            written = _endless(_calendar_day(int(year), int(month), int(day)))
            return _here(written, moment) if moment and moment["offset"] else written
    if re.fullmatch(r"\d{5,7}(\.\d+)?", compact):
        return _from_serial(int(compact.partition(".")[0]))
    if re.fullmatch(r"\d{4}(年|([-/.]|年)\d{1,2}月?)?|\d{6}", compact):
        raise ValueRefused("日期要写到年、月、日，例如 2025-03-05")
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", compact):
        raise ValueRefused("年份要写四位并放在最前面，例如 2025-03-05")
    raise ValueRefused(_RULE)


def _here(day: date | Forever, moment: re.Match[str]) -> date | Forever:
    """The day in Asia/Shanghai of a moment that was written with its offset."""
    if day is FOREVER:
        return day
    sign, hours, minutes = 1, 0, 0
    if moment["offset"] != "Z":
        digits = moment["offset"].replace(":", "")
        sign, hours, minutes = (-1 if digits[0] == "-" else 1), int(digits[1:3]), int(digits[3:5])
    ahead = sign * timedelta(hours=hours, minutes=minutes)
    at_zero = datetime(day.year, day.month, day.day) + timedelta(
        hours=int(moment["hour"]), minutes=int(moment["minute"])
    )
    try:
        return (at_zero - ahead + ZONE.utcoffset(None)).date()
    except OverflowError:
        raise ValueRefused(_RULE) from None


def _from_serial(serial: int) -> date | Forever:
    if serial in _SERIALS:
        return _EPOCH + timedelta(days=serial)
    if serial <= (date.max - _EPOCH).days:
        day = _EPOCH + timedelta(days=serial)
        if day in _FOREVER_DATES:
            return FOREVER
    if len(str(serial)) == 6:
        raise ValueRefused("日期要写到年、月、日，例如 2025-03-05")
    raise ValueRefused(_RULE)


def _calendar_day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise ValueRefused(f"没有{month}月这个月份")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueRefused(f"{year}年{month}月没有{day}日") from None


def _endless(day: date) -> date | Forever:
    return FOREVER if day in _FOREVER_DATES else day
