"""The lists of a quarter's end by import and by the API: the page's own rows, clocks and comparison."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from plugins.areas.exchange import imports, undoing
from plugins.areas.exchange.models import ImportProblem, ImportRun
from portal import audit, clock, gate, quarter_lists
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import NotAllowed, Refused
from portal.workdays import Quarter
from tests.areas.exchange.sent_files import WRITERS, as_csv, code
from tests.cast import table_of

Q3 = Quarter(2026, 3)
KIND, HOME = "quarter-permits", "police"
PERMITS = {"行政相对人名称": "南通甲有限公司", "统一社会信用代码": code(1), "许可决定文书号": "通许1号", "许可决定日期": "2026.9.2", "许可编号": "JY1", "有效期至": "长期"}


@pytest.fixture
def officer(app, people) -> Any:
    quarter_lists.open_due(clock.today())
    with audit.acting(people["gongan-jingban"].as_actor()):
        yield gate.viewer_of(people["gongan-jingban"])


def send(rows: list[dict[str, Any]], kind: str = KIND, content: bytes | None = None, name: str = "清单.csv") -> ImportRun:
    return imports.upload(io.BytesIO(content or as_csv(rows)), name, registry().record_kinds[kind], HOME)


def owed(kind: str) -> list[str]:
    return [o.state for o in Obligation.select().where((Obligation.kind == kind) & (Obligation.unit == HOME)).order_by(Obligation.id)]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_list_comes_from_every_kind_of_file_and_once(officer, writer: str) -> None:
    write, name = WRITERS[writer]
    content = write([PERMITS, PERMITS | {"许可决定文书号": "通许2号", "有效期至": "2030/1/1"}])
    run = send([], content=content, name=name)
    assert (run.created, run.wrong) == (2, 0), [(p.label, p.rule) for p in ImportProblem.select()]
    imports.take(run.id, HOME)
    assert [(e.document, e.fields) for e in quarter_lists.comparison(HOME, Q3, "permits").listed_only] == [
        ("通许1号", {"许可编号": "JY1", "有效期至": "长期"}), ("通许2号", {"许可编号": "JY1", "有效期至": "2030-01-01"}),
    ]  # fmt: skip
    assert owed("permit_entry") == ["open", "open"]
    again = send([], content=content, name=name)
    assert again.same == 2
    imports.take(again.id, HOME)
    assert quarter_lists.QuarterRow.select().count() == 2 and owed("permit_entry") == ["open", "open"]


def test_the_import_of_all_lists_fulfils_the_clock_and_taking_one_back_opens_it_again(officer) -> None:
    run = imports.take(send([PERMITS]).id, HOME)
    assert owed("quarter_list") == ["open"]
    fine = {"行政相对人名称": "南通甲有限公司", "统一社会信用代码": code(1), "决定文书号": "罚1号", "决定日期": "2026-09-03", "罚款金额（万元）": "0.5"}
    imports.take(send([fine], "quarter-dishonesty").id, HOME)
    assert owed("quarter_list") == ["fulfilled"]
    assert quarter_lists.comparison(HOME, Q3, "dishonesty").listed_only[0].fields == {"罚款金额（万元）": "0.5"}
    assert undoing.undo(run.id, HOME).undone == 1
    assert (owed("quarter_list"), owed("permit_entry"), owed("dishonesty")) == (["open"], ["withdrawn"], ["open"])
    assert quarter_lists.QuarterRow.select().count() == 1


def test_a_corrected_row_is_a_change_and_goes_back_to_what_it_was(officer) -> None:
    imports.take(send([PERMITS]).id, HOME)
    run = send([PERMITS | {"许可编号": "JY9"}])
    assert (run.changed, run.wrong) == (1, 0)
    imports.take(run.id, HOME)
    assert quarter_lists.QuarterRow.get().fields["许可编号"] == "JY9"
    undoing.undo(run.id, HOME)
    assert quarter_lists.QuarterRow.get().fields["许可编号"] == "JY1"


def test_what_the_page_took_and_what_was_imported_are_the_same_rows(officer, as_person) -> None:
    imports.take(send([PERMITS]).id, HOME)
    made = quarter_lists.send(HOME, Q3, "permits", io.BytesIO(as_csv([PERMITS])), "清单.csv")
    assert (made.rows, made.added) == (1, 0)
    sent = table_of(as_person("gongan-jingban").get(f"/quarter-lists/2026Q3/{HOME}/permits"), "报送记录")
    assert [row[:3] for row in sent] == [["清单.csv", "1", "0"], ["数据交换（导入或接口）", "1", "1"]]


@pytest.mark.parametrize(
    ("rest", "label", "words"),
    [
        ({"许可决定日期": "2026-03-02"}, "决定日期", "已在"),
        ({"许可决定日期": "2027-03-02"}, "决定日期", "在今天之后"),
        ({"有效期至": "某天"}, "有效期至", "日期"),
        ({"许可决定文书号": ""}, "决定文书号", "不能为空"),
    ],
)
def test_a_wrong_row_is_told_with_its_column(officer, rest, label: str, words: str) -> None:
    run = send([PERMITS | rest])
    (problem,) = ImportProblem.select().where(ImportProblem.run == run)
    assert (run.wrong, problem.row, problem.label) == (1, 2, label) and words in problem.rule


def test_another_day_for_a_sent_decision_is_a_difference_not_a_change(officer) -> None:
    imports.take(send([PERMITS]).id, HOME)
    run = send([PERMITS | {"许可决定日期": "2026-09-20"}])
    assert "已按 2026-09-02 报送" in ImportProblem.get(ImportProblem.run == run).rule
    made = quarter_lists.send(HOME, Q3, "permits", io.BytesIO(as_csv([PERMITS | {"许可决定日期": "2026-09-20"}])), "清单.csv")
    assert made.added == 0 and "已按 2026-09-02 报送" in made.problems[0]["rule"]


def test_a_list_is_not_taken_back_once_a_difference_is_settled_or_the_quarter_is_over(officer, hand) -> None:
    run = imports.take(send([PERMITS]).id, HOME)
    (only,) = quarter_lists.comparison(HOME, Q3, "permits").listed_only
    quarter_lists.resolve(officer, HOME, Q3, "permits", "listed", only.identity, "will_enter", "正在补录")
    with pytest.raises(Refused, match="差异已由公安经办处理"):
        undoing.undo(run.id, HOME)
    quarter_lists.QuarterResolution.delete().execute()
    hand.set(clock.at(date(2026, 10, 8), 9))
    assert "报送期限已过" in undoing.why_not(ImportRun.get_by_id(run.id))


def test_a_list_comes_by_the_api(app, officer, as_system) -> None:
    system = as_system(HOME, kinds=(KIND,))
    values = {"name": "南通甲有限公司", "code": code(1), "document": "通许1号", "day": "2026-09-02", "number": "JY1", "until": "长期"}
    first = system.ask("POST", f"{KIND}/batch", {"rows": [{"key": "1", "values": values}, {"key": "2", "values": values | {"document": ""}}]})
    assert [row["outcome"] or row["status"] for row in first.json["results"]] == ["created", 422]
    assert system.ask("PUT", f"{KIND}/by-key/1", values).json["outcome"] == "same"
    assert system.ask("GET", f"{KIND}/by-key/1").json["values"]["quarter"] == "2026Q3"
    assert [r["record"]["values"]["document"] for r in system.ask("GET", f"{KIND}/changes?since=0").json["items"]] == ["通许1号"]
    assert as_system("fire", kinds=(KIND,)).ask("GET", f"{KIND}?quarter=2026Q3").json["items"] == []


def test_a_unit_without_the_duty_sends_no_list(app) -> None:
    without = next((u.key for u in registry().units if "permit" not in u.duties), "no_unit")
    with pytest.raises(NotAllowed, match="附件2-2"):
        registry().record_kinds[KIND].may_import(without)
