"""安全告警: the security administrator's list, and how each was seen to."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from portal import alarms
from portal.access import act, requires
from portal.alarms import Alarm
from portal.pages import key_from, link, page
from portal.refusals import Refused

blueprint = Blueprint("alarms", __name__, url_prefix="/alarms")
SIZE = 50


def _list(status: int = 200, errors: dict[str, str] | None = None, wrong: int = 0, typed: str = "") -> Response:
    older = key_from("older")
    query = Alarm.select()
    if older is not None:
        query = query.where(Alarm.id < older)
    rows = list(query.order_by(Alarm.id.desc()).limit(SIZE + 1))
    more, rows = len(rows) > SIZE, rows[:SIZE]
    return page(
        "alarms/index.html", status=status, rows=rows, errors=errors or {}, wrong=wrong, typed=typed,
        first_href=link("alarms.index") if older is not None else None,
        next_href=link("alarms.index", {"older": rows[-1].id}) if more else None,
    )  # fmt: skip


@blueprint.get("/")
@requires("alarm.view")
def index() -> Response:
    return _list()


@blueprint.post("/<int(max=9223372036854775807):alarm_id>/settle")
@act("alarm.view")
def settle(alarm_id: int) -> Response:
    note = request.form.get("note", "")
    try:
        alarms.settle(current_user, alarm_id, note)
    except Refused as refusal:
        if "note" not in refusal.fields:
            raise
        return _list(422, refusal.fields, alarm_id, note)
    flash("已记录处置情况", "success")
    return redirect(url_for("alarms.index"), 303)
