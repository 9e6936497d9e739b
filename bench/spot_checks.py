"""Seal and draw 3 % of a library of subjects through the portal's own acts, beside the pure draw of the same rows.

    PYTHONPATH=. python bench/spot_checks.py [--subjects N]

Prints the seconds of each step, the peak memory, and the ratio of the acts to the pure functions in the same run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import (
    draws,
    inspectors,
    items,
    libraries,
    runs,
    sealings,
    tasks,
)
from plugins.areas.inspections.models import ItemVersion
from portal import audit, clock, jobs, official_calendar, units, users
from portal.app import create_app, migrate
from portal.database import database, ready_connection, transaction
from portal.plugging import registry
from portal.subjects import Subject

ITEM = "GA-TZ-01"


def timed(label: str, act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    spent = time.perf_counter() - start
    print(f"{label:<28}{spent:8.2f} s")
    return spent, result


def furnish(count: int) -> dict[str, users.User]:
    """Units, three people, an item in force, its library of ``count`` subjects, twenty inspectors."""
    official_calendar.seed()
    people = {}
    with transaction():
        for unit in registry().units:
            units.found(unit.key, date(2026, 1, 1), "bench")
    for account, unit in (("officer", "police"), ("second", "police"), ("witness", "fire")):
        people[account], _ = users.create(account, account, unit=unit)
    for start in range(0, count, 500):
        with transaction():
            Subject.insert_many(
                {
                    "credit_code": f"92320691MA{n:08d}", "name": f"旅馆{n}", "name_key": f"旅馆{n}", "category": "个体工商户",
                    "approved": date(2026, 1, 5), "industry": "H6110", "street": "中兴街道", "state": "存续", "entered_at": clock.now(),
                }
                for n in range(start, min(count, start + 500))
            ).execute()  # fmt: skip
    with audit.acting(people["officer"].as_actor()):
        version = items.adopt(ITEM)
        ItemVersion.update(state="confirmed", from_day=date(2026, 1, 1), published_on=date(2026, 1, 1)).where(
            ItemVersion.id == version.id
        ).execute()
        libraries.set_rule(ITEM, {"subjects": True, "industries": ["H"]})
        for n in range(200):
            inspectors.save(
                "police",
                {
                    "name": f"检查{n}",
                    "staff_number": f"{n}",
                    "certificate": f"F{n}",
                    "valid_to": date(2030, 1, 1),
                    "items": [ITEM],
                },
            )
    return people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=50_000)
    count = parser.parse_args().subjects
    folder = tempfile.mkdtemp()
    app = create_app(
        {"DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/portal.db", "SECRET_KEY": "bench"},
        ready=False,
    )
    hand = clock.HandClock(clock.at(date(2026, 9, 25), 10))
    with app.app_context(), clock.using(hand):
        ready_connection()
        migrate(app)
        people = furnish(count)
        with audit.acting(people["officer"].as_actor()):
            form = tasks.TaskForm(
                "bench",
                [("police", ITEM)],
                date(2026, 9, 25),
                date(2026, 12, 1),
                {"*": ("3", True)},
                reason="bench",
            )
            task = tasks.make(form)
            timed("size of the library, live", lambda: libraries.sizes([libraries.rule_of(ITEM)]))
            job = sealings.seal(task.id)
            sealed, _ = timed("seal (job)", lambda: jobs.run(job.id) if isinstance(job, jobs.Job) else None)
            draw = sealings.living(task)
            now = clock.now()
            terms = draws.Terms(
                ("officer", "witness"),
                now + timedelta(hours=1),
                "bench",
                now + timedelta(hours=2),
                "[0-9]{5}",
            )
            timed("announce", lambda: draws.announce(draw.id, terms))
            hand.set(now + timedelta(hours=3))
            runs.type_value(draw.id, "31415")
        with audit.acting(people["second"].as_actor()):
            draw = runs.type_value(draw.id, "31415")
        drawn, _ = timed(
            "draw, check and store (job)", lambda: jobs.run(draw.job_id) if draw.job_id else None
        )
        draw = runs.refreshed(draw)
        library, reveals = sealings.sealed_library(draw), draws.reveals_of(draw)
        lists = (library, draw.inspectors, draw.conflicts)
        root, _ = timed("bare: root of the same rows", lambda: verifiable.merkle_root(library, draw.alg))
        bare, result = timed(
            "bare: the pure draw", lambda: verifiable.draw(draw.announce, *lists, reveals, "31415")
        )
        bundle = verifiable.make_bundle(draw.announce, *lists, reveals, "31415", result)
        check, _ = timed("bare: independent check", lambda: verifiable.verify_bundle(bundle, draw.digest))
        print(
            f"seal / root = {sealed / root:.1f}; draw act / (pure draw + check) = {drawn / (bare + check):.2f}"
        )
        print(
            f"{draw.size} objects, {len(result.drawn)} drawn; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
        )
        database.close()


if __name__ == "__main__":
    main()
