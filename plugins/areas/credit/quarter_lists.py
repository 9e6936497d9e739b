"""The area's part of the quarter-end lists (三): what decisions the platform holds, and what a row of a list asks."""

from __future__ import annotations

from typing import Any

from plugins.areas.credit import records
from plugins.areas.credit.models import DishonestyRecord
from portal.toolkit import ListEntry, Quarter


def entries(kind: str, unit: str, quarter: Quarter) -> list[ListEntry]:
    """The unit's dishonesty records whose decision lies in the quarter."""
    if kind != "dishonesty":
        return []
    query = DishonestyRecord.select().where(
        (DishonestyRecord.unit == unit) & DishonestyRecord.decided_on.between(quarter.first, quarter.last)
    )
    return [
        ListEntry(
            record.document_number, record.decided_on, record.party_name, record.party_code,
            {"违法行为类型": record.act_kind} if record.kind == "penalty" else {}, str(record.id),
        )
        for record in query.order_by(DishonestyRecord.id)
    ]  # fmt: skip


def expect(kind: str, unit: str, entry: ListEntry) -> Any:
    """A row of the unit's list: the record is owed since its decision day where the platform lacks it."""
    if kind != "dishonesty":
        return None
    return records.expect(entry.document, entry.name, entry.code, entry.day, unit, "季度清单")
