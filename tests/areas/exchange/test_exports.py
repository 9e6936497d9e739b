"""Exports and files out: what the screen filters, typed cells, formulas made harmless, numbered files that stay the same."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import date
from typing import Any

import openpyxl
import pytest

from plugins.areas.exchange import exports, files_out
from plugins.areas.exchange.models import FileOut
from portal import jobs
from portal.audit import AuditEntry
from portal.database import transaction
from portal.gate import viewer_of
from portal.plugging import registry
from portal.record_kinds import Kept
from portal.refusals import Missing, Refused
from tests.areas.exchange.sent_files import code
from tests.cast import text_of


def put(unit: str, *numbers: int, **rest: Any) -> None:
    kind = registry().record_kinds["registrations"]
    with transaction():
        kind.store(
            [
                {"name": f"南通{n:06d}号商贸有限公司", "code": code(n), "approved": date(2026, 9, 1), "capital": 150_000_000, **rest}
                for n in numbers
            ],
            unit=unit, source="存量",
        )  # fmt: skip


def test_the_list_is_exported_as_the_screen_filters_it(as_person, unit: str) -> None:
    put(unit, 1, 2, street="中兴街道")
    put(unit, 3, street="小海街道")
    browser = as_person("gongan-jingban")
    page = browser.get("/subjects/?street=中兴街道").get_data(as_text=True)
    href = "/subjects/?street=%E4%B8%AD%E5%85%B4%E8%A1%97%E9%81%93&amp;file=xlsx"
    assert href in page
    book = openpyxl.load_workbook(io.BytesIO(browser.get(href.replace("&amp;", "&")).data))
    rows = list(book["登记信息"].values)
    assert [row[1] for row in rows] == ["统一社会信用代码", code(1), code(2)]
    approved = rows[0].index("核准日期")
    assert rows[1][approved].isoformat() == "2026-09-01T00:00:00"
    assert rows[1][rows[0].index("注册资本（万元）")] == "150"
    assert book["登记信息"].freeze_panes == "A2"


def test_csv_opens_in_excel_and_no_cell_is_a_formula(as_person, unit: str) -> None:
    put(unit, 1, street='=cmd|"/c calc"!A1', representative="@SUM(A1)")
    answer = as_person("gongan-jingban").get("/exchange/exports/registrations?form=csv")
    assert answer.data.startswith(b"\xef\xbb\xbf") and answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(r["街道"], r["法定代表人"]) for r in rows] == [("'=cmd|\"/c calc\"!A1", "'@SUM(A1)")]


def test_every_export_is_audited_and_roles_without_the_list_have_none(as_person, unit: str, people) -> None:
    put(unit, 1)
    as_person("gongan-jingban").get("/exchange/exports/registrations?form=csv&street=甲")
    entry = AuditEntry.select().where(AuditEntry.action == "导出").get()
    assert (entry.actor_name, entry.record_id) == ("公安经办", "registrations") and "甲" in entry.note
    assert as_person("xitong-jia").get("/exchange/exports/registrations?form=csv").status_code == 403
    wrong = as_person("gongan-jingban").get("/exchange/exports/registrations?name=a&form=csv")
    assert wrong.status_code == 422 and "请至少输入" in text_of(wrong)


def test_a_long_list_goes_to_the_background_and_is_fetched_from_there(as_person, unit: str, monkeypatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "_STEP", 2)
    put(unit, 1, 2, 3)
    browser = as_person("gongan-jingban")
    url = "/exchange/exports/registrations?form=xlsx"
    assert "提交后台导出" in text_of(browser.get(url))
    page = browser.submit(url, "/exchange/exports/registrations/background")
    assert "导出登记信息" in text_of(page)
    jobs.work_off()
    job = jobs.Job.get()
    assert job.state == "done" and job.done == 2
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(job.result["href"]).data)).active
    assert [row[1] for row in sheet.values][1:] == [code(1), code(2), code(3)]
    assert as_person("shichang-jingban").get(job.result["href"]).status_code == 404


def test_a_list_of_any_length_is_written_in_constant_memory(app, people, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = registry().record_kinds["registrations"]
    viewer = viewer_of(people["gongan-jingban"])

    def peak(count: int) -> int:
        rows = (Kept(n, 1, {"name": "南通某某商贸有限公司", "code": code(1), "scope": "日用百货" * 20}) for n in range(count))
        monkeypatch.setattr(exports, "rows_of", lambda *_: (exports.record_reading.cells(kind, kept.values) for kept in rows))
        tracemalloc.start()
        for _ in exports.csv(kind, viewer, {}, standard=False):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20_000) < 1.5 * peak(2_000)


def test_files_out_are_numbered_hold_what_changed_and_stay_the_same(unit: str, people, as_person) -> None:
    kind = registry().record_kinds["registrations"]
    viewer = viewer_of(people["shenpi-jingban"])
    put(unit, 1, 2)
    first = files_out.make(viewer, kind, "credit")
    with pytest.raises(Refused, match="没有变动"):
        files_out.make(viewer, kind, "credit")
    put(unit, 3)
    second = files_out.make(viewer, kind, "credit")
    other = files_out.make(viewer, kind, "platform")
    whole = files_out.make(viewer, kind, "credit", whole=True)
    assert [(f.ordinal, f.rows) for f in (first, second, other, whole)] == [(1, 2), (2, 1), (3, 3), (4, 3)]
    assert second.since == first.until and files_out.number_of(second) == "〔2026〕第 2 号"
    browser = as_person("shenpi-jingban")
    before = browser.get(f"/exchange/files/{first.id}").data
    put(unit, 1, event="变更", street="小海街道")
    assert browser.get(f"/exchange/files/{first.id}").data == before
    with pytest.raises(Missing):
        files_out.file_for(people["gongan-jingban"], first.id)
    made = browser.submit("/exchange/files/", "/exchange/files/", kind="registrations", target="credit")
    assert "已生成报送文件〔2026〕第 5 号，1 条" in text_of(made)
    assert FileOut.select().count() == 5
