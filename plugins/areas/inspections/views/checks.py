"""检查和结果: the list with its filters, one check from notice to closing, photographs and scans, publicity export."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, flash, make_response, redirect, request, url_for
from flask_login import current_user

from plugins.areas.inspections import checks, codes, list_columns, papers, replacements, rules, sight
from plugins.areas.inspections.check_models import CheckFile, CheckMember, SpotCheck
from plugins.areas.inspections.models import CheckTask, ItemVersion
from plugins.areas.inspections.views import blueprint, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import (
    Missing,
    Refused,
    act,
    audit,
    clock,
    files,
    link,
    list_files,
    obligations,
    page,
    requires,
    spreadsheets,
    transaction,
    units,
)


def _filters() -> dict[str, str]:
    argument = request.args.get
    state, task = argument("state", ""), argument("task", "")
    return {
        "state": state if state in rules.CHECK_STATES or state == "open" else "", "task": task if task.isdigit() and len(task) < 18 else "",
        "unit": argument("unit", "") if sight.reads_all(current_user) else "", "mine": "1" if argument("mine") else "",
    }  # fmt: skip


def _query(filters: Mapping[str, str]) -> Any:
    query = SpotCheck.select().where(sight.checks_seen(current_user))
    if filters["state"] == "open":
        query = query.where(SpotCheck.approved_at.is_null(False) & SpotCheck.closed_at.is_null())
    elif filters["state"]:
        query = query.where(SpotCheck.state == filters["state"])
    else:
        query = query.where(SpotCheck.state != "withdrawn")
    if filters["task"]:
        query = query.where(SpotCheck.task == int(filters["task"]))
    if filters["unit"]:
        query = query.where(SpotCheck.unit == filters["unit"])
    if filters["mine"]:
        serving = CheckMember.select(CheckMember.check_ref).where(
            CheckMember.left_at.is_null() & (CheckMember.name == current_user.name)
        )
        query = query.where(SpotCheck.id.in_(serving))
    return query


def _with_names(query: Any) -> Any:
    """The same checks with their tasks and items, in one query."""
    chosen = query.select(SpotCheck.id)
    joined = SpotCheck.select(SpotCheck, CheckTask, ItemVersion).join(CheckTask).switch(SpotCheck).join(ItemVersion)
    return joined.where(SpotCheck.id.in_(chosen))


@blueprint.get("/checks", endpoint="checks")
@requires("inspection.view")
def index() -> Response:
    filters = _filters()
    if list_files.wanted():
        query = _with_names(_query(filters))
        return list_files.answer("检查和结果", list_columns.CHECKS, list_files.by_key(query, SpotCheck.id))
    found, more = forms.paged(_query(filters), SpotCheck.id)
    ids = [row.id for row in found]
    tasks = {
        task.id: task for task in CheckTask.select().where(CheckTask.id.in_({row.task_id for row in found}))
    }
    items = {
        item.id: item.item
        for item in ItemVersion.select().where(ItemVersion.id.in_({row.item_id for row in found}))
    }
    owed = {
        int(one.record_id): (one, obligations.lamp(one))
        for one in obligations.Obligation.select().where(
            (obligations.Obligation.kind == "check_result") & (obligations.Obligation.record_type == checks.RECORD)
            & obligations.Obligation.record_id.in_([str(key) for key in ids])
        )
    }  # fmt: skip
    return page(
        "inspections/checks.html", part="inspections/_checks.html",
        rows=[(row, tasks[row.task_id], items[row.item_id], owed.get(row.id)) for row in found], filters=filters,
        next_href=link("inspections.checks", {**filters, "after": more}) if more else None, states=rules.CHECK_STATES,
        units=checking_units(), unit_names=dict(checking_units()), all_units=sight.reads_all(current_user),
        may_publish=current_user.can("inspection.approve"),
    )  # fmt: skip


@blueprint.post("/checks/publish", endpoint="publish_checks")
@act("inspection.approve")
def publish() -> Response:
    """Publish the chosen results, or with ``all`` every approved one under the page's filter."""
    chosen = [int(key) for key in request.form.getlist("check") if key.isdigit() and len(key) < 18]
    if forms.text("scope") == "all":
        task = forms.text("task")
        done = checks.publish_all(int(task) if task.isdigit() and len(task) < 18 else None)
    elif not chosen:
        raise Refused("请先勾选要公示的检查结果")
    else:
        done = checks.publish(chosen)
    flash(f"已公示 {done} 项检查结果", "success")
    return redirect(url_for("inspections.checks", state="published"), 303)


@blueprint.get("/checks/export/<kind>", endpoint="export_checks")
@requires("inspection.view")
def export(kind: str) -> Response:
    """The published results of the filter as XLSX or CSV, for the 公示系统 outside this network."""
    if kind not in ("xlsx", "csv"):
        raise Missing("没有这种文件")
    query = _with_names(_query(_filters()).where(SpotCheck.state == "published")).order_by(SpotCheck.id)
    headings = [
        spreadsheets.Heading("抽查任务编号"), spreadsheets.Heading("检查对象"), spreadsheets.Heading("统一社会信用代码"),
        spreadsheets.Heading("抽查事项"), spreadsheets.Heading("检查日期", 12, "date"), spreadsheets.Heading("检查结果"), spreadsheets.Heading("检查机关"),
        spreadsheets.Heading("公示日期", 12, "date"),
    ]  # fmt: skip
    rows = (
        [
            check.task.code, check.name, check.object_id, check.item.item, check.checked_on, codes.result_words(check.codes),
            units.name_of(check.unit), check.published_at.date(),
        ]
        for check in query.iterator()
    )  # fmt: skip
    return _table_file(kind, headings, rows)


def _table_file(kind: str, headings: Any, rows: Any) -> Response:
    target = io.BytesIO()
    if kind == "xlsx":
        spreadsheets.write_xlsx(target, [("检查结果公示", headings, rows)])
    else:
        spreadsheets.write_csv(target, headings, rows)
    audit.record_alone("导出检查结果公示", "spot_check", "export")
    response = make_response(target.getvalue())
    response.headers["Content-Type"] = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        if kind == "xlsx"
        else "text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote('检查结果公示.' + kind)}"
    return response


@blueprint.get("/checks/<int:record_id>", endpoint="check")
@requires("inspection.view")
def show(record_id: int) -> Response:
    return _show(record_id)


def _show(record_id: int, errors: Mapping | None = None, typed: Any = None, status: int = 200) -> Response:
    check = sight.check_for(current_user, record_id)
    mine = check.unit == current_user.unit
    may = {
        name: mine and rules.step(rules.CHECK_STEPS, check.state, name) is not None
        for name in ("notice", "carry_out", "replace", "enter", "attach", "approve")
    }
    for name in ("notice", "carry_out", "enter", "attach"):
        may[name] = may[name] and current_user.can("inspection.check")
    may["notice"] = may["notice"] and check.notice_at is None and not check.task.unannounced
    may["replace"] = may["replace"] and current_user.can("inspection.draft")
    may["approve"] = (
        may["approve"]
        and current_user.can("inspection.approve")
        and check.author_account != current_user.account
    )
    may["close"] = (
        mine
        and check.approved_at is not None
        and check.closed_at is None
        and current_user.can("inspection.check")
    )
    may["publish"] = mine and check.state == "approved" and current_user.can("inspection.approve")
    return page(
        "inspections/check.html", status=status, errors=errors or {}, check=check, task=check.task, item=check.item, may=may, mine=mine,
        shown=_shown(check, typed), team=checks.team(check), former=list(check.members.where(CheckMember.left_at.is_null(False))),
        files=list(check.files.order_by(CheckFile.id)), owed=[(one, obligations.lamp(one)) for one in obligations.of_record(checks.RECORD, check.id)],
        result_choices=[(code, row["text"]) for code, row in codes.open_results().items()], disposal_choices=list(codes.open_disposals().items()),
        method_choices=list(codes.METHODS.items()), words=codes.result_words(check.codes), state=rules.CHECK_STATES[check.state],
        methods=codes.METHODS, disposal_words=codes.disposal_words(check.disposals), history=audit.history(checks.RECORD, check.id, 50), today=clock.today(),
        unit_name=units.name_of(check.unit),
    )  # fmt: skip


def _shown(check: SpotCheck, typed: Any) -> dict[str, Any]:
    """What the result's form shows: what was typed, else what is stored; line by line of the checklist."""
    stored = {row["line"]: row for row in check.answers}
    shown: dict[str, Any] = {
        name: getattr(check, name)
        for name in ("codes", "methods", "disposals", "opinion", "note", "follow_up_until", "signed")
    }
    shown["contact"], shown["day"] = "", clock.today()
    if typed is not None:
        shown |= {
            name: value
            for name, value in typed.items()
            if name not in ("codes", "methods", "disposals", "signed")
        }
        if "version" in typed and "opinion" in typed:
            shown |= {name: typed.getlist(name) for name in ("codes", "methods", "disposals", "signed")}
    rows = []
    for n, line in enumerate(check.item.checklist, 1):
        row = stored.get(line, {})
        rows.append(
            {
                "n": n, "line": line, "checked": shown.get(f"checked_{n}", row.get("checked", "")),
                "problem": shown.get(f"problem_{n}", row.get("problem", "")), "handling": shown.get(f"handling_{n}", row.get("handling", "")),
            }
        )  # fmt: skip
    return shown | {"lines": rows}


def _act(record_id: int, do: Any, said: str) -> Response:
    sight.check_for(current_user, record_id)
    return forms.attempt(
        do, url_for("inspections.check", record_id=record_id), lambda **rest: _show(record_id, **rest), said
    )


@blueprint.post("/checks/<int:record_id>/notice", endpoint="issue_notice")
@act("inspection.check")
def issue_notice(record_id: int) -> Response:
    return _act(
        record_id, lambda: checks.issue_notice(record_id, forms.text("contact")), "通知书已编号，可以下载打印"
    )


@blueprint.post("/checks/<int:record_id>/carry-out", endpoint="carry_out")
@act("inspection.check")
def carry_out(record_id: int) -> Response:
    def do() -> None:
        checks.carry_out(record_id, forms.day("day", "检查日期"), forms.number("version", "版本"))

    return _act(record_id, do, "已记录实施检查，录入公示的期限开始计算")


@blueprint.post("/checks/<int:record_id>/files", endpoint="attach_file")
@act("inspection.check")
def attach(record_id: int) -> Response:
    def do() -> None:
        sent = [file for file in request.files.getlist("file") if file.filename]
        if not sent:
            raise Refused("请选择文件", {"file": "请选择文件"})
        with transaction():
            for file in sent:
                checks.attach(
                    record_id,
                    file.stream,
                    file.filename or "",
                    "sheet" if forms.text("kind") == "sheet" else "photo",
                )

    return _act(record_id, do, "文件已保存")


@blueprint.post("/checks/<int:record_id>/result", endpoint="enter_result")
@act("inspection.check")
def enter_result(record_id: int) -> Response:
    def do() -> None:
        check = sight.check_for(current_user, record_id)
        answers = [
            {
                "line": line,
                "checked": forms.text(f"checked_{n}"),
                "problem": forms.text(f"problem_{n}"),
                "handling": forms.text(f"handling_{n}"),
            }
            for n, line in enumerate(check.item.checklist, 1)
        ]
        entry = checks.ResultEntry(
            codes=request.form.getlist("codes"), methods=request.form.getlist("methods"), answers=answers,
            disposals=request.form.getlist("disposals"), opinion=forms.text("opinion"), note=forms.text("note"),
            signed=request.form.getlist("signed"),
            follow_up_until=forms.day("follow_up_until", "处理期限") if forms.text("follow_up_until") else None,
        )  # fmt: skip
        checks.enter_result(record_id, entry, version=forms.number("version", "版本"))

    return _act(record_id, do, "检查结果已录入，请另一人审核")


@blueprint.post("/checks/<int:record_id>/approve", endpoint="approve_check")
@act("inspection.approve")
def approve(record_id: int) -> Response:
    passed = forms.text("decision") == "pass"
    return _act(
        record_id, lambda: checks.approve(record_id, passed, forms.text("approve_opinion")), "审核意见已记录"
    )


@blueprint.post("/checks/<int:record_id>/publish", endpoint="publish_check")
@act("inspection.approve")
def publish_one(record_id: int) -> Response:
    return _act(record_id, lambda: checks.publish([record_id]), "检查结果已公示")


@blueprint.post("/checks/<int:record_id>/close", endpoint="close_check")
@act("inspection.check")
def close(record_id: int) -> Response:
    return _act(record_id, lambda: checks.close(record_id, forms.text("closing_note")), "问题已办结")


@blueprint.post("/checks/<int:record_id>/members/<int:member_id>/replace", endpoint="replace_member")
@act("inspection.draft")
def replace(record_id: int, member_id: int) -> Response:
    return _act(record_id, lambda: replacements.replace(member_id, forms.text("reason")), "已按签值顺序更换")


@blueprint.get("/checks/<int:record_id>/<what>.pdf", endpoint="check_paper")
@requires("inspection.view")
def paper(record_id: int, what: str) -> Response:
    """notice.pdf, or record.pdf: the record form, blank enough to be signed on paper before the result is entered."""
    check = sight.check_for(current_user, record_id)
    if what not in ("notice", "record"):
        raise Missing("没有这种文书")
    content = papers.notice(check) if what == "notice" else papers.record_form(check)
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = (
        f"inline; filename*=UTF-8''{quote(('抽查通知书' if what == 'notice' else '抽查情况记录表') + '.pdf')}"
    )
    return response


@blueprint.get("/checks/<int:record_id>/files/<int:file_id>", endpoint="check_file")
@requires("inspection.view")
def file(record_id: int, file_id: int) -> Response:
    check = sight.check_for(current_user, record_id)
    found = CheckFile.get_or_none((CheckFile.id == file_id) & (CheckFile.check_ref == check))
    if found is None:
        raise Missing("没有这个文件")
    response = make_response(files.read(found.file))
    response.headers["Content-Type"] = found.file.content_type
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file.name)}"
    return response
