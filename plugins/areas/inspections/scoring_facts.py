"""What spot checks tell the score: lists, libraries, plans, tasks planned and finished (scoring.md; 附件2-1)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import peewee

from plugins.areas.inspections import inspectors, items, rules
from plugins.areas.inspections.check_models import SpotCheck
from plugins.areas.inspections.models import (
    CheckPlan,
    CheckTask,
    ItemVersion,
    LibraryRule,
    PlanLine,
    TaskUnit,
)
from portal.toolkit import Quarter, clock, registry, span_of


class Ledger:
    """Everything that a quarter's facts of all units need, read in a fixed handful of queries."""

    def __init__(self, quarter: Quarter) -> None:
        self.quarter, self.today = quarter, clock.today()
        self.closing = clock.end_of(span_of(quarter).closing)
        day = min(self.today, quarter.last)
        self.numbers: dict[str, set[str]] = defaultdict(set)
        query = ItemVersion.select(ItemVersion.unit, ItemVersion.number).where(items.in_force_query(day))
        for unit, number in query.tuples():
            self.numbers[unit].add(number)
        self.libraries = {number for (number,) in LibraryRule.select(LibraryRule.number).tuples()}
        self.people = inspectors.standing(day)
        self._read_plans()
        self._read_tasks()

    def _read_plans(self) -> None:
        ready = (
            (CheckPlan.year == self.quarter.year)
            & (CheckPlan.state == "in_force")
            & (CheckPlan.in_force_at < self.closing)
        )
        self.planned: dict[bool, set[str]] = {False: set(), True: set()}
        self.lines: list[tuple[str, str, int, date, date]] = []
        query = (
            CheckPlan.select(
                CheckPlan.id,
                CheckPlan.unit,
                CheckPlan.joint,
                PlanLine.unit,
                PlanLine.number,
                PlanLine.from_day,
                PlanLine.until_day,
            )
            .join(PlanLine)
            .where(ready)
        )
        for plan, owner, joint, unit, number, from_day, until_day in query.tuples():
            self.planned[bool(joint)] |= {owner, unit}
            if not joint and self.quarter.first <= until_day <= self.quarter.last:
                self.lines.append((unit, number, plan, from_day, until_day))

    def _read_tasks(self) -> None:
        """Tasks whose period meets the quarter, each participant with its own count of results."""
        meets = (
            (CheckTask.from_day <= self.quarter.last)
            & (CheckTask.until_day >= self.quarter.first)
            & (CheckTask.cancelled_reason == "")
        )
        counts = self._counts(meets)
        self.tasks: dict[str, list[dict[str, Any]]] = defaultdict(list)
        query = CheckTask.select(
            CheckTask.id, CheckTask.code, CheckTask.name, CheckTask.joint, CheckTask.from_day, CheckTask.until_day, CheckTask.plan, TaskUnit.unit,
            TaskUnit.number,
        ).join(TaskUnit).where(meets)  # fmt: skip
        for key, code, name, joint, from_day, until_day, plan, unit, number in query.tuples():
            total, entered, last = counts.get((key, unit), (0, 0, None))
            finished_on = last.date() if total and entered == total else None
            placed = rules.attributed_day(until_day, finished_on)
            self.tasks[unit].append(
                {
                    "id": key, "code": code, "name": name, "joint": bool(joint), "from": from_day, "until": until_day, "plan": plan,
                    "number": number, "total": total, "entered": entered, "finished_on": finished_on,
                    "counted": self.quarter.first <= placed <= self.quarter.last
                    and (finished_on is not None or until_day < self.today),
                }
            )  # fmt: skip

        self.made: dict[tuple[str, str, int], list[tuple[date, date]]] = defaultdict(list)
        of_plans = CheckTask.select(
            TaskUnit.unit, TaskUnit.number, CheckTask.plan, CheckTask.from_day, CheckTask.until_day
        )
        of_plans = of_plans.join(TaskUnit).where(
            CheckTask.plan.in_([line[2] for line in self.lines]) & (CheckTask.cancelled_reason == "")
        )
        for unit, number, plan, from_day, until_day in of_plans.tuples():
            self.made[(unit, number, plan)].append((from_day, until_day))

    def _counts(self, meets: Any) -> dict[tuple[int, str], tuple[int, int, datetime | None]]:
        done = SpotCheck.first_entered_at.is_null(False) & (SpotCheck.first_entered_at < self.closing)
        query = (
            SpotCheck.select(
                SpotCheck.task, SpotCheck.unit, peewee.fn.COUNT(SpotCheck.id), peewee.fn.SUM(peewee.Case(None, [(done, 1)], 0)),
                peewee.fn.MAX(SpotCheck.first_entered_at),
            )
            .where(SpotCheck.task.in_(CheckTask.select(CheckTask.id).where(meets)) & (SpotCheck.state != "withdrawn"))
            .group_by(SpotCheck.task, SpotCheck.unit)
        )  # fmt: skip
        found = {}
        for task, unit, total, entered, last in query.tuples():
            moment = SpotCheck.first_entered_at.python_value(last)
            found[(task, unit)] = (int(total), int(entered or 0), moment)
        return found

    def stands(self, unit: str) -> dict[str, bool]:
        """Whether the list and both libraries stand: every item in force has its object library."""
        numbers = self.numbers.get(unit, set())
        return {
            "item_list": bool(numbers), "subjects": bool(numbers) and numbers <= self.libraries, "inspectors": unit in self.people,
        }  # fmt: skip

    def missed_lines(self, unit: str) -> list[tuple[str, str, int, date, date]]:
        """Lines of the unit's plan whose period ended in the quarter without a task."""
        own = [line for line in self.lines if line[0] == unit and line[4] < self.today]
        return [
            line
            for line in own
            if not any(f <= line[4] and u >= line[3] for f, u in self.made.get(line[:3], []))
        ]


def of_all(quarter: Quarter) -> dict[str, dict[str, dict[str, Any]]]:
    """{unit: {item: facts}} for single_check, joint_check and check_results.tasks, all units in one pass."""
    ledger = Ledger(quarter)
    found = {}
    for unit in registry().by_key:
        stands, own = ledger.stands(unit), ledger.tasks.get(unit, [])
        single = [task for task in own if not task["joint"]]
        joint = [task for task in own if task["joint"]]
        done = [task for task in single if task["counted"] and task["finished_on"]]
        found[unit] = {
            "single_check": {
                **stands, "plan": unit in ledger.planned[False], "task": bool(single),
                "planned": sum(1 for task in single if task["counted"]) + len(ledger.missed_lines(unit)), "finished": len(done),
            },
            "joint_check": {
                **stands, "plan": unit in ledger.planned[True], "task": bool(joint),
                "finished": sum(1 for task in joint if task["counted"] and task["finished_on"]),
            },
            "check_results": {"tasks": len(own)},
        }  # fmt: skip
    return found


def rows(quarter: Quarter, unit: str, item: str) -> list[dict[str, Any]]:
    """The tasks and the missed plan lines behind a unit's score item, for its page."""
    if item not in ("single_check", "joint_check", "check_results"):
        return []
    ledger = Ledger(quarter)
    found = []
    for task in ledger.tasks.get(unit, []):
        if item != "check_results" and task["joint"] != (item == "joint_check"):
            continue
        state = (
            f"{task['finished_on']} 完成"
            if task["finished_on"]
            else f"已录入 {task['entered']}/{task['total']}"
        )
        found.append(
            {
                "text": f"{task['code']} {task['name']}（{state}）", "day": task["until"],
                "counted": bool(task["counted"] and task["finished_on"]), "href": f"/inspections/tasks/{task['id']}",
            }
        )  # fmt: skip
    if item == "single_check":
        for _, number, plan, _, until in ledger.missed_lines(unit):
            found.append(
                {
                    "text": f"计划事项 {number} 没有建立任务",
                    "day": until,
                    "counted": False,
                    "href": f"/inspections/plans/{plan}",
                }
            )
    return found
