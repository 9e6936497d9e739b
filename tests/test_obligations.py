"""The life of a 时限义务: opened, fulfilled, moved, withdrawn, waiting; its lamp and its arithmetic."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from portal import clock, obligations, official_calendar, subjects, units
from portal.database import transaction, typed
from portal.obligations import FULFILLED, MOVED, OPEN, WITHDRAWN, Obligation
from portal.refusals import Refused
from portal.subjects import Registration, Subject
from tests.cast import Browser, table_of, text_of

EVENT = date(2026, 9, 18)


def owe(kind: str = "claim", unit: str = "police", number: int = 1, **rest) -> Obligation:
    given = {"started_on": EVENT, "started_words": "推送", "title": f"认领第 {number} 项", "days": 7} | rest
    with transaction():
        return obligations.open_obligation(kind, unit, record=("claim", number), **given)


def now(owed: Obligation) -> Obligation:
    return Obligation.get_by_id(owed.id)


def test_the_deadline_shows_how_it_came_about(app: Flask) -> None:
    assert owe().arithmetic == "推送 9月18日 → 第7个工作日 9月29日"
    assert owe(number=2, days=0).arithmetic == "推送 9月18日 → 当个工作日 9月18日"
    assert owe(number=3, days=None, deadline=date(2026, 10, 9)).arithmetic == "推送 9月18日 → 限期 10月9日"
    late = owe(number=4, started_on=date(2026, 12, 28))
    assert late.provisional and late.arithmetic.endswith("（下一年放假通知未出，暂定）")


def test_it_opens_only_in_the_transaction_of_its_act(app: Flask) -> None:
    with pytest.raises(RuntimeError):
        obligations.open_obligation(
            "claim", "police", record=("claim", 1), title="x", started_on=EVENT, started_words="推送", days=7
        )


def test_the_same_document_is_owed_once_however_often_it_is_entered(app: Flask) -> None:
    first = owe("permit_entry", number=1, identity="许可〔2026〕1号|91310000773718882U|2026-09-18")
    second = owe("permit_entry", number=2, identity="许可〔2026〕1号|91310000773718882U|2026-09-18")
    assert first.id == second.id and Obligation.select().count() == 1


def test_a_late_act_still_closes_it(app: Flask, hand) -> None:
    owed = owe()
    hand.set(clock.at(date(2026, 9, 30), 9))
    with transaction():
        assert obligations.fulfil("claim", ("claim", 1), "police") == 1
    assert (now(owed).state, now(owed).fulfilled_on, now(owed).on_time) == (FULFILLED, date(2026, 9, 30), False)
    assert obligations.lamp(now(owed)).text == "逾期办结"


def test_the_last_minute_of_the_deadline_is_in_time(app: Flask, hand) -> None:
    owed = owe()
    hand.set(clock.at(date(2026, 9, 29), 23, 59, 59))
    with transaction():
        obligations.fulfil("claim", ("claim", 1))
    assert now(owed).on_time


def test_withdrawing_needs_a_reason_and_leaves_what_is_done(app: Flask) -> None:
    owed, done = owe(number=1), owe(number=2)
    with transaction():
        obligations.fulfil("claim", ("claim", 2))
    with pytest.raises(Refused, match="原因"), transaction():
        obligations.withdraw("claim", ("claim", 1), " ")
    with transaction():
        assert obligations.withdraw("claim", ("claim", 1), "主体已注销") == 1
        assert obligations.withdraw("claim", ("claim", 2), "主体已注销") == 0
    assert (now(owed).state, now(owed).reason, now(done).state) == (WITHDRAWN, "主体已注销", FULFILLED)


def test_a_refused_roll_back_extends_the_deadline_by_the_working_days_it_waited(app: Flask, hand) -> None:
    owed = owe()
    hand.set(clock.at(date(2026, 9, 24), 10))
    with transaction():
        obligations.wait("claim", ("claim", 1), "police")
    assert obligations.lamp(now(owed)).text == "回退待处理"
    hand.set(clock.at(date(2026, 9, 28), 10))  # the 25th is 中秋: one working day waited
    with transaction():
        obligations.resume("claim", ("claim", 1), "police")
    waited = official_calendar.calendar().count(date(2026, 9, 25), date(2026, 9, 28))
    assert now(owed).deadline == official_calendar.calendar().deadline(date(2026, 9, 29), waited).day
    assert (now(owed).waiting_since, now(owed).extended_days) == (None, waited)


def test_a_duty_that_moves_starts_anew_for_the_other_unit(app: Flask) -> None:
    old = owe()
    with transaction():
        new = obligations.open_obligation(
            "claim", "fire", record=("claim", 1), title="认领", started_on=clock.today(), started_words="转交", days=7
        )
        obligations.move("claim", ("claim", 1), "police", new, "应由消防认领")
    assert (now(old).state, now(old).moved_to_id, now(new).state) == (MOVED, new.id, OPEN)


@pytest.mark.parametrize(
    ("today", "colour", "text"),
    [
        ("2026-09-18", "green", "剩 7 天"),
        ("2026-09-22", "green", "剩 4 天"),
        ("2026-09-23", "yellow", "剩 3 天"),
        ("2026-09-28", "yellow", "剩 1 天"),
        ("2026-09-29", "yellow", "今天到期"),
        ("2026-09-30", "red", "逾期 1 天"),
    ],
)
def test_lamps(app: Flask, today: str, colour: str, text: str) -> None:
    lamp = obligations.lamp(owe(), date.fromisoformat(today))
    assert (lamp.colour, lamp.text) == (colour, text)


def test_a_changed_calendar_moves_open_deadlines_and_leaves_fulfilled_ones(app: Flask) -> None:
    owed, done = owe(number=1), owe(number=2)
    with transaction():
        obligations.fulfil("claim", ("claim", 2))
        official_calendar.enter_notice("临时通知", [2026], [(date(2026, 9, 22), False, "临时放假")], "办公室")
    assert obligations.recompute_open() == 1
    assert (now(owed).deadline, now(done).deadline) == (date(2026, 9, 30), date(2026, 9, 29))


def test_a_unit_that_leaves_owes_nothing_more_and_keeps_what_it_did(app: Flask) -> None:
    owed, done = owe(number=1, unit="fire"), owe(number=2, unit="fire")
    with transaction():
        obligations.fulfil("claim", ("claim", 2))
    request = units.ask("fire", False, clock.today(), "机构改革")
    units.answer(request.id, True)
    assert (now(owed).state, now(owed).reason) == (WITHDRAWN, f"单位自 {clock.today()} 起停用")
    assert now(done).state == FULFILLED


def test_the_inbox_shows_the_most_urgent_first_and_only_ones_own(app: Flask, as_person) -> None:
    owe(number=1, started_on=date(2026, 9, 24))
    owe(number=2, started_on=date(2026, 9, 10))
    owe(number=3, unit="fire")
    police = as_person("gongan-jingban")
    rows = table_of(police.get("/inbox/"), "时限义务")
    assert [row[0] for row in rows] == ["认领第 2 项", "认领第 1 项"]
    assert "推送 9月10日 → 第7个工作日 9月20日" in rows[0][2] and "逾期" in rows[0][3]
    other = Obligation.get(Obligation.unit == "fire")
    assert police.get(f"/inbox/{other.id}").status_code == 404
    assert as_person("bangongshi").get(f"/inbox/{other.id}").status_code == 200


def test_the_inbox_pages_by_key_and_loses_nothing(app: Flask, as_person) -> None:
    for number in range(1, 121):
        owe(number=number, started_on=EVENT - timedelta(days=number % 5))
    browser, url, seen = as_person("gongan-jingban"), "/inbox/", []
    for _ in range(3):
        answer = browser.get(url)
        seen += [row[0] for row in table_of(answer, "时限义务")]
        found = __import__("re").search(r'href="(/inbox/\?[^"]*after=[^"]*)"[^>]*>下一页', answer.get_data(as_text=True))
        if not found:
            break
        url = found[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(f"认领第 {n} 项" for n in range(1, 121))


def test_figures_by_unit_and_kind(app: Flask, as_person) -> None:
    owe(number=1)
    owe(number=2, started_on=date(2026, 9, 1))
    with transaction():
        obligations.fulfil("claim", ("claim", 1))
    rows = table_of(as_person("bangongshi").get("/inbox/figures?quarter=2026Q3"), "义务统计")
    assert rows == [["公安分局", "许可主体认领", "2", "1", "1", "1"]]
    assert "没有到期的时限义务" in text_of(Browser.get(as_person("gongan-fuze"), "/inbox/figures?quarter=2025Q1"))


def test_many_open_at_once_fill_every_column_and_what_is_owed_already_stays(app: Flask) -> None:
    for number in (1, 2, 3):
        trader = Registration("设立", f"第 {number} 店", "个体工商户", EVENT, address=str(number))
        subjects.register(trader, unit="approval", source="表单")
    numbers = [subject.id for subject in Subject.select().order_by(Subject.id)]
    first = owe(number=numbers[0])
    source = Subject.select(
        typed(Obligation.unit, "police").alias("unit"), typed(Obligation.record_type, "claim").alias("record_type"),
        Subject.id.cast("TEXT").alias("record_id"), Subject.name.alias("title"), Subject.id.alias("subject_id"),
        typed(Obligation.scored, True).alias("scored"),
    )  # fmt: skip
    with transaction():
        obligations.open_many("claim", source, started_on=EVENT, started_words="推送", days=7)
    made = list(Obligation.select().where(Obligation.kind == "claim").order_by(Obligation.record_id))
    assert [o.record_id for o in made] == [str(n) for n in numbers] and made[0].id == first.id
    assert {o.deadline for o in made} == {date(2026, 9, 29)} and {o.warned for o in made} == {0}
