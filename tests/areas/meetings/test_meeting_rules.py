"""The rules of the joint meeting as tables: who convenes, what follows what, what an attendance means."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.meetings import drafting, rules
from plugins.areas.meetings.rules import ALL, LIAISON, SOME, Person

CONVENOR = Person(roles=frozenset({"convenor"}))
DEPUTY = Person(roles=frozenset({"deputy_convenor"}))
CHARGED = Person(roles=frozenset({"deputy_convenor"}), charged=True)
TO_SIGN = Person(roles=frozenset({"deputy_convenor"}), charged=True, charged_to_sign=True)
OFFICE = Person("market_regulation", frozenset({"office"}))
POLICE = Person("police", frozenset({"officer"}))
POLICE_INSPECTOR = Person("police", frozenset({"inspector"}))
FIRE = Person("fire", frozenset({"liaison"}))


@pytest.mark.parametrize(
    ("kind", "who", "may_prepare", "may_convene", "drafts_minutes"),
    [
        (ALL, CONVENOR, True, True, False),
        (ALL, DEPUTY, True, False, False),
        (ALL, CHARGED, True, True, False),
        (ALL, OFFICE, True, False, True),
        (ALL, POLICE, False, False, False),
        (SOME, POLICE, True, True, True),
        (SOME, POLICE_INSPECTOR, False, False, False),
        (SOME, FIRE, False, False, False),
        (SOME, OFFICE, False, False, False),
        (SOME, CONVENOR, False, False, False),
        (LIAISON, OFFICE, True, True, True),
        (LIAISON, CONVENOR, False, False, False),
        (LIAISON, POLICE, False, False, False),
    ],
)
def test_each_kind_is_convened_only_by_those_who_may(kind, who, may_prepare, may_convene, drafts_minutes):
    unit = "police" if kind == SOME else ""
    assert (rules.why_not_prepare(kind, unit, who) is None) == may_prepare
    assert (rules.why_not_convene(kind, unit, who) is None) == may_convene
    assert rules.drafts_minutes(kind, unit, who) == drafts_minutes


@pytest.mark.parametrize(
    ("who", "may"), [(CONVENOR, True), (DEPUTY, False), (CHARGED, False), (TO_SIGN, True), (OFFICE, False)]
)
def test_the_convenor_signs_and_a_deputy_only_with_that_charge(who, may):
    assert rules.may_sign(who) == may


@pytest.mark.parametrize("state", rules.MEETING_STATES)
@pytest.mark.parametrize("act", ["edit", "change", "convene", "cancel", "close", "correct"])
def test_a_meeting_goes_on_only_as_the_table_says(state, act):
    allowed = {
        "draft": {"edit": "draft", "convene": "convened", "cancel": "cancelled"},
        "convened": {"change": "convened", "cancel": "cancelled", "close": "held"},
        "held": {"correct": "held"},
        "cancelled": {},
    }
    assert rules.meeting_after(state, act) == allowed[state].get(act)


#: state → act → (who, next): the whole of 附件1 三（三） in one table.
MINUTES = {
    "drafting": {"save": ("drafter", "drafting"), "circulate": ("drafter", "consulting")},
    "consulting": {
        "save": ("drafter", "consulting"), "recall": ("drafter", "drafting"), "submit": ("drafter", "office"),
    },
    "office": {"save": ("office", "office"), "return": ("office", "drafting"), "ask_signature": ("office", "signing")},
    "signing": {"return": ("signer", "office"), "sign": ("signer", "signed")},
    "signed": {"return": ("office", "office"), "issue": ("office", "issuing")},
    "issuing": {"return": ("office", "office"), "again": ("office", "issuing"), "made": ("runner", "issued")},
    "issued": {},
}  # fmt: skip


@pytest.mark.parametrize("state", rules.MINUTES_STATES)
@pytest.mark.parametrize("act", rules.ACT_WORDS)
@pytest.mark.parametrize("doer", ["drafter", "office", "signer", "nobody"])
def test_minutes_go_on_only_as_the_table_says(state, act, doer):
    who, after = MINUTES[state].get(act, ("", ""))
    refusal = rules.why_not_minutes(state, act, {doer})
    assert (refusal is None) == (who == doer)
    if refusal is None:
        assert rules.MINUTES_ACTS[(state, act)] == (after, doer)


@pytest.mark.parametrize(
    ("state", "act", "doer"),
    [("office", "ask_signature", "office"), ("signing", "sign", "signer"), ("signed", "issue", "office")],
)
def test_an_open_comment_stops_signature_and_issue(state, act, doer):
    assert rules.why_not_minutes(state, act, {doer}, 0) is None
    assert "还有 2 条意见没有答复" in rules.why_not_minutes(state, act, {doer}, 2)


@pytest.mark.parametrize(
    ("waiting", "today", "comments", "may"),
    [(0, 25, 0, True), (3, 28, 0, False), (3, 29, 0, True), (0, 29, 1, False), (3, 29, 1, False)],
)
def test_a_draft_waits_for_answers_until_its_day_and_for_every_comment(waiting, today, comments, may):
    refusal = rules.why_not_submit(waiting, date(2026, 9, 28), date(2026, 9, today), comments)
    assert (refusal is None) == may


@pytest.mark.parametrize(
    ("state", "leave_counts", "effect"),
    [
        ("present", True, "fulfilled"), ("proxy", True, "fulfilled"), ("absent", True, "missed"), ("leave", True, "missed"),
        ("leave", False, "withdrawn"), ("absent", False, "missed"), ("expected", True, "open"), ("expected", False, "open"),
    ],
)  # fmt: skip
def test_what_an_attendance_means_for_the_duty(state, leave_counts, effect):
    assert rules.attendance_effect(state, leave_counts) == effect


TEXT = st.text(alphabet="一二（）12.甲乙丙|\n ", max_size=60)


@settings(max_examples=80, deadline=None)
@given(TEXT, TEXT)
def test_differences_lose_no_sign_of_either_text(old, new):
    rows = drafting.differences(old, new)
    left = [parts for kind, parts in rows if kind != "new"]
    right = [parts for kind, parts in rows if kind != "old"]
    assert "\n".join("".join(text for text, _ in parts) for parts in left) == old
    assert "\n".join("".join(text for text, _ in parts) for parts in right) == new
