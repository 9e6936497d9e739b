"""联合惩戒核查: one party as one types, a list with progress, the answer, its files, and the check of a printed number."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import check_files, check_lists, checks, code_lists, list_columns, near_names
from plugins.areas.credit.check_models import NOT_FOUND, SAME_NAMES, SanctionCheck
from plugins.areas.credit.views import blueprint
from plugins.areas.credit.views.answers import pdf, xlsx
from portal.toolkit import Missing, Refused, act, audit, files, jobs, link, list_files, page, requires, units

_SIZE = 50
_PURPOSES = [("", "请选择")] + [(code, words) for code, (words, _) in code_lists.PURPOSES.items()]


def _page(values: dict, errors: dict[str, str], status: int = 200) -> Response:
    text = values.get("q", "").strip()
    recent = (
        SanctionCheck.select().where(SanctionCheck.unit == current_user.unit)
        if current_user.unit
        else SanctionCheck.select().where(SanctionCheck.account == current_user.account)
    )
    older = request.args.get("older", type=int)
    if list_files.wanted():
        return list_files.answer("核查记录", list_columns.CHECKS, list_files.by_key(recent, SanctionCheck.id))
    if older:
        recent = recent.where(SanctionCheck.id < older)
    rows = list(recent.order_by(SanctionCheck.id.desc()).limit(21))
    return page(
        "credit/check.html",
        part="credit/_candidates.html",
        status=status,
        q=text,
        found=near_names.candidates(text) if text else [],
        values=values,
        errors=errors,
        purposes=_PURPOSES,
        recent=rows[:20],
        next_href=link("credit.check_page", {"older": rows[19].id}) if len(rows) > 20 else None,
        most=check_lists.MOST_PARTIES,
    )


@blueprint.get("/check")
@requires("credit.check")
def check_page() -> Response:
    return _page({"q": request.args.get("q", ""), "purpose": request.args.get("purpose", "")}, {})


@blueprint.post("/checks")
@act("credit.check")
def ask() -> Response:
    form = request.form
    try:
        check = checks.check_one(
            form.get("q", ""),
            unit=current_user.unit,
            purpose=form.get("purpose", ""),
            purpose_note=form.get("purpose_note", ""),
        )
    except Refused as refusal:
        return _page(form.to_dict(), refusal.fields or {"q": str(refusal)}, refusal.status)
    return redirect(url_for("credit.check", check_id=check.id), 303)


@blueprint.post("/check-lists")
@act("credit.check")
def ask_list() -> Response:
    form, upload = request.form, request.files.get("file")
    try:
        if upload is not None and upload.filename:
            file = files.store(upload.stream, upload.filename)
        elif form.get("list", "").strip():
            check_lists.read_text(form["list"])
            file = files.store(check_lists.as_stream(form["list"]), "粘贴的名单.txt")
        else:
            raise Refused("请粘贴名单，或选择一个文件", {"list": "请粘贴名单，或选择一个文件"})
        check = checks.check_list(
            file,
            unit=current_user.unit,
            purpose=form.get("purpose", ""),
            purpose_note=form.get("purpose_note", ""),
        )
    except Refused as refusal:
        fields = {
            ("list_purpose" if name == "purpose" else name): text for name, text in refusal.fields.items()
        }
        return _page(form.to_dict(), fields or {"list": str(refusal)}, refusal.status)
    flash("名单已提交核查，结果出来前可以离开本页", "success")
    return redirect(url_for("credit.check", check_id=check.id), 303)


@blueprint.get("/checks/<int:check_id>")
@requires("credit.check")
def check(check_id: int) -> Response:
    found = checks.check_for(current_user, check_id)
    after = request.args.get("after", 0, type=int)
    last = checks.last_pair(found, after, _SIZE) if found.answered_at else None
    unclear = checks.unclear(found) if found.answered_at else []
    alone = found.parties == 1 and len(unclear) == 1 and unclear[0].match in (NOT_FOUND, SAME_NAMES)
    return page(
        "credit/check_result.html",
        part="credit/_check_result.html",
        check=found,
        pending=checks.pending(found),
        job=jobs.Job.get_by_id(found.job_id) if found.job_id else None,
        cover=check_files.cover(found) if found.answered_at else [],
        hits=checks.hits(found, after, _SIZE) if found.answered_at else [],
        unclear=unclear,
        near=near_names.near(unclear[0].name) if alone else [],
        next_href=link("credit.check", {"after": last}, check_id=found.id) if last else None,
        first_href=url_for("credit.check", check_id=found.id) if after else None,
    )


def _answered(check_id: int) -> SanctionCheck:
    found = checks.check_for(current_user, check_id)
    if found.answered_at is None:
        raise Missing("这次核查还没有结果")
    return found


@blueprint.get("/checks/<int:check_id>/result.xlsx")
@requires("credit.check")
def check_xlsx(check_id: int) -> Response:
    found = _answered(check_id)
    audit.record_alone("下载核查结果", "sanction_check", found.id, note="xlsx")
    return xlsx(lambda target: check_files.write_xlsx(found, target), f"联合惩戒核查{found.number}.xlsx")


@blueprint.get("/checks/<int:check_id>/result.pdf")
@requires("credit.check")
def check_pdf(check_id: int) -> Response:
    found = _answered(check_id)
    content = check_files.pdf(found)
    audit.record_alone("下载核查结果", "sanction_check", found.id, note="pdf")
    return pdf(content, f"联合惩戒核查{found.number}.pdf")


@blueprint.get("/verify")
@requires("credit.check")
def verify() -> Response:
    """Whether a printed number and code are the portal's own, and its stored answer is unchanged."""
    number, code = request.args.get("number", "").strip(), request.args.get("code", "").strip()
    found, unchanged, error = None, False, ""
    if number or code:
        try:
            found, unchanged = checks.verified(number, code)
        except Missing as missing:
            error = str(missing)
    return page(
        "credit/verify.html", number=number, code=code, check=found, unchanged=unchanged, error=error,
        unit_name=units.name_of(found.unit) if found else "", status=404 if error else 200,
    )  # fmt: skip
