"""导入: upload, the dry run's table, then the good rows; progress, a way to stop, a way back."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, flash, make_response, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import (
    Missing,
    NotAllowed,
    RecordKind,
    Refused,
    act,
    jobs,
    link,
    list_files,
    page,
    registry,
    requires,
    spreadsheets,
)

from .. import imports, list_columns, sheets_out, undoing
from ..models import ImportProblem, ImportRun
from . import blueprint

_SIZE = 30
_PROBLEMS = 100
LARGEST_KEY = 2**63 - 1


def kinds_of(viewer: object) -> list[RecordKind]:
    """The kinds that the viewer's unit brings in and the viewer may import."""
    found = []
    for kind in registry().record_kinds.values():
        if not viewer.can(kind.write_permission):
            continue
        try:
            kind.may_import(viewer.unit)
        except NotAllowed:
            continue
        found.append(kind)
    return found


def may_import(kind_key: str) -> bool:
    """Whether the person may bring that kind in."""
    return current_user.can("exchange.import") and any(kind.key == kind_key for kind in kinds_of(current_user))


def _before() -> int | None:
    number = request.args.get("older", type=int)
    return number if number is not None and 0 < number <= LARGEST_KEY else None


def _index(errors: dict[str, str] | None = None) -> Response:
    query = ImportRun.select()
    if not current_user.has_role("office"):
        query = query.where(ImportRun.unit == current_user.unit)
    if list_files.wanted():
        return list_files.answer("导入", list_columns.IMPORTS, list_files.by_key(query, ImportRun.id))
    older = _before()
    if older is not None:
        query = query.where(ImportRun.id < older)
    runs = list(query.order_by(ImportRun.id.desc()).limit(_SIZE + 1))
    labels = {kind.key: kind.label for kind in registry().record_kinds.values()}
    kinds = kinds_of(current_user)
    sources = sorted({pair for kind in kinds for pair in kind.sources.items()})
    return page(
        "exchange/imports.html", part="exchange/_imports.html", status=422 if errors else 200, errors=errors or {},
        kinds=[(kind.key, kind.label) for kind in kinds], chosen=request.values.get("kind", ""),
        sources=sources, source=request.form.get("source", ""), sourced="、".join(kind.label for kind in kinds if kind.sources),
        runs=[(run, labels.get(run.kind, run.kind), imports.STATES[run.state]) for run in runs[:_SIZE]],
        first_href=url_for("exchange.imports") if older is not None else None,
        next_href=link("exchange.imports", {"older": runs[_SIZE - 1].id}) if len(runs) > _SIZE else None,
    )  # fmt: skip


@blueprint.get("/exchange/imports/", endpoint="imports")
@requires("exchange.import")
def index() -> Response:
    return _index()


@blueprint.post("/exchange/imports/")
@act("exchange.import")
def upload() -> Response:
    sent = request.files.get("file")
    chosen = next((kind for kind in kinds_of(current_user) if kind.key == request.form.get("kind")), None)
    if chosen is None:
        return _index({"kind": "请选择要导入的记录；您的单位不导入的记录不在其中"})
    if sent is None or not sent.filename:
        return _index({"file": "请选择文件"})
    try:
        run = imports.upload(sent.stream, sent.filename, chosen, current_user.unit, request.form.get("source", ""))
    except Refused as refusal:
        return _index(refusal.fields or {"file": str(refusal)})
    return redirect(url_for("exchange.import_run", run_id=run.id), 303)


def _place(problem: ImportProblem) -> str:
    """The column as the sender's program letters it, with the field's words."""
    letters = spreadsheets.column_letters(problem.column) if problem.column is not None else ""
    return f"{letters} {problem.label}".strip() or "整行"


def _show(run: ImportRun, errors: dict[str, str] | None = None) -> Response:
    kind = imports.kind_of(run)
    job = imports.job_of(run)
    state = imports.state_of(run, job)
    under_way = state in imports.BEFORE and job is not None and not job.is_over
    failed = job.note if state != run.state and job.state == jobs.FAILED else ""
    after = request.args.get("after", type=int) or 0
    problems = list(
        ImportProblem.select().where((ImportProblem.run == run) & (ImportProblem.id > min(after, LARGEST_KEY)))
        .order_by(ImportProblem.id).limit(_PROBLEMS + 1)
    )  # fmt: skip
    return page(
        "exchange/import_run.html", part="exchange/_import_run.html", status=422 if errors else 200, errors=errors or {},
        run=run, stored=run.file, kind=kind, job=job, under_way=under_way, failed=failed, state=state, state_label=imports.STATES[state],
        fields=[("", "不导入")] + [(f.key, f.label + ("（必填）" if f.required else "")) for f in kind.incoming()],
        problems=[(p, _place(p)) for p in problems[:_PROBLEMS]], own=run.unit == current_user.unit, why_not=undoing.why_not(run) if run.unit == current_user.unit else "",
        most_wrong=sheets_out.MOST_ROWS,
        more_href=link("exchange.import_run", {"after": problems[_PROBLEMS - 1].id}, run_id=run.id) if len(problems) > _PROBLEMS else None,
        first_href=url_for("exchange.import_run", run_id=run.id) if after else None,
    )  # fmt: skip


@blueprint.get("/exchange/imports/<int:run_id>")
@requires("exchange.import")
def import_run(run_id: int) -> Response:
    return _show(_run(run_id))


def _run(run_id: int) -> ImportRun:
    if run_id > LARGEST_KEY:
        raise Missing("没有这个导入文件，或者它不属于您的单位")
    return imports.run_for(current_user, run_id)


@blueprint.post("/exchange/imports/<int:run_id>/columns")
@act("exchange.import")
def import_columns(run_id: int) -> Response:
    run = _run(run_id)
    chosen = {text: request.form.get(f"column-{at}", "") for at, text, _ in run.columns}
    try:
        imports.remember(run.id, current_user.unit, chosen)
    except Refused as refusal:
        return _show(run, {"columns": str(refusal)})
    return redirect(url_for("exchange.import_run", run_id=run.id), 303)


@blueprint.post("/exchange/imports/<int:run_id>/take")
@act("exchange.import")
def import_take(run_id: int) -> Response:
    run = imports.take(_run(run_id).id, current_user.unit)
    flash("导入完成。" if run.state == imports.DONE else "导入已开始，可以离开本页。", "success")
    return redirect(url_for("exchange.import_run", run_id=run_id), 303)


@blueprint.post("/exchange/imports/<int:run_id>/stop")
@act("exchange.import")
def import_stop(run_id: int) -> Response:
    run = imports.own(_run(run_id).id, current_user.unit)
    job = imports.job_of(run)
    if job is None or job.is_over:
        raise Refused("这个文件没有正在进行的工作")
    jobs.cancel(job)
    flash("已要求停止；已完成的部分保留。", "info")
    return redirect(url_for("exchange.import_run", run_id=run_id), 303)


@blueprint.post("/exchange/imports/<int:run_id>/undo")
@act("exchange.import", proof="recent")
def import_undo(run_id: int) -> Response:
    run = _run(run_id)
    try:
        run = undoing.undo(run.id, current_user.unit)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return _show(run, {"undo": str(refusal)})
    flash("已撤销。" if run.state == imports.UNDONE else "撤销已开始，可以离开本页。", "success")
    return redirect(url_for("exchange.import_run", run_id=run_id), 303)


def download(content: bytes, name: str, content_type: str) -> Response:
    """A file to keep, never opened in the browser."""
    response = make_response(content)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = attachment(name)
    return response


def attachment(name: str) -> str:
    """The header that names a download; Chinese names as RFC 5987 asks."""
    return f"attachment; filename*=UTF-8''{quote(name)}"


@blueprint.get("/exchange/imports/<int:run_id>/wrong.xlsx")
@requires("exchange.import")
def import_wrong(run_id: int) -> Response:
    run = _run(run_id)
    return download(sheets_out.wrong_rows(run), f"问题数据-{run.id}.xlsx", sheets_out.XLSX)


@blueprint.get("/exchange/imports/<int:run_id>/original")
@requires("exchange.import")
def import_original(run_id: int) -> Response:
    run = _run(run_id)
    return download(sheets_out.original(run), run.file.name, "application/octet-stream")


@blueprint.get("/exchange/templates/<kind_key>.xlsx")
@requires("exchange.import")
def import_template(kind_key: str) -> Response:
    kind = registry().record_kinds.get(kind_key)
    if kind is None:
        raise Missing("没有这类记录")
    return download(sheets_out.template(kind), f"{kind.label}模板.xlsx", sheets_out.XLSX)
