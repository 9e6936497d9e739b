"""What officers take away: typed cells, harmless formulas, their own rows back with the problems marked."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.spreadsheets import (
    FOREVER,
    Heading,
    Problem,
    mark_problems,
    open_table,
    write_csv,
    write_template,
    write_xlsx,
)

HEADINGS = [
    Heading("名称", 30),
    Heading("代码", 22),
    Heading("日期", 12, "date"),
    Heading("罚款（元）", 14, "money"),
]
ROWS = [["甲", "320583000123456", date(2025, 3, 5), 123450], ["=1+1", "012", FOREVER, None]]
FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]


def written(sheets: list, **options: object) -> bytes:
    target = io.BytesIO()
    write_xlsx(target, sheets, **options)  # type: ignore[arg-type]
    return target.getvalue()


def test_an_export_has_typed_cells_a_frozen_header_and_widths() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written([("名单", HEADINGS, iter(ROWS))])))
    sheet = book["名单"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["名称", "代码", "日期", "罚款（元）"],
        ["甲", "320583000123456", datetime(2025, 3, 5), 1234.5],
        ["=1+1", "012", "长期", None],
    ]
    assert sheet.freeze_panes == "A2"
    assert 30 <= sheet.column_dimensions["A"].width < 31
    assert (sheet["B2"].data_type, sheet["C2"].number_format, sheet["D2"].number_format) == (
        "s",
        "yyyy-mm-dd",
        "#,##0.00",
    )
    assert sheet.column_dimensions["B"].number_format == "@" or sheet["B2"].number_format == "@"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written([("表", [Heading("名称")], [[text]])]))).active
    assert sheet["A2"].data_type in ("s", "inlineStr")
    assert sheet["A2"].quotePrefix
    target = io.BytesIO()
    write_csv(target, [Heading("名称"), Heading("备注")], [[text, "甲"]])
    with open_table(target.getvalue(), "a.csv") as table:
        assert list(table.rows())[1] == (2, ["'" + text, "甲"])


def test_csv_carries_a_bom_and_its_numbers_stay_numbers() -> None:
    target = io.BytesIO()
    write_csv(target, [Heading("额", 9, "money"), Heading("数", 9, "integer")], [[-150, -3]])
    assert target.getvalue() == "\ufeff额,数\r\n-1.50,-3\r\n".encode()
    target = io.BytesIO()
    write_csv(target, HEADINGS, ROWS[:1], bom=False)
    assert target.getvalue().decode().splitlines()[1] == "甲,320583000123456,2025-03-05,1234.50"


def test_the_same_content_makes_the_same_file(tmp_path: Path) -> None:
    moment = datetime(2025, 3, 5, 9)
    write_xlsx(tmp_path / "a.xlsx", [("表", HEADINGS, ROWS)], created=moment)
    assert (tmp_path / "a.xlsx").read_bytes() == written([("表", HEADINGS, ROWS)], created=moment)


def test_sheet_names_are_made_such_as_excel_allows() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(written([("a/b", HEADINGS, []), ("A/B", HEADINGS, []), ("长" * 40, HEADINGS, [])]))
    )
    assert book.sheetnames == ["a_b", "A_B (2)", "长" * 31]


def test_over_long_text_is_cut_and_says_so() -> None:
    with open_table(written([("表", [Heading("名称")], [["字" * 40_000]])]), "a") as table:
        text = list(table.rows())[1][1][0]
    assert len(str(text)) == 32_767
    assert str(text).endswith("字…（超出单元格上限，已截断）")


def test_problems_come_back_beside_the_senders_own_rows() -> None:
    rows = [(2, ["名称", "代码"]), (5, ["=甲", None, "多"]), (9, [datetime(2025, 3, 5), 12])]
    problems = [
        Problem(5, 1, None, "不能为空"),
        Problem(5, None, None, "与第3行重复"),
        Problem(9, 1, 12, "共2位", "0012"),
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(mark_problems(rows, problems, header_rows=[2]))).active
    assert [[cell.value for cell in row] for row in sheet] == [
        ["名称", "代码", None, "问题"],
        ["=甲", None, "多", "原第5行　B列：不能为空；与第3行重复"],
        [datetime(2025, 3, 5), 12, None, "原第9行　B列：共2位（是否为 0012？）"],
    ]
    coloured = [cell.coordinate for row in sheet for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"]
    assert coloured == ["B2", "B3"]


def test_a_template_keeps_its_examples_on_a_second_sheet() -> None:
    with open_table(write_template(HEADINGS, ROWS), "模板.xlsx") as table:
        assert [sheet.name for sheet in table.sheets] == ["填报", "示例"]
        assert list(table.rows()) == [(1, ["名称", "代码", "日期", "罚款（元）"])]
        assert next(iter(list(table.rows(1))[1:]))[1] == [
            "甲",
            "320583000123456",
            datetime(2025, 3, 5),
            1234.5,
        ]


# Surrogates and the characters XML forbids cannot be written; Excel itself keeps \r as _x000D_.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=5))
def test_any_text_comes_back_as_it_was_written(texts: list[str]) -> None:
    content = written([("表", [Heading("名称")], [[text] for text in texts])])
    with open_table(content, "a") as table:
        assert [cells for _, cells in list(table.rows())[1:]] == [[text] for text in texts]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=10), min_size=1, max_size=4))
def test_any_text_at_all_can_be_written(texts: list[str]) -> None:
    content = written([("表", [Heading("名称")], [[text] for text in texts])])
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["表"]
