"""许可事项目录: the items with their approving and supervising units, dated moves by the office, proposed changes."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Missing, Refused, act, audit, clock, link, list_files, page, requires, units

from .. import catalogue, list_columns, proposals, rules
from ..models import ItemAssignment
from . import blueprint
from .typed import required_day


@blueprint.get("/catalogue/", endpoint="catalogue")
@requires("licensing.view")
def index() -> Response:
    text, unit, kind = (
        request.args.get("q", "").strip()[:40],
        request.args.get("unit", ""),
        request.args.get("kind", ""),
    )
    approvers = catalogue.Approvers(clock.today())
    rows = []
    for item in catalogue.declared().items:
        key = approvers.unit_of(item)
        found = (
            not text
            or text in item.name
            or text.upper() == item.code
            or any(text in word for word in item.keywords)
        )
        if found and (not unit or key == unit) and (not kind or item.kind == kind):
            rows.append(
                (item, units.name_of(key) or item.body, item.supervising_unit, rules.KIND_LABELS[item.kind])
            )
    if list_files.wanted():
        return list_files.answer("许可事项目录", list_columns.CATALOGUE, rows)
    return page(
        "licensing/catalogue.html", part="licensing/_catalogue.html", rows=rows, version=catalogue.version(),
        query={"q": text, "unit": unit, "kind": kind}, members=[(u.key, u.name) for u in units.enabled()],
        kinds=[(k, v) for k, v in rules.KIND_LABELS.items() if k != rules.SUPERVISED_KIND],
    )  # fmt: skip


@blueprint.get("/catalogue/<code>", endpoint="catalogue_item")
@requires("licensing.view")
def item(code: str) -> Response:
    return _show(code)


def _show(code: str, refusal: Refused | None = None) -> Response:
    found = catalogue.item(code)
    if found is None:
        raise Missing(f"许可事项目录里没有 {code}")
    changed = (
        proposals.CatalogueProposal.select()
        .where(proposals.CatalogueProposal.code == code)
        .order_by(proposals.CatalogueProposal.id)
    )
    owner = proposals.owner_of(code)
    return page(
        "licensing/catalogue_item.html", status=422 if refusal else 200, item=found, kind_label=rules.KIND_LABELS[found.kind],
        approving=units.name_of(catalogue.Approvers(clock.today()).unit_of(found)) or found.body, owner_label=units.name_of(owner) or "联席会议办公室",
        moves=[(m, units.name_of(m.unit)) for m in ItemAssignment.select().where(ItemAssignment.code == code).order_by(ItemAssignment.from_day)],
        changes=[(c, proposals.KINDS[c.kind], proposals.STATES[c.state]) for c in changed], proposal_kinds=list(proposals.KINDS.items()),
        may_move=current_user.can("licensing.office"), may_propose=current_user.can("licensing.claim"), today=clock.today(),
        members=[(u.key, u.name) for u in units.enabled()], refusal=str(refusal or ""), errors=refusal.fields if refusal else {},
        values=dict(request.form), history=audit.history("permit_item", code),
    )  # fmt: skip


@blueprint.post("/catalogue/<code>/move")
@act("licensing.office")
def move_item(code: str) -> Response:
    form = request.form
    try:
        catalogue.move(
            code, form.get("unit", ""), required_day(form, "from_day", "起始日期"), form.get("basis", "")
        )
    except Refused as refusal:
        return _show(code, refusal)
    flash("审批单位已调整，从起始日期起推送的按新的单位办理。", "success")
    return redirect(url_for("licensing.catalogue_item", code=code), 303)


@blueprint.post("/catalogue/<code>/propose")
@act("licensing.claim")
def propose_change(code: str) -> Response:
    form = request.form
    try:
        made = proposals.propose(code, form.get("kind", ""), form.get("word", ""), form.get("reason", ""))
    except Refused as refusal:
        return _show(code, refusal)
    flash(
        "建议已提交，等所属单位确认。" if made else "目录里已有这个词，或者已经有人建议过。",
        "success" if made else "warning",
    )
    return redirect(url_for("licensing.catalogue_item", code=code), 303)


@blueprint.get("/proposals/", endpoint="proposals")
@requires("licensing.view")
def proposal_list() -> Response:
    state = request.args.get("state", "proposed")
    if state not in proposals.STATES:
        raise Missing("没有这种状态")
    if list_files.wanted():
        found = list_files.walk(lambda before: proposals.waiting(current_user, state, before=before, size=500), 0)
        return list_files.answer("目录修改建议", list_columns.PROPOSALS, found)
    rows, before = proposals.waiting(current_user, state, before=request.args.get("before", 0, type=int))
    return page(
        "licensing/proposals.html", part="licensing/_proposals.html", state=state, states=proposals.STATES,
        rows=[(r, getattr(catalogue.item(r.code), "name", "（目录已没有）"), proposals.KINDS[r.kind], units.name_of(r.owner) or "联席会议办公室",
               state == "proposed" and proposals.may_decide(current_user, r)) for r in rows],
        next_href=link("licensing.proposals", {"state": state, "before": before}) if before else None,
    )  # fmt: skip


@blueprint.post("/proposals/<int:proposal_id>")
@act("licensing.view")
def decide_proposal(proposal_id: int) -> Response:
    form = request.form
    found = proposals.decide(
        current_user, proposal_id, form.get("outcome") == "confirm", form.get("answer", "")
    )
    flash(
        "目录已更新，新的版本从现在起用于读取经营范围。" if found.state == "confirmed" else "已回复不采纳。",
        "success",
    )
    return redirect(url_for("licensing.proposals"), 303)
