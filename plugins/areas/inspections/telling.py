"""Who is told when a spot check waits for them: notices on the first page, taken back when the step is done.

The clocks of the source are obligations; these steps have none, and without a word nobody would know of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from plugins.areas.inspections.check_models import CheckMember, Draw, DrawParty, SpotCheck
from plugins.areas.inspections.models import CheckPlan, Inspector, ItemVersion
from portal.toolkit import clock, notices

DRAFTERS = ("officer", "liaison")


def item_moved(version: ItemVersion) -> None:
    """A version of a check item has reached its next desk (二（三）: 法制机构审查, 区管办审核确认)."""
    waits = {
        "legal": (version.unit, ("legal",), "等待法制审查"),
        "zone": (None, ("zone_office",), "等待区管办审核确认"),
        "returned": (version.unit, DRAFTERS, "被退回，请修改后重新报送"),
        "confirmed": (version.unit, DRAFTERS, "已确认，公布后才能用于抽查"),
    }
    notices.settle(*(_item(version, state) for state in waits))
    if version.state in waits:
        unit, roles, words = waits[version.state]
        text = f"抽查事项 {version.number}“{version.item}”{words}"
        notices.tell(unit, roles, _item(version, version.state), text, f"/inspections/items/{version.number}")


def item_published(version: ItemVersion) -> None:
    """The version is published: nobody needs to be reminded of that."""
    notices.settle(_item(version, "confirmed"))


def _item(version: ItemVersion, state: str) -> str:
    return f"check_item/{version.id}/{state}"


def plan_answered(plan: CheckPlan) -> None:
    """Every participant has answered the joint draft: its unit goes on (附件1 三（二）)."""
    text = f"联合抽查计划“{plan.name}”的参与单位都已答复，可以印发"
    notices.tell(plan.unit, DRAFTERS, f"check_plan/{plan.id}/answered", text, f"/inspections/plans/{plan.id}")


def plan_issued(plan: CheckPlan) -> None:
    """The plan is issued: nothing waits any more."""
    notices.settle(f"check_plan/{plan.id}/answered")


def parties_named(draw: Draw) -> None:
    """The parties of an announced draw: what they have to do, and when."""
    for own in (False, True):
        chosen = draw.parties.where(DrawParty.own == own)
        reveal = f"请在 {spoken(draw.reveal_by)} 前揭示您的 32 字节；" if own else ""
        text = f"您是抽取 {draw.draw_id}（{draw.task.name}）的承诺方：{reveal}公开数 {spoken(draw.value_at)} 产生，由两人分别录入"
        notices.tell_persons(
            [party.account for party in chosen], _draw(draw, "party"), text, _draw_page(draw)
        )


def drawn(draw: Draw) -> None:
    """The inspectors learn what they were drawn for; the parties are done."""
    notices.settle(_draw(draw, "party"))
    serving = (
        CheckMember.select(CheckMember, Inspector)
        .join(Inspector)
        .switch(CheckMember)
        .join(SpotCheck)
        .where(
            (SpotCheck.task == draw.task_id) & (SpotCheck.state == "pending") & CheckMember.left_at.is_null()
        )
    )
    counts: dict[str, int] = {}
    for member in serving:
        if member.inspector.account:
            counts[member.inspector.account] = counts.get(member.inspector.account, 0) + 1
    for account, count in sorted(counts.items()):
        text = f"您被抽为检查人员：{draw.task.name}，{count} 个检查对象，{_day(draw.task.until_day)}前完成"
        href = f"/inspections/checks?task={draw.task_id}&mine=1"
        notices.tell_persons([account], f"{_draw(draw, 'inspector')}/{draw.round}", text, href)


def void_asked(draw: Draw) -> None:
    """Another person of the unit, or the office, approves that a draw be void."""
    text = f"{draw.void_asked_by}申请作废抽取 {draw.draw_id}（{draw.task.name}），等待另一人批准"
    notices.tell(draw.unit, DRAFTERS, _draw(draw, "void"), text, _draw_page(draw))
    notices.tell(None, ("office",), _draw(draw, "void"), text, _draw_page(draw))


def voided(draw: Draw) -> None:
    """The draw is void: nothing about it waits any more, neither a party nor an inspector."""
    rounds = [f"{_draw(draw, 'inspector')}/{number}" for number in range(1, draw.round + 1)]
    notices.settle(_draw(draw, "void"), _draw(draw, "party"), *rounds)


def inspector_replaced(check: SpotCheck, left: CheckMember, chosen: Inspector, reason: str) -> None:
    """Both learn of it: who no longer checks this object, and who does now."""
    page = f"/inspections/checks/{check.id}"
    for account, text in (
        (left.inspector.account, f"您不再检查“{check.name}”：{reason}"),
        (chosen.account, f"您接替{left.name}检查“{check.name}”（{check.task.name}）"),
    ):
        notices.tell_persons([account] if account else [], f"check/{check.id}/member/{left.id}", text, page)


def result_entered(check: SpotCheck) -> None:
    """Results wait for another person's approval: one notice a unit and day, however many results."""
    notices.settle(*_returned([check]))
    notices.tell(
        check.unit,
        DRAFTERS,
        _approval(check.unit, clock.now()),
        "有检查结果等待审核",
        "/inspections/checks?state=entered",
    )


def result_returned(check: SpotCheck) -> None:
    """The person who entered the result corrects it."""
    text = f"“{check.name}”的检查结果被退回：{check.return_reason}"
    notices.tell_persons(
        [check.author_account], _returned([check])[0], text, f"/inspections/checks/{check.id}"
    )


def result_decided(check: SpotCheck) -> None:
    """When the unit's last waiting result is decided, nothing waits for approval any more."""
    if not SpotCheck.select().where((SpotCheck.unit == check.unit) & (SpotCheck.state == "entered")).exists():
        notices.settle(_approval(check.unit, check.entered_at), _approval(check.unit, clock.now()))


def _returned(checks: Collection[SpotCheck]) -> list[str]:
    return [
        f"check/{check.id}/returned/{check.entered_at:%Y%m%d%H%M%S}" for check in checks if check.entered_at
    ]


def _approval(unit: str, at: datetime) -> str:
    return f"checks/{unit}/approval/{at:%Y-%m-%d}"


def _draw(draw: Draw, what: str) -> str:
    return f"draw/{draw.draw_id}/{what}"


def _draw_page(draw: Draw) -> str:
    return f"/inspections/draws/{draw.id}"


def spoken(moment: datetime) -> str:
    """A moment as it is said: 2026年9月28日 10:08."""
    return f"{_day(moment)} {moment:%H:%M}"


def _day(day: datetime) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
