"""What can no longer be done leaves the inbox, and still counts as due and not done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock, facts, obligations
from portal.database import transaction
from portal.links import record_link
from portal.workdays import Quarter

RECORD = ("attendee", 1)


@pytest.fixture
def owed(app, people, hand):
    with transaction():
        obligations.open_obligation(
            "attendance", "police", record=RECORD, title="参加会议", started_on=clock.today(), started_words="通知",
            deadline=clock.today(),
        )  # fmt: skip
    return hand


def absences(hand) -> int:
    hand.set(hand.now() + timedelta(days=1))
    return facts.of_all(facts.span_of(Quarter(2026, 3)), ["police"])["police"]["meetings"]["absent"]


def test_a_missed_row_is_counted_and_no_longer_in_the_inbox(owed):
    with transaction():
        assert obligations.miss("attendance", RECORD, "请假") == 1
    assert obligations.inbox("police").rows == []
    missed = obligations.inbox("police", state=obligations.MISSED).rows
    assert [(row.reason, obligations.lamp(row).text) for row in missed] == [("请假", "未履行")]
    assert absences(owed) == 1


def test_a_correction_gives_the_row_back_and_it_can_be_fulfilled(owed):
    with transaction():
        obligations.miss("attendance", RECORD, "缺席")
        assert obligations.restore("attendance", RECORD) == 1
        assert obligations.fulfil("attendance", RECORD) == 1
    assert absences(owed) == 0


def test_what_was_wrongly_noted_as_done_is_taken_back(owed):
    with transaction():
        obligations.fulfil("attendance", RECORD)
        assert obligations.miss("attendance", RECORD, "更正：未到会") == 1
    assert absences(owed) == 1


def test_two_areas_share_a_kind_by_naming_their_record(app, monkeypatch):
    from portal.plugging import registry

    monkeypatch.setattr(
        registry(), "obligation_pages", {"consult:minutes": "inbox.index", "consult": "home.index"}
    )
    with app.test_request_context():
        assert record_link("consult", "7", "minutes").startswith("/inbox/")
        assert record_link("consult", "7", "joint_plan").startswith("/?record_id")
        assert record_link("urge", "7", "urge") is None
