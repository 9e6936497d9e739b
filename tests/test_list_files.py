"""Lists as files: the page's own door and filters, typed cells, formulas made harmless, any length, every one audited."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest

from portal import list_files, subjects
from portal.audit import AuditEntry
from portal.subjects import Registration
from tests.cast import text_of

CODES = ("91310000773718882U", "91110000101443599G", "91211103MA10E6140W")


@pytest.fixture
def firms(app) -> None:
    for number, code in enumerate(CODES):
        made = Registration(
            event="设立", name=f"南通{number}号有限公司", code=code, category="企业", approved=date(2026, 9, 1), capital=150_000_000,
            street="甲街" if number else "=1+1",
        )  # fmt: skip
        subjects.register(made, unit="approval", source="存量")


def rows_of(answer) -> list[list[str]]:
    assert answer.mimetype == "text/csv" and answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_links_keep_the_filters_and_leave_the_page_of_the_list_behind(as_person, firms) -> None:
    part = as_person("gongan-jingban").get("/subjects/?street=甲街&older=99999&q=", HX_Request="true").get_data(as_text=True)
    assert 'href="/subjects/?street=%E7%94%B2%E8%A1%97&amp;file=xlsx" download' in part


def test_a_file_holds_what_the_screen_filters_typed_for_excel(as_person, firms) -> None:
    answer = as_person("gongan-jingban").get("/subjects/?street=甲街&file=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    heads = [cell.value for cell in sheet[1]]
    assert sheet.freeze_panes == "A2" and sheet.max_row == 3
    assert sheet.cell(2, heads.index("核准日期") + 1).is_date and sheet.cell(2, heads.index("统一社会信用代码") + 1).data_type == "s"


def test_no_cell_is_a_formula(as_person, firms) -> None:
    rows = rows_of(as_person("gongan-jingban").get("/subjects/?street==1%2B1&file=csv"))
    assert [dict(zip(rows[0], row, strict=True))["街道"] for row in rows[1:]] == ["'=1+1"]


def test_every_file_is_audited_with_its_filters(as_person, firms) -> None:
    as_person("gongan-jingban").get("/subjects/?street=甲街&file=csv")
    entry = AuditEntry.select().order_by(AuditEntry.seq.desc()).get()
    assert (entry.account, entry.action, entry.record_id, entry.note) == ("gongan-jingban", "导出", "subjects.index", "登记信息 CSV street=甲街")


def test_a_file_opens_by_the_door_of_its_page_only(as_person) -> None:
    assert as_person("gongan-jingban").get("/audit/?file=csv").status_code == 403
    assert as_person("xitong-jia").get("/subjects/?file=xlsx").status_code == 403


def test_what_cannot_be_given_is_told_on_a_page(as_person, firms, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = as_person("gongan-jingban")
    assert browser.get("/subjects/?file=docx").status_code == 404
    wrong = browser.get("/subjects/?q=a&file=csv")
    assert wrong.status_code == 422 and "请至少输入" in text_of(wrong)
    monkeypatch.setattr(list_files, "AT_ONCE", 2)
    long = browser.get("/subjects/?file=xlsx")
    assert long.status_code == 422 and "请改用 CSV" in text_of(long)
    assert len(rows_of(browser.get("/subjects/?file=csv"))) == 4


@pytest.mark.parametrize("newest_first", [True, False])
def test_rows_are_read_in_parts_each_once(app, firms, monkeypatch: pytest.MonkeyPatch, newest_first: bool) -> None:
    monkeypatch.setattr(list_files, "_PART", 2)
    query, key = subjects.Subject.select(), subjects.Subject.id
    found = [row.id for row in list_files.by_key(query, key, newest_first=newest_first)]
    assert found == sorted({row.id for row in query}, reverse=newest_first) and len(found) == 3


def test_walking_ends_with_the_last_page() -> None:
    pages = {None: ([1, 2], 2), 2: ([3], None)}
    assert list(list_files.walk(pages.__getitem__)) == [1, 2, 3]
