"""Replacing an inspector: the next of the object's own order, never a choice (areas.md 3.4; draw.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import draws, inspectors, rules, sealings, telling
from plugins.areas.inspections.check_models import CheckMember, SpotCheck
from plugins.areas.inspections.models import Inspector, InspectorLeave
from portal.toolkit import Missing, NotAllowed, Refused, Stale, audit, clock, transaction


def replace(member_id: int, reason: str) -> CheckMember:
    """Replace one inspector of a check that was not yet carried out: the next in the object's own order who is still
    eligible, never a choice. Raises Refused, Stale, Missing."""
    if not reason.strip():
        raise Refused("更换检查人员必须写明原因（回避、请假等）", {"reason": "请写明原因"})
    who = audit.actor()
    with transaction():
        member = CheckMember.get_or_none(CheckMember.id == member_id)
        if member is None:
            raise Missing("没有这名检查人员的分派")
        check = SpotCheck.get_by_id(member.check_id)
        if check.unit != who.unit:
            raise NotAllowed("只能更换本单位的检查人员")
        if member.left_at is not None or rules.step(rules.CHECK_STEPS, check.state, "replace") is None:
            raise Stale("这名检查人员已被更换，或者检查已经实施")
        chosen = _next(check, member)
        left = CheckMember.update(left_at=clock.now(), left_reason=reason.strip(), left_by=who.name).where(
            (CheckMember.id == member.id) & CheckMember.left_at.is_null()
        )
        if left.execute() != 1:
            raise Stale("这名检查人员刚刚已被更换，请刷新")
        made = CheckMember.create(
            check_ref=check, inspector=chosen, name=chosen.name, assigned_at=clock.now(), replaces=member
        )
        audit.record("更换检查人员", "spot_check", check.id, note=f"{member.name} → {chosen.name}：{reason}")
        telling.inspector_replaced(check, member, chosen, reason.strip())
    return made


def _next(check: SpotCheck, member: CheckMember) -> Inspector:
    result = check.drawn.result
    draw = result.draw
    people = {one.key: one for one in Inspector.select().where(Inspector.unit == check.unit)}
    by_id = {one.id: key for key, one in people.items()}
    out = {by_id[row.inspector_id] for row in CheckMember.select().where(CheckMember.check_ref == check)}
    out |= {key for key, one in people.items() if not one.active or one.valid_to < clock.today()}
    out |= {by_id[key] for key in away_on(clock.today(), list(by_id)) if key in by_id}
    for interest in inspectors.interests_of(by_id).get(check.object_id, []):
        out.add(interest.inspector.key)
    reveals = draws.reveals_of(draw)
    seed = verifiable.draw_seed(draw.announce, reveals, result.public_value)
    try:
        key = verifiable.replacement(
            draw.announce, draw.inspectors, draw.conflicts, seed, check.object_id, member.inspector.key, out
        )
    except verifiable.DrawError as error:
        raise Refused(sealings.in_words(str(error))) from None
    return people[key]


def away_on(day: date, inspector_ids: Sequence[int]) -> set[int]:
    """Those on leave on ``day``."""
    query = InspectorLeave.select(InspectorLeave.inspector).where(
        InspectorLeave.inspector.in_(list(inspector_ids))
        & (InspectorLeave.from_day <= day)
        & (InspectorLeave.until_day >= day)
    )
    return {key for (key,) in query.tuples()}
