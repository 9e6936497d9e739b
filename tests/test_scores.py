"""A quarter's life: live, adjusted with a reason, reviewed, frozen with a digest, revised; who sees what."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from click.testing import CliRunner
from flask import Flask

from portal import audit, clock, facts, obligations, score_acts, scores, units
from portal.cli import main as command
from portal.cli_scores import score as score_command
from portal.database import transaction
from portal.digests import digest_of
from portal.refusals import Missing, Refused
from portal.scores import FrozenScore, board
from portal.users import LoginDay
from portal.workdays import Quarter
from tests.cast import table_of, text_of

Q3 = Quarter(2026, 3)
AFTER = clock.at(date(2026, 10, 20), 9)


def owe(kind: str, number: int, started: date, done: date | None = None, unit: str = "police", hand=None) -> None:
    with transaction():
        obligations.open_obligation(
            kind, unit, record=(kind, number), title=f"{kind} {number}", started_on=started, started_words="推送", days=7
        )
    if done is not None:
        before = clock.now()
        hand.set(clock.at(done, 10))
        with transaction():
            obligations.fulfil(kind, (kind, number))
        hand.set(before)


def to(hand, moment) -> None:
    hand.set(moment)


def line(unit: str, item: str):
    return board(Q3).row(unit).score.line(item)


def test_claims_in_time_late_and_missing_make_the_live_score(app: Flask, hand) -> None:
    owe("claim", 1, date(2026, 9, 1), date(2026, 9, 3), hand=hand)
    owe("claim", 2, date(2026, 9, 1), date(2026, 9, 20), hand=hand)
    owe("claim", 3, date(2026, 9, 1))
    owe("claim", 4, date(2026, 9, 24))  # not due yet: counts nowhere
    found = line("police", "claim")
    assert (found.score, found.formula) == (Decimal("6.00"), "8×2/3 + 2×1/3 = 5.33… + 0.67… = 6.00") or found.score == Decimal("6.00")
    assert board(Q3).row("police").facts["claim"] == {"due": 3, "done": 2, "on_time": 1}


def test_a_new_act_shows_in_the_next_reading(app: Flask, hand) -> None:
    owe("claim", 1, date(2026, 9, 1))
    before = line("police", "claim").score
    with transaction():
        obligations.fulfil("claim", ("claim", 1))
    assert (before, line("police", "claim").score) == (Decimal("0.00"), Decimal("8.00"))


def test_an_act_after_the_closing_moment_closes_the_duty_and_changes_no_score(app: Flask, hand) -> None:
    closing = facts.span_of(Q3).closing
    assert closing == date(2026, 10, 13)
    owe("claim", 1, date(2026, 9, 1), closing, hand=hand)
    owe("claim", 2, date(2026, 9, 1), date(2026, 10, 14), hand=hand)
    to(hand, AFTER)
    assert board(Q3).row("police").facts["claim"] == {"due": 2, "done": 1, "on_time": 0}


def test_a_waiting_roll_back_is_left_out_and_a_moved_duty_is_the_other_unit_s(app: Flask, hand) -> None:
    owe("claim", 1, date(2026, 9, 1))
    owe("claim", 2, date(2026, 9, 1))
    with transaction():
        obligations.wait("claim", ("claim", 1), "police")
    assert board(Q3).row("police").facts["claim"]["due"] == 1


def test_a_row_returned_after_the_closing_moment_stays_in_the_closed_quarter(app: Flask, hand) -> None:
    owe("claim", 1, date(2026, 9, 1))
    to(hand, clock.at(date(2026, 10, 13), 23, 59))
    with transaction():
        obligations.wait("claim", ("claim", 1), "police")
    assert board(Q3).row("police").facts["claim"]["due"] == 0
    with transaction():
        obligations.resume("claim", ("claim", 1), "police", closing_of=facts.closing_of)
    to(hand, clock.at(date(2026, 10, 14)))
    with transaction():
        obligations.wait("claim", ("claim", 1), "police")
    assert board(Q3).row("police").facts["claim"] == {"due": 1, "done": 0, "on_time": 0}
    to(hand, AFTER)
    with transaction():
        obligations.resume("claim", ("claim", 1), "police", closing_of=facts.closing_of)
    owed = obligations.of_record("claim", 1)[0]
    assert (owed.deadline, owed.extended_days, owed.waiting_since) == (date(2026, 9, 10), 0, None)


def test_a_correction_outlives_the_withdrawal_of_what_it_corrected(app: Flask, hand) -> None:
    for number in (1, 2):
        owe("claim", number, date(2026, 9, 1), date(2026, 9, 3), hand=hand)
    owe("claim", 3, date(2026, 9, 1))
    score_acts.adjust(Q3, "police", "claim", {"done": 1}, "系统故障期间已书面认领")
    assert board(Q3).row("police").facts["claim"] == {"due": 3, "done": 3, "on_time": 2}
    with transaction():
        obligations.withdraw("claim", ("claim", 3), "推送有误")
    assert board(Q3).row("police").facts["claim"] == {"due": 2, "done": 2, "on_time": 2}
    with pytest.raises(Refused, match="done 为 3，不能大于 due 的 2"):
        score_acts.adjust(Q3, "police", "claim", {"done": 1}, "再加一条")


def test_login_counts_working_days_up_to_yesterday_and_today_once_earned(app: Flask, people, hand) -> None:
    with transaction():
        LoginDay.create(unit="police", day=date(2026, 9, 24), user=people["gongan-jingban"], at=clock.now())
        LoginDay.create(unit="police", day=date(2026, 9, 26), user=people["gongan-jingban"], at=clock.now())  # a Saturday
    found = board(Q3).row("police").facts["login"]
    span = facts.span_of(Q3)
    yesterday = date(2026, 9, 24)
    assert found == {"done": 1, "due": span.calendar.count(Q3.first, yesterday)}
    with transaction():
        LoginDay.create(unit="police", day=date(2026, 9, 28), user=people["gongan-jingban"], at=clock.now())
    to(hand, clock.at(date(2026, 9, 28), 9))
    assert board(Q3).row("police").facts["login"]["done"] == 2


def test_a_password_login_marks_the_unit_s_day(app: Flask, as_person, hand) -> None:
    to(hand, clock.at(date(2026, 9, 28), 9))
    as_person("gongan-fuze")
    as_person("gongan-jingban")
    assert [(d.unit, d.day) for d in LoginDay.select()] == [("police", date(2026, 9, 28))]


def test_absence_missing_and_late_materials_cost_their_points(app: Flask, hand) -> None:
    def material(number: int, kind: str, done: date | None) -> None:
        with transaction():
            obligations.open_obligation(
                kind, "police", record=(kind, number), title="材料", started_on=date(2026, 8, 3), started_words="要求",
                deadline=date(2026, 8, 10),
            )  # fmt: skip
        if done:
            hand.set(clock.at(done, 10))
            with transaction():
                obligations.fulfil(kind, (kind, number))

    hand.set(clock.at(date(2026, 8, 3), 9))
    material(1, "attendance", None)
    material(2, "material", None)
    material(3, "material", date(2026, 8, 12))
    material(4, "material", date(2026, 8, 10))
    hand.set(clock.at(date(2026, 9, 25), 10))
    assert board(Q3).row("police").facts["meetings"] == {"absent": 1, "missing": 1, "late": 1}
    assert line("police", "meetings").score == Decimal("6.00")


def test_the_office_sets_the_discretionary_part_within_its_bounds_and_with_a_reason(app: Flask) -> None:
    with pytest.raises(Refused, match="必须写明理由"):
        score_acts.adjust(Q3, "police", "unlicensed", {"set": "2.00"}, " ")
    with pytest.raises(Refused, match="5"):
        score_acts.adjust(Q3, "police", "unlicensed", {"set": "5.01"}, "超过了")
    score_acts.adjust(Q3, "police", "unlicensed", {"set": "2.00"}, "有线索但未按要求录入")
    made = board(Q3).row("police")
    assert made.score.line("unlicensed").score == Decimal("2.00")
    assert made.adjustments["unlicensed"].reason == "有线索但未按要求录入"
    assert not made.score.line("unlicensed").waiting


@pytest.mark.parametrize("text", ["", "x", "-1", "1.001", "NaN", "Infinity", "1e9999999"])
def test_what_is_not_a_value_with_two_places_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        score_acts.read_set(text)


def test_the_stages_follow_each_other(app: Flask, hand, people) -> None:
    span = facts.span_of(Q3)
    assert (span.last_workday, span.closing) == (date(2026, 9, 30), date(2026, 10, 13))
    assert scores.stage_of(span) == "open"
    to(hand, clock.at(date(2026, 9, 30), 9))
    assert scores.stage_of(span) == "collecting"
    with pytest.raises(Refused, match="截止以后才能进入复核"):
        score_acts.enter_stage(Q3, "review")
    to(hand, AFTER)
    assert scores.stage_of(span) == "scoring"
    with pytest.raises(Refused, match="复核阶段结束以后"):
        score_acts.freeze(Q3)
    score_acts.enter_stage(Q3, "review")
    frozen = score_acts.freeze(Q3)
    assert (frozen.revision, scores.stage_of(span)) == (1, "final")


def reviewed(hand, people):
    owe("claim", 1, date(2026, 9, 1))
    to(hand, AFTER)
    score_acts.enter_stage(Q3, "review")
    liaison = people["gongan-lianluo"]
    liaison.unit_label = "公安分局"
    with audit.acting(liaison.as_actor()):
        return score_acts.ask_review(liaison, Q3, "claim", "该主体不在辖区，不应计入应认领数")


def test_a_review_is_asked_line_by_line_answered_and_corrects_the_counts(app: Flask, hand, people) -> None:
    review = reviewed(hand, people)
    assert line("police", "claim").score == Decimal("0.00")
    with pytest.raises(Refused, match="还有没有答复的复核申请"):
        score_acts.freeze(Q3)
    with audit.acting(people["bangongshi"].as_actor()):
        score_acts.answer_review(review.id, "情况属实，剔除 1 户", {"due": -1})
    found = line("police", "claim")
    assert (found.score, found.nothing_due) == (Decimal("10.00"), True)
    assert scores.Review.get_by_id(review.id).state == "corrected"
    with pytest.raises(Refused, match="已经答复过"):
        score_acts.answer_review(review.id, "再答", None)
    [owed] = obligations.of_record("review", review.id)
    assert (owed.kind, owed.state) == ("review_answer", "fulfilled")


def test_a_review_after_its_days_is_refused(app: Flask, hand, people) -> None:
    to(hand, AFTER)
    score_acts.enter_stage(Q3, "review")
    to(hand, clock.at(date(2026, 10, 28), 0, 1))
    with pytest.raises(Refused, match=r"复核申请已于 2026-10-27 24:00 截止"):
        score_acts.ask_review(people["gongan-lianluo"], Q3, "claim", "晚了一天的理由")


def test_a_frozen_quarter_never_changes_and_its_digest_stands_in_the_audit_log(app: Flask, hand, people) -> None:
    owe("claim", 1, date(2026, 9, 1))
    to(hand, AFTER)
    score_acts.enter_stage(Q3, "review")
    frozen = score_acts.freeze(Q3)
    shown = scores.as_plain(board(Q3))["units"]
    with transaction():
        obligations.fulfil("claim", ("claim", 1))
        obligations.Obligation.delete().execute()
    assert scores.as_plain(board(Q3))["units"] == shown
    assert frozen.digest == digest_of(FrozenScore.get_by_id(frozen.id).content)
    [(entry, changes)] = audit.history("quarter", "2026Q3")[:1]
    assert entry.action == "季度评分定稿" and ["digest", None, frozen.digest] in changes
    with pytest.raises(Refused, match="已经定稿"):
        score_acts.adjust(Q3, "police", "unlicensed", {"set": "1"}, "迟到的酌情")


def test_a_correction_is_a_new_numbered_revision_with_a_reason(app: Flask, hand, people) -> None:
    owe("claim", 1, date(2026, 9, 1))
    to(hand, AFTER)
    score_acts.enter_stage(Q3, "review")
    first = score_acts.freeze(Q3)
    second = score_acts.revise(Q3, "police", "claim", {"due": -1}, "该户属邻区，误计")
    assert (second.revision, second.reason, line("police", "claim").score) == (2, "该户属邻区，误计", Decimal("10.00"))
    assert FrozenScore.get_by_id(first.id).content == first.content
    with pytest.raises(Refused):
        score_acts.revise(Q3, "police", "claim", {"due": -5}, "应办不能为负")


def test_the_year_is_the_mean_of_its_final_quarters(app: Flask, hand) -> None:
    to(hand, AFTER)
    score_acts.enter_stage(Q3, "review")
    score_acts.freeze(Q3)
    finals, rows = scores.year_rows(2026)
    assert finals == [Q3]
    assert all(total == own["2026Q3"] for _, own, total in rows)


def test_a_quarter_before_the_first_scheme_or_after_today_has_no_scores(app: Flask, as_person, monkeypatch) -> None:
    monkeypatch.setattr("portal.cli_scores.application", lambda: app)
    office = as_person("bangongshi")
    for quarter, words in (("1950Q1", "1950-03-31 没有施行中的计分细则"), ("2030Q1", "2030年第一季度还没有开始")):
        answer = office.get(f"/scores/{quarter}")
        assert (answer.status_code, words in text_of(answer)) == (404, True)
        told = CliRunner().invoke(command, ["score", quarter])
        assert (told.exit_code, told.stderr.strip()) == (2, words)


def test_a_unit_that_left_is_not_scored_from_that_day(app: Flask) -> None:
    request = units.ask("fire", False, clock.today(), "机构改革")
    units.answer(request.id, True)
    with pytest.raises(Missing):
        board(Q3).row("fire")


def test_every_member_sees_totals_and_only_its_own_rows(app: Flask, as_person) -> None:
    owe("claim", 1, date(2026, 9, 1))
    fire_reads = as_person("shichang-jingban")
    assert len(table_of(fire_reads.get("/scores/2026Q3"), "各单位得分")) == 14
    hidden = fire_reads.get("/scores/2026Q3/police/claim")
    assert "只有本单位、联席会议办公室和召集人可以查看" in text_of(hidden) and "claim 1" not in text_of(hidden)
    for account in ("gongan-jingban", "bangongshi", "zhaojiren", "fuzhaojiren"):
        rows = table_of(as_person(account).get("/scores/2026Q3/police/claim?which=missed"), "背后的记录")
        assert [row[0] for row in rows] == ["claim 1"], account


def test_the_pages_carry_a_quarter_from_adjusting_to_the_frozen_result(app: Flask, as_person, hand) -> None:
    to(hand, AFTER)
    office, police = as_person("bangongshi"), as_person("gongan-lianluo")
    item = "/scores/2026Q3/police/unlicensed"
    assert "理由" in text_of(office.submit(item, f"{item}/adjust", value="2.00", reason="未按要求录入，酌情"))
    assert "2.00" in text_of(office.get(item)) and "未按要求录入，酌情" in text_of(office.get(item))
    refused = office.submit(item, f"{item}/adjust", value="9", reason="太多")
    assert refused.status_code == 422 and "9" in text_of(refused)
    office.submit("/scores/2026Q3", "/scores/2026Q3/stage")
    review = "/scores/2026Q3/unlicensed/review"
    assert "复核申请已提交" in text_of(police.submit(item, review, reason="本季度已录入两起线索"))
    assert "复核申请已提交" not in text_of(police.submit(item, review, reason="再申请一次试试"))
    answer = "/scores/reviews/1/answer"
    assert "已答复" in text_of(office.submit(item, answer, outcome="kept", answer="平台上没有录入记录"))
    assert "已定稿" in text_of(office.submit("/scores/2026Q3", "/scores/2026Q3/stage", stage="final"))
    assert "平台上没有录入记录" in text_of(police.get(item))


def test_the_command_prints_what_the_page_shows(app: Flask, monkeypatch) -> None:
    monkeypatch.setattr("portal.cli_scores.application", lambda: app)
    done = CliRunner().invoke(score_command, ["2026Q3", "--json"])
    printed = json.loads(done.output)
    assert printed == json.loads(json.dumps(scores.as_plain(board(Q3))))
    assert printed["units"][0]["rank"] == 1
