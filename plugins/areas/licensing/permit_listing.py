"""The area's part of the quarter-end lists: what permits the platform holds, and what a row of a list asks."""

from __future__ import annotations

from typing import Any

from portal.toolkit import ListEntry, Quarter, Subject, obligations, subjects

from . import permit_rules
from .permit_models import Decision, Permit
from .permits import ENTRY_DAYS


def entries(kind: str, unit: str, quarter: Quarter) -> list[ListEntry]:
    """The permit decisions of the unit in the quarter whose record is entered."""
    if kind != "permits":
        return []
    query = (
        Decision.select(Decision, Permit, Subject)
        .join(Permit)
        .switch(Decision)
        .join(Subject)
        .where((Decision.unit == unit) & Decision.decided_on.between(quarter.first, quarter.last))
        .order_by(Decision.id)
    )
    return [_entry(decision) for decision in query]


def _entry(decision: Decision) -> ListEntry:
    permit, subject = decision.permit, decision.subject
    fields = {"许可编号": permit.number, "有效期至": str(permit.valid_until or "长期")}
    code = "" if subject.code == "—" else subject.code
    return ListEntry(
        decision.document, decision.decided_on, subject.name, code, fields, str(permit.id), "licensing.permit"
    )


def expect(kind: str, unit: str, entry: ListEntry) -> Any:
    """A row of the unit's list: its decision is to be entered within 7 working days of its day, counted once with the
    same decision known from elsewhere (scoring.md "Due")."""
    if kind != "permits":
        return None
    subject = subjects.by_code(entry.code) if entry.code else None
    if subject is None:
        subject = Subject.get_or_none(Subject.name_key == subjects.name_key(entry.name))
    owner: Any = subject.id if subject else entry.code or subjects.name_key(entry.name)
    return obligations.open_obligation(
        "permit_entry", unit, record=("quarter_row", f"list-{entry.key}"), subject=subject,
        identity=permit_rules.document_identity(owner, entry.document, entry.day),
        title=f"录入许可信息：{entry.name}（{entry.document}，季度清单）", started_on=entry.day, started_words="许可决定", days=ENTRY_DAYS,
    )  # fmt: skip
