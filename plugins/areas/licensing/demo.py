"""The area's part of the demonstration: the register, daily pushes, and what the units' officers make of them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from portal.toolkit import Subject, clock, subjects, units

from . import catalogue, claims, demo_cases, feedback, pushes, rollbacks, rules
from .models import Claim, Push

#: Items that the approval bureau issues in this zone (相对集中许可权); the office moved them at the year's start.
MOVED = ("WS03", "JT02", "RS03", "RS01", "JY01", "WL07", "JS01", "NY02", "CZ01", "WL01", "ZR01", "SW01")
BASIS = "关于行政许可事项划转的通知（演示）"
_DAILY = (6, 15)


class Part:
    """Schedules the acts; every choice comes from one seeded source of its own."""

    def __init__(self, zone: Any) -> None:
        self.zone = zone
        self.random = random.Random(f"{zone.seed}/licensing")
        self.registrar = pushes.registrar()
        self.cases = demo_cases.Cases(self)

    def schedule(self) -> None:
        zone, first = self.zone, self.zone.quarter.first
        opening = clock.at(date(zone.quarter.year, 1, 5), 9)
        zone.schedule(opening, self._somebody("", "office"), self._move_items)
        zone.schedule(opening + timedelta(hours=1), self.officer(self.registrar), self._register_stock)
        for day in zone.workdays(first - timedelta(days=45), zone.end.date()):
            moment = clock.at(day, 9, self.random.randrange(5, 50))
            zone.schedule(moment, self.officer(self.registrar), self._day_of(day))
        self.cases.schedule()

    def _somebody(self, unit: str, role: str) -> Any:
        found = self.zone.people.get((unit, role)) or next(
            v for (_, r), v in self.zone.people.items() if r == role
        )
        return self.random.choice(found)

    def officer(self, unit: str) -> Any:
        """One of the unit's officers."""
        return self._somebody(unit, "officer")

    def moment(self, day: date) -> Any:
        """A minute of office hours on ``day``."""
        return clock.at(day) + timedelta(minutes=self.random.randrange(8 * 60 + 45, 17 * 60 + 15))

    def _move_items(self) -> None:
        movable = [
            item
            for item in catalogue.declared().items
            if item.kind == "HZ" and units.by_name(item.approving_unit)
        ]
        codes = [code for code in MOVED if any(item.code == code for item in movable)]
        rest = [item.code for item in movable if item.code not in codes]
        for code in codes + rest[: max(0, 10 - len(codes))]:
            catalogue.move(code, self.registrar, clock.today(), BASIS)

    def _register_stock(self) -> None:
        for _ in range(int(self.zone.stock * 0.75)):
            made = self.zone.firms.make(clock.today() - timedelta(days=self.random.randrange(1, 2500)))
            subjects.register(made, unit=self.registrar, source=pushes.STOCK)

    def _day_of(self, day: date) -> Any:
        number = max(1, round(self.random.randint(*_DAILY) * self.zone.stock / 3000))

        def push_the_day() -> None:
            for _ in range(number):
                subjects.register(self.zone.firms.make(day), unit=self.registrar, source=f"导入 {day}")
            if self.random.random() < 0.5:
                self._change_one(day)
            self._plan_confirming(day)
            if self.random.random() < 0.15:
                self._cancel_one(day)

        return push_the_day

    def _plan_confirming(self, day: date) -> None:
        diligence = self.zone.diligence(self.registrar)
        waiting = [
            n for (n,) in Push.select(Push.id).where(Push.state == "proposed").order_by(Push.id).tuples()
        ]
        late = [number for number in waiting if self.random.random() > diligence]
        soon = clock.now() + timedelta(minutes=self.random.randrange(20, 300))
        for moment, ids in (
            (soon, [n for n in waiting if n not in late]),
            (self.moment(self.zone.after(day, 1)), late),
        ):
            if ids:
                self.zone.schedule(moment, self.officer(self.registrar), lambda ids=ids: self._confirm(ids))

    def _confirm(self, ids: list[int]) -> None:
        opening = claims.Opening()
        for push in list(
            Push.select().where(Push.id.in_(ids) & (Push.state == "proposed")).order_by(Push.id)
        ):
            unexplained = push.doubtful and not pushes.codes_of(push)
            said = ("ordinary", "经询问不从事许可经营") if unexplained else ("", "")
            pushes.confirm(push, None, *said, opening=opening)
            demo_cases.correct(self.random, push)
        for row in Claim.select().where(Claim.push.in_(ids) & (Claim.state == "open")).order_by(Claim.id):
            self._plan_claim(row, opening.day)

    def _plan_claim(self, row: Claim, day: date) -> None:
        diligence = self.zone.diligence(row.unit)
        luck = self.random.random()
        if luck > diligence + 0.08:
            return  # never claimed: what the office would urge
        slow = self.random.random() > diligence
        wait = self.random.randint(8, 14) if slow else self.random.randint(0, 6)
        moment = (
            self.moment(self.zone.after(day, wait))
            if wait
            else clock.now() + timedelta(minutes=self.random.randrange(30, 200))
        )
        returned = self.random.random() < 0.04
        act = self._return if returned else self._claim
        self.zone.schedule(moment, self.officer(row.unit), lambda: act(row.id))

    def _claim(self, claim_id: int) -> None:
        row = Claim.get_by_id(claim_id)
        if row.state != "open":
            return
        claims.claim_rows(row.unit, [claim_id])
        diligence = self.zone.diligence(row.unit)
        if self.random.random() > diligence + 0.08:
            return
        wait = self.random.randint(21, 30) if self.random.random() > diligence else self.random.randint(1, 18)
        moment = self.moment(self.zone.after(clock.today(), wait))
        self.zone.schedule(moment, self.officer(row.unit), lambda: self._answer(claim_id))

    def _answer(self, claim_id: int) -> None:
        row = Claim.get_by_id(claim_id)
        if row.state != "claimed":
            return
        if row.kind == rules.SUPERVISED_KIND:
            kind, note = self.random.choice(
                (("supervised", "已纳入日常监管名单"), ("not_doing", "实地查看，未开展该项经营"))
            )
        else:
            kinds = ["guidance", "application", "not_doing", "not_needed", "refused"]
            kinds += ["granted"] if row.kind in ("HZ", "QZ") else []
            kind = self.random.choices(kinds, (45, 20, 9, 4, 2, 20)[: len(kinds)])[0]
            note = {"guidance": "电话告知办证条件和材料", "not_needed": "实际经营不涉及许可范围"}.get(
                kind, ""
            )
        document = self.cases.number(row.unit, "许") if kind in feedback.DECIDED else ""
        day = (
            clock.today() - timedelta(days=self.random.choice((0, 0, 1, 2, 12)))
            if document
            else clock.today()
        )
        day = max(day, row.pushed_on)
        feedback.answer(row.unit, [claim_id], kind, day=day, document=document, note=note)
        if kind == "granted":
            self.cases.granted(row)

    def _return(self, claim_id: int) -> None:
        row = Claim.get_by_id(claim_id)
        if row.state != "open":
            return
        reason = self.random.choice(list(rules.ROLL_BACK_REASONS))
        others = [unit.key for unit in units.enabled() if unit.key != row.unit and "permit" in unit.duties]
        named = self.random.choice(others) if reason == "not_ours" else ""
        made = rollbacks.roll_back(row.unit, claim_id, reason, "", named)
        wait = 5 if self.random.random() < 0.1 else self.random.randint(1, 3)
        moment = self.moment(self.zone.after(clock.today(), wait))
        self.zone.schedule(moment, self.officer(self.registrar), lambda: self._decide(made.id, named, reason))

    def _decide(self, roll_back_id: int, named: str, reason: str) -> None:
        found = rollbacks.RollBack.get_by_id(roll_back_id)
        if found.state != "waiting":
            return
        if named:
            found = rollbacks.decide(roll_back_id, "reassign", next_unit=named)
            self._plan_claim(found.next_claim, clock.today())
        elif reason == "no_item":
            rollbacks.decide(roll_back_id, "withdraw", note="经核对经营范围，确无此事项")
        else:
            rollbacks.decide(roll_back_id, "refuse", note="经核对地址在本区范围内")
            self._plan_claim(found.claim, clock.today())

    def standing(self) -> Subject | None:
        """Some subject that is registered now."""
        last = Subject.select(Subject.id).order_by(Subject.id.desc()).scalar() or 0
        at = self.random.randint(1, max(1, last))
        return (
            Subject.select()
            .where((Subject.id >= at) & (Subject.state == "存续"))
            .order_by(Subject.id)
            .first()
        )

    def _change_one(self, day: date) -> None:
        subject = self.standing()
        if subject is None or subject.approved >= day:
            return
        scope = self.zone.firms.make(day).scope
        changed = replace(_registration(subject, "变更", day), scope=scope)
        subjects.register(changed, unit=self.registrar, source=f"导入 {day}")

    def _cancel_one(self, day: date) -> None:
        subject = self.standing()
        if subject is not None and subject.approved < day:
            subjects.register(_registration(subject, "注销", day), unit=self.registrar, source=f"导入 {day}")
            self.cases.subject_ended(subject)


def _registration(subject: Subject, event: str, day: date) -> subjects.Registration:
    return subjects.Registration(
        event=event, name=subject.name, category=subject.category, approved=day, code=subject.code, kind=subject.kind,
        representative=subject.representative, capital=subject.capital, established=subject.established,
        registrar=subject.registrar, address=subject.address, street=subject.street, industry=subject.industry,
        scope=subject.scope,
    )  # fmt: skip


def schedule(zone: Any) -> None:
    """Add this area's acts to the demonstration."""
    Part(zone).schedule()
