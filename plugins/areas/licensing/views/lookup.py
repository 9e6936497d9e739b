"""自行认领、区外条线: a unit claims by itself what was not pushed to it; rows of bodies outside."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, act, list_files, page, requires

from .. import catalogue, claims, list_columns, outside, pushes
from . import blueprint


@blueprint.post("/pushes/<int:record_id>/claim")
@act("licensing.claim")
def self_claim(record_id: int) -> Response:
    found = pushes.push_for(current_user, record_id)
    try:
        if found.state != "pushed":
            raise Refused("还没有推送的不能认领")
        row = claims.self_claim(current_user.unit, found, request.form.get("code", ""))
    except Refused as refusal:
        flash(str(refusal), "danger")
        return redirect(url_for("licensing.push", record_id=record_id), 303)
    flash("已自行认领，请在反馈期限内反馈。", "success")
    return redirect(url_for("licensing.claim", record_id=row.id), 303)


@blueprint.get("/outside/", endpoint="outside")
@requires("licensing.office")
def outside_rows() -> Response:
    state = "informed" if request.args.get("state") == "informed" else "outside"
    if list_files.wanted():
        return list_files.answer("区外条线", list_columns.OUTSIDE, list_files.walk(lambda before: outside.rows(state, before=before, size=500), 0))
    rows, before = outside.rows(state, before=request.args.get("before", 0, type=int))
    return page(
        "licensing/outside.html", rows=[(row, getattr(catalogue.item(row.item), "name", row.item_name)) for row in rows], state=state,
        next_href=url_for("licensing.outside", state=state, before=before) if before else None,
    )  # fmt: skip


@blueprint.post("/outside/")
@act("licensing.office")
def inform_outside() -> Response:
    ids = [int(number) for number in request.form.getlist("row") if number.isdigit()]
    done = outside.inform(current_user, ids, request.form.get("note", ""))
    flash(f"已记录转告 {done} 条。", "success")
    return redirect(url_for("licensing.outside"), 303)
