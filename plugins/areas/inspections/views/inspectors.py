"""执法检查人员名录库: the list, one person with certificate, items, leave and declared interests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from plugins.areas.inspections import inspectors, items, list_columns, sight
from plugins.areas.inspections.models import Inspector
from plugins.areas.inspections.views import blueprint, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import act, audit, clock, link, list_files, page, requires


@blueprint.get("/inspectors", endpoint="inspectors")
@requires("inspection.view")
def index() -> Response:
    unit = request.args.get("unit", "") if sight.reads_all(current_user) else current_user.unit
    query = Inspector.select()
    if unit or not sight.reads_all(current_user):
        query = query.where(Inspector.unit == unit)
    if list_files.wanted():
        return list_files.answer("执法检查人员名录库", list_columns.INSPECTORS, list_files.by_key(query, Inspector.id))
    rows, more = forms.paged(query, Inspector.id)
    return page(
        "inspections/inspectors.html", part="inspections/_inspectors.html", rows=[(row, validity(row)) for row in rows], unit=unit,
        next_href=link("inspections.inspectors", {"unit": unit, "after": more}) if more else None, units=checking_units(),
        unit_names=dict(checking_units()), all_units=sight.reads_all(current_user), may_edit=may_edit(),
    )  # fmt: skip


def may_edit() -> bool:
    """Whether the person keeps the library of the own unit."""
    return current_user.can("inspection.draft") and bool(items.fields_of(current_user.unit))


def validity(inspector: Inspector) -> tuple[str, str]:
    """(words, tone) of the certificate: an expired one drops out of every draw by itself."""
    today = clock.today()
    if not inspector.active:
        return "不参加抽取", "neutral"
    if inspector.valid_to < today:
        return "证件已到期，自动不参加抽取", "bad"
    if inspector.valid_to < today + timedelta(days=inspectors.RUNNING_OUT):
        return "证件即将到期", "warn"
    return "有效", "good"


@blueprint.get("/inspectors/new", endpoint="new_inspector")
@requires("inspection.draft")
def new() -> Response:
    return _show(None)


def _show(
    inspector: Inspector | None, errors: Mapping | None = None, typed: Any = None, status: int = 200
) -> Response:
    shown: Any = {"active": True} if inspector is None else inspectors.plain(inspector)
    if typed is not None and "certificate" in typed:
        shown = dict(typed.items()) | {name: typed.getlist(name) for name in ("items", "fields")}
    return page(
        "inspections/inspector.html", status=status, errors=errors or {}, typed=typed or {}, inspector=inspector, shown=shown,
        validity=validity(inspector) if inspector else None, fields=[(name, name) for name in items.fields_of(current_user.unit)],
        items=[(version.number, f"{version.number} {version.item}") for version in items.in_force_of(current_user.unit)],
        leaves=list(inspector.leaves) if inspector else [], interests=list(inspector.interests) if inspector else [],
        history=audit.history("inspector", inspector.id, 50) if inspector else [], texts=inspectors.TEXTS,
    )  # fmt: skip


def _sent() -> dict[str, Any]:
    sent: dict[str, Any] = {name: forms.text(name) for name in inspectors.TEXTS}
    return sent | {
        "valid_to": forms.day("valid_to", "执法证有效期"), "items": request.form.getlist("items"),
        "fields": request.form.getlist("fields"), "expert": forms.text("expert"), "active": forms.text("active"),
    }  # fmt: skip


@blueprint.post("/inspectors/new", endpoint="enter_inspector")
@act("inspection.draft")
def enter() -> Response:
    return forms.attempt(
        lambda: inspectors.save(current_user.unit, _sent()), lambda made: url_for("inspections.inspector", inspector_id=made.id),
        lambda **rest: _show(None, **rest), "已登记",
    )  # fmt: skip


@blueprint.get("/inspectors/<int:inspector_id>", endpoint="inspector")
@requires("inspection.draft")
def show(inspector_id: int) -> Response:
    return _show(inspectors.inspector_of(current_user.unit, inspector_id))


def _act(inspector_id: int, do: Any, said: str) -> Response:
    return forms.attempt(
        do, url_for("inspections.inspector", inspector_id=inspector_id),
        lambda **rest: _show(inspectors.inspector_of(current_user.unit, inspector_id), **rest), said,
    )  # fmt: skip


@blueprint.post("/inspectors/<int:inspector_id>", endpoint="save_inspector")
@act("inspection.draft")
def save(inspector_id: int) -> Response:
    return _act(inspector_id, lambda: inspectors.save(current_user.unit, _sent(), inspector_id), "已保存")


@blueprint.post("/inspectors/<int:inspector_id>/leave", endpoint="take_leave")
@act("inspection.draft")
def leave(inspector_id: int) -> Response:
    def do() -> None:
        inspectors.take_leave(
            inspector_id,
            forms.day("from_day", "开始日期"),
            forms.day("until_day", "结束日期"),
            forms.text("leave_reason"),
        )

    return _act(inspector_id, do, "请假已登记")


@blueprint.post("/inspectors/<int:inspector_id>/interest", endpoint="declare_interest")
@act("inspection.draft")
def interest(inspector_id: int) -> Response:
    def do() -> None:
        inspectors.declare_interest(
            inspector_id, forms.text("object_id"), forms.text("object_name"), forms.text("reason")
        )

    return _act(inspector_id, do, "回避已登记")


@blueprint.post("/inspectors/<int:inspector_id>/interest/<int:interest_id>/end", endpoint="end_interest")
@act("inspection.draft")
def end_interest(inspector_id: int, interest_id: int) -> Response:
    return _act(inspector_id, lambda: inspectors.end_interest(interest_id), "回避已解除")
