"""Plans with coverage and the joint consult round; libraries and inspectors; what the score is told (scoring.md)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spot_stage import BARS, HOTELS, Stage, checks_of

from plugins.areas.inspections import inspectors, libraries, library_objects, plans, rules, scoring_facts
from plugins.areas.inspections.check_models import SpotCheck
from plugins.areas.inspections.models import CheckPlan, PlanLine
from portal import clock, subjects
from portal.database import database
from portal.hookspecs import hookimpl
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused, Stale
from portal.workdays import Quarter

Q3, Q4 = Quarter(2026, 3), Quarter(2026, 4)
FROM, UNTIL = date(2026, 9, 1), date(2026, 10, 30)


def _plan(spot: Stage, *, joint: bool = False) -> CheckPlan:
    with spot.as_("gongan-jingban"):
        plan = plans.make(
            2026, "旅馆联合抽查" if joint else "公安年度计划", joint=joint, theme="酒店宾馆" if joint else ""
        )
        plans.add_line(plan.id, plans.Line("police", HOTELS, FROM, UNTIL, "10"))
        if joint:
            plans.add_line(plan.id, plans.Line("fire", BARS, FROM, UNTIL, "10"))
    return plan


def test_a_joint_plan_asks_each_participant_and_each_owes_an_answer(spot: Stage) -> None:
    spot.ready(joint=True)
    plan = _plan(spot, joint=True)
    with spot.as_("gongan-jingban"):
        with pytest.raises(Stale, match="须先征求"):
            plans.issue(plan.id, "通公〔2026〕3号")
        plans.send_round(plan.id, clock.today() + timedelta(days=5))
        with pytest.raises(Refused, match="没有答复（消防大队"):
            plans.issue(plan.id, "通公〔2026〕3号")
    owed = Obligation.get(Obligation.kind == "consult")
    assert (owed.unit, owed.deadline, owed.state) == ("fire", date(2026, 9, 30), "open")
    with spot.as_("gongan-lianluo"), pytest.raises(Missing):
        plans.answer(plan.id, True, "")
    with spot.as_("xiaofang-jingban"):
        with pytest.raises(Refused, match="请写明意见"):
            plans.answer(plan.id, False, "")
        plans.answer(plan.id, False, "时间与本单位专项冲突")
    assert Obligation.get_by_id(owed.id).state == "fulfilled"
    with spot.as_("gongan-jingban"):
        with pytest.raises(Refused, match="采纳或不采纳的理由"):
            plans.issue(plan.id, "通公〔2026〕3号")
        assert plans.issue(plan.id, "通公〔2026〕3号", "已错开一周").state == "in_force"
        with pytest.raises(Stale):
            plans.add_line(plan.id, plans.Line("fire", BARS, FROM, UNTIL, "10"))


def test_silence_after_the_date_counts_as_agreeing(spot: Stage) -> None:
    spot.ready(joint=True)
    plan = _plan(spot, joint=True)
    with spot.as_("gongan-jingban"):
        plans.send_round(plan.id, clock.today())
        spot.later(days=1)
        assert plans.issue(plan.id, "通公〔2026〕3号").state == "in_force"


@pytest.mark.parametrize("changed, field", [
    ({"number": "NO-1"}, "number"), ({"unit": "fire", "number": BARS}, "number"), ({"until_day": date(2026, 8, 1)}, "until_day"),
    ({"percent": "0"}, "percent"), ({"percent": "120"}, "percent"), ({"percent": "三"}, "percent"),
    ({"from_day": date(2028, 1, 1), "until_day": date(2028, 2, 1)}, "from_day"),
])  # fmt: skip
def test_a_wrong_line_names_the_field(spot: Stage, changed: dict, field: str) -> None:
    spot.ready(joint=True)
    plan = _plan(spot)
    values = {
        "unit": "police",
        "number": HOTELS,
        "from_day": FROM,
        "until_day": UNTIL,
        "percent": "3",
        **changed,
    }
    with spot.as_("gongan-jingban"), pytest.raises(Refused) as refused:
        plans.add_line(plan.id, plans.Line(**values))
    assert field in refused.value.fields and PlanLine.select().count() == 1


def test_the_plan_shows_which_lines_have_a_task(spot: Stage) -> None:
    spot.ready()
    plan = _plan(spot)
    with spot.as_("gongan-jingban"):
        plan = plans.issue(plan.id, "通公〔2026〕1号")
    assert [(row["tasks"], row["missed"]) for row in plans.coverage(plan)] == [([], False)]
    task = spot.task(plan=plan, reason="")
    assert [row["tasks"] for row in plans.coverage(plan)] == [[task]]
    task.delete_instance(recursive=True)
    spot.later(days=60)
    assert plans.coverage(plan)[0]["missed"]


@given(st.integers(1, 100_000))
def test_a_percentage_keeps_its_three_places(thousandths: int) -> None:
    top, bottom = rules.read_percent(f"{thousandths / 1000:.3f}")
    assert top * 100_000 == thousandths * bottom


# --- libraries and inspectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("values, size", [
    ({"industries": ["H61"]}, 6), ({"industries": ["H", "F"]}, 9), ({"industries": ["H61"], "streets": ["新开街道"]}, 2),
    ({"labels": ["夜间营业"]}, 2), ({"labels": ["夜间营业"], "industries": ["F"]}, 1), ({"labels": ["没有的标签"]}, 0), ({"classes": ["D"]}, 1),
    ({"categories": ["企业"]}, 0), ({"subjects": False}, 0), ({"labels": ["测试许可"]}, 3),
])  # fmt: skip
def test_a_rule_filters_the_living_subjects(spot: Stage, values: dict, size: int) -> None:
    spot.item()
    hotels = spot.firms(4) + spot.firms(2, street="新开街道")
    shops = spot.firms(3, "F5212", name="超市")
    with spot.as_("gongan-jingban"):
        library_objects.label(hotels[0], "夜间营业"), library_objects.label(shops[0], "夜间营业")
        library_objects.grade(hotels[1], "D", date(2026, 9, 1))
        rule = libraries.set_rule(HOTELS, {"subjects": True, "reason": "建库", **values})

    class Permits:
        @hookimpl
        def subject_labels(self):
            return {
                "测试许可": subjects.Subject.select(subjects.Subject.id).where(
                    subjects.Subject.industry == "F5212"
                )
            }

    registry().manager.register(Permits(), "test.permits")
    try:
        assert libraries.sizes([rule]) == {HOTELS: (size, 0)}
        assert len(list(libraries.objects(rule))) == size
    finally:
        registry().manager.unregister(name="test.permits")


def test_a_small_special_library_stands_beside_the_subjects(spot: Stage) -> None:
    spot.item(), spot.library(subjects=False), spot.inspectors()
    rows = "类型\t编号\t名称\t街道\t地址\t信用风险等级\t所属主体代码\n场所\tC-1\t东湖公墓\t\t\tB\n场所\tC-2\t敬老院\n\t缺类型\t某处\n场所\tC-3\t坏|名\n项目\tP-1\t三期工程\t\t\tX"
    with spot.as_("gongan-jingban"):
        taken, problems = library_objects.import_objects(HOTELS, rows)
        assert (taken, problems) == (2, [
            "第 4 行：类型不能为空", "第 5 行：名称“坏|名”应为不超过 120 个字、不含“|”和控制字符的文本",
            "第 6 行：信用风险等级“X”应为 A、B、C、D 或空",
        ])  # fmt: skip
        assert library_objects.import_objects(HOTELS, "场所，C-1，东湖公墓（新）")[0] == 1
    assert libraries.sizes([libraries.rule_of(HOTELS)]) == {HOTELS: (0, 2)}
    draw = spot.drawn(spot.task(percent="50"))
    (check,) = checks_of(draw)
    assert check.subject_id is None and check.object_id.startswith("场所:C-")
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="不是登记的市场主体"):
        spot.entered(check, ("unreachable",), note="找不到")


@pytest.mark.parametrize("values, words", [
    ({"industries": ["旅馆"]}, "门类字母"), ({"strata": "moon"}, "没有“moon”"), ({"weights": {"D": 17}}, "1 至 16"),
])  # fmt: skip
def test_a_wrong_rule_is_refused(spot: Stage, values: dict, words: str) -> None:
    spot.item()
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match=words):
        libraries.set_rule(HOTELS, {"subjects": True, **values})


def test_a_changed_rule_needs_its_reason_and_its_own_unit(spot: Stage) -> None:
    spot.item(), spot.library()
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="必须写明原因"):
        libraries.set_rule(HOTELS, {"subjects": True})
    with spot.as_("xiaofang-jingban"), pytest.raises(NotAllowed):
        libraries.set_rule(HOTELS, {"subjects": True, "reason": "x"})


@pytest.mark.parametrize("changed, field", [
    ({"name": ""}, "name"), ({"certificate": ""}, "certificate"), ({"valid_to": "长期"}, "valid_to"), ({"items": [BARS]}, "items"),
    ({"fields": ["消防"]}, "fields"), ({"staff_number": "a|b"}, "staff_number"), ({"staff_number": "000"}, "staff_number"),
])  # fmt: skip
def test_a_wrong_inspector_names_the_field(spot: Stage, changed: dict, field: str) -> None:
    spot.inspectors(count=1)
    values = {
        "name": "李四",
        "staff_number": "100",
        "certificate": "苏F-9",
        "valid_to": date(2027, 1, 1),
        **changed,
    }
    with spot.as_("gongan-jingban"), pytest.raises(Refused) as refused:
        inspectors.save("police", values)
    assert list(refused.value.fields) == [field]


def test_inspectors_belong_to_their_unit(spot: Stage) -> None:
    (one,) = spot.inspectors(count=1)
    with spot.as_("xiaofang-jingban"):
        for act in (
            lambda: inspectors.take_leave(one.id, FROM, UNTIL, "x"),
            lambda: inspectors.declare_interest(one.id, "x", "x", "x"),
        ):
            with pytest.raises(Missing):
                act()
        with pytest.raises(NotAllowed):
            inspectors.save("police", {})


# --- what the score is told -------------------------------------------------------------------------------------


def test_the_facts_of_a_quarter_grow_with_the_work(spot: Stage) -> None:
    nothing = {"item_list": False, "subjects": False, "inspectors": False, "plan": False, "task": False}
    facts = scoring_facts.of_all(Q3)
    assert facts["police"]["single_check"] == {**nothing, "planned": 0, "finished": 0}
    assert facts["police"]["joint_check"] == {**nothing, "finished": 0} and facts["police"][
        "check_results"
    ] == {"tasks": 0}
    spot.ready(joint=True)
    plan = _plan(spot)
    with spot.as_("gongan-jingban"):
        plan = plans.issue(plan.id, "通公〔2026〕1号")
    draw = spot.drawn(spot.task(plan=plan, reason=""))
    both = spot.drawn(spot.task(joint=True))
    stands = {"item_list": True, "subjects": True, "inspectors": True, "plan": True, "task": True}
    facts = scoring_facts.of_all(Q3)
    assert facts["police"]["single_check"] == {**stands, "planned": 0, "finished": 0}  # its period still runs
    assert facts["police"]["check_results"] == {"tasks": 2} and facts["fire"]["check_results"] == {"tasks": 1}
    for check in [*checks_of(draw), *checks_of(both)]:
        if check.unit == "police":
            spot.entered(check)
    facts = scoring_facts.of_all(Q3)
    assert facts["police"]["single_check"] == {**stands, "planned": 1, "finished": 1}
    assert facts["police"]["joint_check"] == {**stands, "plan": False, "finished": 1}
    # Each participating unit is credited for its own results.
    assert facts["fire"]["joint_check"] == {**stands, "plan": False, "finished": 0}
    assert (
        scoring_facts.of_all(Q4)["police"]["single_check"]["finished"] == 0
    )  # counted once, in the quarter it was finished in


def test_a_task_that_ended_unfinished_and_a_line_without_a_task_are_planned_and_not_finished(
    spot: Stage,
) -> None:
    spot.ready()
    plan = _plan(spot)
    with spot.as_("gongan-jingban"):
        plans.add_line(plan.id, plans.Line("police", HOTELS, date(2026, 10, 8), date(2026, 10, 20), "5"))
        plan = plans.issue(plan.id, "通公〔2026〕1号")
    spot.drawn(spot.task(until_day=date(2026, 10, 6)))
    spot.later(days=40)
    facts = scoring_facts.of_all(Q4)["police"]["single_check"]
    assert (facts["planned"], facts["finished"]) == (3, 0)
    rows = scoring_facts.rows(Q4, "police", "single_check")
    assert [row["counted"] for row in rows] == [False] * 3 and sum(
        "没有建立任务" in row["text"] for row in rows
    ) == 2


def test_the_facts_of_all_units_cost_a_dozen_queries_whatever_there_is(spot: Stage) -> None:
    def cost() -> int:
        ran, real = [], database.obj.execute_sql
        database.obj.execute_sql = lambda sql, params=None: (ran.append(sql), real(sql, params))[1]
        try:
            scoring_facts.of_all(Q3)
        finally:
            del database.obj.execute_sql
        return len(ran)

    spot.ready(joint=True)
    cost()  # reads the calendar once
    few = cost()
    for n in range(3):
        spot.drawn(spot.task(joint=bool(n % 2), name=f"任务{n}"))
    assert SpotCheck.select().count() > 6 and cost() == few <= 12
