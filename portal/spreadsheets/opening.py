"""Open whatever an officer sends as a table; the content decides the format, never the name."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import IO

import python_calamine

from portal.spreadsheets.delimited import open_text
from portal.spreadsheets.html_tables import open_html
from portal.spreadsheets.refusals import CellError, SheetRefused, as_error
from portal.spreadsheets.tables import MOST_COLUMNS, Row, Sheet, Table, trim
from portal.spreadsheets.xls_extent import Errors, look_through
from portal.spreadsheets.xlsx_reading import open_xlsx

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
#: CSV and XLSX stream by; what a browser may send is far less (files.LARGEST).
_MOST_BYTES = 1024 * 2**20
#: An XLS is read whole into memory, so it may only be small.
_MOST_XLS_BYTES = 20 * 2**20
_BROKEN = "文件已损坏或不是 Excel 表格，请另存为 .xlsx 再上传"
_OTHERS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "gzip 压缩包",
    b"{\\rtf": "RTF 文档",
}


def open_table(source: str | os.PathLike[str] | bytes, filename: str) -> Table:
    """Open XLSX, XLS (also a web page by that name), CSV or JSON lines from a path or from bytes.

    ``filename`` is the sender's name for it, used in messages only. Raises SheetRefused.
    """
    file: IO[bytes] = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115 - the table closes it
    try:
        return _open(file)
    except SheetRefused as refused:
        file.close()
        raise SheetRefused(f"{filename}：{refused}") from refused
    except BaseException:
        file.close()
        raise


def _open(file: IO[bytes]) -> Table:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(4096)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SheetRefused("文件是空的")
    if size > _MOST_BYTES:
        raise SheetRefused(f"文件超过{_MOST_BYTES // 2**20} MB，请分成几个文件上传")
    if start.startswith(b"PK"):
        return open_xlsx(file, size)
    if start.startswith(_OLE):
        return _open_xls(file, size)
    for mark, kind in _OTHERS.items():
        if start.startswith(mark):
            raise SheetRefused(f"这是{kind}，不是表格文件，请上传 .xlsx、.xls、CSV 或 JSON 行文件")
    markup = start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip().lower()
    if markup.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style", b"<body", b"<div")):
        return open_html(file, size)
    if markup.startswith(b"<"):
        raise SheetRefused("这是 XML 改名的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传")
    return open_text(file)


def _open_xls(file: IO[bytes], size: int) -> Table:
    if size > _MOST_XLS_BYTES:
        raise SheetRefused(f".xls 文件超过{_MOST_XLS_BYTES // 2**20} MB，请另存为 .xlsx 再上传")
    file.seek(0)
    content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise SheetRefused("文件设有密码，请取消密码后再上传")
    if "WordDocument".encode("utf-16-le") in content:
        raise SheetRefused("这是 Word 文档，不是表格文件")
    errors = look_through(content)
    with _calamine_refusing():
        book = python_calamine.load_workbook(io.BytesIO(content))
    sheets = [
        Sheet(
            known.name,
            lambda _, name=known.name, wrong=wrong: _xls_rows(book, name, wrong),
            hidden=known.visible != python_calamine.SheetVisibleEnum.Visible,
        )
        for known, wrong in zip_longest(book.sheets_metadata, errors[: len(book.sheets_metadata)], fillvalue={})
        if known.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    if not sheets:
        raise SheetRefused("工作簿里没有工作表")
    return Table("xls", sheets, file)


@contextmanager
def _calamine_refusing() -> Iterator[None]:
    """Turn whatever calamine meets in a damaged file into SheetRefused."""
    try:
        yield
    except python_calamine.PasswordError as locked:
        raise SheetRefused("文件设有密码，请取消密码后再上传") from locked
    except (python_calamine.CalamineError, OSError, ValueError) as broken:
        raise SheetRefused(_BROKEN) from broken
    except BaseException as panic:
        # A panic in calamine's Rust arrives as a BaseException of a class that cannot be imported.
        if type(panic).__name__ != "PanicException":
            raise
        raise SheetRefused(_BROKEN) from panic


def _xls_rows(book: python_calamine.CalamineWorkbook, name: str, errors: Errors) -> Iterator[Row]:
    with _calamine_refusing():
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    wrong_rows = {row for row, _ in errors}
    for number, cells in enumerate(rows, 1):
        read = [_xls_cell(cell) for cell in cells]
        if number - 1 in wrong_rows:
            read = [CellError(f"公式错误 {errors[number - 1, at]}") if (number - 1, at) in errors else cell for at, cell in enumerate(read)]
        row = trim(read)
        if len(row) > MOST_COLUMNS:
            raise SheetRefused(f"第{number}行的列数超过上限{MOST_COLUMNS}列")
        if row:
            yield number, row


def _xls_cell(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return None if cell == "" else as_error(cell)
