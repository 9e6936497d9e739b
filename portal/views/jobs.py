"""后台任务: the person's own long work (all of it for the system administrator), progress, a way to stop."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for
from flask_login import current_user

from portal import jobs, list_columns, list_files
from portal.access import act, requires
from portal.jobs import Job
from portal.pages import key_from, link, page
from portal.plugging import registry
from portal.refusals import Refused

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
TONES = {
    jobs.QUEUED: "neutral",
    jobs.RUNNING: "info",
    jobs.DONE: "good",
    jobs.FAILED: "bad",
    jobs.CANCELLED: "warn",
}
SIZE = 50


def _kind_label(job: Job) -> str:
    kind = registry().job_kinds.get(job.kind)
    return kind.label if kind else f"{job.kind}（插件已卸载）"


@blueprint.get("/")
@requires("job.view")
def index() -> Response:
    every = current_user.has_role("sysadmin")
    older = key_from("older")
    query = Job.select()
    if not every:
        query = query.where(Job.account == current_user.account)
    if list_files.wanted():
        found = ((job, _kind_label(job)) for job in list_files.by_key(query, Job.id))
        return list_files.answer("后台任务", list_columns.JOBS, found)
    if older is not None:
        query = query.where(Job.id < older)
    rows = list(query.order_by(Job.id.desc()).limit(SIZE + 1))
    more, rows = len(rows) > SIZE, rows[:SIZE]
    return page(
        "jobs/index.html",
        part="jobs/_rows.html",
        rows=[(job, _kind_label(job), TONES[job.state]) for job in rows],
        every=every,
        first_href=link("jobs.index") if older is not None else None,
        next_href=link("jobs.index", {"older": rows[-1].id}) if more else None,
    )


@blueprint.get("/<int(max=9223372036854775807):job_id>")
@requires("job.view")
def show(job_id: int) -> Response:
    job = jobs.job_for(current_user, job_id)
    return page(
        "jobs/show.html", part="jobs/_state.html", job=job, kind_label=_kind_label(job), tone=TONES[job.state]
    )


@blueprint.post("/<int(max=9223372036854775807):job_id>/cancel")
@act("job.view")
def cancel(job_id: int) -> Response:
    job = jobs.job_for(current_user, job_id)
    if job.is_over:
        raise Refused(f"任务已经{job.state_label}，不能再取消")
    jobs.cancel(job)
    flash("已要求停止；已完成的部分保留", "success")
    return redirect(url_for("jobs.show", job_id=job_id), 303)
