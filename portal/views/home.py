"""The first page after signing in: what is due, where the unit stands, and the health of the service."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask_login import current_user

from portal import clock, notices, obligation_figures, obligations, units
from portal.access import act, public, requires
from portal.database import database
from portal.links import record_link
from portal.pages import page

blueprint = Blueprint("home", __name__)


#: Where persons without an inbox begin: the endpoint and the permission that leads there.
FIRST_PAGES = (("audit.index", "audit.view"), ("people.accounts", "account.list"))


@blueprint.get("/")
@requires("home.view")
def index() -> Response:
    if not current_user.can("inbox.view"):
        first = next((e for e, p in FIRST_PAGES if current_user.can(p)), "auth.account")
        return redirect(url_for(first), 303)
    unit = current_user.unit
    counts = obligations.open_counts(unit) if unit else {}
    urgent = obligations.inbox(unit, size=8).rows if unit else []
    return page(
        "home/index.html",
        pressing=obligation_figures.pressing(unit) if unit else None,
        counts=[(obligations.KINDS[kind].label, kind, *counts[kind]) for kind in obligations.KINDS if kind in counts],
        urgent=[
            (owed, obligations.lamp(owed), record_link(owed.kind, owed.record_id, owed.record_type, owed.unit))
            for owed in urgent
        ],
        told=notices.unread(current_user),
        every_unit=_every_unit() if current_user.has_role("office", "convenor", "deputy_convenor") else [],
    )


def _every_unit() -> list[tuple[str, str, int, int]]:
    """Key, name, open and overdue obligations of each enabled unit, the most overdue first."""
    owed = obligation_figures.open_by_unit()
    rows = [(unit.key, unit.name, *owed.get(unit.key, (0, 0))) for unit in units.enabled(clock.today())]
    return sorted(rows, key=lambda row: (-row[3], -row[2]))


@blueprint.post("/notices/<int:notice_id>/read")
@act("home.view")
def read_notice(notice_id: int) -> Response:
    notices.read(current_user, notice_id)
    return redirect(url_for("home.index"), 303)


@blueprint.post("/notices/read-all")
@act("home.view")
def read_all_notices() -> Response:
    notices.read_all(current_user)
    return redirect(url_for("home.index"), 303)


@blueprint.get("/health")
@public
def health() -> Response:
    database.execute_sql("SELECT 1")
    return jsonify({"status": "ok"})
