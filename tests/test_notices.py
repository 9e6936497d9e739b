"""Warnings: officers at 3 and 1 working days, the liaison when overdue, the head after 3 working days more."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal import clock, notices, obligations
from portal.database import transaction
from portal.notices import Notice
from portal.refusals import Missing
from tests.cast import text_of


def owe(number: int, started: date = date(2026, 9, 18)) -> None:
    with transaction():
        obligations.open_obligation(
            "claim", "police", record=("claim", number), title="认领", started_on=started, started_words="推送", days=7
        )


def told() -> list[tuple[str, str]]:
    return [(n.user.account, n.text) for n in Notice.select().order_by(Notice.id)]


@pytest.mark.parametrize(
    ("today", "accounts", "words"),
    [
        ("2026-09-22", [], ""),
        ("2026-09-23", ["gongan-jingban"], "2 项时限义务还有 3 个工作日以内到期"),
        ("2026-09-28", ["gongan-jingban"], "2 项时限义务还有 1 个工作日以内到期"),
        ("2026-09-30", ["gongan-lianluo"], "2 项时限义务已经逾期"),
        ("2026-10-09", ["gongan-fuze"], "2 项时限义务已经逾期 3 个工作日"),
    ],
)
def test_each_level_reaches_its_people(app: Flask, people, today: str, accounts: list[str], words: str) -> None:
    owe(1)
    owe(2)
    if "fuze" in "".join(accounts):
        notices.warn(date(2026, 9, 30))
        Notice.delete().execute()
    notices.warn(date.fromisoformat(today))
    assert told() == [(account, words) for account in accounts]


def test_the_daily_work_warns_once_and_catches_up_after_a_stop(app: Flask, people, hand) -> None:
    owe(1)
    hand.set(clock.at(date(2026, 9, 28), 1))
    notices.warn()
    notices.warn()
    assert told() == [("gongan-jingban", "1 项时限义务还有 1 个工作日以内到期")]
    hand.set(clock.at(date(2026, 10, 20), 1))
    notices.warn()
    assert told()[1:] == [
        ("gongan-lianluo", "1 项时限义务已经逾期"),
        ("gongan-fuze", "1 项时限义务已经逾期 3 个工作日"),
    ], "whoever should have heard earlier still hears of it"
    assert notices.warn() == 0


def test_a_notice_stands_on_the_first_page_until_it_is_read(app: Flask, as_person) -> None:
    owe(1)
    notices.warn(date(2026, 9, 23))
    browser = as_person("gongan-jingban")
    notice = Notice.get()
    assert "1 项时限义务还有 3 个工作日以内到期" in text_of(browser.get("/"))
    browser.submit("/", f"/notices/{notice.id}/read")
    assert "3 个工作日以内到期" not in text_of(browser.get("/"))
    with pytest.raises(Missing):
        notices.read(type("Somebody", (), {"id": 999})(), notice.id)
