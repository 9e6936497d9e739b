"""Whom a permit is about to be entered for: the subject of a typed code and what warns of it, shown at once (二（二）)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from portal.toolkit import Alert, Refused, Subject, digest_of, page, registry, requires, subjects

from . import blueprint


def alerts_of(subject: Subject) -> list[Alert]:
    """The areas' warnings about a subject, the gravest first: sanctions in force, the abnormal list."""
    found = [alert for _, answer in registry().answers("subject_alerts", subject=subject) for alert in answer]
    return sorted(found, key=lambda alert: (alert.level != "danger", alert.text))


def _digest(alerts: list[Alert]) -> str:
    return digest_of([alert.text for alert in alerts]) if alerts else ""


def named(code: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of the code typed so far: ``subject``, its ``alerts``, their digest ``seen`` which the form
    sends back, and ``confirmed``: whether the person sent these very warnings back."""
    try:
        subject = subjects.by_code(code) if code.strip() else None
    except Refused:
        subject = None
    alerts = alerts_of(subject) if subject else []
    seen = _digest(alerts)
    return {"subject": subject, "alerts": alerts, "seen": seen, "confirmed": not alerts or form.get("seen") == seen}


def check_seen(subject: Subject, form: Mapping[str, Any], button: str) -> None:
    """A permit for a subject that is warned of is entered by a person who was shown the warnings: the form comes back
    once, and nothing is barred. Raises Refused."""
    if not named(subject.code, form)["confirmed"]:
        told = f"“{subject.name}”有需要注意的情况，请看表单里的提示，仍要录入的再次点“{button}”"
        raise Refused(told, {"code": told})


@blueprint.get("/permits/subject")
@requires("licensing.claim")
def permit_subject() -> Response:
    """The part of the form that names the subject, asked for while its code is being typed."""
    return page("licensing/_permit_subject.html", **named(request.args.get("code", "")[:40], {}))
