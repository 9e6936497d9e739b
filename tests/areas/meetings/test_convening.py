"""Meetings on their pages: convened, changed, cancelled, attended; who sees them; what scores move."""

from __future__ import annotations

import pytest

from plugins.areas.meetings.models import Attendee, Meeting
from portal import clock, facts, obligations, settings, units
from portal.database import database, transaction
from portal.workdays import Quarter
from tests.areas.meetings import way
from tests.cast import table_of, text_of


def absent(unit: str) -> int:
    return facts.of_all(facts.span_of(Quarter(2026, 3)), [unit])[unit]["meetings"]["absent"]


def row_of(meeting: int, unit: str) -> Attendee:
    return Attendee.get((Attendee.meeting == meeting) & (Attendee.unit == unit))


def test_a_deputy_convenes_only_when_charged_and_the_charge_is_shown(staff):
    meeting = way.draft(staff.deputy)
    refused = staff.deputy.post(f"/meetings/{meeting}/convene")
    assert refused.status_code == 403 and "须有召集人的委托记录" in text_of(refused)
    assert way.owed("police", "attendance") == []
    answer = staff.convenor.submit(
        "/meetings/seats", "/meetings/seats/charges", deputy=_deputy_id(), charge_from="2026-09-25", charge_until="2026-09-30",
        charge_reason="出差期间主持工作",
    )  # fmt: skip
    assert "委托已记录" in text_of(answer)
    answer = way.convene(staff.deputy, meeting)
    assert "召集人召集人委托副召集人副召集人召集（出差期间主持工作）" in text_of(answer)
    assert len(way.owed("police", "attendance")) == 1


def _deputy_id() -> int:
    from portal import users

    return users.find("fuzhaojiren").id


@pytest.mark.parametrize(
    ("account", "kind", "status"),
    [
        ("bangongshi", "some", 403), ("gongan-jingban", "all", 403), ("gongan-jingban", "liaison", 403), ("gongan-jiancha", "some", 403),
        ("gongan-jingban", "some", 200), ("bangongshi", "liaison", 200), ("zhaojiren", "all", 200),
    ],
)  # fmt: skip
def test_the_form_of_a_meeting_opens_only_for_those_who_may_draft_it(staff, account, kind, status):
    assert staff[account].get(f"/meetings/new?kind={kind}").status_code == status


def test_a_joint_check_meeting_is_seen_by_those_convened_alone(staff):
    meeting = way.draft(staff.police, "some", theme="网吧", bodies=["fire", "police"], presider="公安经办")
    way.convene(staff.police, meeting)
    assert [
        row.unit for row in Attendee.select().where(Attendee.meeting == meeting).order_by(Attendee.order)
    ] == ["police", "fire"]
    assert staff["shenpi-jingban"].get(f"/meetings/{meeting}").status_code == 404
    assert "第三次联席会议" not in text_of(staff["shenpi-jingban"].get("/meetings/"))
    assert staff.office.get(f"/meetings/{meeting}").status_code == 200
    assert way.owed("approval", "attendance") == [] and len(way.owed("fire", "attendance")) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "会议名称应为 2 至 80 个字"), ("starts_on", "2026-02-31", "会议日期“2026-02-31”应为日期"), ("starts_time", "25:00", "时间“25:00”应为 14:30 这样的时刻"),
        ("agenda", "", "议题应为 2 至 4000 个字"), ("place", "", "地点应为 1 至 80 个字"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_the_typed_words_stay(staff, field, value, words):
    given = {
        "title": "第三次联席会议", "starts_on": "2026-09-28", "starts_time": "09:30", "place": "管委会", "presider": "召集人",
        "agenda": "通报情况", field: value,
    }  # fmt: skip
    answer = staff.office.submit("/meetings/new?kind=all", "/meetings/new", **given)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words in body
    assert 'value="第三次联席会议"' in body or field == "title"
    assert Meeting.select().count() == 0


def test_a_changed_day_moves_the_duty_and_sends_a_new_notice(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    action = f"/meetings/{meeting}/edit"
    answer = staff.convenor.submit(
        action, action, title="第三次联席会议", starts_on="2026-09-29", starts_time="14:00", place="管委会", presider="召集人",
        agenda="通报情况", reason="召集人另有会议",
    )  # fmt: skip
    assert "重新发出通知" in text_of(answer)
    assert [(day.isoformat(), state) for _, day, state in way.owed("police", "attendance")] == [
        ("2026-09-28", "withdrawn"),
        ("2026-09-29", "open"),
    ]
    from plugins.areas.meetings.models import Paper

    assert [paper.title for paper in Paper.select().order_by(Paper.id)] == [
        "关于召开第三次联席会议的通知",
        "关于调整第三次联席会议安排的通知",
    ]


def test_two_officers_changing_one_meeting_overwrite_nothing(staff):
    meeting = way.draft(staff.office)
    action = f"/meetings/{meeting}/edit"
    form = staff.office.form(action, action)
    fields = {
        "title": "改一",
        "starts_on": "2026-09-28",
        "starts_time": "09:30",
        "place": "甲",
        "presider": "召集人",
        "agenda": "议题",
    }
    staff.convenor.submit(action, action, **fields)
    second = staff.office.submit(action, action, form=form, **{**fields, "title": "改二"})
    assert second.status_code == 409 and "没有覆盖" in text_of(second)
    assert Meeting.get_by_id(meeting).title == "改一"


def test_a_cancelled_meeting_is_owed_by_nobody(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    answer = staff.convenor.submit(f"/meetings/{meeting}", f"/meetings/{meeting}/cancel", reason="台风")
    assert "会议已取消：台风" in text_of(answer)
    assert way.owed("police", "attendance")[0][2] == "withdrawn"
    again = staff.office.post(f"/meetings/{meeting}/cancel", reason="再取消")
    assert again.status_code == 409


def test_signing_in_by_the_own_account_fulfils_the_duty_once(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    row = row_of(meeting, "police")
    action = f"/meetings/attendees/{row.id}/sign"
    early = staff.police.post(action, state="present")
    assert early.status_code == 422 and "会前 2 小时" in text_of(early)
    staff.at("2026-09-28T08:00")
    answer = staff.police.submit(f"/meetings/{meeting}", action, state="proxy", position="副大队长")
    assert "已签到：公安经办（代会）" in text_of(answer)
    assert way.owed("police", "attendance")[0][2] == "fulfilled"
    twice = staff["gongan-lianluo"].post(action, state="present")
    assert twice.status_code == 422 and "不能重复签到" in text_of(twice)
    foreign = staff["shenpi-jingban"].post(action, state="present")
    assert foreign.status_code == 403
    assert "已签到" in text_of(
        staff.zone_office.submit(
            f"/meetings/{meeting}", f"/meetings/attendees/{row_of(meeting, '').id}/sign", state="present"
        )
    )


def test_a_sheet_without_scan_or_with_an_open_row_is_refused_naming_the_row(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    early = way_sheet(staff, meeting, "present")
    assert early.status_code == 422 and "会议还没有开始" in text_of(early)
    staff.at("2026-09-28T11:00")
    row = row_of(meeting, "police")
    action = f"/meetings/{meeting}/sheet"
    answer = staff.office.submit(
        action,
        action,
        **{f"state-{row.id}": "present", f"person-{row.id}": ""},
        **way.files(scan=(way.SCAN, "s.pdf")),
    )
    assert (
        answer.status_code == 422
        and "公安分局：请填写签名人姓名" in text_of(answer)
        and "财政局：请选择" in text_of(answer)
    )
    wrong = staff.office.submit(
        action, action, **{f"state-{row.id}": "absent"}, **way.files(scan=(b"MZ\0\0program", "s.pdf"))
    )
    assert wrong.status_code == 422 and "不是允许的类型" in text_of(wrong)
    assert Meeting.get_by_id(meeting).state == "convened"


def way_sheet(staff, meeting, state):
    from plugins.areas.meetings.models import Attendee

    action = f"/meetings/{meeting}/sheet"
    rows = {f"state-{row.id}": state for row in Attendee.select().where(Attendee.meeting == meeting)}
    return staff.office.submit(
        action,
        action,
        form={"csrf_token": _token(staff)} | _key(),
        **rows,
        **way.files(scan=(way.SCAN, "s.pdf")),
    )


def _token(staff) -> str:
    return staff.office.form("/meetings/materials/new", "/meetings/materials/new")["csrf_token"]


def _key() -> dict[str, str]:
    return {"submission_key": "a" * 32}


@pytest.mark.parametrize(("counts", "state", "expected"), [(True, "missed", 1), (False, "withdrawn", 0)])
def test_whether_leave_counts_as_absent_is_a_setting_of_the_scheme(staff, counts, state, expected):
    if not counts:
        with transaction():
            settings.change("scheme.leave_counts_as_absent", False, clock.today(), check=lambda value: None)
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    row = row_of(meeting, "police")
    answer = staff.police.submit(f"/meetings/{meeting}", f"/meetings/attendees/{row.id}/leave", reason="值班")
    assert "已请假" in text_of(answer)
    assert way.owed("police", "attendance")[0][2] == state
    way.hold(staff, meeting, {"公安分局": ("leave", "公安负责人")})
    staff.at("2026-09-29T09:00")
    assert absent("police") == expected and absent("fire") == 0


def test_the_office_corrects_the_sheet_both_ways_with_a_reason(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    way.hold(staff, meeting, {"公安分局": ("absent", "")})
    staff.at("2026-09-29T09:00")
    assert (absent("police"), absent("fire")) == (1, 0)
    action = f"/meetings/{meeting}/sheet"
    rows = {
        f"state-{row_of(meeting, unit).id}": state
        for unit, state in (("police", "proxy"), ("fire", "absent"))
    }
    rows[f"person-{row_of(meeting, 'police').id}"] = "公安经办"
    refused = staff.office.submit(action, action, **rows)
    assert refused.status_code == 422 and "更正签到表须写明原因" in text_of(refused)
    answer = staff.office.submit(action, action, reason="签名看错一行", **rows)
    assert "签到表已确认" in text_of(answer), text_of(answer)
    assert (absent("police"), absent("fire")) == (0, 1)
    assert [row[0][:2] for row in way.owed("police", "attendance")] == ["参加"]


def test_a_unit_that_left_before_the_meeting_is_not_registered_and_not_absent(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    staff.at("2026-09-27T09:00")
    with transaction():
        request = units.ask("finance", False, clock.today(), "机构改革")
        units.answer(request.id, True, "纪要〔2026〕9号")
    way.hold(staff, meeting)
    rows = {row[0]: row[2] for row in table_of(staff.office.get(f"/meetings/{meeting}"), "参加情况")}
    assert rows["财政局"] == "待签到" and rows["公安分局"] == "出席"
    assert way.owed("finance", "attendance")[0][2] == "withdrawn"
    assert "单位已停用" in text_of(staff.office.get(f"/meetings/{meeting}/sheet"))


def test_the_score_page_lists_the_meetings_behind_the_number(staff):
    meeting = way.draft(staff.office)
    way.convene(staff.convenor, meeting)
    way.hold(staff, meeting, {"公安分局": ("absent", "")})
    rows = table_of(staff.police.get("/scores/2026Q3/police/meetings"), "有关记录")
    assert rows == [["第三次联席会议：缺席", "2026-09-28", "计入"]]


@pytest.mark.parametrize("account", ["bangongshi", "gongan-jingban"])
def test_lists_cost_the_same_queries_with_1_and_30_rows(staff, account, monkeypatch):
    from portal.users import User

    def count(url: str) -> int:
        made = 0
        execute = database.obj.execute_sql

        def counting(*args, **kwargs):
            nonlocal made
            made += 1
            return execute(*args, **kwargs)

        monkeypatch.setattr(database.obj, "execute_sql", counting)
        answer = staff[account].get(url)
        monkeypatch.setattr(database.obj, "execute_sql", execute)
        assert answer.status_code == 200
        return made

    way.convene(staff.convenor, way.draft(staff.office))
    staff[account].get("/meetings/")
    first = Meeting.get()
    alone = count("/meetings/")
    with transaction():
        for number in range(29):
            Meeting.insert(
                {**first.__data__, "id": None, "title": f"会议{number}"} | {"id": 100 + number}
            ).execute()
            Attendee.insert(meeting=100 + number, unit="police", body="公安分局", order=1).execute()
    assert count("/meetings/") == alone
    assert User.select().count() > 0 and obligations.open_counts("police")["attendance"] == (1, 0)
