"""Imports, exports and the API beside their floors, in one run: ``python -m bench.imports [--rows 100000] [--full]``.

Every step runs in a process of its own, so that its peak memory is its own: reading the file alone (calamine for XLSX, the
csv module for CSV), the database's own bulk load of the same rows, the dry run and the taking of the same file (checks,
scope reading, search index, audit), an API batch beside the bare insert, the whole list written out. A ratio is of the bulk
load of the same rows: by the clock, and in time of the processor, which other work on the machine disturbs less. Each
figure is the median of ``--repeats`` runs, the bulk load measured beside every one. ``--full`` sends 1,000,000 rows
through each and puts their peak memory beside that of 10,000.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import xlsxwriter
from stdnum.cn import uscc

from bench import scope_reading

HEADER = ("名称", "统一社会信用代码", "核准日期", "经营范围", "街道", "住所", "法定代表人", "注册资本（万元）", "类型", "行业代码")
#: A million rows are more than a browser may send.
_LARGEST = 4 * 2**30
STREETS = ("中兴街道", "小海街道", "新开街道", "竹行街道")


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Registrations of one day, each with a right credit code and one of 20,000 scopes as they are worded."""
    scopes = scope_reading.scopes(min(count, 20_000))
    for number in range(count):
        body = f"91320691MA{number:07d}"
        yield (
            f"南通{number:07d}号商贸有限公司", body + uscc.calc_check_digit(body), "2026-09-01", scopes[number % len(scopes)], STREETS[number % 4],
            f"通盛大道{number % 999}号", "王甲", "100", "有限责任公司", "F52",
        )  # fmt: skip


def write(path: Path, count: int) -> None:
    """The rows as the file that the name asks for."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as target:
            csv.writer(target).writerows([HEADER, *rows(count)])
        return
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate([HEADER, *rows(count)]):
        for at, cell in enumerate(row):
            sheet.write_string(line, at, cell)
    book.close()


def read_alone(path: Path) -> int:
    """The file read and nothing else."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as source:
            return sum(1 for _ in csv.reader(source))
    import python_calamine

    return sum(1 for _ in python_calamine.load_workbook(str(path)).get_sheet_by_index(0).iter_rows())


def stage(folder: Path) -> tuple[Any, str]:
    """An empty portal with its units; (application, the unit that pushes)."""
    from portal import app as application
    from portal import clock, official_calendar, units
    from portal.database import ready_connection, transaction
    from portal.plugging import registry

    clock.use(clock.HandClock(clock.at(date(2026, 9, 25), 10)))
    url = f"sqlite:///{folder / 'portal.db'}"
    app = application.create_app({"SECRET_KEY": "bench", "DATA_DIR": str(folder), "DATABASE_URL": url}, ready=False)
    app.app_context().push()
    ready_connection()
    application.migrate(app)
    official_calendar.seed()
    with transaction():
        for unit in registry().units:
            units.found(unit.key, date(2026, 1, 1), "bench")
    return app, units.holder("registrar").key


@contextmanager
def timed(found: dict[str, float], name: str) -> Iterator[None]:
    """Add up the seconds of the block, by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    yield
    for key, seconds in ((name, time.perf_counter() - clock), (f"{name}_cpu", time.process_time() - processor)):
        found[key] = found.get(key, 0.0) + seconds


def bulk_load(folder: Path, count: int) -> dict[str, float]:
    """The database's own load of the same rows into the subjects' table, with its indexes."""
    from portal.database import insert_rows, transaction

    stage(folder)
    columns = (
        "name", "name_key", "credit_code", "approved", "scope", "street", "address", "representative", "capital", "kind", "industry",
        "category", "state", "registrar", "classification", "turned_from", "version", "entered_at",
    )  # fmt: skip
    found: dict[str, float] = {}
    made = rows(count)
    with ExitStack() as stack:
        stack.enter_context(transaction())
        while part := list(islice(made, 10_000)):
            loaded = [
                (n, n, c, d, s, st, a, r, 10**8, k, i, "企业", "存续", "", "", "", 1, "2026-09-25 10:00:00.000000+08:00")
                for n, c, d, s, st, a, r, _, k, i in part
            ]
            with timed(found, "load"):
                insert_rows("subject", columns, loaded)
        with timed(found, "load"):
            # The commit is part of the load; making the rows is not.
            stack.close()
    return found


def imported(folder: Path, path: Path, source: str) -> dict[str, float]:
    """The dry run and the taking of the file, as the job does them."""
    from plugins.areas.exchange import imports
    from plugins.areas.exchange.models import ImportRun
    from portal import jobs
    from portal.plugging import registry

    _, unit = stage(folder)
    with path.open("rb") as stream:
        run = imports.upload(stream, path.name, registry().record_kinds["registrations"], unit, source, largest=_LARGEST)
    found: dict[str, float] = {}
    with timed(found, "check"):
        jobs.work_off()
    imports.take(run.id, unit)
    with timed(found, "take"):
        jobs.work_off()
    stored = ImportRun.get_by_id(run.id)
    assert stored.state == "done" and stored.refused == 0, (stored.state, stored.note, stored.notices)
    return found | {"rows": stored.taken_created}


def api(folder: Path, count: int) -> dict[str, float]:
    """The rows through the API in batches of a thousand."""
    from plugins.areas.exchange import tokens

    app, unit = stage(folder)
    _, token = tokens.create(unit, "bench", ["registrations"], True, date(2026, 12, 31))
    client, keys = app.test_client(), ("name", "code", "approved", "scope", "street", "address", "representative", "capital", "kind", "industry")
    sent = [{"key": f"K{n}", "values": dict(zip(keys, row, strict=True))} for n, row in enumerate(rows(count))]
    bodies = [json.dumps({"rows": sent[start : start + 1000]}).encode() for start in range(0, count, 1000)]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    found: dict[str, float] = {}
    with timed(found, "api"):
        for body in bodies:
            answer = client.post("/api/v1/registrations/batch", data=body, headers=headers)
            assert answer.status_code == 207 and answer.json["counts"]["wrong"] == 0, answer.json
    return found


def exported(folder: Path, count: int, form: str) -> dict[str, float]:
    """The whole register written out, as the page of exports and its job do it."""
    from plugins.areas.exchange import exports
    from portal.plugging import registry

    bulk_load(folder, count)
    kind = registry().record_kinds["registrations"]
    found: dict[str, float] = {}
    with timed(found, "export"), (folder / f"list.{form}").open("wb") as target:
        if form == "xlsx":
            exports.write(target, kind, exports.rows_of(kind, _Everyone(), {}), standard=False)
        else:
            target.writelines(exports.csv(kind, _Everyone(), {}, standard=False))
    return found


class _Everyone:
    """A person who may see every list."""

    def can(self, _: str) -> bool:
        return True


def step(name: str, path: Path, count: int) -> dict[str, float]:
    """One step in this process, with its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, float] = {}
        if name == "read":
            with timed(found, "read"):
                read_alone(path)
        elif name == "load":
            found = bulk_load(Path(folder), count)
        elif name == "api":
            found = api(Path(folder), count)
        elif name.startswith("export-"):
            found = exported(Path(folder), count, name.removeprefix("export-"))
        else:
            found = imported(Path(folder), path, "存量" if name == "stock" else "")
    return found | {"peak_mb": peak_mb()}


def peak_mb() -> float:
    """The peak memory of this process in MB."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Not ru_maxrss: Linux hands the parent's down to a new process.
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def apart(name: str, path: Path, count: int) -> dict[str, float]:
    """The step in a process of its own."""
    arguments = [sys.executable, "-m", "bench.imports", "--step", name, "--file", str(path), "--rows", str(count)]
    return json.loads(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)


def beside_load(name: str, figure: str, path: Path, count: int, repeats: int) -> tuple[float, float, dict[str, float]]:
    """Medians over the repeats: the bulk load's speed that the step reaches by the clock, in time of the processor, and
    the step's own figures."""
    shares, shares_cpu, found = [], [], []
    for _ in range(repeats):
        load, ours = apart("load", path, count), apart(name, path, count)
        shares.append(load["load"] / ours[figure])
        shares_cpu.append(load["load_cpu"] / ours[f"{figure}_cpu"])
        found.append(ours)
    return median(shares), median(shares_cpu), {key: median(one[key] for one in found) for key in found[0]}


def speeds(folder: Path, count: int, repeats: int) -> None:
    """Print how fast files and batches come in."""
    for suffix in (".csv", ".xlsx"):
        path = folder / f"many{suffix}"
        write(path, count)
        share, share_cpu, found = beside_load("stock", "take", path, count, repeats)
        read = median(apart("read", path, count)["read"] for _ in range(repeats))
        print(f"{suffix}: take {share:.1%} of the bulk load's speed ({share_cpu:.1%} in processor time; {found['take']:.1f} s, {count / found['take']:,.0f} rows/s)")
        print(f"{suffix}: dry run {found['check'] / read:.1f} x reading alone ({found['check']:.1f} s beside {read:.2f} s)", flush=True)
    few = folder / "few.csv"
    write(few, count // 10)
    pushed = apart("pushed", few, count // 10)
    print(f"with pushes and their clocks: {pushed['rows'] / pushed['take']:,.0f} rows/s")
    share, share_cpu, found = beside_load("api", "api", few, count // 10, repeats)
    print(f"API batches of 1,000: {share:.1%} of the bare insert's speed ({share_cpu:.1%} in processor time; {count / 10 / found['api']:,.0f} rows/s)")


def memories(folder: Path, few: int, many: int) -> None:
    """Print the peak memory of ``many`` rows beside that of ``few``, in and out."""
    for suffix in (".csv", ".xlsx"):
        peaks = {}
        for count in (few, many):
            path = folder / f"{count}{suffix}"
            write(path, count)
            found = apart("stock", path, count)
            peaks[count] = found["peak_mb"]
            path.unlink()
        print(f"{suffix}: import of {many:,} rows, peak memory {peaks[many] / peaks[few]:.2f} x that of {few:,} ({peaks[many]:.0f} MB, {peaks[few]:.0f} MB; {found['check']:.0f} s + {found['take']:.0f} s)", flush=True)
    for form in ("csv", "xlsx"):
        peaks = {}
        for count in (few, many):
            found = apart(f"export-{form}", folder / "none", count)
            peaks[count] = found["peak_mb"]
        print(f".{form}: export of {many:,} rows, peak memory {peaks[many] / peaks[few]:.2f} x that of {few:,} ({peaks[many]:.0f} MB, {peaks[few]:.0f} MB; {found['export']:.0f} s)", flush=True)


def main() -> None:
    """Print every row of the table, ratios first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="also 1,000,000 rows in and out, with their memory: half an hour")
    parser.add_argument("--memory", action="store_true", help="only the memory, at --rows beside a tenth of them")
    parser.add_argument("--step", choices=("read", "load", "stock", "pushed", "api", "export-csv", "export-xlsx"))
    parser.add_argument("--file", type=Path, default=Path("none.csv"))
    given = parser.parse_args()
    if given.step:
        print(json.dumps(step(given.step, given.file, given.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        if not given.memory:
            print(f"{given.rows:,} rows, medians of {given.repeats} runs")
            speeds(Path(folder), given.rows, given.repeats)
        if given.full:
            memories(Path(folder), 10_000, 1_000_000)
        else:
            memories(Path(folder), given.rows // 10, given.rows)


if __name__ == "__main__":
    main()
