"""Lists of permits, of decisions that wait for their record, and of measures that wait: fixed numbers of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from portal.toolkit import Subject, clock, subjects, units

from .permit_models import Decision, LinkedMeasure, Permit
from .permit_rules import EXPIRING_DAYS


@dataclass(frozen=True)
class Filters:
    """What was asked; empty texts do not filter. ``state``: live, ended, expiring, expired or orphan (the subject
    ended and the permit lives on)."""

    unit: str = ""
    state: str = ""
    text: str = ""
    item: str = ""


STATES = {
    "live": "有效",
    "expiring": "即将到期",
    "expired": "已过期",
    "orphan": "主体已注销、吊销",
    "ended": "已终止",
}


def unit_shown(viewer: Any, asked: str) -> str:
    """Whose permits the person sees: their own unit's; the office and the convenors may look at any or all."""
    return asked if viewer.has_role("office", "convenor", "deputy_convenor") else viewer.unit or "-"


def conditions(filters: Filters) -> Any:
    """The filter as a condition over Permit joined with Subject."""
    found: Any = Permit.id.is_null(False)
    today = clock.today()
    soon = today + timedelta(days=EXPIRING_DAYS)
    if filters.unit:
        found &= Permit.unit == filters.unit
    if filters.state == "ended":
        found &= Permit.state != "live"
    elif filters.state in STATES:
        found &= Permit.state == "live"
    if filters.state == "expiring":
        found &= Permit.valid_until.between(today, soon)
    elif filters.state == "expired":
        found &= Permit.valid_until < today
    elif filters.state == "orphan":
        found &= Subject.state.in_(["注销", "吊销"])
    if filters.item:
        found &= Permit.item == filters.item
    if filters.text:
        key, code = subjects.name_key(filters.text), filters.text.upper()
        found &= (
            Subject.name_key.contains(key) | (Subject.credit_code == code) | (Permit.number == filters.text)
        )
    return found


def page_of(filters: Filters, *, before: int = 0, size: int = 50) -> tuple[list[Permit], int | None, int]:
    """A page of permits, newest first: (rows, key of the next page, how many in all)."""
    where = conditions(filters)
    paged = where & (Permit.id < before) if before else where
    rows = list(
        Permit.select(Permit, Subject).join(Subject).where(paged).order_by(Permit.id.desc()).limit(size + 1)
    )
    total = Permit.select(peewee.fn.COUNT(Permit.id)).join(Subject).where(where).scalar()
    return rows[:size], rows[size - 1].id if len(rows) > size else None, total


def waiting_decisions(unit: str, limit: int = 100) -> list[Decision]:
    """Decisions of the unit whose permit record is not entered yet, oldest first."""
    query = (
        Decision.select(Decision, Subject)
        .join(Subject)
        .where((Decision.unit == unit) & Decision.permit.is_null())
    )
    return list(query.order_by(Decision.decided_on, Decision.id).limit(limit))


def measures(
    viewer: Any, state: str, *, before: int = 0, size: int = 50
) -> tuple[list[LinkedMeasure], int | None]:
    """Measures of ``state`` that the person may see: those still to be taken the oldest first, the others the newest."""
    query = (
        LinkedMeasure.select(LinkedMeasure, Permit, Subject, Decision)
        .join(Permit)
        .switch(LinkedMeasure)
        .join(Subject)
        .switch(LinkedMeasure)
        .join(Decision)
        .where(LinkedMeasure.state == state)
    )
    every = viewer.has_role("office", "convenor", "deputy_convenor")
    if not every and viewer.unit != units.holder("linked_measures").key:
        query = query.where(Permit.unit == viewer.unit)
    waiting = state == "open"
    if before:
        query = query.where(LinkedMeasure.id > before if waiting else LinkedMeasure.id < before)
    rows = list(query.order_by(LinkedMeasure.id if waiting else LinkedMeasure.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None
