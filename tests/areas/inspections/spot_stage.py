"""The stage of spot checks: items in force, libraries, inspectors, tasks and draws brought to any step by real acts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from plugins.areas.inspections import checks, draws, inspectors, items, libraries, runs, sealings, tasks
from plugins.areas.inspections.check_models import Draw, SpotCheck
from plugins.areas.inspections.models import CheckTask, ItemVersion
from portal import audit, clock, subjects, users
from tests import cast as stage

HOTELS, BARS = "GA-TZ-01", "XF-XF-01"
UNITS = {HOTELS: "police", BARS: "fire"}
UNTIL = date(2026, 10, 30)
#: account → (name, unit, role): those whom the common cast lacks.
MORE = {
    "gongan-fazhi": ("公安法制", "police", "legal"),
    "xiaofang-jingban": ("消防经办", "fire", "officer"),
    "xiaofang-lianluo": ("消防联络员", "fire", "liaison"),
    "xiaofang-fazhi": ("消防法制", "fire", "legal"),
}


class Stage:
    """Everything a test of spot checks needs; each step acts as the person who may do it."""

    def __init__(self, people: dict[str, users.User], hand: clock.HandClock) -> None:
        self.people, self.hand = people, hand
        for account, (name, unit, role) in MORE.items():
            user, _ = users.create(
                account, name, unit=unit, demonstration=next(iter(people.values())).password_hash
            )
            users.grant(user, role, None)
            self.people[account] = user

    def as_(self, account: str) -> Any:
        return audit.acting(self.people[account].as_actor())

    def officer(self, unit: str) -> str:
        return {"police": "gongan-jingban", "fire": "xiaofang-jingban"}[unit]

    def second(self, unit: str) -> str:
        return {"police": "gongan-lianluo", "fire": "xiaofang-lianluo"}[unit]

    def later(self, days: int = 0, **rest: int) -> None:
        self.hand.set(self.hand.now() + timedelta(days=days, **rest))

    def firms(
        self, count: int, industry: str = "H6110", street: str = "中兴街道", name: str = "旅馆"
    ) -> list[subjects.Subject]:
        """Sole traders of one trade, registered by the approving unit."""
        made = []
        with self.as_("shenpi-jingban"):
            for n in range(count):
                registration = subjects.Registration(
                    event="设立", name=f"{name}{street}{industry}{n:03d}号", category="个体工商户", approved=date(2026, 8, 3),
                    address=f"通盛大道{n}号", street=street, industry=industry,
                )  # fmt: skip
                made.append(subjects.register(registration, unit="approval", source="表单")[0])
        return made

    def item(self, number: str = HOTELS, upto: str = "published") -> ItemVersion:
        """A starter brought to ``draft``, ``legal``, ``zone``, ``confirmed`` or ``published``."""
        unit = UNITS[number]
        law = {"police": "gongan-fazhi", "fire": "xiaofang-fazhi"}[unit]
        with self.as_(self.officer(unit)):
            version = items.adopt(number)
            if upto != "draft":
                version = items.submit(version.id)
        if upto in ("zone", "confirmed", "published"):
            with self.as_(law):
                version = items.review(version.id, True, "合法有据")
        if upto in ("confirmed", "published"):
            with self.as_("quguanban"):
                version = items.confirm(version.id, True, "同意")
        if upto == "published":
            with self.as_(self.officer(unit)):
                items.publish(version.id)
        return ItemVersion.get_by_id(version.id)

    def library(self, number: str = HOTELS, **values: Any) -> None:
        with self.as_(self.officer(UNITS[number])):
            libraries.set_rule(number, {"subjects": True, "industries": ["H61"], "reason": "建库", **values})

    def inspectors(
        self, unit: str = "police", count: int = 4, valid_to: date = date(2027, 12, 31), prefix: str = ""
    ) -> list[Any]:
        with self.as_(self.officer(unit)):
            return [
                inspectors.save(
                    unit,
                    {
                        "name": f"{prefix or unit}检查{n}", "staff_number": f"{prefix}{n:03d}", "certificate": f"苏F-{unit}-{prefix}{n}",
                        "valid_to": valid_to, "fields": items.fields_of(unit)[:1],
                    },
                )
                for n in range(count)
            ]  # fmt: skip

    def ready(self, firms: int = 20, *, joint: bool = False, people: int = 4) -> None:
        """List, libraries and inspectors stand."""
        self.firms(firms)
        for number in (HOTELS, BARS) if joint else (HOTELS,):
            self.item(number)
            self.library(number)
            self.inspectors(UNITS[number], people)

    def task(self, *, joint: bool = False, percent: str = "10", **rest: Any) -> CheckTask:
        participants = [("police", HOTELS)] + ([("fire", BARS)] if joint else [])
        values: dict[str, Any] = {
            "name": "旅馆检查", "participants": participants, "from_day": clock.today(), "until_day": UNTIL,
            "ratios": {"*": (percent, True)}, "reason": "举报较多，临时安排", **rest,
        }  # fmt: skip
        with self.as_("gongan-jingban"):
            return tasks.make(tasks.TaskForm(**values))

    def sealed(self, task: CheckTask, alg: str = "sm3") -> Draw:
        with self.as_("gongan-jingban"):
            return sealings.seal(task.id, alg)

    def terms(self, **rest: Any) -> draws.Terms:
        now = clock.now()
        values = {
            "accounts": ("gongan-lianluo", "xiaofang-lianluo"), "reveal_by": now + timedelta(hours=1), "value_name": "排列5第26100期",
            "value_at": now + timedelta(hours=2), "value_format": "[0-9]{5}", **rest,
        }  # fmt: skip
        return draws.Terms(**values)

    def announced(self, draw: Draw, **rest: Any) -> Draw:
        with self.as_("gongan-jingban"):
            return draws.announce(draw.id, self.terms(**rest))

    def typed(
        self, draw: Draw, *values: str, by: tuple[str, ...] = ("gongan-jingban", "gongan-lianluo")
    ) -> Draw:
        for account, value in zip(by, values, strict=False):
            with self.as_(account):
                draw = runs.type_value(draw.id, value)
        return draw

    def drawn(
        self, task: CheckTask | None = None, value: str = "27183", alg: str = "sm3", **rest: Any
    ) -> Draw:
        """A draw through all four steps."""
        draw = self.announced(self.sealed(task or self.task(), alg), **rest)
        self.later(hours=3)
        return self.typed(draw, value, value)

    def carried_out(self, check: SpotCheck, day: date | None = None) -> SpotCheck:
        with self.as_(self.officer(check.unit)):
            return checks.carry_out(check.id, day or clock.today())

    def entry(self, check: SpotCheck, codes: tuple[str, ...] = ("none",), **rest: Any) -> checks.ResultEntry:
        return checks.ResultEntry(codes=codes, signed=[member.name for member in checks.team(check)], **rest)

    def entered(self, check: SpotCheck, codes: tuple[str, ...] = ("none",), **rest: Any) -> SpotCheck:
        if check.state == "pending":
            check = self.carried_out(check)
        with self.as_(self.officer(check.unit)):
            return checks.enter_result(check.id, self.entry(check, codes, **rest))

    def approved(self, check: SpotCheck) -> SpotCheck:
        with self.as_(self.second(check.unit)):
            return checks.approve(check.id, True)

    def published(self, check: SpotCheck) -> SpotCheck:
        with self.as_(self.second(check.unit)):
            checks.publish([check.id])
        return SpotCheck.get_by_id(check.id)


def checks_of(draw: Draw) -> list[SpotCheck]:
    """The draw's checks, in order."""
    return list(
        SpotCheck.select()
        .where((SpotCheck.task == draw.task) & (SpotCheck.state != "withdrawn"))
        .order_by(SpotCheck.id)
    )


PASSWORD = stage.PASSWORD
