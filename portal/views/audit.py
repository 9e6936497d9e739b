"""The auditor's pages: look, verify, export; looking is itself audited."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for

from portal import audit, audit_search, list_columns, list_files, proofs, self_checks
from portal.access import act, requires
from portal.audit import AuditEntry
from portal.audit_search import CHANNELS, RECORD_TYPES, Filters
from portal.pages import key_from, link, page
from portal.refusals import Missing, Refused

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


def _filters() -> tuple[Filters, dict[str, str]]:
    argument = request.args.get
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name, label in (("first", "起始日期"), ("last", "截止日期")):
        text = argument(name, "")
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name] = None
            errors[name] = f"{label}“{text[:20]}”不是日期，应写成 2026-09-18 这样"
    if days["first"] and days["last"] and days["first"] > days["last"]:
        errors["last"] = "截止日期不能早于起始日期"
    filters = Filters(
        account=argument("account", "").strip()[:40],
        action=argument("action", "").strip()[:40],
        record_type=argument("record_type", "").strip()[:40],
        record_id=argument("record_id", "").strip()[:80],
        **days,
    )
    return filters, errors


def _query(filters: Filters) -> dict[str, str]:
    return {
        "account": filters.account,
        "action": filters.action,
        "record_type": filters.record_type,
        "record_id": filters.record_id,
        "first": filters.first.isoformat() if filters.first else "",
        "last": filters.last.isoformat() if filters.last else "",
    }


@blueprint.get("/")
@requires("audit.view")
def index() -> Response:
    filters, errors = _filters()
    if list_files.wanted():
        if errors:
            raise Refused("；".join(errors.values()), errors)
        asked = proofs.demanded_to_read()
        if asked is not None:
            return asked
        return list_files.answer("审计记录", list_columns.AUDIT, audit_search.entries(filters, audit.last()[0]))
    older, newer = key_from("older"), key_from("newer")
    if not errors and older is None and newer is None:
        audit.record_alone("查看审计记录", "audit", "list", note=filters.words)
    found = (
        audit_search.Page([], None, None)
        if errors
        else audit_search.search(filters, older=older, newer=newer)
    )
    query = _query(filters)
    return page(
        "audit/index.html",
        part="audit/_rows.html",
        status=422 if errors else 200,
        rows=found.rows,
        first_href=link("audit.index", query) if found.newer or older is not None else None,
        prev_href=link("audit.index", {**query, "newer": found.newer}) if found.newer else None,
        next_href=link("audit.index", {**query, "older": found.older}) if found.older else None,
        filters=query,
        filtered=any(query.values()),
        record_types=RECORD_TYPES,
        channels=CHANNELS,
        errors=errors,
    )


@blueprint.get("/<int(max=9223372036854775807):seq>")
@requires("audit.view")
def show(seq: int) -> Response:
    entry = AuditEntry.get_or_none(AuditEntry.seq == seq)
    if entry is None:
        raise Missing(f"没有第 {seq} 条审计记录")
    return page(
        "audit/show.html",
        entry=entry,
        changes=audit_search.changes_of(seq),
        record_type=RECORD_TYPES.get(entry.record_type, entry.record_type),
        channel=CHANNELS.get(entry.channel, entry.channel),
        last=audit.last()[0],
    )


@blueprint.post("/verify")
@act("audit.view")
def verify() -> Response:
    if audit.last()[0] > self_checks.AT_ONCE:
        job = self_checks.start("校验审计链")
        flash("审计记录较多，已转入后台校验", "success")
        return redirect(url_for("jobs.show", job_id=job.id), 303)
    verdict = audit.verify()
    if verdict.broken is None:
        text, level = f"审计记录 {verdict.entries} 条，链完整，末条哈希 {verdict.head}", "success"
    else:
        text, level = f"审计链有问题：{verdict.reason}（其前 {verdict.entries} 条完整）", "danger"
    audit.record(
        "校验审计链", "audit", verdict.broken or verdict.entries, note=text, succeeded=verdict.broken is None
    )
    flash(text, level)
    return redirect(url_for("audit.index"), 303)
