"""Makes the files of tests/data/sheets with the programs that officers use: ``python -m tests.make_sheets``.

Needs LibreOffice (with python3-uno, for the locked file); the tests need only the files, which are kept.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.styles import Font

from tests.sheet_samples import raw_xlsx

FOLDER = Path(__file__).parent / "data" / "sheets"
HEADER = ["名称", "统一社会信用代码", "核准日期", "注册资本（万元）", "两倍", "已核", "经营范围", "备注"]
#: What every program was given; the third row of data is hidden.
GIVEN: list[list[Any]] = [
    ["南通甲商贸有限公司", "91310000773718882U", date(2026, 9, 1), 100, "=D3*2", True, "食品销售；日用百货销售", "一行\n二行"],
    ["南通“乙”，丙有限公司", "91110000101443599G", datetime(2026, 9, 2), 33.48, "=NA()", False, '含"引号",逗号;分号\t制表', None],
    ["丁", "9144030071526726XG", 20260903, 0.3, None, None, "  前后有空白  ", "长期"],
]
DAY = 'yyyy"年"m"月"d"日"'
#: LibreOffice's numbers for texts in a CSV: separator, quotes, encoding, first line, then all cells as they are shown.
CSV = "csv:Text - txt - csv (StarCalc):{separator},34,{encoding},1,,0,false,true"
COMMA, SEMICOLON, TAB, UTF8, GB18030, UTF16 = 44, 59, 9, 76, 85, 65535
LOCKED = """
import sys, time, uno
from com.sun.star.beans import NamedValue, PropertyValue
resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
for turn in range(60):
    try:
        context = resolver.resolve("uno:pipe,name=make-sheets;urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.5)
desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
def named(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())
book = desktop.loadComponentFromURL("file://" + sys.argv[1], "_blank", 0, named(Hidden=True))
key = uno.Any("[]com.sun.star.beans.NamedValue", (NamedValue("CryptoType", "Standard"), NamedValue("OOXPassword", "1234")))
book.storeToURL("file://" + sys.argv[2], named(FilterName="Calc MS Excel 2007 XML", EncryptionData=key))
book.close(True)
desktop.terminate()
"""


def source(path: Path) -> None:
    """What LibreOffice opens: a merged title, a header, three rows, one hidden."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "登记"
    sheet.append(["2026年9月登记台账"])
    sheet.merge_cells("A1:H1")
    sheet.append(HEADER)
    for row in GIVEN:
        sheet.append(row)
    sheet["C3"].number_format, sheet["C4"].number_format = DAY, "yyyy/m/d"
    sheet["D3"].number_format = "#,##0.00"
    sheet["A3"].font = Font(bold=True)
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["H"].hidden = True
    book.create_sheet("填写说明")["A1"] = "不要改动表头"
    book.save(path)


def convert(path: Path, to: str, name: str) -> None:
    """One file by LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to, "--outdir", folder, str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        made = next(found for found in Path(folder).iterdir() if found.is_file())
        shutil.copy(made, FOLDER / name)


def lock(path: Path) -> None:
    """A file with a password, as Excel and WPS lock them too: an encrypted package in a compound file."""
    with tempfile.TemporaryDirectory() as folder:
        office = subprocess.Popen(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--accept=pipe,name=make-sheets;urp;"]
        )
        subprocess.run(["/usr/bin/python3", "-c", LOCKED, str(path), str(FOLDER / "libreoffice-locked.xlsx")], check=True, timeout=120)
        office.wait(30)


def by_libreoffice() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "登记.xlsx"
        source(path)
        convert(path, "xlsx", "libreoffice.xlsx")
        convert(path, "xls", "libreoffice.xls")
        convert(path, "ods", "libreoffice.ods")
        convert(path, "html", "libreoffice-table.xls")
        convert(path, "xlsm:Calc MS Excel 2007 VBA XML", "libreoffice.xlsm")
        with zipfile.ZipFile(FOLDER / "libreoffice.xlsm", "a") as package:
            package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 no macro of ours")
        convert(path, CSV.format(separator=COMMA, encoding=UTF8), "libreoffice-utf8.csv")
        convert(path, CSV.format(separator=COMMA, encoding=GB18030), "libreoffice-gb18030.csv")
        convert(path, CSV.format(separator=SEMICOLON, encoding=GB18030), "libreoffice-semicolons.csv")
        convert(path, CSV.format(separator=TAB, encoding=UTF16), "libreoffice-utf16-tabs.csv")
        lock(path)
    shutil.copy(FOLDER / "libreoffice.xls", FOLDER / "libreoffice-xls-renamed.xlsx")
    whole = (FOLDER / "libreoffice.xlsx").read_bytes()
    (FOLDER / "libreoffice-cut-off.xlsx").write_bytes(whole[: len(whole) * 2 // 3])


def by_openpyxl() -> None:
    """Formulas are saved without their results."""
    source(FOLDER / "openpyxl.xlsx")


def by_xlsxwriter(name: str, **options: Any) -> None:
    """Formulas with and without results, rich text, and a date system that the options choose."""
    book = xlsxwriter.Workbook(str(FOLDER / name), {"default_date_format": DAY, **options})
    book.set_properties({"created": datetime(2026, 9, 25)})
    sheet, bold = book.add_worksheet("登记"), book.add_format({"bold": True})
    sheet.merge_range("A1:H1", "2026年9月登记台账")
    sheet.write_row("A2", HEADER)
    for line, row in enumerate(GIVEN, 2):
        for at, value in enumerate(row):
            if isinstance(value, str) and value.startswith("="):
                sheet.write_formula(line, at, value, None, 200 if line == 2 else "#N/A")
            elif value is not None:
                sheet.write(line, at, value)
    if not options.get("constant_memory"):
        sheet.write_rich_string("A3", "南通", bold, "甲", "商贸有限公司")
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.set_column("H:H", None, None, {"hidden": True})
    book.close()


def by_hand() -> None:
    """What WPS, old systems and damaged disks send."""
    strings = [*HEADER, *(str(row[at]) for row in GIVEN for at in (0, 1, 6))]
    cells = "".join(f'<c r="{"ABCDEFGH"[at]}1" t="s"><v>{at}</v></c>' for at in range(8))
    lines = [f'<row r="1" spans="1:8">{cells}</row>']
    for line, row in enumerate(GIVEN):
        n, first = line + 2, len(HEADER) + line * 3
        day = (row[2] - date(1899, 12, 30)).days if type(row[2]) is date else 46267 + line - 1
        lines.append(
            f'<row r="{n}"><c r="A{n}" t="s"><v>{first}</v></c><c r="B{n}" t="s"><v>{first + 1}</v></c>'
            f'<c r="C{n}" s="1"><v>{day}</v></c><c r="D{n}"><v>{row[3]}</v></c><c r="E{n}"><f>D{n}*2</f><v>{row[3] * 2}</v></c>'
            f'<c r="F{n}" t="b"><v>{int(bool(row[5]))}</v></c><c r="G{n}" t="s"><v>{first + 2}</v></c></row>'
        )
    # A blank formatted row at the very end, as "select the whole column" leaves it.
    lines.append('<row r="1048576"><c r="A1048576" s="1"/></row>')
    sheet = '<dimension ref="A1:XFD1048576"/><sheetData>' + "".join(lines) + "</sheetData>"
    items = "".join(f'<si><t xml:space="preserve">{_escaped(text)}</t></si>' for text in strings)
    styles = "<numFmts><numFmt numFmtId='176' formatCode='yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@'/></numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='176'/></cellXfs>"
    whole = raw_xlsx(sheet, strings=items, styles=styles)
    (FOLDER / "hand-like-wps.xlsx").write_bytes(whole)
    (FOLDER / "hand-prefixed.xlsx").write_bytes(prefixed(whole))
    table = "".join("<tr>" + "".join(f"<td>{_escaped(str(cell or ''))}</td>" for cell in row) + "</tr>" for row in [HEADER, *GIVEN])
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body><table>{table}</table></body></html>'
    (FOLDER / "hand-web-page.xls").write_bytes(page.encode("gb18030"))
    text = "名称,统一社会信用代码,备注\r\n\"南通\"\"甲\"\",乙\r\n有限公司\",91310000773718882U,\"tab\there;x\"\r\n"
    (FOLDER / "hand-quotes.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (FOLDER / "hand-unclosed-quote.csv").write_bytes(text.replace('"tab', '"""tab').replace(';x"', ";x").encode("gb18030"))


def prefixed(content: bytes) -> bytes:
    """The same workbook with x: before every element of its parts, as some servers write them."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            text = given.read(name).decode()
            if name.startswith("xl/") and not name.endswith(".rels"):
                text = text.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
            made.writestr(name, text)
    return target.getvalue()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def main() -> None:
    """Make them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    by_openpyxl()
    by_xlsxwriter("xlsxwriter.xlsx")
    by_xlsxwriter("xlsxwriter-1904.xlsx", date_1904=True)
    by_xlsxwriter("xlsxwriter-inline.xlsx", constant_memory=True)
    by_hand()
    by_libreoffice()


if __name__ == "__main__":
    main()
