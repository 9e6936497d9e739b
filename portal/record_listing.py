"""Gives a record kind's records out from one table: streamed as filtered, fetched by id, and as a feed of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.audit import AuditEntry
from portal.record_kinds import Kept

#: The first part is small: a page of the API is often no longer.
_FIRST, _PAGE = 128, 1000


@dataclass(frozen=True)
class Listing:
    """``visible(viewer, filters)`` is the condition of the rows that the viewer may see, ``kept(row)`` gives one out,
    ``query()`` selects with what ``kept`` needs. ``record_type`` is the one under which the record's acts are audited:
    audit entries are numbered in the order of commits, so they are the feed."""

    model: Any
    record_type: str
    visible: Callable[[Any, Mapping[str, str]], Any]
    kept: Callable[[Any], Kept]
    query: Callable[[], Any]

    def rows(self, viewer: Any, filters: Mapping[str, str], after: int = 0) -> Iterator[Kept]:
        """The visible records with ids above ``after``, in the order of their ids."""
        condition, size = self.visible(viewer, filters), _FIRST
        while True:
            query = self.query().where(condition & (self.model.id > after)).order_by(self.model.id).limit(size)
            part = list(query)
            yield from map(self.kept, part)
            if len(part) < size:
                return
            after, size = part[-1].id, _PAGE

    def fetch(self, viewer: Any, ids: Sequence[int]) -> list[Kept]:
        """Those of ``ids`` that the viewer may see."""
        condition = self.visible(viewer, {}) & self.model.id.in_(list(ids))
        return [self.kept(row) for row in self.query().where(condition).order_by(self.model.id)]

    def changes(self, viewer: Any, since: int, limit: int) -> list[tuple[int, Kept]]:
        """What was done to visible records after the audit entry ``since``, at most ``limit`` acts."""
        while True:
            entries = list(
                AuditEntry.select(AuditEntry.seq, AuditEntry.record_id)
                .where((AuditEntry.record_type == self.record_type) & (AuditEntry.seq > since))
                .order_by(AuditEntry.seq)
                .limit(limit)
                .tuples()
            )
            ids = {int(record) for _, record in entries if record.isdigit()}
            kept = {row.id: row for row in self.fetch(viewer, sorted(ids))}
            found = [(seq, kept[int(record)]) for seq, record in entries if record.isdigit() and int(record) in kept]
            if found or len(entries) < limit:
                return found
            since = entries[-1][0]
