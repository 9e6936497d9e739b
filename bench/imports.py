"""Imports and the API beside their floors, in one run: ``python -m bench.imports [--rows 100000] [--memory]``.

Every step runs in a process of its own, so that its peak memory is its own: reading the file alone (calamine for XLSX, the
csv module for CSV), the database's own bulk load of the same rows, the dry run and the taking of the same file (checks,
scope reading, search index, audit), an API batch beside the bare insert. A ratio is of the bulk load of the same rows.
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
from datetime import date
from pathlib import Path
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


def bulk_load(folder: Path, count: int) -> float:
    """Seconds of the database's own load of the same rows into the subjects' table, with its indexes."""
    from portal.database import insert_rows, transaction

    stage(folder)
    columns = (
        "name", "name_key", "credit_code", "approved", "scope", "street", "address", "representative", "capital", "kind", "industry",
        "category", "state", "registrar", "classification", "turned_from", "version", "entered_at",
    )  # fmt: skip
    made = [
        (n, n, c, d, s, st, a, r, 10**8, k, i, "企业", "存续", "", "", "", 1, "2026-09-25 10:00:00.000000+08:00")
        for n, c, d, s, st, a, r, _, k, i in rows(count)
    ]
    begun = time.perf_counter()
    with transaction():
        insert_rows("subject", columns, made)
    return time.perf_counter() - begun


def imported(folder: Path, path: Path, source: str) -> dict[str, float]:
    """Seconds of the dry run and of the taking of the file, as the job does them."""
    from plugins.areas.exchange import imports
    from plugins.areas.exchange.models import ImportRun
    from portal import jobs
    from portal.plugging import registry

    _, unit = stage(folder)
    with path.open("rb") as stream:
        run = imports.upload(stream, path.name, registry().record_kinds["registrations"], unit, source, largest=_LARGEST)
    begun = time.perf_counter()
    jobs.work_off()
    checked = time.perf_counter()
    imports.take(run.id, unit)
    jobs.work_off()
    done = time.perf_counter()
    stored = ImportRun.get_by_id(run.id)
    assert stored.state == "done" and stored.refused == 0, (stored.state, stored.note, stored.notices)
    return {"check": checked - begun, "take": done - checked, "rows": stored.taken_created}


def api(folder: Path, count: int) -> float:
    """Seconds of the rows through the API in batches of a thousand."""
    from plugins.areas.exchange import tokens

    app, unit = stage(folder)
    _, token = tokens.create(unit, "bench", ["registrations"], True, date(2026, 12, 31))
    client, keys = app.test_client(), ("name", "code", "approved", "scope", "street", "address", "representative", "capital", "kind", "industry")
    sent = [{"key": f"K{n}", "values": dict(zip(keys, row, strict=True))} for n, row in enumerate(rows(count))]
    bodies = [json.dumps({"rows": sent[start : start + 1000]}).encode() for start in range(0, count, 1000)]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    begun = time.perf_counter()
    for body in bodies:
        answer = client.post("/api/v1/registrations/batch", data=body, headers=headers)
        assert answer.status_code == 207 and answer.json["counts"]["wrong"] == 0, answer.json
    return time.perf_counter() - begun


def step(name: str, path: Path, count: int) -> dict[str, float]:
    """One step in this process, with its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        if name == "read":
            read_alone(path)
            found = {"read": time.perf_counter() - begun}
        elif name == "load":
            found = {"load": bulk_load(Path(folder), count)}
        elif name == "api":
            found = {"api": api(Path(folder), count)}
        else:
            found = imported(Path(folder), path, "存量" if name == "stock" else "")
    return found | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def apart(name: str, path: Path, count: int) -> dict[str, float]:
    """The step in a process of its own."""
    arguments = [sys.executable, "-m", "bench.imports", "--step", name, "--file", str(path), "--rows", str(count)]
    return json.loads(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print every row of the table, ratios first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--step", choices=("read", "load", "stock", "pushed", "api"))
    parser.add_argument("--file", type=Path, default=Path("none.csv"))
    given = parser.parse_args()
    if given.step:
        print(json.dumps(step(given.step, given.file, given.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        load = apart("load", given.file, given.rows)["load"]
        print(f"{given.rows:,} rows; the database's own bulk load: {load:.2f} s")
        for suffix in (".csv", ".xlsx"):
            few, many = Path(folder) / f"few{suffix}", Path(folder) / f"many{suffix}"
            write(few, given.rows // 10)
            write(many, given.rows)
            read = apart("read", many, given.rows)["read"]
            small, found = apart("stock", few, given.rows // 10), apart("stock", many, given.rows)
            print(f"{suffix}: take {load / found['take']:.1%} of the bulk load's speed ({found['take']:.1f} s, {given.rows / found['take']:,.0f} rows/s)")
            print(f"{suffix}: dry run {found['check'] / read:.1f} x reading alone ({found['check']:.1f} s beside {read:.2f} s)")
            print(f"{suffix}: peak memory {found['peak_mb'] / small['peak_mb']:.2f} x that of a tenth ({found['peak_mb']:.0f} MB, {small['peak_mb']:.0f} MB)")
        pushed = apart("pushed", few.with_suffix(".csv"), given.rows // 10)
        print(f"with pushes and their clocks: {pushed['rows'] / pushed['take']:,.0f} rows/s")
        sent = apart("api", given.file, given.rows // 10)["api"]
        print(f"API batches of 1,000: {load / 10 / sent:.1%} of the bare insert's speed ({given.rows / 10 / sent:,.0f} rows/s)")


if __name__ == "__main__":
    main()
