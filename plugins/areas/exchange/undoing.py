"""Takes a whole import back, until another unit has acted on one of its records (areas.md 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.toolkit import Refused, audit, jobs, transaction

from .imports import DONE, RECORD, STOPPED, UNDOING, UNDONE, batches, kind_of, own, turn, work
from .models import ImportedRow, ImportRun, SenderKey

UNDO_JOB = "exchange.undo"
#: An import of at most so many new and changed records says on its page why it cannot be taken back.
SHOWN_ROWS = 2_000
_BATCH, _PART = 100, 500


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


def why_not(run: ImportRun) -> str:
    """Why the import cannot be taken back any more, or ""; for a short one, as the page shows it. A long one is asked
    when its person wants it taken back."""
    if run.state not in (DONE, STOPPED) or run.taken_created + run.taken_changed > SHOWN_ROWS:
        return ""
    return _blocked(run)


def _standing(run: ImportRun) -> Any:
    return ImportedRow.select().where((ImportedRow.run == run) & ~ImportedRow.undone)


def _blocked(run: ImportRun) -> str:
    kind = kind_of(run)
    for part in _by_record(run):
        reason = kind.blocked([row.reference for row in part], unit=run.unit, source=run.source_text)
        if reason:
            return reason
    return ""


def _by_record(run: ImportRun) -> Iterator[list[ImportedRow]]:
    """The standing rows in parts; the rows of one record stay together, the newest first."""
    part: list[ImportedRow] = []
    for row in _standing(run).order_by(ImportedRow.record, ImportedRow.row.desc()).iterator():
        if len(part) >= _PART and part[-1].record != row.record:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def take_back(run: ImportRun, job: Any = None) -> None:
    """Take the records back batch by batch; one on which somebody acted meanwhile stays and is named."""
    kind, told = kind_of(run), list(run.notices)
    total = _standing(run).count()
    done = 0
    for part in batches(list(_standing(run).order_by(ImportedRow.row.desc())), _BATCH):
        with transaction():
            gone = []
            for row in part:
                try:
                    with transaction():
                        kind.undo(row.reference, unit=run.unit)
                    gone.append(row.id)
                except Refused as refused:
                    told.append(f"第{row.row}行没有撤销：{refused}")
            _forget_keys(kind.key, [row.record for row in part if row.id in gone and row.outcome == "created"])
            ImportedRow.update(undone=True).where(ImportedRow.id.in_(gone)).execute()
            ImportRun.update(undone=ImportRun.undone + len(gone), notices=told[-300:]).where(ImportRun.id == run.id).execute()
            done += len(part)
            if job is not None:
                jobs.progress(job, done, total=total, note=f"已撤销 {done} 条")
    with transaction():
        ImportRun.update(state=UNDONE).where(ImportRun.id == run.id).execute()


def _forget_keys(kind: str, records: list[int]) -> None:
    """A number that another system gave to one of these records names nothing any more: sent again, it is new."""
    SenderKey.delete().where((SenderKey.kind == kind) & SenderKey.record.in_(records)).execute()


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
