"""Finding subjects by fragments of a name or a code, with filters and stable paging."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import peewee

from portal import name_index
from portal.database import database, is_postgresql
from portal.name_index import COMMON, name_key
from portal.plugging import registry
from portal.refusals import Refused
from portal.subjects import WITHDRAWN, Subject, SubjectName

#: Beyond this many hits the count is not worth its time; the page says "1,000 以上". Less than COMMON.
COUNTED = 1000


#: What a list shows; the scope of business, which is long, is read on the subject's own page.
_LISTED = (
    Subject.id, Subject.credit_code, Subject.registration_number, Subject.name, Subject.name_key, Subject.category, Subject.street,
    Subject.industry, Subject.approved, Subject.classification, Subject.state,
)  # fmt: skip


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
    """One page of subjects (the columns of a list), newest first; ``before`` and ``after`` are the keys of the neighbouring pages."""

    rows: list[Subject]
    newer: int | None
    older: int | None
    total: int

    complete: bool = True

    @property
    def total_text(self) -> str:
        if self.total > COUNTED:
            return f"{COUNTED:,} 户以上"
        return f"{self.total:,} 户" + ("" if self.complete else "以上")


def _fragment(filters: Filters) -> str:
    if not filters.text:
        return ""
    key = name_key(filters.text)
    if len(key) < 2:
        raise Refused("请至少输入名称或代码中相连的两个字", {"text": "请至少输入两个字"})
    if len(key) > 60:
        raise Refused("查找的文字最多 60 个字", {"text": "最多 60 个字"})
    return key


@dataclass(frozen=True)
class _Condition:
    """One filter: as its index serves it, and as no index serves it. ``sorts``: its index does not yield ids in order."""

    served: Any
    plain: Any
    sorts: bool = False


def _conditions(filters: Filters) -> list[_Condition]:
    found = []
    classification = "" if filters.classification == "none" else filters.classification
    for field, wanted, asked in (
        (Subject.state, filters.state, filters.state),
        (Subject.street, filters.street, filters.street),
        (Subject.classification, classification, filters.classification),
    ):
        if asked:
            found.append(_Condition(field == wanted, field.concat("") == wanted))
    if filters.industry:
        # A prefix as a range, so that the index serves it on both databases.
        low, high, hidden = filters.industry, filters.industry + "\uffff", Subject.industry.concat("")
        served = (Subject.industry >= low) & (Subject.industry < high)
        found.append(_Condition(served, (hidden >= low) & (hidden < high), sorts=True))
    return found


def _standing(filters: Filters) -> list[Any]:
    """What was taken back with its import stands in the history, not in the register; no index serves this."""
    return [] if filters.state else [Subject.state.concat("") != WITHDRAWN]


@dataclass(frozen=True)
class _Way:
    """How the rows are met: the query, the column of its order, how many it has (exactly, when ``complete``)."""

    query: Any
    place: Any
    total: int
    complete: bool = True


def _count(query: Any, most: int) -> int:
    inner = query.select(peewee.SQL("1")).limit(most)
    return peewee.Select([inner], [peewee.fn.COUNT(peewee.SQL("*"))]).bind(database).scalar()


def _where(query: Any, conditions: Iterable[Any]) -> Any:
    for condition in conditions:
        query = query.where(condition)
    return query


def _way(filters: Filters) -> _Way:
    """The database has no figures about names and guesses wrong, so the side with the fewest rows is found by counting
    a little of each, leads, and the rest is only looked at row by row."""
    fragment, conditions = _fragment(filters), _conditions(filters)
    register = _where(Subject.select(*_LISTED), _standing(filters))
    if fragment and not conditions:
        return _by_name(fragment, [], _standing(filters), name_index.count(fragment, COMMON + 1))
    counts = [_count(register.where(condition.served), COMMON + 1) for condition in conditions]
    named = name_index.count(fragment, COMMON + 1) if fragment else COMMON + 2
    least = min(counts, default=COMMON + 2)
    if fragment and (named <= least or least > COMMON):
        return _by_name(fragment, [condition.plain for condition in conditions], _standing(filters), named)
    leads = [c for c, n in zip(conditions, counts, strict=True) if n == least and (n <= COMMON or not c.sorts)][:1]
    query = _where(register, [c.served if c in leads else c.plain for c in conditions])
    if fragment:
        query = query.where(name_index.has(fragment))
    alone = len(conditions) == 1 and not fragment
    return _Way(query, Subject.id, least if alone else _count(query, COUNTED + 1))


def _by_name(fragment: str, conditions: list[Any], standing: list[Any], named: int) -> _Way:
    """The fragment's hits lead, in the order of their ids."""
    if named <= COMMON and is_postgresql():
        query, place = Subject.select(*_LISTED).where(name_index.hits(fragment)), Subject.id
    else:
        source, hits, place = name_index.walk(fragment)
        query = _where(Subject.select(*_LISTED).from_(source), hits)
    filtered = _where(query, [*conditions, *standing])
    if not conditions:
        return _Way(filtered, place, named)
    if named <= COMMON:
        return _Way(filtered, place, _count(filtered, COUNTED + 1))
    # Hits that the filters thin out could be the whole register: the count stops after so many looked at.
    looked_at = query.order_by(place.desc()).limit(COMMON).alias("t1")
    some = _where(peewee.Select([looked_at], [peewee.SQL("1")]), conditions).limit(COUNTED + 1)
    total = peewee.Select([some], [peewee.fn.COUNT(peewee.SQL("*"))]).bind(database).scalar()
    return _Way(filtered, place, total, complete=False)


def search(filters: Filters, *, older: int | None = None, newer: int | None = None, size: int = 30) -> Page:
    """One page of at most ``size`` subjects with ids below ``older``, or just above ``newer``. Raises Refused."""
    way = _way(filters)
    if newer is not None:
        rows = list(way.query.where(way.place > newer).order_by(way.place).limit(size + 1))
        more_newer, rows = len(rows) > size, rows[:size][::-1]
        more_older = True
    else:
        query = way.query if older is None else way.query.where(way.place < older)
        rows = list(query.order_by(way.place.desc()).limit(size + 1))
        more_older, rows = len(rows) > size, rows[:size]
        more_newer = older is not None
    return Page(
        rows,
        rows[0].id if rows and more_newer else None,
        rows[-1].id if rows and more_older else None,
        way.total,
        way.complete,
    )


_STREETS = """WITH RECURSIVE found(street) AS (SELECT min(street) FROM subject WHERE street > ''
UNION ALL SELECT (SELECT min(street) FROM subject WHERE street > found.street) FROM found WHERE found.street IS NOT NULL)
SELECT street FROM found WHERE street IS NOT NULL LIMIT 200"""


def in_order(filters: Filters, after: int, size: int) -> list[Subject]:
    """At most ``size`` subjects with ids above ``after``, oldest first: one piece of a whole list. Raises Refused."""
    query = _where(Subject.select().where(Subject.id > after), _standing(filters))
    key = _fragment(filters)
    if key:
        query = query.where(name_index.hits(key))
    for condition in _conditions(filters):
        query = query.where(condition.served)
    return list(query.order_by(Subject.id).limit(size))


def streets() -> list[str]:
    """The streets that occur, for the filter: from one to the next along the index, not through every subject."""
    return [street for (street,) in database.execute_sql(_STREETS).fetchall()]


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
    current = {subject.id: subject.name for subject in subjects}
    query = SubjectName.select(SubjectName.subject, SubjectName.name).where(SubjectName.subject.in_(list(current)))
    for subject_id, name in query.order_by(SubjectName.id).tuples():
        if name != current[subject_id]:
            found.setdefault(subject_id, []).append(name)
    return found
