"""The workbook of a bulletin: figures as numbers, sums, means and ranks as formulas that add up."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell


def workbook(figures: Any, created: datetime) -> bytes:
    """``figures`` (see :class:`bulletins.Figures`) as XLSX bytes; the same figures give the same bytes."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": f"{figures.label}评分", "created": created.replace(tzinfo=None)})
    formats = {
        "head": book.add_format({"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1, "bg_color": "#E8F0FA"}),
        "text": book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"}),
        "score": book.add_format({"border": 1, "num_format": "0.00"}),
        "rank": book.add_format({"border": 1, "num_format": "0", "align": "center"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }  # fmt: skip
    _scores(book, formats, figures)
    if figures.costs:
        _costs(book, formats, figures)
    _sources(book, formats, figures)
    book.close()
    return target.getvalue()


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _scores(book: Any, formats: dict[str, Any], figures: Any) -> None:
    sheet = book.add_worksheet("得分")
    sheet.write_string(0, 0, f"{figures.label}评分", formats["title"])
    header = ("名次", *figures.items_header)
    for column, title in enumerate(header):
        sheet.write_string(1, column, title, formats["head"])
    sheet.set_row(1, 45)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, len(header) - 1, 11)
    sheet.freeze_panes(2, 2)
    last_row, total = 1 + len(figures.items), len(header) - 1
    column_of_totals = (
        f"{xl_rowcol_to_cell(2, total, True, True)}:{xl_rowcol_to_cell(last_row, total, True, True)}"
    )
    yearly = figures.items_header[-1] == "年度得分"
    ranks = {row[1]: row[0] for row in figures.ranking}
    for place, cells in enumerate(figures.items):
        row = 2 + place
        own = xl_rowcol_to_cell(row, total)
        sheet.write_formula(row, 0, f"=RANK({own},{column_of_totals})", formats["rank"], int(ranks[cells[0]]))
        sheet.write_string(row, 1, cells[0], formats["text"])
        for column, text in enumerate(cells[1:-1], 2):
            value = _number(text)
            if value is None:
                sheet.write_string(row, column, text, formats["rank"])
            else:
                sheet.write_number(row, column, float(value), formats["score"])
        parts = f"{xl_rowcol_to_cell(row, 2)}:{xl_rowcol_to_cell(row, total - 1)}"
        formula = (
            f"=ROUND(AVERAGE({parts}),2)" if yearly and not figures.summed else f"=ROUND(SUM({parts}),2)"
        )
        sheet.write_formula(row, total, formula, formats["score"], float(cells[-1]))
    row = last_row + 1
    sheet.write_string(row, 1, "平均", formats["text"])
    for column in range(2, total + 1):
        span = f"{xl_rowcol_to_cell(2, column)}:{xl_rowcol_to_cell(last_row, column)}"
        numbers = [value for cells in figures.items if (value := _number(cells[column - 1])) is not None]
        mean = round(float(sum(numbers) / len(numbers)), 2) if numbers else ""
        sheet.write_formula(
            row, column, f'=IF(COUNT({span})=0,"",ROUND(AVERAGE({span}),2))', formats["score"], mean
        )


def _costs(book: Any, formats: dict[str, Any], figures: Any) -> None:
    sheet = book.add_worksheet("扣分情况")
    for column, title in enumerate(("成员单位", "计分项", "扣分", "原因")):
        sheet.write_string(0, column, title, formats["head"])
    sheet.set_column(0, 1, 22)
    sheet.set_column(3, 3, 80)
    sheet.freeze_panes(1, 0)
    for row, (unit, item, points, why) in enumerate(figures.costs, 1):
        sheet.write_string(row, 0, unit, formats["text"])
        sheet.write_string(row, 1, item, formats["text"])
        sheet.write_number(row, 2, float(points), formats["score"])
        sheet.write_string(row, 3, why, formats["text"])
    last, whole = len(figures.costs), float(sum(Decimal(cost[2]) for cost in figures.costs))
    sheet.write_string(last + 1, 1, "合计", formats["text"])
    sheet.write_formula(last + 1, 2, f"=SUM(C2:C{last + 1})", formats["score"], whole)


def _sources(book: Any, formats: dict[str, Any], figures: Any) -> None:
    sheet = book.add_worksheet("依据")
    for column, title in enumerate(("季度", "定稿版次", "摘要（SM3）")):
        sheet.write_string(0, column, title, formats["head"])
    sheet.set_column(2, 2, 70)
    for row, (period, source) in enumerate(sorted(figures.sources.items()), 1):
        sheet.write_string(row, 0, period, formats["text"])
        sheet.write_number(row, 1, source["revision"], formats["rank"])
        sheet.write_string(row, 2, source["digest"], formats["text"])
