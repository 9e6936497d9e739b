"""时限义务: who owes what on which record by when; opened, fulfilled, moved, withdrawn in the act's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from portal import audit, clock, official_calendar
from portal.database import InstantField, Record, database, transaction, typed
from portal.lamps import FULFILLED, MISSED, MOVED, OPEN, WITHDRAWN, Lamp, lamp
from portal.lamps import STATE_LABELS as STATE_LABELS
from portal.obligation_kinds import KINDS
from portal.refusals import Missing, Refused
from portal.subjects import Subject
from portal.workdays import ONE_DAY, Deadline


class Obligation(Record):
    """Unit ``unit`` owes act ``kind`` on record (``record_type``, ``record_id``) until 24:00 of ``deadline``.

    ``started_on`` is day 0; ``days`` the limit in working days (None: a date was given). ``fulfilled_at`` is the
    moment the server committed the act, never a typed date. ``waiting_since`` marks a row whose roll-back waits
    for a decision. ``identity`` names what is owed: the same document owed twice is one obligation.
    """

    kind = peewee.TextField()
    unit = peewee.TextField()
    subject = peewee.ForeignKeyField(Subject, null=True, backref="obligations")
    record_type = peewee.TextField()
    record_id = peewee.TextField()
    identity = peewee.TextField()
    title = peewee.TextField()
    started_on = peewee.DateField()
    started_words = peewee.TextField()
    days = peewee.IntegerField(null=True)
    deadline = peewee.DateField()
    provisional = peewee.BooleanField(default=False)
    scored = peewee.BooleanField(default=True)
    state = peewee.TextField(default=OPEN)
    opened_at = InstantField()
    fulfilled_on = peewee.DateField(null=True)
    fulfilled_at = InstantField(null=True)
    fulfilled_by = peewee.TextField(default="")
    waiting_since = InstantField(null=True)
    extended_days = peewee.IntegerField(default=0)
    moved_to = peewee.ForeignKeyField("self", null=True)
    reason = peewee.TextField(default="")
    warned = peewee.IntegerField(default=0)

    class Meta:
        indexes = (
            # Covers the quarter's whole count (scores.py) without touching the table.
            (("kind", "unit", "deadline", "state", "scored", "fulfilled_on", "waiting_since"), False),
            (("unit", "state", "deadline", "id"), False),
            (("record_type", "record_id"), False),
        )

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind].label

    @property
    def on_time(self) -> bool:
        """Fulfilled by 24:00 of the deadline."""
        return self.fulfilled_on is not None and self.fulfilled_on <= self.deadline

    @property
    def arithmetic(self) -> str:
        """How the deadline came about, in words: 推送 9月18日 → 第7个工作日 9月29日."""
        begin = f"{self.started_words} {clock.day_words(self.started_on)}"
        due = clock.day_words(self.deadline)
        if self.days is None:
            text = f"{begin} → 限期 {due}"
        elif self.days == 0:
            text = f"{begin} → 当个工作日 {due}"
        else:
            text = f"{begin} → 第{self.days}个工作日 {due}"
        if self.extended_days:
            text += f"（含回退处理顺延 {self.extended_days} 个工作日）"
        return text + ("（下一年放假通知未出，暂定）" if self.provisional else "")


Obligation.add_index(
    Obligation.index(
        Obligation.kind, Obligation.unit, Obligation.identity, unique=True,
        where=Obligation.state.in_([OPEN, FULFILLED]),
    )
)  # fmt: skip


def open_obligation(
    kind: str,
    unit: str,
    *,
    record: tuple[str, int | str],
    title: str,
    started_on: date,
    started_words: str,
    days: int | None = None,
    deadline: date | None = None,
    subject: Subject | None = None,
    identity: str | None = None,
    scored: bool = True,
) -> Obligation:
    """Open what ``unit`` owes, inside the running transaction of the act that starts it; the one already owed under
    the same ``identity`` is returned as it is.

    Either ``days`` working days after ``started_on`` or the ``deadline`` itself. Raises RuntimeError outside a
    transaction, KeyError for an unknown kind.
    """
    if database.transaction_depth() == 0:
        raise RuntimeError("an obligation opens in the transaction of the act that starts it")
    KINDS[kind]
    identity = identity or f"{record[0]}:{record[1]}"
    same = (Obligation.kind == kind) & (Obligation.unit == unit) & (Obligation.identity == identity)
    existing = Obligation.get_or_none(same & Obligation.state.in_([OPEN, FULFILLED]))
    if existing is not None:
        return existing
    if (days is None) == (deadline is None):
        raise ValueError("give either days or deadline")
    due = Deadline(deadline) if deadline else official_calendar.calendar().deadline(started_on, days or 0)
    return Obligation.create(
        kind=kind, unit=unit, subject=subject, record_type=record[0], record_id=str(record[1]), identity=identity,
        title=title, started_on=started_on, started_words=started_words, days=days, deadline=due.day,
        provisional=due.provisional, scored=scored, opened_at=clock.now(),
    )  # fmt: skip


def open_many(kind: str, source: Any, *, started_on: date, started_words: str, days: int) -> None:
    """As :func:`open_obligation` for thousands of records in one statement; what is owed already stays as it is.

    ``source`` is a query of (unit, record type, record id as text, title, subject id, scored), in that order.
    """
    if database.transaction_depth() == 0:
        raise RuntimeError("an obligation opens in the transaction of the act that starts it")
    KINDS[kind]
    due = official_calendar.calendar().deadline(started_on, days)
    named = {
        "kind": kind, "started_on": started_on, "started_words": started_words, "days": days, "deadline": due.day,
        "provisional": due.provisional, "opened_at": clock.now(),
    }  # fmt: skip
    # Every other field of the table as a single row would have it, also one that is added later.
    unset = {f.name: f.default for f in Obligation._meta.sorted_fields if f.default is not None and f.name != "scored"}
    known = {Obligation._meta.fields[name]: value for name, value in {**unset, **named}.items()}
    given = source.alias("given")
    unit, record_type, record_id, title, subject, scored = (peewee.SQL(f'"given"."{n}"') for n in _GIVEN)
    identity = record_type.concat(":").concat(record_id)
    columns = [unit, record_type, record_id, identity, title, subject, scored, *(typed(f, value) for f, value in known.items())]
    fields = [
        Obligation.unit, Obligation.record_type, Obligation.record_id, Obligation.identity, Obligation.title, Obligation.subject,
        Obligation.scored, *known,
    ]  # fmt: skip
    # WHERE keeps SQLite from reading ON CONFLICT as a join's.
    rows = peewee.Select([given], columns).where(peewee.SQL("1 = 1"))
    Obligation.insert_from(rows, fields).on_conflict(action="nothing").execute()


_GIVEN = ("unit", "record_type", "record_id", "title", "subject_id", "scored")


def _of(kind: str, record: tuple[str, int | str], unit: str | None) -> Any:
    found = (Obligation.kind == kind) & (Obligation.record_type == record[0]) & (Obligation.record_id == str(record[1]))
    return found & (Obligation.unit == unit) if unit is not None else found


def _done() -> dict[str, Any]:
    return {
        "state": FULFILLED, "fulfilled_on": clock.today(), "fulfilled_at": clock.now(),
        "fulfilled_by": audit.actor().name, "waiting_since": None,
    }  # fmt: skip


def fulfil(kind: str, record: tuple[str, int | str], unit: str | None = None) -> int:
    """The act was done now: close what was owed on the record; returns how many. Late acts close it too."""
    return Obligation.update(**_done()).where(_of(kind, record, unit) & (Obligation.state == OPEN)).execute()


def fulfil_identity(kind: str, unit: str, identity: str) -> int:
    """As :func:`fulfil`, by what is owed: the same document may be owed from a record of its own or from a list."""
    owed = (Obligation.kind == kind) & (Obligation.unit == unit) & (Obligation.identity == identity)
    return Obligation.update(**_done()).where(owed & (Obligation.state == OPEN)).execute()


def bring_forward(
    kind: str, record: tuple[str, int | str], unit: str, *, started_on: date, started_words: str, days: int
) -> int:
    """An earlier clock wins: where ``days`` working days after ``started_on`` come before the open deadline, they
    become it (a feedback's, once a decision came first). Returns how many moved."""
    due = official_calendar.calendar().deadline(started_on, days)
    return (
        Obligation.update(
            deadline=due.day, provisional=due.provisional, started_on=started_on, started_words=started_words, days=days
        )
        .where(_of(kind, record, unit) & (Obligation.state == OPEN) & (Obligation.deadline > due.day))
        .execute()
    )


def fulfil_one(owed: Obligation, record: tuple[str, int | str]) -> bool:
    """The act was done now on ``record``: close exactly this obligation and let it lead there from now on.

    For what was owed before its record existed (a row of a quarter's list). False when it was closed before.
    """
    closed = Obligation.update(**_done(), record_type=record[0], record_id=str(record[1]))
    return bool(closed.where((Obligation.id == owed.id) & (Obligation.state == OPEN)).execute())


def fulfil_many(kind: str, record_type: str, record_ids: list[int]) -> int:
    """As :func:`fulfil` for many records at once (a queue's select-all)."""
    owed = (Obligation.kind == kind) & (Obligation.record_type == record_type) & (Obligation.state == OPEN)
    done = 0
    for start in range(0, len(record_ids), 500):
        part = [str(i) for i in record_ids[start : start + 500]]
        done += Obligation.update(**_done()).where(owed & Obligation.record_id.in_(part)).execute()
    return done


def withdraw(kind: str, record: tuple[str, int | str], reason: str, unit: str | None = None) -> int:
    """Nothing is owed any more, for ``reason``; a fulfilled obligation stays. Returns how many were withdrawn."""
    if not reason.strip():
        raise Refused("撤销时限义务必须写明原因")
    return (
        Obligation.update(state=WITHDRAWN, reason=reason, waiting_since=None)
        .where(_of(kind, record, unit) & (Obligation.state == OPEN))
        .execute()
    )


def miss(kind: str, record: tuple[str, int | str], reason: str, unit: str | None = None) -> int:
    """What was owed can no longer be done, or was wrongly noted as done: it stays due and not done, for ``reason``.
    Returns how many rows changed."""
    return (
        Obligation.update(
            state=MISSED, reason=reason, fulfilled_on=None, fulfilled_at=None, fulfilled_by="", waiting_since=None
        )
        .where(_of(kind, record, unit) & Obligation.state.in_([OPEN, FULFILLED]))
        .execute()
    )


def restore(kind: str, record: tuple[str, int | str], unit: str | None = None) -> int:
    """A row noted as missed by mistake is owed again, to be fulfilled by the correcting act."""
    return Obligation.update(state=OPEN, reason="").where(_of(kind, record, unit) & (Obligation.state == MISSED)).execute()


def wait(kind: str, record: tuple[str, int | str], unit: str) -> int:
    """A roll-back waits for its decision: the row is left out of what is due until it is decided (scoring.md)."""
    return Obligation.update(waiting_since=clock.now()).where(_of(kind, record, unit) & (Obligation.state == OPEN)).execute()


def resume(
    kind: str, record: tuple[str, int | str], unit: str, *, closing_of: Callable[[date], date] = lambda day: date.max
) -> None:
    """The roll-back was refused: the old deadline is extended by the working days it waited, unless it was returned
    after the closing day of its quarter (``closing_of``): a missed row would leave the quarter for the next one."""
    calendar = official_calendar.calendar()
    for owed in Obligation.select().where(_of(kind, record, unit) & Obligation.waiting_since.is_null(False)):
        began = owed.waiting_since.date()
        if began <= closing_of(owed.deadline) and (waited := calendar.count(began + ONE_DAY, clock.today())):
            due = calendar.deadline(owed.deadline, waited)
            owed.deadline, owed.provisional = due.day, owed.provisional or due.provisional
            owed.extended_days += waited
        owed.waiting_since = None
        owed.save(only=[Obligation.extended_days, Obligation.deadline, Obligation.provisional, Obligation.waiting_since])


def move(kind: str, record: tuple[str, int | str], unit: str, new: Obligation, reason: str) -> int:
    """The duty passed to another unit, whose ``new`` obligation starts with the reassignment as day 0."""
    return (
        Obligation.update(state=MOVED, moved_to=new, reason=reason, waiting_since=None)
        .where(_of(kind, record, unit) & (Obligation.state == OPEN))
        .execute()
    )


def stop_unit(unit: str, day: date) -> int:
    """A unit left from ``day`` on: what it still owed is withdrawn with that reason; what it did stays."""
    with transaction():
        stopped = (
            Obligation.update(state=WITHDRAWN, reason=f"单位自 {day} 起停用", waiting_since=None)
            .where((Obligation.unit == unit) & (Obligation.state == OPEN))
            .execute()
        )
        if stopped:
            audit.record("撤销停用单位的时限义务", "unit", unit, note=f"{stopped} 项")
    return stopped


def recompute_open() -> int:
    """The calendar changed: deadlines of open obligations are counted again, fulfilled ones stay. Returns how many moved."""
    calendar, moved = official_calendar.calendar(), 0
    with transaction():
        query = Obligation.select().where((Obligation.state == OPEN) & Obligation.days.is_null(False))
        for owed in list(query):
            due = calendar.deadline(owed.started_on, owed.days + owed.extended_days)
            if (due.day, due.provisional) != (owed.deadline, owed.provisional):
                Obligation.update(deadline=due.day, provisional=due.provisional).where(Obligation.id == owed.id).execute()
                moved += 1
        audit.record("按新日历重算期限", "calendar", calendar.version, note=f"{moved} 项期限变动")
    return moved


@dataclass(frozen=True)
class Inbox:
    """One page of what is owed, the most urgent first; ``after`` is the key of the next page."""

    rows: list[Obligation]
    after: str | None


def inbox(unit: str, *, kind: str = "", state: str = OPEN, after: str = "", size: int = 50) -> Inbox:
    """What ``unit`` owes (or, with another ``state``, has done), by deadline; ``after`` is ``YYYY-MM-DD.id``."""
    query = Obligation.select(Obligation, Subject).join(Subject, peewee.JOIN.LEFT_OUTER).where(
        (Obligation.unit == unit) & (Obligation.state == state)
    )  # fmt: skip
    if kind:
        query = query.where(Obligation.kind == kind)
    if after:
        day_text, _, number = after.partition(".")
        try:
            day, last = date.fromisoformat(day_text), int(number)
        except ValueError:
            raise Missing("没有这一页") from None
        query = query.where((Obligation.deadline > day) | ((Obligation.deadline == day) & (Obligation.id > last)))
    rows = list(query.order_by(Obligation.deadline, Obligation.id).limit(size + 1))
    more = len(rows) > size
    rows = rows[:size]
    return Inbox(rows, f"{rows[-1].deadline}.{rows[-1].id}" if more else None)


def open_counts(unit: str) -> dict[str, tuple[int, int]]:
    """How many the unit owes by kind, and how many of them are overdue: ``{kind: (open, overdue)}``."""
    query = (
        Obligation.select(
            Obligation.kind,
            peewee.fn.COUNT(Obligation.id),
            peewee.fn.SUM(peewee.Case(None, [(Obligation.deadline < clock.today(), 1)], 0)),
        )
        .where((Obligation.unit == unit) & (Obligation.state == OPEN))
        .group_by(Obligation.kind)
    )
    return {kind: (total, late or 0) for kind, total, late in query.tuples()}


def open_total(unit: str) -> int:
    """How many the unit owes, from the index alone."""
    owed = f"SELECT count(*) FROM obligation WHERE unit = {database.param} AND state = '{OPEN}'"
    return database.execute_sql(owed, (unit,)).fetchone()[0]


def of_record(record_type: str, record_id: int | str) -> list[Obligation]:
    """Every obligation on one record, oldest first."""
    return list(
        Obligation.select()
        .where((Obligation.record_type == record_type) & (Obligation.record_id == str(record_id)))
        .order_by(Obligation.id)
    )


def clocks(record_type: str, record_ids: Iterable[int | str]) -> dict[str, tuple[Obligation, Lamp]]:
    """The open clock of each record, the nearest, with its lamp, by the record's number as text; in one query."""
    of = (Obligation.record_type == record_type) & Obligation.record_id.in_([str(number) for number in record_ids])
    query = Obligation.select().where(of & (Obligation.state == OPEN)).order_by(Obligation.deadline.desc(), Obligation.id.desc())
    return {owed.record_id: (owed, lamp(owed)) for owed in query}


def obligation_for(viewer: Any, obligation_id: int) -> Obligation:
    """The obligation, for its own unit, the office and the convenors. Raises Missing for everybody else."""
    found = Obligation.get_or_none(Obligation.id == obligation_id)
    allowed = found is not None and (
        found.unit == viewer.unit or viewer.has_role("office", "convenor", "deputy_convenor")
    )
    if not allowed or not viewer.can("inbox.view"):
        raise Missing("没有这项时限义务，或者它不属于您的单位")
    return found
