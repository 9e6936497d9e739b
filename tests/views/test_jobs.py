"""后台任务: each sees the own ones, the system administrator all; progress refreshes itself."""

from __future__ import annotations

import re

import pytest

from portal import audit, clock, jobs
from portal.jobs import Job
from tests.cast import table_of, text_of


@pytest.fixture
def job(people) -> Job:
    """An import that the office started and the runner works on."""
    return Job.create(
        kind="import",
        title="导入登记信息",
        account="bangongshi",
        person="办公室主任",
        unit="market_regulation",
        created_at=clock.now(),
        started_at=clock.now(),
        state=jobs.RUNNING,
        done=340,
        total=1200,
        note="已读 340 行",
    )


def _end(job: Job, state: str = jobs.DONE, **values: object) -> None:
    Job.update(state=state, finished_at=clock.now(), **values).where(Job.id == job.id).execute()


ROW = ["1", "导入登记信息", "import（插件已卸载）", "进行中", "340 / 1200"]


def test_the_list_shows_ones_own_jobs_and_all_to_the_system_administrator(job, as_person):
    now = "2026-09-25 10:00"
    assert table_of(as_person("bangongshi").get("/jobs/"), "后台任务") == [[*ROW, now, "—"]]
    assert table_of(as_person("gongan-jingban").get("/jobs/"), "后台任务") == []
    assert table_of(as_person("xitong-jia").get("/jobs/"), "后台任务") == [[*ROW, "办公室主任", now, "—"]]


def test_another_persons_job_is_not_found(job, as_person):
    officer = as_person("gongan-jingban")
    assert officer.get("/jobs/1").status_code == 404
    assert officer.post("/jobs/1/cancel").status_code == 404
    assert not Job.get_by_id(1).cancel_wanted


def test_a_running_job_asks_again_every_two_seconds_and_has_a_link_without_javascript(job, as_person):
    office = as_person("bangongshi")
    body = office.get("/jobs/1").get_data(as_text=True)
    part = re.search(r'<div id="job-state"[^>]*>', body)[0]
    assert 'hx-get="/jobs/1"' in part and 'hx-trigger="every 2s"' in part and 'hx-swap="outerHTML"' in part
    assert '<a href="/jobs/1">刷新</a>' in body and '<progress max="1200" value="340">' in body
    alone = office.get("/jobs/1", HX_Request="true").get_data(as_text=True)
    assert alone.lstrip().startswith('<div id="job-state"') and "<html" not in alone


@pytest.mark.parametrize("state", [jobs.DONE, jobs.FAILED, jobs.CANCELLED])
def test_a_job_that_is_over_asks_no_more(job, as_person, state):
    _end(job, state, note="共 1200 行", result={"lines": ["新增 1100 户", "更新 100 户"]})
    body = as_person("bangongshi").get("/jobs/1").get_data(as_text=True)
    assert "hx-trigger" not in body and "刷新" not in body and "取消任务" not in body
    assert jobs.STATE_LABELS[state] in body and "共 1200 行" in body and "<li>新增 1100 户</li>" in body


def test_a_job_is_cancelled_by_its_owner_and_stops_at_its_next_batch(job, as_person):
    answer = as_person("bangongshi").submit("/jobs/1", "/jobs/1/cancel")
    assert "已要求停止" in text_of(answer) and "正在停止" in text_of(answer)
    with pytest.raises(jobs.JobCancelled):
        jobs.progress(Job.get_by_id(1), 350)
    assert [entry.action for entry, _ in audit.history("job", 1)] == ["取消后台任务"]


def test_the_system_administrator_may_stop_anybodys_job(job, as_person):
    as_person("xitong-jia").submit("/jobs/1", "/jobs/1/cancel")
    assert Job.get_by_id(1).cancel_wanted


def test_a_finished_job_cannot_be_cancelled(job, as_person):
    office = as_person("bangongshi")
    _end(job)
    answer = office.post("/jobs/1/cancel")
    assert answer.status_code == 422 and "任务已经完成，不能再取消" in text_of(answer)
    assert audit.history("job", 1) == []
