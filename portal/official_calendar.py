"""The table of working days: seeded from a maintained package, edited by the office, versioned."""

from __future__ import annotations

from datetime import date

import peewee

from portal import clock, request_memo
from portal.database import InstantField, Record, database, transaction
from portal.workdays import Calendar


class CalendarNotice(Record):
    """One notice that set or changed days: the State Council's, or the office's entry of it."""

    document = peewee.TextField()
    years = peewee.TextField(default="")
    entered_by = peewee.TextField()
    entered_at = InstantField()


class CalendarDay(Record):
    """A day whose being worked differs from the plain week, by the notice that says so; the latest notice wins."""

    notice = peewee.ForeignKeyField(CalendarNotice, backref="days")
    day = peewee.DateField(index=True)
    worked = peewee.BooleanField()
    name = peewee.TextField(default="")

    class Meta:
        indexes = ((("notice", "day"), True),)


def seed() -> None:
    """Enter the days of the ``chinesecalendar`` package as the first notice; does nothing when one exists."""
    from chinese_calendar import constants

    with transaction():
        if CalendarNotice.select().exists():
            return
        years = sorted({day.year for day in (*constants.holidays, *constants.workdays)})
        notice = CalendarNotice.create(
            document="国务院办公厅历年节假日安排通知（随程序提供）",
            years=",".join(map(str, years)),
            entered_by="系统",
            entered_at=clock.now(),
        )
        rows = [(day, True, "调休上班") for day in constants.workdays if day.weekday() >= 5]
        rows += [(day, False, "放假") for day in constants.holidays if day.weekday() < 5]
        for day, worked, name in sorted(rows):
            CalendarDay.create(notice=notice, day=day, worked=worked, name=name)


def enter_notice(document: str, years: list[int], days: list[tuple[date, bool, str]], by: str) -> CalendarNotice:
    """Enter a notice (文号或说明); ``days`` are (date, worked, name) and override earlier ones. In a transaction."""
    with transaction():
        notice = CalendarNotice.create(
            document=document, years=",".join(map(str, years)), entered_by=by, entered_at=clock.now()
        )
        for day, worked, name in days:
            CalendarDay.create(notice=notice, day=day, worked=worked, name=name)
    request_memo.forget("calendar")
    return notice


_kept: tuple[object, Calendar] | None = None


def calendar() -> Calendar:
    """The calendar in force; kept in memory until a notice is entered."""
    return request_memo.once("calendar", _in_force)


def _in_force() -> Calendar:
    global _kept
    version = database.execute_sql("SELECT max(id) FROM calendar_notice").fetchone()[0] or 0
    mark = (CalendarNotice._meta.database.obj, version)
    if _kept is None or _kept[0] != mark:
        exceptions: dict[date, bool] = {}
        for day, worked in CalendarDay.select(CalendarDay.day, CalendarDay.worked).order_by(CalendarDay.notice).tuples():
            exceptions[day] = worked
        announced = frozenset(
            int(year) for (years,) in CalendarNotice.select(CalendarNotice.years).tuples() for year in years.split(",") if year
        )
        _kept = (mark, Calendar(exceptions, announced, version))
    return _kept[1]


def packaged() -> Calendar:
    """The calendar of the package alone, for the command line without a database."""
    from chinese_calendar import constants

    exceptions = {day: True for day in constants.workdays} | {day: False for day in constants.holidays}
    return Calendar(exceptions, frozenset(day.year for day in exceptions))
