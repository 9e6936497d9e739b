"""What holds for every text: no error, true places, no item from what is negated, no matter the order."""

from __future__ import annotations

import io
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.licensing.scope import ScopeReader, read_lines
from plugins.areas.licensing.scope.measure import labelled_scopes, shipped_items
from plugins.areas.licensing.scope.normalise import spell

ITEMS = shipped_items()
READER = ScopeReader(ITEMS)
WORDS = sorted({word for item in ITEMS for word in (*item.keywords, *item.exclusions)})
SCOPES = [s.scope for s in labelled_scopes(Path(__file__).parents[2] / "data" / "scopes_labelled.jsonl")]
#: Words without brackets: what stands inside a bracket must not close it.
PLAIN_WORDS = [word for word in WORDS if not set(word) & set("（）()【】")]

pieces = st.sampled_from(
    [
        *WORDS,
        *"；，、。：（）()【】\n 　*#",
        "许可项目：",
        "一般项目：",
        "不含",
        "除",
        "外",
        "仅",
        "销售",
        "批发",
    ]
)
scopes = st.one_of(
    st.text(max_size=80),
    st.lists(pieces, max_size=25).map("".join),
    st.sampled_from(SCOPES),
)


@settings(max_examples=400, deadline=None)
@given(scopes)
def test_any_text_is_read_and_every_place_holds_its_words(scope: str) -> None:
    reading = READER.read(scope)
    assert reading.classification in {"许可", "备案", "非许可", "待人工"}
    for hit in reading.hits:
        assert 0 <= hit.start < hit.end <= len(scope)
        assert spell(hit.words) in spell(scope[hit.start : hit.end])
        assert hit.words
    assert len(set(reading.codes)) == len(reading.codes)
    json.dumps(reading.as_json(), ensure_ascii=False).encode("utf-8", "surrogatepass")


@settings(max_examples=200, deadline=None)
@given(scopes)
def test_what_was_read_before_does_not_matter(scope: str) -> None:
    assert ScopeReader(ITEMS[:40]).read(scope).codes == ScopeReader(ITEMS[:40]).read(scope).codes
    assert READER.read(scope) == READER.read(scope)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["（不含{}）", "(不包括{})", "【除{}外】", "（{}除外）", "（非{}）"]),
    st.lists(st.sampled_from(PLAIN_WORDS), min_size=1, max_size=6).map("、".join),
)
def test_nothing_inside_a_negated_bracket_is_proposed(bracket: str, inside: str) -> None:
    assert READER.read("百货零售" + bracket.format(inside) + "；文具零售").codes == ()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PLAIN_WORDS), min_size=1, max_size=8, unique=True).flatmap(
    lambda words: st.tuples(st.just(words), st.permutations(words))
))  # fmt: skip
def test_the_order_of_the_clauses_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    one, other = ("；".join(words) for words in orders)
    assert sorted(READER.read(one).codes) == sorted(READER.read(other).codes)
    assert READER.read(one).classification == READER.read(other).classification


def test_five_thousand_characters_and_hostile_brackets_are_read() -> None:
    long = "；".join(f"{word}（不含许可项目{number}）" for number, word in enumerate(PLAIN_WORDS))[:5000]
    assert len(READER.read(long).codes) > 20
    assert READER.read("（" * 2500 + "；" * 2500).codes == ()
    assert READER.read("（；" * 2500).codes == ()
    assert READER.read("（不含" * 800 + "食品销售").codes == ()


def test_lines_are_read_one_by_one() -> None:
    out = io.StringIO()
    assert read_lines(READER, iter(["食品销售\n", "\n", "货物运输\r\n"]), out) == 3
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [a["class"] for a in answers] == ["许可", "非许可", "待人工"]
    assert [i["code"] for i in answers[0]["items"]] == ["SP01"]
    assert answers[2]["unknown"] == ["货物运输"]


def test_no_line_gives_no_answer() -> None:
    out = io.StringIO()
    assert read_lines(READER, iter([]), out) == 0
    assert out.getvalue() == ""
