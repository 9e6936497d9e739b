"""The arithmetic of deadlines, on the State Council's real calendars."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.official_calendar import packaged
from portal.workdays import ONE_DAY, Calendar, Quarter

CALENDAR = packaged()
DAYS = st.dates(date(2010, 1, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("event", "third", "seventh", "fifteenth", "twentieth"),
    [
        ("2025-01-20", "2025-01-23", "2025-02-05", "2025-02-14", "2025-02-21"),  # 春节, with make-up days
        ("2025-09-26", "2025-09-30", "2025-10-13", "2025-10-23", "2025-10-30"),  # 国庆、中秋
        ("2026-02-13", "2026-02-25", "2026-03-02", "2026-03-12", "2026-03-19"),
        ("2026-09-30", "2026-10-10", "2026-10-15", "2026-10-27", "2026-11-03"),
        ("2020-01-23", "2020-02-05", "2020-02-11", "2020-02-21", "2020-02-28"),  # the notice changed in mid-holiday
    ],
)
def test_deadlines_across_holidays(event: str, third: str, seventh: str, fifteenth: str, twentieth: str) -> None:
    day = date.fromisoformat(event)
    found = [CALENDAR.deadline(day, n).day.isoformat() for n in (3, 7, 15, 20)]
    assert found == [third, seventh, fifteenth, twentieth]


@pytest.mark.parametrize(("year", "expected"), [(2025, [59, 61, 67, 61]), (2026, [59, 61, 66, 62])])
def test_working_days_of_a_quarter_are_the_denominator_of_login(year: int, expected: list[int]) -> None:
    quarters = [Quarter(year, n) for n in (1, 2, 3, 4)]
    assert [CALENDAR.count(q.first, q.last) for q in quarters] == expected


def test_the_same_working_day_of_a_day_off_is_the_next_working_day() -> None:
    assert CALENDAR.deadline(date(2026, 10, 3), 0).day == date(2026, 10, 8)
    assert CALENDAR.deadline(date(2026, 10, 8), 0).day == date(2026, 10, 8)


def test_a_make_up_sunday_is_worked_and_a_holiday_monday_is_not() -> None:
    assert CALENDAR.is_workday(date(2026, 9, 20))
    assert not CALENDAR.is_workday(date(2026, 10, 5))


def test_a_make_up_day_can_lie_in_the_year_before() -> None:
    # 2018-12-29 (Saturday) was worked by the notice of 2019.
    assert CALENDAR.is_workday(date(2018, 12, 29))


def test_a_deadline_that_runs_into_a_year_without_notice_is_provisional() -> None:
    assert not CALENDAR.deadline(date(2026, 12, 1), 7).provisional
    assert CALENDAR.deadline(date(2026, 12, 28), 7).provisional


def test_remaining_days_are_the_working_days_after_today() -> None:
    friday = date(2026, 9, 18)
    assert CALENDAR.remaining(friday, friday) == 0
    assert CALENDAR.remaining(friday, date(2026, 9, 29)) == 7
    assert CALENDAR.remaining(date(2026, 9, 29), friday) == -7


@given(DAYS, st.integers(1, 60))
def test_the_nth_deadline_is_a_working_day_with_n_working_days_up_to_it(event: date, days: int) -> None:
    due = CALENDAR.deadline(event, days).day
    assert CALENDAR.is_workday(due)
    assert CALENDAR.count(event + ONE_DAY, due) == days
    assert CALENDAR.before(CALENDAR.deadline(due, 1).day, 1) == due


@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_more_days_never_give_an_earlier_deadline(event: date, fewer: int, more: int) -> None:
    assert CALENDAR.deadline(event, fewer).day <= CALENDAR.deadline(event, fewer + more).day


def test_without_exceptions_the_plain_week_counts() -> None:
    plain = Calendar({}, frozenset({2030}))
    assert plain.deadline(date(2030, 1, 4), 1).day == date(2030, 1, 7)


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026q", "Q3", "20Q3", "２０２６Q3", "2026Q33"])
def test_what_is_not_a_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="季度"):
        Quarter.parse(text)


def test_a_quarter_knows_its_days_and_neighbours() -> None:
    quarter = Quarter.parse("2026q3")
    assert (str(quarter), quarter.label) == ("2026Q3", "2026年第三季度")
    assert (quarter.first, quarter.last) == (date(2026, 7, 1), date(2026, 9, 30))
    assert (str(quarter.next), str(quarter.previous)) == ("2026Q4", "2026Q2")
    assert (str(Quarter(2026, 4).next), str(Quarter(2026, 1).previous)) == ("2027Q1", "2025Q4")
