"""联合惩戒核查: what is found, what is offered, what is never taken for the same; the number that can be checked later."""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl
import pdfplumber
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.areas.credit import (
    check_files,
    check_lists,
    checks,
    corrections,
    near_names,
    panel,
    publicity,
    repairs,
)
from plugins.areas.credit.check_models import CheckedParty, CheckedRecord, SanctionCheck
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.repair_rules import CONFIRMED_BY_OFFICER
from portal import audit, clock, files, jobs, subjects
from portal.database import database, transaction
from portal.refusals import Missing, Refused
from tests.areas.credit import stage


def asked(text: str, purpose: str = "procurement") -> list[tuple[str, int]]:
    """(how the party was matched, how many records in force)."""
    check = checks.check_one(text, unit="finance", purpose=purpose)
    (party,) = CheckedParty.select().where(CheckedParty.check == check)
    return [(party.match, check.hits)]


def test_a_party_is_found_by_code_name_former_name_and_former_code(people):
    sole = stage.registration("开发区老王饭店", category="个体工商户")
    subjects.register(sole, unit="approval", source="表单")
    new_code = stage.registration().code
    turned = stage.registration("南通老王餐饮（集团）有限公司", code=new_code, turned_from=sole.code)
    subjects.register(turned, unit="approval", source="表单")
    stage.record(subjects.by_code(new_code))
    assert asked(new_code) == [("code", 1)]
    assert asked(f" {new_code.lower()} ") == [("code", 1)]
    assert asked("南通老王餐饮(集团)有限公司") == [("name", 1)]
    assert asked("开发区老王饭店") == [("former_name", 1)]
    assert asked(sole.code) == [("former_code", 1)]
    assert asked("南通老王餐饮有限公司") == [("none", 0)], "a near name is not the same"


def test_near_names_are_offered_the_likest_first(people):
    for name in ("南通鼎盛餐饮有限公司", "南通鼎盛餐饮管理有限公司", "南通天和物流有限公司"):
        stage.firm(name)
    offered = [candidate.subject.name for candidate in near_names.near("南通鼎盛饮食有限公司")]
    assert offered == ["南通鼎盛餐饮有限公司", "南通鼎盛餐饮管理有限公司"]
    assert near_names.near("公司") == []


def test_two_subjects_of_one_name_are_not_guessed_between(people):
    for street in ("小海街道", "竹行街道"):
        firm = stage.firm("开发区老张理发店", category="个体工商户", street=street, address=f"{street}1号")
        stage.record(firm, party_kind="sole", document_number=f"{street}〔2026〕1号")
    assert asked("开发区老张理发店") == [("same_names", 0)]


def test_a_persons_name_alone_never_finds_a_record_yet_is_told(people):
    stage.record(None, party_kind="person", party_name="张某某", party_code="")
    check = checks.check_one("张某某", unit="finance", purpose="permit")
    (party,) = CheckedParty.select().where(CheckedParty.check == check)
    assert (check.hits, "姓名相同不等于同一人" in party.note) == (0, True)


def test_a_party_outside_the_register_is_found_by_its_code_and_by_its_whole_name(people):
    stage.record(None)
    assert asked("91310000773718882U") == [("none", 1)]
    assert asked("区外某公司") == [("none", 1)]
    assert asked("区外某") == [("none", 0)]


STATES = ["due", "published", "ended", "annulled", "repaired", "warning", "expired"]


@pytest.mark.parametrize(
    ("state", "hits"),
    list(zip(STATES, (1, 1, 0, 0, 0, 0, 0), strict=True)),
)
def test_only_records_in_force_are_answered(people, hand, state, hits):
    firm = stage.firm()
    more = {"penalty_kinds": ("警告",), "fine": None} if state == "warning" else {}
    more |= {"valid_until": date(2026, 9, 24)} if state == "expired" else {}
    made = stage.record(firm, decided_on=date(2026, 6, 1), **more)
    if state in ("published", "ended", "repaired"):
        publicity.publish(made)
    if state == "ended":
        hand.set(clock.at(date(2027, 6, 2), 11))
        publicity.end_due(clock.today())
    if state == "annulled":
        corrections.annul(made, "撤销")
    if state == "repaired":
        repair = repairs.apply(made, applicant="甲", statement="已改", entered_unit="police")
        repairs.approve(repair, confirmed=frozenset(CONFIRMED_BY_OFFICER))
    assert asked(firm.credit_code) == [("code", hits)]
    assert len(panel.alerts(firm)) == hits


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["publish", "correct", "repair", "annul", "pass"]), min_size=1, max_size=6
    ),
    days=st.lists(st.integers(1, 200), min_size=6, max_size=6),
)
def test_a_repaired_record_never_shows_in_a_check_as_in_force(people, hand, steps, days):
    with database.atomic() as undone:
        _live(hand, steps, days)
        undone.rollback()


def _live(hand, steps: list[str], days: list[int]) -> None:
    hand.set(clock.at(date(2026, 9, 25), 11))
    firm = stage.firm()
    number = stage.record(firm).id
    for step, wait in zip(steps, days, strict=False):
        hand.set(clock.now() + timedelta(days=wait))
        record = DishonestyRecord.get_by_id(number)
        try:
            if step == "publish":
                publicity.publish(record)
            elif step == "correct":
                corrections.correct(record, stage.entry(firm, fine=100_000 * wait), "更正")
            elif step == "annul":
                corrections.annul(record, "撤销")
            elif step == "repair":
                repair = repairs.apply(record, applicant="甲", statement="已改", entered_unit="police")
                repairs.approve(repair, confirmed=frozenset(CONFIRMED_BY_OFFICER))
        except Refused:
            pass
        publicity.end_due(clock.today())
        now = DishonestyRecord.get_by_id(number)
        found = asked(firm.credit_code)[0][1]
        assert found == (1 if now.in_force(clock.today()) else 0)
        if now.state in ("repaired", "annulled"):
            assert found == 0 and not now.is_public(clock.today()) and panel.alerts(firm) == []


def test_the_answer_names_measures_of_the_purpose_their_basis_and_who_must_act(people):
    firm = stage.firm()
    stage.record(firm, measures=("TD01", "CG01", "XK04"))
    told = {}
    for purpose in ("procurement", "land", "permit", "honour", "management"):
        (hit,) = checks.hits(checks.check_one(firm.credit_code, unit="fire", purpose=purpose))
        told[purpose] = [(measure.code, acting) for measure, acting in hit.measures]
    assert told == {
        "procurement": [("CG01", "财政局")], "land": [("TD01", "自然资源和规划分局")], "permit": [("XK04", "消防大队")], "honour": [],
        "management": [("TD01", "自然资源和规划分局"), ("CG01", "财政局"), ("XK04", "消防大队")],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "purpose", "field", "words"),
    [
        ("", "land", "q", "名称或代码不能为空"),
        ("91310000773718882X", "land", "q", "校验位不对"),
        ("9131OOOO773718882U", "land", "q", "含有字母 O，应为 91310000773718882U"),
        ("某公司", "", "purpose", "请选择核查用途"),
    ],
)
def test_a_query_without_a_party_a_right_code_or_a_purpose_is_refused(people, text, purpose, field, words):
    with pytest.raises(Refused) as refused:
        checks.check_one(text, unit="finance", purpose=purpose)
    assert words in refused.value.fields[field]
    assert SanctionCheck.select().count() == 0


def test_every_query_is_logged_with_its_purpose(people):
    firm = stage.firm()
    with stage.acting(people["gongan-jingban"]):
        check = checks.check_one(firm.credit_code, unit="police", purpose="permit", purpose_note="旅馆业许可")
    ((entry, _),) = audit.history("sanction_check", check.id)
    assert (entry.action, entry.account, "办理行政许可" in entry.note) == (
        "联合惩戒核查",
        "gongan-jingban",
        True,
    )


def test_a_printed_number_is_checked_later_and_a_changed_answer_is_noticed(people):
    firm = stage.firm()
    stage.record(firm)
    check = checks.check_one(firm.credit_code, unit="finance", purpose="land")
    assert checks.verified(check.number, check.check_code.lower()) == (check, True)
    for number, code in (
        (check.number, "0" * 16),
        ("HC2025-000001", check.check_code),
        ("", ""),
        ("HC2026-999999", check.check_code),
    ):
        with pytest.raises(Missing, match="没有这个编号和校验码"):
            checks.verified(number, code)
    CheckedRecord.delete().execute()
    assert checks.verified(check.number, check.check_code) == (check, False)


LINES = [
    ("91310000773718882U", ("91310000773718882U", "")),
    ("９１３１００００７７３７１８８８２ｕ", ("91310000773718882U", "")),
    ("区外某公司", ("", "区外某公司")),
    ("区外某公司,91310000773718882U", ("91310000773718882U", "区外某公司")),
    ("91310000773718882U\t区外某公司", ("91310000773718882U", "区外某公司")),
    ("区外 某公司 91310000773718882U", ("91310000773718882U", "区外 某公司")),
    ("12，区外某公司，91310000773718882U", ("91310000773718882U", "区外某公司")),
    ("320691600123456", ("320691600123456", "")),
    ("   ", None),
]


@pytest.mark.parametrize(("line", "read"), LINES)
def test_a_pasted_line_is_a_code_a_name_or_both(line, read):
    asked = check_lists.read_line(line)
    assert (asked and (asked.code, asked.name)) == read


@given(st.text(max_size=60))
def test_any_line_is_read_or_named_never_an_error(line):
    asked = check_lists.read_line(line)
    assert asked is None or asked.code or asked.name or asked.problem


def sheet(rows: list[list[str]]) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    target.seek(0)
    return target


def test_a_list_is_checked_in_the_background_and_its_result_is_a_workbook(people):
    bad, good = stage.firm("南通有事有限公司"), stage.firm("南通无事有限公司")
    stage.record(bad)
    content = sheet(
        [
            ["序号", "统一社会信用代码", "备注", "单位名称"],
            ["1", bad.credit_code, "", "别名公司"],
            ["2", "", "", good.name],
            ["3", "91310000773718882X", "", ""],
            ["4", "", "", "没有的公司"],
        ]
    )
    with stage.acting(people["shichang-jingban"]), transaction():
        check = checks.check_list(
            files.store(content, "投标单位.xlsx"), unit="market_regulation", purpose="bidding"
        )
    assert checks.pending(check)
    assert jobs.work_off() == 1
    check = SanctionCheck.get_by_id(check.id)
    assert (check.parties, check.found_parties, check.hit_parties, check.hits, check.job.state) == (
        4,
        2,
        1,
        1,
        "done",
    )
    assert (check.job.done, check.job.total, check.person) == (4, 4, "市场经办")
    parties = [(p.typed, p.match, p.note) for p in CheckedParty.select().order_by(CheckedParty.position)]
    assert parties == [
        (f"别名公司 {bad.credit_code}", "code", "代码与名称不符：以代码为准，请核对名称"), ("南通无事有限公司", "name", ""),
        ("91310000773718882X", "wrong_code", "统一社会信用代码“91310000773718882X”的校验位不对，请核对"), ("没有的公司", "none", ""),
    ]  # fmt: skip
    target = io.BytesIO()
    check_files.write_xlsx(check, target)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["核查结果", "有效记录", "核查名单"]
    assert [cell.value for cell in book["核查结果"]["B"]][1:3] == [check.number, check.check_code]
    assert [row[1].value for row in book["有效记录"].iter_rows(min_row=2)] == [f"别名公司 {bad.credit_code}"]
    assert book["核查名单"].max_row == 5


def test_a_list_stopped_half_way_goes_on_and_answers_once(people):
    firms = [stage.firm() for _ in range(3)]
    stage.record(firms[2])
    text = "\n".join(firm.credit_code for firm in firms)
    with transaction():
        check = checks.check_list(
            files.store(check_lists.as_stream(text), "名单.txt"), unit="finance", purpose="land"
        )
        checks.stage(check, check_lists.read_text(text)[:2], 0)
        jobs.progress(check.job, 2, 3, staged=2)
    jobs.work_off()
    jobs.run(check.job_id)
    check = SanctionCheck.get_by_id(check.id)
    assert (check.parties, check.hits, CheckedParty.select().count()) == (3, 1, 3)


def test_a_list_too_long_or_empty_is_refused():
    with pytest.raises(Refused, match="名单超过 50,000 户"):
        check_lists.read_text("某公司\n" * 50_001)
    with pytest.raises(Refused, match="名单里没有名称或代码"):
        check_lists.read_text(" \n\n")


def test_a_pdf_result_carries_number_and_code(people):
    firm = stage.firm()
    stage.record(firm)
    check = checks.check_one(firm.credit_code, unit="finance", purpose="procurement")
    with pdfplumber.open(io.BytesIO(check_files.pdf(check))) as book:
        text = "".join(page.extract_text() for page in book.pages).replace("\n", "")
    assert check.number in text and check.check_code in text and "政府采购法第二十二条" in text
    assert check_files.pdf(check) == check_files.pdf(check)
