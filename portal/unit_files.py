"""Reads the CSV files that lie in a unit's folder: its permit items and its check items.

A file is written by people, mostly in Excel or WPS. So every malformation stops the reading with a
:class:`DeclarationError` whose Chinese text names the plugin's folder, the file, the row as the
spreadsheet counts it (the header is row 1), the column and the rule.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from portal.declarations import (
    CHECK_ITEM_KINDS,
    CHECK_METHODS,
    PERMIT_KINDS,
    PERMIT_MATCHES,
    CheckItem,
    DeclarationError,
    PermitItem,
)

PERMITS_FILE = "permits.csv"
CHECK_ITEMS_FILE = "check_items.csv"

#: Characters of a wrong cell which a message repeats, so that its rule stays in sight.
SHOWN_LENGTH = 40

Declared = TypeVar("Declared", PermitItem, CheckItem)


class _CellError(ValueError):
    """A cell breaks its column's rule; the text is the rule in Chinese."""


def _any_text(cell: str) -> str:
    return cell


def _text(cell: str) -> str:
    if not cell:
        raise _CellError("不能为空")
    return cell


def _code(cell: str) -> str:
    if not (cell.isascii() and cell.isalnum()):
        raise _CellError("只能由英文字母和数字组成")
    return cell


def _number(cell: str) -> str:
    if not (cell.isascii() and cell.replace("-", "").isalnum()):
        raise _CellError("只能由英文字母、数字和连字符“-”组成")
    return cell


def _phrases(cell: str) -> tuple[str, ...]:
    if not cell:
        return ()
    phrases = tuple(phrase.strip() for phrase in cell.split("|"))
    if not all(phrases):
        raise _CellError("用“|”分隔，分隔出的各段不能为空")
    return phrases


def _lines(cell: str) -> tuple[str, ...]:
    lines = _phrases(cell)
    if not lines:
        raise _CellError("至少要有一条，多条之间用“|”分隔")
    return lines


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell not in allowed:
            raise _CellError(f"只能是{'、'.join(allowed)}之一")
        return cell

    return read


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(cell: str) -> int:
        digits = cell.isascii() and cell.isdigit() and len(cell) <= len(str(highest))
        if not digits or not lowest <= int(cell) <= highest:
            raise _CellError(f"应为 {lowest} 至 {highest} 之间的整数")
        return int(cell)

    return read


@dataclass(frozen=True)
class _Column:
    """A column of the file: its header, the field it fills and how a cell is read."""

    header: str
    field: str
    read: Callable[[str], Any]


_PERMIT_COLUMNS = (
    _Column("code", "code", _code),
    _Column("item_name", "name", _text),
    _Column("kind", "kind", _one_of(*PERMIT_KINDS)),
    _Column("match", "match", _one_of(*PERMIT_MATCHES)),
    _Column("level", "level", _any_text),
    _Column("approving_body_general", "body", _any_text),
    _Column("approving_unit", "approving_unit", _text),
    _Column("supervising_unit", "supervising_unit", _text),
    _Column("annex2_2_field", "check_field", _any_text),
    _Column("scope_keywords", "keywords", _phrases),
    _Column("exclusion_notes", "exclusions", _phrases),
    _Column("legal_basis", "basis", _text),
    _Column("source_confidence", "confidence", _text),
)

_CHECK_COLUMNS = (
    _Column("number", "number", _number),
    _Column("check_field", "check_field", _text),
    _Column("category", "category", _text),
    _Column("item", "item", _text),
    _Column("object_type", "object_type", _text),
    _Column("content", "content", _text),
    _Column("basis", "basis", _text),
    _Column("ratio", "ratio", _whole_number(1, 100)),
    _Column("frequency", "frequency", _text),
    _Column("method", "method", _one_of(*CHECK_METHODS)),
    _Column("kind", "kind", _one_of(*CHECK_ITEM_KINDS)),
    _Column("yearly_cap", "yearly_cap", _whole_number(1, 12)),
    _Column("requirement", "requirement", _any_text),
    _Column("materials", "materials", _phrases),
    _Column("checklist", "checklist", _lines),
)


def read_permit_items(folder: Path | str) -> tuple[PermitItem, ...]:
    """The 许可事项 of ``permits.csv`` in a unit's folder, in the file's order (areas.md 1.2).

    A file with the header alone gives ``()``. Raises DeclarationError naming folder, file, row, column, rule.
    """
    return read_permit_file(Path(folder) / PERMITS_FILE)


def read_permit_file(path: Path | str) -> tuple[PermitItem, ...]:
    """The 许可事项 of a named file with the columns of ``permits.csv``.

    Errors as :func:`read_permit_items`.
    """
    return _read(Path(path), _PERMIT_COLUMNS, PermitItem)


def read_check_items(folder: Path | str) -> tuple[CheckItem, ...]:
    """The 抽查事项 of ``check_items.csv`` in a unit's folder, in the file's order (areas.md 3.1).

    ``ratio`` is percent (1-100), ``yearly_cap`` checks of one subject a year (1-12); ``|`` separates the
    materials and the checklist. A file with the header alone gives ``()``.
    Errors as :func:`read_permit_items`.
    """
    return _read(Path(folder) / CHECK_ITEMS_FILE, _CHECK_COLUMNS, CheckItem)


def _read(path: Path, columns: tuple[_Column, ...], declared: type[Declared]) -> tuple[Declared, ...]:
    rows = _rows(path)
    _, header = next(rows, (1, []))
    order = _order(path, header, columns)
    items: list[Declared] = []
    first_seen: dict[str, int] = {}
    for number, cells in rows:
        if not any(cells):  # WPS leaves empty rows and rows of bare commas at the end
            continue
        if len(cells) != len(header):
            rule = f"有 {len(cells)} 个单元格，应与表头一致，为 {len(header)} 个"
            remedy = "（单元格内有英文逗号时，要用英文双引号括起来）"
            raise DeclarationError(f"{_place(path)}第 {number} 行{rule}{remedy}")
        item = _declare(path, number, dict(zip(order, cells, strict=True)), declared)
        key = columns[0]
        value = getattr(item, key.field)
        if value in first_seen:
            rule = f"与第 {first_seen[value]} 行重复，同一文件中不能重复"
            raise _cell_fault(path, number, key.header, value, rule)
        first_seen[value] = number
        items.append(item)
    return tuple(items)


def _declare(path: Path, number: int, row: dict[_Column, str], declared: type[Declared]) -> Declared:
    values: dict[str, Any] = {}
    for column, cell in row.items():
        try:
            values[column.field] = column.read(cell)
        except _CellError as fault:
            raise _cell_fault(path, number, column.header, cell, str(fault)) from None
    if values.get("match") == "direct" and not values["keywords"]:
        rule = "match 为 direct（按经营范围匹配）时，至少要有一个关键词"
        raise _cell_fault(path, number, "scope_keywords", "", rule)
    try:
        return declared(**values)
    except DeclarationError as fault:
        raise DeclarationError(f"{_place(path)}第 {number} 行：{fault}") from fault


def _order(path: Path, header: list[str], columns: tuple[_Column, ...]) -> list[_Column]:
    """The columns in the order of the file; people move columns, so only the names must be right."""
    by_header = {column.header: column for column in columns}
    if not header:
        raise DeclarationError(f"{_place(path)}第 1 行是空的，应为表头：{','.join(by_header)}")
    faults = (
        ("缺少列", [name for name in by_header if name not in header]),
        ("有不认识的列", [name or "（空）" for name in header if name not in by_header]),
        ("列名重复", sorted({name for name in header if header.count(name) > 1})),
    )
    wrong = [f"{fault} {'、'.join(names)}" for fault, names in faults if names]
    if wrong:
        raise DeclarationError(
            f"{_place(path)}第 1 行（表头）{'；'.join(wrong)}。表头应为：{','.join(by_header)}"
        )
    return [by_header[name] for name in header]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number that a spreadsheet shows for it; cells without surrounding blanks."""
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            rule = f"不是正确的 CSV：双引号没有成对，或有不可见的控制字符（{fault}）"
            raise DeclarationError(f"{_place(path)}第 {number} 行{rule}") from fault
        yield number, [cell.strip() for cell in cells]


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise DeclarationError(f"{_place(path)}不能读取：文件不存在或没有读取权限") from fault
    if not content.strip():
        raise DeclarationError(f"{_place(path)}第 1 行没有表头：文件是空的")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = content.count(b"\n", 0, fault.start) + 1
        rule = "不是 UTF-8 编码，请在 Excel 或 WPS 中另存为“CSV UTF-8”"
        raise DeclarationError(f"{_place(path)}第 {row} 行{rule}") from fault


def _place(path: Path) -> str:
    return f"插件 {path.resolve().parent.name} 的 {path.name} "


def _cell_fault(path: Path, number: int, column: str, value: str, rule: str) -> DeclarationError:
    shown = value if len(value) <= SHOWN_LENGTH else value[:SHOWN_LENGTH] + "…"
    return DeclarationError(f"{_place(path)}第 {number} 行“{column}”列的值“{shown}”不符合规则：{rule}")
