"""导出 and 数据报送: lists as they are filtered, long ones in the background; numbered files out."""

from __future__ import annotations

from flask import Response, flash, redirect, request, send_file, stream_with_context, url_for
from flask_login import current_user

from portal.toolkit import Missing, RecordField, Refused, act, clock, files, link, list_files, page, requires

from .. import exports, files_out, list_columns, sheets_out
from ..models import FileOut
from . import blueprint
from .imports import LARGEST_KEY, attachment, download

_SIZE = 50


def _choices(field: RecordField) -> list[tuple[str, str]] | None:
    if field.type != "choice":
        return None
    return [("", "全部"), *[(choice, choice) for choice in field.choices]]


def _show(error: str = "", key: str = "") -> Response:
    kinds = [
        (kind, [(kind.field(name), _choices(kind.field(name))) for name in kind.filters], any(f.standard for f in kind.fields))
        for kind in exports.kinds_for(current_user)
    ]
    return page(
        "exchange/exports.html", status=422 if error else 200, kinds=kinds, failed=key, errors={"form": error} if error else {},
        typed=request.values.to_dict(),
    )  # fmt: skip


@blueprint.get("/exchange/exports/", endpoint="exports")
@requires("exchange.view")
def index() -> Response:
    return _show()


@blueprint.get("/exchange/exports/<kind_key>")
@requires("exchange.view")
def export(kind_key: str) -> Response:
    kind = exports.kind_for(current_user, kind_key)
    filters = exports.filters_of(kind, request.args)
    standard = request.args.get("standard") == "1"
    name = f"{kind.label}-{clock.today()}"
    try:
        if request.args.get("form") == "xlsx":
            content = exports.xlsx(kind, current_user, filters, standard=standard)
            return send_file(content, sheets_out.XLSX, as_attachment=True, download_name=f"{name}.xlsx")
        viewer = current_user._get_current_object()
        pieces = exports.csv(kind, viewer, filters, standard=standard)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return _show(str(refusal), kind.key)
    response = Response(stream_with_context(pieces), mimetype="text/csv")
    response.headers["Content-Disposition"] = attachment(f"{name}.csv")
    return response


@blueprint.post("/exchange/exports/<kind_key>/background")
@act("exchange.view")
def export_start(kind_key: str) -> Response:
    kind = exports.kind_for(current_user, kind_key)
    job = exports.start(kind, exports.filters_of(kind, request.form), standard=request.form.get("standard") == "1")
    flash("导出已开始，完成后在后台任务里下载。", "success")
    return redirect(url_for("jobs.show", job_id=job.id), 303)


@blueprint.get("/exchange/exports/done/<int:job_id>")
@requires("exchange.view")
def export_done(job_id: int) -> Response:
    if job_id > LARGEST_KEY:
        raise Missing("没有这份导出")
    path, name = exports.done(current_user, job_id)
    return send_file(path, sheets_out.XLSX, as_attachment=True, download_name=name)


def _files(errors: dict[str, str] | None = None) -> Response:
    query = FileOut.select()
    if not current_user.has_role("office"):
        query = query.where(FileOut.unit == current_user.unit)
    if list_files.wanted():
        return list_files.answer("报送文件", list_columns.FILES, list_files.by_key(query, FileOut.id))
    older = request.args.get("older", type=int)
    if older is not None and 0 < older <= LARGEST_KEY:
        query = query.where(FileOut.id < older)
    rows = list(query.order_by(FileOut.id.desc()).limit(_SIZE + 1))
    labels = {kind.key: kind.label for kind in exports.kinds_for(current_user)}
    return page(
        "exchange/files_out.html", status=422 if errors else 200, errors=errors or {}, kinds=list(labels.items()),
        targets=list(files_out.TARGETS.items()), typed=request.form,
        rows=[(row, files_out.number_of(row), labels.get(row.kind, row.kind), files_out.TARGETS[row.target]) for row in rows[:_SIZE]],
        first_href=url_for("exchange.out_files") if older else None,
        next_href=link("exchange.out_files", {"older": rows[_SIZE - 1].id}) if len(rows) > _SIZE else None,
    )  # fmt: skip


@blueprint.get("/exchange/files/", endpoint="out_files")
@requires("exchange.issue")
def files_index() -> Response:
    return _files()


@blueprint.post("/exchange/files/")
@act("exchange.issue")
def out_file_make() -> Response:
    kind = exports.kind_for(current_user, request.form.get("kind", ""))
    try:
        made = files_out.make(current_user, kind, request.form.get("target", ""), whole=request.form.get("whole") == "1")
    except Refused as refusal:
        return _files(refusal.fields or {"kind": str(refusal)})
    flash(f"已生成报送文件{files_out.number_of(made)}，{made.rows} 条。", "success")
    return redirect(url_for("exchange.out_files"), 303)


@blueprint.get("/exchange/files/<int:file_id>")
@requires("exchange.issue")
def out_file(file_id: int) -> Response:
    if file_id > LARGEST_KEY:
        raise Missing("没有这份报送文件")
    made = files_out.file_for(current_user, file_id)
    return download(files.read(made.file), made.file.name, sheets_out.XLSX)
