"""Which files are opened as tables, how their rows are numbered, and which are refused."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.spreadsheets import CellError, Column, Heading, SheetRefused, find_header, open_table, write_xlsx
from tests.sheet_samples import compound_file, raw_xls, raw_xlsx

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
LAUGHS = (
    DECLARATION
    + '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><worksheet><sheetData><row><c t='inlineStr'><is><t>&i;</t></is></c></row></sheetData></worksheet>"
)


def refusal(content: bytes) -> str:
    with pytest.raises(SheetRefused) as refused, open_table(content, "来件") as table:
        list(table.rows())
    return str(refused.value)


def office_book() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["名称", "日期", "金额", "合计"])
    sheet.append([None])
    sheet.append(["甲\n乙", datetime(2025, 3, 5), 33.48, "=C3*2"])
    sheet.append(["丙", 45721, True, None])
    sheet["F9"].number_format = "0.00"
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.merge_cells("A10:B11")
    book.create_sheet("旧表").sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_keeps_excel_row_numbers_and_tells_what_is_hidden() -> None:
    with open_table(office_book(), "a.xlsx") as table:
        rows = list(table.rows())
        assert [(sheet.name, sheet.hidden) for sheet in table.sheets] == [("Sheet", False), ("旧表", True)]
    assert rows[0] == (1, ["名称", "日期", "金额", "合计"])
    assert rows[1][0] == 3
    assert rows[1][1][:3] == ["甲\n乙", datetime(2025, 3, 5), 33.48]
    assert isinstance(rows[1][1][3], CellError)
    assert rows[2:] == [(4, ["丙", 45721, True])]
    assert table.sheets[0].notices() == [
        "有1行是隐藏的，已照常读取：第4行",
        "有隐藏的列，已照常读取：C",
        "有合并单元格，只有左上角一格有值：A10:B11",
    ]


def test_raw_xml_cells_of_every_type_are_read() -> None:
    content = raw_xlsx(
        "<sheetData><row><c t='s'><v>0</v></c>"
        "<c t='inlineStr'><is><t>内</t><rPh><t>nei</t></rPh></is></c></row>"
        "<row r='7'><c r='C7'><f>1+1</f><v>2</v></c><c r='D7' t='e'><v>#N/A</v></c>"
        "<c r='E7' s='1'><v>45721.5</v></c><c r='XFD7' s='1'/></row><row/></sheetData>",
        strings="<si><r><t>富</t></r><r><t>文_x0041_</t></r><rPh><t>fu</t></rPh></si>",
        styles="<numFmts><numFmt numFmtId='164' formatCode='yyyy\"年\"m\"月\"'/></numFmts>"
        "<cellXfs><xf numFmtId='0'/><xf numFmtId='164'/></cellXfs>",
        extra={"xl/vbaProject.bin": b"macro"},
    )
    with open_table(content, "a.xlsx") as table:
        assert list(table.rows()) == [
            (1, ["富文A", "内"]),
            (7, [None, None, 2, "公式错误 #N/A", datetime(2025, 3, 5, 12)]),
        ]
        assert table.notices == ["文件带有宏，宏已忽略"]


def test_an_old_xls_is_read_whatever_its_name() -> None:
    content = raw_xls({(0, 0): "名称", (3, 1): 45721.0, (3, 2): 12.5}, dates=frozenset({(3, 1)}))
    with open_table(content, "a.csv") as table:
        (first, (number, cells)) = table.rows()
    assert (table.format, first, number) == ("xls", (1, ["名称"]), 4)
    assert [str(cell)[:10] for cell in cells] == ["None", "2025-03-05", "12.5"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_every_encoding_and_separator(encoding: str, separator: str, tmp_path: Path) -> None:
    lines = [["名称", "备注"], ["甲", '"一\n二，三"'], [], ["㐀", "", ""]]
    place = tmp_path / "a.xlsx"
    place.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    with open_table(place, "a.xlsx") as table:
        assert (table.format, list(table.rows())) == (
            "csv",
            [(1, ["名称", "备注"]), (2, ["甲", "一\n二，三"]), (4, ["㐀"])],
        )


def test_json_lines_are_numbered_as_lines_and_keep_decimals_exact() -> None:
    with open_table('{"名称":"甲","额":1.10}\n\n{"额":2,"新":true}'.encode(), "a.txt") as table:
        assert list(table.rows()) == [
            (0, ["名称", "额", "新"]),
            (1, ["甲", Decimal("1.10")]),
            (3, [None, 2, True]),
        ]


def test_a_quote_that_is_only_a_sign_is_left_as_it_is() -> None:
    with open_table('名称,备注\n甲,管径5"\n"乙",丙'.encode(), "a.csv") as table:
        assert list(table.rows()) == [(1, ["名称", "备注"]), (2, ["甲", '管径5"']), (3, ["乙", "丙"])]


def test_a_web_page_s_tables_are_sheets_with_their_merged_cells_apart() -> None:
    page = """<!DOCTYPE html><html><style>td {color: red}</style><body><p>说明</p>
      <table><tr><td><table><tr><th>名称<th>金额（元）</tr><tr><td>甲 &amp;\n 乙<br>公司&nbsp;</td><td>1,234.5</td></tr></table>
      </td></tr></table>
      <table><tr><td rowspan="2">序号</td><td colspan=2>主体</td></tr><tr><td>名称</td><td>代码</td></tr>
      <tr><td></td><td>丙</td><td>#N/A</td></tr></table></body></html>"""
    with open_table(page.encode("gb18030"), "台账.xls") as table:
        assert [list(sheet.rows()) for sheet in table.sheets] == [
            [(1, ["名称", "金额（元）"]), (2, ["甲 & 乙\n公司", "1,234.5"])],
            [(1, ["序号", "主体"]), (2, [None, "名称", "代码"]), (3, [None, "丙", CellError("公式错误 #N/A")])],
        ]
        assert table.sheets[1].notices() == ["有合并单元格，只有左上角一格有值：A1:A2、B1:C1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (b"%PDF-1.7", "这是PDF 文件"),
        (b"\x00\x01\x02\x03", "不是表格文件"),
        (b"<html><table>", "网页或 XML 改名的表格"),
        (b"<?xml version='1.0'?><Workbook/>", "XML 改名的表格"),
        (b"<table><tr>" + b"<td colspan=300>a" * 2, "列数超过上限512列"),
        (b"<table><tr><td " + b"a" * 3_000_000, "过长的标签"),
        (b"<table>" * 201, "表格超过200个"),
        (b"\xff\xff\xff,a", "认不出文字编码"),
        (b"PK\x03\x04broken", "文件已损坏"),
        (office_book()[:-300], "文件已损坏"),
        (compound_file("EncryptedPackage", b"x"), "设有密码"),
        (compound_file("Other", b"x"), "已损坏或不是 Excel"),
        (raw_xls({(0, 0): "名称", (65535, 255): 1.0}), "表格的范围过大"),
        (b'{"a":1}\n{"a":[1]}', "第2行的“a”不能是嵌套"),
        (b'{"a":1}\n{"a":', "第2行不是有效的 JSON"),
        (b'[{"a":1}]', "每行一条记录"),
        (b'a,b\n1,"' + b"x" * 200_000, "第2行无法读取"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "第3行有引号没有成对"),
        (b'a,b\n1,"2', "第2行有引号没有成对"),
        (b"a,b\n" + b'"\n",' * 600_000, "第2行过长"),
        (raw_xlsx(f"<sheetData><row r='{'1' * 3_000_000}'/></sheetData>"), "压缩炸弹"),
        (b"a" + b",1" * 600, "列数超过上限512列"),
        (raw_xlsx("<sheetData><row r='1'><c r='XFD1'><v>1</v></c></row></sheetData>"), "XFD列有值"),
        (raw_xlsx("<sheetData><row r='1048577'/></sheetData>"), "行数超过1048576行"),
        (raw_xlsx("<sheetData><row><c t='s'><v>9</v></c></row></sheetData>"), "不存在的文字"),
        (raw_xlsx("<sheetData><row>"), "文件已损坏"),
        (raw_xlsx(LAUGHS), "XML 实体声明"),
        (raw_xlsx("<sheetData><row><c t='s'><v>0</v></c></row></sheetData>", strings=LAUGHS), "XML 实体声明"),
        (raw_xlsx("", extra={"xl/media/a.bin": bytes(30 * 2**20)}), "压缩炸弹"),
        (raw_xlsx("", extra={f"m/{number}": b"" for number in range(2000)}), "超过上限2000个"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, words: str) -> None:
    assert words in refusal(content)


def test_a_zip_without_workbook_is_no_spreadsheet() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "不是 Excel 表格文件" in refusal(target.getvalue())


WEB_PAGE = "<html><table><tr><td colspan=2>名称</td></tr><tr><td>甲&amp;<br>乙<td>5</table>".encode()
SAMPLES = [office_book(), raw_xls({(0, 0): "名称", (1, 0): 5.0}), '名,称\n甲,"乙"'.encode(), WEB_PAGE]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        with open_table(bytes(content), "来件") as table:
            for at in range(len(table.sheets)):
                assert all(number >= 0 and cells for number, cells in table.rows(at))
    except SheetRefused as refused:
        assert str(refused)


def test_a_hundred_thousand_rows_stream_in_constant_memory(tmp_path: Path) -> None:
    place = tmp_path / "大.xlsx"
    rows = ((f"企业{number}", number) for number in range(100_000))
    write_xlsx(place, [("名单", [Heading("名称"), Heading("序号", kind="integer")], rows)])
    lines = tmp_path / "大.csv"
    lines.write_text(
        "名称,序号\n" + "".join(f"企业{number},{number}\n" for number in range(100_000)), "utf-8"
    )
    for file in (place, lines):
        with open_table(file, file.name) as table:
            stream = table.rows()
            next(stream)
            tracemalloc.start(1)
            for taken, _ in enumerate(stream):
                if taken == 20_000:
                    tracemalloc.stop()
                    tracemalloc.start(1)
                if taken == 24_000:
                    assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
                    tracemalloc.stop()
            assert taken == 99_999
            assert list(find_header(table.rows(), [Column("n", "序号"), Column("m", "名称")]).mapping) == [
                "m",
                "n",
            ]


COLUMNS = [
    Column("name", "名称", ("企业名称", "市场主体名称"), required=True),
    Column("code", "统一社会信用代码", ("信用代码",), required=True),
    Column("fine", "罚款金额"),
]


def test_the_header_is_found_below_a_title_in_any_order() -> None:
    rows = [
        (1, ["某局台账"]),
        (3, ["序号", "信用 代码*", "罚款金额（万元）", "企业名称(必填)", "名称"]),
        (4, [1, "9", 2, "甲"]),
    ]
    found = find_header(rows, COLUMNS)
    assert (found.row, found.last_row) == (3, 3)
    assert found.mapping == {"code": 1, "fine": 2, "name": 3}
    assert (found.unknown, found.repeated, found.missing) == ({0: "序号"}, {4: "名称"}, [])
    assert found.record([1, "9", 2, "甲"]) == {"code": "9", "fine": 2, "name": "甲"}
    assert list(found.data_rows(rows)) == [rows[2]]


def test_a_header_of_two_rows_with_merged_cells() -> None:
    rows = [
        (1, ["序号", "市场主体", None, "罚款金额"]),
        (2, [None, "名称", "信用代码"]),
        (3, [1, "甲", "9", 5]),
    ]
    found = find_header(rows, COLUMNS)
    assert (found.row, found.last_row, found.mapping) == (1, 2, {"name": 1, "code": 2, "fine": 3})


def test_the_units_own_words_are_remembered() -> None:
    found = find_header([(1, ["户名", "信用代码"])], COLUMNS, {"户名": "name"})
    assert (found.mapping, found.missing) == ({"name": 0, "code": 1}, [])


def test_a_missing_column_is_named() -> None:
    assert find_header([(1, ["名称", "罚款金额"])], COLUMNS).missing == ["统一社会信用代码"]
    with pytest.raises(SheetRefused, match="没有找到表头，缺少的列：统一社会信用代码、罚款金额"):
        find_header([(1, ["名称", "电话"])], COLUMNS)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = raw_xlsx("", extra={"xl/a.bin": bytes(200 * 2**20)})
    tracemalloc.start()
    assert "压缩炸弹" in refusal(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20
