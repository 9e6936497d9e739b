"""What may be sealed and announced, and what stops a draw before the public value is asked for."""

import copy
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.areas.inspections.draw import (
    DrawError,
    check_announce,
    check_public_value,
    check_sealable,
    draw,
    make_announce,
    quota,
    quota_table,
    settle_public_value,
    verify_bundle,
)
from plugins.areas.inspections.draw.verify_standalone import plain_format
from tests.areas.inspections.draw_cases import case, objects, roster, secrets_of, terms

QUOTAS = [
    # 3 % of 1,000 either way; 5 % of 7: one for 不少于, none for 不超过; all, none, none of nothing
    ((3, 100, 1000, True), 30),
    ((3, 100, 1001, True), 31),
    ((3, 100, 1001, False), 30),
    ((5, 100, 7, True), 1),
    ((5, 100, 7, False), 0),
    ((1, 1, 7, True), 7),
    ((0, 1, 7, True), 0),
    ((1, 3, 3, True), 1),
    ((3, 100, 0, True), 0),
]


@pytest.mark.parametrize(("asked", "count"), QUOTAS)
def test_a_ratio_is_rounded_up_for_not_less_than_and_down_for_not_more_than(asked, count):
    assert quota(*asked) == count


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 10**7))
def test_a_quota_never_misses_its_ratio_by_a_whole_object(numerator, denominator, size):
    if numerator <= denominator:
        most, least = quota(numerator, denominator, size, False), quota(numerator, denominator, size, True)
        assert most * denominator <= numerator * size <= least * denominator
        assert 0 <= most <= least <= min(size, most + 1)


@pytest.mark.parametrize("asked", [(1, 0, 5), (5, 4, 5), (-1, 4, 5), (1, 4, -5), (0.03, 1, 5), (True, 1, 5)])
def test_what_is_no_ratio_is_refused(asked):
    with pytest.raises(DrawError, match="抽取比例"):
        quota(*asked, at_least=True)


def test_each_class_has_its_own_ratio_and_empty_classes_have_no_quota():
    library = objects(40, "AABC", (1,))
    ratios = {"A": (5, 100, False), "B": (20, 100, True), "C": (21, 100, True), "D": (61, 100, True)}
    assert quota_table(library, ratios) == {"A": 1, "B": 2, "C": 3}
    with pytest.raises(DrawError, match="分组“C”有 10 个检查对象，但没有规定抽取比例"):
        quota_table(library, {"A": (1, 2, True), "B": (1, 2, True)})


def sealable() -> dict:
    """Four lists that can be sealed, to be spoilt one by one."""
    return {
        "library": objects(6),
        "inspectors": roster(3),
        "conflicts": [{"id": "市场00|91320690000", "reason": "近亲属任职"}],
        "announce": terms("1", "sm3", {"A": 1, "B": 2}, {}),
    }


def test_sound_lists_can_be_sealed():
    assert check_sealable(**sealable()) is None


REFUSED = [
    (lambda s: s["library"][2].update(w=0), "library[2]（91320690002）的 w 必须是 1 至 16 的整数"),
    (lambda s: s["library"][2].update(w=True), "library[2]（91320690002）的 w 必须是 1 至 16 的整数"),
    (lambda s: s["library"][2].update(w="4"), "library[2]（91320690002）的 w 必须是 1 至 16 的整数"),
    (lambda s: s["library"][2].pop("w"), "library[2]（91320690002）的 w 必须是 1 至 16 的整数"),
    (lambda s: s["library"][2].update(stratum=None), "library[2]（91320690002）的 stratum 必须是文本"),
    (lambda s: s["library"][2].update(stratum="D"), "检查对象“91320690002”的分组“D”没有抽取数"),
    (lambda s: s["library"][2].update(name=None), "library 中“91320690002”的 name 必须是文本"),
    (lambda s: s["library"][2].update(id="91320690001"), "library[2] 的 id“91320690001”重复"),
    (lambda s: s["library"][2].update(id="a|b"), "library[2] 的 id“a|b”中“|”的个数只能是 0"),
    (lambda s: s["library"][2].update(id=""), "检查对象名录中有空的编号 id"),
    (lambda s: s["announce"].pop("items"), "抽取公告缺少“items”"),
    (lambda s: s["library"].append("x"), "检查对象名录 library[6] 必须是带文本 id 的对象"),
    (lambda s: s["announce"]["quota"].update(A=4), "分组“A”的抽取数 4 大于该组的检查对象数 3"),
    (lambda s: s["announce"]["quota"].update(D=0), "分组“D”规定了抽取数，但名录中没有该组的检查对象"),
    (
        lambda s: s["announce"].update(per_object=1),
        "announce.per_object（每个对象的检查人员数） 必须是不小于 2 的整数",
    ),
    (lambda s: s["announce"].update(units=[], items={}), "没有参与单位，不能封存"),
    (
        lambda s: s["inspectors"][5].update(valid_to="2026-12-30"),
        "检查对象“91320690000”在“市场监管局”回避后只有 1 名合格检查人员，少于 2 人",
    ),
    (
        lambda s: s["inspectors"][5].update(items=["XF-01"]),
        "检查对象“91320690000”在“市场监管局”回避后只有 1 名合格检查人员，少于 2 人",
    ),
    (
        lambda s: s["announce"].update(per_object=4),
        "“市场监管局”持有事项“SC-07”且证件有效至 2026-12-31 的检查人员只有 3 人",
    ),
    (
        lambda s: s["announce"].update(check_until="2028-01-01"),
        "证件有效至 2028-01-01 的检查人员只有 0 人，少于每个对象的 2 人",
    ),
    (
        lambda s: s["conflicts"].append({"id": "市场01|91320690000", "reason": "曾任职"}),
        "检查对象“91320690000”在“市场监管局”回避后只有 1 名合格检查人员，少于 2 人",
    ),
    (lambda s: s["conflicts"][0].update(id="市场00"), "conflicts[0] 的 id“市场00”中“|”的个数只能是 1"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED)
def test_what_cannot_be_drawn_to_the_end_is_not_sealed(spoil, message):
    lists = sealable()
    spoil(lists)
    with pytest.raises(DrawError) as refused:
        check_sealable(**lists)
    assert message in str(refused.value)


def test_a_conflict_with_somebody_who_may_not_check_anyway_takes_nobody_away():
    lists = sealable()
    lists["inspectors"][3]["valid_to"] = "2026-12-30"
    assert lists["conflicts"][0]["id"].startswith(lists["inspectors"][3]["id"])
    assert check_sealable(**lists) is None


def test_conflicts_matter_only_where_something_can_be_drawn():
    lists = sealable()
    lists["conflicts"] = [{"id": f"市场{n:02d}|91320690000", "reason": "回避"} for n in range(3)]
    lists["announce"]["quota"]["A"] = 0
    assert check_sealable(**lists) is None


ANNOUNCED = [
    ({"alg": "md5"}, "announce.alg 只能是 sm3 或 sha256"),
    ({"commitments": {"甲": "0" * 64}}, "announce.commitments 少于两方"),
    (
        {"commitments": {"甲": "0" * 64, "乙": "F" * 64}},
        "announce.commitments 中“乙”的承诺 必须是 64 位小写十六进制",
    ),
    ({"reveal_by": "2026-06-01T22:00:00+08:00"}, "必须晚于 reveal_by"),
    ({"draw_id": "e\u0301"}, "文本必须是 NFC"),
    ({"draw_id": 1.0}, "只能使用文本、整数、数组和对象，不能使用 1.0"),
    ({"draw_id": 7}, "抽取编号 draw_id 必须是非空文本"),
    ({"draw_id": ""}, "抽取编号 draw_id 必须是非空文本"),
    ({"reveal_by": "20260601T170000+0800"}, "reveal_by“20260601T170000+0800”必须写成"),
    ({"previous": "x"}, "announce.previous 必须是 64 位小写十六进制"),
]


@pytest.mark.parametrize(("change", "message"), ANNOUNCED)
def test_an_unsound_announcement_is_refused(change, message):
    with pytest.raises(DrawError) as refused:
        check_announce({**case().announce, **change})
    assert message in str(refused.value)


FORMATS = {
    "[0-9]{5}": True,
    "\\d{2}( \\d{2}){6}": True,
    "[1-6]+": True,
    "\\d{1,2},\\d{1,2},\\d{1,2}": True,
    "(和|大|小)[0-9]{3}": True,
    "(a+)+": False,
    "(?x)(a|a) *b": False,
    "(?:a)": False,
    "(a|a)*": False,
    "(a?){30}a{30}": False,
    "(a|aa){100}": False,
    "((){60000}){60000}": False,
    "(a|a)" * 30: False,
    "a*a*a*a*a*b": False,
    "[0-9]{5}" * 40: False,
}


@pytest.mark.parametrize(("pattern", "plain"), FORMATS.items())
def test_only_formats_that_match_at_once_are_announced(pattern, plain):
    assert plain_format(pattern) is plain
    announce = copy.deepcopy(case().announce)
    announce["public_value"]["format"] = pattern
    if plain:
        assert check_announce(announce) is None
    else:
        with pytest.raises(DrawError, match="过于复杂"):
            check_announce(announce)


@pytest.mark.parametrize("typed", ["12345", " 12345\n", "\u300012345 "])
def test_the_public_value_is_taken_without_outer_spaces(typed):
    assert settle_public_value(typed) == "12345"
    check_public_value(case().announce, settle_public_value(typed))


def test_a_public_value_in_another_normal_form_is_the_same_value():
    assert settle_public_value("e\u0301") == "\u00e9"


@pytest.mark.parametrize("typed", ["1234", "123456", "1234x", "１２３４５", ""])
def test_a_public_value_must_match_the_whole_format(typed):
    one = case()
    with pytest.raises(DrawError, match="不符合公告的格式"):
        draw(*one.inputs()[:5], typed)


INPUTS = [
    (lambda c: c.library[0].update(w=3), "检查对象名录与公告中的 library_root 不符：封存后被改动"),
    (lambda c: c.library.pop(), "检查对象名录与公告中的 library_root 不符：封存后被改动"),
    (
        lambda c: c.inspectors[0].update(valid_to="2027-12-30"),
        "执法检查人员名录与公告中的 inspectors_root 不符",
    ),
    (lambda c: c.conflicts.pop(), "回避名单与公告中的 conflicts_root 不符"),
    (lambda c: c.reveals.popitem(), "reveals（各方揭示值） 缺少“市场监管局·李四”"),
    (
        lambda c: c.reveals.update({"市场监管局·李四": "0" * 64}),
        "“市场监管局·李四”的揭示值与 commitments 中的承诺不符",
    ),
]


@pytest.mark.parametrize(("change", "message"), INPUTS)
def test_a_draw_runs_only_on_what_was_sealed_and_revealed(change, message):
    one = case()
    change(one)
    with pytest.raises(DrawError) as refused:
        one.result()
    assert message in str(refused.value)


def test_an_announcement_made_here_is_drawn_and_checked_from_end_to_end():
    library, inspectors, reveals = objects(30, "ABCD"), roster(5), secrets_of(random.Random(1))
    counts, heard = quota_table(library, dict.fromkeys("ABCD", (3, 100, True))), []
    announced = terms("抽〔2026〕1", "sm3", counts, reveals)
    announce = make_announce(announced, library, inspectors, [], lambda *told: heard.append(told))
    assert announce == {**announced, "version": 1} | {
        k: v for k, v in announce.items() if k.endswith("_root")
    }
    assert heard == [(30, 30)]
    one = case()
    one.announce, one.library, one.inspectors, one.conflicts = announce, library, inspectors, []
    one.reveals, one.public_value = reveals, " 31415"
    verdict = verify_bundle(one.bundle())
    assert verdict.ok and [len(one.result().drawn), len(one.result().assigned)] == [4, 8]
