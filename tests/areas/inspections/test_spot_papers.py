"""The printed papers and the downloads: what stands in them, and that they come to those who may see the task."""

from __future__ import annotations

import io
import re

import pdfplumber
import pytest
from spot_stage import Stage, checks_of

from plugins.areas.inspections import checks, papers, runs
from portal import documents
from portal.fonts import FontError
from portal.refusals import Refused
from tests.pdf_pages import document_fonts


@pytest.fixture(autouse=True)
def fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_FONT_DIR", str(document_fonts().faces[0].path.parent))


def words_of(content: bytes) -> str:
    """The text of all pages, then every cell of the tables whole: a wrapped cell reads across its neighbours."""
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        texts = [re.sub(r"—\s*\d+\s*—", "", page.extract_text()) for page in pdf.pages]
        cells = [
            cell or ""
            for page in pdf.pages
            for table in page.extract_tables()
            for row in table
            for cell in row
        ]
    return re.sub(r"\s+", "", "".join([*texts, *cells]))


def test_the_certificate_names_what_was_drawn_and_the_digests(spot: Stage) -> None:
    spot.ready(joint=True)
    draw = spot.drawn(spot.task(joint=True))
    result = runs.current_result(draw)
    words = words_of(papers.certificate(draw, result))
    assert (
        "随机抽取结果证书" in words
        and draw.digest in words
        and result.bundle.digest in words
        and "27183" in words
    )
    for check in checks_of(draw):
        assert check.name in words and all(member.name in words for member in checks.team(check))
    assert papers.certificate(draw, result) == papers.certificate(draw, result)


def test_the_announcement_holds_what_is_signed(spot: Stage) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    words = words_of(papers.announcement(draw))
    for part in (
        draw.digest,
        draw.roots["library_root"],
        "排列5第26100期",
        *draw.announce["commitments"].values(),
    ):
        assert part in words


def test_the_notice_names_item_people_and_papers_wanted(spot: Stage) -> None:
    spot.ready()
    check = checks_of(spot.drawn())[0]
    with pytest.raises(Refused, match="还没有发出"):
        papers.notice(check)
    with spot.as_("gongan-jingban"):
        check = checks.issue_notice(check.id, "王所85980000")
    words = words_of(papers.notice(check))
    for part in (
        "随机抽查通知书",
        check.name,
        check.item.item,
        "王所85980000",
        *check.item.materials,
        *(m.name for m in checks.team(check)),
    ):
        assert re.sub(r"\s+", "", part) in words


def test_the_record_form_is_blank_before_and_filled_after(spot: Stage) -> None:
    spot.ready()
    check = checks_of(spot.drawn())[0]
    blank = words_of(papers.record_form(check))
    assert all(line in blank for line in check.item.checklist) and "□未发现问题" in blank and "■" not in blank
    check = spot.entered(check, ("corrected",), note="未登记访客", opinion="无异议")
    filled = words_of(papers.record_form(check))
    assert (
        "■发现问题已责令改正" in filled
        and "□未发现问题" in filled
        and "未登记访客" in filled
        and "无异议" in filled
    )


def test_without_fonts_the_paper_is_refused_in_words(spot: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))

    def missing(*_: object, **__: object) -> None:
        raise FontError("缺少公文字体：仿宋")

    monkeypatch.setattr(documents, "render_pdf", missing)
    with pytest.raises(Refused, match="不能生成文书：缺少公文字体"):
        papers.announcement(draw)


def test_everything_can_be_downloaded_by_those_who_may_see_the_task(spot: Stage, as_person) -> None:
    spot.ready()
    draw = spot.drawn()
    browser = as_person("gongan-jiancha")
    for what, begins in (("announce.json", b'{"alg":"sm3"'), ("announcement.pdf", b"%PDF-"), ("bundle.json", b'{"announce"'),
                         ("certificate.pdf", b"%PDF-"), ("verify.py", b"#!/usr/bin/env python3")):  # fmt: skip
        answer = browser.get(f"/inspections/draws/{draw.id}/{what}")
        assert answer.status_code == 200 and answer.data.startswith(begins), what
    assert browser.get(f"/inspections/draws/{draw.id}/secret.txt").status_code == 404


def test_the_published_results_are_exported_as_filtered(spot: Stage, as_person) -> None:
    spot.ready()
    check, other = checks_of(spot.drawn())
    spot.published(spot.approved(spot.entered(check, ("corrected",), note="未登记访客")))
    browser = as_person("gongan-jingban")
    lines = browser.get("/inspections/checks/export/csv").data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("抽查任务编号,检查对象,统一社会信用代码") and len(lines) == 2
    assert (
        check.name in lines[1]
        and "发现问题已责令改正" in lines[1]
        and "2026-09-25" in lines[1]
        and other.name not in lines[1]
    )
    assert browser.get("/inspections/checks/export/xlsx").data.startswith(b"PK")
    assert (
        as_person("xiaofang-jingban")
        .get("/inspections/checks/export/csv")
        .data.decode("utf-8-sig")
        .count("\n")
        == 1
    )
