"""Takes imported check results back until they are approved: the check is again as it was before the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.areas.inspections import checks, rules
from plugins.areas.inspections.check_models import SpotCheck
from portal.toolkit import Refused, audit, stored_acts, transaction, undone_obligations, units

_REASON = "本单位撤销了这次导入"


def plain(check: SpotCheck) -> dict[str, Any]:
    """Everything of the check that a result changes."""
    return stored_acts.plain(check)


def mark(check: SpotCheck) -> str:
    """The mark of the check as it stands."""
    return stored_acts.mark_of(plain(check))


def blocked(references: Sequence[str], *, unit: str, source: str) -> str:
    """Why one of these results cannot be taken back, or ""."""
    try:
        for act in stored_acts.newest(references):
            _standing(act, unit)
    except Refused as refused:
        return str(refused)
    return ""


def undo(reference: str, *, unit: str) -> None:
    """Take one result back: a check that the file noted as carried out waits again. Raises Refused."""
    act = stored_acts.read(reference)
    with transaction():
        check = _standing(act, unit)
        former = stored_acts.columns(SpotCheck, act.before)
        SpotCheck.update(version=check.version + 1, **former).where(SpotCheck.id == check.id).execute()
        if act.before["state"] == "pending":
            undone_obligations.never_owed("check_result", unit, f"{checks.RECORD}:{check.id}", _REASON)
        after = SpotCheck.get_by_id(check.id)
        audit.record("撤回导入的检查结果", checks.RECORD, check.id, before=checks.plain(check), after=checks.plain(after), note=_REASON)


def _standing(act: stored_acts.StoredAct, unit: str) -> SpotCheck:
    """The check as the act left it. Raises Refused."""
    check = SpotCheck.get_or_none((SpotCheck.id == act.record_id) & (SpotCheck.unit == unit))
    if check is None:
        raise Refused("其中一项检查已不在本单位名下")
    if check.state != "entered" or mark(check) != act.after:
        raise Refused(f"“{check.name}”的检查结果之后又有办理，现在是“{rules.CHECK_STATES[check.state]}”")
    other = undone_obligations.acted_by_another(unit, (checks.RECORD, check.id))
    if other is not None:
        raise Refused(f"{units.name_of(other.unit)}已就“{check.name}”的检查结果办理“{other.title}”")
    return check
