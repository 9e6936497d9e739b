"""抽查统计: should / done / published / closed and problem rate, by unit, field, item, theme, street or class."""

from __future__ import annotations

from datetime import date

from flask import Response, request
from flask_login import current_user

from plugins.areas.inspections import figures, list_columns, sight
from plugins.areas.inspections.views import blueprint
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import clock, list_files, page, requires


def _day(name: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise


@blueprint.get("/figures", endpoint="figures")
@requires("inspection.view")
def index() -> Response:
    by = request.args.get("by", "unit")
    by = by if by in figures.BY else "unit"
    year = clock.today().year
    first, last = _day("first", date(year, 1, 1)), _day("last", date(year, 12, 31))
    lines = figures.table(by, first, last, sight.checks_seen(current_user))
    if list_files.wanted():
        rows = lines + ([figures.total(lines)] if len(lines) > 1 else [])
        return list_files.answer("抽查统计", list_columns.figures(figures.BY[by], dict(checking_units())), rows)
    return page(
        "inspections/figures.html", part="inspections/_figures.html", lines=lines, total=figures.total(lines), by=by,
        groupings=figures.BY, first=first, last=last, names=dict(checking_units()), share=figures.Figure.share,
        visits=figures.visits(first, last, sight.checks_seen(current_user)),
    )  # fmt: skip
