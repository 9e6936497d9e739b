"""The scoring engine of Annex 2-1: scheme, duties and facts in; exact scores and their reasons out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from portal.declarations import DUTIES
from portal.scheme import SCHEMES, Scheme, ScoreItem, scheme_for
from portal.scheme_settings import SETTING_LABELS, ScoringError, Settings, decimal_text, quote
from portal.score_rules import Part, nothing_due_part, read_facts, score_parts

__all__ = [
    "SCHEMES",
    "SETTING_LABELS",
    "Part",
    "Scheme",
    "ScoreItem",
    "ScoreLine",
    "ScoringError",
    "Settings",
    "UnitScore",
    "best_case",
    "items_of",
    "round_half_up",
    "scheme_for",
    "score_unit",
    "weights",
    "year_total",
]


@dataclass(frozen=True)
class ScoreLine:
    """One item's score with everything that explains it.

    ``weight`` and ``score`` have two decimals; ``exact`` is the score before its one rounding; ``waiting``
    marks a proposal that the office has still to set (酌情); ``nothing_due`` that nothing was due;
    ``why`` is the sentence for the page, ``formula`` its arithmetic alone.
    """

    item: str
    name: str
    group: str
    weight: Decimal
    score: Decimal
    exact: Fraction
    parts: tuple[Part, ...]
    words: str
    note: str
    waiting: bool
    nothing_due: bool
    rule: str
    method: str

    @property
    def formula(self) -> str:
        """The arithmetic alone; put into words only when somebody reads it."""
        return _formula(self.parts, self.exact, self.score) if self.parts else ""

    @property
    def why(self) -> str:
        """The sentence for the page; a frozen line (without parts) brings its own."""
        return f"{self.words}：{self.formula}{self.note}" if self.parts else self.words


@dataclass(frozen=True)
class UnitScore:
    """A unit's lines in the table's order, their sum, and the items whose points left as nothing was due."""

    lines: tuple[ScoreLine, ...]
    total: Decimal
    left_out: tuple[str, ...] = ()

    def line(self, item: str) -> ScoreLine:
        """The line of that item, or ScoringError if the unit is not scored in it."""
        for line in self.lines:
            if line.item == item:
                return line
        raise ScoringError(f"该单位本季没有计分项{quote(item)}的得分")


def round_half_up(value: Fraction) -> Decimal:
    """A score in points, rounded once, half up, to 0.01 (scores are never negative)."""
    return _hundredths(int(value * 100 + Fraction(1, 2)))


def _hundredths(count: int) -> Decimal:
    # Built from digits: Decimal arithmetic would round a long number to the context's precision.
    return Decimal(f"{count // 100}.{count % 100:02d}")


def items_of(
    scheme: Scheme, duties: Collection[str], check_fields: Collection[object]
) -> tuple[ScoreItem, ...]:
    """The items which a unit with these duties and check fields has (Annex 2-2), in the table's order."""
    if isinstance(duties, str) or isinstance(check_fields, str):
        raise ScoringError("职责和监管领域应为列表，不是一个词")
    for duty in duties:
        if duty not in DUTIES:
            raise ScoringError(f"没有职责{quote(duty)}，应为{'、'.join(DUTIES)}之一")
    held = frozenset(duties)
    return tuple(item for item in scheme.items if item.belongs_to(held, bool(check_fields)))


def weights(
    scheme: Scheme,
    duties: Collection[str],
    check_fields: Collection[object],
    left_out: Collection[str] = frozenset(),
) -> dict[str, Decimal]:
    """The weight of each item the unit is scored in, in points of two decimals, exactly 100.00 together.

    Points of items it lacks, and of ``left_out`` (nothing due, redistributed), go to licence linkage in
    proportion to those items' own points (附件2-1 注); with no linkage item left, as ``fallback`` says.
    Largest remainder, ties to the earlier item.
    """
    for key in left_out:
        scheme.item(key)
    if isinstance(duties, str) or isinstance(check_fields, str):
        raise ScoringError("职责和监管领域应为列表，不是一个词")
    return dict(_weights(scheme, frozenset(duties), bool(check_fields), frozenset(left_out)))


@lru_cache(maxsize=512)
def _weights(scheme: Scheme, duties: frozenset[str], has_fields: bool, left_out: frozenset[str]) -> dict[str, Decimal]:
    """The weights of one kind of unit: hundreds of units share a few kinds."""
    check_fields = ("",) if has_fields else ()
    items = [item for item in items_of(scheme, duties, check_fields) if item.key not in left_out]
    if not items:
        raise ScoringError("该单位没有可计分的项目")
    freed = 100 - sum(item.points for item in items)
    shares = _receivers(scheme, items)
    ideal = {item.key: 100 * (item.points + freed * shares.get(item.key, Fraction(0))) for item in items}
    counts = {key: int(value) for key, value in ideal.items()}
    by_remainder = sorted(ideal, key=lambda key: counts[key] - ideal[key])
    for key in by_remainder[: 10_000 - sum(counts.values())]:
        counts[key] += 1
    return {key: _hundredths(count) for key, count in counts.items()}


def _receivers(scheme: Scheme, items: Sequence[ScoreItem]) -> dict[str, Fraction]:
    """Which share of the freed points each receiving item takes; the shares sum to one."""
    linkage = [item for item in items if item.linkage]
    if not linkage and scheme.settings.fallback == "equal":
        return {item.key: Fraction(1, len(items)) for item in items}
    receiving = linkage or items
    points = sum(item.points for item in receiving)
    return {item.key: Fraction(item.points, points) for item in receiving}


def score_unit(
    scheme: Scheme,
    duties: Collection[str],
    check_fields: Collection[object],
    facts: Mapping[str, Mapping[str, Any]],
) -> UnitScore:
    """Score one unit for one quarter from its facts (scoring.md "Facts, item by item").

    ``facts`` maps item → fact → int, bool, or for ``set`` a decimal string, Decimal or int. Facts of items
    the unit lacks are ignored; an unknown item and a missing, unknown or impossible fact raise ScoringError.
    """
    if not isinstance(facts, Mapping):
        raise ScoringError(f"事实{quote(facts)}应为“计分项: 事实”的对照")
    for key in facts:
        scheme.item(key)
    items = items_of(scheme, duties, check_fields)
    read = {item.key: read_facts(item, facts) for item in items}
    idle = {item.key for item in items if item.has_due and not read[item.key]["due"]}
    # check_results with a task in the quarter but nothing due is a zero, not want of duty: it never leaves.
    left_out = tuple(
        key
        for key in scheme.keys
        if key in idle and scheme.leaves_when_nothing_due(key) and not read[key].get("tasks")
    )
    weight = weights(scheme, duties, check_fields, left_out)
    lines = []
    for item in items:
        if item.key in left_out:
            continue
        note = _weight_note(scheme, items, left_out, item, weight[item.key])
        lines.append(_line(scheme, item, weight[item.key], read[item.key], item.key in idle, note))
    return UnitScore(tuple(lines), sum((line.score for line in lines), Decimal("0.00")), left_out)


def _line(
    scheme: Scheme, item: ScoreItem, weight: Decimal, facts: dict[str, Any], idle: bool, note: str
) -> ScoreLine:
    w = Fraction(weight)
    words, parts = nothing_due_part(item, w, facts) if idle else score_parts(scheme, item, w, facts)
    value = sum((part.value for part in parts), Fraction(0))
    score = round_half_up(value)
    return ScoreLine(
        item=item.key,
        name=item.name,
        group=item.group,
        weight=weight,
        score=score,
        exact=value,
        parts=parts,
        words=words,
        note=note,
        waiting=any(part.waiting for part in parts),
        nothing_due=idle,
        rule=item.rule,
        method=item.method,
    )


def _formula(parts: tuple[Part, ...], value: Fraction, score: Decimal) -> str:
    """``8×38/40 + 2×30/40 = 7.60 + 1.50 = 9.10``, or ``10×55/61 = 9.016… → 9.02``."""
    steps = [" + ".join(part.formula for part in parts)]
    if len(parts) > 1 and any(part.formula != decimal_text(part.value) for part in parts):
        steps.append(" + ".join(decimal_text(part.value, 2) for part in parts))
    total = decimal_text(value, 2)
    if steps[-1] != total:
        steps.append(total)
    return " = ".join(steps) + ("" if total == str(score) else f" → {score}")


def _weight_note(
    scheme: Scheme, items: Sequence[ScoreItem], left_out: Sequence[str], item: ScoreItem, weight: Decimal
) -> str:
    """Why the weight differs from the table's points: whose points came here (附件2-1 注), or nothing."""
    if weight == item.points:
        return ""
    held = {one.key for one in items}
    lacking = "、".join(one.name for one in scheme.items if one.key not in held)
    idle = "、".join(one.name for one in scheme.items if one.key in left_out)
    reasons = ([f"职责中没有{lacking}"] if lacking else []) + (
        [f"本季{idle}无应办，按“分值移出”计"] if idle else []
    )
    scored = [one for one in items if one.key not in left_out]
    freed = 100 - sum(one.points for one in scored)
    share = _receivers(scheme, scored)[item.key]
    ideal = decimal_text(item.points + freed * share, 2)
    arrow = "" if ideal == str(weight) else f"，按最大余数法取 {weight}"
    added = f"{freed}×{share.numerator}/{share.denominator}"
    return f"（权重 {item.points} + {added} = {ideal}{arrow}：{'；'.join(reasons)}）"


def best_case(
    scheme: Scheme,
    duties: Collection[str],
    check_fields: Collection[object],
    facts: Mapping[str, Mapping[str, Any]],
    still_open: Mapping[str, Mapping[str, Any]],
) -> UnitScore:
    """What is still winnable while the quarter runs: the score once all of ``still_open`` is done.

    ``still_open`` has the shape of ``facts``: its counts are added, its flags and ``set`` replace.
    """
    reached = {item: dict(of_item) for item, of_item in facts.items()}
    for item, of_item in still_open.items():
        known = reached.setdefault(item, {})
        for fact, more in of_item.items():
            counts = type(more) is int and type(known.get(fact, 0)) is int
            known[fact] = known.get(fact, 0) + more if counts and fact != "set" else more
    return score_unit(scheme, duties, check_fields, reached)


def year_total(totals: Sequence[Decimal], scheme: Scheme | None = None) -> Decimal:
    """The year's score from the totals of its final quarters, as ``year_rule`` says, half up to 0.01."""
    if not totals:
        raise ScoringError("本年度还没有定稿的季度得分")
    whole = sum((Fraction(total) for total in totals), Fraction(0))
    rule = scheme.settings.year_rule if scheme else "mean"
    return round_half_up(whole if rule == "sum" else whole / len(totals))
