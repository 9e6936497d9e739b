"""Look-up of pushes: every unit may find and download all that were pushed, the unmatched too (areas.md 1.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from portal.toolkit import Refused, Subject, subjects

from .models import Claim, Push


@dataclass(frozen=True)
class Filters:
    """What was asked; empty texts do not filter. ``doubtful`` is "1" or "0"; days are ISO texts of the push."""

    state: str = "pushed"
    text: str = ""
    doubtful: str = ""
    classification: str = ""
    day_from: str = ""
    day_until: str = ""


@dataclass(frozen=True)
class Found:
    """One page of pushes, newest first, with the claim rows of each."""

    rows: list[Push]
    before: int | None
    pushes_total: int
    subjects_total: int
    claims: dict[int, list[Claim]]


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"日期“{text}”应写成 2026-09-18 这样", {field: "日期不对"}) from None


def conditions(filters: Filters) -> Any:
    """The filter as a condition over Push joined with Subject. Raises Refused for a wrong date."""
    found = Push.state == filters.state
    if filters.text:
        key, code = subjects.name_key(filters.text), filters.text.upper()
        found &= (
            Subject.name_key.contains(key)
            | (Subject.credit_code == code)
            | (Subject.registration_number == code)
        )
    if filters.doubtful in ("0", "1"):
        found &= Push.doubtful == (filters.doubtful == "1")
    if filters.classification in subjects.CLASSIFICATIONS and filters.classification:
        found &= Push.classification == filters.classification
    if filters.day_from:
        found &= Push.confirmed_on >= _day(filters.day_from, "from")
    if filters.day_until:
        found &= Push.confirmed_on <= _day(filters.day_until, "until")
    return found


def page_of(filters: Filters, *, before: int | None = None, size: int = 50) -> Found:
    """A page of pushes; the number of queries is the same whatever the length."""
    where = conditions(filters)
    paged = where & (Push.id < before) if before else where
    rows = list(
        Push.select(Push, Subject).join(Subject).where(paged).order_by(Push.id.desc()).limit(size + 1)
    )
    more, rows = len(rows) > size, rows[:size]
    totals = Push.select(peewee.fn.COUNT(Push.id), peewee.fn.COUNT(peewee.fn.DISTINCT(Push.subject))).join(
        Subject
    )
    pushes_total, subjects_total = totals.where(where).tuples().first()
    of: dict[int, list[Claim]] = {row.id: [] for row in rows}
    for claim in Claim.select().where(Claim.push.in_(list(of))).order_by(Claim.id):
        of[claim.push_id].append(claim)
    return Found(rows, rows[-1].id if more else None, pushes_total, subjects_total, of)


def every(filters: Filters) -> Iterator[tuple[Push, list[Claim]]]:
    """Every push of the filter with its claim rows, newest first, read part by part."""
    before: int | None = None
    while True:
        found = page_of(filters, before=before, size=500)
        yield from ((push, found.claims[push.id]) for push in found.rows)
        if found.before is None:
            return
        before = found.before
