"""Figures of obligations by unit and kind, for the office and the units."""

from __future__ import annotations

from datetime import date

import peewee

from portal import clock
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
