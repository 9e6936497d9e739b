"""Files as officers send them: rows of registrations written by different programs, and rows that are wrong."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import xlsxwriter
from stdnum.cn import uscc

from tests.sheet_samples import raw_xls

HEADER = ["名称", "统一社会信用代码", "核准日期", "经营范围", "街道", "注册资本（万元）"]


def code(number: int) -> str:
    """A credit code whose check sign is right."""
    body = f"91320691MA1{number:06d}"
    return body + uscc.calc_check_digit(body)


def good(number: int, **rest: Any) -> dict[str, Any]:
    row = {
        "名称": f"南通{number:06d}号商贸有限公司", "统一社会信用代码": code(number), "核准日期": "2026-09-01",
        "经营范围": "日用百货销售", "街道": "中兴街道", "注册资本（万元）": "100",
    }  # fmt: skip
    return row | rest


def table(rows: list[dict[str, Any]]) -> list[list[Any]]:
    header = list(dict.fromkeys(key for row in rows for key in row)) or HEADER
    return [header, *[[row.get(key) for key in header] for row in rows]]


def as_csv(rows: list[dict[str, Any]], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["" if cell is None else cell for cell in row] for row in table(rows)])
    return text.getvalue().encode(encoding)


def as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("登记")
    for line, row in enumerate(table(rows)):
        for at, cell in enumerate(row):
            if isinstance(cell, (int, float)):
                sheet.write_number(line, at, cell)
            elif cell is not None:
                sheet.write_string(line, at, str(cell))
    book.close()
    return target.getvalue()


def as_openpyxl(rows: list[dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in table(rows):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def as_xls(rows: list[dict[str, Any]]) -> bytes:
    """As Excel 97 wrote it."""
    cells = {(line, at): cell for line, row in enumerate(table(rows)) for at, cell in enumerate(row) if cell not in (None, "")}
    return raw_xls(cells)


WRITERS = {
    "XlsxWriter": (as_xlsx, "登记.xlsx"),
    "openpyxl": (as_openpyxl, "登记.xlsx"),
    "XLS": (as_xls, "登记.xls"),
    "CSV UTF-8 BOM": (as_csv, "登记.csv"),
    "CSV UTF-8": (lambda rows: as_csv(rows, "utf-8"), "登记.csv"),
    "CSV GB18030": (lambda rows: as_csv(rows, "gb18030"), "登记.csv"),
    "JSON": (as_json_lines, "登记.jsonl"),
}
