"""The settings of a scoring scheme: defaults, bounds, storing, and which scheme a quarter is scored with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.scoring import SCHEMES, SETTING_LABELS, ScoringError, scheme_for, score_unit

SCHEME = SCHEMES[0]


CAN_BE_IDLE = ("login", "claim", "feedback", "permit_entry", "dishonesty", "check_results")


def line_of(item, facts, **settings):
    """The line of one item of a unit with all duties, all its other facts being zero."""
    standing = dict.fromkeys(("item_list", "subjects", "inspectors", "plan", "task"), False)
    none = {"due": 0, "done": 0}
    others = {
        "login": none,
        "claim": none | {"on_time": 0},
        "feedback": none | {"on_time": 0},
        "permit_entry": none,
        "dishonesty": none,
        "unlicensed": {"entries": 0},
        "single_check": standing | {"planned": 0, "finished": 0},
        "joint_check": standing | {"finished": 0},
        "check_results": none | {"tasks": 0},
        "meetings": {"absent": 0, "missing": 0, "late": 0},
    }
    duties = ("login", "permit", "unlicensed", "penalty", "other_dishonesty")
    return score_unit(SCHEME.with_settings(settings), duties, ("环保",), others | {item: facts}).line(item)


def test_the_defaults_are_those_of_the_scheme_and_each_has_a_label():
    assert SCHEME.plain_settings() == {
        "claim_days": 7,
        "feedback_days": 20,
        "timely": "share",
        "nothing_due": dict.fromkeys(CAN_BE_IDLE, "full"),
        "pass_ratio": "0.9",
        "unlicensed_full": 2,
        "unlicensed_base": {"0": "0", "1": "0.5"},
        "close_days": 5,
        "review_days": 5,
        "year_rule": "mean",
        "leave_counts_as_absent": True,
        "quarter_list_is_material": True,
        "filing_rows_scored": False,
        "supervisor_rows_scored": False,
        "fallback": "all_items",
    }
    assert SETTING_LABELS.keys() == SCHEME.plain_settings().keys()


def test_all_settings_can_be_shown_beside_the_scores():
    scheme = SCHEME.with_settings({"nothing_due": {"claim": "redistribute"}, "timely": "all_or_nothing"})
    assert {name: text for name, _label, text in scheme.settings_in_words()} == {
        "claim_days": "7",
        "feedback_days": "20",
        "timely": "全部及时才得分",
        "nothing_due": "平台登陆：得满分；许可主体认领：分值移出；许可主体认领后反馈：得满分；"
        "行政许可信息录入：得满分；失信联合惩戒：得满分；检查结果的回填公示：得满分",
        "pass_ratio": "0.9",
        "unlicensed_full": "2",
        "unlicensed_base": "0起：分值×0；1起：分值×0.5",
        "close_days": "5",
        "review_days": "5",
        "year_rule": "各季度平均",
        "leave_counts_as_absent": "是",
        "quarter_list_is_material": "是",
        "filing_rows_scored": "否",
        "supervisor_rows_scored": "否",
        "fallback": "按比例加至其余各项",
    }
    assert all(SETTING_LABELS[name] == label for name, label, _text in scheme.settings_in_words())


def test_settings_survive_being_stored_and_read_back():
    changed = SCHEME.with_settings(
        {"pass_ratio": "0.855", "unlicensed_base": {"1": "0.333"}, "nothing_due": {"claim": "redistribute"}}
    )
    again = SCHEME.with_settings(changed.plain_settings())
    assert again.plain_settings() == changed.plain_settings()
    assert changed.plain_settings()["unlicensed_base"] == {"0": "0", "1": "0.333"}


@pytest.mark.parametrize(
    ("settings", "item", "facts", "score"),
    [
        ({"timely": "all_or_nothing"}, "claim", {"due": 4, "done": 4, "on_time": 3}, "8.00"),
        ({"timely": "all_or_nothing"}, "claim", {"due": 4, "done": 4, "on_time": 4}, "10.00"),
        ({"pass_ratio": "0.95"}, "permit_entry", {"due": 100, "done": 94}, "9.40"),
        ({"pass_ratio": Decimal("0.85")}, "dishonesty", {"due": 100, "done": 85}, "15.00"),
        ({"pass_ratio": 1}, "dishonesty", {"due": 100, "done": 99}, "14.85"),
        ({"unlicensed_full": 1}, "unlicensed", {"entries": 1}, "5.00"),
        ({"unlicensed_full": 4}, "unlicensed", {"entries": 3}, "2.50"),
        ({"unlicensed_base": {"0": "0.2", "1": "0.6"}}, "unlicensed", {"entries": 0}, "1.00"),
        ({"unlicensed_base": {0: "0.2", 1: "0.6"}}, "unlicensed", {"entries": 1}, "3.00"),
        ({"claim_days": 10, "close_days": 0}, "claim", {"due": 4, "done": 4, "on_time": 4}, "10.00"),
    ],
)
def test_settings_change_the_score(settings, item, facts, score):
    assert str(line_of(item, facts, **settings).score) == score


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"claim_day": 7}, "没有设置“claim_day”"),
        ({"claim_days": 0}, "claim_days（认领时限（工作日））的值“0”应为1至250的整数"),
        ({"claim_days": True}, "“true”"),
        ({"claim_days": "7"}, "应为1至250的整数"),
        ({"claim_days": Decimal("7.0")}, "应为1至250的整数"),
        ({"close_days": -1}, "应为0至60的整数"),
        ({"timely": "maybe"}, "all_or_nothing（全部及时才得分）"),
        ({"timely": ["share"]}, "“[…]”"),
        ({"year_rule": None}, "“null”"),
        ({"pass_ratio": 0.9}, "不是数"),
        ({"pass_ratio": "1.01"}, "应在0至1之间"),
        ({"pass_ratio": 0}, "应大于0"),
        ({"pass_ratio": "90%"}, "不是数"),
        ({"pass_ratio": True}, "不是数"),
        ({"unlicensed_base": {"1": "1.5"}}, "（1起）的值“1.5”应在0至1之间"),
        ({"unlicensed_base": {"-1": "0.5"}}, "录入起数“-1”"),
        ({"unlicensed_base": {1: "0.5", "1": "0.4"}}, "重复"),
        ({"unlicensed_base": "0.5"}, "对照"),
        ({"unlicensed_full": 0}, "应为1至1000的整数"),
        ({"nothing_due": "zero"}, "full（得满分）、redistribute（分值移出）之一"),
        ({"nothing_due": {"logins": "full"}}, "没有计分项“logins”"),
        ({"nothing_due": {"login": "none"}}, "nothing_due（本季无应办的处理）（login）"),
        ({"leave_counts_as_absent": 1}, "应为 true（是）或 false（否）"),
        ({"fallback": "claim"}, "all_items"),
        ([], "“名称: 值”"),
    ],
)
def test_wrong_settings_are_refused_in_words(settings, words):
    with pytest.raises(ScoringError) as refused:
        SCHEME.with_settings(settings)
    assert words in str(refused.value)


def test_a_quarter_is_scored_with_the_scheme_in_force_on_its_last_day():
    later = SCHEME.with_settings({"claim_days": 5}, in_force_from=date(2026, 4, 1))
    schemes = (*SCHEMES, later)
    assert scheme_for(date(2026, 3, 31), schemes) is SCHEME
    assert scheme_for(date(2026, 6, 30), schemes).settings.claim_days == 5
    assert scheme_for(date(2026, 9, 30)) is SCHEME
    with pytest.raises(ScoringError, match="2018-12-31"):
        scheme_for(date(2018, 12, 31))
