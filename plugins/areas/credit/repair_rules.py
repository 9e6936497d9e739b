"""The conditions of a repair (信用修复), one by one with their source, by the track that governs the record; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plugins.areas.credit import publicity_rules
from plugins.areas.credit.code_lists import STRICT_FIELDS
from plugins.areas.credit.periods import in_words, months_after

MET, UNMET, TO_CONFIRM = "met", "unmet", "to_confirm"
RESULT_LABELS = {MET: "符合", UNMET: "不符合", TO_CONFIRM: "待办理人核实"}

RECEIVED, APPROVED, REFUSED, WITHDRAWN, LAPSED = "received", "approved", "refused", "withdrawn", "lapsed"
STATE_LABELS = {
    RECEIVED: "已受理，待决定",
    APPROVED: "准予修复",
    REFUSED: "不予修复",
    WITHDRAWN: "申请人撤回",
    LAPSED: "决定已撤销，终结办理",
}

#: state × act → state; whatever is not here is refused.
TRANSITIONS: dict[tuple[str, str], str] = {
    (RECEIVED, "approve"): APPROVED,
    (RECEIVED, "refuse"): REFUSED,
    (RECEIVED, "withdraw"): WITHDRAWN,
}

#: Conditions that no table of the portal can answer: the deciding officer confirms each with its evidence.
CONFIRMED_BY_OFFICER = ("duties", "harm", "commitment")


@dataclass(frozen=True)
class Situation:
    """What the portal knows when the conditions are checked on ``day``; ``confirmed`` are the officer's own answers."""

    penalty: bool
    kinds: tuple[str, ...]
    field: str
    track: str
    day: date
    published: bool
    starts_on: date | None
    earliest_end: date | None
    latest_end: date | None
    later_same_kind: tuple[str, ...] = ()
    barring_lists: tuple[str, ...] = ()
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Condition:
    """One condition: key, words, result (met, unmet, to_confirm), what was found, the article it comes from."""

    key: str
    text: str
    result: str
    finding: str
    source: str

    @property
    def result_label(self) -> str:
        return RESULT_LABELS[self.result]


def barred(penalty: bool, kinds: tuple[str, ...], track_key: str) -> str | None:
    """Why this record can never be repaired early, with the article, or None."""
    if track_key != publicity_rules.MARKET or not penalty:
        return None
    grave = [kind for kind in kinds if kind in publicity_rules.GRAVE_KINDS]
    if not grave:
        return None
    return f"处罚种类含{'、'.join(grave)}，按《{publicity_rules.track(track_key).source}》第十四条不得提前停止公示"


def shortest_wait(situation: Situation) -> tuple[int, date | None]:
    """The months that must pass before an early end, and the first day on which they have passed."""
    if situation.track == publicity_rules.MARKET:
        of = publicity_rules.track(situation.track)
        months = of.repair_months_strict if situation.field in STRICT_FIELDS else of.repair_months
        return months, months_after(situation.starts_on, months) if situation.starts_on else None
    return 0, situation.earliest_end


def conditions(situation: Situation) -> list[Condition]:
    """Every condition of the governing track with its result (source 二（四） and the track's own articles)."""
    of = publicity_rules.track(situation.track)
    article = "第十四条" if situation.track == publicity_rules.MARKET else "（条号待核）"
    rule = f"{of.source}{article}"
    found = [
        _published(situation),
        _not_barred(situation, rule),
        _waited(situation, of),
        _confirmed(situation, "duties", "已经履行行政处罚决定等规定的义务、纠正失信行为", rule),
        _confirmed(situation, "harm", "已经消除不良社会影响、危害后果", f"实施办法 二（四）；{rule}"),
    ]
    if situation.track == publicity_rules.MARKET:
        found += [_no_second(situation, rule), _not_listed(situation, rule)]
    found.append(
        _confirmed(situation, "commitment", "已提交信用修复申请书、公开作出守信承诺", of.repair_source)
    )
    return found


def _published(situation: Situation) -> Condition:
    ok = situation.published
    return Condition(
        "published",
        "信息正在公示期间",
        MET if ok else UNMET,
        "公示中" if ok else "不在公示期间，无需修复",
        "实施办法 二（四）",
    )


def _not_barred(situation: Situation, rule: str) -> Condition:
    why = barred(situation.penalty, situation.kinds, situation.track)
    return Condition(
        "kind", "不属于不得提前停止公示的处罚", UNMET if why else MET, why or "不在排除之列", rule
    )


def _waited(situation: Situation, of: publicity_rules.Track) -> Condition:
    months, first_day = shortest_wait(situation)
    words = f"公示满{in_words(months)}" if months else "已过最短公示期"
    if first_day is None:
        return Condition("period", words, UNMET, "没有公示起始日", of.repair_source)
    if situation.latest_end is not None and first_day >= situation.latest_end:
        return Condition(
            "period",
            words,
            UNMET,
            f"最短期限 {first_day} 不早于公示期届满日 {situation.latest_end}，届满自动停止公示",
            of.repair_source,
        )
    ok = situation.day > first_day
    return Condition(
        "period",
        words,
        MET if ok else UNMET,
        f"满期日 {first_day}" + ("" if ok else "，尚未满期"),
        of.repair_source,
    )


def _no_second(situation: Situation, rule: str) -> Condition:
    again = situation.later_same_kind
    finding = f"决定之后又有同类处罚：{'、'.join(again)}" if again else "平台内没有同类处罚"
    return Condition("second", "未因同一类违法行为再次受到行政处罚", UNMET if again else MET, finding, rule)


def _not_listed(situation: Situation, rule: str) -> Condition:
    lists = situation.barring_lists
    finding = f"在册：{'、'.join(lists)}" if lists else "平台内没有在册记录"
    return Condition("lists", "未在经营异常名录、严重违法失信名单中", UNMET if lists else MET, finding, rule)


def _confirmed(situation: Situation, key: str, text: str, source: str) -> Condition:
    ok = key in situation.confirmed
    return Condition(
        key, text, MET if ok else TO_CONFIRM, "办理人已核实" if ok else "由决定单位核实材料后确认", source
    )
