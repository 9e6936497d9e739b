"""Quarter-end lists: the comparison as a rule, the clock D11, what a row asks of the unit, resolving with a reason."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.licensing import permits
from portal import audit, clock, facts, gate, official_calendar, quarter_lists
from portal.list_comparison import Entry, compare
from portal.obligations import Obligation
from portal.refusals import Missing, NotAllowed, Refused
from portal.workdays import Quarter
from tests.areas.licensing.register import CODES, registered
from tests.cast import table_of, text_of

Q3 = Quarter(2026, 3)
HOME = "market_regulation"


def entry(document="许〔2026〕1号", day=date(2026, 9, 1), name="甲公司", code=CODES[0], **fields) -> Entry:
    return Entry(document, day, name, code, fields)


@pytest.mark.parametrize(
    ("listed", "held", "result"),
    [
        ([entry()], [entry()], (0, 0, 0, 1)),
        ([entry("许(2026)1号")], [entry("许〔2026〕 1 号")], (0, 0, 0, 1)),
        ([entry(code="")], [entry()], (0, 0, 0, 1)),
        ([entry()], [], (1, 0, 0, 0)),
        ([], [entry()], (0, 1, 0, 0)),
        ([entry(day=date(2026, 9, 2))], [entry()], (0, 0, 1, 0)),
        ([entry(许可编号="JY1")], [entry(许可编号="JY2")], (0, 0, 1, 0)),
        ([entry(许可编号="")], [entry(许可编号="JY2")], (0, 0, 0, 1)),
        ([entry(), entry(name="乙公司", code=CODES[1])], [entry()], (1, 0, 0, 1)),
    ],
)
def test_three_ways(listed, held, result) -> None:
    found = compare(listed, held)
    assert (len(found.listed_only), len(found.held_only), len(found.different), found.same) == result


def test_a_difference_is_told_field_by_field() -> None:
    (pair,) = compare(
        [entry(day=date(2026, 9, 2), 有效期至="2031-09-01")], [entry(有效期至="2031-09-02")]
    ).different
    assert pair.differences == (
        ("决定日期", "2026-09-02", "2026-09-01"),
        ("有效期至", "2031-09-01", "2031-09-02"),
    )


entries = st.lists(
    st.builds(entry, document=st.sampled_from("甲乙丙"), code=st.sampled_from(["", CODES[0], CODES[1]])),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(entries, entries)
def test_every_entry_stands_in_exactly_one_place(listed, held) -> None:
    found = compare(listed, held)
    assert len(found.listed_only) + len(found.different) + found.same == len(listed)
    assert len(found.held_only) + len(found.different) + found.same == len(held)


@settings(max_examples=100, deadline=None)
@given(entries)
def test_a_list_of_what_the_platform_holds_differs_in_nothing(held) -> None:
    found = compare(held, held)
    assert (found.listed_only, found.held_only, found.different) == ((), (), ())


# The clock (D11)


def test_every_member_owes_its_lists_ten_working_days_before_the_quarter_s_last(app, hand) -> None:
    assert quarter_lists.opens_on(Q3) == date(2026, 9, 16)
    assert quarter_lists.open_due(date(2026, 9, 15)) == 0
    assert quarter_lists.open_due(date(2026, 9, 16)) == 14
    assert quarter_lists.open_due(date(2026, 9, 17)) == 0, "the daily job may run twice"
    assert {(str(o.deadline), o.state) for o in Obligation.select()} == {("2026-09-30", "open")}


def test_a_notice_that_takes_the_quarter_s_last_working_day_moves_what_is_still_owed(app) -> None:
    quarter_lists.open_due(date(2026, 9, 16))
    sent = Obligation.update(state="fulfilled", fulfilled_on=date(2026, 9, 28)).where(Obligation.unit == HOME)
    sent.execute()
    official_calendar.enter_notice("临时放假通知", [2026], [(date(2026, 9, 30), False, "放假")], "办公室")
    assert quarter_lists.recount_deadlines() == 13
    assert owed("quarter_list") == [("fulfilled", "2026-09-16", "2026-09-30")]
    still = Obligation.select().where(Obligation.state == "open")
    assert {(str(o.started_on), str(o.deadline)) for o in still} == {("2026-09-15", "2026-09-29")}
    assert quarter_lists.recount_deadlines() == 0


def listing(*rows: tuple[str, ...]) -> io.BytesIO:
    header = ("行政相对人名称", "统一社会信用代码", "决定文书号", "决定日期", "许可编号")
    return io.BytesIO("\n".join(",".join(row) for row in (header, *rows)).encode())


@pytest.fixture
def officer(app, people):
    with audit.acting(people["shichang-jingban"].as_actor()):
        yield gate.viewer_of(people["shichang-jingban"])


def owed(kind: str) -> list[tuple[str, str, str]]:
    query = (
        Obligation.select()
        .where((Obligation.kind == kind) & (Obligation.unit == HOME))
        .order_by(Obligation.id)
    )
    return [(o.state, str(o.started_on), str(o.deadline)) for o in query]


def test_both_lists_sent_fulfil_the_clock_and_a_late_row_is_marked(officer, hand) -> None:
    quarter_lists.open_due(clock.today())
    quarter_lists.send(
        HOME, Q3, "permits", listing(("甲公司", CODES[0], "许1号", "2026-09-01", "JY1")), "许可.csv"
    )
    assert owed("quarter_list")[0][0] == "open"
    quarter_lists.send_nil(HOME, Q3, "dishonesty")
    assert owed("quarter_list")[0][0] == "fulfilled"
    hand.set(clock.at(date(2026, 10, 8), 9))
    late = quarter_lists.send(
        HOME, Q3, "permits", listing(("甲公司", CODES[0], "许2号", "2026-09-02", "JY2")), "补.csv"
    )
    assert (late.late, late.added) == (True, 1)
    hand.set(clock.at(date(2026, 10, 20), 9))
    with pytest.raises(Refused, match="截止"):
        quarter_lists.send(HOME, Q3, "permits", listing(), "迟.csv")


def test_a_row_that_the_platform_lacks_opens_the_clock_of_its_decision_day_once(officer) -> None:
    subject = registered()
    row = (subject.name, CODES[0], "许〔2026〕1号", "2026/9/1", "JY1")
    for _ in range(2):
        quarter_lists.send(HOME, Q3, "permits", listing(row), "许可.csv")
    assert owed("permit_entry") == [("open", "2026-09-01", "2026-09-10")]
    assert facts.of_all(facts.span_of(Q3))[HOME]["permit_entry"] == {"due": 1, "done": 0}
    fields = permits.Fields("SP01", "JY1", "许(2026)1号", date(2026, 9, 1))
    permits.grant(HOME, subject, fields)
    assert owed("permit_entry") == [("fulfilled", "2026-09-01", "2026-09-10")]
    found = quarter_lists.comparison(HOME, Q3, "permits")
    assert (found.same, found.listed_only, found.held_only) == (1, (), ())


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (("甲", CODES[0], "", "2026-09-01", ""), "决定文书号", "不能为空"),
        (("甲", CODES[0], "许1号", "2026-06-30", ""), "决定日期", "应在2026年第三季度之内、不晚于今天"),
        (("甲", "91310000773718883U", "许1号", "2026-09-01", ""), "统一社会信用代码", "校验"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_are_taken(officer, row, column, rule) -> None:
    good = ("乙", CODES[1], "许2号", "2026-09-01", "")
    made = quarter_lists.send(HOME, Q3, "permits", listing(row, good), "许可.csv")
    assert made.added == 1
    (problem,) = made.problems
    assert (problem["row"], problem["column"]) == (2, column) and rule in problem["rule"]


def test_a_difference_is_resolved_with_a_signed_reason_and_only_the_office_takes_a_row_away(
    officer, people
) -> None:
    quarter_lists.send(HOME, Q3, "permits", listing(("甲", CODES[0], "许1号", "2026-09-01", "")), "许可.csv")
    (only,) = quarter_lists.comparison(HOME, Q3, "permits").listed_only
    here = (HOME, Q3, "permits", "listed", only.identity)
    with pytest.raises(NotAllowed, match="联席会议办公室确认"):
        quarter_lists.resolve(officer, *here, "list_wrong", "不是本局决定")
    with pytest.raises(Refused, match="写明理由"):
        quarter_lists.resolve(officer, *here, "will_enter", " ")
    with pytest.raises(Missing):
        quarter_lists.resolve(gate.viewer_of(people["gongan-jingban"]), *here, "will_enter", "补录")
    quarter_lists.resolve(officer, *here, "will_enter", "正在补录")
    assert quarter_lists.resolutions(HOME, Q3, "permits")[("listed", only.identity)].resolved_by == "市场经办"
    quarter_lists.resolve(gate.viewer_of(people["bangongshi"]), *here, "list_wrong", "经核对不是许可决定")
    assert owed("permit_entry")[0][0] == "withdrawn"


def test_in_the_pages_a_unit_sends_and_sees_its_own_lists_only(app, as_person) -> None:
    person = as_person("shichang-jingban")
    page = "/quarter-lists/2026Q3/market_regulation/permits"
    sent = person.submit(
        page, f"{page}/send", file=(listing(("甲公司", CODES[0], "许1号", "2026-09-01", "JY1")), "许可.csv")
    )
    assert "读到 1 行，新收 1 行" in text_of(sent)
    assert [row[1] for row in table_of(sent, "只在清单里")] == ["许1号"]
    done = person.submit(page, f"{page}/resolve", side="listed", outcome="will_enter", reason="正在补录")
    assert "差异已处理" in text_of(done)
    police = as_person("gongan-jingban")
    assert police.get(page).status_code == 404
    assert "市场监管局" not in text_of(police.get("/quarter-lists/?quarter=2026Q3"))
    assert "市场监管局" in text_of(as_person("bangongshi").get("/quarter-lists/?quarter=2026Q3"))


def test_a_row_of_the_dishonesty_list_opens_the_record_s_clock(officer) -> None:
    quarter_lists.send(HOME, Q3, "dishonesty", listing(("甲公司", CODES[0], "罚1号", "2026-09-01", "")), "失信.csv")
    assert owed("dishonesty") == [("open", "2026-09-01", "2026-09-10")]
    assert facts.of_all(facts.span_of(Q3))[HOME]["dishonesty"] == {"due": 1, "done": 0}
