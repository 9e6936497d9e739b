"""Who may see which plan, task, draw and check: the getters that pages, downloads and commands use."""

from __future__ import annotations

from typing import Any

from plugins.areas.inspections.check_models import Draw, SpotCheck
from plugins.areas.inspections.models import CheckPlan, CheckTask, PlanLine, TaskUnit
from portal.toolkit import Missing

#: They read everything; they check nothing themselves (areas.md "Who is who").
READERS = ("office", "convenor", "deputy_convenor", "zone_office")


def reads_all(viewer: Any) -> bool:
    """Whether the person reads every unit's spot checks."""
    return viewer.has_role(*READERS)


def tasks_seen(viewer: Any) -> Any:
    """The condition on CheckTask of what the person may see."""
    if reads_all(viewer):
        return CheckTask.id > 0
    mine = TaskUnit.select(TaskUnit.task).where(TaskUnit.unit == viewer.unit)
    return CheckTask.id.in_(mine)


def checks_seen(viewer: Any) -> Any:
    """The condition on SpotCheck of what the person may see."""
    return SpotCheck.id > 0 if reads_all(viewer) else SpotCheck.unit == viewer.unit


def plans_seen(viewer: Any) -> Any:
    """The condition on CheckPlan: own plans, and joint plans that ask the unit or are in force with it."""
    if reads_all(viewer):
        return CheckPlan.id > 0
    asked = PlanLine.select(PlanLine.plan).where(PlanLine.unit == viewer.unit)
    return (CheckPlan.unit == viewer.unit) | ((CheckPlan.state != "draft") & CheckPlan.id.in_(asked))


def task_for(viewer: Any, task_id: int) -> CheckTask:
    """The task. Raises Missing."""
    found = CheckTask.get_or_none((CheckTask.id == task_id) & tasks_seen(viewer))
    if found is None:
        raise Missing("没有这个抽查任务，或者您的单位没有参加")
    return found


def draw_for(viewer: Any, draw_id: int) -> Draw:
    """The draw, for those who may see its task. Raises Missing."""
    found = Draw.get_or_none(Draw.id == draw_id)
    if found is None:
        raise Missing("没有这次抽取")
    task_for(viewer, found.task_id)
    return found


def check_for(viewer: Any, check_id: int) -> SpotCheck:
    """The check, for its own unit and the readers. Raises Missing."""
    found = SpotCheck.get_or_none((SpotCheck.id == check_id) & checks_seen(viewer))
    if found is None:
        raise Missing("没有这项检查，或者它不属于您的单位")
    return found


def plan_for(viewer: Any, plan_id: int) -> CheckPlan:
    """The plan. Raises Missing."""
    found = CheckPlan.get_or_none((CheckPlan.id == plan_id) & plans_seen(viewer))
    if found is None:
        raise Missing("没有这份抽查计划，或者您的单位没有参加")
    return found
