"""信用修复: the conditions of each track one by one, what is barred and by which article, who decides, what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from plugins.areas.credit import letters, panel, records, repair_rules, repairs
from plugins.areas.credit.models import DishonestyRecord, Repair
from plugins.areas.credit.publicity_rules import CREDIT, MARKET
from plugins.areas.credit.repair_rules import CONFIRMED_BY_OFFICER, MET, TO_CONFIRM, UNMET, Situation
from portal import audit, clock
from portal.obligations import FULFILLED, OPEN, WITHDRAWN, Obligation
from portal.refusals import Refused, Stale
from tests.areas.credit import stage

ALL = frozenset(CONFIRMED_BY_OFFICER)
CREDIT_CASE = Situation(
    penalty=True, kinds=("罚款",), field="消防", track=CREDIT, day=date(2026, 9, 25), published=True, starts_on=date(2026, 6, 1),
    earliest_end=date(2026, 9, 1), latest_end=date(2027, 6, 1), confirmed=ALL,
)  # fmt: skip
MARKET_CASE = replace(
    CREDIT_CASE,
    track=MARKET,
    starts_on=date(2026, 3, 1),
    earliest_end=date(2026, 3, 1),
    latest_end=date(2029, 3, 1),
)

CONDITIONS = [
    # situation, condition, result, words of the finding
    (CREDIT_CASE, "period", MET, "满期日 2026-09-01"),
    (replace(CREDIT_CASE, day=date(2026, 9, 1)), "period", UNMET, "尚未满期"),
    (replace(CREDIT_CASE, published=False), "published", UNMET, "不在公示期间"),
    (replace(CREDIT_CASE, confirmed=frozenset({"duties"})), "duties", MET, "已核实"),
    (replace(CREDIT_CASE, confirmed=frozenset({"duties"})), "harm", TO_CONFIRM, "由决定单位核实"),
    (replace(CREDIT_CASE, confirmed=frozenset({"duties"})), "commitment", TO_CONFIRM, "由决定单位核实"),
    (replace(CREDIT_CASE, kinds=("责令停产停业",)), "kind", MET, "不在排除之列"),
    (MARKET_CASE, "period", MET, "满期日 2026-09-01"),
    (replace(MARKET_CASE, field="食品药品"), "period", UNMET, "满期日 2027-03-01"),
    (replace(MARKET_CASE, latest_end=date(2026, 6, 1)), "period", UNMET, "届满自动停止公示"),
    (replace(MARKET_CASE, kinds=("吊销许可证件",)), "kind", UNMET, "第十四条不得提前停止公示"),
    (replace(MARKET_CASE, later_same_kind=("另〔2026〕2号",)), "second", UNMET, "另〔2026〕2号"),
    (replace(MARKET_CASE, barring_lists=("列入经营异常名录",)), "lists", UNMET, "在册：列入经营异常名录"),
    (MARKET_CASE, "second", MET, "没有同类处罚"),
    (MARKET_CASE, "lists", MET, "没有在册记录"),
]


@pytest.mark.parametrize(("situation", "key", "result", "words"), CONDITIONS)
def test_each_condition_is_checked_by_itself_with_its_source(situation, key, result, words):
    (found,) = [one for one in repair_rules.conditions(situation) if one.key == key]
    assert (found.result, words in found.finding) == (result, True)
    assert found.source


def test_the_market_track_asks_more_than_the_credit_track():
    names = [[one.key for one in repair_rules.conditions(case)] for case in (CREDIT_CASE, MARKET_CASE)]
    assert names == [
        ["published", "kind", "period", "duties", "harm", "commitment"],
        ["published", "kind", "period", "duties", "harm", "second", "lists", "commitment"],
    ]


def ripe(**more) -> DishonestyRecord:
    return stage.published(stage.firm(), decided_on=date(2026, 6, 1), **more)


def applied(record: DishonestyRecord) -> Repair:
    return repairs.apply(record, applicant="某公司", statement="已缴清罚款并整改", entered_unit="police")


def test_an_approved_repair_ends_publicity_and_force_and_keeps_the_history(people):
    record = ripe()
    made = applied(record)
    with stage.acting(people["gongan-jingban"]):
        letter = repairs.approve(made, confirmed=ALL, upper_rule="公安部某办法")
    now = DishonestyRecord.get_by_id(record.id)
    assert (now.state_label, now.publicity, now.in_force(clock.today()), now.is_public(clock.today())) == (
        "已修复",
        "ended",
        False,
        False,
    )
    assert panel.summary(now.subject) == "已修复 1 条"
    assert [c["result"] for c in Repair.get_by_id(made.id).checked] == [MET] * 6
    assert letter.title == "准予信用修复决定书" and any(
        "公安部某办法" in text for text in letter.values["paragraphs"]
    )
    assert letters.number_of(letter).endswith("信〔2026〕1号")
    assert [entry.action for entry, _ in audit.history("dishonesty", record.id)] == [
        "停止公示",
        "记于名下并公示",
        "录入失信信息",
    ]
    owed = [
        (o.kind, o.unit, o.state)
        for o in Obligation.select()
        .where(Obligation.kind.in_(["repair_decision", "publicity"]))
        .order_by(Obligation.id)
    ]
    assert owed == [
        ("publicity", "market_regulation", FULFILLED), ("repair_decision", "police", FULFILLED), ("publicity", "market_regulation", OPEN),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("confirmed", "decided", "words"),
    [(frozenset(), date(2026, 6, 1), "由决定单位核实材料后确认"), (ALL, date(2026, 9, 18), "尚未满期")],
)
def test_a_repair_with_an_open_condition_is_not_approved(people, confirmed, decided, words):
    record = stage.published(stage.firm(), decided_on=decided)
    made = applied(record)
    with pytest.raises(Refused, match=words):
        repairs.approve(made, confirmed=confirmed)
    assert Repair.get_by_id(made.id).state == "received"
    assert DishonestyRecord.get_by_id(record.id).publicity == "published"


def test_a_refusal_needs_reasons_and_publicity_goes_on(people):
    record = ripe()
    made = applied(record)
    with pytest.raises(Refused, match="必须说明理由"):
        repairs.refuse(made, reason=" ")
    repairs.refuse(made, reason="罚款未缴清")
    assert DishonestyRecord.get_by_id(record.id).publicity == "published"
    again = applied(record)
    assert again.state == "received", "a refused applicant may apply again"
    repairs.withdraw(again, "来函撤回")
    states = [
        o.state
        for o in Obligation.select().where(Obligation.kind == "repair_decision").order_by(Obligation.id)
    ]
    assert states == [FULFILLED, WITHDRAWN]


@pytest.mark.parametrize(
    "kind", ["责令停产停业", "限制开展生产经营活动", "限制从业", "降低资质等级", "吊销许可证件", "责令关闭"]
)
def test_barred_kinds_are_refused_with_the_article(people, kind):
    more = {"penalty_kinds": (kind,), "fine": None, "licence": "食品经营许可证 JY1"}
    record = stage.published(stage.firm(), "market_regulation", decided_on=date(2026, 3, 2), **more)
    with pytest.raises(
        Refused,
        match=f"处罚种类含{kind}，按《市场监督管理行政处罚信息公示规定（总局令45号）》第十四条不得提前停止公示",
    ):
        applied(record)


def test_repair_is_for_what_is_public_and_one_at_a_time(people):
    record = ripe()
    made = applied(record)
    with pytest.raises(Refused, match="已有一件修复申请正在办理"):
        applied(record)
    repairs.approve(made, confirmed=ALL)
    for number, words in (
        (record.id, "已经修复"),
        (stage.record(stage.firm(), document_number="待〔2026〕1号").id, "公示状态是“待公示”"),
    ):
        with pytest.raises(Refused, match=words):
            applied(DishonestyRecord.get_by_id(number))


def test_a_second_penalty_of_the_kind_and_a_serious_list_stand_against_a_market_repair(people, hand):
    firm = stage.firm()
    first = stage.published(firm, "market_regulation", decided_on=date(2026, 3, 2), fine=20_000_000)
    hand.set(clock.at(date(2027, 4, 1), 11))
    stage.record(firm, "market_regulation", decided_on=date(2027, 3, 20), document_number="又〔2027〕1号")
    records.enter(stage.other_entry(firm, decided_on=date(2027, 3, 20)), unit="market_regulation")
    found = {one.key: one.result for one in repairs.conditions_of(DishonestyRecord.get_by_id(first.id), ALL)}
    assert (found["second"], found["lists"], found["period"]) == (UNMET, UNMET, MET)


def test_two_officers_at_once_the_second_is_told(people):
    made = applied(ripe())
    second = Repair.get_by_id(made.id)
    repairs.approve(made, confirmed=ALL)
    with pytest.raises(Stale, match="刚被别人办过"):
        repairs.refuse(second, reason="不同意")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"applicant": ""}, "applicant", "申请人不能为空"),
        ({"statement": ""}, "statement", "请写明纠正"),
        ({"statement": "长" * 2001}, "statement", "最多 2000 个"),
    ],
)
def test_an_incomplete_application_is_refused(people, change, field, words):
    values = {"applicant": "某公司", "statement": "已改", "entered_unit": "police"}
    with pytest.raises(Refused) as refused:
        repairs.apply(ripe(), **(values | change))
    assert words in refused.value.fields[field]
