"""What many new subjects at once mean for licence linkage: the same readings and pushes as one by one, in few statements."""

from __future__ import annotations

from datetime import date
from typing import Any

import peewee

from portal.toolkit import (
    Subject,
    SubjectEvent,
    canonical,
    clock,
    insert_rows,
    next_ids,
    obligations,
    settings,
    subjects,
)

from . import catalogue, pushes, reading, rules
from .models import Push
from .scope import Reading

_COLUMNS = (
    "id", "subject_id", "event_id", "kind", "state", "doubtful", "scope", "base", "reading", "decided", "removed",
    "classification", "note", "catalogue", "entered_at", "confirmed_by",
)  # fmt: skip


def on_arrived(batch: list[Any]) -> None:
    """New subjects were stored: classify those that were there before the portal, propose the push of the others."""
    living = [one for one in batch if one.registration.event in ("设立", "变更")]
    stock = [one for one in living if one.source == pushes.STOCK]
    if stock:
        qz_is_permit, read = settings.value("licensing.qz_is_permit"), reading.reader()
        subjects.classify_many({one.subject_id: _class(read.read(one.registration.scope), qz_is_permit) for one in stock})
    fresh = [one for one in living if one.source != pushes.STOCK]
    if fresh:
        _propose(fresh)


def _class(found: Reading, qz_is_permit: bool) -> str:
    return rules.class_of(found.kinds, qz_is_permit, bool(found.unknown))


def _propose(fresh: list[Any]) -> None:
    read, version = reading.reader(), catalogue.version()
    now = clock.now().isoformat(sep=" ", timespec="microseconds")
    numbers = next_ids(Push._meta.table_name, len(fresh))
    rows = []
    for number, one in zip(numbers, fresh, strict=True):
        registration = one.registration
        found = reading.plain(read.read(registration.scope, registration.industry))
        doubtful = bool(found["unknown"]) or any(hit["flags"] for hit in found["hits"])
        rows.append(
            (number, one.subject_id, one.event_id, registration.event, "proposed", doubtful, registration.scope, "[]",
             canonical(found).decode(), "[]", "[]", "", "", version, now, "")
        )  # fmt: skip
    insert_rows(Push._meta.table_name, _COLUMNS, rows)
    for day in sorted({one.registration.approved for one in fresh}):
        _owe(numbers[0], numbers[-1], day)


def _owe(first: int, last: int, day: date) -> None:
    """The registrar owes the pushes on the day of registration itself."""
    title = peewee.Value("推送：").concat(Subject.name).concat("（").concat(Push.kind).concat("）")
    source = (
        Push.select(
            peewee.Value(pushes.registrar()).cast("TEXT").alias("unit"),
            peewee.Value(pushes.RECORD).cast("TEXT").alias("record_type"),
            Push.id.cast("TEXT").alias("record_id"),
            title.alias("title"),
            Push.subject.alias("subject_id"),
            peewee.Value(False).cast("BOOLEAN").alias("scored"),
        )
        .join(Subject)
        .switch(Push)
        .join(SubjectEvent)
        .where(Push.id.between(first, last) & (Push.state == "proposed") & (SubjectEvent.day == day))
        .order_by(Push.id)
    )
    obligations.open_many("push", source, started_on=day, started_words="登记", days=0)
