"""Feedback (反馈): what a unit did about a row it claimed; the first answer closes the clock."""

from __future__ import annotations

from datetime import date

from portal.toolkit import (
    Refused,
    audit,
    clock,
    closing_of,
    documents,
    obligations,
    official_calendar,
    transaction,
)

from . import claims, permits, rules
from .models import Claim, Feedback

#: A decision to grant or refuse: it has 7 working days of its own to be entered (D2); granted, the permit too (D4).
DECIDED = ("granted", "refused")


def answer(
    unit: str, ids: list[int], kind: str, *, day: date | None = None, document: str = "", note: str = ""
) -> int:
    """``unit`` answers the rows ``ids`` with ``kind``: 指导, 收到申请, 准予, 不予, 未从事, 无需办理, 纳入监管 (areas.md 1.4).

    Returns how many. Raises Refused (kind does not fit, day in the future, note missing), Stale or Missing.
    """
    day = day or clock.today()
    problems = {}
    if kind not in rules.FEEDBACK_KINDS:
        problems["kind"] = "请选择反馈内容"
    if day > clock.today():
        problems["day"] = f"办理日期{documents.chinese_date(day)}在今天之后"
    if kind in DECIDED and not document.strip():
        problems["document"] = "作出决定的，须填写决定文书号"
    if kind in DECIDED and len(ids) > 1:
        problems["kind"] = "许可决定须逐条反馈"
    if kind in ("not_needed", "supervised") and not note.strip():
        problems["note"] = f"反馈“{rules.FEEDBACK_KINDS[kind]}”须写明情况"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        for claim_id in ids:
            _answer_one(claims.own_claim(unit, claim_id, "answer"), kind, day, document, note)
    return len(ids)


def _answer_one(claim: Claim, kind: str, day: date, document: str, note: str) -> None:
    if kind not in rules.feedback_kinds(claim.kind):
        raise Refused(f"“{claim.item_name}”的反馈不能是“{rules.FEEDBACK_KINDS[kind]}”", {"kind": f"“{claim.item_name}”的反馈不能是“{rules.FEEDBACK_KINDS[kind]}”，请另选"})
    if kind in DECIDED:
        _decided(claim, kind, day, document.strip())
    Feedback.create(
        claim=claim, unit=claim.unit, kind=kind, day=day, document=document.strip(), note=note.strip(),
        entered_at=clock.now(), entered_by=audit.actor().name,
    )  # fmt: skip
    Claim.update(state="answered", feedback=kind, feedback_on=claim.feedback_on or clock.today()).where(
        Claim.id == claim.id
    ).execute()
    obligations.fulfil("feedback", (claims.RECORD, claim.id), claim.unit)
    audit.record(
        "反馈", claims.RECORD, claim.id, before={"state": claim.state, "feedback": claim.feedback},
        after={"state": "answered", "feedback": kind}, note=note,
    )  # fmt: skip


def _decided(claim: Claim, kind: str, day: date, document: str) -> None:
    """二（一）2: the decision is entered within 7 working days of it; before the feedback's own deadline, its clock
    is the feedback's. Only a granted one opens the entry of the permit."""
    days = obligations.KINDS["decision_result"].days
    record = (claims.RECORD, claim.id)
    # Into a closed quarter nothing moves: there no act counts any more, and this quarter would lose the row.
    if closing_of(official_calendar.calendar().deadline(day, days).day) >= clock.today():
        obligations.bring_forward(
            "feedback", record, claim.unit, started_on=day, started_words="许可决定", days=days
        )
    obligations.open_obligation(
        "decision_result", claim.unit, record=record, identity=f"{claim.id}:{document}:{day}",
        title=f"许可决定结果：{claim.subject.name}（{claim.item_name}）", started_on=day, started_words="许可决定", days=days,
        subject=claim.subject_id, scored=False,
    )  # fmt: skip
    obligations.fulfil("decision_result", record, claim.unit)
    if kind == "granted":
        permits.decide(claim.unit, claim.subject, "grant", document, day, item=claim.item, claim=claim)
