"""The password again before a grave act: when it is asked, what is kept meanwhile, and what a wrong one costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal import access, clock, settings
from portal.audit import AuditEntry
from portal.database import transaction
from portal.users import User, current_roles
from tests.cast import PASSWORD, Browser, hidden_fields, text_of

#: Every grave act: what it is asked for is recent proof, for a signature the password itself.
GRAVE = {
    "POST /admin/settings/<key>", "POST /exchange/imports/<int:run_id>/undo", "POST /exchange/tokens/",
    "POST /inspections/draws/<int:draw_id>/announce", "POST /inspections/draws/<int:draw_id>/settle",
    "POST /inspections/draws/<int:draw_id>/value", "POST /inspections/draws/<int:draw_id>/void/approve",
    "POST /inspections/tasks/<int:task_id>/seal", "POST /meetings/minutes/<int:minutes_id>/issue",
    "POST /meetings/minutes/<int:minutes_id>/sign", "POST /people/<int:user_id>/reset",
    "POST /people/<int:user_id>/roles/grant", "POST /people/<int:user_id>/roles/revoke",
    "POST /people/requests/<int:number>/grant", "POST /proof", "POST /scores/<quarter>/stage",
    "GET /second-factor/enrol", "POST /second-factor/enrol", "POST /second-factor/remove",
    "POST /people/<int:user_id>/second-factor/remove", "GET /licensing/unlicensed/<int:record_id>/reporter",
}  # fmt: skip


@pytest.fixture
def granter(as_person, hand) -> Browser:
    """The security administrator, whose login is six minutes old."""
    browser = as_person("anquan-jia")
    hand.set(clock.now() + timedelta(minutes=6))
    return browser


def _grant(browser: Browser, user: User, **more: object):
    page = f"/people/{user.id}"
    return browser.submit(page, f"{page}/roles/grant", role="officer", **more)


def test_the_list_of_grave_acts_is_the_list_of_the_code(app: Flask) -> None:
    found = set()
    for rule in app.url_map.iter_rules():
        proof = getattr(app.view_functions[rule.endpoint], "proof", "")
        if proof:
            method = "POST" if "POST" in rule.methods else "GET"
            found.add(f"{method} {re.sub(r'int[(]max=[0-9]+[)]', 'int', rule.rule)}")
    assert found == GRAVE


def test_a_fresh_login_is_proof_enough_and_an_old_one_is_asked_again(people, as_person, hand) -> None:
    browser, newcomer = as_person("anquan-jia"), people["renmen-xinlai"]
    hand.set(clock.now() + timedelta(minutes=5))
    assert "已授予" in text_of(_grant(browser, newcomer))
    hand.set(clock.now() + timedelta(seconds=1))
    answer = browser.submit(f"/people/{newcomer.id}", f"/people/{newcomer.id}/roles/revoke", role="officer")
    assert answer.status_code == 403 and "再次输入口令" in text_of(answer)
    assert current_roles(newcomer) == {"officer"}


def test_what_was_typed_is_sent_again_with_the_password_and_works_for_five_minutes(people, granter, hand) -> None:
    newcomer = people["renmen-xinlai"]
    asked = _grant(granter, newcomer)
    kept = hidden_fields(asked.get_data(as_text=True).split("<main", 1)[1])
    assert kept["role"] == "officer" and len(kept["submission_key"]) == 32
    action = f"/people/{newcomer.id}/roles/grant"
    answer = granter.submit("", action, form={**kept, "proof_password": PASSWORD})
    assert "已授予新来的人的角色：经办" in text_of(answer) and current_roles(newcomer) == {"officer"}
    # The same form sent twice is still one effect, and the next grave act is not asked again.
    again = granter.submit("", action, form={**kept, "proof_password": PASSWORD})
    assert "已授予" in text_of(again)
    assert "已授予" in text_of(granter.submit(f"/people/{newcomer.id}", action, role="liaison"))
    hand.set(clock.now() + timedelta(minutes=5, seconds=1))
    assert granter.submit(f"/people/{newcomer.id}", action, role="head").status_code == 403


def test_several_values_of_one_field_and_markup_survive_the_question(people, as_person, hand) -> None:
    liaison = as_person("gongan-lianluo")
    hand.set(clock.now() + timedelta(minutes=6))
    page = "/exchange/tokens/"
    asked = liaison.submit(page, page, name='系统"><b>甲', kinds=["registration", "subject"], expires_on="2026-12-01")
    body = asked.get_data(as_text=True)
    assert re.findall(r'name="kinds" value="([^"]+)"', body) == ["registration", "subject"]
    assert hidden_fields(body.split("<main", 1)[1])["name"] == '系统"><b>甲' and "<b>甲" not in body


def test_a_wrong_password_changes_nothing_counts_and_the_fifth_locks_and_ends_the_login(people, granter) -> None:
    newcomer = people["renmen-xinlai"]
    form = granter.form(f"/people/{newcomer.id}", f"/people/{newcomer.id}/roles/grant")
    sent = {"form": {**form, "role": "officer"}, "proof_password": "not-this-one"}
    for _ in range(4):
        answer = granter.submit("", f"/people/{newcomer.id}/roles/grant", **sent)
        assert answer.status_code == 403 and "口令不正确" in text_of(answer)
    assert granter.get("/account").status_code == 200
    granter.submit("", f"/people/{newcomer.id}/roles/grant", **sent)
    assert granter.get("/account").headers["Location"].startswith("/login")
    assert current_roles(newcomer) == set()
    failed = AuditEntry.select().where(AuditEntry.action == "验证口令失败").order_by(AuditEntry.seq)
    assert [(e.account, e.note) for e in failed][-2:] == [("anquan-jia", "连续第 4 次"), ("anquan-jia", "账号锁定")]
    assert User.get_by_id(people["anquan-jia"].id).locked_until > clock.now()


def test_wrong_old_passwords_on_the_password_page_count_as_well(people, as_person) -> None:
    browser = as_person("gongan-jingban")
    for number in range(5):
        answer = browser.submit("/password", "/password", old=f"guess-{number}", new="Chun-tian.lai-2027", again="Chun-tian.lai-2027")
        assert answer.status_code == 422
    assert browser.get("/account").headers["Location"].startswith("/login")
    assert AuditEntry.select().where((AuditEntry.action == "验证口令失败") & ~AuditEntry.succeeded).count() == 5


def test_an_export_of_the_log_asks_first_and_then_leads_to_what_was_asked_for(as_person, hand) -> None:
    auditor = as_person("shenji")
    hand.set(clock.now() + timedelta(minutes=6))
    asked = auditor.get("/audit/?account=shenji&file=csv")
    assert asked.status_code == 303 and asked.headers["Location"] == "/proof?next=/audit/?account%3Dshenji%26file%3Dcsv"
    assert auditor.submit(asked.headers["Location"], "/proof", follow=False).status_code == 403
    answer = auditor.submit(asked.headers["Location"], "/proof", proof_password=PASSWORD, follow=False)
    assert answer.headers["Location"] == "/audit/?account=shenji&file=csv"
    assert auditor.get(answer.headers["Location"]).content_type.startswith("text/csv")


def test_proof_leads_to_a_path_of_this_site_only(as_person) -> None:
    browser = as_person("shenji")
    answer = browser.submit("/proof?next=//evil.example/", "/proof", proof_password=PASSWORD, follow=False)
    assert answer.headers["Location"] == "/"


def test_the_minutes_of_grace_are_a_setting_and_nought_asks_every_time(people, as_person, hand) -> None:
    with transaction():
        settings.change("security.proof_minutes", 0, clock.today())
    browser = as_person("anquan-jia")
    hand.set(clock.now() + timedelta(seconds=1))
    assert _grant(browser, people["renmen-xinlai"]).status_code == 403
    assert _grant(browser, people["renmen-xinlai"], proof_password=PASSWORD).status_code == 200


def test_a_proof_is_no_part_of_the_form(app: Flask) -> None:
    with app.test_request_context("/x", method="POST", data={"a": "1"}):
        plain = access._fingerprint()
    with app.test_request_context("/x", method="POST", data={"a": "1", "proof_password": "secret"}):
        assert access._fingerprint() == plain
