"""One list: an item's way from draft to force, who may take each step, its versions and their differences (areas.md 3.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from spot_stage import HOTELS, Stage

from plugins.areas.inspections import items, rules
from plugins.areas.inspections.models import ItemVersion
from portal import clock
from portal.refusals import Missing, NotAllowed, Refused, Stale

ACTS = {
    "submit": lambda version: items.submit(version.id),
    "pass": lambda version: items.review(version.id, True, "合法"),
    "return": lambda version: items.review(version.id, False, "依据不足"),
    "confirm": lambda version: items.confirm(version.id, True, "同意"),
    "refuse": lambda version: items.confirm(version.id, False, "与其他事项重复"),
    "publish": lambda version: items.publish(version.id),
    "end": lambda version: items.end(version.id, clock.today(), "依据废止"),
}
WHO = {"submit": "gongan-jingban", "pass": "gongan-fazhi", "return": "gongan-fazhi", "confirm": "quguanban", "refuse": "quguanban",
       "publish": "gongan-jingban", "end": "gongan-jingban"}  # fmt: skip
#: state × act → next state; every pair that is not here is refused as stale.
ALLOWED = {
    ("draft", "submit"): "legal", ("legal", "pass"): "zone", ("legal", "return"): "returned", ("zone", "confirm"): "confirmed",
    ("zone", "refuse"): "returned", ("confirmed", "publish"): "confirmed", ("confirmed", "end"): "confirmed",
}  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "legal", "zone", "confirmed"])
@pytest.mark.parametrize("act", list(ACTS))
def test_state_and_act(spot: Stage, state: str, act: str) -> None:
    version = spot.item(upto=state)
    with spot.as_(WHO[act]):
        if (state, act) in ALLOWED:
            ACTS[act](version)
            assert ItemVersion.get_by_id(version.id).state == ALLOWED[(state, act)]
        else:
            with pytest.raises(Stale):
                ACTS[act](version)
            assert ItemVersion.get_by_id(version.id).state == state


@pytest.mark.parametrize("account, state, act", [
    ("xiaofang-jingban", "draft", "submit"), ("xiaofang-fazhi", "legal", "pass"), ("xiaofang-jingban", "confirmed", "publish"),
    ("xiaofang-jingban", "confirmed", "end"),
])  # fmt: skip
def test_another_units_people_may_not(spot: Stage, account: str, state: str, act: str) -> None:
    version = spot.item(upto=state)
    with spot.as_(account), pytest.raises(NotAllowed):
        ACTS[act](version)


ROUTES = {
    "submit": "inspection.draft",
    "review": "inspection.legal",
    "confirm": "inspection.confirm",
    "publish": "inspection.draft",
}


@pytest.mark.parametrize("account, open_to", [
    ("gongan-jingban", {"submit", "publish"}), ("gongan-fazhi", {"review"}), ("quguanban", {"confirm"}), ("bangongshi", set()),
    ("gongan-fuze", set()), ("gongan-jiancha", set()), ("shenji", set()),
])  # fmt: skip
def test_the_pages_ask_for_the_role(spot: Stage, as_person, account: str, open_to: set[str]) -> None:
    spot.item(upto="draft")
    browser = as_person(account)
    answered = {
        route for route in ROUTES if browser.post(f"/inspections/items/{HOTELS}/{route}").status_code != 403
    }
    assert answered == open_to


def test_the_drafter_does_not_review_the_own_draft(spot: Stage) -> None:
    version = spot.item(upto="legal")
    ItemVersion.update(drafted_account="gongan-fazhi").execute()
    with spot.as_("gongan-fazhi"), pytest.raises(Refused, match="不能审查自己起草的"):
        items.review(version.id, True, "合法")


def test_a_new_version_takes_over_on_its_day(spot: Stage) -> None:
    first = spot.item()
    values = items.plain(first) | {"ratio": 50, "checklist": [*first.checklist[1:], "新增的一项"]}
    with spot.as_("gongan-jingban"):
        second = items.draft(HOTELS, values)
        items.submit(second.id)
    with spot.as_("gongan-fazhi"):
        items.review(second.id, True, "合法")
    day = clock.today() + timedelta(days=7)
    with spot.as_("quguanban"):
        items.confirm(second.id, True, "同意", day)
    assert items.in_force(HOTELS).version == 1 and items.in_force(HOTELS, day).version == 2
    assert items.in_force(HOTELS, day - timedelta(days=1)).version == 1
    changed = rules.differences(items.plain(first), items.plain(second))
    assert changed == [("比例（%）", "30", "50"), ("检查表", first.checklist[0], "新增的一项")]


def test_one_draft_for_an_item_at_a_time(spot: Stage) -> None:
    version = spot.item()
    with spot.as_("gongan-jingban"):
        items.draft(HOTELS, items.plain(version))
        with pytest.raises(Stale, match="已有一份正在办理的草案"):
            items.draft(HOTELS, items.plain(version))


@pytest.mark.parametrize("field, value, words", [
    ("ratio", "很多", "应为整数"), ("ratio", "0", "应在 1 至 100"), ("yearly_cap", "13", "应在 1 至 12"), ("check_field", "食品（盐）", "不是公安分局的领域"),
    ("item", " ", "不能为空"), ("checklist", [], "没有检查内容"), ("kind", "特别", "应为一般或重点"), ("content", "长" * 501, "最多 500"),
])  # fmt: skip
def test_a_draft_with_a_wrong_value_names_field_and_rule(
    spot: Stage, field: str, value: object, words: str
) -> None:
    version = spot.item()
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match=words):
        items.draft("GA-NEW", items.plain(version) | {field: value})


def test_a_number_belongs_to_one_unit_and_has_no_strange_signs(spot: Stage) -> None:
    version = spot.item()
    with spot.as_("xiaofang-jingban"), pytest.raises(Refused, match="公安分局使用"):
        items.draft(HOTELS, items.plain(version) | {"check_field": "消防"})
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="1 至 30"):
        items.draft("a|b", items.plain(version))
    with spot.as_("shenpi-jingban"), pytest.raises(Missing):
        items.adopt(HOTELS)


def test_in_force_goes_up_to_the_day_before(spot: Stage) -> None:
    day = date(2026, 9, 25)
    assert [rules.in_force(day, until, day) for until in (None, day, day + timedelta(days=1))] == [
        True,
        False,
        True,
    ]
    assert not rules.in_force(None, None, day)
