"""What a unit's CSV files must look like, and what the person who wrote them is told when they do not."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.declarations import (
    CHECK_ITEM_KINDS,
    CHECK_METHODS,
    CheckItem,
    DeclarationError,
    PermitItem,
)
from portal.unit_files import read_check_items, read_permit_file, read_permit_items

PERMIT_HEADER = (
    "code,item_name,kind,match,level,approving_body_general,approving_unit,supervising_unit,"
    "annex2_2_field,scope_keywords,exclusion_notes,legal_basis,source_confidence"
)
PERMIT_ROW = (
    "CZ01,代理记账业务审批,HZ,direct,县,财政部门,财政局,财政局,会计,代理记账|记账服务,财务咨询,会计法,LAW"
)
CHECK_HEADER = (
    "number,check_field,category,item,object_type,content,basis,ratio,frequency,method,kind,"
    "yearly_cap,requirement,materials,checklist"
)
CHECK_ROW = (
    "CZ-KJ-01,会计,会计监督,代理记账机构检查,企业,执业情况,会计法,30,1次/年,现场检查,一般,"
    "1,持证,合同|名册,是否取得许可|人员是否足够"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "finance"
    made.mkdir()
    return made


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def refusal(read, folder: Path) -> str:
    with pytest.raises(DeclarationError) as caught:
        read(folder)
    return str(caught.value)


def test_a_permit_row_becomes_a_permit_item(folder):
    write(folder, "permits.csv", PERMIT_HEADER, PERMIT_ROW)
    assert read_permit_items(folder) == (
        PermitItem(
            code="CZ01",
            name="代理记账业务审批",
            kind="HZ",
            match="direct",
            level="县",
            body="财政部门",
            approving_unit="财政局",
            supervising_unit="财政局",
            check_field="会计",
            keywords=("代理记账", "记账服务"),
            exclusions=("财务咨询",),
            basis="会计法",
            confidence="LAW",
        ),
    )


def test_a_check_row_becomes_a_check_item(folder):
    write(folder, "check_items.csv", CHECK_HEADER, CHECK_ROW)
    assert read_check_items(folder) == (
        CheckItem(
            number="CZ-KJ-01",
            check_field="会计",
            category="会计监督",
            item="代理记账机构检查",
            object_type="企业",
            content="执业情况",
            basis="会计法",
            ratio=30,
            frequency="1次/年",
            method="现场检查",
            kind="一般",
            yearly_cap=1,
            requirement="持证",
            materials=("合同", "名册"),
            checklist=("是否取得许可", "人员是否足够"),
        ),
    )


def test_a_file_of_another_name_is_read_by_its_path(folder):
    write(folder, "outside.csv", PERMIT_HEADER, PERMIT_ROW)
    assert [item.code for item in read_permit_file(folder / "outside.csv")] == ["CZ01"]


def test_a_header_alone_means_no_items(folder):
    write(folder, "permits.csv", PERMIT_HEADER)
    write(folder, "check_items.csv", CHECK_HEADER)
    assert (read_permit_items(folder), read_check_items(folder)) == ((), ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_saved_by_excel_wps_and_editors_read_alike(folder, encoding, newline):
    text = newline.join([CHECK_HEADER, CHECK_ROW, "", "," * 14, ""])
    (folder / "check_items.csv").write_bytes(text.encode(encoding))
    assert [item.number for item in read_check_items(str(folder))] == ["CZ-KJ-01"]


def test_moved_columns_are_found_by_name(folder):
    cells = dict(zip(CHECK_HEADER.split(","), CHECK_ROW.split(","), strict=True))
    moved = sorted(cells)
    write(folder, "check_items.csv", ",".join(moved), ",".join(cells[name] for name in moved))
    assert read_check_items(folder)[0].checklist == ("是否取得许可", "人员是否足够")


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("code", "CZ-01", "只能由英文字母和数字组成"),
        ("code", "", "只能由英文字母和数字组成"),
        ("item_name", "", "不能为空"),
        ("kind", "后置", "只能是HZ、QZ、BA、XW、QX之一"),
        ("match", "word", "只能是direct、derived、none之一"),
        ("scope_keywords", "", "match 为 direct（按经营范围匹配）时，至少要有一个关键词"),
        ("scope_keywords", "代理记账||审计", "用“|”分隔，分隔出的各段不能为空"),
        ("exclusion_notes", "财务咨询|", "用“|”分隔，分隔出的各段不能为空"),
        ("supervising_unit", "", "不能为空"),
        ("legal_basis", " ", "不能为空"),
    ],
)
def test_a_wrong_permit_cell_is_named_by_folder_file_row_column_value_and_rule(folder, column, value, rule):
    cells = dict(zip(PERMIT_HEADER.split(","), PERMIT_ROW.split(","), strict=True))
    wrong = {**cells, "code": "CZ02", column: value}
    write(folder, "permits.csv", PERMIT_HEADER, PERMIT_ROW, ",".join(wrong.values()))
    place = f"插件 finance 的 permits.csv 第 3 行“{column}”列的值“{value.strip()}”不符合规则："
    assert refusal(read_permit_items, folder) == place + rule


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("number", "会-01", "只能由英文字母、数字和连字符“-”组成"),
        ("number", "-", "只能由英文字母、数字和连字符“-”组成"),
        ("check_field", "", "不能为空"),
        ("ratio", "3%", "应为 1 至 100 之间的整数"),
        ("ratio", "2.5", "应为 1 至 100 之间的整数"),
        ("ratio", "３", "应为 1 至 100 之间的整数"),
        ("ratio", "0", "应为 1 至 100 之间的整数"),
        ("ratio", "101", "应为 1 至 100 之间的整数"),
        ("yearly_cap", "13", "应为 1 至 12 之间的整数"),
        ("yearly_cap", "", "应为 1 至 12 之间的整数"),
        ("method", "电话检查", "只能是现场检查、书面检查、检验检测、网络监测、第三方之一"),
        ("kind", "普通", "只能是一般、重点之一"),
        ("checklist", "", "至少要有一条，多条之间用“|”分隔"),
        ("materials", "合同||名册", "用“|”分隔，分隔出的各段不能为空"),
    ],
)
def test_a_wrong_check_cell_is_named_by_folder_file_row_column_value_and_rule(folder, column, value, rule):
    cells = dict(zip(CHECK_HEADER.split(","), CHECK_ROW.split(","), strict=True))
    write(folder, "check_items.csv", CHECK_HEADER, ",".join({**cells, column: value}.values()))
    place = f"插件 finance 的 check_items.csv 第 2 行“{column}”列的值“{value}”不符合规则："
    assert refusal(read_check_items, folder) == place + rule


def test_a_long_wrong_cell_is_shown_by_its_beginning(folder):
    write(folder, "check_items.csv", CHECK_HEADER, CHECK_ROW.replace(",30,", f",{'9' * 5000},"))
    told = refusal(read_check_items, folder)
    assert told.endswith(f"“ratio”列的值“{'9' * 40}…”不符合规则：应为 1 至 100 之间的整数")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "第 1 行没有表头：文件是空的"),
        (b" \r\n", "第 1 行没有表头：文件是空的"),
        (b"\xef\xbb\xbf", "第 1 行是空的，应为表头：" + CHECK_HEADER),
        (b"\n" + CHECK_HEADER.encode(), "第 1 行是空的，应为表头：" + CHECK_HEADER),
        (
            CHECK_HEADER.replace("ratio,", "").encode(),
            "第 1 行（表头）缺少列 ratio。表头应为：" + CHECK_HEADER,
        ),
        (
            CHECK_HEADER.replace("ratio,", "percent,").encode(),
            "第 1 行（表头）缺少列 ratio；有不认识的列 percent。表头应为：" + CHECK_HEADER,
        ),
        (
            (CHECK_HEADER + ",ratio").encode(),
            "第 1 行（表头）列名重复 ratio。表头应为：" + CHECK_HEADER,
        ),
        (
            (CHECK_HEADER + ",").encode(),
            "第 1 行（表头）有不认识的列 （空）。表头应为：" + CHECK_HEADER,
        ),
        (
            f"{CHECK_HEADER}\n{CHECK_ROW}\n{CHECK_ROW},多".encode(),
            "第 3 行有 16 个单元格，应与表头一致，为 15 个（单元格内有英文逗号时，要用英文双引号括起来）",
        ),
        (
            f"{CHECK_HEADER}\n{CHECK_ROW}\n\n{CHECK_ROW}".encode(),
            "第 4 行“number”列的值“CZ-KJ-01”不符合规则：与第 2 行重复，同一文件中不能重复",
        ),
        (
            f"{CHECK_HEADER}\n{CHECK_ROW}".encode("gb18030"),
            "第 2 行不是 UTF-8 编码，请在 Excel 或 WPS 中另存为“CSV UTF-8”",
        ),
        (
            f'{CHECK_HEADER}\n"{CHECK_ROW}'.encode(),
            "第 2 行不是正确的 CSV：双引号没有成对，或有不可见的控制字符（unexpected end of data）",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_the_row_and_the_remedy(folder, content, told):
    (folder / "check_items.csv").write_bytes(content)
    assert refusal(read_check_items, folder) == "插件 finance 的 check_items.csv " + told


def test_a_missing_file_is_refused_since_every_unit_folder_is_alike(folder):
    told = refusal(read_check_items, folder)
    assert told == "插件 finance 的 check_items.csv 不能读取：文件不存在或没有读取权限"


def test_a_row_keeps_its_number_after_a_cell_with_line_breaks(folder):
    """The reader of the message counts rows in a spreadsheet, not lines in a file."""
    first = CHECK_ROW.replace("执业情况", '"执业情况\n（含分支机构）"')
    second = CHECK_ROW.replace("CZ-KJ-01", "CZ-KJ-02").replace(",30,", ",三十,")
    write(folder, "check_items.csv", CHECK_HEADER, first, second)
    assert "第 3 行“ratio”列的值“三十”" in refusal(read_check_items, folder)


CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="|"), min_size=1, max_size=12
).filter(lambda text: text == text.strip())
CHECK_ITEM = st.builds(
    CheckItem,
    number=st.from_regex(r"[A-Z]{2}-[A-Z]{2}-[0-9]{2}", fullmatch=True),
    check_field=CELL,
    category=CELL,
    item=CELL,
    object_type=CELL,
    content=CELL,
    basis=CELL,
    ratio=st.integers(1, 100),
    frequency=CELL,
    method=st.sampled_from(CHECK_METHODS),
    kind=st.sampled_from(CHECK_ITEM_KINDS),
    yearly_cap=st.integers(1, 12),
    requirement=CELL,
    materials=st.lists(CELL, max_size=3).map(tuple),
    checklist=st.lists(CELL, min_size=1, max_size=4).map(tuple),
)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(items=st.lists(CHECK_ITEM, max_size=4, unique_by=lambda item: item.number).map(tuple))
def test_what_a_spreadsheet_writes_is_read_back_unchanged(folder, items):
    sheet = io.StringIO(newline="")
    rows = csv.writer(sheet)
    rows.writerow(CHECK_HEADER.split(","))
    for item in items:
        rows.writerow(["|".join(cell) if isinstance(cell, tuple) else cell for cell in astuple(item)])
    (folder / "check_items.csv").write_bytes(sheet.getvalue().encode("utf-8"))
    assert read_check_items(folder) == items


@QUIET
@given(place=st.integers(0, 2000), junk=st.binary(min_size=1, max_size=4))
def test_damage_anywhere_is_either_harmless_or_named_in_chinese(folder, place, junk):
    """A broken disk or a careless edit stops the start with the file's name, never with a traceback."""
    whole = f"{CHECK_HEADER}\n{CHECK_ROW}\n".encode()
    place %= len(whole)
    (folder / "check_items.csv").write_bytes(whole[:place] + junk + whole[place + len(junk) :])
    try:
        assert len(read_check_items(folder)) <= 1
    except DeclarationError as fault:
        assert str(fault).startswith("插件 finance 的 check_items.csv ")
