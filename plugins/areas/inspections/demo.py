"""The demonstration's part of spot checks: lists and libraries at the start of the year, draws and checks in the quarter."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from plugins.areas.inspections import (
    checks,
    draws,
    inspectors,
    items,
    libraries,
    library_objects,
    plans,
    runs,
    sealings,
    tasks,
)
from plugins.areas.inspections.check_models import Draw, SpotCheck
from plugins.areas.inspections.models import CheckPlan, CheckTask
from portal.toolkit import Refused, Subject, clock, registry

#: Industries of the demonstration's firms that an item's objects have; other items draw from every living subject.
INDUSTRIES = {
    "旅馆": ["H61"], "宾馆": ["H61", "O8060"], "餐饮": ["H62"], "食品": ["F52", "F51", "H62"], "加油站": ["F5265"], "化学品": ["F5169"],
    "烟花": ["F5236"], "药": ["F5251"], "房地产": ["K70"], "建筑": ["E47"], "培训": ["P8391"], "人力资源": ["L7263"], "代理记账": ["L7241"],
    "排污": ["C"], "广告": ["R8890"], "会计师": ["L7241"], "租赁": ["K7040"], "物业": ["K7020"], "公章": ["C2319"], "机动车维修": ["O81"],
    "娱乐": ["R90", "R89"], "建设项目": ["E47"], "危险废物": ["C"], "核技术": ["C", "Q84"], "预付卡": ["F52"], "屠宰": ["C135"],
    "对外劳务": ["L7263"], "燃气": ["D45"], "取水": ["C", "D46"], "涉河": ["E48"], "医疗机构": ["Q84"], "公共场所卫生": ["H61", "O80"],
    "学校": ["P83"], "消防技术": ["N77"], "工贸": ["C"], "有限空间": ["C"], "测绘": ["M74"], "矿": ["B"], "种苗": ["A"], "野生动": ["A"],
    "生活垃圾": ["N78"], "在建": ["E47"], "劳务派遣": ["L7264"],
}  # fmt: skip
#: (theme, leading unit's word, the others' words): three joint checks that the source names.
THEMES = (("酒店宾馆", "旅馆业", ("公众聚集场所", "餐饮")), ("加油站", "成品油零售", ("危险化学品经营",)))


@dataclass
class Play:
    """The area's own share of the zone: a source of chance of its own, and what the acts have made so far."""

    zone: Any
    rng: random.Random
    tasks: dict[str, CheckTask] = field(default_factory=dict)
    draws: dict[str, Draw] = field(default_factory=dict)
    plans: dict[str, CheckPlan] = field(default_factory=dict)

    def person(self, unit: str, role: str) -> Any:
        """A person with the role; the officer is another one than the liaison, who approves."""
        found = self.zone.people[(unit, role)]
        taken = self.zone.people.get((unit, "liaison"), []) if role == "officer" else []
        return next((user for user in found if user not in taken), found[0])

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return clock.at(day, hour, minute)


def demonstrate(zone: Any) -> None:
    """Schedule the year's list, libraries and plans, a single draw for each checking unit and two joint ones."""
    play = Play(zone, random.Random(f"{zone.seed}/inspections"))
    start = zone.workdays(date(zone.quarter.year, 1, 5), zone.quarter.last)[0]
    checking = [unit for unit in registry().units if unit.check_fields]
    for place, unit in enumerate(checking):
        _schedule_lists(play, unit, start, place)
    zone.schedule(
        play.at(start + timedelta(days=15), 10),
        play.person(checking[0].key, "officer"),
        lambda: _grade_some(play),
    )
    first = zone.workdays(zone.quarter.first + timedelta(days=3), zone.quarter.last)
    for place, unit in enumerate(checking):
        _schedule_single(play, unit, first[(place * 5) % 57])
    for place, (theme, lead, others) in enumerate(THEMES):
        _schedule_joint(play, theme, lead, others, first[12 + 26 * place])


def _schedule_lists(play: Play, unit: Any, start: date, place: int) -> None:
    """Two declared items pass the legal review and 区管办; libraries and inspectors are entered."""
    zone, moment = play.zone, play.at(start, 9, place)
    officer, law = play.person(unit.key, "officer"), play.person(unit.key, "legal")
    office = play.person("", "zone_office")
    chosen = [item.number for item in unit.check_items][:4]
    for number in chosen:
        zone.schedule(moment, officer, lambda number=number: items.submit(items.adopt(number).id))
        zone.schedule(
            moment + timedelta(hours=3),
            law,
            lambda number=number: items.review(items.versions(number)[0].id, True, "合法有据，同意报送"),
        )
        zone.schedule(
            moment + timedelta(hours=6),
            office,
            lambda number=number: items.confirm(items.versions(number)[0].id, True, "同意列入清单"),
        )
        zone.schedule(
            moment + timedelta(hours=7),
            officer,
            lambda number=number: items.publish(items.versions(number)[0].id),
        )
        zone.schedule(
            moment + timedelta(hours=8),
            officer,
            lambda number=number: libraries.set_rule(number, _rule(number)),
        )
    zone.schedule(moment + timedelta(hours=8), officer, lambda: _enter_inspectors(play, unit))
    zone.schedule(
        play.at(start + timedelta(days=14), 9, place), officer, lambda: _year_plan(play, unit, chosen)
    )


def _rule(number: str) -> dict[str, Any]:
    version = items.versions(number)[0]
    words = version.item + version.object_type
    prefixes = [prefix for word, of_word in INDUSTRIES.items() if word in words for prefix in of_word]
    return {"subjects": True, "industries": sorted(set(prefixes)), "reason": "建立名录"}


def _enter_inspectors(play: Play, unit: Any) -> None:
    year = play.zone.quarter.year
    for place, user in enumerate(play.zone.people[(unit.key, "inspector")]):
        inspectors.save(
            unit.key,
            {
                "name": user.name, "staff_number": f"{place + 1:03d}", "certificate": f"苏F{play.rng.randrange(10**7):07d}",
                "valid_to": date(year + 1 + place % 2, 6, 30), "fields": items.fields_of(unit.key), "account": user.account,
                "issuer": "省司法厅", "expert": place == 0,
            },
        )  # fmt: skip


def _year_plan(play: Play, unit: Any, numbers: list[str]) -> None:
    quarter = play.zone.quarter
    plan = plans.make(quarter.year, f"{quarter.year}年度双随机抽查计划（{unit.short_name}）")
    for number in numbers[:1]:
        plans.add_line(plan.id, plans.Line(unit.key, number, quarter.first, quarter.last, "3"))
    play.plans[unit.key] = plans.issue(
        plan.id, f"{unit.short_name}〔{quarter.year}〕{play.rng.randrange(1, 30)}号"
    )


def _schedule_single(play: Play, unit: Any, day: date) -> None:
    """Most units draw as planned; one in six puts it off and its plan shows it."""
    number = unit.check_items[0].number
    if play.rng.random() < 0.15:
        return

    def make() -> None:
        if libraries.strata_of(libraries.rule_of(number)):
            until = play.zone.after(day, 30)
            form = tasks.TaskForm(
                items.in_force(number).item,
                [(unit.key, number)],
                day,
                until,
                {"*": (_percent(number), True)},
                plan=play.plans[unit.key],
            )
            play.tasks[unit.key] = tasks.make(form)
            _draw(play, unit.key, unit.key, day)

    play.zone.schedule(play.at(day, 9), play.person(unit.key, "officer"), make)


def _percent(number: str) -> str:
    """A ratio that draws three to eight objects, whatever the library's size."""
    size = sum(libraries.strata_of(libraries.rule_of(number)).values())
    return f"{min(50.0, max(3.0, 500 / max(size, 1))):.1f}" if size < 170 else "3"


def _schedule_joint(play: Play, theme: str, lead: str, others: tuple[str, ...], day: date) -> None:
    known = {item.item: (unit.key, item.number) for unit in registry().units for item in unit.check_items[:4]}
    found = [next((pair for words, pair in known.items() if word in words), None) for word in (lead, *others)]
    chosen = [pair for pair in found if pair is not None]
    if found[0] is None or len(chosen) < 2:
        return
    unit, zone = chosen[0][0], play.zone
    asked, answered = day - timedelta(days=9), day - timedelta(days=6)

    def ask() -> None:
        plan = plans.make(zone.quarter.year, f"{theme}联合抽查方案", joint=True, theme=theme)
        for key, number in chosen:
            plans.add_line(plan.id, plans.Line(key, number, zone.quarter.first, zone.quarter.last, "10"))
        play.plans[theme] = plans.send_round(plan.id, day - timedelta(days=2))

    zone.schedule(play.at(asked, 14), play.person(unit, "officer"), ask)
    for key, _ in chosen[1:]:
        zone.schedule(
            play.at(answered, 10),
            play.person(key, "officer"),
            lambda: plans.answer(play.plans[theme].id, True, "无意见"),
        )

    def make() -> None:
        plan = plans.issue(play.plans[theme].id, f"联合抽查〔{zone.quarter.year}〕{theme}")
        form = tasks.TaskForm(
            f"{theme}跨部门联合抽查",
            chosen,
            day,
            zone.after(day, 25),
            {"*": (_percent(chosen[0][1]), True)},
            plan=plan,
            theme=theme,
        )
        play.tasks[theme] = tasks.make(form)
        _draw(play, theme, unit, day)

    zone.schedule(play.at(day, 9, 30), play.person(unit, "officer"), make)


def _draw(play: Play, key: str, unit: str, day: date) -> None:
    """The four steps within two days: sealed in the morning, announced at noon, the lottery in the evening."""
    task, zone = play.tasks[key], play.zone
    officer, second = play.person(unit, "officer"), play.person(unit, "liaison")
    parties = [play.person(other, "liaison").account for other in tasks.participants_of(task)]
    parties += [play.person("", "zone_office").account] if len(parties) == 1 else []
    value = f"{play.rng.randrange(10**5):05d}"

    def announce() -> None:
        terms = draws.Terms(
            tuple(parties),
            play.at(day, 17),
            f"体彩排列5 第{day:%y%j}期开奖号码",
            play.at(day, 21, 30),
            "[0-9]{5}",
        )
        # The same seed shows the same quarter, byte for byte; a real draw takes the system's own chance.
        draws.announce(play.draws[key].id, terms, play.rng.randbytes)

    def finish() -> None:
        runs.type_value(play.draws[key].id, value)
        _schedule_checks(play, key)

    def seal() -> None:
        try:
            play.draws[key] = sealings.seal(task.id)
        except Refused:
            # The yearly cap has used up a small library: the task stays undrawn, as it would in an office.
            return
        next_day = zone.after(day, 1)
        zone.schedule(play.at(day, 11, 30), officer, announce)
        zone.schedule(play.at(next_day, 9), officer, lambda: runs.type_value(play.draws[key].id, value))
        zone.schedule(play.at(next_day, 9, 20), second, finish)

    zone.schedule(play.at(day, 10, 30), officer, seal)


def _schedule_checks(play: Play, key: str) -> None:
    """Checks, results, approvals and publicity at the pace of each unit's diligence: some late, some not yet."""
    zone, today = play.zone, clock.today()
    for check in (
        SpotCheck.select()
        .where((SpotCheck.task == play.tasks[key]) & (SpotCheck.state == "pending"))
        .order_by(SpotCheck.id)
    ):
        unit, care = check.unit, zone.diligence(check.unit)
        checker, second = play.person(unit, "officer"), play.person(unit, "liaison")
        visited = zone.after(today, play.rng.randrange(2, 15))
        entered = zone.after(visited, play.rng.randrange(1, 4 + int(90 * (1 - care))))
        published = zone.after(entered, play.rng.randrange(1, 6))
        minutes = play.rng.randrange(60)
        steps: list[tuple[date, int, Any, Callable[[int], Any]]] = [
            (
                zone.after(today, 1),
                10,
                checker,
                lambda number: checks.issue_notice(number, "执法科 0513-85980000"),
            ),
            (visited, 14, checker, lambda number, day=visited: checks.carry_out(number, day)),
            (
                entered,
                15,
                checker,
                lambda number: checks.enter_result(number, _entry(play, SpotCheck.get_by_id(number))),
            ),
            (entered, 16, second, lambda number: checks.approve(number, True, "同意")),
            (published, 10, second, lambda number: checks.publish([number])),
        ]
        for day, hour, who, act in steps:
            zone.schedule(play.at(day, hour, minutes), who, lambda act=act, number=check.id: act(number))


def _entry(play: Play, check: SpotCheck) -> checks.ResultEntry:
    lines = check.item.checklist
    signed = [member.name for member in checks.team(check)]
    answers = [{"line": line, "checked": "yes", "problem": "", "handling": ""} for line in lines]
    outcome = play.rng.choices(
        ("none", "corrected", "follow_up", "no_activity", "unreachable"), (62, 20, 8, 6, 4)
    )[0]
    if outcome == "unreachable" and check.subject_id is None:
        outcome = "none"
    if outcome in ("corrected", "follow_up"):
        row = play.rng.choice(answers)
        row["problem"], row["handling"] = (
            "不符合要求，现场记录",
            "当场责令改正" if outcome == "corrected" else "限期整改",
        )
    return checks.ResultEntry(
        codes=(outcome,), answers=answers, signed=signed, note="现场无人经营，电话无法接通" if outcome == "unreachable" else "",
        disposals=("none",) if outcome in ("none", "no_activity") else ("order",), opinion="无异议",
        follow_up_until=play.zone.after(clock.today(), 15) if outcome == "follow_up" else None,
    )  # fmt: skip


def _grade_some(play: Play) -> None:
    """Risk classes for part of the subjects, as one published split has them."""
    for subject in Subject.select().order_by(Subject.id).limit(300):
        library_objects.grade(subject, play.rng.choices("ABCD", (65, 25, 8, 2))[0], clock.today())
