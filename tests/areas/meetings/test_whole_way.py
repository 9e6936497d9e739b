"""From convening to the issued minutes, without JavaScript: each person does what the source gives to them."""

from __future__ import annotations

import hashlib

from portal import audit, clock, jobs, notices, obligations, users
from tests.areas.meetings import way
from tests.cast import PASSWORD, table_of, text_of


def test_from_convening_to_the_issued_minutes(staff):
    office, convenor, police = staff.office, staff.convenor, staff.police
    meeting = way.draft(office)
    assert "只能由召集人" in text_of(office.get(f"/meetings/{meeting}"))
    assert police.get(f"/meetings/{meeting}").status_code == 404
    shown = way.convene(convenor, meeting)
    assert "通知已发出" in text_of(shown) and "召集人召集人召集" in text_of(shown)
    assert [(deadline.isoformat(), state) for _, deadline, state in way.owed("police", "attendance")] == [
        ("2026-09-28", "open")
    ]
    jobs.work_off()
    assert "PDF（1 页）" in text_of(police.get(f"/meetings/{meeting}"))

    answer = way.hold(staff, meeting, {"财政局": ("absent", ""), "公安分局": ("proxy", "公安经办")})
    assert "签到表已确认" in text_of(answer), text_of(answer)
    rows = {row[0]: row[2:4] for row in table_of(answer, "参加情况")}
    assert rows["财政局"] == ["缺席", "—"] and rows["公安分局"] == ["代会", "公安经办"]
    assert way.owed("police", "attendance")[0][2] == "fulfilled"
    assert way.owed("finance", "attendance")[0][2] == "missed"

    answer = office.submit(
        f"/meetings/{meeting}",
        f"/meetings/{meeting}/decisions",
        text="完成网吧核查",
        unit="police",
        due="2026-10-15",
    )
    assert "议定事项已录入" in text_of(answer)
    assert way.owed("police", "meeting_decision")[0][2] == "open"

    minutes = way.write(office, meeting)
    assert police.get(f"/meetings/minutes/{minutes}").status_code == 404
    answer = way.step(office, minutes, "circulate", due="2026-09-30")
    assert "已送与会单位征求意见" in text_of(answer)
    assert len(way.owed("police", "consult")) == 1 and way.owed("finance", "consult") == []

    opinion = f"/meetings/opinions/{_opinion(minutes, 'police')}"
    answer = police.submit(f"/meetings/minutes/{minutes}", opinion, answer="comment", text="第一项请写明时限")
    assert "意见已提交" in text_of(answer) and way.owed("police", "consult")[0][2] == "fulfilled"
    refused = office.post(f"/meetings/minutes/{minutes}/submit")
    assert refused.status_code == 422 and "还有 1 条意见没有答复" in text_of(refused)
    assert "已答复意见" in text_of(
        office.submit(f"/meetings/minutes/{minutes}", f"{opinion}/settle", reply="已采纳")
    )
    way.agree_all(minutes)
    assert "已报联席会议办公室" in text_of(way.step(office, minutes, "submit"))
    assert "已送召集人签发" in text_of(way.step(office, minutes, "ask-signature"))

    assert _told("zhaojiren") == ["纪要“第三次联席会议纪要”等待您签发"]
    wrong = way.step(convenor, minutes, "sign", proof_password="wrong")
    assert wrong.status_code == 403 and "口令不正确" in text_of(wrong)
    assert "已签发" in text_of(way.step(convenor, minutes, "sign", proof_password=PASSWORD))
    answer = way.step(office, minutes, "issue")
    assert "已编号〔2026〕1号" in text_of(answer) and "正在制发" in text_of(answer)
    jobs.work_off()
    answer = office.get(f"/meetings/minutes/{minutes}")
    assert "已印发" in text_of(answer)

    from plugins.areas.meetings.models import Minutes

    paper = Minutes.get_by_id(minutes).paper
    pdf = police.get(f"/meetings/papers/{paper.id}.pdf")
    assert pdf.mimetype == "application/pdf"
    assert hashlib.new("sm3", pdf.data).hexdigest() == paper.digest
    assert any(paper.digest in entry.note for entry, _ in audit.history("minutes", minutes))
    assert _told("gongan-lianluo") == ["收到纪要〔2026〕1号，请签收"]
    received = table_of(answer, "分发和签收")
    assert len(received) == 16 and [row[:2] for row in received[-2:]] == [
        ["区管委会", "抄送"],
        ["区管办", "抄送"],
    ]
    assert "已签收" in text_of(way.step(police, minutes, "read"))
    assert "公安经办" in {
        row[4] for row in table_of(office.get(f"/meetings/minutes/{minutes}"), "分发和签收")
    }
    assert police.post(f"/meetings/minutes/{minutes}/read").status_code == 404

    decision = way.owed("police", "meeting_decision") and f"/meetings/decisions/{_decision()}"
    answer = police.submit(decision, f"{decision}/finish", note="已核查12家")
    assert "已办结" in text_of(answer) and way.owed("police", "meeting_decision")[0][2] == "fulfilled"
    assert obligations.open_counts("police").get("meeting_decision") is None
    assert clock.today().isoformat() == "2026-09-28"


def _told(account: str) -> list[str]:
    return [notice.text for notice in notices.unread(users.find(account))]


def _opinion(minutes: int, unit: str) -> int:
    from plugins.areas.meetings.models import Opinion

    return Opinion.get((Opinion.minutes == minutes) & (Opinion.unit == unit)).id


def _decision() -> int:
    from plugins.areas.meetings.models import Decision

    return Decision.get().id
