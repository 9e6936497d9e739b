"""The credit pages in a real Chromium: the check with and without scripts, an objection and a repair to their ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from portal import jobs
from tests.areas.credit import stage
from tests.browsers import current_chromium
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser

PC, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with current_chromium() as browser:
        yield browser


@pytest.fixture
def site(app, people) -> Iterator[str]:
    """The application behind a real port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def signed_in(chromium, site) -> Iterator[Callable[..., Page]]:
    """signed_in(account, scripts=True): a person's own window; complaints of the console fail the test."""
    contexts = []
    complaints: list[str] = []

    def open_for(account: str, scripts: bool = True, size: dict[str, int] = PC) -> Page:
        context = chromium.new_context(
            viewport=size, java_script_enabled=scripts, locale="zh-CN", base_url=site
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/login")
        page.locator("[name=account]").fill(account)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        expect(page.locator("h1")).to_be_visible()
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert complaints == []


def no_fault(page: Page) -> None:
    faults = [(fault["id"], fault["nodes"][0]["html"]) for fault in Axe().run(page).response["violations"]]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_one_party_is_found_while_typing_and_checked_with_its_purpose(signed_in, people):
    firm = stage.firm("南通有事餐饮有限公司")
    stage.record(firm)
    page = signed_in("gongan-jingban")
    page.goto("/credit/check")
    page.locator("main form[action='/credit/checks'] [name=q]").press_sequentially("有事", delay=20)
    page.get_by_role("link", name="南通有事餐饮有限公司").click()
    expect(page.locator("main form[action='/credit/checks'] [name=q]")).to_have_value(firm.credit_code)
    page.locator("main form[action='/credit/checks'] [name=purpose]").select_option("procurement")
    page.get_by_role("button", name="核查", exact=True).click()
    expect(page.locator("main")).to_contain_text("有有效的失信记录：1 户，1 条")
    expect(page.locator("main")).to_contain_text("政府采购法第二十二条")
    expect(page.locator("main")).to_contain_text("财政局")
    no_fault(page)


def test_the_check_works_without_scripts_on_a_phone(signed_in, people):
    stage.record(stage.firm("南通有事餐饮有限公司"))
    page = signed_in("gongan-jingban", scripts=False, size=PHONE)
    page.goto("/credit/check")
    page.locator("#f-fragment").fill("有事")
    page.get_by_role("button", name="查找", exact=True).last.click()
    page.get_by_role("link", name="南通有事餐饮有限公司").click()
    page.locator("main form[action='/credit/checks'] [name=purpose]").select_option("land")
    page.get_by_role("button", name="核查", exact=True).click()
    expect(page.locator("main")).to_contain_text("自然资源和规划分局")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 XLSX").click()
    assert download.value.suggested_filename.startswith("联合惩戒核查HC2026-")


def test_a_pasted_list_shows_its_result_by_itself(signed_in, people):
    stage.record(stage.firm("南通有事餐饮有限公司"))
    page = signed_in("gongan-jingban")
    page.goto("/credit/check")
    form = page.locator("main form[action='/credit/check-lists']")
    form.locator("[name=list]").fill("南通有事餐饮有限公司\n没有的公司")
    form.locator("[name=purpose]").select_option("bidding")
    form.get_by_role("button", name="提交核查").click()
    expect(page.locator("#check-result")).to_contain_text("正在核查")
    assert jobs.work_off() == 1
    expect(page.locator("#check-result")).to_contain_text("有有效的失信记录：1 户，1 条")
    expect(page.locator("#check-result")).to_contain_text("需要核对的")


def test_an_objection_from_its_application_to_the_written_reply(signed_in, people):
    made = stage.published(stage.firm("南通有事餐饮有限公司"))
    desk, source = signed_in("shichang-jingban"), signed_in("gongan-jingban")
    desk.goto(f"/credit/records/{made.id}")
    desk.get_by_role("link", name="受理异议").click()
    desk.get_by_label("异议事项").fill("罚款金额")
    desk.get_by_label("异议请求和理由").fill("应为一万元")
    desk.get_by_role("button", name="受理").click()
    expect(desk.locator("main")).to_contain_text("已收，待与来源比对")
    desk.get_by_label("比对情况").fill("与来源推送的信息一致")
    desk.get_by_role("button", name="一致，转信息提供单位").click()
    expect(desk.locator("main")).to_contain_text("已转信息提供单位，待签收")
    source.goto("/inbox/")
    source.get_by_role("link", name="办理").first.click()
    source.get_by_role("button", name="签收异议申请书").click()
    source.get_by_label("核查与实际情况一致的理由").fill("案卷与公示一致")
    source.get_by_role("button", name="答复申请人").click()
    expect(source.locator("main")).to_contain_text("与实际一致，已书面答复")
    no_fault(source)
    with source.expect_download() as download:
        source.get_by_role("link", name="关于公示信息异议的答复").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert Objection.get().state == "replied"


def test_an_objection_ends_in_a_correction_without_scripts(signed_in, people):
    made = stage.published(stage.firm("南通有事餐饮有限公司"))
    desk = signed_in("shichang-jingban", scripts=False)
    desk.goto(f"/credit/records/{made.id}/objections/new")
    desk.get_by_label("异议事项").fill("罚款金额")
    desk.get_by_label("异议请求和理由").fill("应为一万元")
    desk.get_by_role("button", name="受理").click()
    desk.get_by_label("比对情况").fill("来源为一万元")
    desk.get_by_role("button", name="不一致，由本单位更正").click()
    desk.get_by_role("link", name="去更正").click()
    desk.locator("#f-fine").fill("1")
    desk.locator("input[name=fine_unit][value=万元]").check()
    desk.get_by_label("更正原因").fill("录入时多写一倍")
    desk.get_by_role("button", name="提交更正").click()
    expect(desk.locator("main")).to_contain_text("已更正并形成书面答复")
    assert DishonestyRecord.get().fine == 1_000_000
    desk.goto(f"/credit/records/{made.id}")
    expect(desk.locator("main")).to_contain_text("更正前的版本")


def test_a_repair_from_its_application_to_the_end_of_publicity(signed_in, people):
    made = stage.published(stage.firm("南通有事餐饮有限公司"), decided_on=date(2026, 6, 1))
    officer = signed_in("gongan-jingban")
    officer.goto(f"/credit/records/{made.id}")
    officer.get_by_role("link", name="受理修复申请").click()
    expect(officer.locator("main")).to_contain_text("满期日 2026-09-01")
    officer.get_by_label("纠正失信行为").fill("已缴清罚款，已整改")
    officer.get_by_role("button", name="受理").click()
    officer.get_by_role("button", name="准予修复").click()
    expect(officer.locator("#error-summary")).to_contain_text("还有条件不符合")
    for words in ("已经履行行政处罚决定", "已经消除不良社会影响", "已提交信用修复申请书"):
        officer.get_by_label(words).check()
    officer.get_by_role("button", name="准予修复").click()
    expect(officer.locator("main")).to_contain_text("准予信用修复决定书")
    no_fault(officer)
    officer.goto(f"/credit/records/{made.id}")
    expect(officer.locator("main")).to_contain_text("已修复")
    expect(officer.locator("main")).to_contain_text("公示已停止")
    assert Repair.get().state == "approved"
