"""季度清单: who sent what, sending a list, and the three-way comparison with signed reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from portal import clock, facts, list_columns, list_files, obligations, quarter_lists, units
from portal.access import act, requires
from portal.pages import page
from portal.quarter_list_files import columns
from portal.refusals import Missing, Refused
from portal.workdays import Quarter

blueprint = Blueprint("quarter_lists", __name__, url_prefix="/quarter-lists")


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as error:
        raise Missing(str(error)) from error


def _every() -> bool:
    return current_user.has_role("office", "convenor", "deputy_convenor")


@blueprint.get("/")
@requires("quarter_list.view")
def index() -> Response:
    quarter = _quarter(request.args["quarter"]) if request.args.get("quarter") else Quarter.of(clock.today())
    span = facts.span_of(quarter)
    rows = [row for row in quarter_lists.standing(quarter) if _every() or row[0] == current_user.unit]
    named = [(unit, units.name_of(unit), kind, quarter_lists.KINDS[kind], upload, number) for unit, kind, upload, number in rows]
    if list_files.wanted():
        return list_files.answer(f"{quarter.label}清单", list_columns.QUARTER_LISTS, named)
    return page(
        "quarter_lists/index.html", quarter=quarter, opens=quarter_lists.opens_on(quarter), last=span.last_workday, closing=span.closing,
        rows=named,
        previous=quarter.previous, next=quarter.next if quarter.next.first <= clock.today() else None,
    )  # fmt: skip


@blueprint.get("/<record_id>/own")
@requires("quarter_list.view")
def own(record_id: str) -> Response:
    """Where the inbox leads: the lists of the person's own unit."""
    _quarter(record_id)
    return redirect(url_for("quarter_lists.index", quarter=record_id), 303)


def _unit(unit: str, kind: str) -> str:
    if (
        kind not in quarter_lists.KINDS
        or (unit != current_user.unit and not _every())
        or units.unit(unit) is None
    ):
        raise Missing("没有这份清单，或者它不属于您的单位")
    return unit


@blueprint.get("/<quarter>/<unit>/<kind>")
@requires("quarter_list.view")
def show(quarter: str, unit: str, kind: str) -> Response:
    when, unit = _quarter(quarter), _unit(unit, kind)
    if list_files.wanted():
        title = f"{units.name_of(unit)}{when.label}{quarter_lists.KINDS[kind]}比对"
        return list_files.answer(title, list_columns.COMPARISON, _differences(quarter_lists.comparison(unit, when, kind)))
    return _show(when, unit, kind)


def _differences(found: Any) -> Iterator[tuple[str, Any, str, str, str]]:
    yield from (("只在清单里", entry, "", "", "") for entry in found.listed_only)
    yield from (("只在平台上", entry, "", "", "") for entry in found.held_only)
    for pair in found.different:
        yield from (("内容不同", pair.listed, label, listed, held) for label, listed, held in pair.differences)


def _show(quarter: Quarter, unit: str, kind: str, refusal: Refused | None = None) -> Response:
    uploads = quarter_lists.QuarterUpload.select().where(
        (quarter_lists.QuarterUpload.quarter == str(quarter)) & (quarter_lists.QuarterUpload.unit == unit)
        & (quarter_lists.QuarterUpload.kind == kind)
    ).order_by(quarter_lists.QuarterUpload.id.desc()).limit(20)  # fmt: skip
    sent = list(uploads)
    owed = [o for o in obligations.of_record("quarter_list", str(quarter)) if o.unit == unit]
    span = facts.span_of(quarter)
    return page(
        "quarter_lists/show.html", status=422 if refusal else 200, quarter=quarter, unit=unit, unit_label=units.name_of(unit), kind=kind,
        kind_label=quarter_lists.KINDS[kind], uploads=sent, found=quarter_lists.comparison(unit, quarter, kind),
        resolutions=quarter_lists.resolutions(unit, quarter, kind), outcomes=list(quarter_lists.OUTCOMES.items()),
        may_send=unit == current_user.unit and current_user.can("quarter_list.send") and clock.today() <= span.closing,
        may_resolve=(unit == current_user.unit and current_user.can("quarter_list.send")) or current_user.has_role("office"),
        refusal=str(refusal or ""), errors=refusal.fields if refusal else {}, closing=span.closing, last=span.last_workday,
        owed=[(o, obligations.lamp(o)) for o in owed], columns=columns(kind), problems=sent[0].problems if sent else [],
    )  # fmt: skip


@blueprint.post("/<quarter>/<unit>/<kind>/send")
@act("quarter_list.send")
def send(quarter: str, unit: str, kind: str) -> Response:
    when = _quarter(quarter)
    if _unit(unit, kind) != current_user.unit:
        raise Missing("只能报送本单位的清单")
    file = request.files.get("file")
    try:
        if request.form.get("nil") == "1":
            quarter_lists.send_nil(unit, when, kind)
            flash("已报送：本季无。", "success")
        elif file is None or not file.filename:
            raise Refused("请选择文件，或勾选本季无", {"file": "请选择文件"})
        else:
            made = quarter_lists.send(unit, when, kind, file.stream, file.filename)
            told = f"读到 {made.rows} 行，新收 {made.added} 行。" + (
                "有问题的行在下面，请改正后再报。" if made.problems else ""
            )
            flash(told, "warning" if made.problems else "success")
    except Refused as refusal:
        return _show(when, unit, kind, refusal)
    return redirect(url_for("quarter_lists.show", quarter=quarter, unit=unit, kind=kind), 303)


@blueprint.post("/<quarter>/<unit>/<kind>/resolve")
@act("quarter_list.view")
def resolve(quarter: str, unit: str, kind: str) -> Response:
    when, form = _quarter(quarter), request.form
    _unit(unit, kind)
    try:
        if not (current_user.can("quarter_list.send") or current_user.has_role("office")):
            raise Refused("差异由经办人、联络员或联席会议办公室处理")
        quarter_lists.resolve(
            current_user,
            unit,
            when,
            kind,
            form.get("side", ""),
            form.get("identity", ""),
            form.get("outcome", ""),
            form.get("reason", ""),
        )
    except Missing:
        raise
    except Refused as refusal:
        return _show(when, unit, kind, refusal)
    flash("差异已处理。", "success")
    return redirect(url_for("quarter_lists.show", quarter=quarter, unit=unit, kind=kind), 303)
