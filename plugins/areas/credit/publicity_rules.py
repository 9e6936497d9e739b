"""How long a record is published, and why: two tracks of rules side by side, as dated data (areas.md 2.2).

Pure: facts of a decision in, a term with its reason and its article out. Every number stands in ``TRACKS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plugins.areas.credit.periods import in_words, months_after

MARKET, CREDIT = "market", "credit"
LIGHT, ORDINARY, SERIOUS = "light", "ordinary", "serious"
SEVERITIES = {LIGHT: "轻微", ORDINARY: "一般", SERIOUS: "严重"}

#: Kinds that leave the person less than the old trade: never ended early, and serious under the newer rules.
GRAVE_KINDS = frozenset(
    {"责令停产停业", "限制开展生产经营活动", "限制从业", "降低资质等级", "吊销许可证件", "责令关闭"}
)


@dataclass(frozen=True)
class Term:
    """A class of publicity: shortest and longest time in months; 0 longest = not published."""

    shortest: int
    longest: int


@dataclass(frozen=True)
class Track:
    """One set of publicity rules in force from ``since``; ``starts`` says which day begins the period."""

    key: str
    label: str
    since: date
    until: date | None
    source: str
    starts: str
    terms: dict[str, Term]
    repair_source: str
    repair_months: int
    repair_months_strict: int
    confidence: str


TRACKS: tuple[Track, ...] = (
    Track(
        MARKET, "市场监管行政处罚公示规则", date(2021, 9, 1), None,
        "市场监督管理行政处罚信息公示规定（总局令45号）", "published",
        {"warning": Term(0, 0), "low": Term(0, 3), "full": Term(0, 36)},
        "市场监督管理信用修复管理办法（国市监信规〔2021〕3号）", 6, 12, "修复月数待核",
    ),
    Track(
        CREDIT, "信用修复管理规则（2026）", date(2026, 4, 1), None,
        "信用修复管理办法（国家发展改革委令36号）", "decided",
        {"light": Term(0, 0), "light_sector": Term(0, 3), "ordinary": Term(3, 12), "serious": Term(12, 36)},
        "信用修复管理办法（国家发展改革委令36号）", 0, 0, "条号待核",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """What the rules need to know of a decision; ``fine`` and ``low_fine`` in 分.

    ``by_market_unit``: decided by the unit that publishes (市场监管). ``low_fine`` is the amount below which a fine is
    较低数额 for this party. ``sector_rule`` names the article by which light dishonesty is published all the same.
    ``ban_until`` is the end of a ban on business or post.
    """

    penalty: bool
    decided_on: date
    kinds: tuple[str, ...] = ()
    fine: int = 0
    low_fine: int = 10_000_000
    by_market_unit: bool = False
    simple_procedure: bool = False
    severity: str = ""
    sector_rule: str = ""
    ban_until: date | None = None


@dataclass(frozen=True)
class Publicity:
    """What a track says: whether it is published, the first day of the period, when an early end may begin at the
    earliest, the last public day, and the reason in words with its source. Days are None where nothing is published."""

    track: str
    published: bool
    starts_on: date | None
    earliest_end: date | None
    latest_end: date | None
    reason: str
    source: str


def tracks_on(day: date) -> list[Track]:
    """The tracks in force on ``day``, the older first."""
    return [track for track in TRACKS if track.since <= day and (track.until is None or day <= track.until)]


def track(key: str) -> Track:
    """The track of that key. Raises KeyError."""
    return next(found for found in TRACKS if found.key == key)


def track_for(decision: Decision) -> Track:
    """The governing track: the market-supervision rules for penalties of that unit, else the newer credit rules once
    they are in force, else the only rules there are."""
    known = {found.key: found for found in tracks_on(decision.decided_on)} or {TRACKS[0].key: TRACKS[0]}
    if not (decision.penalty and decision.by_market_unit) and CREDIT in known:
        return known[CREDIT]
    return known.get(MARKET) or next(iter(known.values()))


def suggested_severity(decision: Decision) -> str:
    """The class that the kinds of penalty speak for; the officer may choose a higher one."""
    if decision.penalty and (
        decision.simple_procedure or (decision.kinds and set(decision.kinds) <= {"警告", "通报批评"})
    ):
        return LIGHT
    return SERIOUS if GRAVE_KINDS & set(decision.kinds) else ORDINARY


def publicity(decision: Decision, published_on: date, of: Track | None = None) -> Publicity:
    """What ``of`` (default: the governing track) says of a decision published on ``published_on``."""
    of = of or track_for(decision)
    name, why = _market_class(decision) if of.key == MARKET else _credit_class(decision)
    term = of.terms[name]
    if term.longest == 0:
        return Publicity(of.key, False, None, None, None, f"不公示：{why}", of.source)
    starts_on = published_on if of.starts == "published" else decision.decided_on
    latest = months_after(starts_on, term.longest)
    if of.key == MARKET and decision.ban_until and decision.ban_until > latest:
        latest, why = decision.ban_until, f"{why}；限制从业、限制经营的期限更长，公示至该期限届满"
    length = (
        f"公示{in_words(term.longest)}"
        if not term.shortest
        else f"公示{in_words(term.shortest)}至{in_words(term.longest)}"
    )
    begins = "自公示之日起" if of.starts == "published" else "自决定之日起"
    return Publicity(
        of.key,
        True,
        starts_on,
        _earliest(of, decision, starts_on, term, latest),
        latest,
        f"{begins}{length}：{why}",
        of.source,
    )


def _earliest(of: Track, decision: Decision, starts_on: date, term: Term, latest: date) -> date:
    return min(months_after(starts_on, term.shortest), latest)


def _market_class(decision: Decision) -> tuple[str, str]:
    if not decision.penalty:
        return "full", "列入失信名单等其他失信信息，按规定期限公示"
    kinds = set(decision.kinds)
    if kinds == {"警告"}:
        return "warning", "仅受到警告的行政处罚（第二条）"
    light = kinds <= {"警告", "通报批评", "罚款"}
    if light and ("罚款" not in kinds or decision.fine < decision.low_fine):
        words = (
            "仅受到通报批评"
            if "罚款" not in kinds
            else f"罚款低于较低数额标准 {decision.low_fine // 1_000_000:g} 万元"
        )
        return "low", f"{words}（第十三条）"
    return "full", "通报批评、较低数额罚款以外的行政处罚（第十三条）"


def _credit_class(decision: Decision) -> tuple[str, str]:
    severity = decision.severity or suggested_severity(decision)
    if severity == LIGHT:
        if decision.sector_rule:
            return "light_sector", f"轻微失信，但{decision.sector_rule}另有公示规定"
        return "light", "轻微失信（简易程序，或者仅警告、通报批评）"
    if severity == SERIOUS:
        return "serious", "严重失信"
    return "ordinary", "一般失信"
