"""Tasks of spot checks: from a plan or temporary, single or joint, one object drawn once for all units (areas.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from plugins.areas.inspections import items, libraries, rules
from plugins.areas.inspections.check_models import Draw
from plugins.areas.inspections.models import CheckPlan, CheckTask, TaskUnit
from portal.toolkit import Missing, NotAllowed, Refused, Stale, audit, clock, transaction, units


@dataclass(frozen=True)
class TaskForm:
    """A task as typed. ``participants`` are (unit, item number), the leading unit first; ``ratios`` is
    {stratum or "*": (percent as typed, at least)}; ``library`` the item whose library is drawn (default: the leader's)."""

    name: str
    participants: Sequence[tuple[str, str]]
    from_day: date
    until_day: date
    ratios: Mapping[str, tuple[str, bool]]
    per_object: int = 2
    plan: CheckPlan | None = None
    reason: str = ""
    theme: str = ""
    library: str = ""
    unannounced: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


def _problems(form: TaskForm, unit: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if not 1 <= len(form.name.strip()) <= 80:
        found["name"] = "任务名称应为 1 至 80 个字"
    if form.until_day < form.from_day:
        found["until_day"] = f"结束日期 {form.until_day} 早于开始日期 {form.from_day}"
    elif form.until_day < clock.today():
        found["until_day"] = f"结束日期 {form.until_day} 已经过去"
    if not 2 <= form.per_object <= 10:
        found["per_object"] = f"每个对象的检查人员数 {form.per_object} 应为 2 至 10"
    keys = [key for key, _ in form.participants]
    if not keys or keys[0] != unit:
        found["participants"] = "发起单位必须参加，并列在第一位"
    elif len(set(keys)) != len(keys):
        found["participants"] = "同一单位只能有一个事项"
    for key, number in form.participants:
        version = items.in_force(number)
        if version is None or version.unit != key:
            found["participants"] = f"{units.name_of(key)}的事项“{number}”没有生效，不能抽查"
        elif version.published_on is None:
            found["participants"] = f"事项“{number}”尚未公布，不能检查（国办发〔2024〕54号）"
    if form.plan is None and not form.reason.strip():
        found["reason"] = "不在年度计划内的临时任务必须写明原因"
    if form.plan is not None and form.plan.state != "in_force":
        found["plan"] = f"计划“{form.plan.name}”还没有印发"
    if form.plan is not None and form.plan.joint != (len(form.participants) > 1):
        found["plan"] = "联合抽查任务须出自联合抽查计划，单部门任务须出自单部门计划"
    for stratum, (percent, _) in form.ratios.items():
        try:
            rules.read_percent(percent)
        except ValueError as error:
            found["percent"] = f"{'' if stratum == '*' else stratum + '：'}{error}"
    if "*" not in form.ratios:
        found["percent"] = "请填写抽取比例"
    return found


def make(form: TaskForm) -> CheckTask:
    """Start a task of the actor's unit. Raises Refused naming every wrong field."""
    who = audit.actor()
    if not items.fields_of(who.unit):
        raise NotAllowed("只有承担监管领域的单位可以组织抽查（附件2-2）")
    problems = _problems(form, who.unit)
    library = form.library or (form.participants[0][1] if form.participants else "")
    if not problems and libraries.rule_of(library) is None:
        problems["library"] = f"事项“{library}”还没有建立检查对象名录库"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    year = clock.today().year
    ratios = {
        stratum: [*rules.read_percent(percent), at_least]
        for stratum, (percent, at_least) in form.ratios.items()
    }
    with transaction():
        # The audit entry comes first: on PostgreSQL it makes the makers of tasks wait for each other.
        audit.record("建立抽查任务", "check_task", form.name.strip(), note=form.reason)
        last = (
            CheckTask.select(CheckTask.serial)
            .where((CheckTask.unit == who.unit) & (CheckTask.year == year))
            .order_by(CheckTask.serial.desc())
            .scalar()
        )
        serial = (last or 0) + 1
        short = units.unit(who.unit).short_name
        task = CheckTask.create(
            code=f"{short}抽查〔{year}〕{serial}号", year=year, serial=serial, joint=len(form.participants) > 1, unit=who.unit,
            plan=form.plan, reason=form.reason.strip(), name=form.name.strip(), theme=form.theme.strip(), library=library,
            from_day=form.from_day, until_day=form.until_day, ratios=ratios, per_object=form.per_object,
            unannounced=form.unannounced, made_by=who.name, made_at=clock.now(),
        )  # fmt: skip
        for key, number in form.participants:
            TaskUnit.create(task=task, unit=key, number=number)
    return task


def cancel(task_id: int, reason: str) -> None:
    """Give a task up before it was drawn. Raises Refused, Stale."""
    if not reason.strip():
        raise Refused("取消任务必须写明原因", {"reason": "取消任务必须写明原因"})
    with transaction():
        task = CheckTask.get_or_none(CheckTask.id == task_id)
        if task is None or task.unit != audit.actor().unit:
            raise Missing("没有这个任务，或者它不是您单位发起的")
        if Draw.select().where((Draw.task == task) & (Draw.state != "void")).exists():
            raise Stale("任务已有抽取，须先作废抽取才能取消")
        CheckTask.update(cancelled_reason=reason.strip()).where(CheckTask.id == task.id).execute()
        audit.record("取消抽查任务", "check_task", task.id, note=reason)


def participants_of(task: CheckTask) -> dict[str, str]:
    """{unit: item number}, in the order in which they were named."""
    return dict(
        TaskUnit.select(TaskUnit.unit, TaskUnit.number)
        .where(TaskUnit.task == task)
        .order_by(TaskUnit.id)
        .tuples()
    )


def ratio_words(task: CheckTask) -> list[tuple[str, str]]:
    """(stratum, rule of its quota in words), the general rule first."""
    named = {"*": "其余各组" if len(task.ratios) > 1 else "全部"}
    return [
        (named.get(stratum, stratum), rules.quota_words(*ratio))
        for stratum, ratio in sorted(task.ratios.items())
    ]
