"""公示 as a work: the queue, the end by itself, withdrawal, the file for the public system."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.areas.credit import corrections, publicity
from plugins.areas.credit.models import DishonestyRecord
from portal import audit, clock, core_hooks, units
from portal.database import database
from portal.obligations import Obligation
from tests.areas.credit import stage


def at(hand, day: date) -> None:
    hand.set(clock.at(day, 11))


def states() -> list[tuple[str, str]]:
    return list(
        DishonestyRecord.select(DishonestyRecord.document_number, DishonestyRecord.publicity)
        .order_by(DishonestyRecord.id)
        .tuples()
    )


def test_the_daily_job_ends_what_is_over_once_and_catches_up_after_a_stop(people, hand):
    stage.published(stage.firm(), "market_regulation", document_number="甲〔2026〕1号")
    stage.published(stage.firm(), "market_regulation", document_number="乙〔2026〕1号", fine=20_000_000)
    at(hand, date(2026, 12, 25))
    core_hooks.daily()
    assert states() == [("甲〔2026〕1号", "published"), ("乙〔2026〕1号", "published")], (
        "the last day is public"
    )
    at(hand, date(2027, 1, 20))
    core_hooks.daily()
    core_hooks.daily()
    assert states() == [("甲〔2026〕1号", "ended"), ("乙〔2026〕1号", "published")]
    (first,) = DishonestyRecord.select().where(DishonestyRecord.publicity == "ended")
    assert [entry.action for entry, _ in audit.history("dishonesty", first.id)].count("停止公示") == 1
    assert first.publicity_ended_on == date(2027, 1, 20)


def test_a_record_whose_period_is_over_before_it_is_published_is_never_published(people, hand):
    made = stage.record(stage.firm(), decided_on=date(2026, 4, 2))
    at(hand, date(2027, 5, 1))
    publicity.publish(made)
    assert made.publicity == "barred"
    assert made.publicity_reason.startswith("公示期已于 2027-04-02 届满，不再公示")
    assert Obligation.get(Obligation.kind == "publicity").state == "fulfilled"


def test_a_warning_is_not_published_and_says_why(people):
    made = stage.record(stage.firm(), "market_regulation", penalty_kinds=("警告",), fine=None)
    assert (made.publicity, made.publicity_reason) == ("barred", "不公示：仅受到警告的行政处罚（第二条）")
    assert not Obligation.select().where(Obligation.kind == "publicity").exists()
    assert not made.in_force(clock.today()), "what the rules keep from the public is no ground for sanctions"


def test_a_whole_queue_is_published_at_once_but_only_what_the_filter_names(people):
    kept = stage.record(stage.firm(), "fire", document_number="消〔2026〕1号")
    for number in range(3):
        stage.record(stage.firm(), document_number=f"公〔2026〕{number}号")
    assert publicity.publish_waiting(DishonestyRecord.unit == "police") == 3
    assert publicity.publish_waiting(DishonestyRecord.unit == "police") == 0
    assert DishonestyRecord.get_by_id(kept.id).publicity == "due"


def test_the_export_names_what_to_do_with_each_row_and_money_in_wan(people, hand):
    shown = stage.published(stage.firm(), document_number="公示〔2026〕1号", fine=1_234_500)
    taken = stage.published(stage.firm(), document_number="撤回〔2026〕1号")
    corrections.annul(DishonestyRecord.get_by_id(taken.id), "复议撤销")
    at(hand, date(2026, 9, 28))
    corrections.correct(
        shown, stage.entry(shown.subject, document_number="公示〔2026〕1号", fine=1_234_600), "更正金额"
    )
    rows = {
        row[4]: (row[0], row[10], row[16], row[17])
        for row in publicity.export_rows(date(2026, 9, 20), date(2026, 9, 30))
    }
    code = units.unit("police").credit_code
    assert rows == {
        "公示〔2026〕1号": ("更正", "1.234600", "公安分局", code),
        "撤回〔2026〕1号": ("撤回", "2.000000", "公安分局", code),
    }
    assert list(publicity.export_rows(date(2026, 9, 29), date(2026, 9, 30))) == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    yuan=st.integers(1_000, 400_000),
    unit=st.sampled_from(["police", "market_regulation"]),
    waited=st.integers(0, 400),
    later=st.integers(0, 1_500),
    runs=st.lists(st.integers(0, 1_500), max_size=2),
)
def test_publicity_never_runs_beyond_its_maximum_whenever_the_daily_job_runs(
    people, hand, yuan, unit, waited, later, runs
):
    with database.atomic() as undone:
        _lives_and_ends(hand, yuan, unit, waited, later, runs)
        undone.rollback()


def _lives_and_ends(hand, yuan: int, unit: str, waited: int, later: int, runs: list[int]) -> None:
    at(hand, date(2026, 9, 25))
    made = stage.record(stage.firm(), unit, fine=yuan * 100, decided_on=date(2026, 9, 25))
    day = date(2026, 9, 25) + timedelta(days=waited)
    at(hand, day)
    publicity.publish(made)
    start = day if unit == "market_regulation" else date(2026, 9, 25)
    longest = (
        36 if unit == "market_regulation" and yuan >= 100_000 else 3 if unit == "market_regulation" else 12
    )
    limit = publicity_limit(start, longest)
    for wait in sorted(runs):
        at(hand, day + timedelta(days=wait))
        publicity.end_due(clock.today())
    then = day + timedelta(days=max([later, *runs]))
    assert DishonestyRecord.get_by_id(made.id).is_public(then) is (
        made.publicity == "published" and then <= limit
    )


def publicity_limit(start: date, months: int) -> date:
    """The same day so many months later, reckoned by hand (no start here falls on a 29th to 31st without its like)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = start.day
    while True:
        try:
            return date(year, month + 1, day)
        except ValueError:
            day -= 1
