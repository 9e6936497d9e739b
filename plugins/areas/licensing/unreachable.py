"""Unreachable subjects (无法联系): a unit reports with a written notice, the market regulator verifies and lists."""

from __future__ import annotations

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
    documents,
    jobs,
    obligations,
    transaction,
    units,
)

from . import notices
from .case_models import Unreachable

RECORD = "unreachable"
STATES = {
    "reported": "待核实",
    "found": "已取得联系",
    "listed": "已列入经营异常名录",
    "removed": "已移出名录",
}
#: act → the state it needs
_NEEDS = {"verify": "reported", "publish": "listed", "remove": "listed"}


def report(unit: str, subject: Subject, found_on: date, circumstances: str) -> Unreachable:
    """``unit`` found the subject unreachable at its address: entered, the market regulator owes its verification, the
    notice is written as a job. Raises Refused."""
    problems = {}
    if found_on > clock.today():
        problems["found_on"] = f"发现日期 {documents.chinese_date(found_on)}在今天之后"
    if not circumstances.strip():
        problems["circumstances"] = "请写明怎样联系过、看到什么"
    if subject.state != "存续":
        problems["code"] = f"该主体的登记状态是“{subject.state}”，不用再报"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        living = (Unreachable.subject == subject) & Unreachable.state.in_(["reported", "listed"])
        if Unreachable.select().where(living).exists():
            raise Refused("这个主体已经报告过无法联系，或者已在经营异常名录", {"code": f"“{subject.name}”已经报告过无法联系，或者已在经营异常名录"})
        today = clock.today()
        ordinal = (
            Unreachable.select()
            .where((Unreachable.unit == unit) & (Unreachable.reported_at >= clock.at(date(today.year, 1, 1))))
            .count()
            + 1
        )
        made = Unreachable.create(
            subject=subject, unit=unit, found_on=found_on, circumstances=circumstances.strip(), address=subject.address,
            notice_number=documents.document_number(today.year, ordinal), reported_by=audit.actor().name, reported_at=clock.now(),
        )  # fmt: skip
        obligations.open_obligation(
            "unreachable", units.holder("abnormal_list").key, record=(RECORD, made.id), title=f"核实无法联系：{subject.name}",
            started_on=today, started_words="收到通报", days=days_for("days.unreachable", today), subject=subject, scored=False,
        )  # fmt: skip
        audit.record("报告无法联系", RECORD, made.id, after={"subject": subject.name, "found_on": found_on})
        jobs.start(notices.JOB, f"书面通报：{subject.name}", {"report": made.id})
    return made


def from_check(subject: Subject, unit: str, reason: str) -> None:
    """A check found the subject unreachable (another area tells): reported once, unless it is on its way already."""
    living = (Unreachable.subject == subject) & Unreachable.state.in_(["reported", "listed"])
    if subject.state == "存续" and not Unreachable.select().where(living).exists():
        report(unit, subject, clock.today(), reason)


def _advance(viewer: Any, report_id: int, act: str, **values: Any) -> None:
    if viewer.unit != units.holder("abnormal_list").key:
        raise NotAllowed("无法联系由市场监督管理部门核实、列入和移出")
    done = (
        Unreachable.update(**values)
        .where((Unreachable.id == report_id) & (Unreachable.state == _NEEDS[act]))
        .execute()
    )
    if not done:
        raise Stale("这一项的状态已经变了，可能刚被其他人处理，请刷新后查看")


def verify(viewer: Any, report_id: int, outcome: str, finding: str, day: date) -> Unreachable:
    """The market regulator verified: ``listed`` (查实，列入经营异常名录) or ``found`` (已取得联系), with what it found."""
    problems = {}
    if outcome not in ("listed", "found"):
        problems["outcome"] = "请选择核实结果"
    if not finding.strip():
        problems["finding"] = "请写明核实情况"
    if day > clock.today():
        problems["day"] = f"核实日期{documents.chinese_date(day)}在今天之后"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        _advance(
            viewer, report_id, "verify", state=outcome, finding=finding.strip(), verified_on=clock.today(),
            verified_by=audit.actor().name, verified_at=clock.now(), listed_on=day if outcome == "listed" else None,
        )  # fmt: skip
        obligations.fulfil("unreachable", (RECORD, report_id))
        audit.record("核实无法联系", RECORD, report_id, after={"state": outcome}, note=finding)
    return Unreachable.get_by_id(report_id)


def publish(viewer: Any, report_id: int, day: date) -> None:
    """The listing stands in the public system since ``day``."""
    found = Unreachable.get_by_id(report_id)
    if found.listed_on is None or not found.listed_on <= day <= clock.today():
        told = f"公示日期{documents.chinese_date(day)}应在列入日期与今天之间"
        raise Refused(told, {"day": told})
    with transaction():
        _advance(viewer, report_id, "publish", published_on=day)
        audit.record("公示经营异常", RECORD, report_id, after={"published_on": day})


def remove(viewer: Any, report_id: int, day: date, reason: str) -> None:
    """The subject was reached again or changed its address: off the list (移出)."""
    found = Unreachable.get_by_id(report_id)
    problems = {}
    if found.listed_on is None or not found.listed_on <= day <= clock.today():
        problems["day"] = f"移出日期{documents.chinese_date(day)}应在列入日期与今天之间"
    if not reason.strip():
        problems["reason"] = "请写明移出理由"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        _advance(viewer, report_id, "remove", state="removed", removed_on=day, removed_reason=reason.strip())
        audit.record("移出经营异常名录", RECORD, report_id, after={"removed_on": day}, note=reason)


def report_for(viewer: Any, report_id: int) -> Unreachable:
    """The report, for its unit, the market regulator, the office and the convenors. Raises Missing."""
    found = Unreachable.get_or_none(Unreachable.id == report_id)
    if found is None or not (_sees_all(viewer) or viewer.unit == found.unit):
        raise Missing("没有这份报告，或者它不属于您的单位")
    return found


def _sees_all(viewer: Any) -> bool:
    every = viewer.has_role("office", "convenor", "deputy_convenor")
    return every or bool(viewer.unit and viewer.unit == units.holder("abnormal_list").key)


def reports(
    viewer: Any, state: str, *, before: int = 0, size: int = 50
) -> tuple[list[Unreachable], int | None]:
    """Reports of ``state`` that the person may see: those still to be verified the oldest first, the others the newest."""
    query = Unreachable.select(Unreachable, Subject).join(Subject).where(Unreachable.state == state)
    if not _sees_all(viewer):
        query = query.where(Unreachable.unit == viewer.unit)
    waiting = state == "reported"
    if before:
        query = query.where(Unreachable.id > before if waiting else Unreachable.id < before)
    rows = list(query.order_by(Unreachable.id if waiting else Unreachable.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def counts(viewer: Any) -> dict[str, int]:
    """How many reports by state, in one query."""
    query = Unreachable.select(Unreachable.state, peewee.fn.COUNT(Unreachable.id)).group_by(Unreachable.state)
    return dict((query if _sees_all(viewer) else query.where(Unreachable.unit == viewer.unit)).tuples())
