"""The credit area's part of the demonstration: decisions entered in time, late or not at all, publicity, checks,
objections in each stage and repairs, all through the functions that the pages call."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from plugins.areas.credit import checks, demo_steps, publicity, quarter, record_rules, records
from plugins.areas.credit.demo_cases import OTHERS, Case, cases_of
from plugins.areas.credit.demo_story import Story
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.record_rules import Entry
from portal.toolkit import Unit, clock, quarter_lists, registry, units

_BEFORE = timedelta(days=150)
_PURPOSES = ("land", "bidding", "procurement", "permit", "funding", "honour")


def demonstrate(zone: Any) -> None:
    """Schedule the quarter's decisions of every unit and what follows from them."""
    story = Story(zone)
    for unit in registry().units:
        _decisions(story, unit)
        _checks(story, unit)
    _publish(story)
    demo_steps.schedule(story)


def _decisions(story: Story, unit: Unit) -> None:
    zone, rng = story.zone, story.random
    cases = cases_of([field.name for field in unit.check_fields]) if "penalty" in unit.duties else []
    count = rng.randint(9, 16) if cases else rng.randint(2, 5)
    diligence = zone.diligence(unit.key)
    days = zone.workdays(zone.quarter.first - _BEFORE, zone.end.date())
    recent = [day for day in days if day >= zone.quarter.first - timedelta(days=12)]
    missing: list[Callable[[], Entry]] = []
    for number in range(count + 5):
        # A few of the quarters before, so that there is something to repair and to end.
        decided = rng.choice(recent if number < count else days[:60])
        luck = rng.random()
        make = _entry_maker(story, unit, cases, decided)
        if luck < diligence or number >= count:
            story.act(zone.after(decided, rng.randint(0, 6)), unit.key, _enter(unit, make))
        elif luck < diligence + 0.6 * (1 - diligence):
            story.act(zone.after(decided, rng.randint(8, 14)), unit.key, _enter(unit, make))
        elif zone.after(decided, 7) < zone.end.date():
            missing.append(make)
    _list(story, unit, missing)


def _entry_maker(story: Story, unit: Unit, cases: list[Case], decided: date) -> Callable[[], Entry]:
    rng = story.random
    number = story.number(unit, decided)
    if cases:
        case, fine = rng.choice(cases), 0
        if case.fine[1]:
            fine = rng.randrange(case.fine[0], case.fine[1], 100) * 100
        taken = rng.randrange(100, 5_000) * 100 if "没收违法所得" in case.kinds else None
        return lambda: _penalty(story.party(), number, decided, case, fine, taken)
    category, act_kind, basis, field, measures = rng.choice(OTHERS)
    return lambda: Entry(
        kind="other", category=category, document_number=number, decided_on=decided, act_kind=act_kind, basis=basis, field=field,
        measures=measures, facts=f"{act_kind}，经查证属实。", **story.party(),
    )  # fmt: skip


def _penalty(
    party: dict[str, Any], number: str, decided: date, case: Case, fine: int, taken: int | None
) -> Entry:
    told = [kind for kind in case.kinds if kind != "罚款"]
    if fine:
        told.append(f"罚款人民币 {fine / 100:,.2f} 元")
    return Entry(
        kind="penalty", document_name="行政处罚决定书", document_number=number, decided_on=decided, act_kind=case.act_kind,
        facts=f"当事人{case.act_kind}，有现场检查笔录、照片、询问笔录为证。", basis=case.basis, penalty_kinds=case.kinds, content="；".join(told),
        fine=fine or None, confiscated=taken, field=case.field, measures=case.measures, representative_title="法定代表人（经营者）",
        confirmed=frozenset({"fine", "name", "ended"}), **party,
    )  # fmt: skip


def _enter(unit: Unit, make: Callable[[], Entry]) -> Callable[[], None]:
    return lambda: records.enter(make(), unit=unit.key) and None


def _list(story: Story, unit: Unit, missing: list[Callable[[], Entry]]) -> None:
    """The unit's list of the quarter: what it entered, and what it decided and forgot to enter."""
    zone = story.zone
    if not missing and story.random.random() > zone.diligence(unit.key):
        return
    day = zone.after(quarter_lists.opens_on(zone.quarter), story.random.randint(1, 5))

    def send() -> None:
        held = quarter.entries(quarter.KIND, unit.key, zone.quarter)
        lines = ["行政相对人名称,统一社会信用代码,决定文书号,决定日期,违法行为类型"]
        lines += [f"{e.name},{e.code},{e.document},{e.day},{e.fields['违法行为类型']}" for e in held]
        for make in missing:
            e = make()
            if zone.quarter.first <= e.decided_on <= clock.today():
                lines.append(f"{e.party_name},{e.party_code},{e.document_number},{e.decided_on},{e.act_kind}")
        if len(lines) == 1:
            quarter_lists.send_nil(unit.key, zone.quarter, quarter.KIND)
        else:
            content = io.BytesIO("\n".join(lines).encode())
            quarter_lists.send(
                unit.key, zone.quarter, quarter.KIND, content, f"{zone.quarter}-失信主体清单.csv"
            )

    zone.schedule(story.moment(day), zone.people[(unit.key, "liaison")][0], send)


def _publish(story: Story) -> None:
    """Twice a week the publisher works its queue; what came in the last days waits, and a little is forgotten."""
    zone, rng = story.zone, story.random
    publisher = units.holder("publisher").key

    def work() -> None:
        until = clock.today() - timedelta(days=4)
        waiting = (DishonestyRecord.publicity == record_rules.DUE) & (DishonestyRecord.entered_on <= until)
        for record in DishonestyRecord.select().where(waiting).order_by(DishonestyRecord.id):
            if rng.random() < 0.85:
                publicity.publish(record)

    for day in zone.workdays(zone.quarter.first - _BEFORE, zone.end.date()):
        if day.weekday() in (1, 4):
            story.act(day, publisher, work)
        zone.schedule(clock.at(day, 0, 10), None, _end)


def _end() -> None:
    publicity.end_due(clock.today())


def _checks(story: Story, unit: Unit) -> None:
    """Units ask before they grant or award: now a firm of the register, now one that has a record."""
    zone, rng = story.zone, story.random
    for _ in range(rng.randint(0, 3)):
        day, purpose = rng.choice(zone.workdays(zone.quarter.first, zone.end.date())), rng.choice(_PURPOSES)

        def ask(purpose: str = purpose) -> None:
            known = (
                DishonestyRecord.select(DishonestyRecord.party_name)
                .order_by(DishonestyRecord.id.desc())
                .limit(20)
            )
            names = [name for (name,) in known.tuples()]
            name = rng.choice(names) if names and rng.random() < 0.5 else story.party()["party_name"]
            checks.check_one(name, unit=unit.key, purpose=purpose, purpose_note="演示项目")

        story.act(day, unit.key, ask)
