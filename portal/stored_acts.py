"""What a stored row keeps for its undo: which record it made or changed, how it left it, and how it was before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import peewee

from portal.database import InstantField
from portal.digests import canonical, digest_of
from portal.refusals import Refused

CREATED, CHANGED, SAME = "created", "changed", "same"


@dataclass(frozen=True)
class StoredAct:
    """One stored row. ``after`` is the mark of the record as the act left it: as long as the record bears it, nobody
    has changed it since. ``before`` are the plain values that an undo puts back."""

    outcome: str
    record_id: int
    after: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The act as a text, for :class:`portal.record_kinds.Stored`."""
        kept = {"outcome": self.outcome, "id": self.record_id, "after": self.after, "before": dict(self.before)}
        return canonical(kept).decode()

    @property
    def made(self) -> bool:
        """Whether the act brought the record."""
        return self.outcome == CREATED


def read(reference: str) -> StoredAct:
    """The act of a reference. Raises Refused for one that kept nothing to put back."""
    try:
        kept = json.loads(reference)
        return StoredAct(kept["outcome"], kept["id"], kept["after"], kept["before"])
    except (ValueError, TypeError, KeyError):
        raise Refused("这次导入时还没有保留更改前的内容，请逐条更正") from None


def newest(references: Iterable[str]) -> list[StoredAct]:
    """The last act on each record; of one record's references the newest comes first."""
    found: dict[int, StoredAct] = {}
    for reference in references:
        act = read(reference)
        found.setdefault(act.record_id, act)
    return list(found.values())


def mark_of(values: Mapping[str, Any]) -> str:
    """A short text that tells one state of a record from another."""
    return digest_of(dict(values))[:16]


def plain(record: peewee.Model, skipped: Iterable[str] = ("id", "version")) -> dict[str, Any]:
    """The record's columns by attribute, as JSON can hold them; ``skipped`` are left out."""
    left_out = set(skipped)
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in record.__data__.items()
        if name not in left_out
    }


def columns(model: type[peewee.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`plain` gave, as the model stores it again."""
    made = {}
    for name, value in values.items():
        kind = model._meta.fields[name]
        if isinstance(value, str) and isinstance(kind, peewee.DateField):
            value = date.fromisoformat(value)
        elif isinstance(value, str) and isinstance(kind, InstantField):
            value = datetime.fromisoformat(value)
        made[name] = value
    return made
