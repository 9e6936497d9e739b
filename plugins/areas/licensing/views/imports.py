"""导入登记信息: upload, the dry run's table of problems, then the good rows."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Refused, act, page, requires

from .. import imports, registrations
from ..models import ImportRun
from . import blueprint


def _index(error: str = "") -> Response:
    imports.may_import(current_user.unit)
    runs = (
        ImportRun.select().where(ImportRun.unit == current_user.unit).order_by(ImportRun.id.desc()).limit(30)
    )
    return page(
        "licensing/imports.html", status=422 if error else 200, runs=[(run, imports.STATES[run.state]) for run in runs],
        errors={"file": error} if error else {}, columns=registrations.COLUMNS,
    )  # fmt: skip


@blueprint.get("/imports/", endpoint="imports")
@requires("licensing.push")
def index() -> Response:
    return _index()


@blueprint.post("/imports/")
@act("licensing.push")
def upload() -> Response:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _index("请选择文件")
    try:
        run = imports.upload(
            sent.stream, sent.filename, current_user.unit, stock=request.form.get("stock") == "1"
        )
    except Refused as refusal:
        return _index(str(refusal))
    return redirect(url_for("licensing.import_run", run_id=run.id), 303)


@blueprint.get("/imports/<int:run_id>")
@requires("licensing.push")
def import_run(run_id: int) -> Response:
    run = imports.run_for(current_user, run_id)
    return page(
        "licensing/import_run.html", part="licensing/_import_run.html", run=run, state_label=imports.STATES[run.state],
        under_way=run.state in ("checking", "taking"), stored=run.file,
    )  # fmt: skip


@blueprint.post("/imports/<int:run_id>/take")
@act("licensing.push")
def take_import(run_id: int) -> Response:
    imports.take(run_id, current_user.unit)
    flash("导入已开始。", "success")
    return redirect(url_for("licensing.import_run", run_id=run_id), 303)
