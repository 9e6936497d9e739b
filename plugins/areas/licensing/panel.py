"""What licence linkage shows on a subject's page, warns of wherever a subject is chosen, and lists behind a score."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.toolkit import Alert, Panel, Quarter, Subject, clock, documents, units

from . import case_lists, case_rules, catalogue, permit_rules, rules, unreachable
from .case_models import UnlicensedCase, Unreachable
from .models import Claim, Push
from .permit_models import Permit

_LIMIT = 50


def of(subject: Subject, viewer: Any) -> Panel:
    """The subject's pushes, claim rows, permits, reports and cases, as far as ``viewer`` may open them."""
    every = viewer.has_role("office", "convenor", "deputy_convenor")
    pushes = list(
        Push.select()
        .where((Push.subject == subject) & (Push.state == "pushed"))
        .order_by(Push.id.desc())
        .limit(5)
    )
    rows = list(Claim.select().where(Claim.subject == subject).order_by(Claim.id).limit(_LIMIT))
    permits = list(Permit.select().where(Permit.subject == subject).order_by(Permit.id).limit(_LIMIT))
    reports = list(
        Unreachable.select().where(Unreachable.subject == subject).order_by(Unreachable.id.desc()).limit(5)
    )
    seen = [
        c
        for c in UnlicensedCase.select().where(UnlicensedCase.subject == subject).limit(_LIMIT)
        if every or viewer.unit in (c.unit, c.entered_unit)
    ]
    today = clock.today()
    values = {
        "pushes": [{"day": p.confirmed_on, "kind": p.kind, "href": url_for("licensing.push", record_id=p.id)} for p in pushes],
        "claims": [
            {
                "item": f"{row.item} {row.item_name}".strip(), "unit": units.name_of(row.unit) or row.body,
                "state": rules.CLAIM_STATES[row.state], "feedback": rules.FEEDBACK_KINDS.get(row.feedback, ""),
                "href": url_for("licensing.claim", record_id=row.id) if every or viewer.unit == row.unit else "",
            }
            for row in rows
        ],
        "permits": [
            {
                "item": getattr(catalogue.item(p.item), "name", p.item), "number": p.number, "unit": units.name_of(p.unit),
                "validity": permit_rules.validity(p.state, p.valid_until, today),
                "href": url_for("licensing.permit", record_id=p.id) if every or viewer.unit == p.unit else "",
            }
            for p in permits
        ],
        "reports": [{"state": unreachable.STATES[r.state], "unit": units.name_of(r.unit), "day": r.found_on} for r in reports],
        "cases": [
            {"kind": case_rules.KINDS[c.kind], "state": case_rules.STATES[c.state], "href": url_for("licensing.unlicensed_case", record_id=c.id)}
            for c in seen
        ],
    }  # fmt: skip
    return Panel("证照联动", "licensing/panel.html", values, order=10)


def alerts(subject: Subject) -> list[Alert]:
    """The subject stands on the abnormal list, or a permit of it lives on though it ended."""
    found = []
    listed = Unreachable.get_or_none((Unreachable.subject == subject) & (Unreachable.state == "listed"))
    if listed is not None:
        found.append(
            Alert(
                f"已列入经营异常名录（{documents.chinese_date(listed.listed_on)}列入，通过登记的住所无法联系）",
                "danger",
            )
        )
    if subject.state in ("注销", "吊销"):
        live = Permit.select().where((Permit.subject == subject) & (Permit.state == "live")).count()
        if live:
            found.append(Alert(f"主体已{subject.state}，仍有 {live} 份许可没有注销", "warning"))
    return found


def score_rows(quarter: Quarter, unit: str, item: str) -> list[dict[str, Any]]:
    """The leads behind the score of unlicensed trading."""
    if item != "unlicensed":
        return []
    return [
        {
            "text": f"{case_rules.KINDS[case.kind]}：{case.person}（{case_rules.STATES[case.state]}）", "day": case.entered_on,
            "counted": case.state not in case_lists.NOT_COUNTED, "href": url_for("licensing.unlicensed_case", record_id=case.id),
        }
        for case in case_lists.rows_of(quarter, unit)
    ]  # fmt: skip
