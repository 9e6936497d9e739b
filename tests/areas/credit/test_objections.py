"""异议: who may do what in which state, the two receipts and their clocks, the written reply, the correction."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pdfplumber
import pytest

from plugins.areas.credit import (
    corrections,
    letters,
    objection_rules,
    objections,
    publicity,
    repairs,
)
from plugins.areas.credit.models import DishonestyRecord, Objection, RecordVersion
from plugins.areas.credit.objection_rules import STATE_LABELS
from plugins.areas.credit.objections import Application
from plugins.areas.credit.repair_rules import CONFIRMED_BY_OFFICER
from portal import clock
from portal.obligations import FULFILLED, OPEN, WITHDRAWN, Obligation
from portal.refusals import Refused, Stale
from tests.areas.credit import stage
from tests.cast import table_of

DESK, SOURCE, ELSEWHERE = "shichang-jingban", "gongan-jingban", "shenpi-jingban"
READER = "gongan-fuze"


def application(**more) -> Application:
    values = {"applicant_kind": "party", "applicant": "某公司", "item": "罚款金额", "claim": "应为一万元"}
    return Application(**(values | more))


def received(people, **more) -> Objection:
    made = stage.published(stage.firm())
    with stage.acting(people[DESK]):
        return objections.receive(made, application(**more), desk="market_regulation")


def do(objection: Objection, act: str, viewer) -> None:
    right = stage.entry(objection.record.subject, fine=1_000_000)
    {
        "differs": lambda: objections.find_different(objection, viewer, "决定书为一万元"),
        "transfer": lambda: objections.transfer(objection, viewer, "与来源一致"),
        "sign": lambda: objections.sign(objection, viewer),
        "reply": lambda: objections.reply(objection, viewer, "案卷与公示一致"),
        "correct": lambda: objections.correct(objection, viewer, right, "罚款改为一万元"),
        "withdraw": lambda: objections.withdraw(objection, viewer, "来函撤回"),
    }[act]()


#: How each state is reached.
PATHS = {
    "received": (), "differs": ("differs",), "transferred": ("transfer",), "verifying": ("transfer", "sign"),
    "corrected": ("differs", "correct"), "replied": ("transfer", "sign", "reply"), "withdrawn": ("withdraw",),
}  # fmt: skip
PERSON = {"differs": DESK, "transfer": DESK, "withdraw": DESK, "sign": SOURCE, "reply": SOURCE}


def walked(people, state: str) -> Objection:
    made = received(people)
    for act in PATHS[state]:
        account = PERSON.get(act) or (DESK if made.state == "differs" else SOURCE)
        with stage.acting(people[account]) as viewer:
            do(made, act, viewer)
    assert made.state == state
    return made


#: state → {account: acts that succeed}; everything else is refused.
ALLOWED = {
    "received": {DESK: {"differs", "transfer", "withdraw"}},
    "differs": {DESK: {"correct", "withdraw"}},
    "transferred": {DESK: {"withdraw"}, SOURCE: {"sign"}},
    "verifying": {DESK: {"withdraw"}, SOURCE: {"reply", "correct"}},
    "corrected": {}, "replied": {}, "withdrawn": {},
}  # fmt: skip


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("account", [DESK, SOURCE, ELSEWHERE, READER])
def test_transitions_by_state_and_person(people, account, state):
    made = walked(people, state)
    succeeded = set()
    for act in objection_rules.ACT_LABELS:
        again = Objection.get_by_id(made.id)
        with stage.acting(people[account]) as viewer, stage.undone():
            try:
                do(again, act, viewer)
                succeeded.add(act)
            except Refused as refusal:
                assert str(refusal)
    assert succeeded == ALLOWED[state].get(account, set())


def clocks(objection: Objection) -> list[tuple]:
    rows = Obligation.select().where(Obligation.record_type == "objection").order_by(Obligation.id)
    return [(row.kind, row.unit, row.state, row.started_on, row.deadline) for row in rows]


def test_the_two_receipts_start_two_clocks(people, hand):
    made = received(people)
    hand.set(clock.at(date(2026, 9, 28), 11))
    with stage.acting(people[DESK]) as viewer:
        do(made, "transfer", viewer)
    hand.set(clock.at(date(2026, 9, 30), 11))
    with stage.acting(people[SOURCE]) as viewer:
        do(made, "sign", viewer)
    assert clocks(made) == [
        ("objection_transfer", "market_regulation", FULFILLED, date(2026, 9, 25), date(2026, 9, 30)),
        ("objection_verify", "police", WITHDRAWN, date(2026, 9, 28), date(2026, 10, 23)),
        ("objection_verify", "police", OPEN, date(2026, 9, 30), date(2026, 10, 27)),
    ]
    assert (made.received_on, made.transferred_on, made.unit_received_on) == (
        date(2026, 9, 25),
        date(2026, 9, 28),
        date(2026, 9, 30),
    )
    with stage.acting(people[SOURCE]) as viewer:
        do(made, "reply", viewer)
    assert clocks(made)[2][2] == FULFILLED


def test_what_differs_from_the_source_is_corrected_by_the_desk_within_three_days_of_receipt(people):
    made = walked(people, "differs")
    assert clocks(made) == [
        ("objection_transfer", "market_regulation", WITHDRAWN, date(2026, 9, 25), date(2026, 9, 30)),
        ("objection_correct", "market_regulation", OPEN, date(2026, 9, 25), date(2026, 9, 30)),
    ]
    with stage.acting(people[DESK]) as viewer:
        do(made, "correct", viewer)
    assert clocks(made)[1][2] == FULFILLED
    (kept,) = RecordVersion.select()
    assert (kept.values["fine"], DishonestyRecord.get_by_id(made.record_id).fine) == (2_000_000, 1_000_000)
    assert kept.corrected_by == "市场经办" and "罚款改为一万元" in kept.reason


@pytest.mark.parametrize("end", ["corrected", "replied", "withdrawn"])
def test_the_record_is_marked_as_disputed_until_the_objection_ends(people, end):
    made = received(people)
    assert DishonestyRecord.get_by_id(made.record_id).publicity_label == "公示中（异议处理中）"
    Objection.update(state="withdrawn").where(Objection.id == made.id).execute()
    over = walked(people, end)
    assert DishonestyRecord.get_by_id(over.record_id).publicity_label == "公示中"


def test_the_reply_is_a_numbered_letter_with_its_reasons(people):
    made = walked(people, "replied")
    (letter,) = letters.of("objection", made.id)
    assert letters.number_of(letter).endswith("信〔2026〕1号")
    with pdfplumber.open(io.BytesIO(letters.pdf(letter))) as book:
        text = book.pages[0].extract_text().replace("\n", "")
    for words in (
        "关于公示信息异议的答复",
        "某公司：",
        "异议事项：罚款金额",
        "与实际情况一致",
        "案卷与公示一致",
        "公安分局",
        "2026年9月25日",
    ):
        assert words in text
    assert letters.pdf(letter) == letters.pdf(letter)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"claim": " "}, "claim", "异议请求和理由不能为空"),
        ({"item": ""}, "item", "异议事项不能为空"),
        ({"applicant": ""}, "applicant", "申请人不能为空"),
        ({"applicant_kind": "somebody"}, "applicant_kind", "请选择申请人身份"),
        ({"applicant_code": "91310000773718882X"}, "applicant_code", "校验位不对"),
        ({"claim": "长" * 2001}, "claim", "有 2001 个字，最多 2000 个"),
    ],
)
def test_an_incomplete_application_is_refused(people, change, field, words):
    with pytest.raises(Refused) as refused:
        received(people, **change)
    assert words in refused.value.fields[field]


def test_nobody_objects_to_what_is_not_or_no_longer_public(people, hand):
    firm = stage.firm()
    waiting = stage.record(firm, document_number="待〔2026〕1号")
    gone = stage.published(firm, document_number="撤〔2026〕1号")
    corrections.annul(gone, "撤销")
    repaired = stage.published(firm, document_number="修〔2026〕1号", decided_on=date(2026, 6, 1))
    repair = repairs.apply(repaired, applicant="甲", statement="已改", entered_unit="police")
    repairs.approve(repair, confirmed=frozenset(CONFIRMED_BY_OFFICER))
    over = stage.published(firm, document_number="满〔2026〕1号")
    for number, words in (
        (waiting.id, "公示状态是“待公示”"),
        (gone.id, "已经撤销"),
        (repaired.id, "已于2026年9月25日修复并停止公示"),
    ):
        with pytest.raises(Refused, match=words):
            objections.receive(DishonestyRecord.get_by_id(number), application(), desk="market_regulation")
    hand.set(clock.at(date(2027, 9, 18), 12) + timedelta(days=1))
    with pytest.raises(Refused, match="异议针对公示中的信息"):
        objections.receive(over, application(), desk="market_regulation")
    assert publicity.end_due(clock.today()) == 1


def test_one_applicant_has_one_open_objection_to_a_record_and_others_have_theirs(people):
    made = received(people)
    with pytest.raises(Refused, match="已于2026年9月25日受理，正在办理"):
        objections.receive(made.record, application(applicant="某 公司"), desk="market_regulation")
    other = objections.receive(made.record, application(applicant="另一公司"), desk="market_regulation")
    with stage.acting(people[DESK]) as viewer:
        do(Objection.get_by_id(other.id), "withdraw", viewer)
    assert DishonestyRecord.get_by_id(made.record_id).disputed, "the first one still runs"


@pytest.mark.parametrize(
    "state, clocks_end", [("received", [WITHDRAWN]), ("differs", [WITHDRAWN, WITHDRAWN]), ("verifying", [FULFILLED, WITHDRAWN, FULFILLED])]
)  # fmt: skip
def test_an_annulled_decision_ends_what_is_under_way_on_it_and_the_applicants_are_told(people, state, clocks_end):
    made = walked(people, state)
    repair = repairs.apply(
        DishonestyRecord.get_by_id(made.record_id), applicant="某公司", statement="已改", entered_unit="police"
    )
    with stage.acting(people[SOURCE]):
        corrections.annul(DishonestyRecord.get_by_id(made.record_id), "通政复〔2026〕3号")
    ended, record = Objection.get_by_id(made.id), DishonestyRecord.get_by_id(made.record_id)
    assert (ended.state_label, str(ended.closed_on), record.disputed) == ("决定已撤销，终结办理", "2026-09-25", False)
    assert [row[2] for row in clocks(made)] == clocks_end, "a verification is done by the annulment, the rest is owed no more"
    repair = type(repair).get_by_id(repair.id)
    assert (repair.state_label, str(repair.decided_on)) == ("决定已撤销，终结办理", "2026-09-25")
    (decision,) = Obligation.select().where(Obligation.kind == "repair_decision")
    assert decision.state == WITHDRAWN
    told = [letters.of("objection", made.id)[-1], *letters.of("repair", repair.id)]
    assert [letter.title for letter in told] == ["关于公示信息异议的答复", "关于信用修复申请的告知书"]
    assert all("通政复〔2026〕3号" in "".join(letter.values["paragraphs"]) for letter in told)


def test_what_is_under_way_comes_first_with_its_clock_and_what_is_closed_is_found_in_its_tab(as_person, people):
    closed = walked(people, "withdrawn")
    waiting = objections.receive(
        DishonestyRecord.get_by_id(closed.record_id), application(applicant="后来的公司"), desk="market_regulation"
    )
    assert waiting.state == "received"
    desk = as_person(DESK)
    (row,) = table_of(desk.get("/credit/objections"), "异议")
    assert row[0] == "后来的公司" and "剩 3 天" in row[6] and "收到异议申请书 9月25日" in row[6]
    assert [one[0] for one in table_of(desk.get("/credit/objections?state=withdrawn"), "异议")] == ["某公司"]
    assert [one[0] for one in table_of(desk.get("/credit/objections?state=all"), "异议")] == ["后来的公司", "某公司"]


def test_two_officers_at_once_the_second_is_told(people):
    made = received(people)
    second = Objection.get_by_id(made.id)
    with stage.acting(people[DESK]) as viewer:
        do(made, "transfer", viewer)
        with pytest.raises(Stale, match="刚被别人办过"):
            do(second, "differs", viewer)
    assert Objection.get_by_id(made.id).state == "transferred"


def test_every_state_has_its_words_and_every_act_too():
    assert {state for state, _ in objection_rules.TRANSITIONS} | {
        to for _, to in objection_rules.TRANSITIONS.values()
    } == set(STATE_LABELS) - {objection_rules.LAPSED}, "no person's act ends an objection so: an annulment does"
    assert {act for _, act in objection_rules.TRANSITIONS} == set(objection_rules.ACT_LABELS)
