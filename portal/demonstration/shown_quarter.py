"""Fills an empty portal with the demonstration's quarter: the members, the people, then every area's acts in order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from portal import audit, clock, official_calendar, units, users
from portal.database import transaction
from portal.demonstration import cast
from portal.demonstration.zone import Zone
from portal.plugging import registry
from portal.workdays import Quarter


def build(quarter: Quarter, end: datetime, seed: int = 20260701, subjects: int = 3000) -> dict[str, Any]:
    """Fill an empty, migrated portal with the demonstration; returns figures for the log."""
    zone = Zone(quarter, end, seed)
    with clock.using(zone.hand), audit.acting(audit.Actor(name="演示", channel="demo")):
        official_calendar.seed()
        with transaction():
            for unit in registry().units:
                units.found(unit.key, date(quarter.year, 1, 1), "实施办法 附件1 二")
            cast.hire(zone)
        zone.stock = subjects
        cast.schedule_logins(zone)
        for _, _ in registry().answers("demonstrate", zone=zone):
            pass
        acts = zone.run()
        zone.hand.set(max(end, zone.hand.now()))
    return {"acts": acts, "accounts": users.User.select().count()}
