"""The second factor: the codes of the standard, a login that is half until the code, one use of a code, and loss."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from portal import clock, second_factor, settings, setup_accounts, totp
from portal.audit import AuditEntry
from portal.cli import main
from portal.database import transaction
from portal.users import LoginDay, User
from tests.cast import PASSWORD, Browser, text_of

# RFC 6238, Appendix B; the secret is "1234567890" repeated to the digest's length.
VECTORS = [
    (59, "94287082", "46119246"), (1111111109, "07081804", "68084774"), (1111111111, "14050471", "67062674"),
    (1234567890, "89005924", "91819424"), (2000000000, "69279037", "90698825"), (20000000000, "65353130", "77737706"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "sha1", "sha256"), VECTORS)
def test_the_codes_are_those_of_the_standard(seconds: int, sha1: str, sha256: str) -> None:
    step = totp.step_at(seconds)
    assert totp.code(b"12345678901234567890", step, "sha1", 8) == sha1
    assert totp.code(b"12345678901234567890123456789012", step, "sha256", 8) == sha256


def test_sm3_makes_codes_of_its_own() -> None:
    found = {totp.code(b"12345678901234567890", 7, digest) for digest in totp.DIGESTS}
    assert len(found) == 3 and all(re.fullmatch(r"[0-9]{6}", one) for one in found)


def code_of(user: User) -> str:
    factor = second_factor.of(user)
    step = totp.step_at(clock.now().timestamp())
    return totp.code(second_factor.secret_of(user, factor.nonce), step, factor.digest)


def enrol(browser: Browser, user: User) -> None:
    """The way through the page: read the secret in its groups, type its code."""
    page = browser.get("/second-factor/enrol").get_data(as_text=True)
    nonce = re.search(r'name="nonce" value="([0-9a-f]{32})"', page)[1]
    secret = second_factor.secret_of(user, nonce)
    assert totp.words(secret) in page and "otpauth://totp/" in page
    form = browser.form("/second-factor/enrol", "/second-factor/enrol") | {"nonce": nonce}
    code = totp.code(secret, totp.step_at(clock.now().timestamp()))
    assert "已启用第二因素" in text_of(browser.submit("", "/second-factor/enrol", form=form, code=code))


@pytest.fixture
def enrolled(people, as_person, hand) -> User:
    """The police officer with an authenticator, a minute after its enrolment."""
    enrol(as_person("gongan-jingban"), people["gongan-jingban"])
    hand.set(clock.now() + timedelta(minutes=1))
    return people["gongan-jingban"]


def half(app: Flask) -> Browser:
    browser = Browser(app)
    assert "身份验证器上现在显示的" in text_of(browser.sign_in("gongan-jingban"))
    return browser


def test_a_login_without_the_code_opens_nothing_and_marks_no_day(app: Flask, enrolled) -> None:
    with transaction():
        LoginDay.delete().execute()
    browser = half(app)
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.arguments and rule.endpoint not in ("second.ask", "home.health"):
            view = app.view_functions[rule.endpoint]
            if not getattr(view, "is_api", False):
                answer = browser.get(rule.rule)
                assert (answer.status_code == 303 and "/second-factor/" in answer.headers["Location"]) or rule.rule == "/login", rule.rule
    assert "市场主体" not in text_of(browser.get("/second-factor/"))
    assert LoginDay.select().count() == 0


def test_the_code_makes_the_login_whole_under_a_new_token_and_leads_on(app: Flask, enrolled) -> None:
    browser = half(app)
    asked = browser.get("/inbox/").headers["Location"]
    before = browser.client.get_cookie("portal").value
    answer = browser.submit(asked, "/second-factor/", code=code_of(enrolled), follow=False)
    assert answer.headers["Location"] == "/inbox/"
    assert browser.client.get_cookie("portal").value != before
    assert browser.get("/inbox/").status_code == 200


def test_a_code_counts_once_also_for_another_login(app: Flask, enrolled, hand) -> None:
    code = code_of(enrolled)
    assert half(app).submit("/second-factor/", "/second-factor/", code=code, follow=False).status_code == 303
    again = half(app).submit("/second-factor/", "/second-factor/", code=code)
    assert again.status_code == 422 and "已经用过" in text_of(again)
    hand.set(clock.now() + timedelta(seconds=30))
    spaced = f"{code_of(enrolled)[:3]} {code_of(enrolled)[3:]}"
    assert half(app).submit("/second-factor/", "/second-factor/", code=spaced, follow=False).status_code == 303


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_of_half_a_minute_off_is_forgiven_and_no_more(app: Flask, enrolled, hand, seconds: int, taken: bool) -> None:
    factor = second_factor.of(enrolled)
    step = totp.step_at(clock.now().timestamp() + seconds)
    code = totp.code(second_factor.secret_of(enrolled, factor.nonce), step)
    answer = half(app).submit("/second-factor/", "/second-factor/", code=code, follow=False)
    assert (answer.status_code == 303) is taken


def test_five_wrong_codes_lock_the_account_and_end_the_login(app: Flask, enrolled) -> None:
    browser = half(app)
    for _ in range(5):
        assert browser.submit("/second-factor/", "/second-factor/", code="000000x").status_code == 422
    assert browser.get("/second-factor/").headers["Location"].startswith("/login")
    assert User.get_by_id(enrolled.id).locked_until > clock.now()


def test_whom_the_setting_names_enrols_before_anything_else(people, as_person) -> None:
    with transaction():
        settings.change("security.second_factor", "administrators", clock.today())
    auditor, officer = as_person("shenji"), as_person("gongan-jingban")
    assert auditor.get("/audit/").headers["Location"] == "/second-factor/enrol"
    assert officer.get("/inbox/").status_code == 200
    enrol(auditor, people["shenji"])
    assert auditor.get("/audit/").status_code == 200


def test_a_new_portal_asks_its_three_administrators_for_one_and_the_demonstration_nobody(app: Flask) -> None:
    assert settings.value("security.second_factor") == "none"
    setup_accounts.first_administrators(["甲", "乙", "丙"])
    assert settings.value("security.second_factor") == "administrators"


def test_a_lost_authenticator_is_taken_away_by_the_system_administrator(app: Flask, people, as_person, enrolled) -> None:
    creator, page = as_person("xitong-jia"), f"/people/{enrolled.id}"
    assert "已启用" in text_of(creator.get(page))
    answer = creator.submit(page, f"{page}/second-factor/remove")
    assert "已重置公安经办的第二因素" in text_of(answer)
    assert as_person("gongan-jingban").get("/inbox/").status_code == 200
    assert as_person("anquan-jia").post(f"{page}/second-factor/remove").status_code == 403
    assert AuditEntry.select().where(AuditEntry.action == "取消第二因素").get().account == "xitong-jia"


def test_the_machines_administrator_takes_it_away_where_nobody_else_can(app: Flask, enrolled, monkeypatch) -> None:
    monkeypatch.setattr("portal.cli.application", lambda: app)
    done = CliRunner().invoke(main, ["factor-remove", "gongan-jingban"])
    assert done.exit_code == 0 and second_factor.of(enrolled) is None
    again = CliRunner().invoke(main, ["factor-remove", "gongan-jingban"])
    assert again.exit_code == 2 and "没有启用第二因素" in again.output


def test_the_command_line_asks_for_the_code_too(app: Flask, enrolled, monkeypatch) -> None:
    from portal.cli_start import sign_in
    from portal.refusals import Refused

    monkeypatch.setenv("PORTAL_PASSWORD", PASSWORD)
    monkeypatch.setenv("PORTAL_CODE", "12345")
    with pytest.raises(Refused, match="验证码不正确"):
        sign_in("gongan-jingban")
    monkeypatch.setenv("PORTAL_CODE", code_of(enrolled))
    assert sign_in("gongan-jingban").name == "公安经办"


def test_the_secret_stands_nowhere_in_the_database(app: Flask, enrolled) -> None:
    factor = second_factor.of(enrolled)
    before = second_factor.secret_of(enrolled, factor.nonce)
    app.secret_key = "the key of another machine"
    assert second_factor.secret_of(enrolled, factor.nonce) != before


def test_one_takes_ones_own_away_with_the_password_only(app: Flask, people, as_person) -> None:
    browser = as_person("shenji")
    enrol(browser, people["shenji"])
    assert browser.submit("/second-factor/enrol", "/second-factor/remove").status_code == 403
    answer = browser.submit("/second-factor/enrol", "/second-factor/remove", proof_password=PASSWORD)
    assert "已取消第二因素" in text_of(answer) and second_factor.of(people["shenji"]) is None
