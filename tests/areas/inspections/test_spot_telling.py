"""Whoever a spot check waits for is told on the first page, and no longer once the step is done, by whomever."""

from __future__ import annotations

from datetime import date

from spot_stage import BARS, HOTELS, Stage

from plugins.areas.inspections import checks, draws, items, plans, replacements
from plugins.areas.inspections.check_models import CheckMember, SpotCheck
from plugins.areas.inspections.models import Inspector
from portal import notices
from tests.cast import text_of


def told(spot: Stage, account: str) -> list[tuple[str, str]]:
    """The unread notices of a person, without the public announcements of draws."""
    found = [(one.text, one.href) for one in notices.unread(spot.people[account])]
    return [one for one in found if not one[0].startswith("抽取公告")]


def test_an_items_next_desk_is_told(spot: Stage) -> None:
    page = f"/inspections/items/{HOTELS}"
    waits = f"抽查事项 {HOTELS}“旅馆业治安管理检查”"
    spot.item(upto="legal")
    assert told(spot, "gongan-fazhi") == [(f"{waits}等待法制审查", page)]
    version = items.versions(HOTELS)[0]
    with spot.as_("gongan-fazhi"):
        items.review(version.id, True, "合法")
    assert told(spot, "gongan-fazhi") == []
    assert told(spot, "quguanban") == [(f"{waits}等待区管办审核确认", page)]
    with spot.as_("quguanban"):
        items.confirm(version.id, True, "同意")
    assert told(spot, "quguanban") == []
    assert told(spot, "gongan-jingban") == [(f"{waits}已确认，公布后才能用于抽查", page)]
    with spot.as_("gongan-jingban"):
        items.publish(version.id)
    assert told(spot, "gongan-lianluo") == []


def test_a_returned_draft_reaches_those_who_draft(spot: Stage) -> None:
    version = spot.item(upto="zone")
    with spot.as_("quguanban"):
        items.confirm(version.id, False, "与其他事项重复")
    assert told(spot, "quguanban") == []
    assert [text for text, _ in told(spot, "gongan-lianluo")] == [
        f"抽查事项 {HOTELS}“旅馆业治安管理检查”被退回，请修改后重新报送"
    ]


def test_the_parties_of_a_draw_learn_when_the_public_value_comes(spot: Stage) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    expected = (
        f"您是抽取 {draw.draw_id}（旅馆检查）的承诺方：公开数 2026年9月25日 12:00 产生，由两人分别录入",
        f"/inspections/draws/{draw.id}",
    )
    assert told(spot, "xiaofang-lianluo") == [expected]
    spot.later(hours=3)
    spot.typed(draw, "27183", "27183")
    assert told(spot, "xiaofang-lianluo") == []


def test_inspectors_learn_what_they_were_drawn_for_and_who_replaces_them(spot: Stage) -> None:
    spot.ready(people=3)
    accounts = {"gongan-jiancha": 0, "gongan-fazhi": 1, "gongan-fuze": 2}
    keys = [one.id for one in Inspector.select().order_by(Inspector.id)]
    for account, place in accounts.items():
        Inspector.update(account=account).where(Inspector.id == keys[place]).execute()
    draw = spot.drawn(spot.task(percent="5"))
    member = CheckMember.select().order_by(CheckMember.id).first()
    serving = {row.inspector.account for row in CheckMember.select()}
    third = (set(accounts) - serving).pop()
    words = (
        "您被抽为检查人员：旅馆检查，1 个检查对象，2026年10月30日前完成",
        f"/inspections/checks?task={draw.task_id}&mine=1",
    )
    assert {account for account in accounts if words in told(spot, account)} == serving
    with spot.as_("gongan-lianluo"):
        replacements.replace(member.id, "系亲属关系")
    check = SpotCheck.get()
    page = f"/inspections/checks/{check.id}"
    assert (f"您接替{member.name}检查“{check.name}”（旅馆检查）", page) in told(spot, third)
    assert (f"您不再检查“{check.name}”：系亲属关系", page) in told(spot, member.inspector.account)


def test_a_void_draw_asks_another_person_and_nobody_afterwards(spot: Stage) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    with spot.as_("gongan-jingban"):
        draws.ask_void(draw.id, "名录有误")
    words = f"公安经办申请作废抽取 {draw.draw_id}（旅馆检查），等待另一人批准"
    assert (words, f"/inspections/draws/{draw.id}") in told(spot, "bangongshi")
    with spot.as_("bangongshi"):
        draws.approve_void(draw.id)
    assert [told(spot, account) for account in ("bangongshi", "gongan-lianluo", "xiaofang-lianluo")] == [
        [],
        [],
        [],
    ]


def test_results_wait_for_another_person_once_a_day(spot: Stage, as_person) -> None:
    spot.ready()
    spot.drawn(spot.task(percent="10"))
    first, second = list(SpotCheck.select().order_by(SpotCheck.id))
    for check in (first, second):
        spot.entered(check)
    waiting = ("有检查结果等待审核", "/inspections/checks?state=entered")
    assert told(spot, "gongan-lianluo") == [waiting]
    assert "有检查结果等待审核" in text_of(as_person("gongan-lianluo").get("/"))
    with spot.as_("gongan-lianluo"):
        checks.approve(first.id, True)
        assert told(spot, "gongan-lianluo") == [waiting]
        checks.approve(second.id, False, "照片看不清")
    assert told(spot, "gongan-lianluo") == []
    author = SpotCheck.get_by_id(second.id).author_account
    assert (f"“{second.name}”的检查结果被退回：照片看不清", f"/inspections/checks/{second.id}") in told(
        spot, author
    )


def test_a_joint_plan_goes_on_when_the_last_participant_has_answered(spot: Stage) -> None:
    spot.ready(joint=True)
    with spot.as_("gongan-jingban"):
        plan = plans.make(2026, "旅馆联合抽查", joint=True, theme="酒店宾馆")
        for unit, number in (("police", HOTELS), ("fire", BARS)):
            plans.add_line(plan.id, plans.Line(unit, number, date(2026, 9, 1), date(2026, 12, 31), "10"))
        plans.send_round(plan.id, date(2026, 9, 30))
    with spot.as_("xiaofang-lianluo"):
        plans.answer(plan.id, True, "")
    words = "联合抽查计划“旅馆联合抽查”的参与单位都已答复，可以印发"
    assert told(spot, "gongan-jingban") == [(words, f"/inspections/plans/{plan.id}")]
    with spot.as_("gongan-jingban"):
        plans.issue(plan.id, "通开公〔2026〕3号")
    assert told(spot, "gongan-jingban") == []
