"""Finding subjects by fragments of a name or a code, with filters and stable paging.

Chinese names have no spaces, so every pair of neighbouring signs is a word of the index: an FTS5 table on
SQLite, a GIN index over an array on PostgreSQL. A fragment of two signs is then one look-up, not a scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from portal.database import database, is_postgresql
from portal.refusals import Refused
from portal.subjects import Subject, SubjectName, name_key

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


def bigrams(key: str) -> list[str]:
    """Every pair of neighbouring signs of a normalised text; a single sign stands alone."""
    return [key[i : i + 2] for i in range(len(key) - 1)] or ([key] if key else [])


def words_of(subject: Subject) -> list[str]:
    """The index words of a subject: pairs of every name it ever had, and of its codes, each set kept apart."""
    names = [key for (key,) in SubjectName.select(SubjectName.name_key).where(SubjectName.subject == subject).order_by(SubjectName.id).tuples()]
    codes = [code.casefold() for code in (subject.credit_code, subject.registration_number) if code]
    return names + codes


def _document(keys: list[str]) -> str:
    # A word of ten signs between two names: a fragment never matches across the seam.
    return " 0000000000 ".join(" ".join(bigrams(key)) for key in keys)


def index(subject: Subject, before: list[str] | None) -> None:
    """Put the subject's words into the index; ``before`` are the words it had there, or None when it is new."""
    after = words_of(subject)
    if before == after:
        return
    if is_postgresql():
        database.execute_sql(
            "INSERT INTO subject_search(subject_id, keys, words) VALUES (%s, %s, %s) "
            "ON CONFLICT (subject_id) DO UPDATE SET keys = excluded.keys, words = excluded.words",
            (subject.id, "\n".join(after), sorted({word for key in after for word in bigrams(key)})),
        )
        return
    if before:
        database.execute_sql(
            "INSERT INTO subject_search(subject_search, rowid, words) VALUES ('delete', ?, ?)",
            (subject.id, _document(before)),
        )
    database.execute_sql("INSERT INTO subject_search(rowid, words) VALUES (?, ?)", (subject.id, _document(after)))


def _hits(key: str) -> peewee.SQL:
    """The ids of subjects with the fragment, as a condition on ``subject.id``."""
    if is_postgresql():
        # MATERIALIZED keeps the planner from walking the primary key for middling fragments.
        return peewee.SQL(
            '"t1"."id" IN (WITH hits AS MATERIALIZED (SELECT subject_id FROM subject_search '
            "WHERE words @> %s AND position(%s IN keys) > 0) SELECT subject_id FROM hits)",
            [sorted(set(bigrams(key))), key],
        )
    return peewee.SQL(
        '"t1"."id" IN (SELECT rowid FROM subject_search WHERE subject_search MATCH ?)', [f'"{" ".join(bigrams(key))}"']
    )


def _conditions(filters: Filters) -> list[Any]:
    found: list[Any] = []
    if filters.text:
        key = name_key(filters.text)
        if len(key) < 2:
            raise Refused("请至少输入名称或代码中相连的两个字", {"text": "请至少输入两个字"})
        if len(key) > 60:
            raise Refused("查找的文字最多 60 个字", {"text": "最多 60 个字"})
        found.append(_hits(key))
    if filters.state:
        found.append(Subject.state == filters.state)
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


def _count(conditions: list[Any]) -> int:
    inner = Subject.select(peewee.SQL("1"))
    for condition in conditions:
        inner = inner.where(condition)
    return peewee.Select([inner.limit(COUNTED + 1)], [peewee.fn.COUNT(peewee.SQL("*"))]).bind(database).scalar()


def streets() -> list[str]:
    """The streets that occur, for the filter."""
    query = Subject.select(Subject.street).where(Subject.street != "").distinct().order_by(Subject.street)
    return [street for (street,) in query.tuples()]


def former_names(subjects: list[Subject]) -> dict[int, list[str]]:
    """Former names of the subjects on a page, in one query."""
    found: dict[int, list[str]] = {}
    query = SubjectName.select().where(SubjectName.subject.in_([subject.id for subject in subjects]))
    current = {subject.id: subject.name for subject in subjects}
    for name in query:
        if name.name != current[name.subject_id]:
            found.setdefault(name.subject_id, []).append(name.name)
    return found
