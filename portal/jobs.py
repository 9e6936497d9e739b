"""Long work outside the request: a table with progress, one runner, cancel, and going on after a crash."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import peewee
from flask import Flask, current_app
from huey import Huey, crontab
from huey.contrib.sql_huey import SqlStorage

from portal import audit, clock
from portal.database import (
    InstantField,
    JsonField,
    Record,
    database,
    database_at,
    is_postgresql,
    ready_connection,
    transaction,
)
from portal.plugging import registry
from portal.refusals import Missing, Refused
from portal.users import User

log = logging.getLogger("portal.jobs")

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATE_LABELS = {QUEUED: "排队", RUNNING: "进行中", DONE: "完成", FAILED: "失败", CANCELLED: "已取消"}


#: A job that meets a failing database is tried again by the periodic work, so often in all.
ATTEMPTS = 20


class Job(Record):
    """One piece of long work. ``state_values`` is where a job that is run again goes on from."""

    kind = peewee.TextField()
    title = peewee.TextField()
    state = peewee.TextField(default=QUEUED, index=True)
    arguments = JsonField(default=dict)
    state_values = JsonField(default=dict)
    result = JsonField(default=dict)
    done = peewee.IntegerField(default=0)
    total = peewee.IntegerField(null=True)
    note = peewee.TextField(default="")
    account = peewee.TextField()
    person = peewee.TextField()
    unit = peewee.TextField(default="")
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    cancel_wanted = peewee.BooleanField(default=False)
    attempts = peewee.IntegerField(default=0)

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.state]

    @property
    def is_over(self) -> bool:
        return self.state in (DONE, FAILED, CANCELLED)


_RUNNER_LOCK = 7_241_904
_FOREVER = 10.0**6


class JobCancelled(Exception):
    """Somebody asked the running job to stop."""


class QuietStorage(SqlStorage):
    """The queue in the portal's own tables. A look at an empty queue takes no write lock, so idling costs nobody."""

    def dequeue(self) -> bytes | None:
        self.check_conn()
        return super().dequeue() if self.queue_size() else None

    def read_schedule(self, timestamp: Any) -> list[bytes]:
        self.check_conn()
        return super().read_schedule(timestamp) if self.schedule_size() else []


def install_queue(app: Flask) -> None:
    """Give ``app`` its task queue over the portal's own database: the table below is the truth about a job,
    the queue carries its number, and enters it in the same transaction that makes the row."""
    queue = Huey("portal", storage_class=QuietStorage, database=database.obj, create_tables=False, results=False)

    @queue.task(name="run_job")
    def run_job(job_id: int) -> None:
        with app.app_context():
            ready_connection()
            run(job_id)

    @queue.periodic_task(crontab(minute="*/10"), name="daily")
    def daily() -> None:
        with app.app_context():
            ready_connection()
            app.extensions["portal.daily"]()
            # What a lost database left unfinished; the one worker is free at this moment.
            work_off()

    @queue.periodic_task(crontab(), name="watch")
    def watch() -> None:
        with app.app_context():
            ready_connection()
            app.extensions["portal.watch"]()

    app.extensions["portal.queue"] = queue
    app.extensions["portal.run_job"] = run_job


def start(kind: str, title: str, arguments: dict[str, Any] | None = None) -> Job:
    """Put long work into the queue, inside the running transaction of the act that asks for it."""
    if database.transaction_depth() == 0:
        raise RuntimeError("a job starts in the transaction of the act that asks for it")
    if kind not in registry().job_kinds:
        raise KeyError(kind)
    who = audit.actor()
    job = Job.create(
        kind=kind, title=title, arguments=arguments or {}, account=who.account, person=who.name, unit=who.unit,
        created_at=clock.now(),
    )  # fmt: skip
    current_app.extensions["portal.run_job"](job.id)
    return job


def progress(job: Job, done: int, total: int | None = None, note: str = "", **state_values: Any) -> None:
    """Store how far the job is and where it would go on, in the transaction of the batch. Raises JobCancelled."""
    wanted = Job.select(Job.cancel_wanted).where(Job.id == job.id).scalar()
    if wanted:
        raise JobCancelled
    job.done, job.note = done, note or job.note
    job.total = total if total is not None else job.total
    job.state_values = {**job.state_values, **state_values}
    Job.update(done=job.done, total=job.total, note=job.note, state_values=job.state_values).where(Job.id == job.id).execute()


def cancel(job: Job) -> None:
    """Ask a job to stop; one that has not begun stops at once."""
    with transaction():
        Job.update(state=CANCELLED, finished_at=clock.now()).where((Job.id == job.id) & (Job.state == QUEUED)).execute()
        Job.update(cancel_wanted=True).where((Job.id == job.id) & (Job.state == RUNNING)).execute()
        audit.record("取消后台任务", "job", job.id)


def run(job_id: int) -> None:
    """Run one job to its end, as the person who asked for it; its failure is kept in its row."""
    with transaction():
        job = Job.get_or_none(Job.id == job_id)
        if job is None or job.is_over:
            return
        Job.update(state=RUNNING, started_at=clock.now(), attempts=Job.attempts + 1).where(Job.id == job_id).execute()
    job = Job.get_by_id(job_id)
    user = User.get_or_none(User.account_key == job.account)
    who = user.as_actor(channel="job") if user else audit.Actor(channel="job")
    with audit.acting(who):
        outcome, note = DONE, ""
        try:
            registry().job_kinds[job.kind].run(job)
        except JobCancelled:
            outcome, note = CANCELLED, "已按要求停止；已完成的部分保留"
        except Refused as refusal:
            outcome, note = FAILED, str(refusal)
        except (peewee.OperationalError, peewee.InterfaceError) as error:
            if job.attempts < ATTEMPTS:
                log.exception("job %s waits for the database", job_id)
                return
            outcome, note = FAILED, f"数据库多次出错，请把任务号 {job_id} 告诉系统管理员（{error}）"[:300]
        except Exception as error:
            log.exception("job %s failed", job_id)
            outcome, note = FAILED, f"程序出错（{type(error).__name__}），请把任务号 {job_id} 告诉系统管理员"
        finish(job, outcome, note)


def finish(job: Job, state: str, note: str) -> None:
    """Close the job's row with its outcome, audited."""
    with transaction():
        Job.update(state=state, finished_at=clock.now(), note=note or job.note, result=job.result).where(
            Job.id == job.id
        ).execute()
        audit.record("后台任务" + STATE_LABELS[state], "job", job.id, note=note or job.title)


def interrupted() -> list[int]:
    """Jobs that a stopped runner left unfinished: they are run again from their last stored state, those that were
    never begun first, so that a job that kills its runner holds nobody up."""
    query = Job.select(Job.id).where(Job.state.in_([QUEUED, RUNNING])).order_by(Job.attempts, Job.id)
    return [number for (number,) in query.tuples()]


def job_for(viewer: Any, job_id: int) -> Job:
    """The job, for the person who asked for it and the system administrator. Raises Missing."""
    found = Job.get_or_none(Job.id == job_id)
    if found is None or (found.account != viewer.account and not viewer.has_role("sysadmin")):
        raise Missing("没有这个后台任务，或者它不是您提交的")
    return found


def work_off() -> int:
    """Run every unfinished job in this process, oldest first; returns how many ran. For the runner's start, the
    command line and tests."""
    numbers = interrupted()
    for number in numbers:
        run(number)
    return len(numbers)


@contextmanager
def only_runner(app: Flask) -> Iterator[None]:
    """Wait until no other runner works on this database, and keep others out; a killed runner lets go at once."""
    if is_postgresql():
        guard = database_at(app.config["DATABASE_URL"])
        guard.connect()
        guard.execute_sql("SET lock_timeout = 0")
        guard.execute_sql("SELECT pg_advisory_lock(%s)", (_RUNNER_LOCK,))
        try:
            yield
        finally:
            guard.close()
        return
    path = Path(database.obj.database).with_suffix(".runner")
    with closing(sqlite3.connect(path, timeout=_FOREVER, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield


def runner(app: Flask) -> None:
    """Run jobs until the process is told to stop: what a stopped runner left unfinished first, then the queue."""
    queue = app.extensions["portal.queue"]
    with app.app_context():
        ready_connection()
        with only_runner(app):
            app.extensions["portal.daily"]()
            work_off()
            queue.create_consumer(
                workers=1, worker_type="thread", initial_delay=0.2, max_delay=2, scheduler_interval=15,
                check_worker_health=True,
            ).run()  # fmt: skip
