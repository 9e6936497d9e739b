"""Permits (行政许可) through their life cycle: each decision has its clock, each permit one record and its history."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from portal.toolkit import (
    Missing,
    Refused,
    Stale,
    Subject,
    audit,
    clock,
    documents,
    obligations,
    transaction,
    units,
)

from . import catalogue, linkage, permit_rules
from .models import Claim
from .permit_models import Decision, Permit

RECORD, DECISION = "permit", "permit_decision"
ENTRY_DAYS = obligations.KINDS["permit_entry"].days


@dataclass(frozen=True)
class Fields:
    """The fields of a permit as typed (data-standards.md, 双公示)."""

    item: str
    number: str
    document: str
    decided_on: date
    certificate: str = ""
    document_name: str = ""
    category: str = "普通"
    content: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""


def checked(fields: Fields) -> Fields:
    """The fields with their texts tidied. Raises Refused naming each field, its value and its rule."""
    tidy = Fields(
        **{name: value.strip() if isinstance(value, str) else value for name, value in asdict(fields).items()}
    )
    problems: dict[str, str] = {}
    if catalogue.item(tidy.item) is None:
        problems["item"] = f"许可事项目录里没有“{tidy.item}”"
    if not tidy.number:
        problems["number"] = "许可编号不能为空"
    if not tidy.document:
        problems["document"] = "决定文书号不能为空"
    for name in ("number", "document", "certificate", "document_name"):
        if len(getattr(tidy, name)) > 100:
            problems[name] = f"有 {len(getattr(tidy, name))} 个字，最多 100 个"
    if tidy.decided_on > clock.today():
        problems["decided_on"] = f"许可决定日期{documents.chinese_date(tidy.decided_on)}在今天之后"
    if tidy.category not in permit_rules.CATEGORIES:
        problems["category"] = f"许可类别应为{'、'.join(permit_rules.CATEGORIES)}之一"
    if tidy.valid_from and tidy.valid_until and tidy.valid_until < tidy.valid_from:
        problems["valid_until"] = f"有效期至{documents.chinese_date(tidy.valid_until)}早于有效期自{documents.chinese_date(tidy.valid_from)}"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return tidy


def decide(
    unit: str,
    subject: Subject,
    kind: str,
    document: str,
    day: date,
    *,
    item: str = "",
    claim: Claim | None = None,
) -> Decision:
    """A decision became known: its clock of 7 working days runs until the permit record is entered (D4).

    The same document (number, subject, day) is one decision however often it comes. Part of the caller's transaction.
    """
    identity = permit_rules.document_identity(subject.id, document, day)
    found = Decision.get_or_none((Decision.unit == unit) & (Decision.identity == identity))
    if found is None:
        found = Decision.create(
            unit=unit, subject=subject, item=item, kind=kind, document=document, decided_on=day, identity=identity,
            claim=claim, stored_at=clock.now(),
        )  # fmt: skip
    obligations.open_obligation(
        "permit_entry", unit, record=(DECISION, found.id), identity=identity,
        title=f"录入许可信息：{subject.name}（{permit_rules.DECISIONS[kind]} {document}）", started_on=day,
        started_words=permit_rules.DECISIONS[kind] + "决定", days=ENTRY_DAYS, subject=subject,
    )  # fmt: skip
    return found


def _entered(decision: Decision, permit: Permit, reason: str = "") -> None:
    Decision.update(
        permit=permit, reason=reason, entered_at=clock.now(), entered_by=audit.actor().name
    ).where(Decision.id == decision.id).execute()  # fmt: skip
    obligations.fulfil_identity("permit_entry", decision.unit, decision.identity)


def grant(unit: str, subject: Subject, fields: Fields) -> Permit:
    """Enter a granted permit. Raises Refused when it breaks a rule or is entered already."""
    fields = checked(fields)
    with transaction():
        same = (Permit.unit == unit) & (Permit.number == fields.number) & (Permit.subject == subject)
        if Permit.select().where(same).exists():
            raise Refused(
                f"“{subject.name}”的许可 {fields.number} 已经录入过，请用变更",
                {"number": "这一许可编号已经录入过"},
            )
        decision = decide(unit, subject, "grant", fields.document, fields.decided_on, item=fields.item)
        if decision.permit_id is not None:
            raise Refused(f"文书 {fields.document} 已经录入过", {"document": "这份文书已经录入过"})
        permit = Permit.create(
            subject=subject,
            unit=unit,
            entered_at=clock.now(),
            entered_by=audit.actor().name,
            **asdict(fields),
        )
        _entered(decision, permit)
        audit.record("录入行政许可", RECORD, permit.id, after=plain(permit))
    return permit


def plain(permit: Permit) -> dict[str, Any]:
    """A permit as plain values, for its history."""
    skipped = {"id", "entered_at", "entered_by", "version"}
    return {name: value for name, value in permit.__data__.items() if name not in skipped}


def change(permit: Permit, version: int, fields: Fields) -> Permit:
    """Enter a 变更 decision: the permit's new fields. Raises Refused, or Stale when somebody changed it meanwhile."""
    fields = checked(fields)
    with transaction():
        _check(permit, "change", version)
        before = plain(permit)
        decision = decide(
            permit.unit, permit.subject, "change", fields.document, fields.decided_on, item=fields.item
        )
        if decision.permit_id is not None:
            raise Refused(f"文书 {fields.document} 已经录入过", {"document": "这份文书已经录入过"})
        _store(permit, version, **asdict(fields))
        _entered(decision, permit, "变更")
        permit = Permit.get_by_id(permit.id)
        audit.record("变更行政许可", RECORD, permit.id, before=before, after=plain(permit))
    return permit


def end(permit: Permit, version: int, kind: str, document: str, day: date, reason: str) -> Permit:
    """Enter 注销, 撤销, 撤回 or 吊销: the permit ends; the market regulator's clock starts where the subject lives on.

    Raises Refused (kind, document, day or reason) or Stale.
    """
    problems = {}
    if kind not in permit_rules.ENDINGS:
        problems["kind"] = "请选择注销、撤销、撤回或吊销"
    if not document.strip():
        problems["document"] = "决定文书号不能为空"
    if not reason.strip():
        problems["reason"] = "请写明原因"
    if not permit.decided_on <= day <= clock.today():
        problems["decided_on"] = f"决定日期{documents.chinese_date(day)}应在核准日期{documents.chinese_date(permit.decided_on)}与今天之间"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        _check(permit, kind, version)
        before = plain(permit)
        decision = decide(permit.unit, permit.subject, kind, document.strip(), day, item=permit.item)
        if decision.permit_id is not None:
            raise Refused(f"文书 {document} 已经录入过", {"document": "这份文书已经录入过"})
        _store(permit, version, state=kind, ended_on=day)
        _entered(decision, permit, reason.strip())
        permit = Permit.get_by_id(permit.id)
        linkage.permit_ended(permit, Decision.get_by_id(decision.id))
        words = permit_rules.DECISIONS[kind]
        audit.record(f"{words}行政许可", RECORD, permit.id, before=before, after=plain(permit), note=reason)
    return permit


def _check(permit: Permit, kind: str, version: int) -> None:
    refusal = permit_rules.decision_refusal(kind, Permit.get_by_id(permit.id).state)
    if refusal:
        raise Stale(refusal)


def _store(permit: Permit, version: int, **values: Any) -> None:
    done = (
        Permit.update(version=version + 1, **values)
        .where((Permit.id == permit.id) & (Permit.version == version) & (Permit.state == "live"))
        .execute()
    )
    if not done:
        raise Stale("这份许可刚被其他人改过，请刷新后再改；您填的内容没有保存")


def permit_for(viewer: Any, permit_id: int) -> Permit:
    """The permit, for its unit, the market regulator's linkage, the office and the convenors. Raises Missing."""
    found = Permit.get_or_none(Permit.id == permit_id)
    every = viewer.has_role("office", "convenor", "deputy_convenor")
    if found is None or not (every or viewer.unit in (found.unit, units.holder("linked_measures").key)):
        raise Missing(f"没有编号为 {permit_id} 的许可，或者它不属于您的单位")
    return found


def own_permit(unit: str, permit_id: int) -> Permit:
    """The permit of ``unit``, to be changed. Raises Missing."""
    found = Permit.get_or_none((Permit.id == permit_id) & (Permit.unit == unit))
    if found is None:
        raise Missing(f"没有编号为 {permit_id} 的许可，或者它不属于您的单位")
    return found


def own_decision(unit: str, decision_id: int) -> Decision:
    """The decision of ``unit`` whose permit is to be entered. Raises Missing."""
    found = Decision.get_or_none((Decision.id == decision_id) & (Decision.unit == unit))
    if found is None:
        raise Missing("没有这份许可决定，或者它不属于您的单位")
    return found


def waiting_decision(claim: Claim) -> Decision | None:
    """The granted decision of a claim row whose permit is still to be entered, or None."""
    return Decision.get_or_none((Decision.claim == claim) & Decision.permit.is_null())
