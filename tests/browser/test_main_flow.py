"""The main job in a real browser: sign in, search, open a score, open its rows, adjust, review, freeze."""

from __future__ import annotations

import re

import pytest

from portal.demonstration.cast import PASSWORD
from tests import browsers
from tests.browser.conftest import PHONE, serve_demonstration

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_search_to_the_record_behind_a_point(open_as, javascript: bool) -> None:
    page = open_as("police.lianluo", javascript=javascript)
    page.click("nav.sidebar >> text=市场主体")
    page.fill("#f-q", "公司")
    page.click("text=查询")
    page.wait_for_url("**q=**")
    first = page.locator("#subject-rows tbody a").first
    name = first.inner_text()
    assert "公司" in name
    first.click()
    page.wait_for_url("**/subjects/*")
    assert page.locator("h1").inner_text() == name
    page.click("nav.sidebar >> text=季度评分")
    assert page.locator("#board tbody tr").count() == 14
    page.locator("tr.own a").first.click()
    page.wait_for_url("**/police")
    page.click("main >> text=许可主体认领 >> nth=0")
    page.wait_for_url("**/claim")
    page.click("#score-rows >> text=应办")
    page.wait_for_url("**which=due")
    rows = page.locator("#score-rows tbody tr")
    assert rows.count() > 0
    assert "第7个工作日" in rows.first.inner_text()
    assert page.complaints == []


def test_the_keyboard_alone_reaches_the_search_and_the_first_result(open_as) -> None:
    page = open_as("police.jingban")
    page.keyboard.press("/")
    page.keyboard.type("有限公司")
    page.keyboard.press("Enter")
    page.wait_for_url("**/subjects/?q=**")
    page.locator("#subject-rows tbody a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/subjects/\d+$"))
    assert page.locator("h1").count() == 1


def test_the_phone_opens_its_menu_and_the_inbox(open_as) -> None:
    page = open_as("fire.jiancha1", javascript=False, size=PHONE)
    page.click("text=菜单")
    page.click(".phone-nav >> text=待办")
    assert page.locator("h1").inner_text() == "待办"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.fixture(scope="module")
def after_the_quarter(tmp_path_factory):
    """The same demonstration, seen two weeks after its closing moment: it can be reviewed and frozen."""
    process, address = serve_demonstration(tmp_path_factory.mktemp("after"), "--at", "2026-10-20T09:00")
    yield address
    process.terminate()
    process.wait(30)


def sign_in(page, address: str, account: str) -> None:
    page.goto(f"{address}/login")
    page.fill("#f-account", account)
    page.fill("#f-password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def test_the_office_adjusts_the_unit_asks_the_office_answers_and_freezes(chromium, after_the_quarter: str) -> None:
    office, unit = (chromium.new_context().new_page() for _ in range(2))
    sign_in(office, after_the_quarter, "bangongshi")
    sign_in(unit, after_the_quarter, "police.lianluo")
    item = f"{after_the_quarter}/scores/2026Q3/police/unlicensed"
    office.goto(item)
    office.fill("#f-value", "1.50")
    office.fill("#f-reason", "已报线索但未按要求录入平台")
    office.click("main >> button:has-text('保存')")
    assert "1.50" in office.locator(".score-line").inner_text()
    office.goto(f"{after_the_quarter}/scores/2026Q3")
    office.click("summary:has-text('进入复核')")
    office.click("button:has-text('进入复核')")
    assert "复核" in office.locator(".flashes").inner_text()
    unit.goto(item)
    unit.fill("#f-reason", "本季度移送的线索应当计入")
    unit.click("button:has-text('提交复核申请')")
    office.goto(item)
    office.fill("#f-answer", "经核对平台没有录入记录，维持原分")
    office.click("main >> button:has-text('答复')")
    office.goto(f"{after_the_quarter}/scores/2026Q3")
    office.click("summary:has-text('定稿')")
    office.click("button:has-text('定稿')")
    assert "摘要（SM3）" in office.locator("main").inner_text()
    unit.goto(item)
    assert "维持原分" in unit.locator("main").inner_text()
    unit.goto(f"{after_the_quarter}/scores/year/")
    assert "2026年第三季度" in unit.locator("main").inner_text()


@pytest.mark.parametrize("version", [83, 109])
def test_the_main_flow_in_an_old_chromium(demonstration: str, version: int) -> None:
    with browsers.OldBrowser(version) as browser:
        browser.goto(f"{demonstration}/login")
        browser.wait_until("document.querySelector('#f-account') !== null")
        browser.fill("#f-account", "police.lianluo")
        browser.fill("#f-password", PASSWORD)
        browser.click("main button[type=submit]")
        browser.wait_until("document.title.startsWith('首页')")
        browser.goto(f"{demonstration}/subjects/")
        browser.wait_until("document.querySelector('#f-q') !== null")
        browser.fill("#f-q", "公司")
        browser.click(".filters button[type=submit]")
        browser.wait_until("location.search.includes('q=') && document.querySelectorAll('#subject-rows tbody tr').length > 0")
        browser.goto(f"{demonstration}/scores/2026Q3/police/claim?which=due")
        browser.wait_until("document.querySelectorAll('#score-rows tbody tr').length > 0")
        browser.goto(f"{demonstration}/inbox/")
        browser.wait_until("document.querySelector('#inbox-rows') !== null")
        browser.click("#inbox-rows nav:first-of-type li:nth-of-type(2) a")
        browser.wait_until("location.search.includes('state=fulfilled')")
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert browser.page_errors == []
