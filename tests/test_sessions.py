"""Logins: who gets in, for how long, what ends a session at once, and what a stranger learns from a refusal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import audit, clock, sessions, settings, users
from portal.audit import AuditEntry
from portal.database import database, transaction
from portal.pages import local_path
from portal.sessions import LoginSession
from portal.users import User
from tests.cast import PASSWORD, Browser, text_of

REFUSED = "账号或口令不正确，或者账号已暂时锁定；请稍后再试，或请系统管理员重置口令"
HERE, THERE = "10.0.0.7", "10.0.0.8"
NEW_PASSWORD = "Chun-tian.lai-2027"


def try_login(account: str, password: str, address: str = HERE) -> str:
    """The refusal's words, or the name of the person who got in."""
    try:
        return sessions.check_login(account, password, address).name
    except sessions.LoginRefused as refused:
        return str(refused)


def is_out(browser: Browser) -> bool:
    answer = browser.get("/account")
    return answer.status_code == 303 and answer.headers["Location"].startswith("/login")


# Lock-out


def test_five_failures_lock_the_account_and_its_refusals_read_like_those_of_an_unknown_one(people, hand) -> None:
    known = [try_login("gongan-jingban", "wrong") for _ in range(6)]
    unknown = [try_login("nobody-here", "wrong") for _ in range(6)]
    assert known == unknown == [REFUSED] * 6
    assert try_login("gongan-jingban", PASSWORD) == REFUSED
    hand.set(clock.now() + timedelta(minutes=15, seconds=1))
    assert try_login("gongan-jingban", PASSWORD) == "公安经办"
    failed = AuditEntry.select().where((AuditEntry.action == "登录失败") & ~AuditEntry.succeeded)
    notes = [e.note for e in failed.where(AuditEntry.record_id == str(people["gongan-jingban"].id)).order_by(AuditEntry.seq)]
    assert notes == ["连续第 1 次", "连续第 2 次", "连续第 3 次", "连续第 4 次", "账号锁定"]
    assert failed.count() == 13


def test_a_right_password_forgets_the_failures_before_it(people) -> None:
    for _ in range(3):
        assert [try_login("gongan-jingban", "wrong") for _ in range(4)] == [REFUSED] * 4
        assert try_login("gongan-jingban", PASSWORD) == "公安经办"


def test_sixteen_guesses_at_once_are_five_guesses(app: Flask, people) -> None:
    def guess(_: int) -> None:
        with app.app_context():
            try_login("gongan-jingban", "wrong")
            database.close()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(guess, range(16)))
    assert User.get_by_id(people["gongan-jingban"].id).locked_until is not None
    assert AuditEntry.select().where(AuditEntry.note == "账号锁定").count() == 1


def test_twenty_failures_block_the_address_for_a_minute_and_each_twenty_more_for_twice_as_long(people, hand) -> None:
    for minutes in (1, 2, 4):
        for _ in range(20):
            assert try_login("nobody-here", "wrong") == REFUSED
        blocked = f"该电脑登录失败次数过多，请 {minutes} 分钟后再试"
        assert try_login("gongan-jingban", PASSWORD) == blocked
        assert try_login("gongan-jingban", PASSWORD, THERE) == "公安经办"
        hand.set(clock.now() + timedelta(minutes=minutes, seconds=1))
    assert try_login("gongan-jingban", PASSWORD) == "公安经办"


def test_fifty_lockouts_from_one_address_do_not_shut_a_department_out(app: Flask, people, hand) -> None:
    hashed = people["gongan-jingban"].password_hash
    accounts = [users.create(f"zhiyuan-{n:02d}", f"职员{n}", unit="police", demonstration=hashed)[0] for n in range(50)]
    locked_at_once = 0
    for user in accounts:
        while User.get_by_id(user.id).locked_until is None:
            if "该电脑" in try_login(user.account, "wrong"):
                hand.set(clock.now() + timedelta(minutes=1))
        now = User.select().where(User.locked_until > clock.now()).count()
        locked_at_once = max(locked_at_once, now)
    # The growing pauses leave the guesser four accounts in an hour, after a first burst.
    assert locked_at_once <= 20
    free = [user for user in accounts if try_login(user.account, PASSWORD, THERE) == user.name]
    assert len(free) >= 46
    hand.set(clock.now() + timedelta(minutes=16))
    assert [try_login(user.account, PASSWORD, THERE) for user in accounts] == [user.name for user in accounts]


def test_colleagues_behind_one_address_who_mistype_now_and_then_are_never_blocked(people) -> None:
    answers = {try_login("gongan-jingban", word) for _ in range(30) for word in ("oops", PASSWORD, PASSWORD)}
    assert answers == {REFUSED, "公安经办"}


# Duration


@pytest.mark.parametrize(
    ("steps", "still_in"),
    [
        ([29], True),
        ([31], False),
        ([29] * 16, True),
        ([29] * 17, False),
        ([10] * 48 + [1], False),
        ([-2 * 24 * 60], False),
        ([-2 * 24 * 60, 2 * 24 * 60 + 1], False),
        ([-4], True),
    ],
    ids=["29分", "闲置31分", "不停7小时44分", "不停8小时13分", "不停8小时1分", "倒拨两天", "倒拨再拨回", "倒拨四分"],
)
def test_a_login_ends_after_thirty_idle_minutes_or_eight_hours_and_no_clock_makes_it_young(
    as_person, hand, steps: list[int], still_in: bool
) -> None:
    browser = as_person("gongan-jingban")
    for minutes in steps:
        hand.set(clock.now() + timedelta(minutes=minutes))
        last = browser.get("/account").status_code
    assert (last == 200) is still_in
    if not still_in:
        assert LoginSession.select().where(LoginSession.ended_at.is_null()).count() == 0


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(as_person, hand) -> None:
    browser = as_person("gongan-jingban")
    itself = {"HX_Request": "true", "HX_Trigger": "job-state", "HX_Target": "job-state"}
    for _ in range(6):
        hand.set(clock.now() + timedelta(minutes=5))
        assert browser.get("/account", **itself).status_code == 200
    hand.set(clock.now() + timedelta(minutes=1))
    assert "HX-Redirect" in browser.get("/account", **itself).headers


# What ends a session at once


def test_logging_out_ends_the_session_behind_the_cookie(app: Flask, as_person) -> None:
    browser = as_person("gongan-jingban")
    old = copy_of(app, browser)
    browser.submit("/account", "/logout")
    assert is_out(old) and is_out(browser)


def copy_of(app: Flask, browser: Browser) -> Browser:
    """A second browser with the first one's cookie."""
    other = Browser(app)
    cookie = browser.client.get_cookie("portal")
    assert cookie is not None
    other.client.set_cookie("portal", cookie.value)
    return other


@pytest.mark.parametrize(
    ("administrator", "action", "fields"),
    [
        ("xitong-jia", "active", {"active": "0"}),
        ("xitong-jia", "reset", {}),
        ("anquan-jia", "roles/revoke", {"role": "officer"}),
        ("anquan-jia", "roles/grant", {"role": "inspector"}),
    ],
    ids=["停用", "重置口令", "收回角色", "授予角色"],
)
def test_what_an_administrator_changes_ends_the_persons_logins(
    as_person, people, administrator: str, action: str, fields: dict[str, str]
) -> None:
    victim, bystander = as_person("gongan-jingban"), as_person("gongan-lianluo")
    answer = as_person(administrator).post(f"/people/{people['gongan-jingban'].id}/{action}", **fields)
    assert answer.status_code in (200, 303)
    assert is_out(victim) and not is_out(bystander)


def test_a_role_that_is_gone_is_gone_with_the_next_request_even_inside_a_running_login(as_person, people) -> None:
    browser = as_person("gongan-lianluo")
    assert browser.get("/people/requests").status_code == 200
    users.revoke(people["gongan-lianluo"], "liaison", people["anquan-jia"])
    refused = browser.get("/people/requests")
    assert refused.status_code == 403 and "没有这项权限：为本单位人员申请账号" in refused.get_data(as_text=True)


def test_a_changed_password_ends_every_old_cookie_and_keeps_the_person_in(app: Flask, as_person) -> None:
    browser, elsewhere = as_person("gongan-jingban"), as_person("gongan-jingban")
    old = copy_of(app, browser)
    answer = change_password(browser, NEW_PASSWORD)
    assert answer.status_code == 200 and "口令已修改，其他登录已结束" in text_of(answer)
    assert not is_out(browser)
    assert is_out(old) and is_out(elsewhere)


def test_the_password_form_sent_twice_does_not_bring_the_old_cookie_back(as_person) -> None:
    browser = as_person("gongan-jingban")
    form = browser.form("/password", "/password") | {"old": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert browser.submit("/password", "/password", form=form).status_code == 200
    again = browser.client.post("/password", data=form)
    assert again.status_code == 303 and "Set-Cookie" not in again.headers
    assert not is_out(browser)


def change_password(browser: Browser, new: str, old: str = PASSWORD, **headers: str) -> TestResponse:
    return browser.submit("/password", "/password", old=old, new=new, again=new)


def test_every_login_gets_a_new_token_and_a_planted_one_is_forgotten(app: Flask, people) -> None:
    browser = Browser(app)
    tokens = []
    for _ in range(2):
        browser.sign_in("gongan-jingban")
        with browser.client.session_transaction() as kept:
            tokens.append(kept["_user_id"])
        browser.submit("/account", "/logout")
    planted = Browser(app)
    with planted.client.session_transaction() as kept:
        kept["_user_id"] = "planted-by-a-stranger"
    planted.sign_in("gongan-jingban")
    with planted.client.session_transaction() as kept:
        tokens.append(kept["_user_id"])
    assert len(set(tokens)) == 3 and "planted-by-a-stranger" not in tokens
    assert all(len(token) >= 43 for token in tokens)


def test_signing_in_again_in_the_same_browser_ends_the_login_before(app: Flask, as_person) -> None:
    browser = as_person("gongan-jingban")
    old = copy_of(app, browser)
    token = browser.form("/account", "/logout")["csrf_token"]
    browser.client.post("/login", data={"csrf_token": token, "account": "gongan-lianluo", "password": PASSWORD})
    assert is_out(old) and "公安联络员" in browser.get("/account").get_data(as_text=True)


def test_a_fourth_login_ends_the_oldest_and_the_log_says_so(as_person) -> None:
    browsers = [as_person("gongan-jingban") for _ in range(4)]
    assert [is_out(browser) for browser in browsers] == [True, False, False, False]
    assert AuditEntry.select().where(AuditEntry.note == "登录数超过上限（3），结束最早的一个").count() == 1


def test_a_person_ends_another_of_the_own_logins_and_nobody_elses(as_person, people) -> None:
    mine, other, stranger = as_person("gongan-jingban"), as_person("gongan-jingban"), as_person("gongan-lianluo")
    numbers = {s.user_id: s.id for s in LoginSession.select().order_by(LoginSession.id)}
    mine.post(f"/account/sessions/{numbers[people['gongan-lianluo'].id]}/end")
    assert not is_out(stranger)
    mine.client.post(
        f"/account/sessions/{numbers[people['gongan-jingban'].id]}/end",
        data={**mine.form("/account", "/logout"), "submission_key": "f" * 32},
    )
    assert is_out(other) and not is_out(mine)


# Passwords


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Ab1-Ab1-Ab1", "口令至少 12 个字符，现有 11 个"),
        ("abcdefgh-ijkl", "至少 3 种，现有 2 种"),
        ("Shichang@2026", "容易猜到的“shichang”"),
        ("Gongan-Jingban-9", "容易猜到的“gongan-jingban”"),
        ("公安经办-Abc-2026", "容易猜到的“公安经办”"),
        ("消防大队-Abc-2026", "容易猜到的“消防大队”"),
        ("Market_Regulation-9", "容易猜到的“market_regulation”"),
        ("aaaa-BBcc-dd12", "同一字符连续四次"),
        ("Xx9-" + "qv" * 63, "口令最长 128 个字符"),
        ("Xx9-\x07qvqvqvqv", "控制字符"),
    ],
)
def test_a_weak_password_is_refused_by_its_rule(as_person, password: str, words: str) -> None:
    answer = change_password(as_person("gongan-jingban"), password)
    assert answer.status_code == 422 and words in text_of(answer)


@pytest.mark.parametrize("password", [NEW_PASSWORD, "春眠不觉晓处处闻啼鸟夜来 A1", "a B-3" + "xy" * 29])
def test_a_good_password_may_be_long_have_blanks_and_be_chinese(app: Flask, as_person, password: str) -> None:
    assert change_password(as_person("gongan-jingban"), password).status_code == 200
    assert try_login("gongan-jingban", password) == "公安经办"


def test_all_seventy_two_signs_of_a_password_count(as_person) -> None:
    password = ("Xq7-" * 18)[:72]
    assert change_password(as_person("gongan-jingban"), password).status_code == 200
    assert try_login("gongan-jingban", password[:71]) == REFUSED
    assert try_login("gongan-jingban", password) == "公安经办"


def test_the_last_five_passwords_are_not_taken_again(people) -> None:
    user = people["gongan-jingban"]
    passwords = [PASSWORD, *(f"Xing-kong.{n}-Abc" for n in range(5))]
    for password in passwords[1:]:
        assert users.set_password(user, password) == []
    assert users.set_password(user, passwords[1]) == ["口令不能与最近 5 次用过的相同"]
    assert users.set_password(user, passwords[0]) == []


def test_an_old_password_leaves_only_the_page_that_changes_it(as_person, people, hand) -> None:
    User.update(demonstration=False).where(User.id == people["gongan-jingban"].id).execute()
    hand.set(clock.now() + timedelta(days=91))
    browser = Browser(as_person("gongan-lianluo").app)
    browser.client.post("/login", data={**browser.form("/login", "/login"), "account": "gongan-jingban", "password": PASSWORD})
    for url in ("/", "/inbox/", "/subjects/", "/account"):
        answer = browser.get(url)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/password"), url
    assert browser.get("/inbox/", HX_Request="true").headers["HX-Redirect"] == "/password"
    assert change_password(browser, NEW_PASSWORD).status_code == 200
    assert browser.get("/inbox/").status_code == 200


@pytest.mark.parametrize(("hours", "answer"), [(23, "新同事"), (25, "初始口令已过期，请系统管理员重置口令")])
def test_an_initial_password_serves_one_day(app: Flask, hand, hours: int, answer: str) -> None:
    _, secret = users.create("xin-tongshi", "新同事", unit="police")
    hand.set(clock.now() + timedelta(hours=hours))
    assert try_login("xin-tongshi", secret) == answer
    assert try_login("xin-tongshi", "wrong") == REFUSED


def test_an_initial_password_must_be_changed_at_once(app: Flask) -> None:
    user, secret = users.create("xin-tongshi", "新同事", unit="police")
    users.grant(user, "officer", None)
    browser = Browser(app)
    browser.sign_in("xin-tongshi", secret)
    assert browser.get("/inbox/").headers["Location"] == "/password"
    assert change_password(browser, NEW_PASSWORD, secret).status_code == 200
    assert browser.get("/inbox/").status_code == 200


# Forms and answers


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/inbox/?kind=claim", "/inbox/?kind=claim"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\t/evil.example", "/"),
        (" //evil.example", "/"),
        ("/x\\..\\evil", "/"),
        ("evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_after_the_login_only_a_path_of_this_site_is_opened(wanted: str | None, led_to: str) -> None:
    assert local_path(wanted) == led_to


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_the_login_page_passes_no_foreign_address_on(app: Flask, people, wanted: str) -> None:
    browser = Browser(app)
    form = browser.form("/login", "/login") | {"next": wanted, "account": "gongan-jingban", "password": PASSWORD}
    assert browser.submit("/login", "/login", form=form, follow=False).headers["Location"] == "/"


def test_the_login_leads_back_to_the_page_that_was_asked_for(app: Flask, people) -> None:
    browser = Browser(app)
    asked = browser.get("/inbox/?kind=claim")
    assert asked.status_code == 303 and asked.headers["Location"] == "/login?next=/inbox/?kind%3Dclaim"
    answer = browser.submit(asked.headers["Location"], "/login", account="gongan-jingban", password=PASSWORD, follow=False)
    assert answer.headers["Location"] == "/inbox/?kind=claim"


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "foreign"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Origin": "http://localhost.evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
    ids=lambda value: "；".join(f"{k}={v}" for k, v in value.items()),
)
def test_a_form_from_elsewhere_is_refused_and_changes_nothing(
    app: Flask, as_person, fields: dict[str, str], headers: dict[str, str]
) -> None:
    browser = as_person("gongan-lianluo")
    form = browser.form("/people/requests", "/people/requests")
    filled = {**form, "name": "新同事", "account": "gongan-xin", "roles": ["officer"], **fields}
    assert browser.client.post("/people/requests", data=filled, headers=headers).status_code == 403
    assert users.AccountRequest.select().count() == 0
    allowed = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/people/requests", data=filled | form, headers=allowed).status_code == 303


def test_a_token_of_another_persons_page_is_refused(app: Flask, as_person) -> None:
    browser, other = as_person("gongan-lianluo"), as_person("shichang-lianluo")
    form = browser.form("/people/requests", "/people/requests") | {
        "csrf_token": other.form("/people/requests", "/people/requests")["csrf_token"]
    }
    assert browser.client.post("/people/requests", data=form).status_code == 403


def test_htmx_of_a_logged_out_person_is_led_to_the_whole_login_page(app: Flask, people) -> None:
    answer = Browser(app).get("/inbox/", HX_Request="true")
    assert (answer.status_code, answer.get_data()) == (200, b"") and answer.headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"HX_Request": "true"}, False),
        ({"HX_Request": "true", "HX_Boosted": "true"}, True),
        ({"HX_Request": "true", "HX_History_Restore_Request": "true"}, True),
    ],
    ids=["浏览器", "htmx", "htmx 加速的链接", "htmx 恢复历史"],
)
def test_only_htmx_asking_for_a_part_gets_the_part(as_person, headers: dict[str, str], whole: bool) -> None:
    answer = as_person("gongan-jingban").get("/subjects/", **headers)
    assert ("<html" in answer.get_data(as_text=True)) is whole
    assert "HX-Request" in answer.headers["Vary"] and answer.headers["Cache-Control"] == "no-store"


def test_the_cookie_is_one_and_out_of_reach_of_scripts_and_other_sites(app: Flask, people) -> None:
    browser = Browser(app)
    answer = browser.submit("/login", "/login", account="gongan-jingban", password=PASSWORD, follow=False)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert re.fullmatch(r"portal=[^;]+; HttpOnly; Path=/; SameSite=Lax", cookie)


def test_no_password_or_token_reaches_the_log(app: Flask, as_person) -> None:
    browser = as_person("gongan-jingban")
    with browser.client.session_transaction() as kept:
        token = kept["_user_id"]
    change_password(browser, NEW_PASSWORD)
    with transaction():
        settings.change("security.idle_minutes", 31, clock.today())
    written = " ".join(str(value) for entry in AuditEntry.select().dicts() for value in entry.values())
    changed = " ".join(str(row.changes) for row in audit.RecordChange.select())
    for secret in (PASSWORD, NEW_PASSWORD, token):
        assert secret not in written + changed


def test_a_stranger_sends_a_login_and_nothing_larger(app: Flask, as_person) -> None:
    stranger = Browser(app)
    fields = "&".join(f"a{number}=1" for number in range(20_000))
    kind = "application/x-www-form-urlencoded"
    assert stranger.client.post("/login", data=fields, content_type=kind).status_code == 413
    assert stranger.client.post("/exchange/imports/", data=fields, content_type=kind).status_code == 413
    assert stranger.sign_in("gongan-jingban").status_code == 200
    signed_in = as_person("gongan-lianluo")
    long = signed_in.submit("/people/requests", "/people/requests", account="gongan-xin", name="长" * 20_000, roles=["officer"])
    assert long.status_code == 422
