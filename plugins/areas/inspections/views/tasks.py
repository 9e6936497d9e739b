"""抽查任务: the list, a new task, one task with its draw, its checks and its summary sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from plugins.areas.inspections import figures, items, list_columns, rules, sealings, sight, tasks
from plugins.areas.inspections.check_models import Draw, SpotCheck
from plugins.areas.inspections.models import CheckPlan, CheckTask, LibraryRule
from plugins.areas.inspections.views import blueprint, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import Refused, act, audit, link, list_files, page, requires, units


@blueprint.get("/tasks", endpoint="tasks")
@requires("inspection.view")
def index() -> Response:
    unit, kind = request.args.get("unit", ""), request.args.get("kind", "")
    query = CheckTask.select().where(sight.tasks_seen(current_user))
    if unit:
        query = query.where(CheckTask.unit == unit)
    if kind in ("single", "joint"):
        query = query.where(CheckTask.joint == (kind == "joint"))
    if list_files.wanted():
        return list_files.answer("抽查任务", list_columns.TASKS, _with_draws(list(query.order_by(CheckTask.id.desc()))))
    rows, more = forms.paged(query, CheckTask.id)
    filters = {"unit": unit, "kind": kind}
    return page(
        "inspections/tasks.html", part="inspections/_tasks.html", rows=_with_draws(rows), filters=filters,
        next_href=link("inspections.tasks", {**filters, "after": more}) if more else None, units=checking_units(),
        unit_names=dict(checking_units()), draw_states=rules.DRAW_STATES,
        may_make=current_user.can("inspection.draft") and bool(items.fields_of(current_user.unit)),
    )  # fmt: skip


def _with_draws(rows: list[CheckTask]) -> list[tuple[CheckTask, Draw | None]]:
    living = {
        draw.task_id: draw
        for draw in Draw.select().where(Draw.task.in_([row.id for row in rows]) & (Draw.state != "void"))
    }
    return [(row, living.get(row.id)) for row in rows]


@blueprint.get("/tasks/new", endpoint="new_task")
@requires("inspection.draft")
def new() -> Response:
    return _form()


def _form(errors: Mapping | None = None, typed: Any = None, status: int = 200) -> Response:
    shown: Any = {"per_object": 2, "at_least": "1", "plan": request.args.get("plan", "")}
    if typed is not None:
        shown = dict(typed.items()) | {"others": typed.getlist("others")}
    ready = (
        CheckPlan.select()
        .where((CheckPlan.unit == current_user.unit) & (CheckPlan.state == "in_force"))
        .order_by(CheckPlan.id.desc())
    )
    own = items.in_force_of(current_user.unit)
    others = [
        version
        for version in items.all_in_force()
        if version.unit != current_user.unit and version.published_on
    ]
    libraries = [
        number for (number,) in LibraryRule.select(LibraryRule.number).order_by(LibraryRule.number).tuples()
    ]
    return page(
        "inspections/task_form.html", status=status, errors=errors or {}, shown=shown, classes=rules.RISK_CLASSES,
        plans=[("", "临时任务（须写明原因）")] + [(str(plan.id), f"{plan.year} {plan.name}") for plan in ready],
        own=[(version.number, f"{version.number} {version.item}") for version in own],
        others=[(version.number, f"{units.name_of(version.unit)}：{version.item}") for version in others],
        libraries=[("", "与本单位事项相同")] + [(number, number) for number in libraries], themes=rules.THEMES,
    )  # fmt: skip


@blueprint.post("/tasks/new", endpoint="make_task")
@act("inspection.draft")
def make() -> Response:
    return forms.attempt(
        lambda: tasks.make(_sent()),
        lambda task: url_for("inspections.task", task_id=task.id),
        _form,
        "任务已建立",
    )


def _sent() -> tasks.TaskForm:
    participants = [(current_user.unit, forms.text("number"))]
    for number in request.form.getlist("others"):
        version = items.in_force(number)
        if version is None:
            raise Refused(f"事项“{number}”没有生效", {"others": f"事项“{number}”没有生效"})
        participants.append((version.unit, number))
    at_least = forms.text("at_least") != "0"
    ratios = {"*": (forms.text("percent"), at_least)}
    ratios |= {
        key: (forms.text(f"percent_{key}"), at_least)
        for key in rules.RISK_CLASSES
        if forms.text(f"percent_{key}")
    }
    plan = None
    if forms.text("plan"):
        plan = CheckPlan.get_or_none(
            (CheckPlan.id == forms.number("plan", "计划")) & (CheckPlan.unit == current_user.unit)
        )
        if plan is None:
            raise Refused("没有这份计划", {"plan": "没有这份计划"})
    return tasks.TaskForm(
        name=forms.text("name"), participants=participants, from_day=forms.day("from_day", "开始日期"),
        until_day=forms.day("until_day", "结束日期"), ratios=ratios, per_object=forms.number("per_object", "每个对象的检查人员数", 2),
        plan=plan, reason=forms.text("reason"), theme=forms.text("theme"), library=forms.text("library"),
        unannounced=bool(forms.text("unannounced")),
    )  # fmt: skip


@blueprint.get("/tasks/<int:task_id>", endpoint="task")
@requires("inspection.view")
def show(task_id: int) -> Response:
    return _show(task_id)


def _show(
    task_id: int, errors: Mapping | None = None, typed: Mapping | None = None, status: int = 200
) -> Response:
    task = sight.task_for(current_user, task_id)
    draws = list(Draw.select().where(Draw.task == task).order_by(Draw.id.desc()))
    mine = task.unit == current_user.unit and current_user.can("inspection.draft")
    # 汇总表各参与单位都看得到；逐项检查只看本单位的。
    lines = figures.of_task(task)
    query = SpotCheck.select().where(
        (SpotCheck.task == task) & sight.checks_seen(current_user) & (SpotCheck.state != "withdrawn")
    )
    rows, more = forms.paged(query, SpotCheck.id, newest_first=False)
    return page(
        "inspections/task.html", status=status, errors=errors or {}, typed=typed or {}, task=task, draws=draws, mine=mine,
        participants=[(units.name_of(unit), number, items.in_force(number)) for unit, number in tasks.participants_of(task).items()],
        ratios=tasks.ratio_words(task), figures=lines, total=figures.total(lines) if lines else None, unit_names=dict(checking_units()),
        living=next((draw for draw in draws if draw.state != "void"), None), draw_states=rules.DRAW_STATES, checks=rows,
        next_href=link("inspections.task", {"after": more}, task_id=task.id) if more else None, states=rules.CHECK_STATES,
        job=sealings.job_of(task),
        history=audit.history("check_task", task.id, 50),
    )  # fmt: skip


@blueprint.post("/tasks/<int:task_id>/cancel", endpoint="cancel_task")
@act("inspection.draft")
def cancel(task_id: int) -> Response:
    return forms.attempt(
        lambda: tasks.cancel(task_id, forms.text("reason")), url_for("inspections.task", task_id=task_id),
        lambda **rest: _show(task_id, **rest), "任务已取消",
    )  # fmt: skip
