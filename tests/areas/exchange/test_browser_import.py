"""The import page in a real browser: upload, dry run, take, undo; with JavaScript and without, free of axe findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from plugins.areas.exchange import imports
from portal import jobs
from portal.subjects import Subject
from tests import browsers
from tests.areas.exchange.sent_files import as_csv, as_xlsx, code, good
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["JavaScript", "no JavaScript"])
def page(request: pytest.FixtureRequest, served: str, people) -> Iterator[Page]:
    """The approval officer's browser, signed in."""
    with browsers.current_chromium() as chromium:
        context = chromium.new_context(java_script_enabled=request.param, base_url=served, viewport={"width": 1366, "height": 768}, locale="zh-CN")
        made = context.new_page()
        made.goto("/login")
        made.fill("input[name=account]", "shenpi-jingban")
        made.fill("input[name=password]", PASSWORD)
        made.click("main button[type=submit]")
        yield made
        context.close()


def upload(page: Page, path: Path) -> None:
    page.goto("/exchange/imports/")
    page.select_option("select[name=kind]", label="登记信息")
    page.set_input_files("input[name=file]", str(path))
    page.click("text=上传并检查")


def test_a_file_goes_in_is_looked_at_taken_and_taken_back(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / "登记.xlsx"
    path.write_bytes(as_xlsx([good(1), good(2), good(3, 核准日期="昨天")]))
    upload(page, path)
    expect(page.locator("#import-run")).to_contain_text("已检查，待导入")
    expect(page.get_by_role("row", name="4 C 核准日期 昨天")).to_be_visible()
    if "no JavaScript" not in request.node.name:
        assert Axe().run(page).response["violations"] == []
    with page.expect_download() as wrong:
        page.click("text=下载问题行")
    assert wrong.value.suggested_filename.endswith(".xlsx")
    page.click("text=导入可用的 2 行")
    expect(page.locator(".flashes")).to_contain_text("导入完成")
    assert sorted(s.credit_code for s in Subject.select()) == [code(1), code(2)]
    page.click("text=撤销这次导入")
    page.get_by_role("button", name="撤销导入").click()
    expect(page.locator("#import-run")).to_contain_text("已撤销")
    assert [s.state for s in Subject.select()] == ["撤回", "撤回"]


def test_unknown_headings_are_mapped_by_choosing(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "登记.csv"
    path.write_bytes(as_csv([{"甲": good(1)["名称"], "乙": code(1), "丙": "2026-09-01"}]))
    upload(page, path)
    expect(page.locator("#import-run")).to_contain_text("没有找到这些必需的列：名称、核准日期")
    for heading, field in (("甲", "名称（必填）"), ("乙", "统一社会信用代码"), ("丙", "核准日期（必填）")):
        page.get_by_label(heading, exact=True).select_option(label=field)
    page.click("text=按此对应重新检查")
    expect(page.locator("#import-run")).to_contain_text("已检查，待导入")


def test_a_long_file_shows_its_progress_and_its_end(page: Page, tmp_path: Path, monkeypatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(imports, "SHORT_BYTES", 0)
    path = tmp_path / "登记.csv"
    path.write_bytes(as_csv([good(n) for n in range(50)]))
    upload(page, path)
    expect(page.locator("#import-run progress")).to_be_visible()
    jobs.work_off()
    if "no JavaScript" in request.node.name:
        page.click("#import-run >> text=刷新")
    expect(page.locator("#import-run")).to_contain_text("已检查，待导入", timeout=15_000)


def test_a_long_import_is_stopped_by_one_press_though_the_page_renews_itself(page: Page, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(imports, "SHORT_BYTES", 0)
    path = tmp_path / "登记.csv"
    path.write_bytes(as_csv([good(n) for n in range(50)]))
    upload(page, path)
    jobs.work_off()
    page.reload()
    page.click("text=导入可用的 50 行")
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="停止").click()
    expect(page.locator("#import-run")).to_contain_text("已停止，可继续")
    page.click("text=继续导入")
    jobs.work_off()
    page.reload()
    expect(page.locator("#import-run")).to_contain_text("已导入")
    assert Subject.select().count() == 50
