"""Imports: a day's file of registrations is checked first (dry run), then its good rows are taken; long ones as a job."""

from __future__ import annotations

from typing import IO, Any

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    audit,
    clock,
    files,
    jobs,
    subjects,
    transaction,
    units,
)

from . import pushes, registrations
from .models import ImportRun
from .pushes import STOCK

#: A file of at most so many bytes is worked on in the request itself; a longer one becomes a job.
SHORT_BYTES = 64 * 1024
CHECK_JOB, TAKE_JOB = "licensing.import_check", "licensing.import_take"
_BATCH = 100
_KEPT_PROBLEMS = 300
STATES = {
    "checking": "正在检查",
    "checked": "已检查，待导入",
    "taking": "正在导入",
    "done": "已导入",
    "refused": "不能读取",
}
ALLOWED = frozenset({"application/zip", "application/x-ole", "text/plain"})


def may_import(unit: str) -> None:
    """Only the registrar and the unit that revokes licences bring registrations in. Raises NotAllowed."""
    if unit not in (units.holder("registrar").key, units.holder("revoker").key):
        raise NotAllowed("只有推送登记信息的单位和推送吊销信息的单位可以导入")


def upload(stream: IO[bytes], name: str, unit: str, *, stock: bool = False) -> ImportRun:
    """Keep the file and check it, at once or as a job. ``stock``: the register as it was before the portal; it is read
    and classified but opens no clock. Raises NotAllowed or Refused."""
    may_import(unit)
    with transaction():
        stored = files.store(stream, name, allowed=ALLOWED)
        run = ImportRun.create(
            file=stored, unit=unit, stock=stock, uploaded_by=audit.actor().name, uploaded_at=clock.now()
        )
        audit.record(
            "上传登记文件", "licensing_import", run.id, after={"file": stored.name, "digest": stored.digest}
        )
        if stored.size <= SHORT_BYTES:
            check(run)
        else:
            job = jobs.start(CHECK_JOB, f"检查登记文件 {stored.name}", {"run": run.id})
            ImportRun.update(job=job.id).where(ImportRun.id == run.id).execute()
    return ImportRun.get_by_id(run.id)


def check(run: ImportRun, job: Any = None) -> None:
    """The dry run: every row by its rules, nothing stored but what was found. A file that cannot be read is refused."""
    path, name = files.path_of(run.file), run.file.name
    problems: list[dict[str, Any]] = []
    total = good = bad = 0
    try:
        told = registrations.notices(path, name)
        for row in registrations.rows(path, name):
            _check_event(row, run.unit)
            total += 1
            good += not row.problems
            bad += bool(row.problems)
            problems += (
                row.problems[: _KEPT_PROBLEMS - len(problems)] if len(problems) < _KEPT_PROBLEMS else []
            )
            if job is not None and total % 1000 == 0:
                with transaction():
                    jobs.progress(job, total, note=f"已检查 {total} 行")
    except Refused as refused:
        told, state = [str(refused)], "refused"
    else:
        state = "checked"
    with transaction():
        ImportRun.update(
            state=state, rows=total, good=good, problem_rows=bad, problems=problems, notices=told
        ).where(ImportRun.id == run.id).execute()  # fmt: skip


def _check_event(row: registrations.Row, unit: str) -> None:
    if row.registration is None:
        return
    refusal = pushes.event_refusal(unit, row.registration.event)
    if refusal:
        row.problems.append(registrations.problem(row.number, "event", row.registration.event, refusal))
        row.registration = None


def take(run_id: int, unit: str) -> ImportRun:
    """Take the good rows of a checked file, at once or as a job. Raises NotAllowed, Missing or Stale."""
    may_import(unit)
    with transaction():
        run = ImportRun.get_or_none((ImportRun.id == run_id) & (ImportRun.unit == unit))
        if run is None:
            raise Missing("没有这个导入文件")
        begun = (
            ImportRun.update(state="taking")
            .where((ImportRun.id == run_id) & (ImportRun.state == "checked"))
            .execute()
        )
        if not begun:
            raise Stale(f"这个文件的状态是“{STATES[run.state]}”，不能再导入")
        audit.record("导入登记文件", "licensing_import", run_id, note=f"{run.good} 行")
        if run.file.size <= SHORT_BYTES:
            store_rows(run)
        else:
            job = jobs.start(TAKE_JOB, f"导入登记文件 {run.file.name}", {"run": run.id})
            ImportRun.update(job=job.id).where(ImportRun.id == run.id).execute()
    return ImportRun.get_by_id(run_id)


def store_rows(run: ImportRun, job: Any = None) -> None:
    """Register the good rows in batches, each in one transaction; a job that is run again goes on behind its last one.

    A row that the register refuses (设立 of what is there) joins the problems; the same row again changes nothing.
    """
    source = STOCK if run.stock else f"导入 {run.id}"
    after = job.state_values.get("after", 0) if job is not None else 0
    batch: list[registrations.Row] = []
    for row in registrations.rows(files.path_of(run.file), run.file.name):
        _check_event(row, run.unit)
        if row.number <= after or row.registration is None:
            continue
        batch.append(row)
        if len(batch) == _BATCH:
            _store_batch(run, batch, source, job)
            batch = []
    if batch:
        _store_batch(run, batch, source, job)
    with transaction():
        ImportRun.update(state="done").where(ImportRun.id == run.id).execute()


def _store_batch(run: ImportRun, batch: list[registrations.Row], source: str, job: Any) -> None:
    taken = unchanged = 0
    found: list[dict[str, Any]] = []
    with transaction():
        for row in batch:
            try:
                with transaction():
                    _, new = subjects.register(row.registration, unit=run.unit, source=source)
                taken, unchanged = taken + new, unchanged + (not new)
            except Refused as refused:
                key = next(iter(refused.fields), "name")
                found.append(registrations.problem(row.number, key, row.registration.name, str(refused)))
        kept = ImportRun.get_by_id(run.id)
        ImportRun.update(
            taken=kept.taken + taken, unchanged=kept.unchanged + unchanged, problem_rows=kept.problem_rows + len(found),
            problems=(kept.problems + found)[:_KEPT_PROBLEMS],
        ).where(ImportRun.id == run.id).execute()  # fmt: skip
        if job is not None:
            done = kept.taken + kept.unchanged + taken + unchanged
            jobs.progress(job, done, total=run.good, note=f"已导入 {done} 行", after=batch[-1].number)


def check_job(job: Any) -> None:
    """The job's part of :func:`check`."""
    check(ImportRun.get_by_id(job.arguments["run"]), job)


def take_job(job: Any) -> None:
    """The job's part of :func:`take`; stopped by its person, the file can be taken again from where it is."""
    run = ImportRun.get_by_id(job.arguments["run"])
    try:
        store_rows(run, job)
    except jobs.JobCancelled:
        with transaction():
            ImportRun.update(state="checked").where(ImportRun.id == run.id).execute()
        raise


def run_for(viewer: Any, run_id: int) -> ImportRun:
    """The import, for the unit that uploaded it and the office. Raises Missing."""
    found = ImportRun.get_or_none(ImportRun.id == run_id)
    if found is None or (viewer.unit != found.unit and not viewer.has_role("office")):
        raise Missing("没有这个导入文件，或者它不属于您的单位")
    return found
