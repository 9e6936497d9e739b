"""The quarter's facts of 1,400 units over 1,000,000 obligations, beside the bare SQL aggregate of the same rows.

Goal (design): at most 2 × the bare aggregate. ``python -m bench.scoring [--rows N] [--units N]``.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from portal import app as application
from portal import clock, facts, official_calendar, scoring
from portal.database import database, ready_connection
from portal.workdays import Quarter

QUARTER = Quarter(2026, 3)
KINDS = ("claim", "feedback", "permit_entry", "dishonesty", "check_result", "material")
COLUMNS = (
    "kind", "unit", "record_type", "record_id", "identity", "title", "started_on", "started_words", "days", "deadline",
    "provisional", "scored", "state", "opened_at", "fulfilled_on", "fulfilled_at", "fulfilled_by", "extended_days", "reason",
)  # fmt: skip
BARE = """SELECT unit, kind, COUNT(*), SUM(fulfilled_on IS NOT NULL AND fulfilled_on <= ?),
SUM(fulfilled_on IS NOT NULL AND fulfilled_on <= deadline) FROM obligation
WHERE kind IN ('claim','feedback','permit_entry','dishonesty','check_result','material') AND deadline BETWEEN ? AND ?
AND state IN ('open','fulfilled') AND scored = 1 AND waiting_since IS NULL GROUP BY kind, unit"""


def fill(rows: int, units: int) -> None:
    """Obligations of ``units`` units, a third open, with deadlines all over three quarters."""
    rng = random.Random(1)
    first = date(2026, 4, 1)

    def made():
        for number in range(rows):
            deadline = first + timedelta(days=rng.randrange(275))
            done = deadline + timedelta(days=rng.randrange(-7, 20)) if rng.random() < 0.7 else None
            yield (
                KINDS[number % 6], f"unit{number // 6 % units}", "bench", str(number), f"bench:{number}", "x", "2026-07-01", "推送", 7,
                deadline.isoformat(), 0, 1, "fulfilled" if done else "open", "2026-07-01 09:00:00.000000+08:00",
                done.isoformat() if done else None, None, "", 0, "",
            )  # fmt: skip

    marks = ",".join("?" * len(COLUMNS))
    connection = database.connection()
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO obligation({','.join(COLUMNS)}) VALUES ({marks})", made())
    connection.execute("COMMIT")
    connection.execute("ANALYZE")


def median(act, times: int = 5) -> float:
    """The median of ``times`` runs, in seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def main() -> None:
    """Print the ratio and the two medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--units", type=int, default=1400)
    chosen = parser.parse_args()
    clock.use(clock.HandClock(clock.parse("2026-11-20T10:00")))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        app = application.create_app({"DATA_DIR": folder, "DATABASE_URL": url, "SECRET_KEY": "bench"}, ready=False)
        with app.app_context():
            ready_connection()
            application.migrate(app)
            official_calendar.seed()
            fill(chosen.rows, chosen.units)
            span = facts.span_of(QUARTER)
            bounds = (span.closing.isoformat(), QUARTER.first.isoformat(), QUARTER.last.isoformat())
            bare = median(lambda: database.execute_sql(BARE, bounds).fetchall())
            ours = median(lambda: facts.counts(span, clock.today()))
            counted = facts.counts(span, clock.today())
            names = sorted({unit for unit, _ in counted})
            login = (set(), [])
            whole = median(lambda: score_all(span, counted, names, login))
            database.close()
    print(f"scoring: facts of {len(names):,} units from {chosen.rows:,} obligations: {ours / bare:.2f} × the bare aggregate")
    print(f"         bare {bare * 1000:.0f} ms, ours {ours * 1000:.0f} ms; and all their scores {whole * 1000:.0f} ms more")


def score_all(span: facts.Span, counted: dict, names: list[str], login: tuple) -> int:
    """Score every unit with all duties from the counted facts; returns how many."""
    duties = frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"})
    done = 0
    for name in names:
        made = facts._facts_of(name, counted, login, {}, span)
        scoring.score_unit(span.scheme, duties, ["x"], made)
        done += 1
    return done


if __name__ == "__main__":
    main()
