"""Takes a whole import back, until another unit has acted on one of its records (areas.md 5)."""

from __future__ import annotations

from typing import Any

from portal.toolkit import Refused, audit, jobs, transaction

from .imports import DONE, RECORD, STOPPED, UNDOING, UNDONE, batches, kind_of, own, turn, work
from .models import ImportedRow, ImportRun

UNDO_JOB = "exchange.undo"
_BATCH = 100


def undo(run_id: int, unit: str) -> ImportRun:
    """Take back every record that the import made or changed, the last first. Raises Missing, Stale, or Refused when
    one of them cannot be taken back any more: then none is."""
    with transaction():
        run = own(run_id, unit)
        kind_of(run).may_import(unit)
        reason = _blocked(run)
        if reason:
            raise Refused(f"这次导入不能整体撤销：{reason}")
        turn(run, UNDOING, {DONE, STOPPED})
        audit.record("撤销导入", RECORD, run.id, note=f"{run.taken_created + run.taken_changed} 条")
        work(run, UNDO_JOB, take_back)
    return ImportRun.get_by_id(run_id)


def _standing(run: ImportRun) -> Any:
    return ImportedRow.select().where((ImportedRow.run == run) & ~ImportedRow.undone).order_by(ImportedRow.row.desc())


def _blocked(run: ImportRun) -> str:
    kind = kind_of(run)
    for part in batches(_standing(run).iterator(), 500):
        reason = kind.blocked([row.reference for row in part], unit=run.unit, source=run.source_text)
        if reason:
            return reason
    return ""


def take_back(run: ImportRun, job: Any = None) -> None:
    """Take the records back batch by batch; one on which somebody acted meanwhile stays and is named."""
    kind, told = kind_of(run), list(run.notices)
    total = _standing(run).count()
    done = 0
    for part in batches(list(_standing(run)), _BATCH):
        with transaction():
            gone = []
            for row in part:
                try:
                    with transaction():
                        kind.undo(row.reference, unit=run.unit)
                    gone.append(row.id)
                except Refused as refused:
                    told.append(f"第{row.row}行没有撤销：{refused}")
            ImportedRow.update(undone=True).where(ImportedRow.id.in_(gone)).execute()
            ImportRun.update(undone=ImportRun.undone + len(gone), notices=told[-300:]).where(ImportRun.id == run.id).execute()
            done += len(part)
            if job is not None:
                jobs.progress(job, done, total=total, note=f"已撤销 {done} 条")
    with transaction():
        ImportRun.update(state=UNDONE).where(ImportRun.id == run.id).execute()


def undo_job(job: Any) -> None:
    """The job's part of :func:`undo`; stopped by its person, what was taken back stays so and the rest can follow."""
    run = ImportRun.get_by_id(job.arguments["run"])
    if run.state != UNDOING:
        return
    try:
        take_back(run, job)
    except jobs.JobCancelled:
        with transaction():
            ImportRun.update(state=DONE).where(ImportRun.id == run.id).execute()
        raise
