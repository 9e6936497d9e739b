"""季度评分: the board, one unit, one item with its rows, the office's acts, reviews, freezing, the year."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask_login import current_user

from portal import charts, clock, facts, list_columns, list_files, obligations, score_acts, scores, scoring
from portal.access import act, requires
from portal.links import record_link
from portal.pages import link, page
from portal.plugging import registry
from portal.refusals import Missing, Refused
from portal.scores import Review, Row, board
from portal.workdays import Quarter

blueprint = Blueprint("scores", __name__, url_prefix="/scores")

WHICH = {
    "missed": "未办（扣分）", "late": "逾期办结", "on_time": "按时办结", "done": "已办", "due": "应办", "ahead": "还没到期",
}  # fmt: skip


def _quarter(text: str) -> Quarter:
    try:
        quarter = Quarter.parse(text)
    except ValueError as error:
        raise Missing(str(error)) from error
    if quarter.first > clock.today():
        raise Missing(f"{quarter.label}还没有开始")
    return quarter


@blueprint.get("/")
@requires("score.view")
def current() -> Response:
    return redirect(url_for("scores.index", quarter=str(Quarter.of(clock.today()))), 303)


@blueprint.get("/<quarter>")
@requires("score.view")
def index(quarter: str) -> Response:
    made = board(_quarter(quarter))
    span = made.span
    rows = [(row, {line.item: line for line in row.score.lines}) for row in made.rows]
    if list_files.wanted():
        return list_files.answer(f"{span.quarter.label}评分", list_columns.board(span.scheme.items), rows)
    return page(
        "scores/index.html",
        board=made,
        span=span,
        items=span.scheme.items,
        rows=rows,
        reviews=_open_reviews(span.quarter),
        newer=span.quarter.next if span.quarter.next.first <= clock.today() else None,
        settings=span.scheme.settings_in_words(),
        revisions=list(scores.FrozenScore.select().where(scores.FrozenScore.quarter == quarter).order_by(scores.FrozenScore.revision)),
        stages=scores.STAGES,
    )


@blueprint.get("/<quarter>/chart.svg")
@requires("score.view")
def chart(quarter: str) -> Response:
    made = board(_quarter(quarter))
    svg = charts.totals([(row.unit.short_name, row.total) for row in made.rows], f"{made.span.quarter.label}得分")
    response = make_response(svg)
    response.content_type = "image/svg+xml; charset=utf-8"
    return response


def _open_reviews(quarter: Quarter) -> list[Review]:
    found = list(Review.select().where(Review.quarter == str(quarter)).order_by(Review.id))
    return [review for review in found if scores.may_see_rows(current_user, review.unit)]


@blueprint.get("/<quarter>/<unit>")
@requires("score.view")
def show_unit(quarter: str, unit: str) -> Response:
    made = board(_quarter(quarter))
    row = made.row(unit)
    if list_files.wanted():
        return list_files.answer(f"{row.unit.short_name}{made.span.quarter.label}得分", list_columns.SCORE_LINES, row.score.lines)
    may = scores.may_see_rows(current_user, unit)
    best = _best(made, row) if may and made.frozen is None else None
    return page(
        "scores/unit.html",
        board=made,
        row=row,
        may=may,
        best=best,
        adjustments=row.adjustments if may or made.stage == "final" else {},
        reviews=[review for review in _open_reviews(made.span.quarter) if review.unit == unit],
    )


def _best(made: scores.Board, row: Row) -> scoring.UnitScore:
    names = [field.name for field in row.unit.check_fields]
    ahead = facts.still_open(made.span, row.unit.key)
    return scoring.best_case(made.span.scheme, row.unit.duties, names, row.facts, ahead)


@blueprint.get("/<quarter>/<unit>/<item>")
@requires("score.view")
def show_item(quarter: str, unit: str, item: str) -> Response:
    if list_files.wanted():
        return _item_file(quarter, unit, item)
    return _item_page(quarter, unit, item)


def _item_file(quarter: str, unit: str, item: str) -> Response:
    """The records behind a number, for those who may see them."""
    span, which = board(_quarter(quarter)).span, request.args.get("which", "missed")

    def read(after: int) -> tuple[list[obligations.Obligation], int | None]:
        rows = scores.rows_behind(current_user, span, unit, item, which, after, 500)
        return rows, rows[-1].id if len(rows) == 500 else None

    return list_files.answer(f"{span.quarter.label}{WHICH.get(which, '')}", list_columns.OBLIGATIONS, list_files.walk(read, 0))


def _item_page(quarter: str, unit: str, item: str, *, status: int = 200, **typed: Any) -> Response:
    made = board(_quarter(quarter))
    row = made.row(unit)
    if item not in {line.item for line in row.score.lines}:
        raise Missing("这个单位没有这个计分项")
    line = row.score.line(item)
    may = scores.may_see_rows(current_user, unit)
    which = request.args.get("which", "missed")
    if which not in WHICH:
        raise Missing("没有这一类记录")
    after = request.args.get("after", 0, type=int)
    owed = scores.rows_behind(current_user, made.span, unit, item, which, after, 51) if may and facts.COUNTED.get(item) else []
    adjustment = row.adjustments.get(item)
    return page(
        "scores/item.html",
        part="scores/_rows.html",
        status=status,
        board=made,
        row=row,
        line=line,
        may=may,
        which=which,
        which_labels=WHICH,
        counted=bool(facts.COUNTED.get(item)),
        rows=[(one, obligations.lamp(one), record_link(one.kind, one.record_id, one.record_type, one.unit)) for one in owed[:50]],
        next_href=link("scores.show_item", {"which": which, "after": owed[49].id}, quarter=quarter, unit=unit, item=item)
        if len(owed) > 50
        else None,
        days=facts.login_days(made.span, unit) if may and item == "login" else [],
        area_rows=_area_rows(made, unit, item) if may else [],
        adjustment=adjustment if may or made.stage == "final" else None,
        best=_best(made, row).line(item) if may and made.frozen is None else None,
        facts=row.facts.get(item, {}) if may else {},
        discretionary=scores.DISCRETIONARY.get(item),
        reviews=[review for review in _open_reviews(made.span.quarter) if review.unit == unit and review.item == item],
        typed=typed,
    )


def _area_rows(made: scores.Board, unit: str, item: str) -> list[dict[str, Any]]:
    answers = registry().answers("score_rows", quarter=made.span.quarter, unit=unit, item=item)
    return [row for _, rows in answers for row in rows]


def _counts_from_form() -> dict[str, Any]:
    """Changes of counts typed after a review, such as 应办 −1."""
    changes: dict[str, Any] = {}
    for name in ("due", "done", "on_time", "absent", "missing", "late", "entries", "planned", "finished"):
        text = request.form.get(f"count_{name}", "").strip()
        if not text:
            continue
        try:
            changes[name] = int(text)
        except ValueError:
            raise Refused(f"更正数“{text}”应为整数，如 1 或 -1", {f"count_{name}": "应为整数"}) from None
    return changes


@blueprint.post("/<quarter>/<unit>/<item>/adjust")
@act("score.adjust")
def adjust(quarter: str, unit: str, item: str) -> Response:
    value, reason = request.form.get("value", ""), request.form.get("reason", "")
    final = scores.frozen_of(_quarter(quarter)) is not None
    try:
        changes: dict[str, Any] = {"set": score_acts.read_set(value)} if value.strip() else _counts_from_form()
        if not changes:
            raise Refused("请填写分值或更正数", {"value": "请填写分值"})
        if "set" in changes and item not in scores.DISCRETIONARY:
            raise Refused("这一项按记录计分，不能酌情给分", {"value": "这一项不能酌情给分"})
        if final:
            score_acts.revise(_quarter(quarter), unit, item, changes, reason)
        else:
            score_acts.adjust(_quarter(quarter), unit, item, changes, reason)
    except Missing:
        raise
    except Refused as refusal:
        return _item_page(quarter, unit, item, status=422, value=value, reason=reason, errors=refusal.fields, problem=str(refusal))
    flash("已保存修订，得分有了新的版本" if final else "已保存，得分已更新", "success")
    return redirect(url_for("scores.show_item", quarter=quarter, unit=unit, item=item), 303)


@blueprint.post("/<quarter>/stage")
@act("score.stage", proof="recent")
def stage(quarter: str) -> Response:
    wanted = request.form.get("stage", "")
    if wanted == "final":
        frozen = score_acts.freeze(_quarter(quarter))
        flash(f"已定稿，摘要 {frozen.digest[:16]}…", "success")
    else:
        score_acts.enter_stage(_quarter(quarter), wanted)
        flash(f"已进入“{scores.STAGES[wanted]}”阶段", "success")
    return redirect(url_for("scores.index", quarter=quarter), 303)


@blueprint.post("/<quarter>/<item>/review")
@act("review.ask")
def ask_review(quarter: str, item: str) -> Response:
    reason = request.form.get("reason", "")
    try:
        score_acts.ask_review(current_user, _quarter(quarter), item, reason)
    except Missing:
        raise
    except Refused as refusal:
        return _item_page(
            quarter, current_user.unit, item, status=422, review_reason=reason, errors=refusal.fields, problem=str(refusal)
        )
    flash("复核申请已提交，由联席会议办公室答复", "success")
    return redirect(url_for("scores.show_item", quarter=quarter, unit=current_user.unit, item=item), 303)


@blueprint.post("/reviews/<int:review_id>/answer")
@act("review.answer")
def answer_review(review_id: int) -> Response:
    review = Review.get_or_none(Review.id == review_id)
    if review is None:
        raise Missing("没有这份复核申请")
    try:
        changes = _counts_from_form() if request.form.get("outcome") == "corrected" else None
        if request.form.get("outcome") == "corrected" and not changes:
            raise Refused("选择更正时须填写更正数", {"count_done": "请填写更正数"})
        score_acts.answer_review(review_id, request.form.get("answer", ""), changes)
    except Missing:
        raise
    except Refused as refusal:
        return _item_page(
            review.quarter, review.unit, review.item, status=422, answer=request.form.get("answer", ""),
            errors=refusal.fields, problem=str(refusal),
        )  # fmt: skip
    flash("已答复", "success")
    return redirect(url_for("scores.show_item", quarter=review.quarter, unit=review.unit, item=review.item), 303)


@blueprint.get("/year/")
@requires("score.view")
def year() -> Response:
    asked = request.args.get("year", clock.today().year, type=int)
    if not 2000 <= asked <= clock.today().year:
        raise Missing("没有这一年的评分")
    finals, rows = scores.year_rows(asked)
    quarters = [Quarter(asked, number) for number in range(1, 5)]
    if list_files.wanted():
        return list_files.answer(f"{asked}年度评分", list_columns.year(quarters), rows if finals else ())
    return page(
        "scores/year.html",
        year=asked,
        quarters=quarters,
        finals=finals,
        rows=rows,
        newest=clock.today().year,
    )
