"""The lists of the credit area: filters as typed, one page by key, a fixed number of queries whatever the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.areas.credit import objection_rules, record_rules, repair_rules
from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from plugins.areas.credit.reach import sees_all, visible
from portal.toolkit import subjects, units

SIZE = 30
#: Asks for a list whatever the state of its rows.
ALL = "all"


@dataclass(frozen=True)
class Listed:
    """One page of rows and the key of the next one (None at the end): the newest first, what is still to be done the
    oldest first, since it is due first."""

    rows: list[Any]
    older: int | None

    def __iter__(self) -> Iterator[Any]:
        """(rows, key of the next page)."""
        return iter((self.rows, self.older))


def _page(query: Any, key: Any, older: int | None, size: int = SIZE, *, to_do: bool = False) -> Listed:
    if older is not None:
        query = query.where(key > older if to_do else key < older)
    rows = list(query.order_by(key if to_do else key.desc()).limit(size + 1))
    return Listed(rows[:size], rows[size - 1].id if len(rows) > size else None)


def record_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters of the record list that are known words; anything else is left out."""
    known = {
        "kind": record_rules.KIND_LABELS, "state": record_rules.STATE_LABELS, "publicity": record_rules.PUBLICITY_LABELS,
    }  # fmt: skip
    found = {name: arguments.get(name, "") for name in known if arguments.get(name, "") in known[name]}
    found["q"] = arguments.get("q", "").strip()[:60]
    if units.unit(arguments.get("unit", "")):
        found["unit"] = arguments["unit"]
    if arguments.get("disputed") == "1":
        found["disputed"] = "1"
    return found


def record_condition(viewer: Any, filters: Mapping[str, str]) -> Any:
    """The condition of the records that ``viewer`` may see and the filters ask for; ``q`` is the beginning of a document
    number, a code, or a whole name."""
    condition = visible(viewer, DishonestyRecord.unit)
    for name in ("kind", "state", "publicity"):
        if filters.get(name):
            condition &= getattr(DishonestyRecord, name) == filters[name]
    if filters.get("unit") and sees_all(viewer):
        condition &= DishonestyRecord.unit == filters["unit"]
    if filters.get("disputed"):
        condition &= DishonestyRecord.disputed == True  # noqa: E712
    text = filters.get("q", "")
    if text:
        key = record_rules.document_key(text)
        name = subjects.name_key(text)
        condition &= (
            DishonestyRecord.document_key.startswith(key)
            | DishonestyRecord.party_name_key.startswith(name)
            | (DishonestyRecord.party_code == text.upper())
        )
    return condition


def list_records(viewer: Any, filters: Mapping[str, str], older: int | None = None) -> Listed:
    """One page of records, the last entered first; those that wait for publicity the first entered first."""
    return _page(
        DishonestyRecord.select().where(record_condition(viewer, filters)), DishonestyRecord.id, older,
        to_do=filters.get("publicity") in (record_rules.DUE, record_rules.WITHDRAWING),
    )  # fmt: skip


def count_records(viewer: Any, filters: Mapping[str, str]) -> int:
    """How many records the viewer's list holds."""
    return DishonestyRecord.select().where(record_condition(viewer, filters)).count()


def list_objections(viewer: Any, state: str = "", older: int | None = None) -> Listed:
    """Objections at the viewer's desk or about the viewer's unit, with their records; ``state`` "" means those under way."""
    query = Objection.select(Objection, DishonestyRecord).join(DishonestyRecord)
    if not viewer.has_role("office", "convenor", "deputy_convenor"):
        query = query.where((Objection.desk_unit == viewer.unit) | (Objection.source_unit == viewer.unit))
    if not state:
        query = query.where(Objection.state.in_(sorted(objection_rules.OPEN_STATES)))
    elif state != ALL:
        query = query.where(Objection.state == state)
    return _page(query, Objection.id, older, to_do=state in objection_rules.OPEN_STATES or not state)


def list_repairs(viewer: Any, state: str = "", older: int | None = None) -> Listed:
    """Applications for repair that the viewer may see, with their records; ``state`` "" means those to be decided."""
    query = Repair.select(Repair, DishonestyRecord).join(DishonestyRecord).where(visible(viewer, Repair.unit))
    if state != ALL:
        query = query.where(Repair.state == (state or repair_rules.RECEIVED))
    return _page(query, Repair.id, older, to_do=state in ("", repair_rules.RECEIVED))
