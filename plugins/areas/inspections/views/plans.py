"""年度抽查计划: the list, one plan with its lines, its coverage and the joint consult round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from plugins.areas.inspections import items, list_columns, plans, rules, sight
from plugins.areas.inspections.models import CheckPlan
from plugins.areas.inspections.views import blueprint, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import Refused, act, audit, clock, link, list_files, page, requires, units


@blueprint.get("/plans", endpoint="plans")
@requires("inspection.view")
def index() -> Response:
    return _index()


def _index(errors: Mapping | None = None, typed: Mapping | None = None, status: int = 200) -> Response:
    year = request.args.get("year", "")
    query = CheckPlan.select().where(sight.plans_seen(current_user))
    if year.isdigit() and len(year) == 4:
        query = query.where(CheckPlan.year == int(year))
    if list_files.wanted():
        return list_files.answer("年度抽查计划", list_columns.PLANS, list_files.by_key(query, CheckPlan.id))
    rows, more = forms.paged(query, CheckPlan.id)
    return page(
        "inspections/plans.html", part="inspections/_plans.html", status=status, errors=errors or {}, typed=typed or {}, rows=rows,
        next_href=link("inspections.plans", {"year": year, "after": more}) if more else None, year=year, states=rules.PLAN_STATES,
        unit_names=dict(checking_units()), themes=rules.THEMES, this_year=clock.today().year,
        may_make=current_user.can("inspection.draft") and bool(items.fields_of(current_user.unit)),
    )  # fmt: skip


@blueprint.post("/plans/new", endpoint="make_plan")
@act("inspection.draft")
def make() -> Response:
    def do() -> CheckPlan:
        return plans.make(
            forms.number("year", "年度"),
            forms.text("name"),
            joint=forms.text("joint") == "1",
            theme=forms.text("theme"),
        )

    return forms.attempt(
        do, lambda plan: url_for("inspections.plan", record_id=plan.id), _index, "计划草案已建立"
    )


@blueprint.get("/plans/<int:record_id>", endpoint="plan")
@requires("inspection.view")
def show(record_id: int) -> Response:
    return _show(record_id)


def _show(
    record_id: int, errors: Mapping | None = None, typed: Mapping | None = None, status: int = 200
) -> Response:
    plan = sight.plan_for(current_user, record_id)
    mine = plan.unit == current_user.unit and current_user.can("inspection.draft")
    lines = plans.coverage(plan)
    own = next((row["line"] for row in lines if row["line"].unit == current_user.unit), None)
    choices = items.all_in_force() if plan.joint else items.in_force_of(plan.unit)
    return page(
        "inspections/plan.html", status=status, errors=errors or {}, typed=typed or {}, plan=plan, lines=lines, mine=mine,
        unit_names=dict(checking_units()), state=rules.PLAN_STATES[plan.state], today=clock.today(),
        choices=[(v.number, f"{units.name_of(v.unit)}：{v.number} {v.item}") for v in choices] if mine and plan.state == "draft" else [],
        may_answer=plan.joint and plan.state == "asking" and own is not None and plan.unit != current_user.unit
        and current_user.can("inspection.draft"),
        history=audit.history("check_plan", plan.id, 50), items={v.number: v.item for v in choices} if choices else {},
    )  # fmt: skip


def _act(record_id: int, do: Any, said: str) -> Response:
    return forms.attempt(
        do, url_for("inspections.plan", record_id=record_id), lambda **rest: _show(record_id, **rest), said
    )


@blueprint.post("/plans/<int:record_id>/lines", endpoint="add_line")
@act("inspection.draft")
def add_line(record_id: int) -> Response:
    def do() -> None:
        number = forms.text("number")
        version = items.in_force(number)
        if version is None:
            raise Refused(f"事项“{number}”没有生效", {"number": "请选择现行有效的事项"})
        plans.add_line(
            record_id,
            plans.Line(
                version.unit, number, forms.day("from_day", "开始日期"), forms.day("until_day", "结束日期"), forms.text("percent"),
                forms.text("at_least") != "0",
            ),
        )  # fmt: skip

    return _act(record_id, do, "已列入计划")


@blueprint.post("/plans/<int:record_id>/lines/<int:line_id>/drop", endpoint="drop_line")
@act("inspection.draft")
def drop_line(record_id: int, line_id: int) -> Response:
    return _act(record_id, lambda: plans.drop_line(line_id), "已移出计划")


@blueprint.post("/plans/<int:record_id>/send", endpoint="send_plan")
@act("inspection.draft")
def send(record_id: int) -> Response:
    return _act(
        record_id,
        lambda: plans.send_round(record_id, forms.day("answer_by", "答复期限")),
        "已送各参与单位征求意见",
    )


@blueprint.post("/plans/<int:record_id>/answer", endpoint="answer_plan")
@act("inspection.draft")
def answer(record_id: int) -> Response:
    return _act(
        record_id,
        lambda: plans.answer(record_id, forms.text("answer") == "agree", forms.text("comment")),
        "已答复",
    )


@blueprint.post("/plans/<int:record_id>/issue", endpoint="issue_plan")
@act("inspection.draft")
def issue(record_id: int) -> Response:
    return _act(
        record_id, lambda: plans.issue(record_id, forms.text("document"), forms.text("reason")), "计划已印发"
    )
