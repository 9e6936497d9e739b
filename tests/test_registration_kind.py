"""Registrations as a record kind: read by one declaration, stored in batches by the rules of a single one, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from portal import audit, obligations, record_reading, registration_kind, subject_search, subjects, units
from portal.audit import AuditEntry
from portal.database import transaction
from portal.digests import sm3
from portal.gate import viewer_of
from portal.hookspecs import hookimpl
from portal.obligations import Obligation
from portal.plugging import registry
from portal.record_kinds import Stored
from portal.refusals import NotAllowed, Refused
from portal.spreadsheets import is_credit_code
from portal.subject_search import Filters
from portal.subjects import Subject, SubjectEvent

KIND = registration_kind.KIND
DAY = date(2026, 9, 1)


def code(number: int) -> str:
    """A credit code whose check sign is right."""
    body = f"91320691MA1{number:06d}"
    return body + uscc.calc_check_digit(body)


def row(number: int, **rest: Any) -> dict[str, Any]:
    return {
        "event": "设立", "name": f"南通{number:06d}号商贸有限公司", "code": code(number), "approved": DAY, "category": "企业",
        "scope": "日用百货销售", "capital": 100_000_000, **rest,
    }  # fmt: skip


@pytest.fixture
def pusher(app) -> str:
    return units.holder("registrar").key


def store(rows: list[dict[str, Any]], unit: str) -> list[Stored | Refused]:
    with transaction():
        return KIND.store(rows, unit=unit, source="导入 1")


def outcomes(answers: list[Stored | Refused]) -> list[str]:
    return [answer.outcome if isinstance(answer, Stored) else "wrong" for answer in answers]


@settings(max_examples=300)
@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=18, max_size=18))
def test_the_quick_check_sign_is_the_librarys(text: str) -> None:
    fixed = (
        "91"
        + text[2:8].translate(str.maketrans("ABCDEFGHJKLMNPQRTUWXY", "012345678901234567890"[:21]))
        + text[8:17]
    )
    assert is_credit_code(fixed + uscc.calc_check_digit(fixed))
    assert is_credit_code(fixed + text[17]) == (uscc.calc_check_digit(fixed) == text[17])


def test_a_batch_stores_what_single_registrations_would_store(pusher: str) -> None:
    first = store([row(1), row(2, scope="食品销售")], pusher)
    single, _ = subjects.register(registration_kind.registration_of(row(3)), unit=pusher, source="表单")
    assert outcomes(first) == ["created", "created"]
    batched = Subject.get_by_id(first[0].record_id)
    alike = subjects.plain(Subject.get_by_id(single.id)) | {
        "name": batched.name,
        "credit_code": batched.credit_code,
        "classification": batched.classification,
    }
    assert subjects.plain(batched) == alike
    assert [n.name for n in batched.names] == [batched.name]
    event = batched.events.get()
    assert (event.event, event.day, event.unit, event.source) == ("设立", DAY, pusher, "导入 1")
    assert event.digest == subjects.digest_of(event.values)
    found = subject_search.search(Filters(text="000002号"))
    assert [s.id for s in found.rows] == [first[1].record_id]
    assert subject_search.search(Filters(text=code(1))).rows[0].id == first[0].record_id


def test_one_audit_entry_stands_for_the_batch_and_holds_the_digest_of_its_rows(pusher: str) -> None:
    before = AuditEntry.select().where(AuditEntry.record_type == "registration_batch").count()
    store([row(n) for n in range(40)], pusher)
    entries = list(AuditEntry.select().where(AuditEntry.record_type == "registration_batch"))
    assert len(entries) - before == 1
    (_, changes), *_ = audit.history("registration_batch", entries[-1].record_id)
    digests = [d for (d,) in SubjectEvent.select(SubjectEvent.digest).order_by(SubjectEvent.id).tuples()]
    assert ["digest", None, sm3("".join(digests).encode())] in changes
    assert audit.verify().broken is None


def test_the_areas_are_told_of_every_new_subject(pusher: str) -> None:
    told: list[tuple[str, str]] = []

    class Listener:
        @hookimpl
        def on_subject_registered(self, subject: Any, event: str, before: Any) -> None:
            told.append((subject.credit_code, event))

    listener = Listener()
    registry().manager.register(listener)
    try:
        store([row(1), row(2)], pusher)
    finally:
        registry().manager.unregister(listener)
    assert told == [(code(1), "设立"), (code(2), "设立")]


def test_what_the_areas_do_for_a_batch_is_what_they_do_for_one(pusher: str) -> None:
    """The same push, reading, clock and class, whether a registration came alone or with others."""
    from plugins.areas.licensing.models import Push

    scopes = ["食品销售", "日用百货销售", "许可项目：火箭发射；食品生产", ""]
    rows = [row(n, scope=scope) for n, scope in enumerate(scopes)]
    batch = store(rows, pusher)
    singles = [
        subjects.register(registration_kind.registration_of(row(n + 10, scope=scope)), unit=pusher, source="导入 1")[0]
        for n, scope in enumerate(scopes)
    ]

    def seen(subject_id: int) -> list[Any]:
        push = Push.get(Push.subject == subject_id)
        owed = Obligation.get(Obligation.subject == subject_id)
        kept = {name: value for name, value in push.__data__.items() if name not in ("id", "subject", "event", "entered_at")}
        own = {name: value for name, value in owed.__data__.items() if name not in ("id", "subject", "record_id", "identity", "title", "opened_at")}
        return [kept, own, owed.record_id == str(push.id), owed.identity == f"push:{push.id}", owed.title.partition("：")[0]]

    assert [seen(a.record_id) for a in batch] == [seen(s.id) for s in singles]
    stock = KIND.store([row(20, scope="食品销售"), row(21)], unit=pusher, source="存量")
    alone, _ = subjects.register(registration_kind.registration_of(row(22, scope="食品销售")), unit=pusher, source="存量")
    assert [Subject.get_by_id(a.record_id).classification for a in stock] == ["licensed", "ordinary"]
    assert Subject.get_by_id(alone.id).classification == "licensed"


@pytest.mark.parametrize(
    ("there", "sent", "becomes"),
    [
        ([], [row(1)], ["created"]),
        ([row(1)], [row(1)], ["same"]),
        ([row(1)], [row(1, event="变更", scope="食品销售")], ["changed"]),
        ([row(1)], [row(1, scope="食品销售")], ["wrong"]),
        ([], [row(1, event="注销")], ["wrong"]),
        ([row(1)], [row(1, event="注销", approved=date(2026, 9, 9))], ["changed"]),
        ([], [row(1), row(1, event="变更", scope="食品销售")], ["created", "changed"]),
        ([], [row(1), row(1)], ["created", "same"]),
        ([], [row(1, code="91320691MA1000000A"), row(2)], ["wrong", "created"]),
        ([], [row(1, name="甲"), row(2, approved=date(2027, 1, 1)), row(3)], ["created", "wrong", "created"]),
        ([], [row(1, code="", category="个体工商户", address="一路1号")], ["created"]),
        ([row(1, code="", category="个体工商户", address="一路1号")], [row(1, code="", category="个体工商户", address="一路1号")], ["same"]),
    ],
)  # fmt: skip
def test_each_row_has_its_own_outcome(pusher: str, there: Any, sent: Any, becomes: list[str]) -> None:
    store(there, pusher)
    assert outcomes(store(sent, pusher)) == becomes
    assert outcomes(store(sent, pusher)) == ["wrong" if b == "wrong" else "same" for b in becomes]


def test_the_dry_run_says_what_storing_does_and_stores_nothing(pusher: str) -> None:
    store([row(1), row(2)], pusher)
    sent = [
        row(1),
        row(2, event="变更", scope="食品销售"),
        row(3),
        row(4, event="注销"),
        row(5, code="91320691MA1000000A"),
        row(2, scope="甲"),
    ]
    count = Subject.select().count()
    said = [answer if isinstance(answer, str) else "wrong" for answer in KIND.compare(sent, unit=pusher)]
    assert said == ["same", "changed", "created", "wrong", "wrong", "wrong"]
    assert Subject.select().count() == count
    assert outcomes(store(sent, pusher)) == said


def test_only_the_units_that_push_may_bring_registrations_in(app) -> None:
    with pytest.raises(NotAllowed, match="只有推送登记信息的单位"):
        store([row(1)], "police")


def test_taking_back_a_new_subject_hides_it_and_lets_it_come_again(pusher: str) -> None:
    (made,) = store([row(1)], pusher)
    with transaction():
        owed = obligations.open_obligation(
            "push", pusher, record=("push", 1), title="推送", started_on=DAY, started_words="登记", days=3,
            subject=Subject.get_by_id(made.record_id),
        )  # fmt: skip
    KIND.undo(made.reference, unit=pusher)
    subject = Subject.get_by_id(made.record_id)
    assert (subject.state, subject.credit_code) == ("撤回", None)
    assert Obligation.get_by_id(owed.id).state == "withdrawn"
    assert subject_search.search(Filters(text="000001号")).rows == []
    assert subject_search.search(Filters()).rows == []
    with pytest.raises(Refused, match="已经撤回"):
        KIND.undo(made.reference, unit=pusher)
    assert outcomes(store([row(1)], pusher)) == ["created"]
    assert [s.credit_code for s in subject_search.search(Filters(text="000001号")).rows] == [code(1)]


def test_taking_back_a_change_gives_the_subject_its_former_state(pusher: str) -> None:
    (made,) = store([row(1)], pusher)
    before = subjects.plain(Subject.get_by_id(made.record_id))
    (changed,) = store(
        [row(1, event="变更", name="南通新名有限公司", scope="食品销售", approved=date(2026, 9, 9))], pusher
    )
    with pytest.raises(Refused, match="又有新的登记"):
        KIND.undo(made.reference, unit=pusher)
    KIND.undo(changed.reference, unit=pusher)
    assert subjects.plain(Subject.get_by_id(made.record_id)) | {"classification": ""} == before | {
        "classification": ""
    }
    assert subject_search.search(Filters(text="新名")).rows == []


def test_what_another_unit_has_acted_on_is_not_taken_back(pusher: str) -> None:
    (made,) = store([row(1)], pusher)
    with pytest.raises(Refused, match="只能由它撤回"):
        KIND.undo(made.reference, unit="police")
    with transaction():
        obligations.open_obligation(
            "claim", "police", record=("claim", 1), title="认领：某公司", started_on=DAY, started_words="推送", days=3,
            subject=Subject.get_by_id(made.record_id),
        )  # fmt: skip
        obligations.fulfil("claim", ("claim", 1))
    with pytest.raises(Refused, match="已办理“认领：某公司”"):
        KIND.undo(made.reference, unit=pusher)
    assert Subject.get_by_id(made.record_id).credit_code == code(1)


def test_rows_stream_in_order_and_as_filtered(app, pusher: str, people) -> None:
    viewer = viewer_of(people["gongan-jingban"])
    made = store([row(n, street="中兴街道" if n % 2 else "小海街道") for n in range(7)], pusher)
    ids = [answer.record_id for answer in made]
    assert [kept.id for kept in KIND.rows(viewer, {}, 0)] == ids
    assert [kept.id for kept in KIND.rows(viewer, {"street": "中兴街道"}, ids[1])] == [ids[3], ids[5]]
    assert KIND.fetch(viewer, ids[:1])[0].values["code"] == code(0)
    changes = KIND.changes(viewer, 0, 3)
    assert [kept.id for _, kept in changes] == ids[:3]
    assert [kept.id for _, kept in KIND.changes(viewer, changes[-1][0], 100)] == ids[3:]
    with pytest.raises(NotAllowed, match="不能查询市场主体"):
        list(KIND.rows(viewer_of(people["shenji"]), {}, 0))


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.dates(), st.datetimes()
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([f.key for f in KIND.fields]), VALUES))
def test_whatever_is_sent_becomes_values_or_problems(sent: dict[str, Any]) -> None:
    values, problems, _ = record_reading.read_row(KIND.incoming(), sent)
    named = {problem.field for problem in problems}
    assert not named & values.keys()
    assert {"name", "approved"} <= named | values.keys()
    for problem in problems:
        assert problem.rule and (
            problem.value is sent.get(problem.field) or problem.value == sent[problem.field]
        )
    made = registration_kind.registration_of(values)
    if not problems and not isinstance(made, Refused):
        assert made.name and isinstance(made.approved, date)
