"""Pages that no role's crawl reaches early: each held to the same rules; and a permit entered by keyboard alone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PC, PHONE
from tests.browser.test_pages import BEYOND

pytestmark = pytest.mark.browser

PAGES = {
    "bangongshi": (
        "/licensing/outside/", "/licensing/outside/?state=informed", "/licensing/catalogue/", "/licensing/catalogue/GA11",
        "/licensing/roll-backs/?state=decided", "/credit/objections?state=all",
    ),
    "market_regulation.lianluo": (
        "/licensing/proposals/", "/licensing/measures/", "/licensing/measures/?state=done", "/licensing/permits/enter/new",
        "/licensing/unlicensed/new", "/quarter-lists/", "/credit/publicity?publicity=ended", "/credit/verify",
    ),
}  # fmt: skip


@pytest.mark.parametrize("account", PAGES)
def test_a_quiet_page_is_accessible_and_fits_the_office_pc_and_a_phone(open_as, account: str) -> None:
    page, faults = open_as(account), []
    for href in PAGES[account]:
        answer = page.goto(href)
        assert answer.status == 200, href
        faults += [
            (href, fault["id"], fault["nodes"][0]["html"][:200])
            for fault in Axe().run(page).response["violations"]
        ]
        for size in (PHONE, PC):
            page.set_viewport_size(size)
            faults += [(href, size["width"], element) for element in page.evaluate(BEYOND)[:2]]
    assert faults == [] and page.complaints == []


def test_a_stacked_cell_keeps_its_lines_on_a_phone_and_the_checkbox_covers_nothing(open_as) -> None:
    page = open_as("market_regulation.jingban", size=PHONE)
    page.goto("/licensing/claims/")
    row = page.locator("#claim-rows tbody tr").first
    name, code, box = (
        row.locator(place).first.bounding_box() for place in ("td a", "td .code", "td.select input")
    )
    assert code["y"] >= name["y"] + name["height"] - 2, (
        "the code stands below the name, as its line break says"
    )
    assert name["x"] + name["width"] <= box["x"] and code["x"] == name["x"]


def test_by_keyboard_alone_a_permit_for_a_sanctioned_subject_is_warned_of_while_its_code_is_typed(
    open_as,
) -> None:
    page = open_as("market_regulation.jingban")
    page.goto("/credit/records?publicity=published")
    code = page.locator("#record-rows td.code", has_text="9132").first.inner_text()
    page.goto("/licensing/permits/enter/new")
    page.focus("#f-code")
    page.keyboard.type(code)
    page.wait_for_selector("#permit-subject .alert-danger")
    page.focus("#f-item")
    page.keyboard.press("ArrowDown")
    for text in ("键盘许可证1号", "键盘许决1号"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.focus("#f-decided_on")
    page.evaluate("document.querySelector('#f-decided_on').type = 'text'")
    page.keyboard.type("2026年9月24日")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/enter" not in url)
    assert "许可已录入" in page.locator(".flashes").inner_text()
    page.go_back()
    assert page.complaints == []
