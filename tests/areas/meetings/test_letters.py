"""Reports to 区管委会, urge notices to a unit, seats and their changes."""

from __future__ import annotations

import pytest

from plugins.areas.meetings import seats
from plugins.areas.meetings.models import Paper, Report, Seat, SeatChange, Urge
from portal import jobs
from tests.areas.meetings import way
from tests.cast import table_of, text_of


def urge(staff, **fields):
    given = {
        "kind": "urge",
        "unit": "police",
        "title": "关于逾期反馈的督办通知",
        "text": "一、请立即反馈。",
        "due": "2026-09-30",
        **fields,
    }
    return staff.office.submit("/meetings/urges/new", "/meetings/urges/new", **given)


def test_an_urge_is_owed_until_its_unit_answers(staff):
    answer = urge(staff)
    assert "联席办督〔2026〕1号" in text_of(answer)
    assert [(day.isoformat(), state) for _, day, state in way.owed("police", "urge")] == [
        ("2026-09-30", "open")
    ]
    jobs.work_off()
    paper = Paper.get(Paper.what == "urge")
    assert paper.state == "made" and staff.police.get(f"/meetings/papers/{paper.id}.pdf").status_code == 200
    page = f"/meetings/urges/{Urge.get().id}"
    assert staff["shenpi-jingban"].get(page).status_code == 404
    assert staff["shenpi-jingban"].get(f"/meetings/papers/{paper.id}.pdf").status_code == 404
    assert "已签收" in text_of(staff.police.submit(page, f"{page}/read"))
    assert "已答复" in text_of(staff.police.submit(page, f"{page}/answer", answer="已全部反馈"))
    assert way.owed("police", "urge")[0][2] == "fulfilled"
    again = staff.police.post(f"{page}/answer", answer="再答")
    assert again.status_code == 422 and "已答复" in text_of(again)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unit": "nobody"}, "请选择一个成员单位"),
        ({"due": "2026-09-01"}, "不能早于今天"),
        ({"text": ""}, "正文应为"),
        ({"kind": "x"}, "请选择"),
    ],
)
def test_a_wrong_notice_names_the_field_and_takes_no_number(staff, fields, words):
    answer = urge(staff, **fields)
    assert answer.status_code == 422 and words in text_of(answer)
    assert "联席办督〔2026〕1号" in text_of(urge(staff))


def test_a_report_goes_to_the_committee_and_its_answer_is_noted(staff):
    answer = staff.office.submit(
        "/meetings/reports/new",
        "/meetings/reports/new",
        title="关于重大事项的报告",
        text="一、情况\n请批示。",
    )
    assert "联席办报〔2026〕1号" in text_of(answer)
    page = f"/meetings/reports/{Report.get().id}"
    assert staff.convenor.get(page).status_code == 200 and staff.police.get(page).status_code == 403
    wrong = staff.office.submit(page, f"{page}/answer", answered_on="2026-09-26", answer="同意")
    assert wrong.status_code == 422 and "答复日期应在 2026-09-25 至今天之间" in text_of(wrong)
    answer = staff.office.submit(
        page,
        f"{page}/answer",
        answered_on="2026-09-25",
        answer="同意",
        **way.files(file=(b"%PDF-1.4 x", "批示.pdf")),
    )
    assert "区管委会答复 同意 批示.pdf" in text_of(answer)
    jobs.work_off()
    assert Paper.get(Paper.what == "report").state == "made"


SEAT = {
    "role": "member",
    "person": "新任局长",
    "position": "副局长",
    "from_day": "2026-10-01",
    "reason": "工作变动",
    "replaces": "",
}


def propose(browser, **fields):
    return browser.submit("/meetings/seats", "/meetings/seats", **{**SEAT, **fields})


def test_a_seat_changes_by_proposal_decision_and_record_with_days(staff):
    liaison = staff["gongan-lianluo"]
    assert "席位调整已提出" in text_of(propose(liaison, person="老局长", from_day="2026-09-01"))
    change = SeatChange.get()
    action = f"/meetings/seats/{change.id}/answer"
    refused = staff.office.submit("/meetings/seats", action, outcome="confirm")
    assert refused.status_code == 422 and "须填写联席会议纪要文号，或先由召集人确认" in text_of(refused)
    assert "已确认" in text_of(staff.convenor.submit("/meetings/seats", f"/meetings/seats/{change.id}/admit"))
    assert "席位已记录" in text_of(staff.office.submit("/meetings/seats", action, outcome="confirm"))
    first = Seat.get()
    assert (first.unit, first.person, first.basis) == ("police", "老局长", "召集人召集人确认")

    propose(liaison, replaces=str(first.id))
    second = SeatChange.select().order_by(SeatChange.id.desc()).first()
    staff.office.submit(
        "/meetings/seats", f"/meetings/seats/{second.id}/answer", outcome="confirm", basis="纪要〔2026〕3号"
    )
    assert [seat.person for seat in seats.holders()] == ["老局长"]
    staff.at("2026-10-08T09:00")
    assert [(seat.person, seat.from_day.isoformat()) for seat in seats.holders()] == [
        ("新任局长", "2026-10-01")
    ]
    past = table_of(staff.office.get("/meetings/seats"), "历任")
    assert past[0][2:] == ["老局长", "2026-09-01", "2026-10-01"]
    answered = staff.office.post(f"/meetings/seats/{second.id}/answer", outcome="confirm", basis="x")
    assert answered.status_code == 422 and "不能再答复" in text_of(answered)


@pytest.mark.parametrize(
    ("account", "fields", "status", "words"),
    [
        ("gongan-lianluo", {"role": "convenor"}, 403, "只能为本单位"),
        ("gongan-lianluo", {"person": ""}, 422, "要空出席位时请选择现任"),
        ("gongan-lianluo", {"reason": ""}, 422, "应为 2 至 200 个字"),
        ("bangongshi", {"unit": "police", "account": "meiyou"}, 422, "没有账号“meiyou”"),
    ],
)
def test_a_wrong_proposal_is_refused(staff, account, fields, status, words):
    answer = propose(staff[account], **fields)
    assert answer.status_code == status and words in answer.get_data(as_text=True)
    assert SeatChange.select().count() == 0


def test_only_the_convenor_charges_and_takes_back(staff):
    from portal import users

    fields = {
        "deputy": users.find("fuzhaojiren").id,
        "charge_from": "2026-09-25",
        "charge_until": "2026-09-24",
        "charge_reason": "出差",
    }
    wrong = staff.convenor.submit("/meetings/seats", "/meetings/seats/charges", **fields)
    assert wrong.status_code == 422 and "委托截止日 2026-09-24 早于开始日 2026-09-25" in text_of(wrong)
    staff.convenor.submit(
        "/meetings/seats",
        "/meetings/seats/charges",
        **{**fields, "charge_until": "2026-09-30", "may_sign": "1"},
    )
    assert seats.person_of(users.find("fuzhaojiren")).charged_to_sign
    assert staff.office.post("/meetings/seats/charges/1/end").status_code == 403
    staff.convenor.submit("/meetings/seats", "/meetings/seats/charges/1/end")
    assert not seats.person_of(users.find("fuzhaojiren")).charged
