"""Linkage back (联动): a subject's end asks its permits' end; a permit's end asks a measure of the market regulator."""

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
    days_for,
    obligations,
    settings,
    transaction,
    units,
)

from . import permit_rules
from .permit_models import Decision, LinkedMeasure, Permit

RECORD = "linked_measure"
CANCEL_DAYS = obligations.KINDS["permit_cancel"].days


def on_subject_ended(subject: Subject, event: str) -> int:
    """注销 or 吊销 arrived: every holder of a live permit owes its cancelling within 7 working days (二（一）3).

    Where the clock runs from the unit's own decision (setting), it opens with that decision instead.
    """
    if settings.value("licensing.permit_cancel_from") != "arrival":
        return 0
    live = list(Permit.select().where((Permit.subject == subject) & (Permit.state == "live")))
    for permit in live:
        _open_cancel(permit, f"主体{event}", clock.today())
    return len(live)


def _open_cancel(permit: Permit, words: str, day: Any) -> None:
    obligations.open_obligation(
        "permit_cancel", permit.unit, record=("permit", permit.id), title=f"注销许可：{permit.subject.name}（{permit.number}）",
        started_on=day, started_words=words, days=CANCEL_DAYS, subject=permit.subject_id, scored=False,
    )  # fmt: skip


def permit_ended(permit: Permit, decision: Decision) -> LinkedMeasure | None:
    """A permit ended: what was owed for the subject's end is done; where the subject lives on, the market regulator
    owes a measure (二（一）4). Part of the permit's own transaction."""
    if (
        permit.subject.state in ("注销", "吊销")
        and settings.value("licensing.permit_cancel_from") != "arrival"
    ):
        _open_cancel(permit, permit_rules.DECISIONS[decision.kind] + "决定", decision.decided_on)
    obligations.fulfil("permit_cancel", ("permit", permit.id))
    if permit.subject.state in ("注销", "吊销"):
        return None
    made = LinkedMeasure.create(permit=permit, decision=decision, subject=permit.subject_id)
    words = permit_rules.DECISIONS[decision.kind]
    today = clock.today()
    obligations.open_obligation(
        "linked_measure", units.holder("linked_measures").key, record=(RECORD, made.id),
        title=f"联动监管：{permit.subject.name}（许可{words}）", started_on=today, started_words=f"许可{words}信息",
        days=days_for("days.linked_measure", today), subject=permit.subject_id, scored=False,
    )  # fmt: skip
    return made


def take_measure(viewer: Any, measure_id: int, measure: str, reason: str) -> LinkedMeasure:
    """The market regulator says what it did: 警示管理, 责令变更登记, 吊销执照, or none needed with the reason.

    Raises NotAllowed, Refused or Stale.
    """
    if viewer.unit != units.holder("linked_measures").key:
        raise NotAllowed("联动监管措施由市场监督管理部门采取")
    problems = {}
    if measure not in permit_rules.MEASURES:
        problems["measure"] = "请选择措施"
    if not reason.strip():
        problems["reason"] = "请写明依据或理由"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        done = (
            LinkedMeasure.update(
                state="done",
                measure=measure,
                reason=reason.strip(),
                done_at=clock.now(),
                done_by=audit.actor().name,
            )
            .where((LinkedMeasure.id == measure_id) & (LinkedMeasure.state == "open"))
            .execute()
        )
        if not done:
            raise Stale("这一项联动监管已经处理过，请刷新后查看")
        obligations.fulfil("linked_measure", (RECORD, measure_id))
        audit.record("联动监管措施", RECORD, measure_id, after={"measure": measure, "reason": reason})
    return LinkedMeasure.get_by_id(measure_id)


def measure_for(viewer: Any, measure_id: int) -> LinkedMeasure:
    """The measure, for the market regulator, the permit's unit, the office and the convenors. Raises Missing."""
    found = LinkedMeasure.get_or_none(LinkedMeasure.id == measure_id)
    every = viewer.has_role("office", "convenor", "deputy_convenor")
    if found is None or not (
        every or viewer.unit in (found.permit.unit, units.holder("linked_measures").key)
    ):
        raise Missing("没有这一项联动监管，或者它不属于您的单位")
    return found
