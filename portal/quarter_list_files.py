"""Reads the file of a quarter-end list: headers in any order, each cell by its rule, problems named."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal import clock, spreadsheets
from portal.list_comparison import Entry
from portal.refusals import Refused
from portal.workdays import Quarter

_Column = spreadsheets.Column
COLUMNS = (
    _Column(
        "name",
        "行政相对人名称",
        ("名称", "主体名称", "企业名称", "当事人", "XK_XDR_MC", "CF_XDR_MC"),
        required=True,
    ),
    _Column(
        "code",
        "统一社会信用代码",
        ("信用代码", "代码", "注册号", "统一社会信用代码/注册号", "XK_XDR_SHXYM", "CF_XDR_SHXYM"),
    ),
    _Column(
        "document",
        "决定文书号",
        ("文书号", "许可决定文书号", "行政许可决定书文号", "行政处罚决定书文号", "XK_WSH", "CF_WSH"),
        required=True,
    ),
    _Column("day", "决定日期", ("许可决定日期", "处罚决定日期", "XK_JDRQ", "CF_JDRQ"), required=True),
    _Column("number", "许可编号", ("许可证编号", "证书编号", "XK_XKBH")),
    _Column("until", "有效期至", ("有效期止", "XK_YXQZI", "CF_YXQ")),
    _Column("act", "违法行为类型", ("事由", "CF_WFXW")),
    _Column("fine", "罚款金额（万元）", ("罚款金额", "CF_NR_FK")),
)
_COMPARED = {"permits": ("number", "until"), "dishonesty": ("act", "fine")}
_LABELS = {column.key: column.label for column in COLUMNS}


def read(path: Any, name: str, quarter: Quarter, kind: str) -> tuple[list[Entry], list[dict[str, Any]]]:
    """The good rows of the first sheet and the problems of the others (row, column, value, rule). Raises Refused."""
    rows: list[Entry] = []
    problems: list[dict[str, Any]] = []
    try:
        with spreadsheets.open_table(path, name) as table:
            header = spreadsheets.find_header(table.rows(), COLUMNS)
            if header.missing:
                raise Refused(f"文件“{name}”缺少这些列：{'、'.join(header.missing)}", {"file": "缺少列"})
            for number, cells in header.data_rows(table.rows()):
                entry, found = _entry(number, header.record(cells), quarter, kind)
                problems += found
                if entry is not None:
                    rows.append(entry)
    except spreadsheets.SheetRefused as refused:
        raise Refused(str(refused), {"file": "不能读取"}) from refused
    return rows, problems


def _entry(
    number: int, record: dict[str, object], quarter: Quarter, kind: str
) -> tuple[Entry | None, list[dict[str, Any]]]:
    values: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []

    def refuse(key: str, rule: str) -> None:
        problems.append(
            {"row": number, "column": _LABELS[key], "value": str(record.get(key) or "")[:80], "rule": rule}
        )

    for key, cell in record.items():
        try:
            if key == "code":
                values[key] = spreadsheets.read_credit_code(cell).value
            elif key in ("day", "until"):
                values[key] = spreadsheets.read_date(cell)
            else:
                values[key] = spreadsheets.read_text(cell, longest=300) or ""
        except spreadsheets.ValueRefused as refused:
            refuse(key, refused.rule)
    for key in ("name", "document", "day"):
        if key in values and not values[key]:
            refuse(key, "不能为空")
    day = values.get("day")
    if isinstance(day, date) and not quarter.first <= day <= min(quarter.last, clock.today()):
        refuse("day", f"应在{quarter.label}之内、不晚于今天")
    if problems or not isinstance(day, date):
        return None, problems or [{"row": number, "column": "决定日期", "value": "长期", "rule": "应为日期"}]
    fields = {_LABELS[key]: str(values[key]) for key in _COMPARED[kind] if values.get(key)}
    return Entry(values["document"], day, values["name"], values.get("code", ""), fields), []
