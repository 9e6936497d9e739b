"""Takes a permit's import back: a granted permit is gone again, a change gives way to what it replaced (areas.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

from portal.toolkit import Refused, audit, stored_acts, transaction, undone_obligations, units

from . import permit_rules, permits
from .permit_models import Decision, LinkedMeasure, Permit

_REASON = "录入单位撤销了这次导入"


_OWED = ("decision_known", "owed")


def owed_before(unit: str, subject_id: int, fields: permits.Fields) -> dict[str, bool]:
    """Whether the decision was known, and whether its entry was owed, before the permit is entered."""
    identity = permit_rules.document_identity(subject_id, fields.document, fields.decided_on)
    known = (Decision.unit == unit) & (Decision.identity == identity)
    return {
        "decision_known": Decision.select().where(known).exists(),
        "owed": undone_obligations.is_owed("permit_entry", unit, identity),
    }


def mark(permit: Permit) -> str:
    """The mark of the permit as it stands."""
    return stored_acts.mark_of(permits.plain(permit))


def blocked(references: Sequence[str], *, unit: str, source: str) -> str:
    """Why one of these acts cannot be taken back, or ""."""
    try:
        for act in stored_acts.newest(references):
            _standing(act, unit)
    except Refused as refused:
        return str(refused)
    return ""


def undo(reference: str, *, unit: str) -> None:
    """Take one act back. Raises Refused when somebody acted on the permit since."""
    act = stored_acts.read(reference)
    with transaction():
        permit = _standing(act, unit)
        before = permits.plain(permit)
        identity = permit_rules.document_identity(permit.subject_id, permit.document, permit.decided_on)
        decision = Decision.get((Decision.permit == permit) & (Decision.identity == identity))
        if act.made:
            _forget(decision, act)
            permit.delete_instance()
            audit.record("撤回导入的行政许可", permits.RECORD, permit.id, before=before, note=_REASON)
            return
        former = {name: value for name, value in act.before.items() if name not in _OWED}
        Permit.update(version=permit.version + 1, **stored_acts.columns(Permit, former)).where(Permit.id == permit.id).execute()
        _forget(decision, act)
        after = permits.plain(Permit.get_by_id(permit.id))
        audit.record("撤回导入的许可变更", permits.RECORD, permit.id, before=before, after=after, note=_REASON)


def _standing(act: stored_acts.StoredAct, unit: str) -> Permit:
    """The permit as the act left it. Raises Refused."""
    permit = Permit.get_or_none((Permit.id == act.record_id) & (Permit.unit == unit))
    if permit is None:
        raise Refused("其中一份许可已不在本单位名下")
    if permit.state != "live":
        raise Refused(f"许可 {permit.number}（{permit.subject.name}）{permit_rules.STATES.get(permit.state, permit.state)}")
    if mark(permit) != act.after:
        raise Refused(f"许可 {permit.number}（{permit.subject.name}）之后又有变更")
    other = undone_obligations.acted_by_another(unit, (permits.RECORD, permit.id))
    if other is not None or LinkedMeasure.select().where(LinkedMeasure.permit == permit).exists():
        who = units.name_of(other.unit) if other is not None else "市场监管部门"
        raise Refused(f"{who}已就许可 {permit.number}（{permit.subject.name}）办理了联动监管")
    return permit


def _forget(decision: Decision, act: stored_acts.StoredAct) -> None:
    """What was known and owed before the act is so again; the rest never was."""
    if act.before["decision_known"]:
        Decision.update(permit=None, reason="", entered_at=None, entered_by="").where(Decision.id == decision.id).execute()
    else:
        decision.delete_instance()
    if act.before["owed"]:
        undone_obligations.owed_again("permit_entry", decision.unit, decision.identity)
    else:
        undone_obligations.never_owed("permit_entry", decision.unit, decision.identity, _REASON)
