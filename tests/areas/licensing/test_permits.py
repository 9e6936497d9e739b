"""Permits: decisions and their clocks, the life cycle as a table, linkage both ways."""

from __future__ import annotations

from datetime import date

import pytest

from plugins.areas.licensing import claims, feedback, linkage, permit_rules, permits
from plugins.areas.licensing.permit_models import Decision, LinkedMeasure, Permit
from portal import clock, settings
from portal.obligations import Obligation
from portal.refusals import Refused, Stale
from tests.areas.credit import stage as credit
from tests.areas.licensing.register import CODES, DAY, as_actor, pushed, registered
from tests.cast import hidden_fields, text_of

HOME = "market_regulation"


def fields(**values) -> permits.Fields:
    given = {
        "item": "SP01", "number": "JY13206910000001", "document": "通开市监许〔2026〕1号", "decided_on": date(2026, 9, 21),
        "certificate": "食品经营许可证", "valid_from": date(2026, 9, 21), "valid_until": date(2031, 9, 20),
    }  # fmt: skip
    return permits.Fields(**{**given, **values})


def owed(kind: str) -> list[tuple[str, str, str, bool]]:
    """(unit, state, deadline, scored) of every obligation of that kind."""
    query = Obligation.select().where(Obligation.kind == kind).order_by(Obligation.id)
    return [(o.unit, o.state, str(o.deadline), o.scored) for o in query]


@pytest.fixture
def officer(app, people):
    with as_actor(people["shichang-jingban"]):
        yield people["shichang-jingban"]


def test_a_granted_decision_opens_the_permit_s_clock_and_the_permit_closes_it(officer) -> None:
    (row,) = pushed()
    claims.claim_rows(HOME, [row.id])
    feedback.answer(HOME, [row.id], "granted", day=date(2026, 9, 21), document="通开市监许〔2026〕1号")
    assert owed("feedback") == [(HOME, "fulfilled", "2026-10-08", True)], (
        "the decision's 7 days come before the 20"
    )
    assert owed("decision_result") == [(HOME, "fulfilled", "2026-10-08", False)]
    assert owed("permit_entry") == [(HOME, "open", "2026-10-08", True)]
    permit = permits.grant(HOME, row.subject, fields(document="通开市监许〔2026〕1 号"))
    assert owed("permit_entry") == [(HOME, "fulfilled", "2026-10-08", True)], (
        "the same document is counted once"
    )
    assert [d.permit_id for d in Decision.select()] == [permit.id]


def test_a_decision_entered_after_seven_days_is_late_feedback(officer) -> None:
    (row,) = pushed()
    claims.claim_rows(HOME, [row.id])
    feedback.answer(HOME, [row.id], "refused", day=date(2026, 9, 1), document="通开市监不许〔2026〕1号")
    (answered,) = Obligation.select().where(Obligation.kind == "feedback")
    assert (str(answered.deadline), answered.on_time) == ("2026-09-10", False)
    assert owed("permit_entry") == [], "a refusal opens no permit"


def test_a_decision_of_a_closed_quarter_leaves_the_feedback_in_its_own(officer) -> None:
    (row,) = pushed()
    claims.claim_rows(HOME, [row.id])
    before = owed("feedback")[0][2]
    feedback.answer(HOME, [row.id], "refused", day=date(2026, 6, 1), document="通开市监不许〔2026〕2号")
    assert owed("feedback") == [(HOME, "fulfilled", before, True)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"number": " "}, "许可编号不能为空"),
        ({"item": "QQ99"}, "许可事项目录里没有“QQ99”"),
        ({"decided_on": date(2026, 9, 26)}, "许可决定日期2026年9月26日在今天之后"),
        ({"valid_until": date(2026, 9, 1)}, "有效期至2026年9月1日早于有效期自2026年9月21日"),
        ({"category": "特别"}, "许可类别应为普通、特许、认可、核准、登记、其他之一"),
    ],
)
def test_a_wrong_field_is_named_with_its_rule(officer, change, told) -> None:
    with pytest.raises(Refused, match=told):
        permits.grant(HOME, registered(), fields(**change))
    assert Permit.select().count() == 0


def test_no_permit_is_entered_twice(officer) -> None:
    subject = registered()
    permits.grant(HOME, subject, fields())
    with pytest.raises(Refused, match="已经录入过，请用变更"):
        permits.grant(HOME, subject, fields(document="另一号"))
    with pytest.raises(Refused, match="文书 通开市监许〔2026〕1号 已经录入过"):
        permits.grant(HOME, subject, fields(number="JY2"))
    other = permits.grant(HOME, registered(1), fields())
    assert Permit.select().count() == 2 and other.subject.code == CODES[1]


@pytest.mark.parametrize("first", permit_rules.ENDINGS)
@pytest.mark.parametrize("then", ["change", *permit_rules.ENDINGS])
def test_nothing_follows_the_end_of_a_permit(officer, first, then) -> None:
    permit = permits.grant(HOME, registered(), fields())
    ended = permits.end(permit, 1, first, "终止1号", DAY, "歇业")
    assert ended.state == first
    with pytest.raises(Stale, match=permit_rules.STATES[first]):
        if then == "change":
            permits.change(ended, 2, fields(document="变更1号"))
        else:
            permits.end(ended, 2, then, "终止2号", DAY, "歇业")


def test_the_second_of_two_officers_is_told_and_overwrites_nothing(officer) -> None:
    permit = permits.grant(HOME, registered(), fields())
    permits.change(permit, 1, fields(document="变更1号", content="增加冷食类"))
    with pytest.raises(Stale, match="刚被其他人改过"):
        permits.change(permit, 1, fields(document="变更2号", content="去掉冷食类"))
    assert Permit.get_by_id(permit.id).content == "增加冷食类"
    assert Decision.select().count() == 2


def test_the_end_of_a_permit_asks_a_measure_of_the_market_regulator(officer, people) -> None:
    permit = permits.grant(HOME, registered(), fields())
    permits.end(permit, 1, "revoke", "吊销1号", DAY, "严重违法")
    (measure,) = LinkedMeasure.select()
    assert owed("linked_measure") == [(HOME, "open", "2026-10-12", False)]
    with pytest.raises(Refused, match="市场监督管理部门"):
        linkage.take_measure(people["gongan-jingban"], measure.id, "order", "责令变更经营范围")
    with pytest.raises(Refused, match="请写明依据或理由"):
        linkage.take_measure(officer, measure.id, "none", " ")
    linkage.take_measure(officer, measure.id, "order", "责令变更经营范围")
    assert owed("linked_measure")[0][1] == "fulfilled"
    with pytest.raises(Stale):
        linkage.take_measure(officer, measure.id, "none", "不需要")


def test_the_end_of_a_subject_asks_the_end_of_each_live_permit_and_no_measure(officer) -> None:
    subject = registered()
    live = permits.grant(HOME, subject, fields())
    permits.grant("police", subject, fields(item="GA01", number="公特1号", document="公许1号"))
    done = permits.grant("fire", subject, fields(item="XF01", number="消1号", document="消许1号"))
    permits.end(done, 1, "cancel", "消注1号", DAY, "歇业")
    LinkedMeasure.delete().execute()
    registered(event="注销", approved=DAY)
    assert [(unit, state) for unit, state, _, _ in owed("permit_cancel")] == [
        (HOME, "open"),
        ("police", "open"),
    ]
    permits.end(live, 1, "cancel", "注1号", DAY, "主体注销")
    assert [(unit, state) for unit, state, _, _ in owed("permit_cancel")] == [
        (HOME, "fulfilled"),
        ("police", "open"),
    ]
    assert LinkedMeasure.select().count() == 0


def test_where_the_clock_runs_from_the_unit_s_decision_it_opens_with_it(officer) -> None:
    settings.change("licensing.permit_cancel_from", "decision", date(2026, 1, 1))
    permit = permits.grant(HOME, registered(), fields(decided_on=date(2026, 9, 1)))
    registered(event="注销", approved=DAY)
    assert owed("permit_cancel") == []
    permits.end(permit, 1, "cancel", "注1号", date(2026, 9, 22), "主体注销")
    assert owed("permit_cancel") == [(HOME, "fulfilled", "2026-10-09", False)]


@pytest.mark.parametrize(
    ("state", "until", "words"),
    [
        ("live", None, "有效（长期）"),
        ("live", date(2027, 9, 25), "有效"),
        ("live", date(2026, 11, 24), "即将到期（2026-11-24）"),
        ("live", date(2026, 9, 24), "已过期（2026-09-24）"),
        ("withdraw", date(2026, 9, 24), "已撤回"),
    ],
)
def test_expiry_is_told_in_time(state, until, words) -> None:
    assert permit_rules.validity(state, until, date(2026, 9, 25))[0] == words


def test_in_the_pages_a_granted_row_leads_to_the_permit_s_form(app, as_person, people) -> None:
    with as_actor(people["shenpi-jingban"]):
        (row,) = pushed()
    person = as_person("shichang-jingban")
    page = f"/licensing/claims/{row.id}"
    person.submit(page, page, act="claim")
    form = person.submit(page, page, act="answer", kind="granted", day="2026/9/25", document="许1号")
    assert "请接着录入许可信息" in form.get_data(as_text=True) and 'value="许1号"' in form.get_data(
        as_text=True
    )
    entered = person.submit(
        "/licensing/permits/enter/new", "/licensing/permits/enter/", code=CODES[0], item="SP01", number="JY1",
        document="许1号", decided_on="2026年9月25日",
    )  # fmt: skip
    assert "许可已录入" in entered.get_data(as_text=True)
    permit = Permit.get()
    assert as_person("gongan-jingban").get(f"/licensing/permits/{permit.id}").status_code == 404
    assert clock.today() == permit.decided_on


def test_a_permit_for_a_sanctioned_subject_warns_at_once_and_is_entered_once_the_warning_was_shown(
    as_person, people
) -> None:
    """二（二）: 联合惩戒 in 各类许可 — told while the code is typed, and without scripts before anything is stored."""
    with as_actor(people["shenpi-jingban"]):
        subject = registered()
        record = credit.record(subject)
    person = as_person("shichang-jingban")
    assert f"公安分局 {record.document_number}" in text_of(person.get(f"/licensing/permits/subject?code={CODES[0]}"))
    typed = {"code": CODES[0], "item": "SP01", "number": "JY1", "document": "许1号", "decided_on": "2026-9-25"}
    form, action = "/licensing/permits/enter/new", "/licensing/permits/enter/"
    back = person.submit(form, action, **typed)
    assert back.status_code == 422 and "再次点“录入”" in text_of(back) and "做联合惩戒核查" in text_of(back)
    assert 'value="JY1"' in back.get_data(as_text=True), "what was typed stays"
    assert Permit.select().count() == 0
    seen = hidden_fields(back.get_data(as_text=True).partition(f'action="{action}"')[2])
    assert "许可已录入" in text_of(person.submit(form, action, form=seen, **typed))


def test_a_change_is_a_decision_of_its_own(as_person, people) -> None:
    with as_actor(people["shichang-jingban"]):
        permit = permits.grant(HOME, registered(), fields())
    page = f"/licensing/permits/{permit.id}"
    person = as_person("shichang-jingban")
    form = person.get(page).get_data(as_text=True)
    assert 'name="document" value=""' in form, "the change form offers no document that was entered already"
    assert 'name="number" value="JY13206910000001"' in form
