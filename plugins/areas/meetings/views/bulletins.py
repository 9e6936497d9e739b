"""通报: issuing from the frozen scores, the documents by year, receipts, the year's result for the appraisal body."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, act, audit, clock, files, list_files, page, requires

from .. import bulletins, list_columns, papers
from .blueprint import ID, blueprint, download, typed, year_asked

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/bulletins")
@requires("meeting.view")
def bulletins_page() -> Response:
    return _list()


def _list(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    known = bulletins.years(clock.today())
    year = year_asked(known)
    if list_files.wanted():
        return list_files.answer("通报", list_columns.BULLETINS, bulletins.page_of(year))
    office = current_user.has_role("office")
    return page(
        "meetings/bulletins.html",
        part="meetings/_bulletins.html",
        status=status,
        years=known,
        year=year,
        rows=bulletins.page_of(year),
        periods=bulletins.periods(clock.today()) if office else [],
        office=office,
        errors=errors or {},
        typed=typed("period", "introduction") if status != 200 else {},
    )


@blueprint.post("/bulletins")
@act("meeting.office")
def issue_bulletin() -> Response:
    try:
        made = bulletins.issue(
            current_user, request.form.get("period", ""), request.form.get("introduction", "")
        )
    except Refused as refusal:
        return _list(422, refusal.beside("period"))
    flash(f"通报{made.number}已发各单位，文件正在生成", "success")
    return redirect(url_for("meetings.bulletin_page", bulletin_id=made.id), 303)


@blueprint.get(f"/bulletins/<{ID}:bulletin_id>")
@requires("meeting.view")
def bulletin_page(bulletin_id: int) -> Response:
    found = bulletins.bulletin_for(current_user, bulletin_id)
    delivered = papers.deliveries(("bulletin", found.id))
    return page(
        "meetings/bulletin.html",
        bulletin=found,
        content=found.paper.content,
        paper=found.paper,
        deliveries=delivered
        if current_user.has_role("office")
        else [one for one in delivered if one.unit and one.unit == current_user.unit],
        receipt=next(
            (one for one in delivered if one.unit and one.unit == current_user.unit and not one.read_at), None
        ),
        office=current_user.has_role("office"),
        history=audit.history("bulletin", found.id),
    )


@blueprint.get(f"/bulletins/<{ID}:bulletin_id>/chart.svg")
@requires("meeting.view")
def bulletin_chart(bulletin_id: int) -> Response:
    found = bulletins.bulletin_for(current_user, bulletin_id)
    return Response(found.paper.content["chart"], content_type="image/svg+xml; charset=utf-8")


@blueprint.get(f"/bulletins/<{ID}:bulletin_id>.xlsx")
@requires("meeting.view")
def bulletin_sheet(bulletin_id: int) -> Response:
    found = bulletins.bulletin_for(current_user, bulletin_id)
    return download(files.read(found.sheet), found.sheet.name, XLSX)


@blueprint.get("/bulletins/year.xlsx")
@requires("meeting.office")
def year_sheet() -> Response:
    year = request.args.get("year", clock.today().year, type=int)
    content = bulletins.year_export(year)
    audit.record_alone("导出年度评分结果", "year", str(year))
    return download(content, f"{year}年度评分结果.xlsx", XLSX)


@blueprint.post(f"/bulletins/<{ID}:bulletin_id>/read")
@act("meeting.view")
def read_bulletin(bulletin_id: int) -> Response:
    bulletins.bulletin_for(current_user, bulletin_id)
    papers.confirm_read(current_user, ("bulletin", bulletin_id), request.form.get("body", ""))
    flash("已签收", "success")
    return redirect(url_for("meetings.bulletin_page", bulletin_id=bulletin_id), 303)
