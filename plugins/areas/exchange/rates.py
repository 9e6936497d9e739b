"""How often a caller may ask within a minute, counted in the database: the limit holds over all processes and machines."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import peewee

from portal.toolkit import transaction

from .models import ApiRate

#: A process takes a fiftieth of the minute's share at a time: reading then seldom writes.
_PARTS = 50
_MOST_CALLERS = 10_000
_KEPT_MINUTES = 60


def present_minute() -> int:
    """Minutes since 1970 by the machine's own time: a demonstration's clock stands still, and a limit would never end."""
    return int(time.time() // 60)


@dataclass
class _Held:
    """What this process still may answer a caller in ``minute``."""

    minute: int
    left: int = 0
    spent: bool = False


class RateLimit:
    """Shares of the minute, taken from the database and spent in this process."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def spend(self, caller: str, most: int) -> bool:
        """Count one request of ``caller``; False when the minute's ``most`` are used up. Processes that hold unused
        parts of a share may together answer up to a fiftieth each less than ``most``, never more."""
        minute = present_minute()
        with self._lock:
            held = self._held.get(caller)
            if held is None or held.minute != minute:
                self._forget(minute)
                held = self._held[caller] = _Held(minute)
            if held.spent:
                return False
            if not held.left:
                held.left = _take(caller, minute, most)
                held.spent = held.left == 0
            held.left -= not held.spent
            return not held.spent

    def _forget(self, minute: int) -> None:
        if len(self._held) >= _MOST_CALLERS:
            self._held = {caller: held for caller, held in self._held.items() if held.minute == minute}


def _take(caller: str, minute: int, most: int) -> int:
    """A part of the share of the minute, as far as it reaches."""
    part = max(1, most // _PARTS)
    sent = peewee.EXCLUDED
    same = ApiRate.minute >= sent.minute
    # One statement: two processes that begin a minute at once are both counted.
    counted = {
        ApiRate.minute: peewee.Case(None, [(same, ApiRate.minute)], sent.minute),
        ApiRate.used: peewee.Case(None, [(same, ApiRate.used + sent.used)], sent.used),
    }
    with transaction():
        ApiRate.insert(caller=caller, minute=minute, used=part).on_conflict(conflict_target=[ApiRate.caller], update=counted).execute()
        used = ApiRate.select(ApiRate.used).where(ApiRate.caller == caller).scalar()
    return max(0, part - max(0, used - most))


def forget_old() -> int:
    """Delete the counts of callers that have not asked for an hour; returns how many."""
    with transaction():
        return ApiRate.delete().where(ApiRate.minute < present_minute() - _KEPT_MINUTES).execute()
