"""公示: the publisher's queue and its acts over chosen rows or a whole filter; the export for the public system."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import listing, publicity, record_rules
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.publicity_rules import TRACKS
from plugins.areas.credit.reach import is_holder, record_for
from plugins.areas.credit.views import blueprint
from plugins.areas.credit.views.answers import xlsx
from plugins.areas.credit.views.records import records_file
from portal.toolkit import (
    NotAllowed,
    Refused,
    act,
    audit,
    clock,
    link,
    list_files,
    page,
    requires,
    spreadsheets,
    units,
)

_STATES = (
    record_rules.DUE,
    record_rules.PUBLISHED,
    record_rules.WITHDRAWING,
    record_rules.ENDED,
    record_rules.GONE,
    record_rules.BARRED,
)


def _filters(arguments: Any) -> dict[str, str]:
    found = listing.record_filters(arguments)
    found["publicity"] = found.get("publicity") or record_rules.DUE
    return found


@blueprint.get("/publicity")
@requires("credit.view")
def publicity_page() -> Response:
    filters = _filters(request.args)
    if list_files.wanted():
        return records_file("公示", filters)
    found = listing.list_records(current_user, filters, request.args.get("older", type=int))
    return page(
        "credit/publicity.html",
        part="credit/_publicity.html",
        rows=[(record, units.name_of(record.unit)) for record in found.rows],
        clocks=publicity.clocks(filters["publicity"], [record.id for record in found.rows]),
        total=listing.count_records(current_user, filters),
        next_href=link("credit.publicity_page", {**filters, "older": found.older}) if found.older else None,
        first_href=link("credit.publicity_page", filters) if request.args.get("older") else None,
        filters=filters,
        states=[(key, record_rules.PUBLICITY_LABELS[key]) for key in _STATES],
        publisher=current_user.can("credit.publish") and is_holder(current_user.unit, "publisher"),
        tracks=TRACKS,
        today=clock.today(),
        month_ago=clock.today() - timedelta(days=30),
    )


def _publisher() -> None:
    if not is_holder(current_user.unit, "publisher"):
        raise NotAllowed(f"公示由{units.holder('publisher').name}办理（二（二））")


@blueprint.post("/publicity/publish")
@act("credit.publish")
def publish() -> Response:
    """Publish the chosen rows, or with ``all`` every waiting record of the filter shown."""
    _publisher()
    filters = _filters(request.form) | {"publicity": record_rules.DUE}
    condition = listing.record_condition(current_user, filters)
    if request.form.get("scope") != "all":
        chosen = request.form.getlist("record", type=int)
        if not chosen:
            raise Refused("没有勾选要公示的信息")
        condition &= DishonestyRecord.id.in_(chosen)
    count = publicity.publish_waiting(condition)
    if not count:
        raise Refused("勾选的信息已由别人办理，请刷新")
    flash(f"已记于名下并公示 {count} 条", "success")
    return redirect(
        link("credit.publicity_page", {name: text for name, text in filters.items() if name != "publicity"}),
        303,
    )


@blueprint.post("/records/<int:record_id>/publish")
@act("credit.publish")
def publish_one(record_id: int) -> Response:
    _publisher()
    found = record_for(current_user, record_id)
    publicity.publish(found)
    flash(f"{found.publicity_label}：{found.publicity_reason}", "success")
    return redirect(url_for("credit.record", record_id=record_id), 303)


@blueprint.post("/records/<int:record_id>/taken-back")
@act("credit.publish")
def taken_back(record_id: int) -> Response:
    _publisher()
    publicity.confirm_taken_back(record_for(current_user, record_id))
    flash("已记录：公示系统已撤回", "success")
    return redirect(url_for("credit.record", record_id=record_id), 303)


def _day(name: str, default: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise Refused(f"日期“{text[:20]}”应写成 2026-09-25", {name: "日期不对"}) from None


@blueprint.get("/publicity/export")
@requires("credit.view")
def publicity_export() -> Response:
    """The file for the public system: everything whose publicity changed between two days."""
    _publisher()
    today = clock.today()
    first, last = _day("first", today - timedelta(days=30)), _day("last", today)
    if first > last:
        raise Refused(f"开始日期 {first} 在结束日期 {last} 之后")
    audit.record_alone("导出公示文件", "publicity", "export", note=f"{first} 至 {last}")
    rows = publicity.export_rows(first, last)
    return xlsx(
        lambda target: spreadsheets.write_xlsx(target, [("公示", publicity.HEADINGS, rows)]),
        f"公示系统{first}至{last}.xlsx",
    )
