"""What holds for every unit and all facts, held against a second, independent reckoning in whole numbers."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.score_facts import answer
from portal.scoring import SCHEMES, ScoringError, score_unit, weights

POINTS = {
    "login": 10,
    "claim": 10,
    "feedback": 10,
    "permit_entry": 10,
    "dishonesty": 15,
    "unlicensed": 5,
    "single_check": 10,
    "joint_check": 10,
    "check_results": 10,
    "meetings": 10,
}
LINKAGE = ("claim", "feedback", "permit_entry")
IDLE_ABLE = (*LINKAGE, "login", "dishonesty", "check_results")

duty_sets = st.sets(st.sampled_from(["login", "permit", "unlicensed", "penalty", "other_dishonesty"]))
field_sets = st.sampled_from([(), ("环保",), ("建设", "水利")])
rules = st.fixed_dictionaries({item: st.sampled_from(["full", "redistribute"]) for item in IDLE_ABLE})
counts = st.integers(0, 40)
flags = st.booleans()


def ratio(*extra):
    """Strategies of consistent done ≤ due (and on_time ≤ done)."""
    ordered = st.lists(counts, min_size=3, max_size=3).map(sorted)
    return ordered.map(lambda three: dict(zip(("on_time", "done", "due"), three, strict=True))).map(
        lambda facts: {name: facts[name] for name in ("done", "due", *extra)}
    )


standing = {name: flags for name in ("item_list", "subjects", "inspectors", "plan", "task")}
few = st.integers(0, 8)
all_facts = st.fixed_dictionaries(
    {
        "login": ratio(),
        "claim": ratio("on_time"),
        "feedback": ratio("on_time"),
        "permit_entry": ratio(),
        "dishonesty": ratio(),
        "unlicensed": st.fixed_dictionaries({"entries": st.integers(0, 4)}),
        "single_check": st.fixed_dictionaries(standing | {"planned": few, "finished": few}),
        "joint_check": st.fixed_dictionaries(standing | {"finished": few}),
        "check_results": st.builds(lambda facts, tasks: facts | {"tasks": tasks}, ratio(), st.integers(0, 2)),
        "meetings": st.fixed_dictionaries({"absent": few, "missing": few, "late": few}),
    }
)


# The second reckoning: hundredths of a point as whole numbers, written from the rules, not from the engine.


def plain_items(duties, fields):
    has = {"meetings"}
    if "login" in duties:
        has.add("login")
    if "permit" in duties:
        has.update(LINKAGE)
    if "penalty" in duties or "other_dishonesty" in duties:
        has.add("dishonesty")
    if "unlicensed" in duties:
        has.add("unlicensed")
    if fields:
        has.update(("single_check", "joint_check", "check_results"))
    return [item for item in POINTS if item in has]


def plain_weights(items):
    """Hand out 10 000 hundredths: first what each is surely owed, then one by one to whom most is owed."""
    freed = 100 - sum(POINTS[item] for item in items)
    receiving = [item for item in items if item in LINKAGE] or items
    base = sum(POINTS[item] for item in receiving)
    owed = {i: 100 * (POINTS[i] * base + (freed * POINTS[i] if i in receiving else 0)) for i in items}
    given_out = {item: owed[item] // base for item in items}
    while sum(given_out.values()) < 10_000:
        neediest = items[0]
        for item in items:
            if owed[item] - given_out[item] * base > owed[neediest] - given_out[neediest] * base:
                neediest = item
        given_out[neediest] += 1
    return given_out


def half_up(top, bottom):
    return (2 * top + bottom) // (2 * bottom)


def plain_score(item, w, f):
    """Hundredths of a point of one item of weight ``w`` hundredths."""
    if "due" in f and f["due"] == 0:
        return 0 if f.get("tasks") else w
    if item in ("login", "check_results"):
        return half_up(w * f["done"], f["due"])
    if item in ("claim", "feedback"):
        return half_up(8 * w * f["done"] + 2 * w * f["on_time"], 10 * f["due"])
    if item in ("permit_entry", "dishonesty"):
        return w if 10 * f["done"] >= 9 * f["due"] else half_up(w * f["done"], f["due"])
    if item == "unlicensed":
        return half_up(w * min(2, f["entries"]), 2)
    if item == "meetings":
        return half_up(w * max(0, 10 - f["absent"] - 2 * f["missing"] - f["late"]), 10)
    fixed = 2 * (f["item_list"] and f["subjects"] and f["inspectors"]) + 2 * (f["plan"] and f["task"])
    if item == "joint_check":
        return half_up(w * (fixed + (0, 3, 6)[min(2, f["finished"])]), 10)
    if not f["planned"]:
        return half_up(w * fixed, 10)
    return half_up(w * (fixed * f["planned"] + 6 * min(f["finished"], f["planned"])), 10 * f["planned"])


def plain_unit(duties, fields, facts, rule):
    items = plain_items(duties, fields)
    stay = [
        item
        for item in items
        if not (rule.get(item) == "redistribute" and facts[item]["due"] == 0 and not facts[item].get("tasks"))
    ]
    weight = plain_weights(stay)
    return {item: (weight[item], plain_score(item, weight[item], facts[item])) for item in stay}


def hundredths(value):
    assert value == value.quantize(Decimal("0.01")) and value.as_tuple().exponent == -2
    return int(value * 100)


@settings(max_examples=150, deadline=None)
@given(duty_sets, field_sets, all_facts, rules)
def test_the_engine_agrees_with_the_second_reckoning(duties, fields, facts, rule):
    score = score_unit(SCHEMES[0].with_settings({"nothing_due": rule}), duties, fields, facts)
    assert {
        line.item: (hundredths(line.weight), hundredths(line.score)) for line in score.lines
    } == plain_unit(duties, fields, facts, rule)
    assert score.total == sum(line.score for line in score.lines)
    assert all(0 <= line.score <= line.weight for line in score.lines)
    for line in score.lines:
        assert sum(part.most for part in line.parts) == line.weight
        assert all(0 <= part.value <= part.most for part in line.parts)
        assert f"{line.score}" in line.formula


@settings(max_examples=200, deadline=None)
@given(duty_sets, field_sets, st.sets(st.sampled_from(IDLE_ABLE)), st.sampled_from(["all_items", "equal"]))
def test_weights_are_hundredths_and_sum_to_one_hundred(duties, fields, left_out, fallback):
    scheme = SCHEMES[0].with_settings({"fallback": fallback})
    weight = weights(scheme, duties, fields, left_out)
    assert list(weight) == [item for item in plain_items(duties, fields) if item not in left_out]
    assert sum(hundredths(value) for value in weight.values()) == 10_000
    assert all(value >= POINTS[item] for item, value in weight.items())


MORE_IS_BETTER = [
    ("login", "done"),
    ("claim", "done"),
    ("claim", "on_time"),
    ("feedback", "on_time"),
    ("permit_entry", "done"),
    ("dishonesty", "done"),
    ("unlicensed", "entries"),
    ("single_check", "finished"),
    ("joint_check", "finished"),
    ("check_results", "done"),
]


@settings(max_examples=150, deadline=None)
@given(
    duty_sets,
    field_sets,
    all_facts,
    st.sampled_from(MORE_IS_BETTER),
    st.sampled_from(["share", "all_or_nothing"]),
)
def test_doing_more_never_lowers_a_score(duties, fields, facts, fact, timely):
    item, name = fact
    assume(item in plain_items(duties, fields))
    limit = {"done": "due", "on_time": "done"}.get(name)
    assume(limit is None or facts[item][name] < facts[item][limit])
    scheme = SCHEMES[0].with_settings({"timely": timely})
    before = score_unit(scheme, duties, fields, facts)
    after = score_unit(scheme, duties, fields, facts | {item: facts[item] | {name: facts[item][name] + 1}})
    assert after.line(item).score >= before.line(item).score
    assert after.total - before.total == after.line(item).score - before.line(item).score


@settings(max_examples=60, deadline=None)
@given(all_facts, st.sampled_from(["absent", "missing", "late"]))
def test_each_further_failing_in_meetings_costs_until_nothing_is_left(facts, failing):
    before = score_unit(SCHEMES[0], (), (), facts).line("meetings")
    worse = facts["meetings"] | {failing: facts["meetings"][failing] + 1}
    after = score_unit(SCHEMES[0], (), (), facts | {"meetings": worse}).line("meetings")
    assert after.score == max(Decimal(0), before.score - (20 if failing == "missing" else 10))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 500), st.integers(0, 600))
def test_what_the_office_sets_replaces_only_the_discretionary_part(unlicensed, checks):
    facts = {
        "unlicensed": {"entries": 0, "set": str(Decimal(unlicensed) / 100)},
        "single_check": dict.fromkeys(standing, True)
        | {"planned": 3, "finished": 1, "set": Decimal(checks) / 100},
        "joint_check": dict.fromkeys(standing, True) | {"finished": 0},
        "check_results": {"due": 1, "done": 1, "tasks": 1},
        "login": {"due": 1, "done": 1},
        "dishonesty": {"due": 1, "done": 1},
        "claim": {"due": 1, "done": 1, "on_time": 1},
        "feedback": {"due": 1, "done": 1, "on_time": 1},
        "permit_entry": {"due": 1, "done": 1},
        "meetings": {"absent": 0, "missing": 0, "late": 0},
    }
    score = score_unit(SCHEMES[0], ("login", "permit", "unlicensed", "penalty"), ("环保",), facts)
    cents = Decimal("0.01")
    assert score.line("unlicensed").score == (Decimal(unlicensed) / 100).quantize(cents, ROUND_HALF_UP)
    assert score.line("single_check").score == 4 + (Decimal(checks) / 100).quantize(cents, ROUND_HALF_UP)
    assert not any(line.waiting for line in score.lines)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(all_facts, st.data())
def test_garbage_anywhere_in_a_request_is_scored_or_refused_in_chinese(facts, data):
    request = {
        "unit": {"duties": ["login", "permit", "unlicensed", "penalty"], "check_fields": ["环保"]},
        "facts": facts,
        "settings": SCHEMES[0].plain_settings(),
    }
    place = request
    while True:
        key = data.draw(st.sampled_from(list(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(anything)
    text = json.dumps(request)
    try:
        total = Decimal(json.loads(answer(text))["total"])
    except ScoringError as refused:
        assert str(refused).isprintable() and any("\u4e00" <= c <= "\u9fff" for c in str(refused))
    else:
        assert 0 <= total <= 100


def test_a_request_cut_short_anywhere_is_refused():
    whole = json.dumps({"unit": {"duties": [], "check_fields": []}, "facts": {"meetings": {"absent": 0}}})
    for end in range(len(whole)):
        with pytest.raises(ScoringError, match="不是有效的 JSON"):
            answer(whole[:end])
