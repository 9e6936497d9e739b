"""The whole way in a real browser: from a declared item to published results, two people typing the public value."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from spot_stage import HOTELS, PASSWORD, Stage, checks_of
from werkzeug.serving import make_server

from plugins.areas.inspections.check_models import Draw, SpotCheck
from portal import clock
from tests.browsers import current_chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with current_chromium() as browser:
        yield browser


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=contextvars.Context().run, args=(server.serve_forever,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


class Person:
    """One person at one computer."""

    def __init__(self, page, site: str, account: str) -> None:
        self.page, self.site, self.account = page, site, account
        page.set_default_timeout(10_000)

    def open(self, path: str) -> None:
        """Open a page; whoever was signed out meanwhile (the clock jumps) signs in again."""
        answer = self.page.goto(self.site + path)
        if "/login" in self.page.url:
            self.page.fill('input[name="account"]', self.account)
            self.page.fill('input[name="password"]', PASSWORD)
            self.page.click('main button[type="submit"]')
            self.page.wait_for_load_state()
            answer = self.page.goto(self.site + path)
        assert answer.status == 200 and "/login" not in self.page.url, path

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"#f-{name}", value)

    def choose(self, name: str, *labels: str) -> None:
        for label in labels:
            self.page.locator(f"#f-{name}").get_by_label(label, exact=True).check()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_load_state()

    @property
    def words(self) -> str:
        return self.page.inner_text("main")


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def sit(request, chromium, site: str, spot: Stage) -> Iterator[Callable[[str], Person]]:
    contexts = []

    def at(account: str) -> Person:
        context = chromium.new_context(
            java_script_enabled=request.param, viewport={"width": 1366, "height": 768}
        )
        contexts.append(context)
        person = Person(context.new_page(), site, account)
        person.open("/inspections/items")
        assert spot.people[account].name in person.page.content()
        return person

    yield at
    for context in contexts:
        context.close()


def _list_and_libraries(officer: Person, law: Person, zone: Person) -> None:
    officer.open("/inspections/items")
    officer.press(f"起草 {HOTELS}")
    officer.press("报送法制审查")
    law.open(f"/inspections/items/{HOTELS}")
    law.fill(opinion="合法有据")
    law.press("通过")
    zone.open(f"/inspections/items/{HOTELS}")
    zone.press("通过")
    officer.open(f"/inspections/items/{HOTELS}")
    officer.press("标记已公布")
    assert "现行有效" in officer.words
    officer.open(f"/inspections/libraries/{HOTELS}")
    officer.fill(industries="H61")
    officer.press("保存规则")
    assert "名录规则已保存" in officer.words
    for n in range(3):
        officer.open("/inspections/inspectors/new")
        officer.fill(name=f"检查员{n}", staff_number=f"{n:03d}", certificate=f"苏F{n}", valid_to="2027-12-31")
        officer.choose("fields", "特种行业")
        officer.press("保存")
        assert "执法证有效期" in officer.words and "有效" in officer.words


def _draw(officer: Person, second: Person, spot: Stage) -> Draw:
    officer.open("/inspections/tasks/new")
    officer.fill(
        name="旅馆治安检查", reason="举报较多", from_day="2026-09-25", until_day="2026-10-30", percent="20"
    )
    officer.press("建立任务")
    officer.press("封存名录")
    assert "这是该名录第一次封存，共 10 个对象" in officer.words
    for account in ("gongan-lianluo", "bangongshi"):
        officer.page.check(f'input[name="accounts"][value="{account}"]')
    officer.fill(reveal_by="2026-09-25T17:00", value_name="排列5第26100期", value_at="2026-09-25T21:30")
    officer.press("发布公告")
    draw = Draw.get()
    assert draw.digest in officer.words
    spot.hand.set(clock.at(clock.today(), 21, 31))
    officer.open(f"/inspections/draws/{draw.id}")
    officer.fill(value="27184")
    officer.press("录入公开数")
    assert "请另一人独立录入" in officer.words
    second.open(f"/inspections/draws/{draw.id}")
    assert "27184" not in second.words
    second.fill(value="27183")
    second.press("录入公开数")
    for person in (second, officer):  # the two values differed: both type again
        person.open(f"/inspections/draws/{draw.id}")
        person.fill(value="27183")
        person.press("录入公开数")
    assert "抽中的检查对象和检查人员" in officer.words and "下载抽取证书" in officer.words
    return Draw.get()


def _check(officer: Person, second: Person, check: SpotCheck) -> None:
    officer.open(f"/inspections/checks/{check.id}")
    officer.fill(contact="王所 85980000")
    officer.press("发出通知书")
    officer.press("记录已实施检查")
    officer.page.locator("#f-checked_1").get_by_label("是", exact=True).check()
    officer.page.click(".checklist li:first-child summary")
    officer.fill(problem_1="许可证过期", handling_1="责令改正")
    officer.choose("codes", "发现问题已责令改正")
    officer.choose("methods", "现场检查（实地核查）")
    officer.choose("disposals", "违反本部门相关规定，责令改正，后续跟踪由日常监管部门负责")
    for box in officer.page.locator("#f-signed input").all():
        box.check()
    officer.press("录入结果")
    assert "请另一人审核" in officer.words and "许可证过期" in officer.words
    second.open(f"/inspections/checks/{check.id}")
    second.press("通过")
    assert "已审核，待公示" in second.words


def test_from_the_item_to_publicity(spot: Stage, sit) -> None:
    spot.firms(10)
    officer, second = sit("gongan-jingban"), sit("gongan-lianluo")
    _list_and_libraries(officer, sit("gongan-fazhi"), sit("quguanban"))
    draw = _draw(officer, second, spot)
    spot.hand.set(spot.hand.now() + timedelta(hours=36))
    for check in checks_of(draw):
        _check(officer, second, check)
    second.open("/inspections/checks")
    second.press("公示全部已审核的")
    assert "已公示 2 项检查结果" in second.words
    assert {check.state for check in checks_of(draw)} == {"published"}
    second.open(f"/inspections/tasks/{draw.task_id}")
    assert "2\t2\t2\t2\t2\t2" in second.words


def test_a_scan_is_enough_on_the_inspectors_phone(spot: Stage, chromium, site: str, tmp_path: Path) -> None:
    spot.ready(10)
    check = checks_of(spot.drawn())[0]
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    person = Person(context.new_page(), site, "gongan-jiancha")
    person.open(f"/inspections/checks/{check.id}")
    person.press("记录已实施检查")
    sheet = tmp_path / "检查表.pdf"
    sheet.write_bytes(b"%PDF-1.7 signed")
    person.page.set_input_files("#f-file", sheet)
    person.press("上传")
    person.choose("codes", "未发现问题")
    person.choose("methods", "现场检查（实地核查）")
    person.choose("disposals", "未发现问题或相关问题已规范、已改正，无需后续处置")
    person.press("录入结果")
    assert "请另一人审核" in person.words
    assert SpotCheck.get_by_id(check.id).state == "entered"
    wide = person.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "the phone's page scrolls sideways"
    context.close()
