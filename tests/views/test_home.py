"""The first page: how much presses and how soon, what each unit owes for those who answer for all, the notices."""

from __future__ import annotations

from datetime import date

from flask import Flask

from portal import clock, notices, obligation_figures, obligations
from portal.chrome import _with_word_breaks
from portal.database import transaction
from portal.notices import Notice
from portal.obligation_figures import Pressing
from portal.obligations import Obligation
from tests.cast import table_of, text_of

#: The clock of the tests stands on Friday, 2026-09-25, a holiday.
DEADLINES = ("2026-09-24", "2026-09-28", "2026-09-29", "2026-09-30", "2026-10-09")


def owe(deadlines: tuple[str, ...] = DEADLINES, unit: str = "police", first: int = 0) -> None:
    with transaction():
        for number, deadline in enumerate(deadlines, first):
            obligations.open_obligation(
                "claim", unit, record=("claim", number), title=f"认领第 {number} 项",
                started_on=date(2026, 9, 18), started_words="推送", days=None, deadline=date.fromisoformat(deadline),
            )  # fmt: skip


def tell(count: int) -> None:
    for number in range(count):
        notices.tell("police", ("officer",), f"key{number}", f"第 {number} 条 {'ab12' * 16}", "/inbox/")


def test_what_presses_is_counted_by_the_limits_of_the_lamps(app: Flask, hand) -> None:
    hand.set(clock.at(date(2026, 9, 28), 9))
    owe()
    assert obligation_figures.pressing("police") == Pressing(total=5, overdue=1, today=1, soon=2)


def test_what_waits_for_a_decision_presses_nobody(app: Flask, hand) -> None:
    hand.set(clock.at(date(2026, 9, 28), 9))
    owe(("2026-09-24",))
    Obligation.update(waiting_since=clock.now()).execute()
    assert obligation_figures.pressing("police") == Pressing(total=1, overdue=0, today=0, soon=0)


def test_the_first_page_begins_with_what_is_due(app: Flask, as_person, hand) -> None:
    hand.set(clock.at(date(2026, 9, 28), 9))
    owe()
    answer = as_person("gongan-jingban").get("/")
    assert "1 已逾期 仍须办理 1 今天到期 今天 24:00 前办结 2 3 个工作日内到期" in text_of(answer)
    rows = table_of(answer, "最紧急的待办")
    assert [row[0] for row in rows] == [f"认领第 {number} 项" for number in range(5)]
    assert rows[1][2] == "推送 9月18日 → 限期 9月28日" and rows[1][3].endswith("今天到期")


def test_the_office_sees_what_every_unit_owes_the_most_overdue_first(app: Flask, as_person, hand) -> None:
    hand.set(clock.at(date(2026, 9, 28), 9))
    owe()
    owe(("2026-09-24", "2026-09-24"), unit="fire", first=100)
    rows = table_of(as_person("bangongshi").get("/"), "各单位待办")
    assert rows[:3] == [["消防大队", "2", "2"], ["公安分局", "5", "1"], rows[2]] and rows[2][1:] == ["0", "0"]
    assert table_of(as_person("gongan-jingban").get("/"), "各单位待办") == []


def test_old_notices_fold_away_and_long_digests_are_shortened(app: Flask, as_person) -> None:
    tell(7)
    answer = as_person("gongan-jingban").get("/")
    assert [row[0] for row in table_of(answer, "提醒")] == [f"第 {n} 条 ab12ab12ab12…" for n in (6, 5, 4, 3, 2)]
    assert [row[0] for row in table_of(answer, "更早的提醒")] == ["第 1 条 ab12ab12ab12…", "第 0 条 ab12ab12ab12…"]


def test_all_notices_are_read_at_once_and_only_ones_own(app: Flask, as_person) -> None:
    tell(3)
    notices.tell("police", ("liaison",), "other", "给联络员的")
    browser = as_person("gongan-jingban")
    browser.submit("/", "/notices/read-all")
    assert table_of(browser.get("/"), "提醒") == []
    assert [notice.text for notice in Notice.select().where(Notice.read_at.is_null())] == ["给联络员的"]


def test_the_head_of_a_narrow_column_turns_between_words() -> None:
    assert _with_word_breaks("许可主体认领") == "许可主体<wbr>认领"
    assert _with_word_breaks("参加会议、材料上报") == "参加会议、<wbr>材料上报"
    assert _with_word_breaks("<b>") == "&lt;b&gt;"


def test_a_page_with_an_entry_of_its_own_marks_only_that_entry(app: Flask, as_person) -> None:
    markup = as_person("bangongshi").get("/inbox/figures").get_data(as_text=True)
    marked = [part.partition("</span>")[0] for part in markup.split('class="active" aria-current="page"><span>')[1:]]
    assert marked == ["义务统计", "义务统计"]


def test_a_day_is_said_with_its_year_only_when_it_is_not_this_one(hand) -> None:
    hand.set(clock.at(date(2026, 9, 28), 9))
    assert [clock.day_words(date(2026, 10, 9)), clock.day_words(date(2027, 1, 8))] == ["10月9日", "2027年1月8日"]


def test_who_answers_for_all_units_chooses_one_in_the_inbox(app: Flask, as_person) -> None:
    owe()
    convenor = as_person("zhaojiren")
    assert "您不属于某个成员单位；请在上面选一个单位查看。" in text_of(convenor.get("/inbox/"))
    assert len(table_of(convenor.get("/inbox/?unit=police"), "时限义务")) == 5
    assert "请选择单位" not in text_of(as_person("gongan-jingban").get("/inbox/"))
