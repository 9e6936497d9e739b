"""The night's look at the portal itself: the whole audit chain, the database file, and the root for the witnesses."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from flask import current_app

from portal import alarms, audit, clock, jobs, notices
from portal.database import database, is_postgresql, transaction
from portal.declarations import JobKind
from portal.jobs import Job
from portal.refusals import Refused

KIND = "self_check"
#: A longer chain is verified by a job, not inside the request that asks for it.
AT_ONCE = 20_000
_BATCH = 50_000
#: The file of daily roots in the data folder, for the log shipper: one line a day.
ROOTS = "audit-roots.log"


def start(title: str) -> Job:
    """Put a verification of the chain and the database into the queue, inside the running transaction."""
    return jobs.start(KIND, title)


def run(job: Job) -> None:
    """The work of the job: the chain in batches, going on where a stopped runner left it, then the database."""
    total = audit.last()[0]
    first, known = job.state_values.get("first", 1), job.state_values.get("known", audit.GENESIS)
    while first <= total:
        verdict = audit.verify(first, known, _BATCH)
        if verdict.broken is not None:
            _chain_entry(verdict.broken, f"审计链有问题：{verdict.reason}", False)
            raise Refused(f"审计链有问题：{verdict.reason}")
        first, known = first + verdict.entries, verdict.head
        with transaction():
            jobs.progress(job, first - 1, total, first=first, known=known)
    text = f"审计记录 {total} 条，链完整，末条哈希 {known}"
    _chain_entry(total, text, True)
    problem = database_problem()
    if problem:
        alarms.raise_alarm(f"integrity/{clock.today()}", problem)
        raise Refused(problem)
    job.result = {"lines": [text, "数据库文件完整" if not is_postgresql() else "数据库完整性由 PostgreSQL 的校验和保证"]}


def _chain_entry(seq: int, text: str, succeeded: bool) -> None:
    with transaction():
        audit.record("校验审计链", "audit", seq, note=text, succeeded=succeeded)
        if not succeeded:
            alarms.raise_alarm(f"chain/{seq}", text)


def database_problem() -> str:
    """What SQLite's own check finds wrong with the database file, in words; empty when it is sound."""
    if is_postgresql():
        return ""
    found = [row[0] for row in database.execute_sql("PRAGMA integrity_check(3)").fetchall()]
    return "" if found == ["ok"] else f"数据库文件不完整，请立即停用并从备份恢复：{'；'.join(found)[:200]}"


KIND_OF_JOB = JobKind(KIND, "自检", run)


def nightly(day: date) -> None:
    """Once a day: the root to the witnesses and into the file, and the check of chain and database into the queue."""
    entries = audit.AuditEntry
    done = (entries.record_type == "audit") & (entries.record_id == f"root/{day}")
    if entries.select().where(done).exists():
        return
    with transaction():
        audit.in_order()
        seq, head, _ = audit.last()
        line = f"{day} {seq} {head}"
        notices.tell_again(
            ("liaison",), "root/", str(day), f"审计日根（请存档备查）：{day}，第 {seq} 条，{head}"
        )  # fmt: skip
        audit.record("公布审计日根", "audit", f"root/{day}", note=line)
        start("夜间自检")
        _append(Path(current_app.config["DATA_DIR"]) / ROOTS, line)


def _append(path: Path, line: str) -> None:
    """Inside the transaction: a line too many is still a true root, a line too few is a day without a witness."""
    with path.open("a", encoding="utf-8") as target:
        target.write(line + "\n")
        target.flush()
        os.fsync(target.fileno())
