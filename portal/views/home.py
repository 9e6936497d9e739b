"""The first page after signing in: what is due, where the unit stands, and the health of the service."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask_login import current_user

from portal import notices, obligations
from portal.access import act, public, requires
from portal.database import database
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
    counts = obligations.open_counts(current_user.unit) if current_user.unit else {}
    urgent = obligations.inbox(current_user.unit, size=8).rows if current_user.unit else []
    return page(
        "home/index.html",
        counts=[(obligations.KINDS[kind].label, kind, total, late) for kind, (total, late) in sorted(counts.items())],
        urgent=[(owed, obligations.lamp(owed)) for owed in urgent],
        told=notices.unread(current_user),
    )


@blueprint.post("/notices/<int:notice_id>/read")
@act("home.view")
def read_notice(notice_id: int) -> Response:
    notices.read(current_user, notice_id)
    return redirect(url_for("home.index"), 303)


@blueprint.get("/health")
@public
def health() -> Response:
    database.execute_sql("SELECT 1")
    return jsonify({"status": "ok"})
