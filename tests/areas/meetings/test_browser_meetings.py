"""In a real browser: from convening to the issued PDF, with the live preview; every page fit for PC and phone."""

from __future__ import annotations

import io
import threading

import pdfplumber
import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from plugins.areas.meetings import papers
from plugins.areas.meetings.models import Attendee, Minutes
from portal import clock, jobs
from tests.areas.meetings import way
from tests.browsers import current_chromium
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
PC, PHONE = (1366, 768), (390, 844)


@pytest.fixture
def site(app, people):
    """The application served on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    with current_chromium() as browser:
        yield browser


class Person:
    """One person at a window of the browser."""

    def __init__(
        self, chromium, site: str, account: str, size: tuple[int, int] = PC, scripts: bool = True
    ) -> None:
        self.site, self.account = site, account
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=scripts
        )
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda line: self.complaints.append(line.text) if line.type == "error" else None
        )
        self.sign_in()

    def sign_in(self) -> None:
        self.go("/login")
        self.page.fill("#f-account", self.account)
        self.page.fill("#f-password", PASSWORD)
        self.press("登录")

    def go(self, path: str):
        return self.page.goto(self.site + path)

    def press(self, label: str) -> None:
        self.page.locator("main").get_by_role("button", name=label, exact=True).first.click()
        self.page.wait_for_load_state()

    def open(self, label: str) -> None:
        self.page.locator("main summary", has_text=label).first.click()

    def words(self) -> str:
        return self.page.locator("main").inner_text()


def test_from_convening_to_the_issued_pdf(chromium, site, hand):
    office, convenor = Person(chromium, site, "bangongshi"), Person(chromium, site, "zhaojiren")
    office.go("/meetings/new?kind=all")
    for name, value in (
        ("title", "第三次联席会议"), ("starts_on", "2026-09-25"), ("starts_time", "10:20"), ("place", "管委会会议室"),
        ("agenda", "通报情况"),
    ):  # fmt: skip
        office.page.fill(f"#f-{name}", value)
    office.press("保存")
    assert "会议已拟定" in office.words()
    meeting = office.page.url
    convenor.page.goto(meeting)
    convenor.open("发出通知")
    convenor.press("召集会议")
    assert "已通知" in convenor.words()

    hand.set(clock.parse("2026-09-25T10:25"))
    office.page.goto(meeting + "/sheet")
    for row in Attendee.select():
        office.page.select_option(f"#f-state-{row.id}", "present")
        office.page.fill(f"#f-person-{row.id}", f"{row.body[:2]}代表")
    office.page.set_input_files(
        "#f-scan", {"name": "签到表.pdf", "mimeType": "application/pdf", "buffer": way.SCAN}
    )
    office.press("确认签到表")
    assert "已召开" in office.words(), office.words()
    office.press("起草纪要")
    office.page.fill("#f-text", "一、关于推送\n<b>各单位</b>要按时推送。\n|单位|数|\n|公安|3|\n出席：张三。")
    office.page.locator("#preview .paper-level-1", has_text="关于推送").wait_for()
    assert office.page.locator("#preview table td").all_inner_texts() == ["公安", "3"]
    assert "<b>各单位</b>" in office.page.locator("#preview").inner_text()
    office.press("保存")
    office.press("送与会单位征求意见")

    minutes = Minutes.get().id
    police = Person(chromium, site, "gongan-jingban", PHONE)
    police.go("/inbox/")
    police.page.get_by_role("link", name="办理").first.click()
    police.press("提交答复")
    assert "已同意" in police.words()
    way.agree_all(minutes)
    office.go(f"/meetings/minutes/{minutes}")
    office.press("报联席会议办公室")
    office.press("审核通过，送召集人签发")
    convenor.go("/meetings/minutes")
    convenor.page.get_by_role("link", name="第三次联席会议纪要").first.click()
    convenor.page.fill("#f-proof_password", PASSWORD)
    convenor.press("签发")
    assert "已签发" in convenor.words()
    office.page.reload()
    office.open("编号印发")
    office.press("编号印发")
    # The page that asks for the password is a 403, which the browser notes.
    assert [line for line in office.complaints if "403" not in line] == []
    office.complaints.clear()
    office.page.fill("#f-proof_password", PASSWORD)
    office.press("确认并继续")
    assert "正在生成" in office.words()
    office.page.get_by_role("link", name="查看进度").click()
    jobs.work_off()
    office.page.locator("#paper-state", has_text="已生成").wait_for()
    found = Minutes.get_by_id(minutes)
    assert found.state == "issued" and found.paper.digest in office.words()
    with pdfplumber.open(io.BytesIO(papers.content_of(found.paper))) as pdf:
        assert "〔2026〕1号" in pdf.pages[0].extract_text()
    assert office.complaints + convenor.complaints + police.complaints == []


@pytest.mark.parametrize("size", [PC, PHONE], ids=["pc", "phone"])
def test_every_page_fits_and_has_no_accessibility_fault(chromium, site, staff, size):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    staff.office.submit(
        "/meetings/materials/new",
        "/meetings/materials/new",
        title="小结",
        due="2026-09-28",
        units=["police"],
        meeting=str(meeting),
    )
    staff.office.submit(
        "/meetings/urges/new",
        "/meetings/urges/new",
        kind="urge",
        unit="police",
        title="督办通知",
        text="一、请反馈。",
        due="2026-09-30",
    )
    staff["gongan-lianluo"].submit(
        "/meetings/seats",
        "/meetings/seats",
        role="member",
        person="王某",
        from_day="2026-10-01",
        reason="工作变动",
        replaces="",
    )
    jobs.work_off()
    way.hold(staff, meeting, {"公安分局": ("proxy", "公安经办")})
    minutes = way.write(staff.office, meeting)
    way.save(staff.office, minutes, way.MINUTES.replace("按时", "及时"))
    way.step(staff.office, minutes, "circulate", due="2026-09-30")
    office, police = (
        Person(chromium, site, "bangongshi", size),
        Person(chromium, site, "gongan-jingban", size),
    )
    pages = {
        office: (
            "", "new?kind=liaison", f"{meeting}", f"{meeting}/sheet", "minutes", f"minutes/{minutes}", f"minutes/{minutes}/edit",
            f"minutes/{minutes}/revisions/3", "materials", "materials/new", "materials/requests/1", "urges", "urges/new", "urges/1", "reports",
            "bulletins", "seats", "papers/1",
        ),
        police: ("", f"{meeting}", f"minutes/{minutes}", "materials", "materials/1", "urges/1", "seats"),
    }  # fmt: skip
    for person, paths in pages.items():
        for path in paths:
            assert person.go(f"/meetings/{path}").status == 200, path
            faults = [
                (fault["id"], fault["nodes"][0]["html"])
                for fault in Axe().run(person.page).response["violations"]
            ]
            assert faults == [], path
            assert person.page.evaluate("document.documentElement.scrollWidth") == size[0], path
        assert person.complaints == []


def test_a_meeting_is_convened_and_minutes_previewed_without_scripts(chromium, site, staff):
    meeting = way.draft(staff.office)
    convenor = Person(chromium, site, "zhaojiren", scripts=False)
    convenor.go(f"/meetings/{meeting}")
    convenor.open("发出通知")
    convenor.press("召集会议")
    assert "通知已发出" in convenor.words()
    way.hold(staff, meeting)
    minutes = way.write(staff.office, meeting)
    office = Person(chromium, site, "bangongshi", scripts=False)
    office.go(f"/meetings/minutes/{minutes}/edit")
    office.page.fill("#f-text", "一、没有脚本也能预览")
    office.press("预览")
    assert "没有脚本也能预览" in office.page.locator("#preview").inner_text()
    assert office.page.input_value("#f-text") == "一、没有脚本也能预览"
    office.press("保存")
    assert "已保存为第 3 稿" in office.words()
