"""The auditor searches, reads, verifies and exports; each look is itself an entry (GB/T 22239 8.1.4.3)."""

from __future__ import annotations

import csv
import html
import io
import itertools
import re

import pytest

from portal import audit, audit_search, settings, users
from portal.audit_search import Filters
from portal.clock import at
from tests import cast
from tests.cast import NOW, Browser, table_of, text_of


@pytest.fixture
def auditor(as_person) -> Browser:
    return as_person("shenji")


def _last() -> tuple[str, str, str, str]:
    entry = audit.AuditEntry.select().order_by(audit.AuditEntry.seq.desc()).get()
    return entry.account, entry.action, entry.record_id, entry.note


def test_looking_at_the_log_is_an_entry_once_for_a_visit_not_for_its_pages(auditor):
    before = audit.last()[0]
    auditor.get("/audit/")
    assert _last() == ("shenji", "查看审计记录", "list", "全部")
    auditor.get("/audit/?older=20")
    auditor.get("/audit/?newer=20")
    assert audit.last()[0] == before + 1
    auditor.get("/audit/?account=anquan-jia&first=2026-09-01")
    assert _last() == ("shenji", "查看审计记录", "list", "账号 anquan-jia；起 2026-09-01")


def test_the_list_is_filtered_by_account_action_record_and_day(auditor, people, hand):
    target = people["gongan-jingban"]
    hand.set(at(NOW.date().replace(day=26), 9))
    with audit.acting(people["anquan-jia"].as_actor(channel="web")):
        users.grant(target, "head", people["anquan-jia"])
    hand.set(at(NOW.date().replace(day=26), 9, 10))
    rows = table_of(
        auditor_again(auditor).get(f"/audit/?record_type=account&record_id={target.id}&action=授予"),
        "审计记录",
    )
    assert [row[1:8] for row in rows] == [
        ["2026-09-26 09:00", "anquan-jia", "安全管理员甲", "授予角色", f"账号 {target.id}", "网页", "成功"],
        ["2026-09-25 10:00", "system", "系统", "授予角色", f"账号 {target.id}", "后台任务", "成功"],
    ]
    later = table_of(auditor.get("/audit/?account=anquan-jia&first=2026-09-26&last=2026-09-26"), "审计记录")
    assert [row[4] for row in later] == ["授予角色"]
    assert table_of(auditor.get("/audit/?account=anquan-jia&last=2026-09-25"), "审计记录") == []


def auditor_again(browser: Browser) -> Browser:
    """The clock went on to another day, so the auditor signs in again."""
    browser.client.delete_cookie("portal")
    browser.sign_in("shenji")
    return browser


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=2026-09-31", "起始日期“2026-09-31”不是日期，应写成 2026-09-18 这样"),
        ("first=2026-09-20&last=2026-09-19", "截止日期不能早于起始日期"),
    ],
)
def test_a_wrong_day_is_refused_at_its_field(auditor, query, sentence):
    answer = auditor.get(f"/audit/?{query}")
    assert answer.status_code == 422 and sentence in text_of(answer)


def test_pages_run_back_and_forth_without_gap_or_double(people):
    total = audit.last()[0]
    seen, older = [], None
    while True:
        page = audit_search.search(Filters(), older=older, size=7)
        seen.append([entry.seq for entry in page.rows])
        if page.older is None:
            break
        older = page.older
    assert [seq for rows in seen for seq in rows] == list(range(total, 0, -1))
    back = [seen[-1]]
    while page.newer is not None:
        page = audit_search.search(Filters(), newer=page.newer, size=7)
        back.append([entry.seq for entry in page.rows])
    assert [seq for rows in reversed(back) for seq in rows] == list(range(total, 0, -1))


def test_one_entry_shows_its_change_and_its_place_in_the_chain(auditor, people):
    with audit.acting(people["bangongshi"].as_actor(channel="web", address="10.0.0.8")):
        settings.change("days.rollback_decision", 5, NOW.date())
    seq, head, _ = audit.last()
    answer = auditor.get(f"/audit/{seq}")
    assert table_of(answer, "改了什么") == [["value", "3", "5"]]
    text = text_of(answer)
    for words in ("修改设置", "办公室主任", "10.0.0.8", "days.rollback_decision", "自 2026-09-25 起", head):
        assert words in text
    assert auditor.get(f"/audit/{seq + 100}").status_code == 404


def test_verifying_counts_the_chain_and_names_its_head(auditor):
    seq, head, _ = audit.last()
    form = auditor.form("/audit/", "/audit/verify")
    seq, head, _ = audit.last()
    answer = auditor.submit("/audit/", "/audit/verify", form=form)
    assert f"审计记录 {seq} 条，链完整，末条哈希 {head}" in text_of(answer)
    verified = audit.AuditEntry.get(audit.AuditEntry.action == "校验审计链")
    assert (verified.account, verified.succeeded, verified.seq) == ("shenji", True, seq + 1)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("UPDATE audit_entry SET account = 'nobody' WHERE seq = 5", "第 5 条的内容被改动过（其前 4 条完整）"),
        ("DELETE FROM audit_entry WHERE seq = 5", "缺少第 5 条审计记录（其前 4 条完整）"),
    ],
)
def test_verifying_names_the_first_broken_entry(auditor, damage, reason):
    cast.tamper(damage)
    answer = auditor.submit("/audit/", "/audit/verify")
    assert f"审计链有问题：{reason}" in text_of(answer)
    assert not audit.AuditEntry.get(audit.AuditEntry.action == "校验审计链").succeeded


def test_the_export_is_complete_safe_for_a_spreadsheet_and_audited(app, auditor):
    Browser(app).sign_in("=1+1", "x")
    part = auditor.get("/audit/?action=登录失败", HX_Request="true").get_data(as_text=True)
    href = html.unescape(re.search(r'href="(/audit/[^"]*file=csv)"', part)[1])
    last = audit.last()[0]
    answer = auditor.get(href)
    assert answer.headers["Content-Disposition"].endswith("-2026-09-25.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][:5] == ["序号", "时间", "账号", "姓名", "单位"] and rows[0][-2:] == ["前一条哈希", "哈希"]
    assert [row[7:11] for row in rows[1:]] == [["登录失败", "账号", "'=1+1", "否"]]
    assert _last() == ("shenji", "导出", "audit.index", "审计记录 CSV action=登录失败")
    every = list(csv.reader(io.StringIO(auditor.get("/audit/?file=csv").get_data().decode("utf-8-sig"))))
    assert [int(row[0]) for row in every[1:]] == list(range(1, last + 2))
    assert all(row[-2] == before[-1] for before, row in itertools.pairwise(every[1:]))


@pytest.mark.parametrize("account", ["xitong-jia", "anquan-jia", "bangongshi", "gongan-fuze"])
def test_nobody_but_the_auditor_opens_the_log(as_person, account):
    browser = as_person(account)
    assert [browser.get(url).status_code for url in ("/audit/", "/audit/1", "/audit/?file=csv")] == [
        403,
        403,
        403,
    ]
    assert browser.post("/audit/verify").status_code == 403
