"""What must hold of every draw: order-free, nested, stable, no duplicates, uniform, weighted as computed."""

import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.inspections.draw import DrawError, H, draw_seed, drawing, replacement
from tests.areas.inspections import independent_checker
from tests.areas.inspections.draw_cases import UNITS, case, objects, roster, terms

quick = settings(max_examples=40, deadline=None)
seeds = st.binary(min_size=32, max_size=32)
libraries = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("甲乙丙0123", min_size=1, max_size=4),
            "stratum": st.sampled_from("ABC"),
            "w": st.integers(1, 16),
        }
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row["id"],
)


def announced(quota: dict, alg: str = "sha256", **changed) -> dict:
    """The part of an announcement that a draw from a given seed reads."""
    return terms("1", alg, quota, {}, **changed)


def drawn_from(library: list, quota: dict, seed: bytes) -> drawing.Result:
    return drawing.draw_from_seed(announced(quota), library, roster(4), [], seed)


def sizes(library: list) -> Counter:
    return Counter(row["stratum"] for row in library)


@given(libraries, seeds, st.randoms())
@quick
def test_the_order_of_the_library_does_not_matter(library, seed, rng):
    quota = {stratum: (size + 1) // 2 for stratum, size in sizes(library).items()}
    shuffled = rng.sample(library, len(library))
    assert drawn_from(library, quota, seed) == drawn_from(shuffled, quota, seed)


@given(libraries, seeds)
@quick
def test_the_draw_of_one_fewer_is_a_prefix_in_each_stratum(library, seed):
    for stratum, size in sizes(library).items():
        rows = [row for row in library if row["stratum"] == stratum]
        whole = drawn_from(rows, {stratum: size}, seed).drawn
        for n in range(size + 1):
            result = drawn_from(rows, {stratum: n}, seed)
            assert result.drawn == whole[:n]
            assert result.reserves == {stratum: whole[n:]}


@given(libraries, seeds, st.integers(1, 16))
@quick
def test_one_more_object_displaces_at_most_one(library, seed, weight):
    stratum = library[0]["stratum"]
    quota = {s: (size + 1) // 2 for s, size in sizes(library).items()}
    before = drawn_from(library, quota, seed).drawn
    added = {"id": "新", "stratum": stratum, "w": weight}
    after = drawn_from([*library, added], quota, seed).drawn
    gone, come = set(before) - set(after), set(after) - set(before)
    assert len(gone) == len(come) <= 1 and come <= {"新"}


@given(libraries, seeds)
@quick
def test_nobody_is_drawn_twice_and_nobody_is_lost(library, seed):
    quota = {s: size // 2 for s, size in sizes(library).items()}
    result = drawn_from(library, quota, seed)
    everybody = result.drawn + [one for ids in result.reserves.values() for one in ids]
    assert sorted(everybody) == sorted(row["id"] for row in library)
    drawn = Counter(row["stratum"] for row in library if row["id"] in result.drawn)
    assert drawn == Counter(quota)


@given(libraries, seeds)
@quick
def test_every_object_gets_different_able_inspectors_of_every_unit(library, seed):
    result = drawn_from(library, dict(sizes(library)), seed)
    expected = [(unit, thing) for unit in sorted(UNITS) for thing in result.drawn]
    assert [(row["unit"], row["object"]) for row in result.assigned] == expected
    for row in result.assigned:
        assert len(set(row["inspectors"])) == 2
        assert all(one.startswith(row["unit"][:2]) for one in row["inspectors"])
    # The load cap rises only while an object cannot be filled: the very teams that the independent code finds.
    told = {"announce": announced(sizes(library)), "inspectors": roster(4), "conflicts": []}
    assert result.assigned == independent_checker.teams(told, result.drawn, seed, independent_checker.Tree("sha256"))


@given(st.integers(0, 10**6), st.sampled_from(["sm3", "sha256"]))
@settings(max_examples=15, deadline=None)
def test_the_same_inputs_always_give_the_same_bytes(seed, alg):
    assert case(seed, alg).bundle() == case(seed, alg).bundle()


def test_a_ticket_is_the_smallest_of_the_balls():
    seed, rows = bytes(32), objects(6, "A", (1, 2, 16))
    rows += [{"id": "长" * length, "stratum": "A", "w": 3} for length in (85, 86, 400)]
    tickets = {
        row["id"]: min(H("ball/1", seed, "A", row["id"], k, alg="sm3") for k in range(row["w"]))
        for row in rows
    }
    assert drawing.rank("A", rows, seed, "sm3") == sorted(tickets, key=tickets.get)


def test_progress_counts_every_ticket_and_every_drawn_object_of_each_unit(monkeypatch):
    monkeypatch.setattr(drawing, "STRIDE", 4)
    heard, library = [], objects(18)
    drawing.draw_from_seed(
        announced({"A": 1, "B": 1}), library, roster(4), [], bytes(32), lambda *told: heard.append(told)
    )
    assert heard == [(done, 22) for done in (4, 8, 9, 13, 17, 18, 20, 22)]


# ---- fairness: chi-square at the 0.1 % point of the given degrees of freedom, over fixed seeds ----

LIMIT = {11: 31.26, 19: 43.82, 27: 55.48, 55: 93.17}


def chi_square(counts: Counter, expected: dict) -> float:
    assert set(counts) <= set(expected)
    return float(sum((counts[key] - share) ** 2 / share for key, share in expected.items()))


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_every_pair_is_drawn_equally_often(alg):
    rows, tries = objects(8, "A", (1,)), 6000
    pairs = [tuple(sorted(pair)) for pair in itertools.combinations([row["id"] for row in rows], 2)]
    counts = Counter(
        tuple(sorted(drawing.rank("A", rows, H("seed", n, alg=alg), alg)[:2])) for n in range(tries)
    )
    assert chi_square(counts, dict.fromkeys(pairs, Fraction(tries, len(pairs)))) < LIMIT[27]


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_every_order_of_two_is_equally_likely(alg):
    rows, tries = objects(8, "A", (3,)), 6000
    orders = list(itertools.permutations([row["id"] for row in rows], 2))
    counts = Counter(tuple(drawing.rank("A", rows, H("seed", n, alg=alg), alg)[:2]) for n in range(tries))
    assert chi_square(counts, dict.fromkeys(orders, Fraction(tries, len(orders)))) < LIMIT[55]


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_weights_count_as_balls_in_a_drum(alg):
    """First i, then j: w_i / W × w_j / (W − w_i), successive sampling without replacement."""
    weights, tries = (1, 2, 5, 16), 6000
    rows, total = objects(4, "A", weights), sum(weights)
    weight = {row["id"]: row["w"] for row in rows}
    expected = {
        (i, j): tries * Fraction(weight[i], total) * Fraction(weight[j], total - weight[i])
        for i, j in itertools.permutations(weight, 2)
    }
    counts = Counter(tuple(drawing.rank("A", rows, H("seed", n, alg=alg), alg)[:2]) for n in range(tries))
    assert chi_square(counts, expected) < LIMIT[11]


def test_every_pair_of_inspectors_meets_every_object_equally_often():
    tries, able = 5000, [f"检{n}" for n in range(5)]
    orders = list(itertools.permutations(able, 2))
    counts = Counter(
        tuple(drawing.inspector_order("对象", able, H("seed", n, alg="sm3"), "sm3")[:2]) for n in range(tries)
    )
    assert chi_square(counts, dict.fromkeys(orders, Fraction(tries, len(orders)))) < LIMIT[19]


# ---- the cap on the load, replacement ----


@given(seeds, st.integers(1, 12), st.sets(st.tuples(st.integers(0, 3), st.integers(0, 11)), max_size=24))
@settings(max_examples=80, deadline=None)
def test_the_cap_rises_only_as_far_as_it_must(seed, count, pairs):
    """Against the independent checker, where conflicts force some inspectors to serve more often."""
    unit = {"消防救援大队": "XF-01"}
    library = objects(count, "A", (1,))
    by_object = {n: {one for one, thing in pairs if thing == n} for n in range(count)}
    conflicts = [
        {"id": f"消防{one:02d}|{library[n]['id']}", "reason": "回避"}
        for n, ones in by_object.items()
        for one in sorted(ones)[:2]
    ]
    announce = announced({"A": count}, units=unit)
    result = drawing.draw_from_seed(announce, library, roster(4, unit), conflicts, seed)
    bundle = {"announce": announce, "inspectors": roster(4, unit), "conflicts": conflicts}
    tree = independent_checker.Tree("sha256")
    assert result.assigned == independent_checker.teams(bundle, result.drawn, seed, tree)


def test_a_cap_that_passes_the_number_of_objects_names_the_object():
    announce = announced({"A": 2})
    library, inspectors = objects(2, "A"), roster(2)
    conflicts = [{"id": f"市场00|{library[0]['id']}", "reason": "回避"}]
    with pytest.raises(DrawError, match=f"检查对象“{library[0]['id']}”在“市场监管局”找不到 2 名合格检查人员"):
        drawing.draw_from_seed(announce, library, inspectors, conflicts, bytes(32))


def test_nothing_drawn_assigns_nobody():
    result = drawing.draw_from_seed(announced({"A": 0}), objects(3, "A"), [], [], bytes(32))
    assert (result.drawn, result.assigned, len(result.reserves["A"])) == ([], [], 3)


def ordered(thing: str, seed: bytes, alg: str) -> list[str]:
    ids = [row["id"] for row in roster(4) if row["unit"] == "市场监管局"]
    return sorted(ids, key=lambda one: H("insp/1", seed, thing, one, alg=alg))


def test_replacing_takes_the_next_in_the_objects_order_until_nobody_is_left():
    draw = case(21)
    seed = draw_seed(draw.announce, draw.reveals, draw.public_value)
    row = next(r for r in draw.result().assigned if r["unit"] == "市场监管局")
    thing, first, second = row["object"], *row["inspectors"]
    order = ordered(thing, seed, "sm3")
    place = order.index(first)
    after = [one for one in order[place + 1 :] + order[:place] if one != second]
    fixed = (draw.announce, draw.inspectors, [], seed, thing)
    assert replacement(*fixed, first, {second}) == after[0]
    assert replacement(*fixed, first, {second, after[0]}) == after[1]
    with pytest.raises(DrawError, match=f"检查对象“{thing}”在“市场监管局”已没有可以替换“{first}”的"):
        replacement(*fixed, first, {second, *after})


def test_replacing_passes_over_conflicts_lapsed_certificates_and_other_items():
    draw = case(22)
    seed = draw_seed(draw.announce, draw.reveals, draw.public_value)
    thing = draw.result().drawn[0]
    leaving, second, third, fourth = ordered(thing, seed, "sm3")
    assert replacement(draw.announce, draw.inspectors, [], seed, thing, leaving, set()) == second
    conflicts = [{"id": f"{second}|{thing}", "reason": "回避"}]
    assert replacement(draw.announce, draw.inspectors, conflicts, seed, thing, leaving, set()) == third
    lapsed = [{**row, "valid_to": "2026-12-30"} if row["id"] == third else row for row in draw.inspectors]
    assert replacement(draw.announce, lapsed, conflicts, seed, thing, leaving, set()) == fourth


def test_only_a_sealed_inspector_can_be_replaced():
    draw = case(22)
    with pytest.raises(DrawError, match="“外人”不在封存的参与单位名录中"):
        replacement(draw.announce, draw.inspectors, [], bytes(32), "x", "外人", set())
