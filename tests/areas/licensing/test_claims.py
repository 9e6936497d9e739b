"""Claim, roll back, reassign, decide, answer: role × state × act → outcome, and what happens beside the straight way."""

from __future__ import annotations

from datetime import date

import pytest

from plugins.areas.licensing import (
    catalogue,
    claims,
    feedback,
    outside,
    proposals,
    pushes,
    reading,
    rollbacks,
    rules,
)
from plugins.areas.licensing.models import CatalogueProposal, Claim, Push, RollBack
from portal import clock, subjects, units
from portal.database import transaction
from portal.obligations import Obligation
from portal.refusals import Missing, NotAllowed, Refused, Stale
from tests.areas.licensing.register import DAY, ORDINARY, RESTAURANT, UNKNOWN, as_actor, pushed, registered

HOME = "market_regulation"


def owed(kind: str) -> list[tuple[str, str, str]]:
    query = Obligation.select().where(Obligation.kind == kind).order_by(Obligation.id)
    return [(o.unit, o.state, str(o.deadline)) for o in query]


@pytest.fixture
def officer(app, people):
    with as_actor(people["shichang-jingban"]):
        yield people["shichang-jingban"]


def reach(state: str) -> Claim:
    """A claim row in ``state``."""
    (row,) = pushed()
    steps = {
        "open": [],
        "claimed": [lambda: claims.claim_rows(HOME, [row.id])],
        "answered": [
            lambda: claims.claim_rows(HOME, [row.id]),
            lambda: feedback.answer(HOME, [row.id], "guidance"),
        ],
        "returned": [lambda: rollbacks.roll_back(HOME, row.id, "no_item")],
        "moved": [
            lambda: rollbacks.roll_back(HOME, row.id, "not_ours"),
            lambda: rollbacks.decide(1, "reassign", next_unit="fire"),
        ],
        "withdrawn": [
            lambda: rollbacks.roll_back(HOME, row.id, "no_item"),
            lambda: rollbacks.decide(1, "withdraw", note="确无"),
        ],
    }
    RollBack.delete().execute()
    for step in steps[state]:
        step()
    return Claim.get_by_id(row.id)


ACTS = {
    "claim": lambda unit, n: claims.claim_rows(unit, [n]),
    "answer": lambda unit, n: feedback.answer(unit, [n], "application"),
    "roll_back": lambda unit, n: rollbacks.roll_back(unit, n, "address"),
}
OUTCOMES = {
    "open": {"claim": "claimed", "answer": Stale, "roll_back": "returned"},
    "claimed": {"claim": "claimed", "answer": "answered", "roll_back": "returned"},
    "answered": {"claim": "answered", "answer": "answered", "roll_back": Stale},
    "returned": {"claim": "returned", "answer": Stale, "roll_back": Stale},
    "moved": {"claim": "moved", "answer": Stale, "roll_back": Stale},
    "withdrawn": {"claim": "withdrawn", "answer": Stale, "roll_back": Stale},
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", OUTCOMES)
def test_what_the_unit_can_do_in_which_state(officer, state, act) -> None:
    row = reach(state)
    wanted = OUTCOMES[state][act]
    if isinstance(wanted, str):
        ACTS[act](HOME, row.id)
        assert Claim.get_by_id(row.id).state == wanted
    else:
        with pytest.raises(wanted, match=rules.CLAIM_STATES[state]):
            ACTS[act](HOME, row.id)
        assert Claim.get_by_id(row.id).state == state


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("unit", ["police", "approval", ""])
def test_no_other_unit_can_do_anything_to_the_row(officer, act, unit) -> None:
    row = reach("open")
    if act == "claim":
        assert claims.claim_rows(unit, [row.id]) == (0, 1)
    else:
        with pytest.raises(Missing):
            ACTS[act](unit, row.id)
    assert Claim.get_by_id(row.id).state == "open"


def test_of_two_officers_who_claim_the_same_rows_the_second_is_told(officer) -> None:
    rows = [pushed(n)[0].id for n in range(3)]
    assert claims.claim_rows(HOME, rows[:2]) == (2, 0)
    assert claims.claim_rows(HOME, rows) == (1, 2)
    assert owed("claim") == [(HOME, "fulfilled", "2026-10-12")] * 3
    assert owed("feedback") == [(HOME, "open", "2026-10-29")] * 3


def test_a_roll_back_waits_and_a_refused_one_adds_the_days_it_waited(officer, hand) -> None:
    (row,) = pushed()
    made = rollbacks.roll_back(HOME, row.id, "address")
    assert Obligation.get(Obligation.kind == "claim").waiting_since == clock.now()
    assert owed("rollback_decision") == [("approval", "open", "2026-09-30")]
    hand.set(clock.at(date(2026, 9, 29), 9))
    with pytest.raises(Refused, match="须写明理由"):
        rollbacks.decide(made.id, "refuse")
    rollbacks.decide(made.id, "refuse", note="地址在本区")
    claim = Obligation.get(Obligation.kind == "claim")
    assert (str(claim.deadline), claim.extended_days, claim.waiting_since) == ("2026-10-14", 2, None)
    assert Claim.get_by_id(row.id).state == "open"
    with pytest.raises(Stale, match="已经处理过"):
        rollbacks.decide(made.id, "withdraw", note="再来一次")


def test_reassigned_the_old_clock_moves_and_a_new_one_starts_that_day(officer, hand) -> None:
    (row,) = pushed()
    made = rollbacks.roll_back(HOME, row.id, "not_ours", names_unit="fire")
    hand.set(clock.at(date(2026, 9, 28), 9))
    rollbacks.decide(made.id, "reassign", next_unit="fire")
    assert owed("claim") == [(HOME, "moved", "2026-10-12"), ("fire", "open", "2026-10-13")]
    old, new = Claim.select().order_by(Claim.id)
    assert (old.state, new.state, new.unit, new.item) == ("moved", "open", "fire", old.item)
    assert owed("rollback_decision") == [("approval", "fulfilled", "2026-09-30")]


@pytest.mark.parametrize(
    ("unit", "told"), [("", "请选择接收"), (HOME, "不能改派给回退的单位自己"), ("nobody", "请选择接收")]
)
def test_a_row_is_reassigned_to_another_member_only(officer, unit, told) -> None:
    (row,) = pushed()
    made = rollbacks.roll_back(HOME, row.id, "not_ours")
    with pytest.raises(Refused, match=told):
        rollbacks.decide(made.id, "reassign", next_unit=unit)
    assert Claim.get_by_id(row.id).state == "returned"


def test_the_office_decides_once_the_pusher_s_clock_ran_out(officer, people, hand) -> None:
    (row,) = pushed()
    made = rollbacks.roll_back(HOME, row.id, "no_item")
    with pytest.raises(NotAllowed):
        rollbacks.decide_for(officer, made, "withdraw", "", "确无")
    office = as_viewer(people["bangongshi"])
    assert not rollbacks.may_decide(office, made)
    hand.set(clock.at(date(2026, 10, 8), 9))
    assert rollbacks.may_decide(office, made)


def as_viewer(person):
    """The person with the permissions of the roles, as a request would see them."""
    from portal import gate

    return gate.viewer_of(person)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("granted", "须填写决定文书号"),
        ("not_needed", "须写明情况"),
        ("supervised", "须写明情况"),
        ("nothing", "请选择反馈内容"),
    ],
)
def test_an_answer_says_what_its_kind_asks(officer, kind, told) -> None:
    row = reach("claimed")
    with pytest.raises(Refused, match=told):
        feedback.answer(HOME, [row.id], kind)
    assert owed("feedback")[0][1] == "open"


def test_an_ordinary_subject_is_taken_under_supervision_by_its_industry_s_unit(officer) -> None:
    (row,) = pushed(scope=ORDINARY, industry="P8391")
    assert (row.unit, row.item, row.kind, row.scored) == ("organization", "", "JG", False)
    claims.claim_rows("organization", [row.id])
    with pytest.raises(Refused, match="不能是"):
        feedback.answer("organization", [row.id], "application")
    feedback.answer("organization", [row.id], "supervised", note="列入培训机构名单")
    assert Claim.get_by_id(row.id).feedback == "supervised"


def test_filing_rows_are_worked_in_the_queue_but_not_scored(officer) -> None:
    rows = pushed(scope="一般项目：第二类医疗器械销售")
    assert [(r.item, r.scored) for r in rows] == [("YX04", False)]
    assert subjects.Subject.get().classification == "filing"


# Beside the straight way


def test_a_subject_cancelled_between_push_and_claim_needs_nobody_s_work(officer) -> None:
    (row,) = pushed()
    registered(event="注销")
    assert (Claim.get_by_id(row.id).state, Claim.get_by_id(row.id).closed_reason) == (
        "withdrawn",
        "主体已注销",
    )
    assert owed("claim") == [(HOME, "withdrawn", "2026-10-12")]
    assert claims.claim_rows(HOME, [row.id]) == (0, 1)


def test_a_subject_cancelled_before_its_push_is_not_pushed(officer) -> None:
    registered()
    registered(event="注销")
    push = Push.get()
    assert push.state == "dropped" and owed("push")[0][1] == "withdrawn"
    with pytest.raises(Stale):
        pushes.confirm(push)


def test_a_unit_disabled_meanwhile_leaves_the_row_on_the_office_s_list(officer, people) -> None:
    subject = registered(scope="许可项目：住宿服务")
    fire = units.UnitTerm.get(units.UnitTerm.unit == "fire")
    fire.until_day = DAY
    fire.save()
    pushes.confirm(Push.get(Push.subject == subject))
    row = Claim.get(Claim.item == "XF01")
    assert (row.unit, row.state, row.body) == ("", "outside", "消防大队（未启用）")
    with pytest.raises(Refused, match="请写明怎样转告"):
        outside.inform(people["bangongshi"], [row.id], "")
    assert outside.inform(people["bangongshi"], [row.id], "电话转告") == 1


def test_an_item_removed_from_the_catalogue_is_named_and_not_pushed(officer) -> None:
    registered()
    push = Push.get()
    push.reading["hits"][0]["code"] = "QQ99"
    push.save()
    with pytest.raises(Refused, match="目录里已没有 QQ99"):
        pushes.confirm(Push.get())
    assert Push.get().state == "proposed"


def test_bodies_outside_the_fourteen_go_to_the_office(officer) -> None:
    rows = pushed(scope="许可项目：烟草制品零售；食品销售")
    assert {r.item: (r.unit, r.state) for r in rows} == {"TX01": ("", "outside"), "SP01": (HOME, "open")}


def test_a_changed_scope_pushes_what_was_added_only(officer) -> None:
    pushed()
    registered(event="变更", scope=RESTAURANT.replace("餐饮服务", "餐饮服务；住宿服务"))
    push = Push.get(Push.state == "proposed")
    assert push.base == ["SP01"]
    pushes.confirm(push)
    assert [r.item for r in Claim.select().where(Claim.push == push).order_by(Claim.item)] == [
        "GA01",
        "WS03",
        "XF01",
    ]
    registered(event="变更", scope=ORDINARY, approved=DAY, street="新开街道")
    last = pushes.confirm(Push.get(Push.state == "proposed"))
    assert sorted(last.removed) == ["GA01", "SP01", "WS03", "XF01"] and last.classification == "ordinary"


def test_a_second_change_before_the_push_is_merged_into_one(officer) -> None:
    registered()
    registered(event="变更", scope="许可项目：住宿服务")
    first, second = Push.select().order_by(Push.id)
    assert (first.state, second.state, second.base) == ("merged", "proposed", [])
    assert [state for _, state, _ in owed("push")] == ["withdrawn", "open"]


def test_unknown_text_waits_for_a_person_and_is_never_ordinary_by_itself(officer) -> None:
    registered(scope=UNKNOWN)
    push = Push.get()
    assert push.doubtful
    assert pushes.confirm_plain("approval") == 0
    with pytest.raises(Refused, match="星际航行服务"):
        pushes.confirm(push)


@pytest.mark.parametrize(
    "scope",
    [
        "许可项目：" + "餐饮服务；" * 1000,
        "许可项目：餐饮\n服务(依法须经批准的项目)一般项目:餐饮管理",
        "餐饮服务食品销售住宿",
        "（（（【许可项目：餐饮服务",
        "",
    ],
)
def test_every_scope_has_a_reading(officer, scope) -> None:
    registered(scope=scope)
    push = Push.get()
    assert push.reading["class"] in ("许可", "备案", "非许可", "待人工")
    marked = reading.marked(push.scope, push.reading["hits"], push.reading["unknown"])
    assert "".join(part for part, _, _ in marked) == push.scope


# The catalogue


def test_the_office_s_dated_move_of_an_item_holds_from_its_day_on(officer) -> None:
    catalogue.move("SP01", "approval", date(2026, 9, 26), "通开办〔2026〕9号")
    assert [r.unit for r in pushed(0)] == [HOME]
    with clock.using(clock.HandClock(clock.at(date(2026, 9, 28), 9))):
        (row,) = pushed(1)
    assert (row.unit, row.supervising_unit) == ("approval", HOME)
    with pytest.raises(Refused, match="须写明依据"):
        catalogue.move("SP01", "approval", date(2026, 10, 1), " ")


def test_a_correction_becomes_a_proposal_that_the_owning_unit_confirms(officer, people) -> None:
    registered(scope="许可项目：星际餐厅服务")
    push = Push.get()
    before = push.catalogue
    registrar, market, police = (
        as_viewer(people[name]) for name in ("shenpi-jingban", "shichang-jingban", "gongan-jingban")
    )
    with pytest.raises(Refused, match="须写明理由"):
        pushes.confirm_for(registrar, push, ["SP01"], "", "")
    pushes.confirm_for(registrar, push, ["SP01"], "", "新业态", "星际餐厅服务")
    (proposal,) = CatalogueProposal.select()
    assert (proposal.code, proposal.owner, proposal.kind, proposal.word) == (
        "SP01",
        HOME,
        "keyword",
        "星际餐厅服务",
    )
    with pytest.raises(NotAllowed):
        proposals.decide(police, proposal.id, True, "")
    assert proposals.decide(market, proposal.id, True, "").version == 1
    assert [hit["code"] for hit in reading.read("许可项目：星际餐厅服务")["hits"]] == ["SP01"]
    assert catalogue.version() != before
    with pytest.raises(Stale):
        proposals.decide(market, proposal.id, False, "不")


# Queues


def count_queries(monkeypatch, call) -> int:
    from portal.database import database

    number = 0
    execute = database.obj.execute_sql

    def counted(*args, **kwargs):
        nonlocal number
        number += 1
        return execute(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(database.obj, "execute_sql", counted)
        call()
    return number


@pytest.mark.parametrize(
    "path",
    [
        "/licensing/claims/",
        "/licensing/pushes/?state=pushed",
        "/licensing/roll-backs/",
        "/licensing/permits/",
    ],
)
def test_a_list_costs_the_same_number_of_queries_with_one_row_and_with_thirty(
    app, as_person, people, monkeypatch, path
) -> None:
    with as_actor(people["shenpi-jingban"]):
        pushed()
    person = as_person("shichang-jingban")
    person.get(path)
    one = count_queries(monkeypatch, lambda: person.get(path))
    row = Claim.get()
    names = {
        field: getattr(row, field) for field in ("item_name", "kind", "unit", "source", "state", "pushed_on")
    }
    for number in range(30):
        Claim.create(push=row.push_id, subject=row.subject_id, item=f"X{number}", **names)
    assert count_queries(monkeypatch, lambda: person.get(path)) == one


def test_all_rows_of_a_filter_are_claimed_not_those_of_the_page_only(app, as_person, people) -> None:
    with as_actor(people["shenpi-jingban"]):
        (row,) = pushed()
    names = {
        field: getattr(row, field) for field in ("item_name", "kind", "unit", "source", "state", "pushed_on")
    }
    for number in range(60):
        Claim.create(push=row.push_id, subject=row.subject_id, item=f"X{number}", **names)
    person = as_person("shichang-jingban")
    done = person.submit("/licensing/claims/", "/licensing/claims/act", scope="all")
    assert "已认领 61 条" in done.get_data(as_text=True)
    assert claims.state_counts(HOME) == {"claimed": (1, 61)}


def test_rows_opened_in_one_statement_owe_what_a_row_opened_alone_owes(officer) -> None:
    (row,) = pushed()
    together = Obligation.get(Obligation.kind == "claim").__data__
    Obligation.delete().execute()
    with transaction():
        claims.open_clock(row, row.subject.name, "推送")
    alone = Obligation.get(Obligation.kind == "claim").__data__
    assert {**together, "id": 0} == {**alone, "id": 0}
