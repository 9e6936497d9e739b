"""Claims (认领): the rows that a push opens, claimed by the approving units one by one or by the thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    Subject,
    audit,
    clock,
    days_for,
    is_postgresql,
    obligations,
    registry,
    scheme_of,
    settings,
    subjects,
    transaction,
    units,
)

from . import catalogue, rules
from .models import LIVING, Claim, Push

RECORD = "claim"
_PART = 500


def supervisor_of(industry: str, approvers: catalogue.Approvers) -> tuple[str, str] | None:
    """The industry supervisor of a GB/T 4754 code: (unit's key, check field) of the longest declared prefix, or None."""
    best: tuple[int, str, str] | None = None
    for unit in registry().units:
        for duty in unit.industries:
            if (
                approvers.is_member(unit.key)
                and industry.startswith(duty.prefix)
                and (best is None or len(duty.prefix) > best[0])
            ):
                best = (len(duty.prefix), unit.key, duty.check_field)
    return (best[1], best[2]) if best else None


class Opening:
    """What opening rows needs to know of today, read once for a whole batch: approvers, settings, the limit in days."""

    def __init__(self) -> None:
        self.day = clock.today()
        self.approvers = catalogue.Approvers(self.day)
        self.qz_is_permit: bool = settings.value("licensing.qz_is_permit")
        scheme = scheme_of(self.day).settings
        self.days = scheme.claim_days
        self._filing, self._supervisor = scheme.filing_rows_scored, scheme.supervisor_rows_scored

    def is_scored(self, kind: str) -> bool:
        """Whether a row of ``kind`` opened today counts in the score."""
        return rules.is_scored(kind, self.qz_is_permit, self._filing, self._supervisor)


def open_rows(push: Push, codes: list[str], hits: dict[str, dict[str, Any]], opening: Opening) -> list[Claim]:
    """Open one row for each item of ``codes`` at its approving unit, and the industry supervisor's row of a 非许可
    subject; rows that live already stay. Part of the push's transaction."""
    living = set(
        Claim.select(Claim.item, Claim.unit)
        .where((Claim.subject == push.subject_id) & Claim.state.in_(LIVING))
        .tuples()
    )
    wanted = []
    for code in codes:
        found = catalogue.item(code)
        unit, hit = opening.approvers.unit_of(found), hits.get(code, {})
        values = {
            "item": code, "item_name": found.name, "kind": found.kind, "words": hit.get("words", ""), "source": "push",
            "supervising_unit": opening.approvers.supervisor_of(found), "derived": hit.get("derived", False),
            "branch": bool(hit.get("flags")), "body": "" if unit else _outside_body(found),
        }  # fmt: skip
        wanted.append((unit, values))
    if push.classification == "ordinary" and push.subject.industry:
        supervisor = supervisor_of(push.subject.industry, opening.approvers)
        if supervisor is not None:
            values = {
                "item": "",
                "item_name": supervisor[1],
                "kind": rules.SUPERVISED_KIND,
                "source": "industry",
            }
            wanted.append((supervisor[0], values))
    made = [
        _open(push, unit, opening, **values)
        for unit, values in wanted
        if (values["item"], unit) not in living
    ]
    numbers = [row.id for row in made if row.unit]
    if numbers:
        obligations.open_many(
            "claim",
            owed_rows(numbers, "认领"),
            started_on=opening.day,
            started_words="推送",
            days=opening.days,
        )
    return made


def _outside_body(found: Any) -> str:
    member = units.by_name(found.approving_unit)
    return f"{member.name}（未启用）" if member else found.body


def _open(push: Push, unit: str, opening: Opening, **values: Any) -> Claim:
    return Claim.create(
        push=push, subject=push.subject_id, unit=unit, state="open" if unit else "outside",
        scored=bool(unit) and opening.is_scored(values["kind"]), pushed_on=opening.day, **values,
    )  # fmt: skip


def owed_rows(ids: list[int], words: str) -> Any:
    """The query of what these rows owe, for :func:`obligations.open_many`: 认领 or 反馈 in the title."""
    title = peewee.Value(f"{words}：").concat(Subject.name).concat("（").concat(Claim.item_name).concat("）")
    return (
        Claim.select(
            Claim.unit.alias("unit"),
            peewee.Value(RECORD).cast("TEXT").alias("record_type"),
            Claim.id.cast("TEXT").alias("record_id"),
            title.alias("title"),
            Claim.subject.alias("subject_id"),
            Claim.scored.alias("scored"),
        )
        .join(Subject)
        .where(Claim.id.in_(ids))
        .order_by(Claim.id)
    )


def open_clock(claim: Claim, subject_name: str, words: str) -> obligations.Obligation:
    """The clock of one row starts today: ``claim_days`` working days."""
    today = clock.today()
    return obligations.open_obligation(
        "claim", claim.unit, record=(RECORD, claim.id), title=f"认领：{subject_name}（{claim.item_name}）",
        started_on=today, started_words=words, days=days_for("scheme.claim_days", today), subject=claim.subject_id,
        scored=claim.scored,
    )  # fmt: skip


def claim_rows(unit: str, ids: list[int]) -> tuple[int, int]:
    """``unit`` claims rows: (claimed now, left as they were since someone was faster). The feedback clocks start."""
    with transaction():
        done: list[int] = []
        for start in range(0, len(ids), _PART):
            query = Claim.select(Claim.id).where(
                Claim.id.in_(ids[start : start + _PART]) & (Claim.unit == unit) & (Claim.state == "open")
            )
            done += [number for (number,) in (query.for_update() if is_postgresql() else query).tuples()]
        if done:
            _store_claimed(done)
    return len(done), len(set(ids)) - len(done)


def _store_claimed(done: list[int]) -> None:
    who, now, today = audit.actor().name, clock.now(), clock.today()
    days = days_for("scheme.feedback_days", today)
    for start in range(0, len(done), _PART):
        part = done[start : start + _PART]
        Claim.update(state="claimed", claimed_on=today, claimed_at=now, claimed_by=who).where(
            Claim.id.in_(part)
        ).execute()
        obligations.open_many(
            "feedback", owed_rows(part, "反馈"), started_on=today, started_words="认领", days=days
        )
    obligations.fulfil_many("claim", RECORD, done)
    if len(done) == 1:
        audit.record("认领", RECORD, done[0], after={"state": "claimed", "claimed_by": who})
    else:
        audit.record(
            "批量认领", "claim_batch", f"{done[0]}-{done[-1]}", after={"rows": done}, note=f"{len(done)} 条"
        )


def withdraw_rows(subject: Subject, reason: str) -> None:
    """The subject ended between push and answer: its rows need nobody's work any more."""
    rows = list(
        Claim.select().where(
            (Claim.subject == subject) & Claim.state.in_(["open", "claimed", "returned", "outside"])
        )
    )
    for claim in rows:
        Claim.update(state="withdrawn", closed_reason=reason).where(Claim.id == claim.id).execute()
        for kind in ("claim", "feedback", "rollback_decision"):
            obligations.withdraw(kind, (RECORD, claim.id), reason)
        audit.record(
            "撤回推送",
            RECORD,
            claim.id,
            before={"state": claim.state},
            after={"state": "withdrawn"},
            note=reason,
        )


def withdraw_untouched(push: Push, reason: str) -> None:
    """Withdraw the rows of a push on which no unit has acted yet. Raises Refused when one has."""
    rows = list(Claim.select().where(Claim.push == push))
    touched = next((row for row in rows if row.state not in ("open", "outside", "withdrawn")), None)
    if touched is not None:
        who = units.name_of(touched.unit) or touched.body
        raise Refused(f"{who}已办理“{touched.item_name or push.subject.name}”的认领或回退，登记不能撤回")
    living = [row for row in rows if row.state != "withdrawn"]
    for claim in living:
        Claim.update(state="withdrawn", closed_reason=reason).where(Claim.id == claim.id).execute()
        for kind in ("claim", "feedback", "rollback_decision"):
            obligations.withdraw(kind, (RECORD, claim.id), reason)
        audit.record(
            "撤回推送", RECORD, claim.id, before={"state": claim.state}, after={"state": "withdrawn"}, note=reason
        )


def claim_for(viewer: Any, claim_id: int) -> Claim:
    """The row, for its unit, the unit that supervises, the registrar, the office and the convenors. Raises Missing."""
    found = Claim.get_or_none(Claim.id == claim_id)
    allowed = found is not None and (
        (viewer.unit in (found.unit, found.supervising_unit) and viewer.unit)
        or viewer.has_role("office", "convenor", "deputy_convenor")
        or viewer.unit == units.holder("registrar").key
    )
    if not allowed:
        raise Missing(f"没有编号为 {claim_id} 的认领事项，或者它不属于您的单位")
    return found


def own_claim(unit: str, claim_id: int, act: str) -> Claim:
    """The row, locked for ``act`` of its unit. Raises Missing for another unit's row, Stale for a wrong state."""
    query = Claim.select().where((Claim.id == claim_id) & (Claim.unit == unit))
    found = (query.for_update() if is_postgresql() else query).first()
    if found is None:
        raise Missing(f"没有编号为 {claim_id} 的认领事项，或者它不属于您的单位")
    refusal = rules.claim_refusal(act, found.state)
    if refusal:
        raise Stale(refusal)
    return found


@dataclass(frozen=True)
class Filters:
    """What an officer asked the queue for; empty texts do not filter."""

    state: str = "open"
    item: str = ""
    text: str = ""
    late: bool = False
    street: str = ""


def _conditions(unit: str, filters: Filters) -> Any:
    found = (Claim.unit == unit) & (Claim.state == filters.state)
    if filters.item:
        found &= Claim.item == ("" if filters.item == "-" else filters.item)
    if filters.text:
        key = subjects.name_key(filters.text)
        code = filters.text.strip().upper()
        found &= (
            Subject.name_key.contains(key)
            | (Subject.credit_code == code)
            | (Subject.registration_number == code)
        )
    if filters.street:
        found &= Subject.street == filters.street
    if filters.late:
        owed = obligations.Obligation
        late = owed.select(owed.record_id).where(
            (owed.unit == unit) & owed.kind.in_(["claim", "feedback"]) & (owed.state == obligations.OPEN)
            & (owed.deadline < clock.today()) & (owed.record_type == RECORD)
        )  # fmt: skip
        found &= Claim.id.cast("TEXT").in_(late)
    return found


@dataclass(frozen=True)
class Queue:
    """One page of a queue with the clock of each row; ``rows_total`` 条, ``subjects_total`` 户 of the filter."""

    rows: list[tuple[Claim, obligations.Obligation | None]]
    after: int | None
    rows_total: int
    subjects_total: int


def queue(unit: str, filters: Filters, *, after: int = 0, size: int = 50) -> Queue:
    """A page of ``unit``'s rows, oldest first; the number of queries is the same whatever the length."""
    where = _conditions(unit, filters)
    found = list(
        Claim.select(Claim, Subject)
        .join(Subject)
        .where(where & (Claim.id > after))
        .order_by(Claim.id)
        .limit(size + 1)
    )
    more, found = len(found) > size, found[:size]
    totals = Claim.select(peewee.fn.COUNT(Claim.id), peewee.fn.COUNT(peewee.fn.DISTINCT(Claim.subject))).join(
        Subject
    )
    rows_total, subjects_total = totals.where(where).tuples().first()
    owed = obligations.Obligation
    clocks = {
        o.record_id: o
        for o in owed.select().where(
            (owed.record_type == RECORD) & owed.record_id.in_([str(c.id) for c in found])
            & owed.kind.in_(["claim", "feedback"]) & (owed.state == obligations.OPEN)
        )
    }  # fmt: skip
    rows = [(claim, clocks.get(str(claim.id))) for claim in found]
    # Within the page what is due first stands on top: rows are claimed in another order than they are pushed.
    rows.sort(key=lambda row: (row[1].deadline if row[1] else date.max, row[0].id))
    return Queue(rows, found[-1].id if more else None, rows_total, subjects_total)


def matching_ids(unit: str, filters: Filters) -> list[int]:
    """The ids of every row of ``unit`` that the filter finds: the select-all over thousands."""
    query = Claim.select(Claim.id).join(Subject).where(_conditions(unit, filters)).order_by(Claim.id)
    return [number for (number,) in query.tuples()]


def state_counts(unit: str) -> dict[str, tuple[int, int]]:
    """户数 and 条数 of the unit's rows by state: ``{state: (subjects, rows)}``, in one query."""
    query = (
        Claim.select(
            Claim.state, peewee.fn.COUNT(peewee.fn.DISTINCT(Claim.subject)), peewee.fn.COUNT(Claim.id)
        )
        .where(Claim.unit == unit)
        .group_by(Claim.state)
    )
    return {state: (firms, rows) for state, firms, rows in query.tuples()}


def items_of(unit: str) -> list[tuple[str, str]]:
    """The items that the unit has rows of, for the filter: (code or "-", words)."""
    query = (
        Claim.select(Claim.item, peewee.fn.MIN(Claim.item_name))
        .where(Claim.unit == unit)
        .group_by(Claim.item)
    )
    return [
        (code or "-", f"{code} {name}" if code else "行业主管（非许可）")
        for code, name in sorted(query.tuples())
    ]


def self_claim(unit: str, push: Push, code: str) -> Claim:
    """A unit claims by itself what was not pushed to it (areas.md 1.3): a row opened and claimed at once.

    Raises Refused when the item is unknown or the subject's row at this unit lives already, NotAllowed for no member.
    """
    found = catalogue.item(code)
    if found is None:
        raise Refused(f"许可事项目录里没有 {code}", {"code": "请选择许可事项"})
    if not units.is_enabled(unit):
        raise NotAllowed("您的单位没有启用")
    with transaction():
        same = (Claim.subject == push.subject_id) & (Claim.item == code) & (Claim.unit == unit)
        if Claim.select().where(same & Claim.state.in_(LIVING)).exists():
            raise Refused("您的单位已有这一户这一事项的认领记录")
        values = {"item": code, "item_name": found.name, "kind": found.kind, "source": "self"}
        row = _open(push, unit, Opening(), **values)
        open_clock(row, push.subject.name, "自行认领")
        claim_rows(unit, [row.id])
        audit.record("自行认领", RECORD, row.id, after={"subject": push.subject.name, "item": code})
    return row
