"""Facts of a quarter for every unit in one pass: counted from obligations, logins and what the areas add."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from portal import clock, official_calendar, settings, units
from portal.obligations import FULFILLED, KINDS, MISSED, OPEN, Obligation
from portal.plugging import registry
from portal.refusals import Missing
from portal.scoring import Scheme, ScoringError, scheme_for
from portal.users import LoginDay
from portal.workdays import Calendar, Quarter, days_between

Facts = dict[str, dict[str, Any]]

#: Score item → the kinds of obligations that it counts.
COUNTED: dict[str, tuple[str, ...]] = defaultdict(tuple)
for _kind in KINDS.values():
    if _kind.score_item:
        COUNTED[_kind.score_item] += (_kind.key,)

#: What an area that is not installed would say: nothing stands, nothing was done.
_NOTHING: Facts = {
    "unlicensed": {"entries": 0},
    "single_check": {
        "item_list": False, "subjects": False, "inspectors": False, "plan": False, "task": False, "planned": 0, "finished": 0,
    },
    "joint_check": {
        "item_list": False, "subjects": False, "inspectors": False, "plan": False, "task": False, "finished": 0,
    },
    "check_results": {"tasks": 0},
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A quarter with the moments that matter to its scoring."""

    quarter: Quarter
    scheme: Scheme
    calendar: Calendar
    closing: date
    last_workday: date

    @property
    def review_until(self) -> date:
        """The last day on which a unit may ask for a review, counted from the closing day."""
        return self.calendar.deadline(self.closing, self.scheme.settings.review_days).day


def scheme_of(day: date) -> Scheme:
    """The scheme in force on ``day`` with the settings entered for it. Raises Missing before the first scheme."""
    stored = {key.removeprefix("scheme."): value for key, value in settings.values("scheme.", day).items()}
    try:
        scheme = scheme_for(day)
    except ScoringError as error:
        raise Missing(str(error)) from error
    return scheme.with_settings(stored) if stored else scheme


def days_for(setting: str, day: date) -> int:
    """A limit in working days, by its setting (``scheme.claim_days``, ``days.unreachable``) in force on ``day``."""
    if setting.startswith("scheme."):
        return getattr(scheme_of(day).settings, setting.removeprefix("scheme."))
    return settings.value(setting, day)


def span_of(quarter: Quarter) -> Span:
    """The quarter, its scheme (in force on its last day) and its closing day."""
    scheme, calendar = scheme_of(quarter.last), official_calendar.calendar()
    closing = calendar.deadline(quarter.last, scheme.settings.close_days).day
    return Span(quarter, scheme, calendar, closing, calendar.last_workday(quarter.first, quarter.last))


def closing_of(day: date) -> date:
    """The closing day of the quarter in which ``day`` lies."""
    return span_of(Quarter.of(day)).closing


def due_in(span: Span, today: date) -> Any:
    """The condition of what is due: a scored obligation whose deadline lies in the quarter and has passed, or that is
    done already; one whose roll-back waits is left out, unless it was returned after the closing moment: a later act
    never changes the quarter (scoring.md "Due")."""
    return (
        Obligation.deadline.between(span.quarter.first, span.quarter.last)
        & Obligation.state.in_([OPEN, FULFILLED, MISSED])
        & (Obligation.scored == True)  # noqa: E712
        & (Obligation.waiting_since.is_null() | (Obligation.waiting_since >= clock.end_of(span.closing)))
        & ((Obligation.deadline < today) | Obligation.fulfilled_on.is_null(False))
    )


def not_due_yet(quarter: Quarter, today: date) -> Any:
    """The condition of what is still open and can be won whole: its deadline lies in the quarter, today or later."""
    return (
        Obligation.deadline.between(quarter.first, quarter.last)
        & (Obligation.state == OPEN)
        & (Obligation.scored == True)  # noqa: E712
        & Obligation.waiting_since.is_null()
        & (Obligation.deadline >= today)
    )


def _one_if(condition: Any) -> Any:
    return peewee.fn.SUM(peewee.Case(None, [(condition, 1)], 0))


def counts(span: Span, today: date) -> dict[tuple[str, str], tuple[int, int, int]]:
    """``{(unit, kind): (due, done, on time)}`` for every unit, in one aggregate over a covering index."""
    done = Obligation.fulfilled_on.is_null(False) & (Obligation.fulfilled_on <= span.closing)
    on_time = Obligation.fulfilled_on.is_null(False) & (Obligation.fulfilled_on <= Obligation.deadline)
    kinds = [kind for of_item in COUNTED.values() for kind in of_item]
    query = (
        Obligation.select(
            Obligation.unit, Obligation.kind, peewee.fn.COUNT(peewee.SQL("*")), _one_if(done), _one_if(on_time)
        )
        .where(Obligation.kind.in_(kinds) & due_in(span, today))
        .group_by(Obligation.kind, Obligation.unit)
    )
    return {(unit, kind): (int(due), int(done_), int(timely)) for unit, kind, due, done_, timely in query.tuples()}


def _login_days(span: Span, today: date) -> dict[str, tuple[set[date], list[date]]]:
    """``{unit: (days signed in, working days due)}``: due up to yesterday, and today once earned."""
    first, last = span.quarter.first, min(span.quarter.last, today)
    workdays = [day for day in days_between(first, last) if span.calendar.is_workday(day)] if last >= first else []
    earned: dict[str, set[date]] = defaultdict(set)
    query = LoginDay.select(LoginDay.unit, LoginDay.day).where(LoginDay.day.between(first, span.quarter.last))
    for unit, day in query.tuples():
        earned[unit].add(day)
    known = units.terms()
    found: dict[str, tuple[set[date], list[date]]] = {}
    for unit in registry().by_key:
        member = [
            day for day in workdays
            if any(t.from_day <= day and (t.until_day is None or day < t.until_day) for t in known.get(unit, []))
        ]  # fmt: skip
        due = [day for day in member if day < today or day in earned[unit]]
        found[unit] = (earned[unit], due)
    return found


def login_days(span: Span, unit: str) -> list[tuple[date, bool]]:
    """The unit's due days of the quarter and whether each was earned, for the page behind the number."""
    earned, due = _login_days(span, clock.today())[unit]
    return [(day, day in earned) for day in due]


def of_all(span: Span, only: Iterable[str] | None = None) -> dict[str, Facts]:
    """The facts of every installed unit (or of ``only``) for the quarter as they stand at this moment."""
    today = clock.today()
    counted, logins = counts(span, today), _login_days(span, today)
    added: dict[str, Facts] = defaultdict(dict)
    for _, answer in registry().answers("score_facts", quarter=span.quarter):
        for unit, facts in answer.items():
            for item, of_item in facts.items():
                added[unit].setdefault(item, {}).update(of_item)
    wanted = list(registry().by_key) if only is None else list(only)
    return {unit: _facts_of(unit, counted, logins[unit], added.get(unit, {}), span) for unit in wanted}


def _facts_of(unit: str, counted: dict, login: tuple[set[date], list[date]], added: Facts, span: Span) -> Facts:
    facts: Facts = {item: dict(of_item) for item, of_item in _NOTHING.items()}
    earned, due_days = login
    facts["login"] = {"done": sum(1 for day in due_days if day in earned), "due": len(due_days)}
    for item in ("claim", "feedback", "permit_entry", "dishonesty", "check_results"):
        rows = [counted.get((unit, kind), (0, 0, 0)) for kind in COUNTED[item]]
        of_item = facts.setdefault(item, {})
        of_item |= {"due": sum(row[0] for row in rows), "done": sum(row[1] for row in rows)}
        if item in ("claim", "feedback"):
            of_item["on_time"] = sum(row[2] for row in rows)
    facts["meetings"] = _meeting_facts(unit, counted, span)
    for item, of_item in added.items():
        facts.setdefault(item, {}).update(of_item)
    return facts


def _meeting_facts(unit: str, counted: dict, span: Span) -> dict[str, int]:
    """Absences from attendance, and materials either missing or late, never both; the quarter list is one (setting)."""
    due, done, _ = counted.get((unit, "attendance"), (0, 0, 0))
    facts = {"absent": due - done, "missing": 0, "late": 0}
    kinds = ["material"] + (["quarter_list"] if span.scheme.settings.quarter_list_is_material else [])
    for kind in kinds:
        due, done, on_time = counted.get((unit, kind), (0, 0, 0))
        facts["missing"] += due - done
        facts["late"] += done - on_time
    return facts


def still_open(span: Span, unit: str) -> Facts:
    """What the unit can still win in a running quarter, in the shape that ``scoring.best_case`` adds."""
    today = clock.today()
    if today > span.closing:
        return {}
    ahead: dict[str, int] = defaultdict(int)
    query = (
        Obligation.select(Obligation.kind, peewee.fn.COUNT(peewee.SQL("*")))
        .where((Obligation.unit == unit) & not_due_yet(span.quarter, today))
        .group_by(Obligation.kind)
    )
    for kind, number in query.tuples():
        ahead[kind] = int(number)
    late = {kind: due - done for (of, kind), (due, done, _) in counts(span, today).items() if of == unit}
    more: Facts = {}
    for item in ("claim", "feedback", "permit_entry", "dishonesty", "check_results"):
        new = sum(ahead[kind] for kind in COUNTED[item])
        more[item] = {"due": new, "done": new + sum(late.get(kind, 0) for kind in COUNTED[item])}
        if item in ("claim", "feedback"):
            more[item]["on_time"] = new
    sendable = sum(late.get(kind, 0) for kind in ("material", "quarter_list"))
    more["meetings"] = {"missing": -sendable, "late": sendable}
    if today <= span.quarter.last:
        left = [day for day in days_between(today, span.quarter.last) if span.calendar.is_workday(day)]
        if LoginDay.select().where((LoginDay.unit == unit) & (LoginDay.day == today)).exists():
            left = [day for day in left if day != today]
        more["login"] = {"due": len(left), "done": len(left)}
    return more


