"""The demonstration's stage: a clock set by hand, a cast, and acts that happen in the order of their moments."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from portal import audit, clock, official_calendar
from portal.database import transaction
from portal.demonstration import firms
from portal.plugging import registry
from portal.users import User
from portal.workdays import ONE_DAY, Quarter

#: Every demonstration account has this password; real portals have no demonstration accounts.
PASSWORD = "Yanshi-2026-pt!"


class Zone:
    """The invented zone. Areas add their part in the hook ``demonstrate`` by scheduling acts.

    ``random`` is seeded: the same seed gives the same quarter, byte for byte. ``quarter`` is the one shown,
    ``end`` the moment at which the visitor arrives. An act is a function without arguments that runs with the
    clock at its moment and its person as the actor, in one transaction; it may schedule further acts.
    """

    def __init__(self, quarter: Quarter, end: datetime, seed: int) -> None:
        self.quarter, self.end, self.seed = quarter, end, seed
        #: What every invented account signs with.
        self.random = random.Random(seed)
        self.people: dict[tuple[str, str], list[User]] = {}
        self.firms = firms.Firms(random.Random(seed + 1), registry())
        self.hand = clock.HandClock(clock.at(date(quarter.year, 1, 4), 8))
        self._acts: list[tuple[datetime, int, User | None, Callable[[], None]]] = []
        self._count = 0

    def person(self, unit: str, role: str = "officer") -> User:
        """One of the unit's people with that role (``unit`` may be empty for the joint meeting's own roles)."""
        return self.random.choice(self.people[(unit, role)])

    def schedule(self, moment: datetime, who: User | None, act: Callable[[], None]) -> None:
        """Let ``who`` do ``act`` at ``moment``; acts after ``end`` never happen."""
        if moment <= self.end:
            heapq.heappush(self._acts, (moment, self._count, who, act))
            self._count += 1

    def moment(self, day: date, *, early: int = 8 * 60 + 40, late: int = 17 * 60 + 20) -> datetime:
        """A random minute of office hours on ``day``."""
        return clock.at(day) + timedelta(minutes=self.random.randrange(early, late), seconds=self.random.randrange(60))

    def workdays(self, first: date, last: date) -> list[date]:
        """The working days from ``first`` to ``last``."""
        calendar = official_calendar.calendar()
        return [first + ONE_DAY * n for n in range((last - first).days + 1) if calendar.is_workday(first + ONE_DAY * n)]

    def after(self, day: date, workdays: int) -> date:
        """The day that many working days after ``day``."""
        return official_calendar.calendar().deadline(day, workdays).day

    def diligence(self, unit: str) -> float:
        """How diligent the unit is, 0.75 to 1.0, fixed for the whole quarter: what makes the board differ."""
        return 0.75 + 0.25 * random.Random(f"{self.seed}/{unit}").random()

    def run(self) -> int:
        """Let everything happen in order; returns how many acts there were. A day is one transaction of many acts."""
        done = 0
        while self._acts:
            day = self._acts[0][0].date()
            with transaction():
                while self._acts and self._acts[0][0].date() == day:
                    moment, _, who, act = heapq.heappop(self._acts)
                    self.hand.set(max(moment, self.hand.now()))
                    with audit.acting(who.as_actor(channel="demo") if who else audit.Actor(channel="demo")):
                        act()
                    done += 1
        return done
