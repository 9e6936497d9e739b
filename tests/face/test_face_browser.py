"""The design in a real browser: at the office PC, on the inspector's phone, by keyboard, without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PC, TABLET, PHONE = (1366, 768), (768, 1024), (390, 844)
PAGES = ("styleguide", "sign_in", "e403")
# Elements that stick out at the right, except inside what may scroll by itself.
BEYOND_THE_EDGE = """() => Array.from(document.querySelectorAll("body *"))
    .filter(e => e.getBoundingClientRect().width && !e.closest(".table-scroll, .tabs, svg, .visually-hidden"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
# [which element, is its outline drawn, has the tour left the page]
FOCUS = """() => { const e = document.activeElement, s = getComputedStyle(e);
    return [e.outerHTML.slice(0, 90), s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
            e === document.body]; }"""
ERRORS = ("e404", "e405", "e409", "e413", "e422", "e500", "e503")


@pytest.mark.parametrize("size", [PC, TABLET, PHONE], ids=["pc", "tablet", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_no_accessibility_fault_no_sideways_scrolling_no_complaint(open_page, name, size):
    page = open_page(name, *size)
    faults = [(fault["id"], fault["nodes"][0]["html"]) for fault in Axe().run(page).response["violations"]]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(BEYOND_THE_EDGE) == []
    assert page.complaints == []


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_page_says_what_to_do_and_leads_home(open_page, name):
    page = open_page(name, *PHONE)
    assert page.locator("h1").count() == 1
    assert page.locator(".error-page li").count() >= 1
    assert page.locator(".error-page a").get_attribute("href") == "/"
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_the_first_tab_stop_jumps_over_the_menu(open_page):
    page = open_page("e403")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "返回首页"


def test_focus_is_visible_on_every_tab_stop(open_page):
    page = open_page("styleguide")
    page.locator(".skip-link").focus()
    hidden, stops = [], 0
    for _ in range(100):
        page.keyboard.press("Tab")
        where = page.evaluate(FOCUS)
        if where[2]:
            break
        stops += 1
        hidden += [] if where[1] else [where[0]]
    assert stops > 50
    assert hidden == []


def test_the_menu_of_the_phone_opens_without_scripts(open_page):
    page = open_page("styleguide", *PHONE, scripts=False)
    link = page.locator(".phone-nav a", has_text="认领与反馈")
    assert not link.is_visible()
    page.locator(".phone-nav summary").click()
    assert link.is_visible()
    assert not page.locator(".sidebar").is_visible()


def test_a_confirmation_opens_and_is_sent_without_scripts(open_page, site):
    site.posted.clear()
    page = open_page("styleguide", scripts=False)
    assert not page.locator("[data-select-all]").is_visible()
    send = page.locator("button", has_text="确定撤销")
    assert not send.is_visible()
    page.locator("summary", has_text="撤销这条许可").click()
    page.fill("#f-revoke_reason", "许可条件已不具备")
    with page.expect_request(lambda request: request.method == "POST"):
        send.click()
    assert (
        "csrf_token=token-of-the-session&submission_key=8c1a2f0e-5a55-4f6e-9a57-000000000003"
        in site.posted[0]
    )


def test_choosing_all_rows_counts_them(open_page):
    page = open_page("styleguide")
    master, count = page.locator("[data-select-all]"), page.locator(".bulk-count")
    assert count.text_content() == "已勾选 0 条："
    master.check()
    assert count.text_content() == "已勾选 4 条："
    page.locator("input[name=claim]").first.uncheck()
    assert count.text_content() == "已勾选 3 条："
    assert master.evaluate("box => box.indeterminate")


def test_a_double_click_sends_a_form_once_with_its_button(open_page, site):
    site.posted.clear()
    page = open_page("styleguide")
    page.locator("input[name=claim]").first.check()
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("button[value=claim]").dblclick(force=True)
    page.wait_for_function("document.querySelector('button[value=claim]').disabled")
    assert len(site.posted) == 1
    assert "claim=41&act=claim" in site.posted[0]


def test_the_slash_key_goes_to_the_search_box_of_the_page(open_page):
    page = open_page("styleguide")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-q"
    page.keyboard.type("a/b")
    assert page.input_value("#f-q") == "a/b"


def test_errors_take_the_focus_and_lead_to_their_fields(open_page):
    page = open_page("styleguide")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page.locator("#error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "f-permit_no"


def test_five_minutes_before_the_session_ends_the_page_warns(open_page):
    page = open_page("e403")
    page.clock.install()
    page.reload()
    warning = page.locator("#idle-warning")
    page.clock.run_for(24 * 60 * 1000)
    assert not warning.is_visible()
    page.clock.run_for(2 * 60 * 1000)
    assert "约 4 分钟后自动退出" in warning.text_content()
    page.get_by_role("button", name="继续使用").click()
    warning.wait_for(state="hidden")


def test_htmx_renews_a_list_under_the_content_policy_and_keeps_the_address(open_page, site):
    page = open_page("live_list")
    page.fill("#f-q", "老张")
    page.keyboard.press("Enter")
    page.locator("#rows li", has_text="老张理发店").wait_for()
    assert page.locator("#rows").count() == 1
    assert page.url == f"{site.url}/live_rows.html?q=%E8%80%81%E5%BC%A0"
    assert page.complaints == []


def test_htmx_sends_the_csrf_token_in_its_header(open_page, site):
    site.tokens.clear()
    page = open_page("live_list")
    with page.expect_response("**/accepted"):
        page.get_by_role("button", name="认领").click()
    assert site.tokens == ["token-of-the-session"]


def test_a_refused_htmx_request_is_told_in_words(open_page):
    page = open_page("live_list")
    page.get_by_role("button", name="回退").click()
    failure = page.locator("#request-failure")
    failure.wait_for()
    assert failure.text_content() == "没有成功：没有这项权限，或者页面已过期，请刷新后再试。"


def test_on_paper_only_the_content_remains(open_page):
    page = open_page("styleguide")
    page.emulate_media(media="print")
    visible = [
        name
        for name in ("topbar", "sidebar", "filters", "pager", "tabs", "flashes", "actions")
        if page.locator(f".{name}").first.is_visible()
    ]
    assert visible == []
    assert page.locator("table").first.is_visible()
