"""The search page over HTTP, signed in, beside a bare Flask page of the same rows, a LIKE page and Django's admin.

    python -m bench.search [--subjects N] [--rounds N] [--django PYTHON]

``--django`` names the Python of an environment that has Django; nothing is installed here.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import zone
from bench.table import Row, show


def timed(ask: Callable[[str], object], texts: list[str]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds of one page for each of ``texts``, after a warm-up."""
    for text in texts[:5]:
        ask(text)
    times = []
    for text in texts:
        start = time.perf_counter()
        ask(text)
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=20)
    return statistics.median(times), cuts[18]


def measure(subjects: int, rounds: int, django: str = "") -> list[Row]:
    """The rows of the table: each page's p95 beside the bare one's."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        zone.make(folder, subjects)
        return _compared(folder, subjects, rounds, django)


def _compared(folder: Path, subjects: int, rounds: int, django: str) -> list[Row]:
    texts = zone.fragments(rounds)
    path = str(folder / "portal.db")
    portal, portal_port = zone.portal_server(folder)
    bare, bare_port = zone.module_server("bench.bare", folder, path, "fts")
    like, like_port = zone.module_server("bench.bare", folder, path, "like")
    found: list[Row] = []
    with portal, bare, like:
        ours, floor, plain = zone.Client(portal_port), zone.Client(bare_port), zone.Client(like_port)
        ours.sign_in()
        for label, more in (("", {}), (" + 状态", {"state": "注销"})):
            mine = timed(lambda text, more=more: ours.get("/subjects/", q=text, **more), texts)
            theirs = timed(lambda text, more=more: floor.get("/search", q=text, **more), texts)
            found.append(Row(f"搜索页 {subjects:,} 户{label}：p95", mine[1], theirs[1], "ms", "裸 Flask+sqlite3"))
            found.append(Row(f"搜索页 {subjects:,} 户{label}：p50", mine[0], theirs[0], "ms", "裸 Flask+sqlite3"))
        part = timed(lambda text: ours.get("/subjects/", q=text), texts[:20])
        slow = timed(lambda text: plain.get("/search", q=text), texts[:20])
        found.append(Row("搜索页 beside LIKE：p50", part[0], slow[0], "ms", "LIKE '%…%'"))
        if django:
            admin = _django(django, folder, texts[:10])
            found.append(Row("搜索页 beside Django admin：p50", part[0], admin, "ms", "Django admin"))
    return found


def _django(python: str, folder: Path, texts: list[str]) -> float:
    server, port = zone.django_server(python, folder)
    with server:
        client = zone.Client(port)
        client.get("/enter")
        return timed(lambda text: client.get("/admin/portal/subject/", q=text), texts)[0]


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--django", default="")
    given = parser.parse_args()
    show(measure(given.subjects, given.rounds, given.django))


if __name__ == "__main__":
    main()
