"""Unreachable subjects and unlicensed trading: who may do what in which state, confidentiality, photographs, entries."""

from __future__ import annotations

import html
import io
import re
from datetime import date

import pytest
from PIL import Image

from plugins.areas.licensing import case_lists, case_rules, unlicensed, unreachable
from plugins.areas.licensing.case_models import CasePhoto, Referral, UnlicensedCase, Unreachable
from portal import clock, facts, jobs
from portal.audit import AuditEntry
from portal.obligations import Obligation
from portal.refusals import Missing, NotAllowed, Refused, Stale
from portal.workdays import Quarter
from tests.areas.licensing.register import DAY, as_actor, registered
from tests.cast import table_of, text_of
from tests.pdf_pages import document_fonts


def owed(kind: str) -> list[tuple[str, str, str]]:
    query = Obligation.select().where(Obligation.kind == kind).order_by(Obligation.id)
    return [(o.unit, o.state, str(o.deadline)) for o in query]


def lead(**values) -> unlicensed.Lead:
    given = {
        "kind": "no_permit", "source": "report", "person": "张某小吃摊", "place": "星湖大道夜市", "activity": "制售热食",
        "found_on": DAY, "item": "SP01",
    }  # fmt: skip
    return unlicensed.Lead(**{**given, **values})


@pytest.fixture
def police(app, people):
    with as_actor(people["gongan-jingban"]):
        yield people["gongan-jingban"]


@pytest.mark.parametrize(
    ("kind", "item", "unit"),
    [
        ("no_permit", "SP01", "market_regulation"),
        ("neither", "GA01", "police"),
        ("no_licence", "GA01", "market_regulation"),
        ("no_permit", "", "market_regulation"),
        ("no_permit", "TX01", "market_regulation"),
        ("no_permit", "JT02", "construction"),
    ],
)
def test_a_lead_goes_to_the_unit_that_the_rules_name(police, kind, item, unit) -> None:
    case = unlicensed.enter("police", lead(kind=kind, item=item))
    assert case.unit == unit
    assert owed("unlicensed_case") == [(unit, "open", "2026-10-29")]


ACTS = {
    "screen": lambda unit, n: unlicensed.screen(unit, n, "labour", "磨剪刀，无须许可"),
    "guide": lambda unit, n: unlicensed.guide(unit, n, DAY, "已告知办证材料"),
    "close": lambda unit, n: unlicensed.close(unit, n, "licensed", DAY, "", "已办证"),
    "refer": lambda unit, n: unlicensed.refer(unit, n, "fire", "属于消防"),
    "withdraw": lambda unit, n: unlicensed.withdraw(unit, n, "重复录入"),
    "receive": lambda unit, n: unlicensed.answer_referral(unit, n, True, ""),
}
OUTCOMES = {
    # state → act → the state after it, or the refusal; acts by the unit that deals with the case (police)
    "open": {
        "screen": "screened",
        "guide": "open",
        "close": "closed",
        "refer": "referred",
        "withdraw": "withdrawn",
        "receive": Stale,
    },
    "referred": {
        "screen": Stale,
        "guide": Stale,
        "close": Stale,
        "refer": Stale,
        "withdraw": Stale,
        "receive": Stale,
    },
    "closed": dict.fromkeys(ACTS, Stale),
    "screened": dict.fromkeys(ACTS, Stale),
    "withdrawn": dict.fromkeys(ACTS, Stale),
}


@pytest.mark.parametrize("state", OUTCOMES)
@pytest.mark.parametrize("act", ACTS)
def test_what_is_possible_in_which_state(police, state, act) -> None:
    case = unlicensed.enter("police", lead(kind="neither", item="GA01"))
    reach = {"referred": "refer", "closed": "close", "screened": "screen", "withdrawn": "withdraw"}
    if state in reach:
        ACTS[reach[state]]("police", case.id)
    wanted = OUTCOMES[state][act]
    if isinstance(wanted, str):
        ACTS[act]("police", case.id)
        assert UnlicensedCase.get_by_id(case.id).state == wanted
    else:
        with pytest.raises(wanted):
            ACTS[act]("police", case.id)
        assert UnlicensedCase.get_by_id(case.id).state == state


@pytest.mark.parametrize("act", ["screen", "guide", "close", "refer", "withdraw"])
def test_other_units_do_not_even_learn_of_a_case(police, act) -> None:
    case = unlicensed.enter("police", lead(kind="neither", item="GA01"))
    with pytest.raises(Missing):
        ACTS[act]("housing", case.id)


def test_a_referral_runs_until_it_is_signed_for_and_then_starts_anew(police, hand) -> None:
    case = unlicensed.enter("police", lead(kind="neither", item="GA01"))
    ACTS["refer"]("police", case.id)
    assert owed("unlicensed_case") == [("police", "fulfilled", "2026-10-29")]
    assert owed("referral_receipt") == [("fire", "open", "2026-10-12")]
    with pytest.raises(Refused, match="退回须写明理由"):
        unlicensed.answer_referral("fire", case.id, False, "")
    unlicensed.answer_referral("fire", case.id, False, "不涉及消防")
    assert (UnlicensedCase.get().unit, UnlicensedCase.get().state) == ("police", "open")
    ACTS["refer"]("police", case.id)
    unlicensed.answer_referral("fire", case.id, True, "")
    assert (UnlicensedCase.get().unit, [r.state for r in Referral.select().order_by(Referral.id)]) == (
        "fire",
        ["returned", "received"],
    )
    assert [row[:2] for row in owed("unlicensed_case")] == [
        ("police", "fulfilled"),
        ("police", "fulfilled"),
        ("fire", "open"),
    ]
    with pytest.raises(Stale):
        unlicensed.answer_referral("fire", case.id, True, "")


def test_a_penalty_names_its_document(police) -> None:
    case = unlicensed.enter("police", lead(kind="neither", item="GA01"))
    with pytest.raises(Refused, match="须填写文书号"):
        unlicensed.close("police", case.id, "penalty", DAY, " ", "罚款")


def test_entries_taken_back_or_screened_out_count_for_nothing(police) -> None:
    made = [unlicensed.enter("police", lead(kind="neither", item="GA01", person=f"{n}号")) for n in range(4)]
    ACTS["withdraw"]("police", made[0].id)
    ACTS["screen"]("police", made[1].id)
    ACTS["close"]("police", made[2].id)
    assert facts.of_all(facts.span_of(Quarter(2026, 3)))["police"]["unlicensed"] == {"entries": 2}
    assert case_lists.score_facts(Quarter(2026, 4))["police"] == {"unlicensed": {"entries": 0}}


def test_the_reporter_is_seen_by_named_roles_only_and_each_look_is_logged(app, as_person, people) -> None:
    with as_actor(people["gongan-jingban"]):
        case = unlicensed.enter(
            "police", lead(kind="neither", item="GA01", reporter_name="李举报", reporter_phone="13900000000")
        )
    for account, status in (
        ("gongan-jingban", 403),
        ("gongan-fuze", 200),
        ("shichang-lianluo", 404),
        ("gongan-lianluo", 200),
        ("bangongshi", 200),
    ):
        answer = as_person(account).get(f"/licensing/unlicensed/{case.id}/reporter")
        assert (answer.status_code, "李举报" in answer.get_data(as_text=True)) == (status, status == 200), (
            account
        )
    looks = AuditEntry.select().where(AuditEntry.action == "查看举报人").order_by(AuditEntry.seq)
    assert [entry.actor_name for entry in looks] == ["公安负责人", "公安联络员", "办公室主任"]
    assert "李举报" not in text_of(as_person("bangongshi").get(f"/licensing/unlicensed/{case.id}"))


def picture(kind: str = "PNG") -> io.BytesIO:
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(target, kind)
    return io.BytesIO(target.getvalue())


def test_a_photograph_is_decoded_before_it_is_kept(police) -> None:
    case = unlicensed.enter(
        "police", lead(kind="neither", item="GA01"), [(picture(), "现场.png"), (picture("JPEG"), "门头.jpg")]
    )
    assert [p.file.content_type for p in CasePhoto.select().order_by(CasePhoto.id)] == [
        "image/png",
        "image/jpeg",
    ]
    for content, told in (
        (b"GIF89a....", "内容不是 JPEG 或 PNG"),
        (b"<svg onload=alert(1)>", "内容不是 JPEG 或 PNG"),
        (picture().getvalue()[:60], "损坏，打不开"),
        (b"\xff\xd8\xff" + b"x" * 100, "损坏，打不开"),
    ):
        with pytest.raises(Refused, match=told):
            unlicensed.add_photos("police", case.id, [(io.BytesIO(content), "照片.png")])
    with pytest.raises(Refused, match="最多 9 张"):
        unlicensed.add_photos("police", case.id, [(picture(), f"{n}.png") for n in range(8)])
    assert CasePhoto.select().count() == 2


def test_a_photograph_is_shown_to_those_who_see_the_case(app, as_person, people) -> None:
    with as_actor(people["gongan-jingban"]):
        unlicensed.enter("police", lead(kind="neither", item="GA01"), [(picture(), "现场.png")])
    photo = f"/licensing/unlicensed/photos/{CasePhoto.get().id}"
    shown = as_person("gongan-jingban").get(photo)
    assert (shown.status_code, shown.content_type) == (200, "image/png")
    assert as_person("shichang-jingban").get(photo).status_code == 404


def test_a_lead_is_entered_in_the_page_with_its_photograph(app, as_person) -> None:
    person = as_person("gongan-jingban")
    answer = person.submit(
        "/licensing/unlicensed/new", "/licensing/unlicensed/new", kind="neither", source="check", person="夜市摊主", place="夜市",
        activity="住宿", item="GA01", found_on="2026-09-24", photos=(picture(), "现场.png"),
    )  # fmt: skip
    assert "线索已录入，由公安分局办理" in text_of(answer)
    refused = person.submit(
        "/licensing/unlicensed/new",
        "/licensing/unlicensed/new",
        kind="x",
        source="check",
        person=" ",
        found_on="24号",
    )
    assert refused.status_code == 422 and "不是能识别的日期" in text_of(refused)


# Unreachable subjects (二（一）5)


def test_a_report_asks_the_market_regulator_to_verify_and_writes_its_notice(police, monkeypatch) -> None:
    monkeypatch.setenv("PORTAL_FONT_DIR", str(document_fonts().faces[0].path.parent))
    report = unreachable.report("police", registered(), date(2026, 9, 24), "两次上门无人，电话停机")
    assert owed("unreachable") == [("market_regulation", "open", "2026-10-29")]
    assert jobs.work_off() == 1
    found = Unreachable.get_by_id(report.id)
    assert found.notice.content_type == "application/pdf" and len(found.notice_digest) == 64
    with pytest.raises(Refused, match="已经报告过"):
        unreachable.report("fire", found.subject, DAY, "无人")


def test_verified_listed_published_and_removed_in_that_order(police, people) -> None:
    report = unreachable.report("police", registered(), DAY, "无人")
    market = people["shichang-jingban"]
    with pytest.raises(NotAllowed):
        unreachable.verify(police, report.id, "listed", "查实", DAY)
    with pytest.raises(Refused, match="公示日期"):
        unreachable.publish(market, report.id, DAY)
    unreachable.verify(market, report.id, "listed", "查实", DAY)
    assert owed("unreachable")[0][1] == "fulfilled"
    with pytest.raises(Stale):
        unreachable.verify(market, report.id, "found", "联系上了", DAY)
    unreachable.publish(market, report.id, DAY)
    unreachable.remove(market, report.id, DAY, "重新取得联系")
    assert Unreachable.get_by_id(report.id).state == "removed"
    unreachable.report("police", report.subject, DAY, "又无人")


def test_a_check_that_finds_nobody_reports_once(police) -> None:
    subject = registered()
    for _ in range(2):
        unreachable.from_check(subject, "police", "检查时无人")
    assert Unreachable.select().count() == 1


def test_the_words_of_every_state_and_act_exist() -> None:
    assert set(OUTCOMES) == set(case_rules.STATES)
    assert set(case_rules.ACTS) == set(ACTS)


def test_what_is_due_stands_on_top_of_the_lists_with_its_day(as_person, people, hand) -> None:
    with as_actor(people["gongan-jingban"]):
        unlicensed.enter("police", lead(person="先来的"))
        hand.set(clock.at(date(2026, 9, 28), 10))
        unlicensed.enter("police", lead(person="后来的"))
        unlicensed.withdraw("police", unlicensed.enter("police", lead(person="录错的")).id, "录错")
    person = as_person("gongan-jingban")
    rows = table_of(person.get("/licensing/unlicensed/"), "无证无照线索")
    assert [row[0] for row in rows] == ["先来的", "后来的"]
    assert "线索录入 9月25日 → 第20个工作日" in rows[0][8]
    assert [row[0] for row in table_of(person.get("/licensing/unlicensed/?state=all"), "无证无照线索")] == [
        "录错的",
        "后来的",
        "先来的",
    ]


def test_a_form_of_the_case_that_comes_back_keeps_its_words_and_leads_to_its_own_field(
    as_person, people
) -> None:
    with as_actor(people["gongan-jingban"]):
        case = unlicensed.enter("police", lead(kind="neither", item="GA01"))
    holder = next(
        account for account, who in people.items() if who.unit == case.unit and "jingban" in account
    )
    page = f"/licensing/unlicensed/{case.id}"
    back = (
        as_person(holder)
        .submit(page, page, act="screen", screening="", reason="只是路过的摊贩")
        .get_data(as_text=True)
    )
    assert 'href="#f-screening"' in back and 'value="只是路过的摊贩"' in back
    back = as_person(holder).submit(page, page, act="refer", to_unit="", reason="").get_data(as_text=True)
    assert 'href="#f-reason"' in back and back.count('id="f-reason"') == 1


def test_a_penalty_that_ends_a_case_leads_to_its_entry_as_a_dishonesty_record(as_person, people) -> None:
    with as_actor(people["shichang-jingban"]):
        case = unlicensed.enter("market_regulation", lead(item=""))
        unlicensed.close(
            "market_regulation", case.id, "penalty", DAY, "通开市监罚决〔2026〕9号", "罚款五百元"
        )
    person = as_person("shichang-jingban")
    page = person.get(f"/licensing/unlicensed/{case.id}").get_data(as_text=True)
    href = re.search(r'href="([^"]*)"[^>]*>录入这件处罚<', page)
    assert href is not None
    form = person.client.get(html.unescape(href[1]), follow_redirects=True).get_data(as_text=True)
    assert (
        'value="通开市监罚决〔2026〕9号"' in form
        and 'value="张某小吃摊"' in form
        and 'value="2026-09-25"' in form
    )
