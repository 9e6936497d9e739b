"""Alarms of the security administrator: what raises one, that it is raised once, and that it is seen to in words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from portal import alarms, audit, clock, core_hooks, jobs, self_checks, sessions, settings, users
from portal.alarms import Alarm
from portal.audit import AuditEntry
from portal.database import transaction
from portal.notices import Notice
from portal.refusals import Refused
from tests.cast import Browser, tamper, text_of

WORKDAY = clock.at(date(2026, 9, 28), 9)


@pytest.fixture
def watched(people, hand) -> None:
    """A workday's morning; the log has been read up to here."""
    hand.set(WORKDAY)
    alarms.watch()


def texts() -> list[str]:
    return [alarm.text for alarm in Alarm.select().order_by(Alarm.id)]


def lock(account: str, address: str) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            sessions.check_login(account, "wrong", address)


def test_five_lockouts_in_ten_minutes_are_one_alarm_and_four_are_none(watched, hand) -> None:
    accounts = ["gongan-jingban", "gongan-lianluo", "gongan-fuze", "gongan-jiancha", "shichang-jingban", "shichang-lianluo"]
    for number, account in enumerate(accounts[:4]):
        lock(account, f"10.0.0.{number}")
    assert alarms.watch() == 0
    hand.set(clock.now() + timedelta(minutes=9))
    lock(accounts[4], "10.0.0.9")
    assert alarms.watch() == 1
    lock(accounts[5], "10.0.1.9")
    assert alarms.watch() == 0 and alarms.watch() == 0
    assert texts() == ["10 分钟内有 5 个账号因口令连续输错被锁定，最近一次来自 10.0.0.9"]


def test_more_exports_of_one_person_than_the_setting_allows_are_an_alarm(watched, hand) -> None:
    with transaction():
        settings.change("security.exports_per_hour", 3, clock.today())
    who = audit.Actor(account="gongan-jingban", name="公安经办")
    for action in ("导出", "导出失信信息", "导出公示文件"):
        audit.record_alone(action, "export", "x", who=who)
    audit.record_alone("导出", "export", "x", who=audit.Actor(account="shichang-jingban", name="市场经办"))
    assert alarms.watch() == 0
    hand.set(clock.now() + timedelta(minutes=59))
    audit.record_alone("导出", "export", "x", who=who)
    assert alarms.watch() == 1 and texts() == ["公安经办（gongan-jingban）一小时内导出 4 次，超过 3 次"]


@pytest.mark.parametrize(
    ("account", "moment", "odd"),
    [
        ("anquan-jia", clock.at(date(2026, 9, 28), 9), False),
        ("anquan-jia", clock.at(date(2026, 9, 28), 21), True),
        ("shenji", clock.at(date(2026, 10, 2), 10), True),
        ("gongan-jingban", clock.at(date(2026, 9, 28), 23), False),
    ],
    ids=["工作时间", "夜里", "国庆", "经办不在此限"],
)
def test_an_administrator_who_signs_in_out_of_hours_is_an_alarm(watched, app, hand, account, moment, odd) -> None:
    hand.set(moment)
    Browser(app).sign_in(account)
    alarms.watch()
    assert bool(texts()) is odd and all("在工作时间以外登录" in text for text in texts())


def test_an_administrators_account_that_a_colleague_opens_again_is_an_alarm(watched, people) -> None:
    with audit.acting(people["xitong-jia"].as_actor()):
        users.reset_password(people["gongan-jingban"])
        users.reset_password(people["anquan-jia"])
    alarms.watch()
    assert texts() == ["系统管理员甲对安全管理员安全管理员甲的账号：重置口令"]


def test_a_broken_chain_is_an_alarm_of_the_night_whoever_reads_it_first(watched, app) -> None:
    core_hooks.daily()
    tamper("UPDATE audit_entry SET note = 'forged' WHERE seq = 5")
    jobs.work_off()
    assert texts() == ["审计链有问题：第 5 条的内容被改动过"]
    job = jobs.Job.select().where(jobs.Job.kind == "self_check").get()
    assert job.state == jobs.FAILED and "第 5 条" in job.note
    assert alarms.watch() == 0


def test_a_broken_database_file_is_an_alarm(watched, app, monkeypatch) -> None:
    monkeypatch.setattr(self_checks, "database_problem", lambda: "数据库文件不完整，请立即停用并从备份恢复：row 7 missing")
    core_hooks.daily()
    jobs.work_off()
    assert texts() == ["数据库文件不完整，请立即停用并从备份恢复：row 7 missing"]


def test_the_security_administrator_is_told_on_every_page_until_it_is_seen_to(watched, as_person) -> None:
    alarms.raise_alarm("chain/5", "审计链有问题：第 5 条的内容被改动过")
    browser, other = as_person("anquan-jia"), as_person("xitong-jia")
    assert "有 1 条安全告警等待处置" in text_of(browser.get("/account"))
    assert "安全告警等待处置" not in text_of(other.get("/account")) and other.get("/alarms/").status_code == 403
    [alarm] = Alarm.select()
    empty = browser.submit("/alarms/", f"/alarms/{alarm.id}/settle", note=" ")
    assert empty.status_code == 422 and "请写明核实和处置情况" in text_of(empty)
    done = browser.submit("/alarms/", f"/alarms/{alarm.id}/settle", note="已与审计管理员核对")
    assert "已记录处置情况" in text_of(done) and "等待处置" not in text_of(browser.get("/account"))
    assert browser.post(f"/alarms/{alarm.id}/settle", note="再来一次").status_code == 404


# The daily root and the long chain


def test_every_liaison_and_the_log_shipper_get_the_root_once_a_day(watched, app: Flask, people, hand, tmp_path) -> None:
    core_hooks.daily()
    core_hooks.daily()
    hand.set(clock.now() + timedelta(days=1))
    core_hooks.daily()
    lines = (tmp_path / self_checks.ROOTS).read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["2026-09-28", "2026-09-29"]
    _, seq, head = lines[1].split()
    entry = AuditEntry.get(AuditEntry.seq == int(seq))
    assert entry.hash == head
    mine = Notice.select().where((Notice.user == people["gongan-lianluo"].id) & Notice.key.startswith("root/"))
    assert [(n.key, n.read_at is None) for n in mine.order_by(Notice.id)] == [("root/2026-09-28", False), ("root/2026-09-29", True)]
    assert head in mine.order_by(Notice.id.desc()).get().text
    told = {n.user_id for n in Notice.select().where(Notice.key == "root/2026-09-29")}
    assert told == {people[name].id for name in ("gongan-lianluo", "shichang-lianluo")}


def test_a_long_chain_is_verified_piece_by_piece_in_the_background(watched, as_person, monkeypatch) -> None:
    monkeypatch.setattr(self_checks, "AT_ONCE", 10)
    monkeypatch.setattr(self_checks, "_BATCH", 7)
    auditor = as_person("shenji")
    assert "已转入后台校验" in text_of(auditor.submit("/audit/", "/audit/verify"))
    jobs.work_off()
    job = jobs.Job.select().where(jobs.Job.kind == "self_check").get()
    assert job.state == jobs.DONE and job.done == job.total > 20
    page = text_of(auditor.get(f"/jobs/{job.id}"))
    assert "链完整" in page and audit.verify(job.total + 1, job.state_values["known"]).broken is None
