"""Imports: checked without storing, good rows taken, wrong ones given back marked, taken back as a whole."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from plugins.areas.exchange import imports, sheets_in, sheets_out, undoing
from plugins.areas.exchange.models import ColumnMemory, ImportedRow, ImportProblem, ImportRun
from portal import audit, jobs
from portal.database import transaction
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused, Stale
from portal.subjects import Subject, SubjectEvent
from tests.areas.exchange.sent_files import WRITERS, as_csv, as_xlsx, code, good
from tests.cast import text_of


def send(content: bytes, name: str, unit: str, source: str = "") -> ImportRun:
    return imports.upload(io.BytesIO(content), name, registry().record_kinds["registrations"], unit, source)


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.created, run.changed, run.same, run.wrong


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_checked_taken_and_the_second_time_changes_nothing(unit: str, writer: str) -> None:
    write, name = WRITERS[writer]
    content = write([good(1), good(2), good(3, 统一社会信用代码="91320691MA1000000A")])
    run = send(content, name, unit)
    assert (run.state, counts(run)) == ("checked", (2, 0, 0, 1))
    assert Subject.select().count() == 0
    run = imports.take(run.id, unit)
    assert (run.state, run.taken_created, run.refused) == ("done", 2, 1)
    assert sorted(s.credit_code for s in Subject.select()) == [code(1), code(2)]
    again = send(content, name, unit)
    assert counts(again) == (0, 0, 2, 1)
    assert "第 1 号" in again.note
    events = SubjectEvent.select().count()
    assert imports.take(again.id, unit).taken_same == 2
    assert SubjectEvent.select().count() == events and ImportedRow.select().where(ImportedRow.run == again).count() == 0
    assert audit.verify().broken is None


def test_every_problem_names_row_column_value_and_rule(unit: str) -> None:
    rows = [
        good(1),
        good(2, 核准日期="2026-13-01"),
        good(3, 统一社会信用代码="1.1E+14"),
        good(4, 名称=""),
        good(5, **{"注册资本（万元）": "很多"}),
        good(6, 统一社会信用代码=code(6).replace("0", "O", 1)),
        good(7, 核准日期="2027-01-01"),
    ]
    run = send(as_csv(rows), "登记.csv", unit)
    told = [(p.row, p.column, p.label, p.value, p.rule) for p in ImportProblem.select().order_by(ImportProblem.id)]
    assert [(row, column, label) for row, column, label, _, _ in told] == [
        (3, 2, "核准日期"), (4, 1, "统一社会信用代码"), (5, 0, "名称"), (6, 5, "注册资本"), (7, 1, "统一社会信用代码"), (8, 2, "核准日期"),
    ]  # fmt: skip
    assert told[0][3:] == ("2026-13-01", "没有13月这个月份")
    assert "科学计数" in told[1][4]
    assert told[2][4] == "不能为空"
    assert ImportProblem.get(ImportProblem.row == 7).suggestion == code(6)
    assert told[5][4] == "核准日期 2027-01-01 在今天之后"
    assert counts(run) == (1, 0, 0, 6)


def test_the_wrong_rows_come_back_as_the_senders_own_file_with_marks_and_reasons(unit: str) -> None:
    sent = as_xlsx([good(1), good(2, 核准日期="昨天"), good(3)])
    run = send(sent, "登记.xlsx", unit)
    sheet = openpyxl.load_workbook(io.BytesIO(sheets_out.wrong_rows(run))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][-1] == "问题" and rows[0][:2] == ["名称", "统一社会信用代码"]
    assert len(rows) == 2 and rows[1][1] == code(2) and "原第3行" in rows[1][-1]
    assert sheet.cell(2, 3).fill.fgColor.rgb.endswith("FFC7CE")
    assert sheets_out.original(run) == sent
    with pytest.raises(Refused, match="没有问题行"):
        sheets_out.wrong_rows(send(as_csv([good(1)]), "登记.csv", unit))


@pytest.mark.parametrize("writer", WRITERS)
def test_wrong_rows_of_any_kind_of_file_come_back_marked_and_go_in_once_mended(unit: str, writer: str) -> None:
    write, name = WRITERS[writer]
    run = send(write([good(1), good(2, 核准日期="昨天")]), name, unit)
    book = openpyxl.load_workbook(io.BytesIO(sheets_out.wrong_rows(run)))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert [rows[0][-1], rows[1][1]] == ["问题", code(2)] and len(rows) == 2
    assert rows[1][-1].startswith("原第3行" if name != "登记.jsonl" else "原第2行") and "C列：" in rows[1][-1]
    book.active.cell(2, 3).value = "2026-09-01"
    target = io.BytesIO()
    book.save(target)
    assert counts(send(target.getvalue(), "改正.xlsx", unit)) == (1, 0, 0, 0)


def test_the_marked_rows_of_two_header_rows_keep_both(unit: str) -> None:
    book = openpyxl.Workbook()
    for row in [["九月台账"], ["主体", None, "登记"], ["名称", "信用代码", "核准日期"], [good(1)["名称"], code(1), "昨天"], [good(2)["名称"], code(2), "2026-09-02"]]:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    run = send(target.getvalue(), "台账.xlsx", unit)
    assert counts(run) == (1, 0, 0, 1)
    marked = openpyxl.load_workbook(io.BytesIO(sheets_out.wrong_rows(run)))
    assert [row[0].value for row in marked.active.iter_rows()][-2:] == ["名称", good(1)["名称"]]
    marked.active.cell(marked.active.max_row, 3).value = "2026-09-01"
    mended = io.BytesIO()
    marked.save(mended)
    assert counts(send(mended.getvalue(), "改正.xlsx", unit)) == (1, 0, 0, 0)


def test_the_marked_file_once_mended_is_imported_as_it_is(unit: str) -> None:
    run = send(as_xlsx([good(1, 核准日期="昨天"), good(2)]), "登记.xlsx", unit)
    book = openpyxl.load_workbook(io.BytesIO(sheets_out.wrong_rows(run)))
    book.active.cell(2, 3).value = "2026-09-01"
    target = io.BytesIO()
    book.save(target)
    assert counts(send(target.getvalue(), "改正.xlsx", unit)) == (1, 0, 0, 0)


def test_headings_nobody_knows_are_mapped_once_and_remembered(unit: str) -> None:
    rows = [{"甲": good(n)["名称"], "乙": code(n), "丙": "2026.9.1", "丁": "x"} for n in (1, 2)]
    run = send(as_csv(rows), "登记.csv", unit)
    assert run.state == "mapping"
    assert [(text, key) for _, text, key in run.columns] == [("甲", ""), ("乙", ""), ("丙", ""), ("丁", "")]
    with pytest.raises(Refused, match="有两列都对应到“名称”"):
        imports.remember(run.id, unit, {"甲": "name", "乙": "name"})
    run = imports.remember(run.id, unit, {"甲": "name", "乙": "code", "丙": "approved", "丁": ""})
    assert (run.state, counts(run)) == ("checked", (2, 0, 0, 0))
    again = send(as_csv(rows[:1]), "另一份.csv", unit)
    assert (again.state, again.rows) == ("checked", 1)
    assert ColumnMemory.select().count() == 4


def test_a_file_without_the_scope_is_told_what_that_means(unit: str) -> None:
    run = send(as_csv([{name: value for name, value in good(1).items() if name != "经营范围"}]), "登记.csv", unit)
    assert run.notices[0] == "文件里没有“经营范围”这一列：读不出许可事项，主体会归为非许可"
    assert not any("经营范围" in told for told in send(as_csv([good(2)]), "登记.csv", unit).notices)


def test_a_column_once_set_aside_stays_aside(unit: str) -> None:
    run = send(as_csv([good(1)]), "登记.csv", unit)
    chosen = {text: ("" if text == "街道" else key) for _, text, key in run.columns}
    run = imports.remember(run.id, unit, chosen)
    imports.take(run.id, unit)
    assert Subject.get().street == ""
    assert any("街道" in notice for notice in run.notices)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.4 x", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "损坏"),
        (b"PK\x03\x04 broken", "损坏"),
        ("<?xml version='1.0'?><Workbook>名称".encode(), "XML 改名"),
        ("[{\"名称\": 1}]".encode(), "数组"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_reason(unit: str, content: bytes, words: str) -> None:
    try:
        run = send(content, "登记.xlsx", unit)
    except Refused as refused:
        assert "不是允许的类型" in str(refused)
    else:
        assert run.state == "refused" and words in "".join(run.notices)
        with pytest.raises(Stale, match="不能读取"):
            imports.take(run.id, unit)


def test_who_may_not(unit: str) -> None:
    with pytest.raises(NotAllowed):
        send(as_csv([good(1)]), "登记.csv", "police")
    run = send(as_csv([good(1)]), "登记.csv", unit)
    with pytest.raises(Missing):
        imports.take(run.id, "police")


def test_a_stock_starts_no_clock(unit: str) -> None:
    run = imports.take(send(as_csv([good(1)]), "存量.csv", unit, "存量").id, unit)
    assert run.taken_created == 1
    assert Obligation.select().count() == 0
    assert SubjectEvent.get().source == "存量"
    with pytest.raises(Refused, match="没有“别的”这种导入方式"):
        send(as_csv([good(2)]), "登记.csv", unit, "别的")


def test_a_whole_import_is_taken_back_with_what_it_opened(unit: str) -> None:
    rows = [good(1), good(2), good(1, 登记事项="变更", 经营范围="食品销售")]
    run = imports.take(send(as_csv(rows), "登记.csv", unit).id, unit)
    assert Obligation.select().where(Obligation.state == "open").count() > 0
    run = undoing.undo(run.id, unit)
    assert (run.state, run.undone) == ("undone", 3)
    assert [s.state for s in Subject.select()] == ["撤回", "撤回"]
    assert Obligation.select().where(Obligation.state == "open").count() == 0
    with pytest.raises(Stale, match="已撤销"):
        undoing.undo(run.id, unit)
    fresh = imports.take(send(as_csv(rows), "登记.csv", unit).id, unit)
    assert (fresh.taken_created, fresh.taken_changed) == (2, 1)


def test_an_import_on_which_another_unit_acted_stays_whole(unit: str) -> None:
    run = imports.take(send(as_csv([good(1), good(2)]), "登记.csv", unit).id, unit)
    Obligation.update(state="fulfilled", unit="police", title="认领：甲").where(
        Obligation.subject == Subject.get(Subject.credit_code == code(2))
    ).execute()
    with pytest.raises(Refused, match=r"不能整体撤销：.*已办理“认领：甲”"):
        undoing.undo(run.id, unit)
    assert [s.state for s in Subject.select()] == ["存续", "存续"]
    assert ImportRun.get_by_id(run.id).state == "done"


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a job's, and a batch is a hundred rows."""
    monkeypatch.setattr(imports, "SHORT_BYTES", 0)
    monkeypatch.setattr(imports, "_BATCH", 100)


def long_file(count: int = 260) -> bytes:
    return as_csv([good(n) for n in range(count)])


@pytest.mark.usefixtures("small_steps")
def test_long_files_are_worked_on_as_jobs_with_progress(unit: str, people: dict[str, Any]) -> None:
    with audit.acting(people["shenpi-jingban"].as_actor()):
        run = send(long_file(), "登记.csv", unit)
        assert run.state == "checking"
        jobs.work_off()
        run = imports.take(run.id, unit)
        assert run.state == "taking"
        jobs.work_off()
    run = ImportRun.get_by_id(run.id)
    assert (run.state, run.taken_created, run.after) == ("done", 260, 261)
    job = imports.job_of(run)
    assert (job.state, job.done, job.total) == ("done", 260, 260)
    with audit.acting(people["shenpi-jingban"].as_actor()):
        undoing.undo(run.id, unit)
        jobs.work_off()
    assert ImportRun.get_by_id(run.id).undone == 260


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.usefixtures("small_steps")
def test_a_stopped_job_goes_on_behind_its_last_batch(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = send(long_file(), "登记.csv", unit)
    jobs.work_off()
    run = imports.take(run.id, unit)
    kept, calls = imports._store_batch, []

    def dies(*arguments: Any) -> int:
        calls.append(arguments)
        done = kept(*arguments)
        if len(calls) == 2:
            raise Crash
        return done

    monkeypatch.setattr(imports, "_store_batch", dies)
    with pytest.raises(Crash):
        jobs.work_off()
    assert (ImportRun.get_by_id(run.id).after, Subject.select().count()) == (101, 100)
    monkeypatch.setattr(imports, "_store_batch", kept)
    jobs.work_off()
    assert (ImportRun.get_by_id(run.id).taken_created, Subject.select().count(), SubjectEvent.select().count()) == (260, 260, 260)


@pytest.mark.usefixtures("small_steps")
def test_a_cancelled_job_keeps_what_it_did_and_can_be_taken_up_again(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = send(long_file(), "登记.csv", unit)
    jobs.work_off()
    run = imports.take(run.id, unit)
    kept = imports._store_batch

    def cancelled(*arguments: Any) -> int:
        done = kept(*arguments)
        if ImportRun.get_by_id(run.id).after > 101:
            with transaction():
                jobs.cancel(imports.job_of(run))
        return done

    monkeypatch.setattr(imports, "_store_batch", cancelled)
    jobs.work_off()
    run = ImportRun.get_by_id(run.id)
    assert (run.state, run.after, Subject.select().count()) == ("stopped", 101, 100)
    monkeypatch.setattr(imports, "_store_batch", kept)
    imports.take(run.id, unit)
    jobs.work_off()
    assert ImportRun.get_by_id(run.id).taken_created == 260


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("end", [jobs.FAILED, jobs.CANCELLED])
def test_a_job_that_failed_or_never_began_leaves_an_import_that_can_go_on(unit: str, as_person, end: str) -> None:
    run = send(long_file(), "登记.csv", unit)
    jobs.work_off()
    run = imports.take(run.id, unit)
    jobs.Job.update(state=end, note="程序出错，请把任务号告诉系统管理员").where(jobs.Job.id == run.job).execute()
    shown = text_of(as_person("shenpi-jingban").get(f"/exchange/imports/{run.id}"))
    assert "已停止，可继续" in shown and "继续导入" in shown
    assert ("程序出错" in shown) == (end == jobs.FAILED)
    imports.take(run.id, unit)
    jobs.work_off()
    assert ImportRun.get_by_id(run.id).taken_created == 260


def test_the_page_says_why_an_import_cannot_be_taken_back(unit: str, as_person) -> None:
    run = imports.take(send(as_csv([good(1)]), "登记.csv", unit).id, unit)
    page = f"/exchange/imports/{run.id}"
    assert "撤销这次导入" in text_of(as_person("shenpi-jingban").get(page))
    Obligation.update(state="fulfilled", unit="police", title="认领：甲").where(Obligation.subject == Subject.get()).execute()
    shown = text_of(as_person("shenpi-jingban").get(page))
    assert "撤销这次导入" not in shown
    assert "不能再整体撤销：公安分局已办理“认领：甲”" in shown


def test_the_page_is_reached_from_where_records_are_kept_by_those_who_may(as_person) -> None:
    shown = {
        account: [kind for page, kind in PAGES if f"/exchange/imports/?kind={kind}" in as_person(account).get(page).get_data(as_text=True)]
        for account in ("gongan-jingban", "shenpi-jingban", "gongan-fuze")
    }
    assert shown == {
        "gongan-jingban": ["permits", "penalties", "inspectors", "check-objects", "check-results", "quarter-permits"],
        "shenpi-jingban": ["registrations", "permits"],
        "gongan-fuze": [],
    }
    page = as_person("gongan-jingban").get("/exchange/imports/?kind=check-results").get_data(as_text=True)
    assert '<option value="check-results" selected' in page


PAGES = (
    ("/licensing/pushes/", "registrations"), ("/licensing/permits/", "permits"), ("/credit/records", "penalties"),
    ("/inspections/inspectors", "inspectors"), ("/inspections/libraries", "check-objects"), ("/inspections/checks", "check-results"),
    ("/quarter-lists/2026Q3/police/permits", "quarter-permits"),
)  # fmt: skip


def test_the_template_holds_every_column_and_examples_on_a_second_sheet(app) -> None:
    kind = registry().record_kinds["registrations"]
    book = openpyxl.load_workbook(io.BytesIO(sheets_out.template(kind)))
    assert book.sheetnames == ["登记信息", "示例"]
    titles = [cell.value for cell in next(book["登记信息"].iter_rows())]
    assert titles[:3] == ["登记事项", "名称（必填）", "统一社会信用代码"] and "注册资本（万元）" in titles
    assert book["登记信息"].max_row == 1
    assert book["示例"].cell(2, 2).value == "南通甲有限公司"


def test_a_sheet_behind_an_empty_one_is_found(unit: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请填写第二张表"])
    sheet = book.create_sheet("登记")
    for row in [["登记台账"], ["企业名称", "信用代码", "登记日期"], [good(1)["名称"], code(1), "2026/9/1"]]:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    run = send(target.getvalue(), "登记.xlsx", unit)
    assert counts(run) == (1, 0, 0, 0)
    assert any("只读取“登记”" in notice for notice in run.notices)
    assert sheets_in.remembered(unit, "registrations") == {}


def test_files_come_down_from_the_page_and_only_for_the_unit(as_person, unit: str) -> None:
    run = send(as_xlsx([good(1, 核准日期="昨天")]), "登记.xlsx", unit)
    browser = as_person("shenpi-jingban")
    for path, name in (("wrong.xlsx", "问题数据-1.xlsx"), ("original", "登记.xlsx")):
        answer = browser.get(f"/exchange/imports/{run.id}/{path}")
        assert (answer.status_code, answer.data[:2]) == (200, b"PK")
        assert quote(name) in answer.headers["Content-Disposition"] and "attachment" in answer.headers["Content-Disposition"]
        assert as_person("gongan-jingban").get(f"/exchange/imports/{run.id}/{path}").status_code == 404
    template = browser.get("/exchange/templates/registrations.xlsx")
    assert template.status_code == 200 and quote("登记信息模板.xlsx") in template.headers["Content-Disposition"]
