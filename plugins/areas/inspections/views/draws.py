"""随机抽取: the public list of announcements, the four-step page, downloads (draw.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, flash, make_response, request, url_for
from flask_login import current_user

from plugins.areas.inspections import draws, list_columns, papers, rules, runs, sealings, sight, tasks
from plugins.areas.inspections.check_models import (
    CheckMember,
    Draw,
    DrawnObject,
    DrawParty,
    PublicValue,
    SpotCheck,
)
from plugins.areas.inspections.draw import CHECKING_SCRIPT
from plugins.areas.inspections.models import CheckTask
from plugins.areas.inspections.views import blueprint, draw_steps, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import Missing, act, audit, clock, jobs, link, list_files, page, requires, settings, users


@blueprint.get("/draws", endpoint="draws")
@requires("inspection.view")
def index() -> Response:
    """Every announcement, for every member unit: number, digest, state, void ones too, with their reason."""
    query = Draw.select(Draw, CheckTask).join(CheckTask)
    if request.args.get("state") == "void":
        query = query.where(Draw.state == "void")
    if list_files.wanted():
        return list_files.answer("抽取公告", list_columns.DRAWS, list_files.by_key(query, Draw.id))
    rows, more = forms.paged(query, Draw.id)
    seen = CheckTask.select(CheckTask.id).where(
        CheckTask.id.in_([row.task_id for row in rows]) & sight.tasks_seen(current_user)
    )
    return page(
        "inspections/draws.html",
        seen={key for (key,) in seen.tuples()}, part="inspections/_draws.html", rows=rows, unit_names=dict(checking_units()),
        next_href=link("inspections.draws", {"state": request.args.get("state", ""), "after": more}) if more else None,
        states=rules.DRAW_STATES, voids=draws.void_counts(clock.today().year), year=clock.today().year, state=request.args.get("state", ""),
    )  # fmt: skip


@blueprint.post("/tasks/<int:task_id>/seal", endpoint="seal")
@act("inspection.draft", proof="recent")
def seal(task_id: int) -> Response:
    from plugins.areas.inspections.views.tasks import _show as show_task

    def done(made: Any) -> str:
        if isinstance(made, Draw):
            flash("名录已封存，请核对与上次封存的差异，再发布公告", "success")
            return url_for("inspections.draw", draw_id=made.id)
        flash("名录较大，正在后台封存，请稍后刷新", "success")
        return url_for("inspections.task", task_id=task_id)

    return forms.attempt(
        lambda: sealings.seal(task_id, forms.text("alg") or "sm3"), done, lambda **rest: show_task(task_id, **rest)
    )


@blueprint.get("/draws/<int:draw_id>", endpoint="draw")
@requires("inspection.view")
def show(draw_id: int) -> Response:
    return _show(draw_id)


def _show(draw_id: int, errors: Mapping | None = None, typed: Any = None, status: int = 200) -> Response:
    draw = sight.draw_for(current_user, draw_id)
    result = runs.current_result(draw) if draw.state == "drawn" else None
    attempt, first = runs.current_attempt(draw)
    mine = draw.unit == current_user.unit and current_user.can("inspection.draft")
    return page(
        "inspections/draw.html", part="inspections/_progress.html", status=status, errors=errors or {}, draw=draw, task=draw.task,
        steps=draw_steps.of(draw.state), next_words=draw_steps.next_words(draw, current_user, mine, (attempt, first)),
        formats=list(draw_steps.FORMATS.items()), format_words=draw_steps.format_words(draw),
        typed=dict(typed.items()) | {"accounts": typed.getlist("accounts")} if typed is not None else {}, mine=mine,
        state=rules.DRAW_STATES[draw.state], strata=runs.strata_of(draw), parties=list(draw.parties.order_by(DrawParty.id)),
        people=_people(draw) if mine and draw.state == "sealed" else [], needed=settings.value("inspections.parties"),
        my_party=draw.parties.where(DrawParty.account == current_user.account).first(), now=clock.now(),
        values=list(PublicValue.select().where(PublicValue.draw == draw).order_by(PublicValue.id)), attempt=attempt, first=first,
        result=result, earlier=list(draw.results.where(draw.results.model.round < draw.round)), drawn=_drawn(draw, result),
        job=jobs.Job.get_or_none(jobs.Job.id == draw.job_id) if draw.job_id else None, unit_names=dict(checking_units()),
        may_approve=current_user.can("inspection.void") and (draw.unit == current_user.unit or current_user.has_role("office")),
        fallback=draws.FALLBACK, history=audit.history("draw", draw.id, 50), who=current_user.account,
        may_type=current_user.can("inspection.witness"),
    )  # fmt: skip


def _people(draw: Draw) -> list[tuple[str, str]]:
    """Who may be named as party: active people of the participating units, the office, 区管办 and the
    convenors (who witness where only one unit takes part)."""
    taking_part = list(tasks.participants_of(draw.task))
    office = users.UserRole.select(users.UserRole.user).where(
        users.UserRole.role.in_(["office", "zone_office", "convenor", "deputy_convenor"])
        & users.UserRole.ended_at.is_null()
    )
    query = users.User.select().where(
        (users.User.active == True) & (users.User.unit.in_(taking_part) | users.User.id.in_(office))  # noqa: E712
    )
    return [
        (user.account, draws.party_of(user))
        for user in query.order_by(users.User.unit, users.User.id).limit(300)
    ]


def _drawn(draw: Draw, result: Any) -> dict[str, Any]:
    """The drawn objects with their teams, a page of them, in two queries."""
    if result is None:
        return {"rows": [], "next_href": None}
    rows, more = forms.paged(
        DrawnObject.select().where(DrawnObject.result == result), DrawnObject.id, newest_first=False
    )
    teams: dict[int, list[str]] = {}
    query = (
        CheckMember.select(SpotCheck.drawn, SpotCheck.unit, CheckMember.name)
        .join(SpotCheck)
        .where(SpotCheck.drawn.in_([row.id for row in rows]) & CheckMember.left_at.is_null())
        .order_by(CheckMember.id)
    )
    for drawn, unit, name in query.tuples():
        teams.setdefault(drawn, []).append(f"{name}（{papers.short(unit)}）")
    next_href = link("inspections.draw", {"after": more}, draw_id=draw.id) if more else None
    return {"rows": [(row, "、".join(teams.get(row.id, []))) for row in rows], "next_href": next_href}


def _act(draw_id: int, do: Any, said: str) -> Response:
    sight.draw_for(current_user, draw_id)
    return forms.attempt(
        do, url_for("inspections.draw", draw_id=draw_id), lambda **rest: _show(draw_id, **rest), said
    )


@blueprint.post("/draws/<int:draw_id>/commit", endpoint="commit_draw")
@act("inspection.witness")
def commit(draw_id: int) -> Response:
    return _act(
        draw_id,
        lambda: draws.bring(draw_id, forms.text("commitment")),
        "承诺已提交；请在公告的截止时间前揭示",
    )


@blueprint.post("/draws/<int:draw_id>/announce", endpoint="announce_draw")
@act("inspection.draft", proof="recent")
def announce(draw_id: int) -> Response:
    def do() -> None:
        draws.announce(
            draw_id,
            draws.Terms(
                tuple(request.form.getlist("accounts")), forms.moment("reveal_by", "揭示截止时间"), forms.text("value_name"),
                forms.moment("value_at", "公开数产生时间"),
                forms.text("value_pattern") or forms.text("value_format"), forms.text("fallback"),
            ),
        )  # fmt: skip

    return _act(draw_id, do, "公告已发布，摘要已记入审计")


@blueprint.post("/draws/<int:draw_id>/reveal", endpoint="reveal_draw")
@act("inspection.witness")
def reveal(draw_id: int) -> Response:
    return _act(draw_id, lambda: draws.reveal(draw_id, forms.text("secret")), "已揭示")


@blueprint.post("/draws/<int:draw_id>/settle", endpoint="settle_draw")
@act("inspection.witness", proof="recent")
def settle(draw_id: int) -> Response:
    return _act(draw_id, lambda: draws.settle(draw_id), "已到截止时间，各方的值已处理")


@blueprint.post("/draws/<int:draw_id>/value", endpoint="type_value")
@act("inspection.witness", proof="recent")
def type_value(draw_id: int) -> Response:
    def do() -> None:
        draw = runs.type_value(draw_id, forms.text("value"))
        flash(*draw_steps.typed_words(draw, runs.current_attempt(draw)[1] is not None))

    return _act(draw_id, do, "")


@blueprint.post("/draws/<int:draw_id>/restart", endpoint="restart_draw")
@act("inspection.draft")
def restart(draw_id: int) -> Response:
    return _act(draw_id, lambda: runs.restart(draw_id), "已重新开始抽取")


@blueprint.post("/draws/<int:draw_id>/correct", endpoint="correct_draw")
@act("inspection.draft")
def correct(draw_id: int) -> Response:
    return _act(
        draw_id, lambda: draws.correct(draw_id, forms.text("reason")), "请两人重新录入公开数，原结果保留可查"
    )


@blueprint.post("/draws/<int:draw_id>/void", endpoint="ask_void")
@act("inspection.draft")
def ask_void(draw_id: int) -> Response:
    return _act(draw_id, lambda: draws.ask_void(draw_id, forms.text("reason")), "已申请作废，请另一人批准")


@blueprint.post("/draws/<int:draw_id>/void/approve", endpoint="approve_void")
@act("inspection.void", proof="recent")
def approve_void(draw_id: int) -> Response:
    return _act(draw_id, lambda: draws.approve_void(draw_id), "已作废")


@blueprint.get("/draws/<int:draw_id>/<what>", endpoint="download_draw")
@requires("inspection.view")
def download(draw_id: int, what: str) -> Response:
    """announce.json, announcement.pdf, bundle.json, certificate.pdf, verify.py; ``?round=`` for an earlier round."""
    draw = sight.draw_for(current_user, draw_id)
    if what == "verify.py":
        return _file(CHECKING_SCRIPT.read_bytes(), "verify_draw.py", "text/x-python")
    if draw.announce is None:
        raise Missing("公告还没有发布")
    if what == "announce.json":
        return _file(runs.announcement_json(draw), f"抽取公告-{draw.draw_id}.json", "application/json")
    if what == "announcement.pdf":
        return _file(papers.announcement(draw), f"抽取公告-{draw.draw_id}.pdf", "application/pdf")
    wanted = request.args.get("round", draw.round, type=int)
    result = draw.results.where(draw.results.model.round == wanted).first()
    if result is None or what not in ("bundle.json", "certificate.pdf"):
        raise Missing("没有这个文件")
    audit.record_alone("下载抽取数据包" if what == "bundle.json" else "下载抽取证书", "draw", draw.id)
    if what == "bundle.json":
        return _file(
            runs.bundle_of(result), f"抽取数据包-{draw.draw_id}-{result.round}.json", "application/json"
        )
    return _file(
        papers.certificate(draw, result), f"抽取证书-{draw.draw_id}-{result.round}.pdf", "application/pdf"
    )


def _file(content: bytes, name: str, kind: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
