"""Mixed reading by fifty signed-in users against ``portal serve``, and what a server costs to start and to keep.

    python -m bench.requests [--subjects N] [--users N] [--seconds N] [--processes N] [--django PYTHON]

``--django`` names the Python of an environment that has Django, whose admin then reads the same lists, one process each.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from bench import zone
from bench.table import Row, show


def read_for(clients: list[zone.Client], paths: list[str], seconds: float) -> tuple[float, float]:
    """Pages a second and the 95th percentile in ms while every client reads its ``paths`` in turn without a pause."""
    times: list[list[float]] = [[] for _ in clients]
    failures: list[str] = []
    end = time.perf_counter() + seconds

    def read(number: int) -> None:
        client = clients[number]
        for path in itertools.islice(itertools.cycle(paths), number, None):
            start = time.perf_counter()
            if start > end or failures:
                return
            try:
                client.get(path)
            except (OSError, RuntimeError) as error:
                failures.append(str(error))
                return
            times[number].append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    every = [one for of_client in times for one in of_client]
    return len(every) / seconds, statistics.quantiles(every, n=20)[18]


def memory_mb(process: int) -> float:
    """The largest resident memory in MB among a process and its children: the busiest worker."""
    pids = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        pids += [int(child) for child in children.read_text().split()]
    return max(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids) / 1e6


def beside_django(folder: Path, users: int, seconds: float, django: str) -> list[Row]:
    """The register's lists alone, ours and Django admin's, each served by one process."""
    texts = [quote(text) for text in zone.fragments(7)]
    rates = []
    for (server, port), path in ((zone.portal_server(folder), "/subjects/?q="), (zone.django_server(django, folder), "/admin/portal/subject/?q=")):
        with server:
            first = zone.Client(port)
            first.get("/enter") if "admin" in path else first.sign_in()
            clients = [zone.Client(port, first.cookies) for _ in range(users)]
            rates.append(read_for(clients, [path + text for text in texts], seconds))
    (ours, our_p95), (theirs, their_p95) = rates
    return [
        Row(f"{users} 人查名录，1 进程：每秒页数", ours, theirs, "页/s", "Django admin，1 进程"),
        Row(f"{users} 人查名录，1 进程：p95", our_p95, their_p95, "ms", "Django admin，1 进程"),
    ]


def measure(subjects: int, users: int, seconds: float, processes: int, django: str = "") -> list[Row]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        zone.make(folder, subjects)
        server, port = zone.portal_server(folder, processes)
        with server as (process, start):
            first = zone.Client(port)
            first.sign_in()
            # Fifty people at fifty computers; one account serves, since sessions are what is counted.
            clients = [zone.Client(port, first.cookies) for _ in range(users)]
            texts = zone.fragments(7)
            paths = ["/", "/inbox/", "/scores/", *(f"/subjects/?q={quote(text)}" for text in texts), "/units/"]
            paths = [path for path in paths if first.ask("GET", path)[0] == 200]
            rate, p95 = read_for(clients, paths, seconds)
            worker = memory_mb(process.pid)
        bare, bare_port = zone.module_server("bench.bare", folder)
        with bare as (process, bare_start):
            bare_clients = [zone.Client(bare_port) for _ in range(users)]
            bare_rate, bare_p95 = read_for(bare_clients, ["/"], seconds)
            bare_worker = memory_mb(process.pid)
        beside = beside_django(folder, users, seconds, django) if django else []
    hello = "Flask hello world，1 进程"
    return [
        Row(f"{users} 人混合阅读，{processes} 进程：每秒页数", rate, bare_rate, "页/s", hello),
        Row(f"{users} 人混合阅读，{processes} 进程：p95", p95, bare_p95, "ms", hello),
        Row("启动到第一次应答", start, bare_start, "s", hello),
        Row("一个网页进程的内存", worker, bare_worker, "MB", hello),
        *beside,
    ]


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subjects", type=int, default=60_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--django", default="")
    given = parser.parse_args()
    show(measure(given.subjects, given.users, given.seconds, given.processes, given.django))


if __name__ == "__main__":
    main()
