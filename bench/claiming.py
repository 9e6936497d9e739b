"""Claiming 5,000 rows at once, beside the bare SQL of the same rows; and the queries of a queue page by its length.

Goal: at most 5 × the bare statements. ``python -m bench.claiming [--rows N]``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from plugins.areas.licensing import claims
from plugins.areas.licensing.models import Claim, Push
from portal import app as application
from portal import audit, clock, obligations, official_calendar, subjects, units
from portal.database import database, ready_connection, transaction
from portal.obligations import Obligation
from portal.plugging import registry

UNIT = "market_regulation"
MOMENT = clock.at(date(2026, 9, 28), 10)


def fill(rows: int) -> list[int]:
    """``rows`` open claim rows of one subject each, with their clocks; returns the rows' ids."""
    first = subjects.Registration(
        event="设立",
        name="压测有限公司",
        category="企业",
        approved=date(2026, 9, 28),
        code="91310000773718882U",
        scope="许可项目：餐饮服务",
    )
    subject, _ = subjects.register(first, unit="approval", source="表单")
    push = Push.get(Push.subject == subject)
    known = {
        "push": push.id,
        "subject": subject.id,
        "item_name": "食品经营许可",
        "kind": "HZ",
        "unit": UNIT,
        "source": "push",
    }
    values = [
        {**known, "item": f"B{n}", "state": "open", "pushed_on": clock.today(), "scored": True}
        for n in range(rows)
    ]
    with transaction():
        for start in range(0, rows, 500):
            Claim.insert_many(values[start : start + 500]).execute()
        ids = [
            n
            for (n,) in Claim.select(Claim.id)
            .where(Claim.source == "push")
            .order_by(Claim.id.desc())
            .limit(rows)
            .tuples()
        ]
        for start in range(0, rows, 500):
            owed = claims.owed_rows(ids[start : start + 500], "认领")
            obligations.open_many("claim", owed, started_on=clock.today(), started_words="推送", days=7)
    return sorted(ids)


def reset() -> None:
    """Every row open again, as before the claim."""
    with transaction():
        Obligation.delete().where(Obligation.kind == "feedback").execute()
        Obligation.update(state="open", fulfilled_on=None, fulfilled_at=None).where(
            Obligation.kind == "claim"
        ).execute()
        Claim.update(state="open", claimed_on=None, claimed_at=None, claimed_by="").execute()


def bare(ids: list[int]) -> None:
    """The same three writes as plain SQL: rows claimed, claims fulfilled, feedback opened."""
    now, day, due = "2026-09-28 10:00:00.000000+08:00", "2026-09-28", "2026-10-30"
    run = database.connection().execute
    run("BEGIN IMMEDIATE")
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ",".join("?" * len(part))
        run(
            f"UPDATE licensing_claim SET state='claimed', claimed_on=?, claimed_at=?, claimed_by='甲' WHERE state='open' AND id IN ({marks})",
            [day, now, *part],
        )
        run(
            "UPDATE obligation SET state='fulfilled', fulfilled_on=?, fulfilled_at=?, fulfilled_by='甲' "
            f"WHERE kind='claim' AND record_type='claim' AND state='open' AND record_id IN ({marks})",
            [day, now, *map(str, part)],
        )
        run(
            "INSERT INTO obligation(kind, unit, subject_id, record_type, record_id, identity, title, started_on, started_words, days, "
            "deadline, provisional, scored, state, opened_at, fulfilled_by, extended_days, reason, warned) "
            "SELECT 'feedback', unit, subject_id, 'claim', id, 'claim:' || id, '反馈：压测', ?, '认领', 20, ?, 0, scored, 'open', ?, '', 0, '', 0 "
            f"FROM licensing_claim WHERE id IN ({marks})",
            [day, due, now, *part],
        )
    run("COMMIT")


def median(act: Any, times: int = 5) -> float:
    """The median of ``times`` runs in seconds, each from the same start."""
    spent = []
    for _ in range(times):
        reset()
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def queries(act: Any) -> int:
    """How many statements ``act`` sends."""
    sent: list[str] = []
    database.connection().set_trace_callback(sent.append)
    act()
    database.connection().set_trace_callback(None)
    return len(sent)


def main() -> None:
    """Fill a portal, measure both ways, print the ratio and the queue's queries."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=5000)
    rows = arguments.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, clock.using(clock.HandClock(MOMENT)):
        app = application.create_app(
            {
                "DATA_DIR": folder,
                "DATABASE_URL": f"sqlite:///{Path(folder) / 'portal.db'}",
                "SECRET_KEY": "bench",
            },
            ready=False,
        )
        with app.app_context():
            ready_connection()
            application.migrate(app)
            official_calendar.seed()
            with transaction():
                for unit in registry().units:
                    units.found(unit.key, date(2026, 1, 1), "bench")
            with audit.acting(audit.Actor(name="甲", unit=UNIT)):
                ids = fill(rows)
                plain, ours = median(lambda: bare(ids)), median(lambda: claims.claim_rows(UNIT, ids))
                reset()
                short = queries(lambda: claims.queue(UNIT, claims.Filters(), size=1))
                long = queries(lambda: claims.queue(UNIT, claims.Filters(), size=200))
            print(
                f"{rows} rows: bare SQL {plain * 1000:.0f} ms, claim_rows {ours * 1000:.0f} ms, ratio {ours / plain:.1f}"
            )
            print(f"queue page: {short} queries for 1 row, {long} for 200")
            database.close()


if __name__ == "__main__":
    main()
