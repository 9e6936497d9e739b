"""失信信息: what may be entered by whom, what is asked about, what starts and ends with it."""

from __future__ import annotations

import io
from datetime import date

import pytest

from plugins.areas.credit import corrections, parties, publicity, record_rules, records
from plugins.areas.credit.models import DishonestyRecord, FormerCode, RecordVersion
from portal import audit, clock, database, quarter_lists, subjects
from portal.facts import of_all, span_of
from portal.obligations import FULFILLED, OPEN, WITHDRAWN, Obligation
from portal.refusals import Refused, Stale
from portal.workdays import Quarter
from tests.areas.credit import stage


def owed(kind: str, **more) -> list[tuple]:
    rows = Obligation.select().where(Obligation.kind == kind).order_by(Obligation.id)
    return [(row.unit, row.state, row.started_on, row.deadline, row.fulfilled_on) for row in rows]


def test_a_decision_counts_as_due_and_done_and_starts_the_publishers_clock(people):
    made = stage.record(stage.firm())
    assert owed("dishonesty") == [
        ("police", FULFILLED, date(2026, 9, 18), date(2026, 9, 29), date(2026, 9, 25))
    ]
    assert owed("publicity") == [("market_regulation", OPEN, date(2026, 9, 25), date(2026, 10, 29), None)]
    assert (made.publicity, made.fine, made.state) == ("due", 2_000_000, "active")
    publicity.publish(made)
    assert owed("publicity")[0][1] == FULFILLED
    assert (made.published_on, made.public_until) == (date(2026, 9, 25), date(2027, 9, 18))


def test_a_decision_entered_too_late_is_done_yet_late(people):
    stage.record(stage.firm(), decided_on=date(2026, 8, 3))
    (row,) = Obligation.select().where(Obligation.kind == "dishonesty")
    assert (row.state, row.on_time, row.deadline) == (FULFILLED, False, date(2026, 8, 12))


def test_a_row_of_a_quarters_list_is_owed_until_the_record_comes_and_is_one_obligation_with_it(people):
    firm = stage.firm()
    with database.transaction():
        records.expect(
            "通开公罚〔2026〕9号",
            firm.name,
            firm.credit_code,
            date(2026, 8, 3),
            "police",
            "2026年第三季度清单",
        )
    facts = of_all(span_of(Quarter(2026, 3)), ["police"])["police"]["dishonesty"]
    assert facts == {"due": 1, "done": 0}
    made = stage.record(firm, document_number="通开公罚[2026]9号", decided_on=date(2026, 8, 3))
    (row,) = Obligation.select().where(Obligation.kind == "dishonesty")
    assert (row.state, row.record_type, row.record_id) == (FULFILLED, "dishonesty", str(made.id))
    assert of_all(span_of(Quarter(2026, 3)), ["police"])["police"]["dishonesty"] == {"due": 1, "done": 1}


REFUSED = [
    ({"decided_on": date(2026, 9, 26)}, "decided_on", "决定日期 2026-09-26 在今天（2026-09-25）之后"),
    ({"decided_on": None}, "decided_on", "决定日期不能为空"),
    ({"party_code": "91310000773718882X"}, "party_code", "校验位不对"),
    ({"party_code": ""}, "party_code", "必须填统一社会信用代码"),
    ({"party_kind": "person"}, "party_code", "自然人没有统一社会信用代码"),
    ({"party_kind": "person", "party_code": "", "id_number": "320602199001011234"}, "id_number", "身份证号校验不通过"),
    ({"penalty_kinds": ()}, "penalty_kinds", "至少选一种处罚种类"),
    ({"penalty_kinds": ("训诫",), "fine": None}, "penalty_kinds", "不在行政处罚法第九条所列之中"),
    ({"penalty_kinds": ("警告",)}, "fine", "处罚种类却没有罚款"),
    ({"fine": None}, "fine", "罚款金额不能为空或零"),
    ({"confiscated": 500}, "confiscated", "没有没收违法所得"),
    ({"penalty_kinds": ("吊销许可证件",), "fine": None}, "licence", "须填证照名称及编号"),
    ({"measures": ("不得贷款",)}, "measures", "措施只能从代码表选取"),
    ({"field": "其它的"}, "field", "不在代码表中"),
    ({"valid_until": date(2026, 9, 1)}, "valid_until", "早于决定日期"),
    ({"facts": "有\x00字"}, "facts", "含有控制字符（U+0000）"),
    ({"document_number": "〔〕"}, "document_number", "没有文字和数字"),
    ({"severity": "light"}, "severity", "轻微失信只限简易程序"),
    ({"track": "credit", "decided_on": date(2026, 3, 1)}, "track", "没有施行"),
    ({"kind": "other"}, "category", "请从代码表选失信类型"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "words"), REFUSED)
def test_a_wrong_value_is_refused_with_its_field_and_rule(people, change, field, words):
    with pytest.raises(Refused) as refused:
        stage.record(stage.firm(), **change)
    assert words in refused.value.fields[field]
    assert DishonestyRecord.select().count() == 0 and owed("dishonesty") == owed("publicity") == []


def test_only_units_with_the_penalty_duty_enter_penalties_and_all_enter_other_records(people):
    firm = stage.firm()
    with pytest.raises(Refused, match="没有“行政处罚信息录入”职责（附件2-2）"):
        stage.record(firm, "approval")
    made = records.enter(stage.other_entry(firm), unit="approval")
    assert (made.label, made.unit) == ("列入严重违法失信名单", "approval")


DOUBTS = [
    ({"fine": 2_000_000 * 10_000}, "fine", "是否把“元”当成了“万元”"),
    ({"fine": 200}, "fine", "是否把“万元”当成了“元”"),
    ({"party_name": "别的公司"}, "name", "该代码登记的名称是"),
]


@pytest.mark.parametrize(("change", "key", "words"), DOUBTS)
def test_an_implausible_value_is_asked_about_and_taken_once_confirmed(people, change, key, words):
    firm = stage.firm()
    with pytest.raises(Refused) as asked:
        stage.record(firm, **change)
    assert words in asked.value.fields[f"confirm-{key}"]
    assert stage.record(firm, **change, confirmed=frozenset({key})).id


def test_a_decision_on_a_cancelled_subject_is_asked_about_only_when_it_came_later(people):
    made = stage.registration("南通已注销有限公司")
    firm, _ = subjects.register(made, unit="approval", source="表单")
    ended = {**vars(made), "event": "注销", "approved": date(2026, 9, 10)}
    subjects.register(subjects.Registration(**ended), unit="approval", source="表单")
    assert stage.record(firm, decided_on=date(2026, 9, 1)).subject == firm
    with pytest.raises(Refused, match="该主体已于 2026-09-10 注销，决定日期 2026-09-18 在其后"):
        stage.record(firm, document_number="其后〔2026〕1号")


def test_a_person_without_a_code_is_entered_by_name_or_identity_number(people):
    made = stage.record(
        None, party_kind="person", party_name="张某某", party_code="", id_number="11010519491231002x"
    )
    assert (made.party_key, made.masked_id, made.subject) == (
        "11010519491231002X",
        "110105********002X",
        None,
    )
    named = stage.record(
        None, party_kind="person", party_name="李 某", party_code="", document_number="另〔2026〕1号"
    )
    assert named.party_key == "name:李某"


def test_the_same_decision_from_two_units_is_one_record(people):
    firm = stage.firm()
    stage.record(firm)
    for unit, words in (("police", "本单位"), ("fire", "公安分局")):
        with pytest.raises(Refused, match=f"{words}已于2026年9月25日录入同一决定"):
            stage.record(firm, unit, document_number="通开公(治)罚决字[2026]101号")
    assert DishonestyRecord.select().count() == 1
    assert stage.record(stage.firm(), document_number="通开公（治）罚决字〔2026〕101号").id, (
        "another party of the same document"
    )


def test_a_correction_keeps_the_wrong_version_and_says_who_and_why(people):
    made = stage.published(stage.firm())
    right = stage.entry(made.subject, fine=3_000_000, content="罚款三万元")
    with stage.acting(people["gongan-jingban"]):
        corrections.correct(made, right, "金额录错")
    (kept,) = RecordVersion.select()
    assert (kept.number, kept.values["fine"], kept.reason, kept.corrected_by) == (
        2,
        2_000_000,
        "金额录错",
        "公安经办",
    )
    now = DishonestyRecord.get_by_id(made.id)
    assert (now.fine, now.publicity, now.published_on, now.version) == (
        3_000_000,
        "published",
        date(2026, 9, 25),
        3,
    )
    assert ["fine", 2_000_000, 3_000_000] in audit.history("dishonesty", made.id)[0][1]


@pytest.mark.parametrize(("reason", "words"), [("", "更正必须写明原因"), ("什么也没改", "没有改动任何一项")])
def test_a_correction_needs_a_reason_and_a_change(people, reason, words):
    made = stage.record(stage.firm())
    with pytest.raises(Refused, match=words):
        corrections.correct(made, stage.entry(made.subject), reason)


def test_two_officers_correcting_at_once_the_second_is_told(people):
    made = stage.record(stage.firm())
    first, second = DishonestyRecord.get_by_id(made.id), DishonestyRecord.get_by_id(made.id)
    corrections.correct(first, stage.entry(made.subject, fine=3_000_000), "一")
    with pytest.raises(Stale, match="刚被别人改过"):
        corrections.correct(second, stage.entry(made.subject, fine=4_000_000), "二")
    assert DishonestyRecord.get_by_id(made.id).fine == 3_000_000


def test_an_annulled_decision_counts_no_more_and_its_publicity_is_taken_back(people):
    made = stage.published(stage.firm())
    corrections.annul(made, "行政复议决定撤销，通政复〔2026〕3号")
    assert (made.state, made.publicity, made.in_force(clock.today()), made.is_public(clock.today())) == (
        "annulled", "withdrawing", False, False,
    )  # fmt: skip
    assert owed("publicity")[1] == ("market_regulation", OPEN, date(2026, 9, 25), date(2026, 9, 30), None)
    publicity.confirm_taken_back(DishonestyRecord.get_by_id(made.id))
    assert owed("publicity")[1][1] == FULFILLED
    assert DishonestyRecord.get_by_id(made.id).publicity == "gone"
    with pytest.raises(Refused, match="已经撤销"):
        corrections.annul(DishonestyRecord.get_by_id(made.id), "再来")


def test_a_record_annulled_before_publicity_is_never_published(people):
    made = stage.record(stage.firm())
    corrections.annul(made, "决定自行撤销")
    assert owed("publicity")[0][1] == WITHDRAWN
    with pytest.raises(Refused, match="不能公示"):
        publicity.publish(DishonestyRecord.get_by_id(made.id))


def test_a_sole_trader_turned_company_keeps_its_records_under_the_former_code(people):
    sole = stage.registration("开发区老王饭店", category="个体工商户")
    firm, _ = subjects.register(sole, unit="approval", source="表单")
    made = stage.record(firm, party_kind="sole")
    new_code = stage.registration().code
    turned = stage.registration("南通老王餐饮有限公司", code=new_code, turned_from=sole.code)
    subjects.register(turned, unit="approval", source="表单")
    assert FormerCode.get().code == sole.code
    assert parties.find_subject(sole.code).id == firm.id == DishonestyRecord.get_by_id(made.id).subject_id


def test_a_firm_that_registers_later_gets_the_records_under_its_code(people):
    made = stage.record(None)
    assert made.subject is None
    came = stage.firm("区外某公司", code="91310000773718882U")
    assert DishonestyRecord.get_by_id(made.id).subject_id == came.id


def test_labels_cover_every_field_of_an_entry():
    fields = set(record_rules.Entry.__dataclass_fields__) - {"confirmed"}
    assert fields == set(record_rules.LABELS)


def test_a_units_quarter_list_is_compared_and_opens_what_the_platform_lacks(people):
    entered = stage.record(stage.firm(), decided_on=date(2026, 9, 1))
    forgotten = stage.firm()
    lines = [
        "行政相对人名称,统一社会信用代码,决定文书号,决定日期,违法行为类型,罚款金额（万元）",
        f"{entered.party_name},{entered.party_code},通开公(治)罚决字[2026]101号,2026-09-01,未按规定登记住宿旅客信息,3",
        f"{forgotten.name},,公〔2026〕77号,2026/8/3,占道,1",
    ]
    content = io.BytesIO("\n".join(lines).encode())
    with stage.acting(people["gongan-lianluo"]):
        quarter_lists.send("police", Quarter(2026, 3), "dishonesty", content, "清单.csv")
        again = io.BytesIO("\n".join(lines).encode())
        quarter_lists.send("police", Quarter(2026, 3), "dishonesty", again, "清单.csv")
    assert [row[1:4] for row in owed("dishonesty")] == [
        (FULFILLED, date(2026, 9, 1), date(2026, 9, 10)), (OPEN, date(2026, 8, 3), date(2026, 8, 12)),
    ]  # fmt: skip
    found = quarter_lists.comparison("police", Quarter(2026, 3), "dishonesty")
    assert [entry.document for entry in found.listed_only] == ["公〔2026〕77号"]
    assert [pair.differences for pair in found.different] == [(("罚款金额（万元）", "3", "2"),)]
    made = stage.record(forgotten, document_number="公〔2026〕77号", decided_on=date(2026, 8, 3))
    assert [row[1] for row in owed("dishonesty")] == [FULFILLED, FULFILLED]
    assert Obligation.get(Obligation.started_on == date(2026, 8, 3)).record_id == str(made.id)
    assert quarter_lists.comparison("police", Quarter(2026, 3), "dishonesty").listed_only == ()
