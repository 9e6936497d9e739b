"""What ``portal score-facts`` reads, answers and refuses."""

from __future__ import annotations

import json

import pytest

from portal.score_facts import LONGEST_REQUEST, answer, read_request
from portal.scoring import ScoringError

DUTIES = ["login", "permit", "unlicensed", "penalty", "other_dishonesty"]
STANDING = {"item_list": True, "subjects": True, "inspectors": True}


def request() -> dict:
    return {
        "unit": {"duties": list(DUTIES), "check_fields": ["环保"]},
        "facts": {
            "login": {"done": 55, "due": 61},
            "claim": {"due": 40, "done": 38, "on_time": 30},
            "feedback": {"due": 20, "done": 20, "on_time": 10},
            "permit_entry": {"due": 100, "done": 89},
            "dishonesty": {"due": 10, "done": 9},
            "unlicensed": {"entries": 1, "set": "2.00"},
            "single_check": STANDING | {"plan": True, "task": True, "planned": 4, "finished": 3},
            "joint_check": STANDING | {"plan": False, "task": False, "finished": 1},
            "check_results": {"due": 7, "done": 5, "tasks": 2},
            "meetings": {"absent": 1, "missing": 1, "late": 2},
        },
        "settings": {},
    }


def answered(asked: dict) -> dict:
    return json.loads(answer(json.dumps(asked)))


def scores(asked: dict) -> dict:
    return {line["item"]: (line["weight"], line["score"]) for line in answered(asked)["items"]}


def refusal(text: str) -> str:
    with pytest.raises(ScoringError) as refused:
        answer(text)
    return str(refused.value)


def test_the_answer_has_every_item_in_the_tables_order_and_adds_up():
    given = answered(request())
    assert [(line["item"], line["weight"], line["score"]) for line in given["items"]] == [
        ("login", "10.00", "9.02"),
        ("claim", "10.00", "9.10"),
        ("feedback", "10.00", "9.00"),
        ("permit_entry", "10.00", "8.90"),
        ("dishonesty", "15.00", "15.00"),
        ("unlicensed", "5.00", "2.00"),
        ("single_check", "10.00", "8.50"),
        ("joint_check", "10.00", "5.00"),
        ("check_results", "10.00", "7.14"),
        ("meetings", "10.00", "5.00"),
    ]
    assert given["total"] == "78.66"
    assert (
        given["items"][1]["why"] == "应办40条，实办38条，其中及时30条：8×38/40 + 2×30/40 = 7.60 + 1.50 = 9.10"
    )


def test_the_answer_is_one_line_with_chinese_as_it_is():
    text = answer(json.dumps(request()))
    assert "应登陆61日" in text
    assert "\n" not in text


def test_a_unit_without_checks_and_unlicensed_duty_may_still_send_their_facts():
    asked = request()
    asked["unit"] = {"duties": ["login", "permit", "other_dishonesty"], "check_fields": []}
    assert scores(asked)["claim"] == ("21.67", "19.72")
    assert scores(asked)["permit_entry"][0] == "21.66"
    assert list(scores(asked)) == ["login", "claim", "feedback", "permit_entry", "dishonesty", "meetings"]


def test_settings_may_be_left_out_or_override_the_schemes():
    asked = request()
    del asked["settings"]
    assert scores(asked)["claim"] == ("10.00", "9.10")
    asked["settings"] = {"timely": "all_or_nothing", "pass_ratio": 0.89, "unlicensed_full": 1}
    assert scores(asked)["claim"] == ("10.00", "7.60")
    assert scores(asked)["permit_entry"] == ("10.00", "10.00")
    assert scores(asked)["unlicensed"] == ("5.00", "5.00")


@pytest.mark.parametrize("rule", ["redistribute", {"login": "redistribute", "meetings": "full"}])
def test_nothing_due_is_one_word_for_all_or_a_word_per_item(rule):
    asked = request()
    asked["settings"] = {"nothing_due": rule}
    asked["facts"]["login"] = {"done": 0, "due": 0}
    assert "login" not in scores(asked)
    assert [scores(asked)[item][0] for item in ("claim", "feedback", "permit_entry")] == [
        "13.34",
        "13.33",
        "13.33",
    ]


@pytest.mark.parametrize("given", ['"2.00"', "2", "2.00", "2.0e0", '"2"'])
def test_the_offices_value_is_read_exactly_however_it_is_written(given):
    text = json.dumps(request()).replace('"2.00"', given)
    assert json.loads(answer(text))["items"][5]["score"] == "2.00"


def test_the_bounds_of_the_offices_values_belong_to_it():
    asked = request()
    for value, score in (("0", "0.00"), ("5.00", "5.00")):
        asked["facts"]["unlicensed"]["set"] = value
        assert scores(asked)["unlicensed"] == ("5.00", score)
    for value, score in (("0", "4.00"), ("6.00", "10.00")):
        asked["facts"]["single_check"]["set"] = value
        assert scores(asked)["single_check"] == ("10.00", score)


def every_required_fact():
    facts = request()["facts"]
    return [(item, fact) for item in facts for fact in facts[item] if fact not in ("set", "tasks")]


@pytest.mark.parametrize(("item", "fact"), every_required_fact())
def test_every_fact_of_an_item_the_unit_has_is_required(item, fact):
    asked = request()
    del asked["facts"][item][fact]
    assert f"计分项 {item}" in refusal(json.dumps(asked))
    assert f"缺少事实 {fact}" in refusal(json.dumps(asked))


def test_more_login_days_than_due_are_full_marks_and_no_more():
    asked = request()
    asked["facts"]["login"] = {"done": 66, "due": 61}
    assert scores(asked)["login"] == ("10.00", "10.00")
    assert answered(asked)["items"][0]["why"] == "应登陆61日，实际登陆66日：10×61/61 = 10.00"


def test_how_many_tasks_there_were_matters_only_where_no_result_was_due():
    asked = request()
    del asked["facts"]["check_results"]["tasks"]
    assert scores(asked)["check_results"] == ("10.00", "7.14")
    asked["facts"]["check_results"] = {"due": 0, "done": 0}
    assert "缺少事实 tasks" in refusal(json.dumps(asked))


@pytest.mark.parametrize("item", request()["facts"])
def test_every_item_the_unit_has_needs_its_facts(item):
    asked = request()
    del asked["facts"][item]
    assert f"缺少计分项 {item}" in refusal(json.dumps(asked))
    asked["facts"][item] = [1]
    assert f"计分项 {item}" in refusal(json.dumps(asked))


@pytest.mark.parametrize(
    ("item", "fact", "value", "words"),
    [
        ("claim", "done", 41, "done 为 41，不能大于 due 的 40"),
        ("claim", "on_time", 39, "on_time 为 39，不能大于 done 的 38"),
        ("feedback", "on_time", 21, "不能大于 done 的 20"),
        ("permit_entry", "due", 88, "done 为 89，不能大于 due 的 88"),
        ("dishonesty", "due", 0, "done 为 9，不能大于 due 的 0"),
        ("check_results", "done", 8, "done 为 8，不能大于 due 的 7"),
        ("login", "due", -61, "“-61”不能小于0"),
        ("meetings", "missing", -1, "“-1”不能小于0"),
        ("unlicensed", "entries", -1, "“-1”不能小于0"),
        ("check_results", "tasks", -1, "“-1”不能小于0"),
        ("single_check", "planned", -4, "“-4”不能小于0"),
        ("joint_check", "finished", -1, "“-1”不能小于0"),
        ("login", "done", 55.0, "“55.0”应为整数"),
        ("login", "done", "55", "“55”应为整数"),
        ("login", "done", True, "“true”应为整数"),
        ("login", "done", None, "“null”应为整数"),
        ("meetings", "late", 1.5, "“1.5”应为整数"),
        ("single_check", "plan", 1, "“1”应为 true（是）或 false（否）"),
        ("joint_check", "subjects", "true", "“true”应为 true（是）或 false（否）"),
        ("joint_check", "set", "3", "没有事实“set”"),
        ("joint_check", "planned", 3, "没有事实“planned”"),
        ("login", "on_time", 3, "没有事实“on_time”，应为done、due"),
        ("unlicensed", "set", "5.01", "set 为 5.01，应在 0 至 5 之间"),
        ("unlicensed", "set", "-0.01", "set 为 −0.01，应在 0 至 5 之间"),
        ("unlicensed", "set", True, "“true”不是数"),
        ("unlicensed", "set", "两分", "“两分”不是数"),
        ("unlicensed", "set", "２", "不是数"),
        ("unlicensed", "set", "1/2", "不是数"),
        ("unlicensed", "set", "", "不是数"),
        ("unlicensed", "set", {"points": 2}, "不是数"),
        ("single_check", "set", "6.01", "set 为 6.01，应在 0 至 6 之间"),
        ("single_check", "set", -1, "set 为 −1，应在 0 至 6 之间"),
    ],
)
def test_impossible_facts_are_refused_naming_item_fact_value_and_rule(item, fact, value, words):
    asked = request()
    asked["facts"][item][fact] = value
    message = refusal(json.dumps(asked))
    assert words in message
    assert f"计分项 {item}（" in message


def test_an_offices_value_is_refused_even_where_full_marks_stand():
    asked = request()
    asked["facts"]["unlicensed"] = {"entries": 2, "set": "6"}
    assert "应在 0 至 5 之间" in refusal(json.dumps(asked))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": None}, "unit的值“null”应为对象"),
        ({"unit": {"duties": []}}, "unit缺少 check_fields"),
        ({"unit": {"check_fields": []}}, "unit缺少 duties"),
        ({"unit": {"duties": [], "check_fields": [], "name": "x"}}, "unit没有名称“name”"),
        ({"unit": {"duties": "login", "check_fields": []}}, "unit.duties（职责）的值“login”应为列表"),
        ({"unit": {"duties": ["logins"], "check_fields": []}}, "没有职责“logins”"),
        ({"unit": {"duties": ["login", "login"], "check_fields": []}}, "“login”重复"),
        ({"unit": {"duties": [1], "check_fields": []}}, "“1”应为名称"),
        ({"unit": {"duties": [], "check_fields": [" "]}}, "不能为空"),
        ({"unit": {"duties": [], "check_fields": [{}]}}, "unit.check_fields（监管领域）"),
        ({"facts": []}, "facts的值“[…]”应为对象"),
        ({"settings": None}, "settings的值“null”应为对象"),
        ({"settings": {"speed": 1}}, "没有设置“speed”"),
        ({"settings": {"pass_ratio": 1.5}}, "应在0至1之间"),
        ({"settings": {"nothing_due": {"telephone": "full"}}}, "没有计分项“telephone”"),
        ({"quarter": "2026-3"}, "输入没有名称“quarter”"),
    ],
)
def test_a_request_of_the_wrong_shape_is_refused(change, words):
    assert words in refusal(json.dumps(request() | change))


def test_an_unknown_item_is_refused():
    asked = request()
    asked["facts"]["telephone"] = {"done": 1, "due": 1}
    assert "没有计分项“telephone”" in refusal(json.dumps(asked))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "不是有效的 JSON：第1行第1列"),
        ("{", "不是有效的 JSON"),
        ("[]", "输入的值“[…]”应为对象"),
        ("null", "输入的值“null”应为对象"),
        ('{"facts": {}}', "输入缺少 unit"),
        ('{"unit": {}, "unit": {}}', "名称“unit”重复出现"),
        ('{"unit": NaN}', "“NaN”不是数"),
        ('{"unit": -Infinity}', "“-Infinity”不是数"),
        ('{"unit": 1e99999999999999999999}', "过大"),
        ('{"unit": ' + "9" * 5000 + "}", "过大"),
        ("[" * 100_000 + "]" * 100_000, "嵌套过深"),
        (" " * (LONGEST_REQUEST + 1), "超过1000000个"),
    ],
)
def test_garbage_is_refused_in_words(text, words):
    assert words in refusal(text)


@pytest.mark.parametrize("number", ["1e999999", "1e-999999", "1" * 90, "0." + "1" * 5000])
def test_numbers_no_office_would_set_are_refused_quickly(number):
    text = json.dumps(request()).replace('"2.00"', number)
    assert "set" in refusal(text)


def test_names_in_messages_are_short_and_printable():
    message = refusal(json.dumps({"unit": {}, "facts": {}, "a\u0007\ud800" + "长" * 200: 1}))
    assert "没有名称" in refusal(json.dumps(request() | {"x" * 500: 1}))
    assert len(refusal(json.dumps(request() | {"x" * 500: 1}))) < 120
    assert message.isprintable()


def test_a_byte_order_mark_before_the_request_does_no_harm():
    assert read_request("\ufeff" + json.dumps(request())).check_fields == ("环保",)
