"""Quarters: live estimates, the office's discretion, reviews, and the frozen result with its digest."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import peewee

from portal import clock, facts, scoring, units
from portal.database import InstantField, JsonField, Record
from portal.declarations import Unit
from portal.facts import Span, span_of
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed
from portal.scoring import UnitScore
from portal.subjects import Subject
from portal.workdays import Quarter

STAGES = {"open": "进行中", "collecting": "报送清单", "scoring": "评分", "review": "复核", "final": "定稿"}
#: The parts that the office sets (酌情): item → what it sets.
DISCRETIONARY = {"unlicensed": "整项", "single_check": "开展抽查部分"}


class QuarterStage(Record):
    """A stage that the office has entered; before it the dates alone say where a quarter stands."""

    quarter = peewee.TextField(unique=True)
    stage = peewee.TextField()
    entered_by = peewee.TextField()
    entered_at = InstantField()


class Adjustment(Record):
    """What the office added to the facts of one line, with its reason: ``set`` (酌情, points) or changed counts
    after a review. The newest of a line counts; the older ones stay."""

    quarter = peewee.TextField()
    unit = peewee.TextField()
    item = peewee.TextField()
    changes = JsonField()
    reason = peewee.TextField()
    entered_by = peewee.TextField()
    entered_at = InstantField()

    class Meta:
        indexes = ((("quarter", "unit", "item"), False),)


class Review(Record):
    """A unit's request to look at one line again (复核), and the office's answer."""

    quarter = peewee.TextField()
    unit = peewee.TextField()
    item = peewee.TextField()
    reason = peewee.TextField()
    asked_by = peewee.TextField()
    asked_at = InstantField()
    state = peewee.TextField(default="asked")
    answer = peewee.TextField(default="")
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)


Review.add_index(Review.index(Review.quarter, Review.unit, Review.item, unique=True, where=(Review.state == "asked")))


class FrozenScore(Record):
    """A final result: facts, scheme, adjustments and scores under one digest; a correction is the next revision."""

    quarter = peewee.TextField()
    revision = peewee.IntegerField()
    reason = peewee.TextField()
    content = JsonField()
    digest = peewee.TextField()
    frozen_by = peewee.TextField()
    frozen_at = InstantField()

    class Meta:
        indexes = ((("quarter", "revision"), True),)


@dataclass(frozen=True)
class Row:
    """One unit on the board."""

    unit: Unit
    rank: int
    score: UnitScore
    facts: facts.Facts
    adjustments: dict[str, Adjustment]

    @property
    def total(self) -> Decimal:
        return self.score.total


@dataclass(frozen=True)
class Board:
    """All units of a quarter, best first, with the stage it is in; ``frozen`` once it is final."""

    span: Span
    stage: str
    rows: list[Row]
    frozen: FrozenScore | None = None

    @property
    def stage_label(self) -> str:
        return STAGES[self.stage]

    def row(self, unit: str) -> Row:
        """The unit's row. Raises Missing."""
        for row in self.rows:
            if row.unit.key == unit:
                return row
        raise Missing("这个单位在这个季度没有得分")


def stage_of(span: Span) -> str:
    """Where the quarter stands: what the office entered, else by its dates (scoring.md "Life of a quarter")."""
    entered = QuarterStage.get_or_none(QuarterStage.quarter == str(span.quarter))
    if entered is not None:
        return entered.stage
    today = clock.today()
    if today < span.last_workday:
        return "open"
    return "collecting" if today <= span.closing else "scoring"


def adjustments(quarter: Quarter) -> dict[str, dict[str, Adjustment]]:
    """The adjustment in force of each line: ``{unit: {item: adjustment}}``."""
    found: dict[str, dict[str, Adjustment]] = {}
    for entry in Adjustment.select().where(Adjustment.quarter == str(quarter)).order_by(Adjustment.id):
        found.setdefault(entry.unit, {})[entry.item] = entry
    return found


def _adjusted(of_unit: facts.Facts, made: dict[str, Adjustment], newest: str) -> facts.Facts:
    changed = {item: dict(of_item) for item, of_item in of_unit.items()}
    for item, adjustment in made.items():
        known = changed.setdefault(item, {})
        for fact, value in adjustment.changes.items():
            known[fact] = value if fact == "set" else known.get(fact, 0) + value
        if item != newest:
            _bound(known)
    return changed


def _bound(counts: dict[str, Any]) -> None:
    """Keep a correction possible when the records moved on under it: what was owed is withdrawn after one more was
    counted as done. The engine refuses impossible facts, and one line must not take the board from every unit."""
    for fact, value in counts.items():
        if type(value) is int:
            counts[fact] = max(0, value)
    for less, more in (("done", "due"), ("on_time", "done")):
        if less in counts and more in counts:
            counts[less] = min(counts[less], counts[more])


def units_scored(span: Span) -> list[Unit]:
    """The members on the quarter's last day, or today while it runs: a unit that left is not scored from that day."""
    return units.enabled(max(min(span.quarter.last, clock.today()), span.quarter.first))


def board(quarter: Quarter) -> Board:
    """The quarter's board: frozen when final, else live from the records of this moment."""
    span = span_of(quarter)
    frozen = frozen_of(quarter)
    if frozen is not None:
        return frozen_board(span, frozen)
    scored, made = units_scored(span), adjustments(quarter)
    found = facts.of_all(span, [unit.key for unit in scored])
    rows = [row_of(span, unit, found[unit.key], made.get(unit.key, {})) for unit in scored]
    return Board(span, stage_of(span), ranked(rows))


def row_of(
    span: Span, unit: Unit, of_unit: facts.Facts, made: dict[str, Adjustment], newest: str = ""
) -> Row:
    """The unit's row with what the office changed. Raises ScoringError for impossible facts; of the changes only
    that of the item ``newest``, just typed, can make them so."""
    of_unit = _adjusted(of_unit, made, newest)
    names = [field.name for field in unit.check_fields]
    return Row(unit, 0, scoring.score_unit(span.scheme, unit.duties, names, of_unit), of_unit, made)


def ranked(rows: list[Row]) -> list[Row]:
    """Best first; equal totals share a rank and stand in the order of Annex 2-2."""
    ordered = sorted(rows, key=lambda row: (-row.total, row.unit.number))
    ranks = {row.unit.key: 1 + sum(1 for other in rows if other.total > row.total) for row in rows}
    return [Row(row.unit, ranks[row.unit.key], row.score, row.facts, row.adjustments) for row in ordered]


def frozen_board(span: Span, frozen: FrozenScore) -> Board:
    """The board as it was frozen: its very lines, whatever the records, the plugins or the program say since."""
    scheme = scoring.scheme_for(span.quarter.last).with_settings(frozen.content["settings"])
    made = adjustments(span.quarter)
    rows = []
    for entry in frozen.content["units"]:
        unit = registry().by_key.get(entry["unit"]) or _gone(entry)
        lines = tuple(_frozen_line(scheme, line) for line in entry["items"])
        kept = {item: a for item, a in made.get(entry["unit"], {}).items() if a.entered_at <= frozen.frozen_at}
        rows.append(Row(unit, entry["rank"], UnitScore(lines, Decimal(entry["total"])), entry["facts"], kept))
    return Board(Span(span.quarter, scheme, span.calendar, span.closing, span.last_workday), "final", rows, frozen)


def _frozen_line(scheme: scoring.Scheme, line: dict[str, str]) -> scoring.ScoreLine:
    item, score = scheme.item(line["item"]), Decimal(line["score"])
    return scoring.ScoreLine(
        item.key, item.name, item.group, Decimal(line["weight"]), score, Fraction(score), (), line["why"], "",
        False, False, item.rule, item.method,
    )  # fmt: skip


def _gone(entry: dict[str, Any]) -> Unit:
    """A stand-in for a unit whose plugin has been deleted since: its name and duties as frozen."""
    return Unit(entry["unit"], entry["number"], entry["name"], entry["name"], "", True, frozenset(entry["duties"]))


def frozen_of(quarter: Quarter) -> FrozenScore | None:
    """The newest frozen revision, or None before the first."""
    return (
        FrozenScore.select().where(FrozenScore.quarter == str(quarter)).order_by(FrozenScore.revision.desc()).first()
    )


def as_plain(made: Board) -> dict[str, Any]:
    """The board as plain values: what ``portal score --json`` prints, what is frozen, what exports use."""
    return {
        "quarter": str(made.span.quarter),
        "stage": made.stage,
        "scheme": made.span.scheme.name,
        "settings": made.span.scheme.plain_settings(),
        "units": [
            {
                "unit": row.unit.key,
                "number": row.unit.number,
                "name": row.unit.name,
                "duties": sorted(row.unit.duties),
                "check_fields": [field.name for field in row.unit.check_fields],
                "rank": row.rank,
                "total": str(row.total),
                "facts": row.facts,
                "items": [
                    {"item": line.item, "weight": str(line.weight), "score": str(line.score), "why": line.why}
                    for line in row.score.lines
                ],
                "adjustments": [
                    {"item": item, "changes": a.changes, "reason": a.reason} for item, a in sorted(row.adjustments.items())
                ],
            }
            for row in made.rows
        ],
    }


def may_see_rows(viewer: Any, unit: str) -> bool:
    """The unit itself, the office and the convenors see the rows behind a score (scoring.md "Who sees what")."""
    return viewer.unit == unit or viewer.has_role("office", "convenor", "deputy_convenor")


def rows_behind(viewer: Any, span: Span, unit: str, item: str, which: str, after: int = 0, size: int = 100) -> list[Obligation]:
    """The obligations behind a number: ``which`` is due, done, on_time, missed (due, not done by the closing), late or
    ahead (not due yet). Raises NotAllowed, Missing."""
    if not may_see_rows(viewer, unit):
        raise NotAllowed("得分背后的记录只有本单位、联席会议办公室和召集人可以查看")
    kinds = facts.COUNTED.get(item, ())
    today = clock.today()
    due = facts.due_in(span, today)
    done = Obligation.fulfilled_on.is_null(False) & (Obligation.fulfilled_on <= span.closing)
    conditions = {
        "due": due,
        "done": due & done,
        "on_time": due & done & (Obligation.fulfilled_on <= Obligation.deadline),
        "late": due & done & (Obligation.fulfilled_on > Obligation.deadline),
        "missed": due & (Obligation.fulfilled_on.is_null() | (Obligation.fulfilled_on > span.closing)),
        "ahead": facts.not_due_yet(span.quarter, today),
    }
    if which not in conditions:
        raise Missing("没有这一类记录")
    query = Obligation.select(Obligation, Subject).join(Subject, peewee.JOIN.LEFT_OUTER).where(
        (Obligation.unit == unit) & Obligation.kind.in_(kinds) & conditions[which] & (Obligation.id > after)
    )
    return list(query.order_by(Obligation.id).limit(size))


def year_rows(year: int) -> tuple[list[Quarter], list[tuple[Unit, dict[str, Decimal], Decimal | None]]]:
    """The year's final quarters and, for each unit, its totals by quarter and the year's score, best first."""
    totals: dict[str, dict[str, Decimal]] = {}
    finals = []
    for number in range(1, 5):
        quarter = Quarter(year, number)
        frozen = frozen_of(quarter)
        if frozen is None:
            continue
        finals.append(quarter)
        for entry in frozen.content["units"]:
            totals.setdefault(entry["unit"], {})[str(quarter)] = Decimal(entry["total"])
    scheme = facts.scheme_of(Quarter(year, 4).last)
    rows = []
    for unit in registry().units:
        own = totals.get(unit.key, {})
        rows.append((unit, own, scoring.year_total(list(own.values()), scheme) if own else None))
    rows.sort(key=lambda row: (row[2] is None, -(row[2] or 0), row[0].number))
    return finals, rows
