"""The areas' record kinds: stored by the areas' own rules, the same again changes nothing, other units see nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.exchange import imports, undoing
from plugins.areas.exchange.models import ImportedRow, ImportProblem, ImportRun
from plugins.areas.inspections import items
from plugins.areas.licensing import permits
from plugins.areas.licensing.permit_models import Permit
from portal import audit, registration_kind
from portal.database import transaction
from portal.gate import viewer_of
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import NotAllowed, Refused
from tests.areas.exchange.sent_files import as_xlsx, code


@pytest.fixture
def send(app, unit: str, people) -> Callable[..., ImportRun]:
    """Import rows of a kind as an officer of a unit, with one subject on the register."""
    with transaction():
        registration_kind.KIND.store([{"name": "南通甲有限公司", "code": code(1), "approved": date(2026, 9, 1)}], unit=unit, source="存量")

    with audit.acting(people["gongan-jingban"].as_actor()):
        items.adopt("GA-TZ-01")

    def sent(kind: str, account: str, rows: list[dict[str, Any]]) -> ImportRun:
        with audit.acting(people[account].as_actor()):
            run = imports.upload(io.BytesIO(as_xlsx(rows)), "表.xlsx", registry().record_kinds[kind], people[account].unit)
            told = [(p.label, p.value, p.rule) for p in ImportProblem.select().where(ImportProblem.run == run)]
            assert run.state == "checked", run.notices
            assert run.wrong == 0, told
            return imports.take(run.id, people[account].unit)

    return sent


PERMIT = {
    "行政相对人名称": "南通甲有限公司", "统一社会信用代码": code(1), "许可编号": "JY1", "许可决定文书号": "通许1号", "许可决定日期": "2026.9.2",
    "有效期至": "长期",
}  # fmt: skip
PENALTY = {
    "行政相对人名称": "南通甲有限公司", "统一社会信用代码": code(1), "决定文书号": "通开罚〔2026〕1号", "决定日期": "2026-09-20",
    "违法行为类型": "超范围经营", "依据": "治安管理处罚法", "处罚种类": "罚款、警告", "处罚内容": "罚款5000元", "罚款金额（万元）": "0.5", "惩戒领域": "治安特业", "公示": "否",
}  # fmt: skip
OTHER = {
    "行政相对人名称": "南通甲有限公司", "统一社会信用代码": code(1), "决定文书号": "通开信1号", "决定日期": "2026-09-20", "违法行为类型": "违反承诺",
    "依据": "告知承诺书", "失信类型": "违反承诺、合同的失信行为", "惩戒领域": "其他", "公示": "否",
}  # fmt: skip
OBJECT = {
    "抽查事项编号": "GA-TZ-01", "对象类型": "场所", "对象编号": "C-1", "对象名称": "东湖公墓", "街道": "中兴街道", "风险等级": "B",
    "统一社会信用代码": code(1),
}  # fmt: skip
INSPECTOR = {"姓名": "王甲", "工号": "7", "执法证编号": "3206-7", "执法证有效期": "2028/12/31", "专家": "否", "在岗": "是"}


def rows_of(kind: str) -> list[dict[str, Any]]:
    item = next(i.code for u in registry().units for i in u.permit_items)
    return {
        "permits": [PERMIT | {"许可事项代码": item}], "penalties": [PENALTY], "dishonesty": [OTHER], "inspectors": [INSPECTOR], "check-objects": [OBJECT],
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "account", "stranger"),
    [
        ("permits", "gongan-jingban", "shenpi-jingban"),
        ("penalties", "gongan-jingban", "shenpi-jingban"),
        ("dishonesty", "gongan-jingban", "shenpi-jingban"),
        ("inspectors", "gongan-jingban", "shenpi-jingban"),
        ("check-objects", "gongan-jingban", "shenpi-jingban"),
    ],
)
def test_a_kind_of_an_area_goes_in_once_and_out_to_its_own_unit(send, people, kind: str, account: str, stranger: str) -> None:
    run = send(kind, account, rows_of(kind))
    assert (run.state, run.taken_created, run.refused) == ("done", 1, 0)
    again = send(kind, account, rows_of(kind))
    assert (again.same, again.taken_same) == (1, 1)
    declared, viewer = registry().record_kinds[kind], viewer_of(people[account])
    (kept,) = declared.rows(viewer, {}, 0)
    assert [row.id for _, row in declared.changes(viewer, 0, 10)] == [kept.id]
    assert declared.fetch(viewer, [kept.id]) == [kept]
    assert list(declared.rows(viewer_of(people[stranger]), {}, 0)) == []
    assert declared.fetch(viewer_of(people[stranger]), [kept.id]) == []
    assert declared.changes(viewer_of(people[stranger]), 0, 10) == []


def kept_of(kind: str, people, account: str = "gongan-jingban") -> list[dict[str, Any]]:
    return [row.values for row in registry().record_kinds[kind].rows(viewer_of(people[account]), {}, 0)]


def take_back(people, run: ImportRun, account: str = "gongan-jingban") -> ImportRun:
    with audit.acting(people[account].as_actor()):
        return undoing.undo(run.id, run.unit)


def why_not(people, run: ImportRun) -> str:
    """What the page says before anybody asks; asking is refused with the same words."""
    said = undoing.why_not(ImportRun.get_by_id(run.id))
    with pytest.raises(Refused) as refused:
        take_back(people, run)
    assert str(refused.value) == f"这次导入不能整体撤销：{said}"
    return said


@pytest.mark.parametrize("kind", ["permits", "penalties", "dishonesty", "inspectors", "check-objects"])
def test_a_whole_import_is_taken_back_and_may_come_again(send, people, kind: str) -> None:
    owed = [(o.kind, o.state) for o in Obligation.select().where(Obligation.state == "open")]
    run = send(kind, "gongan-jingban", rows_of(kind))
    assert undoing.why_not(run) == ""
    assert (take_back(people, run).state, ImportRun.get_by_id(run.id).undone) == ("undone", 1)
    assert [(o.kind, o.state) for o in Obligation.select().where(Obligation.state.in_(["open", "fulfilled"]))] == owed
    again = send(kind, "gongan-jingban", rows_of(kind))
    assert again.taken_created + again.taken_changed == 1


FULL = {
    "permits": {"许可证书名称": "食品经营许可证", "备注": "首次"}, "penalties": {"法定代表人": "王甲", "备注": "首次"},
    "dishonesty": {"备注": "首次"}, "inspectors": {"电话": "85980000", "监管领域": None, "发证机关": "省司法厅"}, "check-objects": {"地址": "湖滨路1号"},
}  # fmt: skip


@pytest.mark.parametrize("kind", list(FULL))
def test_what_a_later_file_does_not_say_stays(send, people, kind: str) -> None:
    send(kind, "gongan-jingban", [row | FULL[kind] for row in rows_of(kind)])
    before = kept_of(kind, people)
    assert send(kind, "gongan-jingban", rows_of(kind)).same == 1
    changed = send(kind, "gongan-jingban", [row | CHANGED[kind] for row in rows_of(kind)])
    assert changed.taken_changed == 1
    after = kept_of(kind, people)
    lost = {name for name, value in before[0].items() if value and not after[0][name]} - {"valid_until"}
    assert lost == set()


CHANGED = {
    "permits": {"许可决定文书号": "通许2号", "许可决定日期": "2026-09-10", "有效期至": "2030-01-01"},
    "penalties": {"罚款金额（万元）": "0.6", "处罚内容": "罚款6000元"},
    "dishonesty": {"违法行为类型": "违反合同"},
    "inspectors": {"姓名": "王乙", "执法证有效期": "2029-12-31"},
    "check-objects": {"名称": "东湖陵园", "街道": "新开街道"},
}


@pytest.mark.parametrize("kind", list(CHANGED))
def test_an_import_of_changes_puts_back_what_was_there(send, people, kind: str) -> None:
    first = send(kind, "gongan-jingban", rows_of(kind))
    before = kept_of(kind, people)
    run = send(kind, "gongan-jingban", [row | CHANGED[kind] for row in rows_of(kind)])
    assert run.taken_changed == 1 and kept_of(kind, people) != before
    assert "之后又有" in why_not(people, first)
    assert take_back(people, run).undone == 1
    assert kept_of(kind, people) == before
    assert take_back(people, first).undone == 1, "as it was, the first import may go too"


def test_new_and_changed_in_one_file_go_back_the_last_first(send, people) -> None:
    rows = rows_of("permits")
    run = send("permits", "gongan-jingban", [*rows, rows[0] | CHANGED["permits"]])
    assert (run.taken_created, run.taken_changed) == (1, 1)
    assert take_back(people, run).undone == 2
    assert kept_of("permits", people) == []


def test_a_penalty_that_closed_a_row_of_the_quarter_s_list_is_owed_again(send, people) -> None:
    listed = {name: PENALTY[name] for name in ("行政相对人名称", "统一社会信用代码", "决定文书号", "决定日期")}
    send("quarter-dishonesty", "gongan-jingban", [listed])
    (owed,) = Obligation.select().where(Obligation.kind == "dishonesty")
    run = send("penalties", "gongan-jingban", [PENALTY])
    assert Obligation.get_by_id(owed.id).state == "fulfilled"
    take_back(people, run)
    again = Obligation.get_by_id(owed.id)
    assert (again.state, again.record_type, again.fulfilled_at) == ("open", owed.record_type, None)


def test_what_the_publisher_owed_is_withdrawn_and_what_it_published_stays(send, people) -> None:
    run = send("penalties", "gongan-jingban", [PENALTY | {"公示": "是"}])
    (owed,) = Obligation.select().where(Obligation.kind == "publicity")
    take_back(people, run)
    assert Obligation.get_by_id(owed.id).state == "withdrawn"
    run = send("penalties", "gongan-jingban", [PENALTY | {"公示": "是"}])
    DishonestyRecord.update(published_on=date(2026, 9, 25)).execute()
    assert "已由公示单位公示" in why_not(people, run)
    assert len(kept_of("penalties", people)) == 1


def test_a_permit_that_ended_since_is_not_taken_back(send, people) -> None:
    run = send("permits", "gongan-jingban", rows_of("permits"))
    with audit.acting(people["gongan-jingban"].as_actor()):
        permit = Permit.get()
        permits.end(permit, permit.version, "cancel", "通注1号", date(2026, 9, 20), "歇业")
    assert "（南通甲有限公司）已注销" in why_not(people, run)
    assert Permit.get().state == "cancel"


def test_a_reference_from_before_values_were_kept_is_told(send, people) -> None:
    run = send("inspectors", "gongan-jingban", [INSPECTOR])
    ImportedRow.update(reference="created:1").execute()
    assert "没有保留更改前的内容" in why_not(people, run)


def test_a_unit_without_the_duty_does_not_import(app) -> None:
    for kind, duty in (("penalties", "penalty"), ("permits", "permit"), ("dishonesty", "other_dishonesty")):
        without = [u.key for u in registry().units if duty not in u.duties] or ["no_unit"]
        with pytest.raises(NotAllowed, match="附件2-2"):
            registry().record_kinds[kind].may_import(without[0])
