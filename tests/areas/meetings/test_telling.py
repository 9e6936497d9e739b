"""A notice of the joint meeting stands on the first page until the step it asks for is done, by whomever."""

from __future__ import annotations

from portal import notices, users
from tests.areas.meetings import way
from tests.cast import text_of


def told(account: str) -> list[str]:
    return [one.text for one in notices.unread(users.find(account))]


def test_the_convenor_is_asked_to_call_a_drafted_meeting_until_it_is_called_or_off(staff) -> None:
    first, second = way.draft(staff.office), way.draft(staff.office, title="第四次联席会议")
    assert told("zhaojiren") == [
        "会议“第四次联席会议”已拟定，等待您发出通知",
        "会议“第三次联席会议”已拟定，等待您发出通知",
    ]
    way.convene(staff.convenor, first)
    staff.office.submit(f"/meetings/{second}", f"/meetings/{second}/cancel", reason="并入第三次会议")
    assert told("zhaojiren") == []


def test_a_liaison_meeting_needs_no_word_of_the_convenor(staff) -> None:
    way.draft(staff.office, kind="liaison", title="联络员会议", bodies=["police"])
    assert told("zhaojiren") == []


def test_a_meeting_in_the_past_is_refused_while_it_is_typed(staff) -> None:
    answer = staff.office.submit(
        "/meetings/new?kind=all", "/meetings/new", title="第三次联席会议", starts_on="2026-09-20", starts_time="09:30",
        place="管委会会议室", presider="召集人", agenda="通报情况",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "会议时间 2026-09-20 09:30 已过，应晚于现在" in answer.get_data(as_text=True)


def test_an_unchanged_text_is_no_error_and_no_new_revision(staff) -> None:
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    way.hold(staff, meeting)
    minutes = way.write(staff.office, meeting)
    answer = way.save(staff.office, minutes, way.MINUTES)
    assert answer.status_code == 200 and "正文没有改动" in text_of(answer) and "第 3 稿" not in text_of(answer)


def test_a_refused_field_is_named_with_its_rule_at_the_head_of_the_page(staff) -> None:
    meeting = way.draft(staff.office)
    answer = staff.office.submit(f"/meetings/{meeting}", f"/meetings/{meeting}/cancel", reason="")
    assert answer.status_code == 422 and "取消会议须写明原因（2 至 200 个字）" in text_of(answer)


def test_nobody_is_asked_for_a_step_of_minutes_that_is_done(staff) -> None:
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    way.hold(staff, meeting)
    minutes = way.write(staff.office, meeting)
    way.to_signature(staff.office, staff.office, minutes)
    title = "第三次联席会议纪要"
    assert told("bangongshi") == [] and told("zhaojiren") == [f"纪要“{title}”等待您签发"]
    way.issue(staff.office, staff.convenor, minutes)
    assert told("zhaojiren") == [] and told("bangongshi") == []
    assert told("gongan-lianluo") == ["收到纪要〔2026〕1号，请签收"]
    way.step(staff["gongan-lianluo"], minutes, "read")
    assert told("gongan-lianluo") == []
    assert told("shichang-lianluo") == ["收到纪要〔2026〕1号，请签收"]
