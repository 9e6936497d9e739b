"""The pages of the credit area: who opens what, forms that come back with their sentences, lists that cost a fixed price."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from plugins.areas.credit import checks, corrections, objections, records, repairs
from plugins.areas.credit.check_models import SanctionCheck
from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from plugins.areas.credit.objections import Application
from portal import clock, files
from portal.database import database, transaction
from portal.obligations import Obligation
from tests.areas.credit import stage
from tests.cast import table_of, text_of

READERS = (
    "gongan-jingban",
    "shichang-jingban",
    "shenpi-jingban",
    "bangongshi",
    "gongan-fuze",
    "xitong-jia",
    "shenji",
)


@pytest.fixture
def scene(people):
    """A published record of the police with an objection and a repair, one of the fire brigade, a check by the police."""
    made = stage.published(stage.firm("南通有事有限公司"), decided_on=date(2026, 6, 1))
    stage.published(stage.firm("南通火警有限公司"), "fire", document_number="消〔2026〕1号")
    application = Application("party", "南通有事有限公司", "罚款金额", "应为一万元")
    objection = objections.receive(made, application, desk="market_regulation")
    repair = repairs.apply(
        DishonestyRecord.get_by_id(made.id), applicant="甲", statement="已改", entered_unit="police"
    )
    check = checks.check_one("南通有事有限公司", unit="police", purpose="permit")
    return {"record": made.id, "objection": objection.id, "repair": repair.id, "check": check.id}


ACCESS = [
    # URL → those of READERS who may open it; the others get 404 (own unit only) or 403 (no permission)
    ("/credit/records", "jingban shichang shenpi bangongshi fuze"),
    ("/credit/records/{record}", "jingban shichang bangongshi fuze"),
    ("/credit/records/new", "jingban shichang shenpi"),
    ("/credit/records/{record}/correct", "jingban"),
    ("/credit/records/{record}/objections/new", "shichang"),
    ("/credit/records/{record}/repairs/new", "jingban shichang"),
    ("/credit/publicity", "jingban shichang shenpi bangongshi fuze"),
    ("/credit/publicity/export", "shichang bangongshi"),
    ("/credit/objections", "jingban shichang shenpi bangongshi fuze"),
    ("/credit/objections/{objection}", "jingban shichang bangongshi fuze"),
    ("/credit/repairs/{repair}", "jingban shichang bangongshi fuze"),
    ("/credit/check", "jingban shichang shenpi bangongshi fuze"),
    ("/credit/checks/{check}", "jingban bangongshi fuze"),
    ("/credit/checks/{check}/result.xlsx", "jingban bangongshi fuze"),
    ("/credit/verify", "jingban shichang shenpi bangongshi fuze"),
]
SHORT = dict(
    zip(READERS, ("jingban", "shichang", "shenpi", "bangongshi", "fuze", "xitong", "shenji"), strict=True)
)


def test_who_opens_which_page(as_person, scene):
    opened: dict[str, list[str]] = {url: [] for url, _ in ACCESS}
    for account in READERS:
        browser = as_person(account)
        for url in opened:
            if browser.get(url.format(**scene)).status_code == 200:
                opened[url].append(SHORT[account])
    assert {url: " ".join(names) for url, names in opened.items()} == dict(ACCESS)


def test_another_units_records_are_in_no_list_count_or_export_of_mine(as_person, scene):
    mine, every = as_person("gongan-jingban"), as_person("bangongshi")
    assert [row[0] for row in table_of(mine.get("/credit/records"), "失信信息")] == ["南通有事有限公司"]
    assert "共 1 条" in text_of(mine.get("/credit/records?q=南通"))
    assert len(table_of(every.get("/credit/records"), "失信信息")) == 2
    book = openpyxl.load_workbook(io.BytesIO(mine.get("/credit/records?file=xlsx").get_data()))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == ["南通有事有限公司"]


def fields(firm, **more) -> dict:
    values = {
        "kind": "penalty", "party_kind": "organisation", "party_name": firm.name, "party_code": firm.credit_code, "document_number": "公〔2026〕5号",
        "decided_on": "2026.9.18", "field": "消防", "act_kind": "占用通道", "basis": "消防法", "penalty_kinds": ["罚款"], "content": "罚款",
        "fine": "2", "fine_unit": "万元", "confiscated_unit": "元", "public": "1", "measures": ["JG01"],
    }  # fmt: skip
    return values | more


def test_a_record_is_entered_with_its_papers_and_shown(as_person, people):
    firm, officer = stage.firm(), as_person("gongan-jingban")
    paper = (io.BytesIO(b"%PDF-1.7 decision"), "决定书.pdf")
    answer = officer.submit("/credit/records/new", "/credit/records", **fields(firm, papers=paper))
    assert answer.status_code == 200
    words = text_of(answer)
    for expected in (
        "20,000.00 元（2 万元）",
        "自决定之日起公示3个月至1年：一般失信",
        "决定书.pdf",
        "按时办结",
        "作出决定 9月18日 → 第7个工作日 9月29日",
    ):
        assert expected in words
    made = DishonestyRecord.get()
    assert (made.fine, made.decided_on, made.subject_id) == (2_000_000, date(2026, 9, 18), firm.id)
    assert officer.get("/credit/papers/1").get_data() == b"%PDF-1.7 decision"
    assert as_person("shenpi-jingban").get("/credit/papers/1").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fine": "二万"}, "罚款金额“二万”读不出"),
        ({"fine_unit": ""}, "请选择罚款金额的单位（元或万元）"),
        ({"decided_on": "昨天"}, "决定日期“昨天”读不出"),
        ({"decided_on": "2026-12-01"}, "在今天（2026-09-25）之后"),
        ({"party_code": "123"}, "有 3 位，应为 18 位"),
        ({"fine": "2000"}, "是否把“元”当成了“万元”"),
        ({"papers": (b"MZ\0\0", "x.pdf")}, "内容不是允许的类型"),
    ],
)
def test_a_refused_form_comes_back_with_its_sentence_and_what_was_typed(as_person, people, change, words):
    firm, officer = stage.firm(), as_person("gongan-jingban")
    if "papers" in change:
        change = {"papers": (io.BytesIO(change["papers"][0]), change["papers"][1])}
    answer = officer.submit("/credit/records/new", "/credit/records", **fields(firm, **change))
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert 'value="公〔2026〕5号"' in answer.get_data(as_text=True)
    assert DishonestyRecord.select().count() == 0


def test_an_asked_value_is_taken_once_its_box_is_ticked(as_person, people):
    firm, officer = stage.firm(), as_person("gongan-jingban")
    answer = officer.submit(
        "/credit/records/new", "/credit/records", **fields(firm, fine="2000", **{"confirm-fine": "1"})
    )
    assert (answer.status_code, DishonestyRecord.get().fine) == (200, 2_000_000_000)


def test_a_form_made_from_an_older_version_is_refused(as_person, people):
    made, officer = stage.record(stage.firm()), as_person("gongan-jingban")
    url = f"/credit/records/{made.id}/correct"
    form = officer.form(url, url)
    corrections.correct(
        DishonestyRecord.get_by_id(made.id), stage.entry(made.subject, fine=3_000_000), "别人先改"
    )
    answer = officer.submit(
        url, url, form=form, **fields(made.subject, document_number=made.document_number, reason="我也改")
    )
    assert (answer.status_code, "刚被别人改过" in text_of(answer)) == (409, True)
    assert DishonestyRecord.get_by_id(made.id).fine == 3_000_000


def test_a_row_of_a_quarters_list_leads_to_a_form_that_knows_it(as_person, people):
    firm = stage.firm()
    with transaction():
        owed = records.expect(
            "公〔2026〕8号/甲", firm.name, firm.credit_code, date(2026, 8, 3), "police", "季度清单"
        )
    answer = as_person("gongan-jingban").client.get(
        f"/credit/owed/dishonesty/{owed.record_id}", follow_redirects=True
    )
    body = answer.get_data(as_text=True)
    assert (
        'value="公〔2026〕8号/甲"' in body
        and f'value="{firm.credit_code}"' in body
        and 'value="2026-08-03"' in body
    )


def test_the_publisher_publishes_chosen_rows_or_the_whole_queue(as_person, people):
    for number in range(4):
        stage.record(stage.firm(), document_number=f"公〔2026〕{number}号")
    publisher = as_person("shichang-jingban")
    answer = publisher.submit("/credit/publicity", "/credit/publicity/publish", scope="chosen", record=["1"])
    assert "已记于名下并公示 1 条" in text_of(answer)
    answer = publisher.submit("/credit/publicity", "/credit/publicity/publish", scope="all")
    assert "已记于名下并公示 3 条" in text_of(answer)
    assert DishonestyRecord.select().where(DishonestyRecord.publicity == "published").count() == 4
    officer = as_person("gongan-jingban")
    assert officer.post("/credit/publicity/publish", scope="all").status_code == 403


def test_a_pasted_list_is_answered_after_the_job(as_person, people):
    firm = stage.firm("南通有事有限公司")
    stage.record(firm)
    officer = as_person("gongan-jingban")
    answer = officer.submit(
        "/credit/check", "/credit/check-lists", list=f"{firm.name}\n没有的公司", purpose="bidding"
    )
    assert "正在核查" in text_of(answer)
    from portal import jobs

    jobs.work_off()
    words = text_of(officer.get(f"/credit/checks/{SanctionCheck.get().id}"))
    assert "有有效的失信记录：1 户，1 条" in words and "没有的公司 主体库中没有" in words


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"list": "", "purpose": "land"}, "请粘贴名单，或选择一个文件"),
        ({"list": "某公司", "purpose": ""}, "请选择核查用途"),
    ],
)
def test_a_list_without_parties_or_purpose_is_refused(as_person, people, form, words):
    answer = as_person("gongan-jingban").submit("/credit/check", "/credit/check-lists", **form)
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert SanctionCheck.select().count() == files.StoredFile.select().count() == 0


def test_an_objection_from_receipt_to_reply_through_the_pages(as_person, people):
    made = stage.published(stage.firm())
    desk, source = as_person("shichang-jingban"), as_person("gongan-jingban")
    form = {"applicant_kind": "party", "applicant": "某公司", "item": "罚款金额", "claim": "应为一万元"}
    new = f"/credit/records/{made.id}/objections/new"
    assert "已受理" in text_of(desk.submit(new, f"/credit/records/{made.id}/objections", **form))
    page = f"/credit/objections/{Objection.get().id}"
    answer = desk.submit(page, f"{page}/transfer", comparison="")
    assert (answer.status_code, "比对情况不能为空" in text_of(answer)) == (422, True)
    assert "已转信息提供单位，待签收" in text_of(
        desk.submit(page, f"{page}/transfer", comparison="与来源一致")
    )
    assert "信息提供单位核查中" in text_of(source.submit(page, f"{page}/sign"))
    words = text_of(source.submit(page, f"{page}/reply", answer="案卷一致"))
    assert "与实际一致，已书面答复" in words and "关于公示信息异议的答复" in words


def test_a_repair_from_application_to_decision_through_the_pages(as_person, people):
    made = stage.published(stage.firm(), decided_on=date(2026, 6, 1))
    officer = as_person("gongan-jingban")
    new = f"/credit/records/{made.id}/repairs/new"
    assert "已受理修复申请" in text_of(
        officer.submit(new, f"/credit/records/{made.id}/repairs", applicant="甲公司", statement="已整改")
    )
    page = f"/credit/repairs/{Repair.get().id}"
    answer = officer.submit(page, f"{page}/approve", confirmed=["duties"])
    assert (answer.status_code, "还有条件不符合" in text_of(answer)) == (422, True)
    words = text_of(officer.submit(page, f"{page}/approve", confirmed=["duties", "harm", "commitment"]))
    assert "准予修复" in words and "准予信用修复决定书" in words
    assert as_person("shichang-jingban").post(f"{page}/refuse", reason="不").status_code == 403


def test_the_subjects_page_tells_and_warns_and_the_inbox_leads_to_the_work(as_person, scene):
    subject = DishonestyRecord.get_by_id(scene["record"]).subject_id
    words = text_of(as_person("shenpi-jingban").get(f"/subjects/{subject}"))
    assert "联合惩戒：有有效的失信记录" in words and "有效 1 条 · 公示中 1 条" in words
    kinds = dict(Obligation.select(Obligation.kind, Obligation.id).tuples())
    for kind, url in (("objection_transfer", "objections"), ("repair_decision", "repairs")):
        account = "shichang-jingban" if kind == "objection_transfer" else "gongan-jingban"
        page = as_person(account).get(f"/inbox/{kinds[kind]}").get_data(as_text=True)
        assert f"/credit/{url}/" in page


def queries(browser, url: str) -> int:
    seen = []
    original = database.obj.execute_sql

    def counted(*args, **kwargs):
        seen.append(args)
        return original(*args, **kwargs)

    database.obj.execute_sql = counted
    try:
        assert browser.get(url).status_code == 200
    finally:
        del database.obj.execute_sql
    return len(seen)


def test_each_list_costs_the_same_with_one_row_and_with_thirty(as_person, people, hand):
    urls = (
        "/credit/records",
        "/credit/publicity?publicity=published",
        "/credit/objections",
        "/credit/repairs",
        "/credit/check",
    )
    desk = as_person("shichang-jingban")

    def more(number: int) -> None:
        made = stage.published(
            stage.firm(),
            "market_regulation",
            document_number=f"市〔2026〕{number}号",
            decided_on=date(2026, 6, 1),
        )
        objections.receive(made, Application("party", "某公司", "金额", "不对"), desk="market_regulation")
        repairs.apply(
            DishonestyRecord.get_by_id(made.id),
            applicant="甲",
            statement="已改",
            entered_unit="market_regulation",
        )
        checks.check_one(made.party_name, unit="market_regulation", purpose="land")

    more(0)
    [desk.get(url) for url in urls]
    one = [queries(desk, url) for url in urls]
    for number in range(1, 30):
        more(number)
    assert [queries(desk, url) for url in urls] == one
    assert [
        len(table_of(desk.get(url), caption))
        for url, caption in zip(urls[:4], ("失信信息", "公示", "异议", "信用修复"), strict=True)
    ] == [30] * 4
    assert clock.today() == date(2026, 9, 25)
