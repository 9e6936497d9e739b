"""公示期: two tracks of dated rules, why three months, why not at all; periods as the Civil Code counts them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.areas.credit import publicity_rules
from plugins.areas.credit.code_lists import PENALTY_KINDS
from plugins.areas.credit.periods import in_words, months_after
from plugins.areas.credit.publicity_rules import CREDIT, MARKET, Decision, publicity, track, track_for

DAY = date(2026, 9, 1)
PUBLISHED = date(2026, 9, 25)
PLAIN = Decision(penalty=True, decided_on=DAY, kinds=("罚款",), fine=2_000_000)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 9, 25), 3, date(2026, 12, 25)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 36, date(2031, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_a_period_of_months_ends_on_the_corresponding_day_or_the_months_last(start, months, end):
    assert months_after(start, months) == end


TRACK_BY_DATE = [
    # decided, by the market unit, a penalty → the governing track
    (date(2021, 9, 1), True, True, MARKET),
    (date(2026, 3, 31), True, True, MARKET),
    (date(2026, 3, 31), False, True, MARKET),
    (date(2026, 4, 1), False, True, CREDIT),
    (date(2026, 4, 1), True, True, MARKET),
    (date(2026, 4, 1), True, False, CREDIT),
    (date(2020, 1, 1), False, True, MARKET),
]


@pytest.mark.parametrize(("decided", "market", "penalty", "key"), TRACK_BY_DATE)
def test_the_governing_track_by_date_and_unit(decided, market, penalty, key):
    assert track_for(replace(PLAIN, decided_on=decided, by_market_unit=market, penalty=penalty)).key == key


MARKET_TABLE = [
    # kinds, fine in 元 → last public day, words of the reason
    (("警告",), 0, None, "不公示：仅受到警告的行政处罚（第二条）"),
    (("通报批评",), 0, date(2026, 12, 25), "自公示之日起公示3个月：仅受到通报批评（第十三条）"),
    (("警告", "通报批评"), 0, date(2026, 12, 25), "自公示之日起公示3个月：仅受到通报批评（第十三条）"),
    (("罚款",), 99_999, date(2026, 12, 25), "自公示之日起公示3个月：罚款低于较低数额标准 10 万元（第十三条）"),
    (("警告", "罚款"), 500, date(2026, 12, 25), "自公示之日起公示3个月：罚款低于较低数额标准 10 万元（第十三条）"),
    (("罚款",), 100_000, date(2029, 9, 25), "自公示之日起公示3年：通报批评、较低数额罚款以外的行政处罚（第十三条）"),
    (("罚款", "没收违法所得"), 500, date(2029, 9, 25), "自公示之日起公示3年：通报批评、较低数额罚款以外的行政处罚（第十三条）"),
    (("责令停产停业",), 0, date(2029, 9, 25), "自公示之日起公示3年：通报批评、较低数额罚款以外的行政处罚（第十三条）"),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "yuan", "until", "reason"), MARKET_TABLE)
def test_market_supervision_rules(kinds, yuan, until, reason):
    said = publicity(replace(PLAIN, kinds=kinds, fine=yuan * 100), PUBLISHED, track(MARKET))
    assert (said.published, said.latest_end, said.reason) == (until is not None, until, reason)
    assert said.starts_on == (PUBLISHED if until else None)


def test_a_longer_ban_prolongs_the_market_supervision_period():
    banned = replace(PLAIN, kinds=("限制从业",), fine=0, ban_until=date(2031, 9, 1))
    said = publicity(banned, PUBLISHED, track(MARKET))
    assert (said.latest_end, "期限更长" in said.reason) == (date(2031, 9, 1), True)


CREDIT_TABLE = [
    # change → earliest, latest, words
    ({"kinds": ("警告",)}, None, None, "不公示：轻微失信"),
    ({"kinds": ("通报批评", "警告")}, None, None, "不公示：轻微失信"),
    ({"simple_procedure": True}, None, None, "不公示：轻微失信（简易程序"),
    ({"simple_procedure": True, "sector_rule": "食品安全法某条"}, DAY, date(2026, 12, 1), "食品安全法某条另有公示规定"),
    ({}, date(2026, 12, 1), date(2027, 9, 1), "自决定之日起公示3个月至1年：一般失信"),
    ({"severity": "serious"}, date(2027, 9, 1), date(2029, 9, 1), "自决定之日起公示1年至3年：严重失信"),
    ({"kinds": ("责令停产停业",)}, date(2027, 9, 1), date(2029, 9, 1), "严重失信"),
    ({"penalty": False, "kinds": ()}, date(2026, 12, 1), date(2027, 9, 1), "一般失信"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "earliest", "latest", "words"), CREDIT_TABLE)
def test_credit_rules_of_2026_count_from_the_decision(change, earliest, latest, words):
    said = publicity(replace(PLAIN, **change), PUBLISHED, track(CREDIT))
    assert (said.earliest_end, said.latest_end) == (earliest, latest)
    assert words in said.reason


decisions = st.builds(
    Decision,
    penalty=st.booleans(),
    decided_on=st.dates(date(2021, 9, 1), date(2035, 12, 31)),
    kinds=st.lists(st.sampled_from(PENALTY_KINDS), min_size=1, max_size=4, unique=True).map(tuple),
    fine=st.integers(0, 10**10),
    by_market_unit=st.booleans(),
    simple_procedure=st.booleans(),
    severity=st.sampled_from(["", *publicity_rules.SEVERITIES]),
    sector_rule=st.sampled_from(["", "某法某条"]),
)


@given(decisions, st.integers(0, 900))
def test_publicity_never_runs_beyond_its_tracks_maximum_and_always_says_why(decision, days):
    published = decision.decided_on + timedelta(days=days)
    for of in publicity_rules.tracks_on(decision.decided_on):
        said = publicity(decision, published, of)
        assert said.reason and said.source
        if not said.published:
            assert said.latest_end is said.earliest_end is None and said.reason.startswith("不公示：")
            continue
        longest = max(term.longest for term in of.terms.values())
        assert said.starts_on <= said.earliest_end <= said.latest_end <= months_after(said.starts_on, longest)


def test_every_term_of_the_tracks_is_in_words():
    assert [in_words(m) for m in (3, 12, 18, 36)] == ["3个月", "1年", "18个月", "3年"]
