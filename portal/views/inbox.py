"""待办: what the unit owes, the most urgent first, with the arithmetic of each deadline; figures for the office."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask_login import current_user

from portal import audit, clock, list_columns, list_files, obligation_figures, obligations, units
from portal.access import requires
from portal.links import record_link
from portal.pages import link, page
from portal.refusals import Missing
from portal.workdays import Quarter

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")

STATES = ((obligations.OPEN, "待办"), (obligations.FULFILLED, "已办"), (obligations.MISSED, "未履行"), (obligations.WITHDRAWN, "已撤销"), (obligations.MOVED, "已转出"))


def _unit_shown() -> str:
    """The person's own unit; the office and the convenors may look at any."""
    asked = request.args.get("unit", "")
    if asked and _sees_every_unit():
        if units.unit(asked) is None:
            raise Missing("没有这个单位")
        return asked
    return current_user.unit


def _part(unit: str, kind: str, state: str, after: str) -> tuple[list[obligations.Obligation], str | None]:
    found = obligations.inbox(unit, kind=kind, state=state, after=after, size=500)
    return found.rows, found.after


def _sees_every_unit() -> bool:
    return current_user.has_role("office", "convenor", "deputy_convenor")


@blueprint.get("/")
@requires("inbox.view")
def index() -> Response:
    unit = _unit_shown()
    kind, state = request.args.get("kind", ""), request.args.get("state", obligations.OPEN)
    if kind and kind not in obligations.KINDS:
        raise Missing("没有这一类时限义务")
    if state not in dict(STATES):
        raise Missing("没有这种状态")
    if list_files.wanted():
        return list_files.answer("待办", list_columns.OBLIGATIONS, list_files.walk(lambda after: _part(unit, kind, state, after), ""))
    found = obligations.inbox(unit, kind=kind, state=state, after=request.args.get("after", ""))
    counts = obligations.open_counts(unit)
    query = {"kind": kind, "state": "" if state == obligations.OPEN else state, "unit": request.args.get("unit", "")}
    return page(
        "inbox/index.html",
        part="inbox/_rows.html",
        rows=[(owed, obligations.lamp(owed), record_link(owed.kind, owed.record_id, owed.record_type, owed.unit)) for owed in found.rows],
        next_href=link("inbox.index", {**query, "after": found.after}) if found.after else None,
        first_href=link("inbox.index", query) if request.args.get("after") else None,
        kinds=[(k, obligations.KINDS[k].label, *counts[k]) for k in obligations.KINDS if k in counts],
        states=STATES,
        chosen={"kind": kind, "state": state, "unit": unit},
        unit_label=units.name_of(unit),
        query=query,
        units_shown=[(one.key, one.name) for one in units.enabled()] if _sees_every_unit() else [],
    )


@blueprint.get("/<int:obligation_id>")
@requires("inbox.view")
def show(obligation_id: int) -> Response:
    owed = obligations.obligation_for(current_user, obligation_id)
    return page(
        "inbox/show.html",
        owed=owed,
        kind=obligations.KINDS[owed.kind],
        lamp=obligations.lamp(owed),
        unit_label=units.name_of(owed.unit),
        state_label=obligations.STATE_LABELS[owed.state],
        href=record_link(owed.kind, owed.record_id, owed.record_type, owed.unit),
        history=audit.history(owed.record_type, owed.record_id) if owed.unit == current_user.unit else [],
    )


@blueprint.get("/figures")
@requires("inbox.view")
def figures() -> Response:
    try:
        quarter = Quarter.parse(request.args.get("quarter", "")) if request.args.get("quarter") else Quarter.of(clock.today())
    except ValueError as error:
        raise Missing(str(error)) from error
    every = _sees_every_unit()
    rows = [row for row in obligation_figures.figures(quarter.first, quarter.last) if every or row[0] == current_user.unit]
    order = {unit.key: unit.number for unit in units.enabled(min(quarter.last, clock.today()))}
    rows.sort(key=lambda row: (order.get(row[0], 999), list(obligations.KINDS).index(row[1])))
    shown = [(units.name_of(unit), obligations.KINDS[kind].label, *(int(n or 0) for n in numbers)) for unit, kind, *numbers in rows]
    if list_files.wanted():
        return list_files.answer(f"{quarter.label}义务统计", list_columns.FIGURES, shown)
    return page(
        "inbox/figures.html",
        part="inbox/_figures.html",
        quarter=quarter,
        rows=shown,
        every=every,
    )
