"""Long work in a real process: put in by one process, done by another, killed at any moment, cancelled from the page."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from plugins.areas.exchange import imports
from plugins.areas.exchange.models import ImportRun
from portal import audit, clock, jobs
from portal.database import database, ready_connection, transaction
from portal.declarations import JobKind
from portal.jobs import Job
from portal.plugging import registry
from portal.subjects import Subject, SubjectEvent
from tests.cast import text_of

ROOT = Path(__file__).parents[1]
ROWS, KILLS = 2000, 50


def environment(app: Flask) -> dict[str, str]:
    """A process of its own works on the test's database; the clock is the machine's, which stands later."""
    return os.environ | {
        "PYTHONPATH": str(ROOT), "PORTAL_DATA_DIR": app.config["DATA_DIR"], "PORTAL_DATABASE_URL": app.config["DATABASE_URL"],
        "PORTAL_CLOCK": f"{clock.now():%Y-%m-%dT%H:%M}",
    }  # fmt: skip


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, [(job.id, job.state, job.done, job.note) for job in Job.select()]
        time.sleep(0.05)


@contextmanager
def real_runner(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "portal.cli", "runner"]
    process = subprocess.Popen(command, env=environment(app), cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def sheet(rows: int) -> io.BytesIO:
    """A day's file of sole traders without codes, each known by name and place."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["登记事项", "名称", "统一社会信用代码", "主体类别", "核准日期", "住所", "经营范围"])
    for n in range(rows):
        writer.writerow(["设立", f"通盛第{n:04d}号小吃店", "", "个体工商户", "2026-09-20", f"通盛大道{n}号", "小吃服务；食品销售"])
    return io.BytesIO(text.getvalue().encode())


def sent(rows: int) -> ImportRun:
    """The file as the acting person uploads it."""
    return imports.upload(sheet(rows), "登记.csv", registry().record_kinds["registrations"], "approval")


def uploaded(app: Flask, people, rows: int) -> ImportRun:
    """A checked file whose taking is queued as a job."""
    with audit.acting(people["shenpi-jingban"].as_actor(channel="web")):
        run = sent(rows)
        jobs.work_off()
        assert ImportRun.get_by_id(run.id).state == "checked"
        return imports.take(run.id, "approval")


def job_state(job_id: int) -> str:
    return Job.select(Job.state).where(Job.id == job_id).scalar()


def test_a_job_put_in_by_one_process_is_done_by_another(app: Flask, people) -> None:
    with real_runner(app) as process:
        wait_until(lambda: runner_is_alone(app))
        run = uploaded_quietly(app, people)
        wait_until(lambda: Job.get_by_id(run.job).is_over)
        job = Job.get_by_id(run.job)
        assert (job.state, job.attempts, job.account) == (jobs.DONE, 1, "shenpi-jingban")
        assert ImportRun.get_by_id(run.id).state == "checked"
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def uploaded_quietly(app: Flask, people) -> ImportRun:
    """A file whose check is queued; this process only puts it in."""
    with audit.acting(people["shenpi-jingban"].as_actor(channel="web")):
        return sent(900)


def runner_is_alone(app: Flask) -> bool:
    """Whether a runner holds the place, so that a second one waits."""
    if app.config["DATABASE_URL"].startswith("postgresql"):
        taken = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
        return database.execute_sql(taken, (jobs._RUNNER_LOCK,)).fetchone()[0] == 1
    return Path(app.config["DATA_DIR"], "portal.runner").exists()


@pytest.mark.parametrize("seed", [20260925])
def test_fifty_kills_lose_nothing_leave_nothing_half_and_the_job_ends_done_once(app: Flask, people, seed: int) -> None:
    run = uploaded(app, people, ROWS)
    job_id, acknowledged = run.job, [0]
    command = [sys.executable, "-m", "tests.runner_kills", str(KILLS), "0.8", str(seed)]
    killer = subprocess.Popen(command, env=environment(app), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def never_goes_back() -> bool:
        ready_connection()
        # One statement, one moment: what the job says is done lies in the register, and nothing besides.
        kept, stored = database.execute_sql(
            f"SELECT (SELECT done FROM job WHERE id = {job_id}), (SELECT count(*) FROM subject_event)"
        ).fetchone()
        assert kept == stored >= acknowledged[-1]
        acknowledged.append(kept)
        return killer.poll() is not None or Job.get_by_id(job_id).is_over

    try:
        wait_until(never_goes_back, 240)
    finally:
        said, _ = killer.communicate(timeout=120)
    assert said.split() == [b"last"] and killer.returncode == 0
    job = Job.get_by_id(job_id)
    assert (job.state, job.done) == (jobs.DONE, ROWS) and job.attempts > 1
    ended = audit.AuditEntry.select().where(
        (audit.AuditEntry.action == "后台任务完成") & (audit.AuditEntry.record_id == str(job_id))
    )
    assert ended.count() == 1
    kept = ImportRun.get_by_id(run.id)
    assert (kept.state, kept.taken_created, kept.taken_same, kept.refused) == ("done", ROWS, 0, 0)
    assert Subject.select().count() == SubjectEvent.select().count() == ROWS
    assert audit.verify().broken is None


def test_a_second_runner_waits_until_the_first_is_gone(app: Flask, people) -> None:
    run = uploaded_quietly(app, people)
    with jobs.only_runner(app), real_runner(app) as second:
        time.sleep(1.5)
        assert second.poll() is None and job_state(run.job) == jobs.QUEUED


def test_a_running_job_is_stopped_from_its_page_and_keeps_what_is_done(app: Flask, people, as_person, monkeypatch) -> None:
    run = uploaded(app, people, 900)
    browser = as_person("shenpi-jingban")
    store, batches = imports._store_batch, []

    def store_and_stop(*arguments) -> int:
        done = store(*arguments)
        batches.append(1)
        if len(batches) == 2:
            answer = browser.submit(f"/jobs/{run.job}", f"/jobs/{run.job}/cancel")
            assert "已要求停止；已完成的部分保留" in text_of(answer)
        return done

    monkeypatch.setattr(imports, "_BATCH", 100)
    monkeypatch.setattr(imports, "_store_batch", store_and_stop)
    jobs.work_off()
    job = Job.get_by_id(run.job)
    assert (job.state, job.note, Subject.select().count()) == (jobs.CANCELLED, "已按要求停止；已完成的部分保留", 100)
    assert ImportRun.get_by_id(run.id).state == "stopped"


def test_a_queued_job_is_cancelled_at_once_and_never_runs(app: Flask, people, as_person) -> None:
    run = uploaded(app, people, 900)
    as_person("shenpi-jingban").submit(f"/jobs/{run.job}", f"/jobs/{run.job}/cancel")
    jobs.work_off()
    assert (job_state(run.job), Subject.select().count()) == (jobs.CANCELLED, 0)


def a_job(work: Callable[[Job], None], monkeypatch) -> Job:
    monkeypatch.setitem(registry().job_kinds, "test", JobKind("test", "试验", work))
    with transaction():
        return jobs.start("test", "试验")


def test_a_failing_job_names_its_number_and_shows_no_inside(app: Flask, monkeypatch) -> None:
    def fail(_: Job) -> None:
        raise ZeroDivisionError("secret inside")

    job = a_job(fail, monkeypatch)
    jobs.work_off()
    kept = Job.get_by_id(job.id)
    assert (kept.state, kept.note) == (jobs.FAILED, f"程序出错（ZeroDivisionError），请把任务号 {job.id} 告诉系统管理员")


def test_a_job_that_loses_the_database_is_tried_again_by_the_periodic_work(app: Flask, monkeypatch) -> None:
    import peewee

    tries = []

    def lose(_: Job) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise peewee.OperationalError("server closed the connection unexpectedly")

    job = a_job(lose, monkeypatch)
    states = [(jobs.work_off(), job_state(job.id)) for _ in range(4)]
    assert states == [(1, jobs.RUNNING), (1, jobs.RUNNING), (1, jobs.DONE), (0, jobs.DONE)]


def test_jobs_that_never_began_go_before_one_that_ended_its_runner(app: Flask, monkeypatch) -> None:
    order: list[int] = []
    first, second = (a_job(lambda job: order.append(job.id), monkeypatch) for _ in range(2))
    Job.update(state=jobs.RUNNING, attempts=1).where(Job.id == first.id).execute()
    assert jobs.work_off() == 2 and order == [second.id, first.id]


def test_the_daily_work_is_safe_to_run_twice(app: Flask, hand) -> None:
    hand.set(clock.now() + timedelta(days=1))
    app.extensions["portal.daily"]()
    before = (audit.last()[:2], Job.select().count())
    app.extensions["portal.daily"]()
    assert (audit.last()[:2], Job.select().count()) == before


def test_an_idle_runner_looks_at_the_queue_without_locking_out_writers(app: Flask) -> None:
    queue = app.extensions["portal.queue"]
    said: list[str] = []
    execute = database.obj.execute_sql

    def listened(sql, *rest, **more):
        said.append(sql.split()[0])
        return execute(sql, *rest, **more)

    database.obj.execute_sql = listened
    try:
        for _ in range(3):
            assert queue.dequeue() is None and queue.read_schedule() == []
    finally:
        del database.obj.execute_sql
    assert said == ["SELECT"] * 6
