"""Files as they really come: every habit of dates and codes, merged and doubled headers, formulas, macros, bombs, locks."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.areas.exchange import imports
from plugins.areas.exchange.models import ImportProblem, ImportRun
from portal import jobs
from portal.plugging import registry
from portal.refusals import Refused
from portal.subjects import Subject
from tests.areas.exchange.sent_files import HEADER, as_csv, as_xlsx, code, good


def send(content: bytes, name: str, unit: str) -> ImportRun:
    return imports.upload(io.BytesIO(content), name, registry().record_kinds["registrations"], unit)


@pytest.mark.parametrize("habit", ["2026/9/1", "2026.9.1", "2026-09-01", "2026年9月1日", "20260901", 46266, "２０２６/９/１"])
def test_a_date_in_every_habit(unit: str, habit: Any) -> None:
    imports.take(send(as_xlsx([good(1, 核准日期=habit)]), "登记.xlsx", unit).id, unit)
    assert Subject.get().approved == date(2026, 9, 1)


@pytest.mark.parametrize(
    "written", [code(1).lower(), f" {code(1)} ", f"{code(1)[:6]} {code(1)[6:]}", code(1).translate(str.maketrans("0123456789", "０１２３４５６７８９"))]
)
def test_a_code_that_can_only_be_meant_one_way_is_repaired_and_told(unit: str, written: str) -> None:
    run = send(as_xlsx([good(1, 统一社会信用代码=written)]), "登记.xlsx", unit)
    assert (run.created, run.wrong) == (1, 0)
    # A blank around a text is no repair worth telling.
    assert written.strip() == code(1) or any("第2行" in notice and "自动改正" in notice for notice in run.notices)
    assert imports.take(run.id, unit).taken_created == 1
    assert Subject.get().credit_code == code(1)


@pytest.mark.parametrize(
    ("value", "words"),
    [("1.1E+14", "科学计数"), (110000000000000, "科学计数"), ("3201030000123", "位"), (32010300001234, "丢失了开头的0")],
)
def test_a_code_that_excel_spoilt_is_told_with_its_row(unit: str, value: Any, words: str) -> None:
    run = send(as_xlsx([good(1), good(2, 统一社会信用代码=value)]), "登记.xlsx", unit)
    problem = ImportProblem.get(ImportProblem.run == run)
    assert (problem.row, problem.label) == (3, "统一社会信用代码") and words in problem.rule


def test_two_header_rows_with_merged_cells_hidden_rows_and_blanks_behind(unit: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["2026年9月登记台账"])
    sheet.append(["主体", None, "登记", None])
    sheet.append(["名称", "统一社会信用代码", "核准日期", "经营范围"])
    sheet.merge_cells("A2:B2")
    sheet.merge_cells("C2:D2")
    for n in (1, 2):
        sheet.append([good(n)["名称"], code(n), datetime(2026, 9, 1), "日用百货销售"])
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["D"].hidden = True
    sheet.cell(900, 40).number_format = "0.00"
    target = io.BytesIO()
    book.save(target)
    run = send(target.getvalue(), "台账.xlsx", unit)
    assert (run.rows, run.created, run.wrong) == (2, 2, 0)
    told = "".join(run.notices)
    assert "隐藏" in told and "合并单元格" in told


def test_a_formula_is_read_by_its_result_and_an_error_is_told(unit: str) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER[:4])
    sheet.write_row(1, 0, [good(1)["名称"], code(1), "2026-09-01", "甲"])
    sheet.write_row(2, 0, [None, code(2), "2026-09-01", "甲"])
    sheet.write_formula(1, 0, '="南通"&"甲"', value="南通甲公司")
    sheet.write_formula(2, 0, "=NA()", value="#N/A")
    book.close()
    run = send(target.getvalue(), "登记.xlsx", unit)
    assert (run.created, run.wrong) == (1, 1)
    assert ImportProblem.get(ImportProblem.run == run).row == 3
    imports.take(run.id, unit)
    assert Subject.get().name == "南通甲公司"


def test_macros_are_told_and_ignored(unit: str) -> None:
    target = io.BytesIO(as_xlsx([good(1)]))
    with zipfile.ZipFile(target, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Auto_Open()")
    run = send(target.getvalue(), "登记.xlsm", unit)
    assert (run.created, run.wrong) == (1, 0)
    assert any("宏" in notice for notice in run.notices)


def bomb() -> bytes:
    """A workbook that unpacks to gigabytes of one sheet."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx([good(1)]))) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            made.writestr(name, b"<worksheet>" + b" " * 300_000_000 if name.endswith("sheet1.xml") else source.read(name))
    return target.getvalue()


def locked() -> bytes:
    """What Excel writes for a password: an OLE file with an encrypted package."""
    return bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500


@pytest.mark.parametrize(
    ("content", "words"),
    [(bomb, "解压"), (locked, "密码"), (lambda: as_xlsx([good(1)])[:-300], "损坏"), (lambda: b"\xef\xbb\xbf  \r\n", "空的")],
    ids=["bomb", "locked", "cut off", "empty"],
)
def test_what_cannot_be_read_is_told_in_one_sentence(unit: str, content: Any, words: str) -> None:
    try:
        run = send(content(), "登记.xlsx", unit)
        jobs.work_off()
        told = "".join(ImportRun.get_by_id(run.id).notices)
    except Refused as refused:
        told = str(refused)
    assert words in told, told
    assert ImportRun.select().where(ImportRun.state == "checked").count() == 0


#: A file with a NUL is no text file to us, and half a surrogate pair cannot be written.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.fixed_dictionaries({name: st.one_of(st.none(), TEXTS) for name in HEADER}), min_size=1, max_size=5))
def test_whatever_the_cells_hold_each_row_is_counted_once(unit: str, rows: list[dict[str, Any]]) -> None:
    run = send(as_csv([good(1), *rows]), "登记.csv", unit)
    assert run.state == "checked"
    assert run.created + run.changed + run.same + run.wrong == run.rows >= 1
