"""A server killed in mid-import (kill -9) goes on after its restart: nothing lost, nothing stored twice."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from plugins.areas.exchange import imports
from plugins.areas.exchange.models import ImportedRow, ImportRun
from portal import audit, jobs
from portal.plugging import registry
from portal.subjects import Subject, SubjectEvent, SubjectName
from tests.areas.exchange.sent_files import as_csv, code, good

ROOT = Path(__file__).parents[3]
ROWS = 3000
KILLS = 3
_WAIT = 60


def runner(app: Any) -> subprocess.Popen[bytes]:
    """A real job runner over the test's own database."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "PORTAL_DATABASE_URL": app.config["DATABASE_URL"], "PORTAL_DATA_DIR": app.config["DATA_DIR"],
        "PORTAL_CLOCK": "2026-09-25T10:00",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "portal.cli", "runner"], env=environment, cwd=ROOT)


def place(run_id: int) -> tuple[str, int]:
    return ImportRun.select(ImportRun.state, ImportRun.after).where(ImportRun.id == run_id).tuples().get()


def wait_for(process: subprocess.Popen[bytes], run_id: int, beyond: int) -> None:
    """Until the import has stored a batch behind row ``beyond``, or is done."""
    end = time.monotonic() + _WAIT
    while place(run_id)[0] != "done" and place(run_id)[1] <= beyond:
        assert process.poll() is None and time.monotonic() < end, "the runner does nothing"
        time.sleep(0.02)


def test_a_killed_server_goes_on_and_stores_each_row_once(app, unit: str) -> None:
    kind = registry().record_kinds["registrations"]
    sent = as_csv([good(n) for n in range(ROWS)] + [good(1), good(2, 核准日期="昨天")])
    run = imports.upload(io.BytesIO(sent), "登记.csv", kind, unit, "存量")
    jobs.work_off()
    imports.take(run.id, unit)
    killed_at = []
    for _ in range(KILLS):
        process = runner(app)
        wait_for(process, run.id, killed_at[-1] if killed_at else 0)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        killed_at.append(place(run.id)[1])
    assert 0 < killed_at[0] < ROWS, "the kill must fall into the import"
    process = runner(app)
    wait_for(process, run.id, ROWS * 2)
    process.terminate()
    process.wait()
    done = ImportRun.get_by_id(run.id)
    assert (done.state, done.taken_created, done.taken_same, done.refused) == ("done", ROWS, 1, 1)
    assert Subject.select().count() == SubjectEvent.select().count() == SubjectName.select().count() == ROWS
    assert sorted(c for (c,) in Subject.select(Subject.credit_code).tuples()) == sorted(code(n) for n in range(ROWS))
    assert ImportedRow.select().where(ImportedRow.run == run).count() == ROWS
    assert audit.verify().broken is None
