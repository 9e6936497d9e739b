"""The register: what a registration must hold, identity without doubles, names and codes found by fragments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import audit, name_index, subject_search, subjects
from portal.database import database, transaction
from portal.refusals import Refused
from portal.subject_search import Filters
from portal.subjects import Registration, Subject
from tests.cast import table_of, text_of

DAY = date(2026, 9, 1)
CODES = ["91310000773718882U", "91110000101443599G", "91211103MA10E6140W", "91310113MA7GHQJJ4R", "9144030071526726XG"]
FIRM = Registration("设立", "南通鼎盛餐饮管理有限公司", "企业", DAY, code=CODES[0], street="中兴街道", industry="H6210", scope="餐饮服务")


def register(registration: Registration = FIRM, **changes) -> Subject:
    return subjects.register(replace(registration, **changes), unit="approval", source="表单")[0]


def found(**filters) -> list[str]:
    return [subject.name for subject in subject_search.search(Filters(**filters)).rows]


@pytest.mark.parametrize("code", CODES)
def test_real_codes_pass(code: str) -> None:
    assert subjects.read_code(code) == (code, None)


@pytest.mark.parametrize(
    ("typed", "credit_code", "number"),
    [
        ("91310000773718882u", CODES[0], None),
        ("９１３１００００７７３７１８８８２Ｕ", CODES[0], None),
        (" 9131 0000-7737 18882U ", CODES[0], None),
        ("320600000123456", None, "320600000123456"),
        ("", None, None),
    ],
)
def test_codes_are_repaired_where_that_is_certain(typed: str, credit_code: str | None, number: str | None) -> None:
    assert subjects.read_code(typed) == (credit_code, number)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("913100007737188828", "校验位不对"),
        ("9131OOOO773718882U", "含有字母 O，应为 91310000773718882U"),
        ("9131000077371888", "有 16 位，应为 18 位"),
    ],
)
def test_a_wrong_code_is_refused_with_the_reason(typed: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        subjects.read_code(typed)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": " "}, "name", "名称不能为空"),
        ({"event": "合并"}, "event", "登记事项“合并”应为设立、变更、注销、吊销、迁出之一"),
        ({"category": "公司"}, "category", "主体类别“公司”"),
        ({"industry": "餐饮"}, "industry", "行业代码“餐饮”"),
        ({"approved": date(2027, 1, 1)}, "approved", "在今天之后"),
        ({"code": ""}, "code", "只有个体工商户可以没有统一社会信用代码"),
        ({"scope": "餐" * 10_001}, "scope", "经营范围有 10001 个字，最多 10000 个"),
        ({"address": "a\x00b"}, "address", "含有控制字符（U+0000）"),
        ({"capital": -1}, "capital", "注册资本超出范围"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_rule(app: Flask, change: dict, field: str, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        register(**change)
    assert words in refusal.value.fields[field]
    assert Subject.select().count() == 0


@pytest.mark.parametrize("text", ["餐饮🍜服务", "'; DROP TABLE subject; --", "<script>alert(1)</script>", "%_*\"\\", "餐" * 10_000, "\u202e倒写"])
def test_any_text_of_a_person_is_stored_as_it_is_and_executed_nowhere(app: Flask, as_person, text: str) -> None:
    subject = register(scope=text)
    page = as_person("gongan-jingban").get(f"/subjects/{subject.id}")
    assert page.status_code == 200
    assert Subject.get_by_id(subject.id).scope == text
    if "<script" in text:
        assert text not in page.get_data(as_text=True) and text in text_of(page)
    assert database.table_exists("subject")


def test_the_same_registration_again_changes_nothing(app: Flask) -> None:
    register()
    before = audit.last()[0]
    _, new = subjects.register(FIRM, unit="approval", source="导入 2")
    assert (new, audit.last()[0], Subject.select().count()) == (False, before, 1)


def test_a_change_keeps_the_former_name_and_shows_old_and_new(app: Flask, as_person) -> None:
    subject = register()
    changed = register(event="变更", name="南通新盛餐饮有限公司", approved=date(2026, 9, 20))
    assert changed.id == subject.id and changed.version == 2
    assert found(text="新盛") == found(text="鼎盛") == ["南通新盛餐饮有限公司"]
    page = text_of(as_person("gongan-jingban").get(f"/subjects/{subject.id}"))
    assert "曾用名 南通鼎盛餐饮管理有限公司" in page
    assert "名称：南通鼎盛餐饮管理有限公司 → 南通新盛餐饮有限公司" in page


def test_a_second_establishment_of_a_living_firm_is_refused(app: Flask) -> None:
    register()
    with pytest.raises(Refused, match="已经登记，应报变更而不是设立"):
        register(approved=date(2026, 9, 2))


def test_cancelling_somebody_unknown_is_refused_and_somebody_known_keeps_what_is_known(app: Flask) -> None:
    with pytest.raises(Refused, match="没有找到要注销的主体"):
        register(event="注销")
    register()
    gone = register(event="注销", approved=date(2026, 9, 21), scope="", street="")
    assert (gone.state, gone.scope, gone.street) == ("注销", "餐饮服务", "中兴街道")


def test_a_sole_trader_turned_company_is_the_same_subject(app: Flask) -> None:
    trader = register(name="开发区老王面馆", category="个体工商户", code=CODES[1])
    company = register(name="南通老王餐饮有限公司", code=CODES[2], turned_from=CODES[1], approved=date(2026, 9, 10))
    assert company.id == trader.id and company.credit_code == CODES[2]


def test_a_sole_trader_without_a_code_is_known_by_name_and_place(app: Flask) -> None:
    first = register(name="老王修鞋铺", category="个体工商户", code="", address="通盛大道1号")
    assert register(name="老王修鞋铺", category="个体工商户", code="", address="通盛大道1号", event="变更", scope="修鞋").id == first.id
    assert register(name="老王修鞋铺", category="个体工商户", code="", address="星湖大道9号").id != first.id


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("餐饮", True), ("鼎盛餐饮", True), ("盛餐饮管", True), ("（集团）", True), ("(集团)", True), ("集团有限", True),
        ("9131", True), ("773718882u", True), ("餐管", False), ("饮餐", False), ("司91", False), ("公司 南通", False),
    ],
)  # fmt: skip
def test_two_signs_of_a_name_or_a_code_find_the_subject(app: Flask, text: str, hit: bool) -> None:
    register(name="南通鼎盛餐饮管理（集团）有限公司")
    assert bool(found(text=text)) is hit


def test_one_sign_asks_for_two(app: Flask, as_person) -> None:
    answer = as_person("gongan-jingban").get("/subjects/?q=餐")
    assert answer.status_code == 422 and "请至少输入名称或代码中相连的两个字" in text_of(answer)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": "存续"}, ["丙店", "甲公司"]),
        ({"street": "竹行街道"}, ["乙公司"]),
        ({"industry": "H62"}, ["乙公司", "甲公司"]),
        ({"industry": "F"}, ["丙店"]),
        ({"classification": "none"}, ["丙店", "乙公司", "甲公司"]),
        ({"text": "公司", "state": "注销"}, ["乙公司"]),
    ],
)
def test_filters(app: Flask, filters: dict, expected: list[str]) -> None:
    register(name="甲公司")
    register(name="乙公司", code=CODES[1], street="竹行街道")
    register(name="乙公司", code=CODES[1], event="注销", approved=date(2026, 9, 3), street="")
    register(name="丙店", code=CODES[2], industry="F5212", category="个体工商户")
    assert found(**filters) == expected


def test_pages_are_stable_while_others_register(app: Flask, as_person) -> None:
    with transaction():
        for number in range(65):
            register(name=f"甲{number:03}号小店", code="", category="个体工商户", address=str(number))
    first = subject_search.search(Filters(text="小店"))
    assert (len(first.rows), first.total_text, first.newer) == (30, "65 户", None)
    register(name="新来的小店", code="", category="个体工商户")
    second = subject_search.search(Filters(text="小店"), older=first.older)
    third = subject_search.search(Filters(text="小店"), older=second.older)
    names = [s.name for page in (first, second, third) for s in page.rows]
    assert sorted(names) == [f"甲{number:03}号小店" for number in range(65)] and third.older is None
    back = subject_search.search(Filters(text="小店"), newer=second.newer)
    assert [s.id for s in back.rows] == [s.id for s in first.rows]


def test_the_list_page_costs_the_same_queries_with_one_row_and_with_thirty(app: Flask, as_person) -> None:
    register(name="甲小店", code="", category="个体工商户")
    browser = as_person("gongan-jingban")

    def queries() -> int:
        count, execute = 0, database.obj.execute_sql

        def counted(*arguments, **rest):
            nonlocal count
            count += 1
            return execute(*arguments, **rest)

        database.obj.execute_sql = counted
        try:
            assert table_of(browser.get("/subjects/?q=小店"), "市场主体")
        finally:
            del database.obj.execute_sql
        return count

    with_one = queries()
    with transaction():
        for number in range(40):
            register(name=f"乙{number}小店", code="", category="个体工商户", address=str(number))
    assert queries() == with_one


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_fragment_of_two_signs_finds_its_name_and_nothing_raises(app: Flask, name: str, data) -> None:
    key = subjects.name_key(name)
    with database.atomic() as undo:
        kept = Subject.create(
            name=name, name_key=key, category="个体工商户", approved=DAY, state="存续", entered_at=subjects.clock.now()
        )
        subjects.SubjectName.create(subject=kept, name=name, name_key=key, since=DAY)
        name_index.index(kept.id, None, subjects.keys_of(kept))
        if len(key) >= 2:
            start = data.draw(st.integers(0, len(key) - 2))
            end = data.draw(st.integers(start + 2, len(key)))
            hits = Subject.select().where(name_index.hits(key[start:end])).where(Subject.id == kept.id)
            assert hits.exists(), key[start:end]
        undo.rollback()
