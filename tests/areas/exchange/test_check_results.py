"""Check results from a unit's own system: the same records as the form's, known by that system's serial number."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from plugins.areas.exchange import imports, undoing
from plugins.areas.exchange.models import ImportProblem, ImportRun
from plugins.areas.inspections import checks
from plugins.areas.inspections.check_models import SpotCheck
from portal import clock, jobs
from portal.gate import viewer_of
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import NotAllowed, Refused
from tests.areas.exchange.sent_files import WRITERS, as_csv
from tests.areas.inspections.spot_stage import Stage, checks_of

KIND = "check-results"


@pytest.fixture
def spot(people, hand) -> Stage:
    made = Stage(people, hand)
    made.ready()
    return made


@pytest.fixture
def waiting(spot: Stage) -> list[SpotCheck]:
    """The police's checks of one draw, nobody has been there yet."""
    return checks_of(spot.drawn())


def result(check: SpotCheck, number: int = 1, **rest: Any) -> dict[str, Any]:
    row = {
        "流水号": f"GA-{number:04d}", "任务编号": check.task.code, "检查对象代码": check.object_id, "检查日期": clock.today().isoformat(),
        "检查结果": "未发现问题",
    }  # fmt: skip
    return row | rest


def send(spot: Stage, content: bytes, name: str = "结果.csv") -> ImportRun:
    with spot.as_("gongan-jingban"):
        return imports.upload(io.BytesIO(content), name, registry().record_kinds[KIND], "police")


def take(spot: Stage, run: ImportRun) -> ImportRun:
    with spot.as_("gongan-jingban"):
        return imports.take(run.id, "police")


@pytest.mark.parametrize("writer", WRITERS)
def test_results_come_from_every_kind_of_file_and_a_second_time_change_nothing(spot: Stage, waiting, writer: str) -> None:
    write, name = WRITERS[writer]
    rows = [
        result(waiting[0], 1),
        result(waiting[1], 2, 检查结果="发现问题待后续处理；公示信息隐瞒真实情况、弄虚作假", 具体情况="未亮证", 处理期限="2026/10/20", 检查方式="现场检查、书面检查"),
    ]
    run = send(spot, write(rows), name)
    assert (run.state, run.created, run.wrong) == ("checked", 2, 0), [p.rule for p in ImportProblem.select()]
    assert take(spot, run).taken_created == 2
    first, second = (SpotCheck.get_by_id(check.id) for check in waiting[:2])
    assert (first.state, first.external, first.codes, first.methods) == ("entered", "GA-0001", ["none"], ["site"])
    assert first.first_entered_at == clock.now(), "the moment of arrival here is what counts"
    assert (second.codes, second.methods, str(second.follow_up_until)) == (["follow_up", "concealed"], ["site", "paper"], "2026-10-20")
    again = send(spot, write(rows), name)
    assert (again.same, again.wrong) == (2, 0)
    assert take(spot, again).taken_same == 2
    assert SpotCheck.get_by_id(first.id).version == first.version


@pytest.mark.parametrize(
    ("rest", "label", "words"),
    [
        ({"检查结果": ""}, "检查结果", "不能为空"),
        ({"流水号": ""}, "流水号", "不能为空"),
        ({"检查结果": "合格"}, "检查结果", "没有“合格”这种检查结果"),
        ({"检查结果": "发现问题已责令改正"}, "具体情况", "须写明具体情况"),
        ({"检查结果": "发现问题待后续处理", "具体情况": "无证"}, "处理期限", "请填写今天以后的处理期限"),
        ({"检查日期": "2026-12-01"}, "检查日期", "在今天之后"),
        ({"检查日期": "2026-01-01"}, "检查日期", "早于抽取日期"),
        ({"检查对象代码": "91310000773718882U"}, "", "没有公安分局对"),
        ({"对象名称": "别的公司"}, "检查对象名称", "名称不符"),
        ({"检查方式": "飞行"}, "检查方式", "没有“飞行”这种检查方式"),
    ],
)
def test_a_number_without_its_result_counts_for_nothing(spot: Stage, waiting, rest, label: str, words: str) -> None:
    run = send(spot, as_csv([result(waiting[0], **rest)]))
    (problem,) = ImportProblem.select().where(ImportProblem.run == run)
    assert (run.created, run.wrong, problem.row, problem.label) == (0, 1, 2, label) and words in problem.rule
    assert SpotCheck.get_by_id(waiting[0].id).state == "pending" and Obligation.select().where(Obligation.kind == "check_result").count() == 0


def test_a_serial_number_stays_with_its_check(spot: Stage, waiting) -> None:
    take(spot, send(spot, as_csv([result(waiting[0])])))
    run = send(spot, as_csv([result(waiting[1])]))
    assert "流水号已用于" in ImportProblem.get(ImportProblem.run == run).rule
    run = send(spot, as_csv([result(waiting[0], 2)]))
    assert "现在是“待审核”，不能再录入结果" in ImportProblem.get(ImportProblem.run == run).rule


def test_a_task_s_number_is_known_in_whatever_brackets(spot: Stage, waiting) -> None:
    typed = waiting[0].task.code.replace("〔", "[").replace("〕", "］ ")
    run = send(spot, as_csv([result(waiting[0], 任务编号=typed, 检查对象代码=waiting[0].object_id.lower())]))
    assert (run.created, run.wrong) == (1, 0)
    assert take(spot, run).taken_created == 1


def test_two_rows_for_one_check_the_second_is_told_when_taken(spot: Stage, waiting) -> None:
    run = take(spot, send(spot, as_csv([result(waiting[0]), result(waiting[0], 2)])))
    assert (run.taken_created, run.refused) == (1, 1)
    assert ImportProblem.get(ImportProblem.run == run).row == 3


def test_a_returned_result_comes_again_with_its_number(spot: Stage, waiting) -> None:
    take(spot, send(spot, as_csv([result(waiting[0])])))
    with spot.as_("gongan-lianluo"):
        checks.approve(waiting[0].id, False, "请写明情况")
    run = take(spot, send(spot, as_csv([result(waiting[0], 检查结果="发现问题已责令改正", 具体情况="已亮证")])))
    assert run.taken_changed == 1
    check = SpotCheck.get_by_id(waiting[0].id)
    assert (check.state, check.codes, check.external) == ("entered", ["corrected"], "GA-0001")
    with spot.as_("gongan-jingban"):
        undoing.undo(run.id, "police")
    check = SpotCheck.get_by_id(check.id)
    assert (check.state, check.codes, check.return_reason) == ("returned", ["none"], "请写明情况")


def test_an_import_of_results_is_taken_back_until_one_is_approved(spot: Stage, waiting) -> None:
    run = take(spot, send(spot, as_csv([result(waiting[0]), result(waiting[1], 2)])))
    assert [o.state for o in Obligation.select().where(Obligation.kind == "check_result")] == ["open", "open"]
    with spot.as_("gongan-jingban"):
        undoing.undo(run.id, "police")
    assert {(c.state, c.external, c.checked_on, c.first_entered_at) for c in SpotCheck.select().where(SpotCheck.id.in_(waiting[:2]))} == {("pending", "", None, None)}
    assert [o.state for o in Obligation.select().where(Obligation.kind == "check_result")] == ["withdrawn", "withdrawn"]
    run = take(spot, send(spot, as_csv([result(waiting[0])])))
    spot.approved(SpotCheck.get_by_id(waiting[0].id))
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="现在是“已审核，待公示”"):
        undoing.undo(run.id, "police")


def test_results_come_by_the_api_under_the_system_s_own_number(spot: Stage, waiting, as_system) -> None:
    system = as_system("police", kinds=(KIND,))
    check = waiting[0]
    values = {"serial": "GA-0001", "task": check.task.code, "object_id": check.object_id, "checked_on": clock.today().isoformat(), "results": "未发现问题"}
    assert system.ask("PUT", f"{KIND}/by-key/GA-0001", values).json["outcome"] == "created"
    assert system.ask("PUT", f"{KIND}/by-key/GA-0001", values).json["outcome"] == "same"
    without = system.ask("PUT", f"{KIND}/by-key/GA-0002", {name: value for name, value in values.items() if name != "results"})
    assert (without.status_code, [(e["field"], e["rule"]) for e in without.json["errors"]]) == (422, [("results", "不能为空")])
    stored = SpotCheck.get_by_id(check.id)
    assert (stored.state, stored.source, stored.external) == ("entered", "接口 别的系统", "GA-0001")
    assert system.ask("GET", f"{KIND}/by-key/GA-0001").json["values"]["results"] == "未发现问题"


def test_a_unit_reads_its_own_results_and_who_checks_nothing_sends_none(spot: Stage, waiting, people) -> None:
    take(spot, send(spot, as_csv([result(waiting[0])])))
    kind = registry().record_kinds[KIND]
    (kept,) = kind.rows(viewer_of(people["gongan-jingban"]), {}, 0)
    assert (kept.values["serial"], kept.values["state"], kept.values["arrived_on"]) == ("GA-0001", "待审核", date(2026, 9, 25))
    assert [row.id for _, row in kind.changes(viewer_of(people["gongan-jingban"]), 0, 50)][-1] == kept.id
    assert list(kind.rows(viewer_of(people["shichang-jingban"]), {}, 0)) == []
    assert len(list(kind.rows(viewer_of(people["bangongshi"]), {"serial": "GA-0001"}, 0))) == 1
    nobody = next((u.key for u in registry().units if not u.check_fields), "no_unit")
    with pytest.raises(NotAllowed, match="附件2-2"):
        kind.may_import(nobody)


def test_a_long_file_of_results_is_stored_by_a_job_as_its_sender(spot: Stage, waiting, monkeypatch) -> None:
    monkeypatch.setattr(imports, "SHORT_BYTES", 0)
    run = send(spot, as_csv([result(waiting[0]), result(waiting[1], 2)]))
    jobs.work_off()
    take(spot, ImportRun.get_by_id(run.id))
    jobs.work_off()
    assert ImportRun.get_by_id(run.id).taken_created == 2
    assert SpotCheck.get_by_id(waiting[0].id).author == "公安经办"
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="录入人不能审核自己录入的结果"):
        checks.approve(waiting[0].id, True)
