"""查询下载: every push as a file; a unit claims by itself what was not pushed to it; rows of bodies outside."""

from __future__ import annotations

import io
from collections.abc import Iterator

from flask import Response, flash, redirect, request, send_file, url_for
from flask_login import current_user

from portal.toolkit import Missing, Refused, act, audit, clock, page, requires, spreadsheets

from .. import catalogue, claims, lookup, outside, pushes
from . import blueprint
from .pushes import push_filters

_COLUMNS = (
    ("推送日期", 12), ("名称", 32), ("统一社会信用代码", 22), ("登记事项", 10), ("分类", 10), ("登记状态", 10), ("街道", 14), ("住所", 36),
    ("法定代表人", 14), ("行业代码", 10), ("经营范围", 60), ("匹配的事项", 40), ("办理单位", 30),
)  # fmt: skip


@blueprint.get("/pushes/download", endpoint="pushes_download")
@requires("licensing.view")
def download() -> Response:
    """All pushes of the filter as shown, as XLSX or CSV; the download is logged."""
    filters = push_filters()
    if filters.state != "pushed":
        raise Missing("只有已推送的可以下载")
    kind = "csv" if request.args.get("format") == "csv" else "xlsx"
    headings = [spreadsheets.Heading(title, width) for title, width in _COLUMNS]
    rows: Iterator[list[object]] = lookup.export_rows(filters)
    target = io.BytesIO()
    if kind == "csv":
        spreadsheets.write_csv(target, headings, rows)
    else:
        spreadsheets.write_xlsx(target, [("推送", headings, rows)])
    audit.record_alone("下载推送", "push", "*", note=f"{filters}")
    target.seek(0)
    return send_file(target, as_attachment=True, download_name=f"推送-{clock.today()}.{kind}")


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
