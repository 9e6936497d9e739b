"""The areas' record kinds: stored by the areas' own rules, the same again changes nothing, other units see nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from plugins.areas.exchange import imports, undoing
from plugins.areas.exchange.models import ImportProblem, ImportRun
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
INSPECTOR = {"姓名": "王甲", "工号": "7", "执法证编号": "3206-7", "执法证有效期": "2028/12/31", "专家": "否", "在岗": "是"}


def rows_of(kind: str) -> list[dict[str, Any]]:
    item = next(i.code for u in registry().units for i in u.permit_items)
    return {
        "permits": [PERMIT | {"许可事项代码": item}], "penalties": [PENALTY], "dishonesty": [OTHER], "inspectors": [INSPECTOR],
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "account", "stranger"),
    [
        ("permits", "gongan-jingban", "shenpi-jingban"),
        ("penalties", "gongan-jingban", "shenpi-jingban"),
        ("dishonesty", "gongan-jingban", "shenpi-jingban"),
        ("inspectors", "gongan-jingban", "shenpi-jingban"),
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


def test_a_penalty_entered_by_import_closes_its_clock_and_is_taken_back_whole(send, people) -> None:
    run = send("penalties", "gongan-jingban", [PENALTY])
    assert [(o.kind, o.state) for o in Obligation.select().where(Obligation.kind == "dishonesty")] == [("dishonesty", "fulfilled")]
    with audit.acting(people["gongan-jingban"].as_actor()):
        assert undoing.undo(run.id, "police").undone == 1
    (kept,) = registry().record_kinds["penalties"].rows(viewer_of(people["gongan-jingban"]), {}, 0)
    assert kept.values["state"] == "已撤销" and kept.values["fine"] == 500_000


def test_a_permit_is_not_taken_back_but_changed(send, people) -> None:
    run = send("permits", "gongan-jingban", rows_of("permits"))
    with audit.acting(people["gongan-jingban"].as_actor()), pytest.raises(Refused, match="请逐条变更"):
        undoing.undo(run.id, "police")
    changed = [rows_of("permits")[0] | {"许可决定文书号": "通许2号", "有效期至": "2030-01-01"}]
    assert send("permits", "gongan-jingban", changed).taken_changed == 1


def test_a_unit_without_the_duty_does_not_import(app) -> None:
    for kind, duty in (("penalties", "penalty"), ("permits", "permit"), ("dishonesty", "other_dishonesty")):
        without = [u.key for u in registry().units if duty not in u.duties] or ["no_unit"]
        with pytest.raises(NotAllowed, match="附件2-2"):
            registry().record_kinds[kind].may_import(without[0])
