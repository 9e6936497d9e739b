"""Figures of spot checks: should / done / published / closed, problem rate, and how often each subject was visited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from plugins.areas.inspections.check_models import DrawnObject, SpotCheck
from plugins.areas.inspections.models import CheckTask, ItemVersion
from portal.toolkit import Subject

#: Results that are no problem found.
CLEAN = (["none"], ["no_activity"], ["cancelled"], ["revoked"], ["moved"])
BY = {
    "unit": "单位",
    "field": "监管领域",
    "item": "抽查事项",
    "theme": "联合主题",
    "street": "街道",
    "class": "信用风险等级",
}


@dataclass(frozen=True)
class Figure:
    """One line: how many checks are due, done, entered, published, closed, and with problems."""

    key: str
    should: int
    checked: int
    entered: int
    published: int
    closed: int
    problems: int

    @staticmethod
    def share(part: int, whole: int) -> str:
        """A share in percent, or a dash over nothing."""
        return f"{100 * part / whole:.1f}%" if whole else "—"


def _if(condition: Any) -> Any:
    return peewee.fn.SUM(peewee.Case(None, [(condition, 1)], 0))


def _sums() -> Sequence[Any]:
    entered = SpotCheck.first_entered_at.is_null(False)
    clean = SpotCheck.codes.in_([list(code) for code in CLEAN])
    return (
        peewee.fn.COUNT(SpotCheck.id), _if(SpotCheck.checked_at.is_null(False)), _if(entered),
        _if(SpotCheck.published_at.is_null(False)),
        # 完结率 = 完结/已公示 (domain.md 1.4)
        _if(SpotCheck.closed_at.is_null(False) & SpotCheck.published_at.is_null(False)), _if(entered & ~clean),
    )  # fmt: skip


def table(by: str, first: date, last: date, seen: Any) -> list[Figure]:
    """The figures of tasks that end between ``first`` and ``last``, grouped ``by``; ``seen`` is the viewer's condition."""
    column = {
        "unit": SpotCheck.unit, "field": ItemVersion.check_field, "item": ItemVersion.item, "theme": CheckTask.theme,
        "street": DrawnObject.street, "class": DrawnObject.risk_class,
    }[by]  # fmt: skip
    query = (
        SpotCheck.select(column, *_sums())
        .join(CheckTask)
        .switch(SpotCheck).join(ItemVersion)
        .switch(SpotCheck).join(DrawnObject)
        .where(CheckTask.until_day.between(first, last) & (SpotCheck.state != "withdrawn") & seen)
        .group_by(column)
        .order_by(column)
    )  # fmt: skip
    return [Figure(key or "（空）", *(int(value or 0) for value in rest)) for key, *rest in query.tuples()]


def of_task(task: CheckTask) -> list[Figure]:
    """The figures of one task, by unit: also the summary sheet of a joint check (联合总表)."""
    query = (
        SpotCheck.select(SpotCheck.unit, *_sums())
        .where((SpotCheck.task == task) & (SpotCheck.state != "withdrawn"))
        .group_by(SpotCheck.unit)
        .order_by(SpotCheck.unit)
    )
    return [Figure(key, *(int(value or 0) for value in rest)) for key, *rest in query.tuples()]


def total(lines: Sequence[Figure]) -> Figure:
    """The sum of the lines."""
    return Figure(
        "合计",
        *(
            sum(getattr(line, name) for line in lines)
            for name in ("should", "checked", "entered", "published", "closed", "problems")
        ),
    )


def visits(first: date, last: date, seen: Any, limit: int = 50) -> list[dict[str, Any]]:
    """Subjects visited most often in the span: on how many days, by how many units (进一次门、查多项事)."""
    query = (
        SpotCheck.select(
            Subject.id, Subject.name, peewee.fn.COUNT(SpotCheck.id), peewee.fn.COUNT(SpotCheck.checked_on.distinct()),
            peewee.fn.COUNT(SpotCheck.unit.distinct()),
        )
        .join(Subject)
        .where(SpotCheck.checked_on.between(first, last) & (SpotCheck.state != "withdrawn") & seen)
        .group_by(Subject.id, Subject.name)
        .order_by(peewee.fn.COUNT(SpotCheck.checked_on.distinct()).desc(), Subject.id)
        .limit(limit)
    )  # fmt: skip
    return [
        {"subject": key, "name": name, "checks": checks, "days": days, "units": by}
        for key, name, checks, days, by in query.tuples()
    ]
