"""区外条线: rows of items that a body outside the member units approves; the office passes them on, none is dropped."""

from __future__ import annotations

from typing import Any

from portal.toolkit import NotAllowed, Refused, Subject, audit, clock, transaction

from .models import Claim


def rows(state: str, *, before: int = 0, size: int = 50) -> tuple[list[Claim], int | None]:
    """Rows of bodies outside in ``state`` (outside: to be passed on; informed), newest first."""
    query = Claim.select(Claim, Subject).join(Subject).where((Claim.unit == "") & (Claim.state == state))
    if before:
        query = query.where(Claim.id < before)
    found = list(query.order_by(Claim.id.desc()).limit(size + 1))
    return found[:size], found[size - 1].id if len(found) > size else None


def inform(viewer: Any, ids: list[int], note: str) -> int:
    """The office passed rows on; how (letter, telephone) stands in ``note``. Raises NotAllowed or Refused."""
    if not viewer.has_role("office"):
        raise NotAllowed("区外条线由联席会议办公室转告")
    if not ids:
        raise Refused("没有勾选任何一条")
    if not note.strip():
        raise Refused("请写明怎样转告（函件文号、电话等）", {"note": "请写明怎样转告（函件文号、电话等）"})
    with transaction():
        done = (
            Claim.update(
                state="informed",
                closed_reason=note.strip(),
                claimed_on=clock.today(),
                claimed_at=clock.now(),
                claimed_by=audit.actor().name,
            )
            .where(Claim.id.in_(ids) & (Claim.unit == "") & (Claim.state == "outside"))
            .execute()
        )
        audit.record("转告区外条线", "claim_batch", f"{ids[0]}", after={"rows": ids}, note=note)
    return done
