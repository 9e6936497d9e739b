"""Roll-backs (回退): a unit returns a row with one of three reasons; the pusher decides within its clock."""

from __future__ import annotations

from typing import Any

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    Subject,
    audit,
    clock,
    closing_of,
    days_for,
    is_postgresql,
    obligations,
    transaction,
    units,
)

from . import claims, rules
from .models import LIVING, Claim, RollBack


def roll_back(unit: str, claim_id: int, reason: str, note: str = "", names_unit: str = "") -> RollBack:
    """``unit`` returns a row; it is left out of what is due until the pusher decides (scoring.md "Due").

    ``names_unit`` is the unit that it thinks right. Raises Refused, Stale or Missing.
    """
    if reason not in rules.ROLL_BACK_REASONS:
        raise Refused("请选择回退理由", {"reason": "请选择回退理由"})
    if names_unit and (units.unit(names_unit) is None or names_unit == unit):
        raise Refused("指明的单位不对", {"names_unit": "应由哪个单位办理：不能是本单位，请另选一个成员单位或选“不清楚”"})
    with transaction():
        claim = claims.own_claim(unit, claim_id, "roll_back")
        made = RollBack.create(
            claim=claim, unit=unit, reason=reason, note=note.strip(), names_unit=names_unit, state_before=claim.state,
            returned_at=clock.now(), returned_by=audit.actor().name,
        )  # fmt: skip
        Claim.update(state="returned").where(Claim.id == claim.id).execute()
        for kind in ("claim", "feedback"):
            obligations.wait(kind, (claims.RECORD, claim.id), unit)
        today = clock.today()
        obligations.open_obligation(
            "rollback_decision", units.holder("registrar").key, record=("roll_back", made.id),
            title=f"回退处理：{claim.subject.name}（{claim.item_name}）", started_on=today, started_words="回退",
            days=days_for("days.rollback_decision", today), subject=claim.subject_id, scored=False,
        )  # fmt: skip
        audit.record(
            "回退", claims.RECORD, claim.id, before={"state": claim.state}, after={"state": "returned"},
            note=rules.ROLL_BACK_REASONS[reason],
        )  # fmt: skip
    return made


def decide(roll_back_id: int, outcome: str, *, next_unit: str = "", note: str = "") -> RollBack:
    """The pusher (after its clock the office) decides: ``reassign`` to ``next_unit``, ``withdraw`` or ``refuse``.

    Reassigned, the old clock is moved and a new one starts today (scoring.md); withdrawn, nothing is owed; refused,
    the old deadline is extended by the days it waited. Raises Refused or Stale.
    """
    with transaction():
        query = RollBack.select().where(RollBack.id == roll_back_id)
        found = (query.for_update() if is_postgresql() else query).first()
        if found is None:
            raise Missing("没有这条回退")
        if found.state != "waiting":
            raise Stale("这条回退已经处理过，请刷新后查看")
        claim = found.claim
        if outcome == "reassign":
            _reassign(found, claim, next_unit)
        elif outcome == "withdraw":
            _withdraw(claim, note)
        elif outcome == "refuse":
            _refuse(found, claim, note)
        else:
            raise Refused("请选择处理结果", {"outcome": "请选择处理结果"})
        RollBack.update(
            state=outcome, decided_at=clock.now(), decided_by=audit.actor().name, decision_note=note.strip(),
            next_unit=next_unit if outcome == "reassign" else "", next_claim=found.next_claim,
        ).where(RollBack.id == found.id).execute()  # fmt: skip
        obligations.fulfil("rollback_decision", ("roll_back", found.id))
        audit.record(
            "回退处理", claims.RECORD, claim.id, after={"outcome": outcome, "next_unit": next_unit}, note=note
        )
    return RollBack.get_by_id(roll_back_id)


def _reassign(found: RollBack, claim: Claim, next_unit: str) -> None:
    if units.unit(next_unit) is None or not units.is_enabled(next_unit):
        raise Refused("请选择接收的成员单位", {"next_unit": "改派给：请选择已启用的成员单位"})
    if next_unit == claim.unit:
        raise Refused("不能改派给回退的单位自己", {"next_unit": "改派给：不能是回退的单位自己"})
    same = (Claim.subject == claim.subject_id) & (Claim.item == claim.item) & (Claim.unit == next_unit)
    if Claim.select().where(same & Claim.state.in_(LIVING)).exists():
        raise Refused(
            f"{units.name_of(next_unit)}已有这一户这一事项的认领记录，请选择撤回", {"next_unit": f"{units.name_of(next_unit)}已有这一户这一事项的认领记录，请另选单位或选撤回"}
        )
    Claim.update(state="moved", closed_reason=f"改派{units.name_of(next_unit)}").where(
        Claim.id == claim.id
    ).execute()
    new = Claim.create(
        push=claim.push_id, subject=claim.subject_id, item=claim.item, item_name=claim.item_name, kind=claim.kind,
        unit=next_unit, supervising_unit=claim.supervising_unit, words=claim.words, derived=claim.derived,
        branch=claim.branch, scored=claims.Opening().is_scored(claim.kind), source="reassigned", state="open",
        pushed_on=clock.today(),
    )  # fmt: skip
    owed = claims.open_clock(new, claim.subject.name, "改派")
    for kind in ("claim", "feedback"):
        obligations.move(kind, (claims.RECORD, claim.id), claim.unit, owed, f"改派{units.name_of(next_unit)}")
    found.next_claim = new


def _withdraw(claim: Claim, note: str) -> None:
    if not note.strip():
        raise Refused("撤回推送须写明原因", {"note": "请写明原因"})
    Claim.update(state="withdrawn", closed_reason=note.strip()).where(Claim.id == claim.id).execute()
    for kind in ("claim", "feedback"):
        obligations.withdraw(kind, (claims.RECORD, claim.id), note.strip())


def _refuse(found: RollBack, claim: Claim, note: str) -> None:
    if not note.strip():
        raise Refused("不同意回退须写明理由", {"note": "请写明理由"})
    Claim.update(state=found.state_before).where(Claim.id == claim.id).execute()
    for kind in ("claim", "feedback"):
        obligations.resume(kind, (claims.RECORD, claim.id), claim.unit, closing_of=closing_of)


def may_decide(viewer: Any, found: RollBack) -> bool:
    """The pusher decides within its clock; once that ran out the office decides (areas.md 1.3)."""
    if found.state != "waiting":
        return False
    if viewer.unit == units.holder("registrar").key and viewer.can("licensing.push"):
        return True
    owed = obligations.of_record("roll_back", found.id)
    return viewer.has_role("office") and any(o.deadline < clock.today() for o in owed)


def decide_for(viewer: Any, found: RollBack, outcome: str, next_unit: str, note: str) -> RollBack:
    """As :func:`decide`, by a person who may. Raises NotAllowed."""
    if found.state != "waiting":
        raise Stale("这条回退已经处理过，请刷新后查看")
    if not may_decide(viewer, found):
        raise NotAllowed("回退由推送单位处理；超过期限没有处理的，由联席会议办公室处理")
    return decide(found.id, outcome, next_unit=next_unit, note=note)


def _visible(viewer: Any) -> Any:
    every = (
        viewer.has_role("office", "convenor", "deputy_convenor")
        or viewer.unit == units.holder("registrar").key
    )
    return None if every else RollBack.unit == viewer.unit


def roll_back_for(viewer: Any, roll_back_id: int) -> RollBack:
    """The roll-back, for the unit that returned it, the pusher, the office and the convenors. Raises Missing."""
    where = _visible(viewer)
    found = RollBack.select().where(RollBack.id == roll_back_id)
    found = (found if where is None else found.where(where)).first()
    if found is None:
        raise Missing("没有这条回退，或者它不属于您的单位")
    return found


def waiting_for(viewer: Any, after: int = 0, size: int = 50) -> tuple[list[RollBack], int | None]:
    """What waits for a decision and the person may see, oldest first, and the key of the next page."""
    query = _listed().where((RollBack.state == "waiting") & (RollBack.id > after)).order_by(RollBack.id)
    return _page(viewer, query, size)


def decided_for(viewer: Any, before: int = 0, size: int = 50) -> tuple[list[RollBack], int | None]:
    """What was decided and the person may see, newest first: a unit finds what became of what it returned."""
    query = _listed().where(RollBack.state != "waiting").order_by(RollBack.id.desc())
    return _page(viewer, query.where(RollBack.id < before) if before else query, size)


def _listed() -> Any:
    return RollBack.select(RollBack, Claim, Subject).join(Claim).join(Subject)


def _page(viewer: Any, query: Any, size: int) -> tuple[list[RollBack], int | None]:
    query, where = query.limit(size + 1), _visible(viewer)
    rows = list(query if where is None else query.where(where))
    return rows[:size], rows[size - 1].id if len(rows) > size else None
