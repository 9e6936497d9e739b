"""The demonstration's objections in each stage and its repairs: one approved, one refused, one waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from plugins.areas.credit import objection_rules, objections, record_rules, records, repair_rules, repairs
from plugins.areas.credit.demo_story import Story
from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from plugins.areas.credit.objections import Application
from portal.toolkit import Refused, clock, units

#: How far each objection comes: the acts it goes through, with the working days between them.
STAGES: tuple[tuple[tuple[str, int], ...], ...] = (
    (("transfer", 2), ("sign", 1), ("reply", 9)),
    (("transfer", 1), ("sign", 1), ("correct", 11)),
    (("differs", 1), ("correct", 2)),
    (("transfer", 2), ("withdraw", 3)),
    (("transfer", 2), ("sign", 2)),
    (("transfer", 1),),
    (("differs", 1),),
    (),
)
_ITEMS = ("罚款金额", "违法事实", "法定代表人姓名", "决定日期")


class Everybody:
    """Who acts in the demonstration: the person whose unit it is, with every permission of an officer."""

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def can(self, permission: str) -> bool:
        return permission.startswith("credit.")


def schedule(story: Story) -> None:
    """Schedule the objections and repairs of the quarter."""
    zone = story.zone
    # The visitor arrives in the morning: what would happen on that day has not happened yet.
    days = zone.workdays(zone.quarter.first + timedelta(days=20), zone.end.date() - timedelta(days=1))
    for number, steps in enumerate(STAGES):
        length = sum(days_ for _, days_ in steps)
        last = len(days) - 1 - length - (0 if len(steps) < 2 else 4)
        begin = days[max(0, min(last, 6 * number + 2))] if len(steps) > 2 else days[max(0, last)]
        story.act(begin, units.holder("objection_desk").key, _receive(story, number, steps, begin))
    for number, outcome in enumerate(("approve", "refuse", "")):
        begin = days[-12 + 3 * number]
        story.act(begin, units.holder("publisher").key, _apply(story, outcome, begin))


def _published(story: Story, *more: Any) -> list[DishonestyRecord]:
    query = DishonestyRecord.select().where(
        (DishonestyRecord.publicity == record_rules.PUBLISHED) & (DishonestyRecord.public_until >= clock.today())
        & (DishonestyRecord.disputed == False)  # noqa: E712
    )  # fmt: skip
    for condition in more:
        query = query.where(condition)
    found = list(query.order_by(DishonestyRecord.id))
    story.random.shuffle(found)
    return found


def _receive(story: Story, number: int, steps: tuple[tuple[str, int], ...], day: Any) -> Callable[[], None]:
    def receive() -> None:
        found = _published(story)
        if not found:
            return
        record, item = found[0], _ITEMS[number % len(_ITEMS)]
        made = objections.receive(
            record,
            Application(
                "party",
                record.party_name,
                item,
                f"公示的{item}与实际情况不一致，请核实。",
                record.party_code,
                "李某",
                "0513-00000000",
                "决定书复印件",
            ),
            desk=units.holder("objection_desk").key,
        )
        _go_on(story, made.id, steps, day)

    return receive


def _go_on(story: Story, objection_id: int, steps: tuple[tuple[str, int], ...], day: Any) -> None:
    if not steps:
        return
    (act, days), rest = steps[0], steps[1:]
    objection = Objection.get_by_id(objection_id)
    who, _ = objection_rules.TRANSITIONS[(objection.state, act)]
    unit = objection.desk_unit if who == objection_rules.DESK else objection.source_unit
    then = story.zone.after(day, days)

    def step() -> None:
        _do(Objection.get_by_id(objection_id), act, Everybody(unit))
        _go_on(story, objection_id, rest, then)

    story.act(then, unit, step)


def _do(objection: Objection, act: str, viewer: Any) -> None:
    record = objection.record
    if act == "differs":
        objections.find_different(objection, viewer, f"与决定书核对，公示的{objection.item}录入有误。")
    elif act == "transfer":
        objections.transfer(objection, viewer, f"与来源单位推送的信息核对，{objection.item}一致。")
    elif act == "sign":
        objections.sign(objection, viewer)
    elif act == "reply":
        objections.reply(
            objection,
            viewer,
            f"经调取案卷核对，{objection.item}与{record.document_number}一致，事实清楚、证据充分。",
        )
    elif act == "withdraw":
        objections.withdraw(objection, viewer, "申请人来函说明已核对清楚，撤回异议")
    else:
        entry = records.entry_of(record)
        values = vars(entry) | {
            "facts": entry.facts + "（已按决定书更正）",
            "confirmed": frozenset({"fine", "confiscated", "name", "ended"}),
        }
        objections.correct(objection, viewer, record_rules.Entry(**values), f"{objection.item}按决定书更正")


def _apply(story: Story, outcome: str, day: Any) -> Callable[[], None]:
    """The first published record whose conditions can be met is approved; one whose time has not come is refused."""

    def apply() -> None:
        confirmed = frozenset(repair_rules.CONFIRMED_BY_OFFICER)
        for record in _published(story, DishonestyRecord.kind == record_rules.PENALTY):
            ripe = all(c.result == repair_rules.MET for c in repairs.conditions_of(record, confirmed))
            if ripe is not (outcome == "approve"):
                continue
            try:
                made = repairs.apply(
                    record, applicant=record.party_name, contact="李某", phone="0513-00000000", entered_unit=record.unit,
                    statement="已缴清罚款，已整改并通过复查，已公开作出守信承诺。",
                )  # fmt: skip
            except Refused:
                continue
            if outcome:
                story.act(story.zone.after(day, 5), record.unit, _decide(made.id, outcome, confirmed))
            return

    return apply


def _decide(repair_id: int, outcome: str, confirmed: frozenset[str]) -> Callable[[], None]:
    def decide() -> None:
        repair = Repair.get_by_id(repair_id)
        if outcome == "approve":
            repairs.approve(repair, confirmed=confirmed, reason="材料齐全，符合条件")
        else:
            repairs.refuse(repair, reason="尚未达到最短公示期，不符合修复条件。", confirmed=confirmed)

    return decide
