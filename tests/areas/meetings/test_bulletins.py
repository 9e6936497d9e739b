"""Bulletins from frozen scores: the document, the workbook whose formulas add up, the copies."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from plugins.areas.meetings import bulletins, papers
from plugins.areas.meetings.models import Bulletin
from portal import audit, files, jobs, score_acts, scores, scoring
from portal.workdays import Quarter
from tests.cast import table_of, text_of
from tests.pdf_pages import read_pages

QUARTER = Quarter(2026, 3)


@pytest.fixture
def final(staff):
    """2026Q3 frozen on 2026-10-20."""
    staff.at("2026-10-20T10:00")
    with audit.acting(audit.Actor(name="办公室主任")):
        score_acts.enter_stage(QUARTER, "review")
        score_acts.freeze(QUARTER)
    return staff


def issue(staff, period="2026Q3"):
    return staff.office.submit("/meetings/bulletins", "/meetings/bulletins", period=period, introduction="")


def test_nothing_is_announced_before_the_scores_are_final(staff):
    staff.at("2026-10-20T10:00")
    assert "还没有定稿的季度评分" in text_of(staff.office.get("/meetings/bulletins"))
    refused = staff.office.post("/meetings/bulletins", period="2026Q3")
    assert refused.status_code == 422 and Bulletin.select().count() == 0
    assert staff.office.post("/meetings/bulletins", period="2026-3").status_code == 422


def test_the_bulletin_says_what_was_frozen_and_goes_to_every_unit(final):
    answer = issue(final)
    assert "通报〔2026〕1号已发各单位" in text_of(answer)
    frozen = scores.frozen_of(QUARTER)
    expected = [[str(unit["rank"]), unit["name"], unit["total"]] for unit in frozen.content["units"]]
    assert table_of(answer, "排名") == expected
    assert [row[-1] for row in table_of(answer, "计分明细")] == [
        unit["total"] for unit in frozen.content["units"]
    ]
    jobs.work_off()
    bulletin = Bulletin.get()
    pages = read_pages(papers.content_of(bulletin.paper))
    printed = "".join(page.words for page in pages).replace("\n", "")
    assert frozen.digest[:16] in printed and "附表1" in printed and "附表2" in printed
    assert all(unit["name"] in printed for unit in frozen.content["units"])
    assert len(table_of(final.office.get(f"/meetings/bulletins/{bulletin.id}"), "分发和签收")) == 15
    page = f"/meetings/bulletins/{bulletin.id}"
    assert "已签收" in text_of(final.police.submit(page, f"{page}/read"))
    assert final.police.get(f"{page}/chart.svg").get_data(as_text=True) == bulletin.paper.content["chart"]


def test_the_same_frozen_scores_are_announced_once_and_a_revision_again(final):
    issue(final)
    again = issue(final)
    assert again.status_code == 422 and "已经以〔2026〕1号通报，评分没有新的修订" in text_of(again)
    with audit.acting(audit.Actor(name="办公室主任")):
        score_acts.revise(QUARTER, "police", "unlicensed", {"set": "3"}, "漏算一起")
    answer = issue(final)
    assert "〔2026〕2号" in text_of(answer) and "代替〔2026〕1号通报" in text_of(answer)


def sums_of(content: bytes) -> list[tuple[str, Decimal, str, Decimal]]:
    """Each row of the workbook: unit, sum or mean of its cells worked out here, the formula, the shown total."""
    with_formulas = openpyxl.load_workbook(io.BytesIO(content))["得分"]
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["得分"]
    rows = []
    for line in range(3, with_formulas.max_row):
        cells = [cell.value for cell in with_formulas[line]]
        numbers = [Fraction(str(value)) for value in cells[2:-1] if isinstance(value, (int, float))]
        whole = sum(numbers, Fraction(0)) / (len(numbers) if "AVERAGE" in cells[-1] else 1)
        rows.append(
            (
                cells[1],
                scoring.round_half_up(whole),
                cells[-1],
                Decimal(str(shown[line][-1].value)).quantize(Decimal("0.01")),
            )
        )
    return rows


def test_the_formulas_of_the_workbook_add_up_to_the_frozen_totals(final):
    issue(final)
    rows = sums_of(files.read(Bulletin.get().sheet))
    frozen = {unit["name"]: Decimal(unit["total"]) for unit in scores.frozen_of(QUARTER).content["units"]}
    assert {name: total for name, total, _, _ in rows} == frozen
    assert all(formula.startswith("=ROUND(SUM(C") and total == shown for _, total, formula, shown in rows)
    assert issue_bytes_same(final)


def issue_bytes_same(final) -> bool:
    from portal import clock

    figures = bulletins.quarter_figures(QUARTER)
    from plugins.areas.meetings import bulletin_sheets

    return bulletin_sheets.workbook(figures, clock.at(clock.today())) == files.read(Bulletin.get().sheet)


def test_the_year_is_the_mean_of_its_final_quarters_and_is_exported_for_the_appraisal(final):
    answer = issue(final, "2026")
    assert "2026年度" in text_of(answer)
    exported = final.office.get("/meetings/bulletins/year.xlsx?year=2026")
    rows = sums_of(exported.data)
    assert len(rows) == 14 and all(
        "AVERAGE" in formula and total == shown for _, total, formula, shown in rows
    )
    assert final.police.get("/meetings/bulletins/year.xlsx?year=2026").status_code == 403
    assert final.office.get("/meetings/bulletins/year.xlsx?year=2020").status_code == 422
