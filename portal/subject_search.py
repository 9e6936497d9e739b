"""Finding subjects by fragments of a name or a code, with filters and stable paging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from portal import name_index
from portal.database import database
from portal.name_index import name_key
from portal.plugging import registry
from portal.refusals import Refused
from portal.subjects import WITHDRAWN, Subject, SubjectName

#: Beyond this many hits the count is not worth its time; the page says "1,000 以上".
COUNTED = 1000


@dataclass(frozen=True)
class Filters:
    """What the person asked for; empty texts do not filter. ``industry`` is a GB/T 4754 prefix."""

    text: str = ""
    state: str = ""
    street: str = ""
    industry: str = ""
    classification: str = ""


@dataclass(frozen=True)
class Page:
    """One page of subjects, newest first; ``before`` and ``after`` are the keys of the neighbouring pages."""

    rows: list[Subject]
    newer: int | None
    older: int | None
    total: int

    @property
    def total_text(self) -> str:
        return f"{COUNTED:,} 户以上" if self.total > COUNTED else f"{self.total:,} 户"


def _conditions(filters: Filters) -> list[Any]:
    found: list[Any] = []
    if filters.text:
        key = name_key(filters.text)
        if len(key) < 2:
            raise Refused("请至少输入名称或代码中相连的两个字", {"text": "请至少输入两个字"})
        if len(key) > 60:
            raise Refused("查找的文字最多 60 个字", {"text": "最多 60 个字"})
        found.append(name_index.hits(key))
    if filters.state:
        found.append(Subject.state == filters.state)
    else:
        found.append(Subject.state != WITHDRAWN)
    if filters.street:
        found.append(Subject.street == filters.street)
    if filters.industry:
        # A prefix as a range, so that the index serves it on both databases.
        found.append((Subject.industry >= filters.industry) & (Subject.industry < filters.industry + "\uffff"))
    if filters.classification:
        wanted = "" if filters.classification == "none" else filters.classification
        found.append(Subject.classification == wanted)
    return found


def search(filters: Filters, *, older: int | None = None, newer: int | None = None, size: int = 30) -> Page:
    """One page of at most ``size`` subjects with ids below ``older``, or just above ``newer``. Raises Refused."""
    conditions = _conditions(filters)
    query = Subject.select()
    for condition in conditions:
        query = query.where(condition)
    if newer is not None:
        rows = list(query.where(Subject.id > newer).order_by(Subject.id).limit(size + 1))
        more_newer, rows = len(rows) > size, rows[:size][::-1]
        more_older = True
    else:
        if older is not None:
            query = query.where(Subject.id < older)
        rows = list(query.order_by(Subject.id.desc()).limit(size + 1))
        more_older, rows = len(rows) > size, rows[:size]
        more_newer = older is not None
    return Page(
        rows,
        rows[0].id if rows and more_newer else None,
        rows[-1].id if rows and more_older else None,
        _count(conditions),
    )


def in_order(filters: Filters, after: int, size: int) -> list[Subject]:
    """At most ``size`` subjects with ids above ``after``, oldest first: one piece of a whole list. Raises Refused."""
    query = Subject.select()
    for condition in _conditions(filters):
        query = query.where(condition)
    return list(query.where(Subject.id > after).order_by(Subject.id).limit(size))


def _count(conditions: list[Any]) -> int:
    inner = Subject.select(peewee.SQL("1"))
    for condition in conditions:
        inner = inner.where(condition)
    return peewee.Select([inner.limit(COUNTED + 1)], [peewee.fn.COUNT(peewee.SQL("*"))]).bind(database).scalar()


def streets() -> list[str]:
    """The streets that occur, for the filter."""
    query = Subject.select(Subject.street).where(Subject.street != "").distinct().order_by(Subject.street)
    return [street for (street,) in query.tuples()]


def labelled() -> dict[str, Any]:
    """{label: query of subject ids} of what the plugins know: permits held, labels of supervision, blacklists."""
    found: dict[str, Any] = {}
    for _, answer in registry().answers("subject_labels"):
        for label, query in answer.items():
            found[label] = (found[label] | query) if label in found else query
    return found


def former_names(subjects: list[Subject]) -> dict[int, list[str]]:
    """Former names of the subjects on a page, in one query."""
    found: dict[int, list[str]] = {}
    query = SubjectName.select().where(SubjectName.subject.in_([subject.id for subject in subjects]))
    current = {subject.id: subject.name for subject in subjects}
    for name in query:
        if name.name != current[name.subject_id]:
            found.setdefault(name.subject_id, []).append(name.name)
    return found
