"""Figures of obligations by unit and kind, for the office and the units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import peewee

from portal import clock, obligations, official_calendar
from portal.obligations import FULFILLED, MISSED, OPEN, Obligation


def figures(first: date, last: date) -> list[tuple[str, str, int, int, int, int]]:
    """By unit and kind, for deadlines from ``first`` to ``last``: (unit, kind, owed, done, on time, overdue and open)."""
    done = Obligation.state == FULFILLED
    query = (
        Obligation.select(
            Obligation.unit,
            Obligation.kind,
            peewee.fn.COUNT(Obligation.id),
            peewee.fn.SUM(peewee.Case(None, [(done, 1)], 0)),
            peewee.fn.SUM(peewee.Case(None, [(done & (Obligation.fulfilled_on <= Obligation.deadline), 1)], 0)),
            peewee.fn.SUM(peewee.Case(None, [((Obligation.state == OPEN) & (Obligation.deadline < clock.today()), 1)], 0)),
        )
        .where(Obligation.deadline.between(first, last) & Obligation.state.in_([OPEN, FULFILLED, MISSED]))
        .group_by(Obligation.unit, Obligation.kind)
    )
    return list(query.tuples())


@dataclass(frozen=True)
class Pressing:
    """How many the unit owes, and how soon; what waits for the decision on a roll-back presses nobody."""

    total: int
    overdue: int
    today: int
    soon: int


def pressing(unit: str) -> Pressing:
    """Counts by the lamps' own limits: overdue, due today, due within three working days after today."""
    today, calendar = clock.today(), official_calendar.calendar()
    days = (
        Obligation.select(Obligation.deadline, peewee.fn.COUNT(Obligation.id))
        .where((Obligation.unit == unit) & (Obligation.state == OPEN) & Obligation.waiting_since.is_null())
        .group_by(Obligation.deadline)
        .tuples()
    )
    overdue = due_today = soon = 0
    for day, count in days:
        if day < today:
            overdue += count
        elif day == today:
            due_today += count
        elif calendar.remaining(today, day) <= 3:
            soon += count
    return Pressing(obligations.open_total(unit), overdue, due_today, soon)


def open_by_unit() -> dict[str, tuple[int, int]]:
    """What every unit owes, for the office and the convenors: ``{unit: (open, overdue)}``."""
    query = (
        Obligation.select(
            Obligation.unit,
            peewee.fn.COUNT(Obligation.id),
            peewee.fn.SUM(peewee.Case(None, [(Obligation.deadline < clock.today(), 1)], 0)),
        )
        .where(Obligation.state == OPEN)
        .group_by(Obligation.unit)
    )
    return {unit: (total, late or 0) for unit, total, late in query.tuples()}
