"""Year plans and the joint plan's consult round (areas.md 3.3; 附件1 三（二）)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from plugins.areas.inspections import items, rules, telling
from plugins.areas.inspections.models import CheckPlan, CheckTask, PlanLine, TaskUnit
from portal.toolkit import Missing, NotAllowed, Refused, Stale, audit, clock, obligations, transaction, units


@dataclass(frozen=True)
class Line:
    """A line as typed; ``percent`` as on the form, e.g. "3" or "0.5"."""

    unit: str
    number: str
    from_day: date
    until_day: date
    percent: str
    at_least: bool = True


def make(year: int, name: str, *, joint: bool = False, theme: str = "", document: str = "") -> CheckPlan:
    """Start a year plan of the actor's unit. Raises Refused."""
    who, name = audit.actor(), name.strip()
    if not items.fields_of(who.unit):
        raise NotAllowed("只有承担监管领域的单位可以制订抽查计划（附件2-2）")
    problems = {}
    if not 2020 <= year <= 2100:
        problems["year"] = f"年度 {year} 应为四位年份"
    if not 1 <= len(name) <= 80:
        problems["name"] = "计划名称应为 1 至 80 个字"
    if joint and not theme.strip():
        problems["theme"] = "联合抽查必须写明主题"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        try:
            plan = CheckPlan.create(
                year=year, joint=joint, unit=who.unit, name=name, theme=theme.strip(), document=document.strip(),
                made_by=who.name, made_at=clock.now(),
            )  # fmt: skip
        except peewee.IntegrityError:
            problem = f"{year} 年已有名为“{name}”的计划"
            raise Refused(problem, {"name": problem}) from None
        audit.record(
            "制订抽查计划",
            "check_plan",
            plan.id,
            after={"year": year, "name": name, "theme": theme, "joint": joint},
        )
    return plan


def _draft(plan_id: int) -> CheckPlan:
    plan = CheckPlan.get_or_none(CheckPlan.id == plan_id)
    if plan is None or plan.unit != audit.actor().unit:
        raise Missing("没有这份计划，或者它不属于您的单位")
    if plan.state != "draft":
        raise Stale(f"计划“{plan.name}”现在是“{rules.PLAN_STATES[plan.state]}”，不能再改")
    return plan


def add_line(plan_id: int, line: Line) -> PlanLine:
    """Add an item (in a joint plan: a participant with its item) to a plan that is still a draft. Raises Refused."""
    problems: dict[str, str] = {}
    with transaction():
        plan = _draft(plan_id)
        if not plan.joint and line.unit != plan.unit:
            problems["number"] = "单部门计划只能列本单位的事项"
        version = items.in_force(line.number)
        if version is None or version.unit != line.unit:
            problems["number"] = f"事项 {line.number} 没有生效，或者不是{units.name_of(line.unit)}的事项"
        if line.until_day < line.from_day:
            problems["until_day"] = f"结束日期 {line.until_day} 早于开始日期 {line.from_day}"
        if plan.year not in (line.from_day.year, line.until_day.year):
            problems["from_day"] = f"期间 {line.from_day} 至 {line.until_day} 应在 {plan.year} 年内"
        try:
            rules.read_percent(line.percent)
        except ValueError as error:
            problems["percent"] = str(error)
        if (
            plan.joint
            and PlanLine.select().where((PlanLine.plan == plan) & (PlanLine.unit == line.unit)).exists()
        ):
            problems["number"] = f"{units.name_of(line.unit)}已在参与单位之中，一个单位一个事项"
        if problems:
            raise Refused("；".join(problems.values()), problems)
        made = PlanLine.create(
            plan=plan, unit=line.unit, number=line.number, from_day=line.from_day, until_day=line.until_day,
            percent=line.percent.strip().rstrip("%％"), at_least=line.at_least,
        )  # fmt: skip
        audit.record(
            "列入抽查计划", "check_plan", plan.id, note=f"{line.number} {line.from_day} 至 {line.until_day}"
        )
    return made


def drop_line(line_id: int) -> None:
    """Take a line out of a plan that is still a draft."""
    with transaction():
        line = PlanLine.get_or_none(PlanLine.id == line_id)
        if line is None:
            raise Missing("没有这一行")
        plan = _draft(line.plan_id)
        audit.record("移出抽查计划", "check_plan", plan.id, note=line.number)
        line.delete_instance()


def send_round(plan_id: int, answer_by: date) -> CheckPlan:
    """Send a joint draft to every participant for its comment until ``answer_by``: each owes ``consult``."""
    if answer_by < clock.today():
        problem = f"答复期限 {answer_by} 早于今天"
        raise Refused(problem, {"answer_by": problem})
    with transaction():
        plan = _draft(plan_id)
        others = [line for line in plan.lines if line.unit != plan.unit]
        if not plan.joint or not others:
            raise Refused("只有列入其他参与单位的联合抽查计划才征求意见")
        CheckPlan.update(state="asking", answer_by=answer_by).where(CheckPlan.id == plan.id).execute()
        for line in others:
            obligations.open_obligation(
                "consult", line.unit, record=("joint_plan", plan.id), title=f"联合抽查征求意见：{plan.name}",
                started_on=clock.today(), started_words="送达", deadline=answer_by, identity=f"joint_plan:{plan.id}:{line.unit}",
            )  # fmt: skip
        audit.record(
            "联合抽查征求意见", "check_plan", plan.id, note=f"{len(others)} 个单位，{answer_by} 前答复"
        )
    return CheckPlan.get_by_id(plan_id)


def answer(plan_id: int, agree: bool, comment: str) -> None:
    """A participant agrees or comments; a comment needs words. Raises Missing, Refused, Stale."""
    who = audit.actor()
    if not agree and not comment.strip():
        raise Refused("有意见时请写明意见", {"comment": "请写明意见"})
    with transaction():
        line = PlanLine.get_or_none((PlanLine.plan == plan_id) & (PlanLine.unit == who.unit))
        if line is None or line.plan.unit == who.unit:
            raise Missing("这份计划没有征求您单位的意见")
        if line.plan.state != "asking":
            raise Stale("这份计划现在不在征求意见")
        PlanLine.update(
            answer="agree" if agree else "comment",
            comment=comment.strip(),
            answered_by=who.name,
            answered_at=clock.now(),
        ).where(PlanLine.id == line.id).execute()
        obligations.fulfil("consult", ("joint_plan", plan_id), who.unit)
        open_lines = PlanLine.select().where((PlanLine.plan == plan_id) & (PlanLine.answer == ""))
        if not open_lines.where(PlanLine.unit != line.plan.unit).exists():
            telling.plan_answered(line.plan)
        audit.record(
            "答复联合抽查征求意见",
            "check_plan",
            plan_id,
            note=("同意" if agree else "有意见：") + comment.strip(),
        )


def issue(plan_id: int, document: str, reason: str = "") -> CheckPlan:
    """Put the plan in force. A joint plan needs every answer; who has not answered by the date counts as agreeing, and
    going on against a comment needs a reason. Raises Refused, Stale."""
    if not document.strip():
        raise Refused("请填写印发的文号或会议纪要文号", {"document": "请填写文号"})
    with transaction():
        plan = CheckPlan.get_or_none(CheckPlan.id == plan_id)
        if plan is None or plan.unit != audit.actor().unit:
            raise Missing("没有这份计划，或者它不属于您的单位")
        if plan.state == "in_force" or (plan.joint and plan.state != "asking"):
            raise Stale(
                "这份计划已经印发" if plan.state == "in_force" else "联合抽查计划须先征求参与单位意见"
            )
        lines = list(plan.lines)
        if not lines:
            raise Refused("计划里还没有事项")
        others = [line for line in lines if line.unit != plan.unit]
        silent = [line.unit for line in others if not line.answer]
        if silent and plan.answer_by is not None and clock.today() <= plan.answer_by:
            raise Refused(
                f"还有 {len(silent)} 个单位没有答复（{units.name_of(silent[0])}等），答复期限 {plan.answer_by}"
            )
        if any(line.answer == "comment" for line in others) and not reason.strip():
            raise Refused("有单位提出意见，请写明采纳或不采纳的理由", {"reason": "请写明采纳或不采纳的理由"})
        CheckPlan.update(state="in_force", document=document.strip(), in_force_at=clock.now()).where(
            CheckPlan.id == plan.id
        ).execute()
        audit.record(
            "印发抽查计划",
            "check_plan",
            plan.id,
            before={"state": plan.state},
            after={"state": "in_force"},
            note=f"{document} {reason}",
        )
        telling.plan_issued(plan)
    return CheckPlan.get_by_id(plan_id)


def coverage(plan: CheckPlan) -> list[dict[str, Any]]:
    """Each line with the tasks made for it and whether its period has passed without one."""
    lines: Sequence[PlanLine] = list(plan.lines.order_by(PlanLine.from_day, PlanLine.id))
    tasks = list(
        CheckTask.select(CheckTask, TaskUnit.unit.alias("who"), TaskUnit.number.alias("what"))
        .join(TaskUnit)
        .where((CheckTask.plan == plan) & (CheckTask.cancelled_reason == ""))
        .objects()
    )
    found = []
    for line in lines:
        own = [
            task for task in tasks
            if task.who == line.unit and task.what == line.number and task.from_day <= line.until_day and task.until_day >= line.from_day
        ]  # fmt: skip
        found.append({"line": line, "tasks": own, "missed": not own and line.until_day < clock.today()})
    return found
