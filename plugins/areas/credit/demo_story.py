"""What every act of the credit area's demonstration shares: the zone, a random source of its own, serial numbers, parties."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from plugins.areas.credit import record_rules
from portal.toolkit import Subject, Unit, clock


class Story:
    """One run of the demonstration: the zone, a random source of the area's own, and the serial numbers of documents."""

    def __init__(self, zone: Any) -> None:
        self.zone = zone
        self.random = random.Random(f"{zone.seed}/credit")
        self._serial: dict[str, int] = {}

    def moment(self, day: date) -> datetime:
        """A random minute of office hours."""
        return clock.at(day, 9) + timedelta(minutes=self.random.randrange(0, 460))

    def act(self, day: date, unit: str, do: Callable[[], None]) -> None:
        """Let an officer of ``unit`` do something on ``day``."""
        self.zone.schedule(self.moment(day), self.random.choice(self.zone.people[(unit, "officer")]), do)

    def number(self, unit: Unit, day: date) -> str:
        """The next document number of the unit."""
        self._serial[unit.key] = self._serial.get(unit.key, 0) + 1
        return f"通开{unit.short_name[:2]}罚决〔{day.year}〕{self._serial[unit.key]}号"

    def party(self) -> dict[str, Any]:
        """A firm of the register if there are any, else one from elsewhere."""
        ids = Subject.select(Subject.id).where(Subject.state == "存续").order_by(Subject.id).tuples()
        known = [number for (number,) in ids] if not hasattr(self, "_known") else self._known
        if known:
            self._known = known
            subject = Subject.get_by_id(self.random.choice(known))
            while subject.state != "存续":
                subject = Subject.get_by_id(self.random.choice(known))
            return {
                "party_kind": record_rules.SOLE_TRADER if subject.category == "个体工商户" else record_rules.ORGANISATION,
                "party_name": subject.name, "party_code": subject.credit_code or "", "representative": subject.representative,
            }  # fmt: skip
        made = self.zone.firms.make(clock.today())
        return {
            "party_kind": record_rules.ORGANISATION,
            "party_name": made.name,
            "party_code": made.code,
            "representative": made.representative,
        }
