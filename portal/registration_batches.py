"""Many registrations at once, by the rules of subjects.register: compared for a dry run, stored for imports and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

import peewee

from portal import audit, clock, name_index, subjects
from portal.database import among, insert_rows, next_ids, transaction
from portal.digests import canonical, sm3
from portal.plugging import registry
from portal.record_kinds import Stored
from portal.refusals import Refused
from portal.subjects import Registration, Subject, SubjectEvent, SubjectName

_DAYS = ("approved", "established", "term_until")


@dataclass(eq=False)
class _Row:
    """One registration on its way: checked, with its canonical text and digest, or refused."""

    registration: Registration | None
    refused: Refused | None = None
    text: bytes = b""
    digest: str = ""

    def columns(self) -> dict[str, Any]:
        """The whole row of a new subject, by attribute."""
        return {**_NEW, **subjects.columns_of(self.registration, new=True)}

    @property
    def code(self) -> str:
        return self.registration.code if self.registration else ""


#: What a registration says nothing of in a new subject's row.
_NEW = {"credit_code": None, "registration_number": None, "classification": "", "version": 1}


@dataclass(eq=False)
class Arrived:
    """A new subject of a batch: its id, its registration, its stored event and how that came (source)."""

    subject_id: int
    registration: Registration
    event_id: int
    source: str
    _columns: dict[str, Any]
    _entered_at: datetime

    @cached_property
    def subject(self) -> Subject:
        """The stored subject; made when first asked for, since few of a batch are."""
        return Subject(id=self.subject_id, entered_at=self._entered_at, **self._columns)


class _Known:
    """What the register holds of the codes and events of a batch, read in a few queries."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        codes = {row.code for row in rows if row.code}
        self.by_code: dict[str, tuple[int, str, str]] = {}
        for column in (Subject.credit_code, Subject.registration_number):
            length = [code for code in codes if (len(code) == 18) == (column is Subject.credit_code)]
            if length:
                query = Subject.select(column, Subject.id, Subject.state, Subject.name).where(among(column, length))
                self.by_code.update(
                    (code, (number, state, name)) for code, number, state, name in query.tuples()
                )
        self.events: dict[tuple[int, str], int] = {}
        numbers = [number for number, _, _ in self.by_code.values()]
        if numbers:
            digests = {row.digest for row in rows}
            query = SubjectEvent.select(SubjectEvent.subject, SubjectEvent.digest, SubjectEvent.id)
            for subject_id, digest, event_id in query.where(among(SubjectEvent.subject, numbers)).tuples():
                if digest in digests:
                    self.events[subject_id, digest] = event_id


def _prepared(registrations: Sequence[Registration | Refused]) -> list[_Row]:
    rows = []
    today = clock.today()
    for registration in registrations:
        if isinstance(registration, Refused):
            rows.append(_Row(None, registration))
            continue
        try:
            checked = subjects.checked(registration, today)
        except Refused as refused:
            rows.append(_Row(None, refused))
            continue
        text = canonical(vars(checked))
        rows.append(_Row(checked, None, text, sm3(text)))
    return rows


def _is_plain(row: _Row) -> bool:
    """Whether the row's identity is its code alone, so that a look-up by many codes answers for it."""
    return bool(row.code) and not row.registration.turned_from


def compare(registrations: Sequence[Registration | Refused]) -> list[str | Refused]:
    """What storing each would do, alone and now: ``created``, ``changed``, ``same`` or the Refused."""
    rows = _prepared(registrations)
    known = _Known([row for row in rows if row.registration])
    found: list[str | Refused] = []
    for row in rows:
        if row.registration is None:
            found.append(row.refused)
        else:
            found.append(
                _compared(row, known.by_code.get(row.code) if _is_plain(row) else _looked_up(row), known)
            )
    return found


def _looked_up(row: _Row) -> tuple[int, str, str] | None:
    subject = subjects.identity(row.registration)
    return None if subject is None else (subject.id, subject.state, subject.code)


def _compared(row: _Row, there: tuple[int, str, str] | None, known: _Known) -> str | Refused:
    registration = row.registration
    if there is None:
        if registration.event in ("设立", "变更"):
            return "created"
        return Refused(
            f"没有找到要{registration.event}的主体：{registration.code or registration.name}",
            {"event": "没有找到要办理的主体"},
        )
    number, state, _ = there
    if (number, row.digest) in known.events:
        return "same"
    if not _is_plain(row):
        same = (SubjectEvent.subject == number) & (SubjectEvent.digest == row.digest)
        if SubjectEvent.select().where(same).exists():
            return "same"
    if registration.event == "设立" and state == "存续" and not registration.turned_from:
        return Refused(
            f"“{registration.name}”（{registration.code}）已经登记，应报变更而不是设立",
            {"event": "该主体已经登记，应报变更"},
        )
    return "changed"


def store(
    registrations: Sequence[Registration | Refused], *, unit: str, source: str
) -> list[Stored | Refused]:
    """Store each registration inside the running transaction; a refused one leaves nothing behind.

    New subjects are written in bulk with one audit entry for the batch, which holds the digest of its rows; everything
    else goes through :func:`portal.subjects.register`. Areas are told of every one.
    """
    audit.in_order()
    rows = _prepared(registrations)
    answers: list[Stored | Refused | None] = [row.refused for row in rows]
    fresh: dict[str, int] = {}
    known = _Known([row for row in rows if row.registration])
    for place, row in enumerate(rows):
        if row.registration is None:
            continue
        there = known.by_code.get(row.code)
        if (
            _is_plain(row)
            and there is None
            and row.code not in fresh
            and row.registration.event in ("设立", "变更")
        ):
            fresh[row.code] = place
            continue
        if there is not None and (there[0], row.digest) in known.events:
            answers[place] = Stored("same", there[0], str(known.events[there[0], row.digest]))
    _store_new(rows, list(fresh.values()), answers, unit, source)
    for place, row in enumerate(rows):
        if answers[place] is None:
            answers[place] = _store_one(row, unit, source)
    return answers


def _store_one(row: _Row, unit: str, source: str) -> Stored | Refused:
    try:
        with transaction():
            there = subjects.identity(row.registration)
            subject, new = subjects.register(row.registration, unit=unit, source=source)
    except Refused as refused:
        return refused
    event = SubjectEvent.get((SubjectEvent.subject == subject.id) & (SubjectEvent.digest == row.digest))
    outcome = "same" if not new else "created" if there is None else "changed"
    return Stored(outcome, subject.id, str(event.id))


def _store_new(rows: list[_Row], places: list[int], answers: list[Any], unit: str, source: str) -> None:
    """Write the new subjects; when an area or the database refuses one, none is written here and all go singly."""
    if not places:
        return
    try:
        with transaction():
            stored = _write([rows[place] for place in places], unit, source)
    except (Refused, peewee.IntegrityError):
        return
    for place, answer in zip(places, stored, strict=True):
        answers[place] = answer


def _write(rows: list[_Row], unit: str, source: str) -> list[Stored]:
    now = clock.now()
    instant = now.isoformat(sep=" ", timespec="microseconds")
    numbers, events = next_ids("subject", len(rows)), next_ids("subject_event", len(rows))
    columns = [name for name in Subject._meta.columns if name not in ("id", "entered_at")]
    in_order = itemgetter(*columns)
    subjects_columns = [row.columns() for row in rows]
    registrations = [row.registration for row in rows]
    for _, classes in registry().answers("classes_of_new_subjects", registrations=registrations, source=source):
        for values, known in zip(subjects_columns, classes or (), strict=False):
            values["classification"] = known
    made = []
    for number, values in zip(numbers, subjects_columns, strict=True):
        days = {name: value.isoformat() for name in _DAYS if (value := values[name]) is not None}
        made.append((number, instant, *in_order(values | days)))
    insert_rows("subject", ("id", "entered_at", *columns), made)
    entered_by = audit.actor().name
    insert_rows(
        "subject_event",
        ("id", "subject_id", "event", "day", "received_at", "unit", "entered_by", "source", "values", "digest"),
        [
            (event, number, row.registration.event, row.registration.approved.isoformat(), instant, unit, entered_by, source,
             row.text.decode(), row.digest)
            for event, number, row in zip(events, numbers, rows, strict=True)
        ],
    )  # fmt: skip
    _name(numbers, subjects_columns)
    rows_digest = sm3("".join(row.digest for row in rows).encode())
    audit.record(
        "批量登记", "registration_batch", f"{events[0]}-{events[-1]}", note=source,
        after={"subjects": len(rows), "digest": rows_digest, "first": numbers[0], "last": numbers[-1]},
    )  # fmt: skip
    _tell(numbers, events, rows, subjects_columns, source)
    return [Stored("created", number, str(event)) for number, event in zip(numbers, events, strict=True)]


def _name(numbers: list[int], made: list[dict[str, Any]]) -> None:
    insert_rows(
        SubjectName._meta.table_name,
        ("subject_id", "name", "name_key", "since"),
        [
            (number, values["name"], values["name_key"], values["approved"].isoformat())
            for number, values in zip(numbers, made, strict=True)
        ],
    )
    name_index.index_new(
        [
            (number, [values["name_key"], (values["credit_code"] or values["registration_number"]).casefold()])
            for number, values in zip(numbers, made, strict=True)
        ]
    )


def _tell(
    numbers: list[int], events: list[int], rows: list[_Row], made: list[dict[str, Any]], source: str
) -> None:
    manager = registry().manager
    wholesale = {found.plugin_name: found for found in manager.hook.on_subjects_registered.get_hookimpls()}
    single = [found for found in manager.hook.on_subject_registered.get_hookimpls() if found.plugin_name not in wholesale]
    if not wholesale and not single:
        return
    now = clock.now()
    batch = [
        Arrived(number, row.registration, event, source, values, now)
        for number, event, row, values in zip(numbers, events, rows, made, strict=True)
    ]
    for found in sorted([*wholesale.values(), *single], key=lambda found: found.plugin_name):
        if found.plugin_name in wholesale:
            found.function(batch=batch)
            continue
        for one in batch:
            given = {"subject": one.subject, "event": one.registration.event, "before": None}
            found.function(**{name: given[name] for name in found.argnames})
