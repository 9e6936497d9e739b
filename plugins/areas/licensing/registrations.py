"""Reads a table of registrations: headers in any order, each cell by its rule, problems with row, column and value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from portal.toolkit import Refused, Registration, spreadsheets, subjects

Column = spreadsheets.Column
COLUMNS = (
    Column("event", "登记事项", ("登记类型", "业务类型", "变动类型", "checkRegType"), required=False),
    Column("name", "名称", ("主体名称", "企业名称", "市场主体名称", "字号名称", "entName"), required=True),
    Column(
        "code",
        "统一社会信用代码",
        ("统一社会信用代码/注册号", "信用代码", "注册号", "uniSCID", "regNO"),
        required=True,
    ),
    Column("category", "主体类别", ("类别", "市场主体类别", "entTypeCatg")),
    Column("kind", "类型", ("企业类型", "主体类型", "市场主体类型", "entType")),
    Column(
        "representative",
        "法定代表人",
        ("法定代表人（经营者）", "负责人", "经营者", "法定代表人（负责人）", "leRep"),
    ),
    Column("capital", "注册资本（万元）", ("注册资本", "注册资本(万元)", "出资额（万元）", "regCap")),
    Column("established", "成立日期", ("设立日期", "estDate")),
    Column("term_until", "营业期限至", ("经营期限至", "营业期限止", "opTo")),
    Column("approved", "核准日期", ("登记日期", "核准时间", "apprDate"), required=True),
    Column("registrar", "登记机关", ("regOrg",)),
    Column("address", "住所", ("住所（经营场所）", "经营场所", "地址", "住址", "dom")),
    Column("street", "街道", ("所属街道", "乡镇街道", "街道（乡镇）")),
    Column("industry", "行业代码", ("行业", "国民经济行业代码", "industryCo")),
    Column("scope", "经营范围", ("经营（业务）范围", "opScope"), required=True),
    Column("turned_from", "个转企原代码", ("原代码", "原统一社会信用代码")),
)
LABELS = {column.key: column.label for column in COLUMNS}
_EVENTS = {"新设": "设立", "新设登记": "设立", "设立登记": "设立", "开业": "设立", "1": "设立", "变更登记": "变更", "2": "变更",
           "注销登记": "注销", "吊销登记": "吊销"}  # fmt: skip
_CATEGORIES = {
    "个体": "个体工商户",
    "个体户": "个体工商户",
    "农专社": "农民专业合作社",
    "合作社": "农民专业合作社",
    "公司": "企业",
}
#: Longest text of a cell that subjects.register would refuse anyway; longer ones are refused here with their cell.
_LONGEST = {"scope": 10_000, "name": 120, "address": 200}


class Row:
    """One row of the file: its number as Excel counts, its registration or its problems."""

    def __init__(
        self, number: int, registration: Registration | None, problems: list[dict[str, Any]]
    ) -> None:
        self.number, self.registration, self.problems = number, registration, problems


def problem(number: int, key: str, value: object, rule: str, suggestion: str | None = None) -> dict[str, Any]:
    """One line of the dry run's table: row, column, value and rule (areas.md 5)."""
    shown = "" if value is None else str(value)
    return {
        "row": number, "column": LABELS.get(key, ""), "value": shown[:80], "rule": rule, "suggestion": suggestion or "",
    }  # fmt: skip


def rows(path: Path, filename: str) -> Iterator[Row]:
    """Every row of the first sheet. Raises Refused when the file or its header cannot be read."""
    try:
        with spreadsheets.open_table(path, filename) as table:
            header = spreadsheets.find_header(table.rows(), COLUMNS)
            if header.missing:
                raise Refused(f"文件“{filename}”缺少这些列：{'、'.join(header.missing)}")
            for number, cells in header.data_rows(table.rows()):
                yield _row(number, header.record(cells))
    except spreadsheets.SheetRefused as refused:
        raise Refused(str(refused)) from refused


def notices(path: Path, filename: str) -> list[str]:
    """What the sender should know of the file itself: columns that are not taken, other sheets."""
    try:
        with spreadsheets.open_table(path, filename) as table:
            header = spreadsheets.find_header(table.rows(), COLUMNS)
            told = [spreadsheets.describe_columns(header), *table.notices]
            if len(table.sheets) > 1:
                told.append(f"文件有 {len(table.sheets)} 个工作表，只读取第一个“{table.sheets[0].name}”")
    except spreadsheets.SheetRefused as refused:
        raise Refused(str(refused)) from refused
    return [text for text in told if text]


def _row(number: int, record: dict[str, object]) -> Row:
    values: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []
    for key, cell in record.items():
        try:
            values[key] = _cell(key, cell)
        except spreadsheets.ValueRefused as refused:
            problems.append(problem(number, key, cell, refused.rule, refused.suggestion))
    for key in ("name", "approved"):
        if key in values and not values[key]:
            problems.append(problem(number, key, None, "不能为空"))
    if problems:
        return Row(number, None, problems)
    made = _registration(values)
    try:
        return Row(number, subjects.checked(made), [])
    except Refused as refused:
        of = refused.fields or {"": str(refused)}
        return Row(number, None, [problem(number, key, record.get(key), rule) for key, rule in of.items()])


def _cell(key: str, cell: object) -> Any:
    if key == "event":
        return spreadsheets.read_choice(cell, subjects.EVENTS, _EVENTS)
    if key == "category":
        return spreadsheets.read_choice(cell, subjects.CATEGORIES, _CATEGORIES)
    if key in ("code", "turned_from"):
        return spreadsheets.read_credit_code(cell).value
    if key == "capital":
        return spreadsheets.read_money_fen(cell, "万元")
    if key in ("established", "approved", "term_until"):
        found = spreadsheets.read_date(cell)
        return found if isinstance(found, date) else None
    return spreadsheets.read_text(cell, longest=_LONGEST.get(key, 200)) or ""


def category_of(code: str) -> str:
    """The category that a credit code's first two digits tell; no code at all is a sole trader's."""
    if code.startswith("92") or not code:
        return "个体工商户"
    return "农民专业合作社" if code.startswith("93") else "企业"


def _registration(values: dict[str, Any]) -> Registration:
    text = {
        key: values.get(key) or ""
        for key in (
            "name",
            "code",
            "kind",
            "representative",
            "registrar",
            "address",
            "street",
            "industry",
            "scope",
            "turned_from",
        )
    }
    return Registration(
        event=values.get("event") or "设立", category=values.get("category") or category_of(values.get("code", "")), approved=values["approved"],
        capital=values.get("capital"), established=values.get("established"), term_until=values.get("term_until"), **text,
    )  # fmt: skip
