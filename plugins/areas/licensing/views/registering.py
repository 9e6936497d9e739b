"""录入登记信息: the registrar's form for one registration, and the market regulator's for 吊销."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, Registration, act, clock, page, requires, spreadsheets, subjects, units

from .. import pushes
from . import blueprint
from .typed import day, required_day

_TEXTS = (
    "name",
    "code",
    "kind",
    "representative",
    "registrar",
    "address",
    "street",
    "industry",
    "scope",
    "turned_from",
)


def _events() -> list[str]:
    return [event for event in subjects.EVENTS if pushes.event_refusal(current_user.unit, event) is None]


def _form(values: dict[str, Any], refusal: Refused | None = None) -> Response:
    pushes.may_enter(current_user.unit)
    return page(
        "licensing/registration.html", status=422 if refusal else 200, values=values, refusal=str(refusal or ""),
        errors=refusal.fields if refusal else {}, events=_events(), categories=subjects.CATEGORIES, today=clock.today(),
        unit_label=units.name_of(current_user.unit), ending_only=_events() == ["吊销"],
    )  # fmt: skip


@blueprint.get("/registrations/new", endpoint="registration")
@requires("licensing.push")
def registration() -> Response:
    values: dict[str, Any] = {
        "event": _events()[0] if _events() else "",
        "approved": clock.today(),
        "category": "企业",
    }
    known = request.args.get("subject", type=int)
    subject = subjects.Subject.get_or_none(subjects.Subject.id == known) if known else None
    if subject is not None:
        values |= {
            name: getattr(subject, name)
            for name in (*_TEXTS, "category", "established", "term_until")
            if hasattr(subject, name)
        }
        values |= {
            "code": subject.credit_code or subject.registration_number or "",
            "event": "变更" if "变更" in _events() else values["event"],
        }
        values["capital"] = "" if subject.capital is None else f"{subject.capital / 1_000_000:g}"
    return _form(values)


def _capital(text: str) -> int | None:
    try:
        return spreadsheets.read_money_fen(text, "万元")
    except spreadsheets.ValueRefused as refused:
        raise Refused(f"注册资本“{text[:20]}”：{refused.rule}", {"capital": refused.rule}) from refused


@blueprint.post("/registrations/new")
@act("licensing.push")
def register() -> Response:
    form = request.form
    try:
        made = Registration(
            event=form.get("event", ""), category=form.get("category", "") or subjects.category_of(form.get("code", "")),
            approved=required_day(form, "approved", "核准日期"), capital=_capital(form.get("capital", "")),
            established=day(form, "established", "成立日期"), term_until=day(form, "term_until", "营业期限至"),
            **{name: form.get(name, "") for name in _TEXTS},
        )  # fmt: skip
        subject, push = pushes.enter(made, current_user.unit)
    except Refused as refusal:
        return _form(dict(form), refusal)
    flash(f"“{subject.name}”的{made.event}信息已录入。" + ("请确认事项并推送。" if push else ""), "success")
    if push is not None:
        return redirect(url_for("licensing.push", record_id=push.id), 303)
    return redirect(url_for("subjects.show", subject_id=subject.id), 303)
