"""The same list as LibreOffice, XlsxWriter, openpyxl, WPS and older systems save it: what each file is read to.

The files lie in tests/data/sheets; tests/make_sheets.py made them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from portal import record_reading
from portal.registration_kind import KIND
from portal.spreadsheets import CellError, SheetRefused, find_header, open_table
from tests.make_sheets import HEADER

FOLDER = Path(__file__).parent / "data" / "sheets"
TITLE = (1, ["2026年9月登记台账"])
NAMES = ["南通甲商贸有限公司", "南通“乙”，丙有限公司", "丁"]
CODES = ["91310000773718882U", "91110000101443599G", "9144030071526726XG"]
QUOTED, BLANKS = '含"引号",逗号;分号\t制表', "  前后有空白  "
NOT_AVAILABLE, UNSAVED = CellError("公式错误 #N/A"), CellError("公式没有保存计算结果，请用 Excel 或 WPS 打开并保存一次")
FIRST, SECOND = date(2026, 9, 1), date(2026, 9, 2)


def typed(twice: Any = 200, failed: Any = NOT_AVAILABLE) -> list[Any]:
    """The rows where cells have types; ``twice`` and ``failed`` are the two formulas."""
    return [
        TITLE,
        (2, HEADER),
        (3, [NAMES[0], CODES[0], FIRST, 100, twice, True, "食品销售；日用百货销售", "一行\n二行"]),
        (4, [NAMES[1], CODES[1], SECOND, 33.48, failed, False, QUOTED]),
        (5, [NAMES[2], CODES[2], 20260903, 0.3, None, None, BLANKS, "长期"]),
    ]


SHOWN = [
    TITLE,
    (2, HEADER),
    (3, [NAMES[0], CODES[0], "2026年9月1日", "100.00", "200", "TRUE", "食品销售；日用百货销售", "一行\n二行"]),
    (4, [NAMES[1], CODES[1], "2026/9/2", "33.48", NOT_AVAILABLE, "FALSE", QUOTED]),
    (5, [NAMES[2], CODES[2], "20260903", "0.3", None, None, BLANKS, "长期"]),
]
BY_HAND = [
    (1, HEADER),
    (2, [NAMES[0], CODES[0], FIRST, 100, 200, True, "食品销售；日用百货销售"]),
    (3, [NAMES[1], CODES[1], SECOND, 33.48, 66.96, False, QUOTED]),
    (4, [NAMES[2], CODES[2], date(2026, 9, 3), 0.3, 0.6, False, BLANKS]),
]
#: A page shows what it shows: one blank for many, and no hidden row or column.
PAGE = [
    TITLE,
    (2, HEADER[:-1]),
    (3, [NAMES[0], CODES[0], "2026年9月1日", "100.00", "200", "1", "食品销售；日用百货销售"]),
    (4, [NAMES[1], CODES[1], "2026/9/2", "33.48", NOT_AVAILABLE, "0", QUOTED.replace("\t", " ")]),
]
HIDDEN = ["有1行是隐藏的，已照常读取：第5行", "有隐藏的列，已照常读取：H", "有合并单元格，只有左上角一格有值：A1:H1"]
MACROS, WEB_PAGE = "文件带有宏，宏已忽略", "这是网页改名的表格，已按网页里的表格读取"

READ: list[tuple[str, str, list[Any], list[str]]] = [
    ("libreoffice.xlsx", "xlsx", typed(), HIDDEN),
    ("libreoffice.xlsm", "xlsx", typed(), [MACROS, *HIDDEN]),
    ("libreoffice.xls", "xls", typed(), []),
    ("libreoffice-xls-renamed.xlsx", "xls", typed(), []),
    ("libreoffice-utf8.csv", "csv", SHOWN, []),
    ("libreoffice-gb18030.csv", "csv", SHOWN, []),
    ("libreoffice-semicolons.csv", "csv", SHOWN, []),
    ("libreoffice-utf16-tabs.csv", "csv", SHOWN, []),
    ("libreoffice-table.xls", "html", PAGE, [WEB_PAGE, HIDDEN[2]]),
    ("openpyxl.xlsx", "xlsx", typed(UNSAVED, UNSAVED), HIDDEN),
    ("xlsxwriter.xlsx", "xlsx", typed(), HIDDEN),
    ("xlsxwriter-1904.xlsx", "xlsx", typed(), HIDDEN),
    ("xlsxwriter-inline.xlsx", "xlsx", typed(), HIDDEN),
    ("hand-like-wps.xlsx", "xlsx", BY_HAND, []),
    ("hand-prefixed.xlsx", "xlsx", BY_HAND, []),
    ("hand-quotes.csv", "csv", [(1, ["名称", "统一社会信用代码", "备注"]), (2, ['南通"甲",乙\r\n有限公司', CODES[0], "tab\there;x"])], []),
]  # fmt: skip
REFUSED = [
    ("libreoffice.ods", "libreoffice.ods：这是 OpenDocument 文件（如 .ods），请另存为 .xlsx 或 CSV 再上传"),
    ("libreoffice-locked.xlsx", "libreoffice-locked.xlsx：文件设有密码，请取消密码后再上传"),
    ("libreoffice-cut-off.xlsx", "libreoffice-cut-off.xlsx：文件已损坏，无法读取，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传"),
    ("hand-unclosed-quote.csv", "第2行有引号没有成对，它后面的内容都成了一格，请补上引号"),
]


def days(cells: list[Any]) -> list[Any]:
    """A moment at midnight is a day: formats differ in which of the two they mean."""
    return [cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell for cell in cells]


@pytest.mark.parametrize(("name", "form", "rows", "notices"), READ, ids=[name for name, *_ in READ])
def test_each_program_s_file_is_read_to_its_cells(name: str, form: str, rows: list[Any], notices: list[str]) -> None:
    with open_table(FOLDER / name, name) as table:
        read = [(number, days(cells)) for number, cells in table.rows()]
        assert table.format == form
        assert read == rows
        assert [*table.notices, *table.sheets[0].notices()] == notices
    errors = [(number, at) for number, cells in read for at, cell in enumerate(cells) if isinstance(cell, CellError)]
    assert errors == [(n, at) for n, cells in rows for at, cell in enumerate(cells) if isinstance(cell, CellError)]


@pytest.mark.parametrize(("name", "words"), REFUSED)
def test_what_cannot_be_read_is_told_in_words(name: str, words: str) -> None:
    with pytest.raises(SheetRefused) as refused, open_table(FOLDER / name, name) as table:
        list(table.rows())
    assert str(refused.value) == words


def test_every_file_of_the_corpus_has_its_line() -> None:
    named = {name for name, *_ in READ} | {name for name, _ in REFUSED} | {"hand-web-page.xls"}
    assert named == {path.name for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", [*(name for name, *_ in READ if name != "hand-quotes.csv"), "hand-web-page.xls"])
def test_the_same_registration_comes_out_whichever_program_wrote_it(name: str) -> None:
    with open_table(FOLDER / name, name) as table:
        header = find_header(table.rows(), record_reading.columns(KIND))
        rows = list(header.data_rows(table.rows()))
    read = record_reading.RowReader(KIND.incoming()).read(header.columns(rows), len(rows))
    assert [problems for _, problems, _ in read] == [[] for _ in rows]
    wanted = [(NAMES[0], CODES[0], FIRST, 100_000_000), (NAMES[1], CODES[1], SECOND, 33_480_000), (NAMES[2], CODES[2], date(2026, 9, 3), 300_000)]
    told = [tuple(values[key] for key in ("name", "code", "approved", "capital")) for values, _, _ in read]
    assert told == wanted[: len(rows)] and len(rows) >= 2
