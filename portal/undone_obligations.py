"""What becomes of what was owed when the act that opened or fulfilled it is taken back (areas.md 5)."""

from __future__ import annotations

from portal.obligations import FULFILLED, OPEN, WITHDRAWN, Obligation
from portal.refusals import Refused


def is_owed(kind: str, unit: str, identity: str) -> bool:
    """Whether it is owed or done already."""
    owed = (Obligation.kind == kind) & (Obligation.unit == unit) & (Obligation.identity == identity)
    return Obligation.select().where(owed & Obligation.state.in_([OPEN, FULFILLED])).exists()


def never_owed(kind: str, unit: str, identity: str, reason: str) -> int:
    """The act that opened it was a mistake: open or done, it counts for nothing any more. Returns how many."""
    if not reason.strip():
        raise Refused("撤销时限义务必须写明原因")
    owed = (Obligation.kind == kind) & (Obligation.unit == unit) & (Obligation.identity == identity)
    return (
        Obligation.update(state=WITHDRAWN, reason=reason, waiting_since=None)
        .where(owed & Obligation.state.in_([OPEN, FULFILLED]))
        .execute()
    )


def owed_again(kind: str, unit: str, identity: str, record: tuple[str, int | str] | None = None) -> int:
    """The act that fulfilled it is taken back: it is owed as before, and leads to ``record`` where one is given.
    Returns how many."""
    owed = (Obligation.kind == kind) & (Obligation.unit == unit) & (Obligation.identity == identity)
    values = {"state": OPEN, "fulfilled_on": None, "fulfilled_at": None, "fulfilled_by": ""}
    if record is not None:
        values |= {"record_type": record[0], "record_id": str(record[1])}
    return Obligation.update(**values).where(owed & (Obligation.state == FULFILLED)).execute()


def acted_by_another(unit: str, record: tuple[str, int | str]) -> Obligation | None:
    """What another unit has done on the record, or None."""
    done = (Obligation.record_type == record[0]) & (Obligation.record_id == str(record[1])) & (Obligation.unit != unit)
    return Obligation.get_or_none(done & (Obligation.state == FULFILLED))
