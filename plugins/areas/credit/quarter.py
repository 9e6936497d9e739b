"""The area's part of the quarter-end lists (三): what records the platform holds, and what a row of a list asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from plugins.areas.credit import record_rules, records
from plugins.areas.credit.models import DishonestyRecord
from portal.toolkit import ListEntry, Quarter, subjects

KIND = "dishonesty"


def entries(kind: str, unit: str, quarter: Quarter) -> list[ListEntry]:
    """The records of the unit whose decision lies in the quarter, annulled ones too: they were decided and entered."""
    if kind != KIND:
        return []
    query = (
        DishonestyRecord.select()
        .where(
            (DishonestyRecord.unit == unit) & DishonestyRecord.decided_on.between(quarter.first, quarter.last)
        )
        .order_by(DishonestyRecord.id)
    )
    return [
        ListEntry(
            record.document_number, record.decided_on, record.party_name, record.party_code, _fields(record), str(record.id),
            "credit.record",
        )
        for record in query
    ]  # fmt: skip


def _fields(record: DishonestyRecord) -> dict[str, str]:
    """The columns that a list may bring along, in its own words; the fine in 万元 without idle zeros."""
    fine = "" if record.fine is None else f"{Decimal(record.fine) / 1_000_000:f}".rstrip("0").rstrip(".")
    return {"违法行为类型": record.act_kind, "罚款金额（万元）": fine}


def expect(kind: str, unit: str, entry: ListEntry) -> Any:
    """A row of the unit's list: the decision is to be entered within 7 working days of its day, counted once with the
    record where there is one (scoring.md "Due"); None where the record is entered already."""
    if kind != KIND or _entered(unit, entry):
        return None
    return records.expect(entry.document, entry.name, entry.code, entry.day, unit, "季度清单")


def _entered(unit: str, entry: ListEntry) -> bool:
    """Whether the unit has the decision, by number and day, on this party: its code, else its name."""
    same = (
        (DishonestyRecord.unit == unit) & (DishonestyRecord.document_key == record_rules.document_key(entry.document))
        & (DishonestyRecord.decided_on == entry.day)
    )  # fmt: skip
    party = DishonestyRecord.party_name_key == subjects.name_key(entry.name)
    if entry.code:
        party |= DishonestyRecord.party_code == entry.code
    return DishonestyRecord.select().where(same & party).exists()
