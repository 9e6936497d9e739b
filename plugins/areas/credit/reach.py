"""Who may see and touch which record of the credit area: its own unit, the publisher, the objection desk, the office."""

from __future__ import annotations

from typing import Any

import peewee

from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from plugins.areas.credit.objection_rules import DESK, SOURCE
from portal.toolkit import Missing, NotAllowed, Refused, units

WIDE_ROLES = ("office", "convenor", "deputy_convenor")


def is_holder(unit: str, function: str) -> bool:
    """Whether ``unit`` is the enabled holder of a special function (``publisher``, ``objection_desk``)."""
    try:
        return bool(unit) and units.holder(function).key == unit
    except Refused:
        return False


def sees_all(viewer: Any) -> bool:
    """The office, the convenors, and the people of the unit that publishes and receives objections."""
    return (
        viewer.has_role(*WIDE_ROLES)
        or is_holder(viewer.unit, "publisher")
        or is_holder(viewer.unit, "objection_desk")
    )


def visible(viewer: Any, column: Any) -> Any:
    """The condition on a unit column by which a list shows ``viewer`` no other unit's rows."""
    return peewee.SQL("1 = 1") if sees_all(viewer) else column == viewer.unit


def record_for(viewer: Any, record_id: int) -> DishonestyRecord:
    """The record, for its own unit and those who see all. Raises Missing for everybody else."""
    found = DishonestyRecord.get_or_none(DishonestyRecord.id == record_id)
    if found is None or not viewer.can("credit.view") or (found.unit != viewer.unit and not sees_all(viewer)):
        raise Missing("没有这条失信信息，或者它不属于您的单位")
    return found


def own_record_for(viewer: Any, record_id: int) -> DishonestyRecord:
    """The record, for an act of the deciding unit. Raises Missing or NotAllowed."""
    found = record_for(viewer, record_id)
    if found.unit != viewer.unit or not viewer.can("credit.enter"):
        raise NotAllowed(f"只有作出决定的单位（{units.name_of(found.unit)}）的经办人可以办理")
    return found


def objection_for(viewer: Any, objection_id: int) -> Objection:
    """The objection, for the desk, the source unit, the office and the convenors. Raises Missing."""
    found = Objection.get_or_none(Objection.id == objection_id)
    allowed = found is not None and (
        (viewer.unit in (found.desk_unit, found.source_unit) and viewer.unit) or viewer.has_role(*WIDE_ROLES)
    )
    if not allowed or not viewer.can("credit.view"):
        raise Missing("没有这件异议，或者它不属于您的单位")
    return found


def places_of(viewer: Any, objection: Objection) -> frozenset[str]:
    """In which place ``viewer`` may act on the objection: at the desk, in the source unit, both, or none."""
    if not viewer.can("credit.objection"):
        return frozenset()
    found = {DESK} if viewer.unit and viewer.unit == objection.desk_unit else set()
    return frozenset(found | ({SOURCE} if viewer.unit and viewer.unit == objection.source_unit else set()))


def repair_for(viewer: Any, repair_id: int) -> Repair:
    """The repair, for the deciding unit and those who see all. Raises Missing."""
    found = Repair.get_or_none(Repair.id == repair_id)
    if found is None or not viewer.can("credit.view") or (found.unit != viewer.unit and not sees_all(viewer)):
        raise Missing("没有这件修复申请，或者它不属于您的单位")
    return found
