"""The rules of Annex 2-1, case by case: items, nothing due, refusals, reasons."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.scoring import (
    SCHEMES,
    ScoringError,
    best_case,
    score_unit,
    year_total,
)

SCHEME = SCHEMES[0]
ALL_DUTIES = ("login", "permit", "unlicensed", "penalty", "other_dishonesty")
APPROVAL = ("login", "permit", "other_dishonesty")
STANDING = {"item_list": True, "subjects": True, "inspectors": True, "plan": True, "task": True}

TABLE = {
    "login": "10.00",
    "claim": "10.00",
    "feedback": "10.00",
    "permit_entry": "10.00",
    "dishonesty": "15.00",
    "unlicensed": "5.00",
    "single_check": "10.00",
    "joint_check": "10.00",
    "check_results": "10.00",
    "meetings": "10.00",
}


def full_facts(**changes: dict) -> dict:
    """Facts of a unit that did everything, with some items' facts replaced."""
    return {
        "login": {"done": 61, "due": 61},
        "claim": {"due": 40, "done": 40, "on_time": 40},
        "feedback": {"due": 40, "done": 40, "on_time": 40},
        "permit_entry": {"due": 100, "done": 100},
        "dishonesty": {"due": 10, "done": 10},
        "unlicensed": {"entries": 2},
        "single_check": STANDING | {"planned": 4, "finished": 4},
        "joint_check": STANDING | {"finished": 2},
        "check_results": {"due": 7, "done": 7, "tasks": 2},
        "meetings": {"absent": 0, "missing": 0, "late": 0},
    } | changes


def line_of(item, facts, duties=ALL_DUTIES, fields=("环保",), **settings):
    return score_unit(SCHEME.with_settings(settings), duties, fields, full_facts(**{item: facts})).line(item)


# the worked cases


@pytest.mark.parametrize(
    ("item", "facts", "score", "formula"),
    [
        ("claim", {"due": 40, "done": 38, "on_time": 30}, "9.10", "8×38/40 + 2×30/40 = 7.60 + 1.50 = 9.10"),
        ("permit_entry", {"due": 100, "done": 89}, "8.90", "10×89/100 = 8.90"),
        ("permit_entry", {"due": 100, "done": 90}, "10.00", "10.00"),
        ("login", {"done": 55, "due": 61}, "9.02", "10×55/61 = 9.016… → 9.02"),
        ("meetings", {"absent": 1, "missing": 1, "late": 2}, "5.00", "10 − 1 − 2 − 2 = 5.00"),
        ("meetings", {"absent": 0, "missing": 6, "late": 0}, "0.00", "max(0, 10 − 0 − 12 − 0) = 0.00"),
        (
            "joint_check",
            STANDING | {"plan": False, "task": False, "finished": 1},
            "5.00",
            "2 + 0 + 3 = 5.00",
        ),
        ("unlicensed", {"entries": 1, "set": "2"}, "2.00", "2.00"),
    ],
)
def test_the_worked_cases(item, facts, score, formula):
    line = line_of(item, facts)
    assert (str(line.weight), str(line.score), line.formula) == (TABLE[item], score, formula)
    assert formula in line.why


def test_the_worked_case_of_the_approval_bureau():
    line = line_of("claim", {"due": 40, "done": 38, "on_time": 30}, APPROVAL, ())
    assert (line.weight, line.score) == (Decimal("21.67"), Decimal("19.72"))
    assert line.why == (
        "应办40条，实办38条，其中及时30条：17.336×38/40 + 4.334×30/40 = 16.4692 + 3.2505 = 19.7197 → 19.72"
        "（权重 10 + 35×1/3 = 21.666…，按最大余数法取 21.67："
        "职责中没有无证无照联动监管、单部门抽查的实施、跨部门抽查的实施、检查结果的回填公示）"
    )


# item by item


@pytest.mark.parametrize(
    ("item", "facts", "score"),
    [
        ("login", {"done": 0, "due": 61}, "0.00"),
        ("feedback", {"due": 3, "done": 2, "on_time": 1}, "6.00"),
        ("feedback", {"due": 3, "done": 3, "on_time": 0}, "8.00"),
        ("dishonesty", {"due": 1000, "done": 899}, "13.49"),  # 13.485: half up
        ("dishonesty", {"due": 10, "done": 9}, "15.00"),
        ("permit_entry", {"due": 8, "done": 7}, "8.75"),
        ("check_results", {"due": 7, "done": 5, "tasks": 2}, "7.14"),
        ("check_results", {"due": 10, "done": 9, "tasks": 0}, "9.00"),  # no jump here
        ("unlicensed", {"entries": 0}, "0.00"),
        ("unlicensed", {"entries": 1}, "2.50"),
        ("unlicensed", {"entries": 2}, "5.00"),
        ("unlicensed", {"entries": 0, "set": "5.00"}, "5.00"),
        ("unlicensed", {"entries": 0, "set": None}, "0.00"),
        ("unlicensed", {"entries": 7, "set": "1"}, "5.00"),  # full as of right: nothing to set any more
        ("single_check", STANDING | {"planned": 4, "finished": 3}, "8.50"),
        ("single_check", STANDING | {"planned": 4, "finished": 9}, "10.00"),
        ("single_check", STANDING | {"planned": 0, "finished": 0}, "4.00"),
        ("single_check", STANDING | {"planned": 0, "finished": 3}, "4.00"),
        ("single_check", STANDING | {"inspectors": False, "planned": 4, "finished": 4}, "8.00"),
        ("single_check", STANDING | {"task": False, "planned": 4, "finished": 4}, "8.00"),
        ("single_check", STANDING | {"planned": 4, "finished": 3, "set": "6"}, "10.00"),
        ("single_check", STANDING | {"planned": 0, "finished": 0, "set": "1.25"}, "5.25"),
        ("joint_check", STANDING | {"finished": 0}, "4.00"),
        ("joint_check", STANDING | {"finished": 1}, "7.00"),
        ("joint_check", STANDING | {"finished": 5}, "10.00"),
        ("joint_check", STANDING | {"subjects": False, "finished": 2}, "8.00"),
        ("meetings", {"absent": 2, "missing": 3, "late": 2}, "0.00"),
        ("meetings", {"absent": 0, "missing": 0, "late": 3}, "7.00"),
    ],
)
def test_scores_item_by_item(item, facts, score):
    assert str(line_of(item, facts).score) == score


def test_the_jump_at_ninety_percent_is_exact():
    below = line_of("permit_entry", {"due": 10**18, "done": 9 * 10**17 - 1})
    at = line_of("permit_entry", {"due": 10**18, "done": 9 * 10**17})
    assert (str(below.score), str(at.score)) == ("9.00", "10.00")
    assert below.exact < 9


def test_the_parts_and_penalties_scale_with_the_weight():
    login_only = full_facts(meetings={"absent": 1, "missing": 1, "late": 0})
    score = score_unit(SCHEME, ("login",), (), login_only)
    assert score.line("meetings").formula == "50 − 5 − 10 − 0 = 35.00"
    assert str(score.total) == "85.00"


def test_a_proposal_waits_for_the_office_and_a_set_value_does_not():
    assert line_of("unlicensed", {"entries": 1}).waiting
    assert "待办公室确定" in line_of("unlicensed", {"entries": 1}).why
    assert not line_of("unlicensed", {"entries": 1, "set": "2"}).waiting
    assert not line_of("unlicensed", {"entries": 2}).waiting
    single = STANDING | {"planned": 4, "finished": 3}
    assert [part.waiting for part in line_of("single_check", single).parts] == [False, False, True]
    assert "待办公室确定" not in line_of("single_check", single | {"set": "4"}).why


def test_the_total_is_the_sum_of_the_rounded_items():
    thirds = {"due": 3, "done": 1, "on_time": 0}
    score = score_unit(
        SCHEME, ALL_DUTIES, ("环保",), full_facts(claim=thirds, feedback=thirds, login={"due": 3, "done": 1})
    )
    assert [str(line.score) for line in score.lines[:3]] == ["3.33", "2.67", "2.67"]
    assert score.total == Decimal("78.67")


# nothing due

NOTHING = {
    "login": {"done": 0, "due": 0},
    "claim": {"due": 0, "done": 0, "on_time": 0},
    "feedback": {"due": 0, "done": 0, "on_time": 0},
    "permit_entry": {"due": 0, "done": 0},
    "dishonesty": {"due": 0, "done": 0},
    "check_results": {"due": 0, "done": 0, "tasks": 0},
}


@pytest.mark.parametrize("item", NOTHING)
def test_nothing_due_is_full_by_default_and_the_line_says_so(item):
    line = line_of(item, NOTHING[item])
    assert (str(line.score), line.nothing_due) == (TABLE[item], True)
    assert "无应办得满分" in line.why


@pytest.mark.parametrize("item", NOTHING)
def test_nothing_due_may_leave_the_item_for_that_quarter(item):
    scheme = SCHEME.with_settings({"nothing_due": {item: "redistribute"}})
    score = score_unit(scheme, ALL_DUTIES, ("环保",), full_facts(**{item: NOTHING[item]}))
    assert score.left_out == (item,)
    assert item not in [line.item for line in score.lines]
    assert sum(line.weight for line in score.lines) == 100
    told = next(line for line in score.lines if line.item in ("feedback", "permit_entry"))
    assert f"本季{SCHEME.item(item).name}无应办，按“分值移出”计" in told.why


def test_all_items_with_nothing_due_leave_together():
    scheme = SCHEME.with_settings({"nothing_due": "redistribute"})
    score = score_unit(scheme, APPROVAL, (), full_facts(**NOTHING))
    assert score.left_out == ("login", "claim", "feedback", "permit_entry", "dishonesty")
    assert [(line.item, str(line.weight)) for line in score.lines] == [("meetings", "100.00")]


@pytest.mark.parametrize("word", ["full", "redistribute"])
def test_check_results_with_a_task_but_nothing_due_is_zero(word):
    line = line_of("check_results", {"due": 0, "done": 0, "tasks": 1}, nothing_due=word)
    assert (str(line.weight), str(line.score)) == ("10.00", "0.00")
    assert "抽查任务1个" in line.why


# refusals of the engine


def test_facts_of_items_the_unit_lacks_are_ignored_but_their_names_must_exist():
    ignored = full_facts(unlicensed={"entries": -1}, single_check=None, joint_check={"nonsense": []})
    assert str(score_unit(SCHEME, APPROVAL, (), ignored).total) == "100.00"
    with pytest.raises(ScoringError, match="没有计分项“telephone”"):
        score_unit(SCHEME, APPROVAL, (), full_facts(telephone={}))


@pytest.mark.parametrize("wrong", [Decimal("2.0"), 2.0, True, "2", None, -1, [], {}])
@pytest.mark.parametrize(("item", "fact"), [("login", "done"), ("claim", "on_time"), ("meetings", "late")])
def test_counts_are_whole_numbers_not_below_zero(item, fact, wrong):
    with pytest.raises(ScoringError, match=f"{item}（.*）的事实 {fact}的值"):
        line_of(item, full_facts()[item] | {fact: wrong})


# what is still winnable, and the year


def test_what_is_still_winnable_while_the_quarter_runs():
    facts = full_facts(
        login={"done": 20, "due": 30},
        claim={"due": 4, "done": 2, "on_time": 2},
        unlicensed={"entries": 1},
        single_check=STANDING | {"plan": False, "planned": 2, "finished": 1},
    )
    still_open = {
        "login": {"done": 30, "due": 30},
        "claim": {"due": 2, "done": 4, "on_time": 2},
        "unlicensed": {"entries": 1},
        "single_check": {"plan": True, "finished": 1},
    }
    best = best_case(SCHEME, ALL_DUTIES, ("环保",), facts, still_open)
    assert [(item, str(best.line(item).score)) for item in still_open] == [
        ("login", "8.33"),
        ("claim", "9.33"),
        ("unlicensed", "5.00"),
        ("single_check", "10.00"),
    ]
    assert facts["claim"] == {"due": 4, "done": 2, "on_time": 2}


@pytest.mark.parametrize(
    ("totals", "rule", "year"),
    [
        (["90.00", "91.00", "92.00", "93.01"], "mean", "91.50"),
        (["90.00", "90.01"], "mean", "90.01"),
        (["88.88"], "mean", "88.88"),
        (["90.00", "91.00"], "sum", "181.00"),
    ],
)
def test_the_year_is_the_mean_of_its_final_quarters(totals, rule, year):
    scheme = SCHEME.with_settings({"year_rule": rule})
    assert str(year_total([Decimal(total) for total in totals], scheme)) == year


def test_a_year_without_final_quarters_has_no_score():
    with pytest.raises(ScoringError, match="还没有定稿"):
        year_total([])
