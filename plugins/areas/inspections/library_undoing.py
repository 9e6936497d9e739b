"""Takes imported inspectors and check objects back: new ones leave the library, changed ones are as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.areas.inspections.check_models import CheckMember, DrawnObject
from plugins.areas.inspections.libraries import owner_of
from plugins.areas.inspections.models import CheckObject, Inspector
from portal.toolkit import Refused, Stored, audit, clock, stored_acts, transaction

_REASON = "本单位撤销了这次导入"
_HISTORY = ("id", "changed_by", "changed_at", "entered_by", "entered_at", "source")


def plain(row: Any) -> dict[str, Any]:
    """What an import may change of an inspector or an object."""
    return stored_acts.plain(row, _HISTORY)


def stored(outcome: str, row: Any, before: Mapping[str, Any]) -> Stored:
    """The answer to a stored row, with what its undo needs."""
    former = {name: value for name, value in before.items() if name not in _HISTORY}
    act = stored_acts.StoredAct(outcome, row.id, stored_acts.mark_of(plain(row)), former)
    return Stored(outcome, row.id, act.reference)


@dataclass(frozen=True)
class Undoing:
    """How the rows of one library are taken back. ``mine`` says whether the row is the unit's, ``words`` names it,
    ``used`` says what stands on it (""), ``out`` are the columns of a row that is no longer in the library."""

    model: Any
    record_type: str
    mine: Callable[[Any, str], bool]
    words: Callable[[Any], str]
    used: Callable[[Any], str]
    out: Mapping[str, Any]

    def blocked(self, references: Sequence[str], *, unit: str, source: str) -> str:
        """Why one of these acts cannot be taken back, or ""."""
        try:
            for act in stored_acts.newest(references):
                self._standing(act, unit)
        except Refused as refused:
            return str(refused)
        return ""

    def undo(self, reference: str, *, unit: str) -> None:
        """Take one act back. Raises Refused when the row was used or changed since."""
        act = stored_acts.read(reference)
        with transaction():
            row = self._standing(act, unit)
            former = self.out if act.made else stored_acts.columns(self.model, act.before)
            stamp = {"changed_by": audit.actor().name, "changed_at": clock.now()} if hasattr(row, "changed_at") else {}
            self.model.update(**former, **stamp).where(self.model.id == row.id).execute()
            after = plain(self.model.get_by_id(row.id))
            audit.record("撤回导入", self.record_type, row.id, before=plain(row), after=after, note=_REASON)

    def _standing(self, act: stored_acts.StoredAct, unit: str) -> Any:
        row = self.model.get_or_none(self.model.id == act.record_id)
        if row is None or not self.mine(row, unit):
            raise Refused("其中一条已不在本单位的名录中")
        if stored_acts.mark_of(plain(row)) != act.after:
            raise Refused(f"{self.words(row)}之后又有更改")
        used = self.used(row) if act.made else ""
        if used:
            raise Refused(f"{self.words(row)}{used}")
        return row


def _drawn(thing: CheckObject) -> str:
    """An imported object stands in draws under its kind and number."""
    same = DrawnObject.object_id == f"{thing.kind}:{thing.code}"
    return "已被抽取" if DrawnObject.select().where(same).exists() else ""


def _serves(inspector: Inspector) -> str:
    return "已编入检查组" if CheckMember.select().where(CheckMember.inspector == inspector).exists() else ""


INSPECTORS = Undoing(
    Inspector, "inspector", lambda row, unit: row.unit == unit, lambda row: f"{row.name}（工号 {row.staff_number}）", _serves, {"active": False}
)
OBJECTS = Undoing(
    CheckObject, "check_object", lambda row, unit: owner_of(row.number) == unit, lambda row: f"{row.kind}“{row.name}”", _drawn, {"valid": False}
)
