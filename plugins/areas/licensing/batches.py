"""What many new subjects at once mean for licence linkage: the same readings and pushes as one by one, in few statements."""

from __future__ import annotations

from datetime import date
from typing import Any

import peewee

from portal.toolkit import (
    Registration,
    Subject,
    SubjectEvent,
    canonical,
    clock,
    insert_rows,
    next_ids,
    obligations,
    settings,
)

from . import catalogue, pushes, reading, rules
from .models import Push

_COLUMNS = (
    "id", "subject_id", "event_id", "kind", "state", "doubtful", "scope", "base", "reading", "decided", "removed",
    "classification", "note", "catalogue", "entered_at", "confirmed_by",
)  # fmt: skip


def classes_of(registrations: list[Registration], source: str) -> list[str] | None:
    """The classes of subjects that were there before the portal: read, never pushed. None for all others, whose class
    comes with the confirmed push."""
    if source != pushes.STOCK:
        return None
    qz_is_permit, read = settings.value("licensing.qz_is_permit"), reading.reader()
    # Small traders' scopes come word for word again.
    found = {scope: read.read(scope) for scope in {registration.scope for registration in registrations}}
    classes = {scope: rules.class_of(one.kinds, qz_is_permit, bool(one.unknown)) for scope, one in found.items()}
    return [classes[registration.scope] for registration in registrations]


def on_arrived(batch: list[Any]) -> None:
    """New subjects were stored: propose their push, unless they were there before the portal."""
    fresh = [one for one in batch if one.registration.event in ("设立", "变更") and one.source != pushes.STOCK]
    if fresh:
        _propose(fresh)


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
