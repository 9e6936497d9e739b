"""失信信息: the list, the record with its versions and what is owed on it, annulment, papers."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.credit import (
    check_lists,
    checks,
    corrections,
    list_columns,
    listing,
    objections,
    papers,
    publicity_rules,
    records,
    repairs,
)
from plugins.areas.credit.models import DishonestyRecord, Objection, RecordVersion, Repair
from plugins.areas.credit.reach import (
    is_holder,
    objection_for,
    own_record_for,
    record_for,
    repair_for,
    sees_all,
)
from plugins.areas.credit.record_rules import (
    ACTIVE,
    KIND_LABELS,
    LABELS,
    PUBLICITY_LABELS,
    STATE_LABELS,
    WITHDRAWING,
)
from plugins.areas.credit.views import blueprint, history
from plugins.areas.credit.views.answers import attachment
from portal.toolkit import (
    act,
    clock,
    files,
    link,
    list_files,
    obligations,
    page,
    requires,
    units,
)


@blueprint.get("/records")
@requires("credit.view")
def records_page() -> Response:
    filters = listing.record_filters(request.args)
    if list_files.wanted():
        return records_file("失信信息", filters)
    found = listing.list_records(current_user, filters, request.args.get("older", type=int))
    every = sees_all(current_user)
    return page(
        "credit/records.html",
        part="credit/_records.html",
        rows=[(record, units.name_of(record.unit)) for record in found.rows],
        total_text=f"共 {listing.count_records(current_user, filters):,} 条",
        next_href=link("credit.records", {**filters, "older": found.older}) if found.older else None,
        first_href=link("credit.records", filters) if request.args.get("older") else None,
        filters=filters,
        units=[(unit.key, unit.name) for unit in units.enabled()] if every else [],
        kinds=list(KIND_LABELS.items()),
        states=list(STATE_LABELS.items()),
        publicities=list(PUBLICITY_LABELS.items()),
        may_enter=current_user.can("credit.enter") and bool(current_user.unit),
    )


def records_file(title: str, filters: dict[str, str]) -> Response:
    """The records that the viewer may see and ``filters`` ask for, as a file."""
    query = DishonestyRecord.select().where(listing.record_condition(current_user, filters))
    rows = list_columns.record_values(current_user._get_current_object(), list_files.by_key(query, DishonestyRecord.id))
    return list_files.answer_fields(title, list_columns.RECORD_FIELDS, rows)


blueprint.add_url_rule("/records", endpoint="records", view_func=records_page)

def _comparison(record: DishonestyRecord) -> list[tuple[str, Any, bool]]:
    """What each track in force on the decision's day says, the governing one marked: two tracks side by side."""
    decision, day = (
        records.decision_of(records.entry_of(record), record.unit),
        record.published_on or clock.today(),
    )
    return [
        (track.label, publicity_rules.publicity(decision, day, track), track.key == record.track)
        for track in publicity_rules.tracks_on(record.decided_on) or [publicity_rules.track(record.track)]
    ]


def _owed(record: DishonestyRecord) -> list[Any]:
    return [
        (owed, obligations.lamp(owed), units.name_of(owed.unit))
        for kind in (records.RECORD, records.TAKE_BACK)
        for owed in obligations.of_record(kind, record.id)
        if owed.unit == current_user.unit or sees_all(current_user)
    ]


@blueprint.get("/records/<int:record_id>")
@requires("credit.view")
def record(record_id: int) -> Response:
    found = record_for(current_user, record_id)
    own, publisher = found.unit == current_user.unit, is_holder(current_user.unit, "publisher")
    return page(
        "credit/record.html",
        record=found,
        unit_name=units.name_of(found.unit),
        show_identity=own and current_user.can("credit.enter"),
        measures=checks.measures_for(found, "management", ""),
        comparison=_comparison(found),
        versions=_versions(found),
        owed=_owed(found),
        papers=papers.of("record", found.id),
        objections=list(Objection.select().where(Objection.record == found).order_by(Objection.id))
        if own or sees_all(current_user)
        else [],
        repairs=list(Repair.select().where(Repair.record == found).order_by(Repair.id)),
        history=history.lines("dishonesty", found.id, LABELS),
        may_change=own and current_user.can("credit.enter") and found.state == ACTIVE,
        may_publish=publisher and current_user.can("credit.publish") and found.publicity == "due",
        may_take_back=publisher
        and current_user.can("credit.publish")
        and (found.publicity == WITHDRAWING or _taking_back(found)),
        may_receive=current_user.can("credit.objection")
        and is_holder(current_user.unit, "objection_desk")
        and objections.not_open_to_objection(found) is None,
        may_repair=current_user.can("credit.repair")
        and (own or publisher)
        and repairs.not_open_to_repair(found) is None,
    )


def _versions(found: DishonestyRecord) -> list[tuple[RecordVersion, list[tuple[str, Any]]]]:
    """Each wrong version with its fields in words, the newest first."""
    query = RecordVersion.select().where(RecordVersion.record == found).order_by(RecordVersion.number.desc())
    return [
        (
            kept,
            [
                (LABELS[name], history.in_words(name, kept.values[name]))
                for name in LABELS
                if kept.values.get(name) not in (None, "", [])
            ],
        )
        for kept in query
    ]


def _taking_back(found: DishonestyRecord) -> bool:
    return any(owed.state == obligations.OPEN for owed in obligations.of_record(records.TAKE_BACK, found.id))


@blueprint.post("/records/<int:record_id>/annul")
@act("credit.enter")
def annul_record(record_id: int) -> Response:
    found = own_record_for(current_user, record_id)
    corrections.annul(found, request.form.get("reason", ""))
    flash(
        "已撤销：不再作为联合惩戒依据" + ("，等待公示单位撤回公示" if found.publicity == WITHDRAWING else ""),
        "success",
    )
    return redirect(url_for("credit.record", record_id=found.id), 303)


@blueprint.get("/owed/dishonesty/<path:record_id>")
@requires("credit.view")
def owed_record(record_id: str) -> Response:
    """Where D5 is worked off: the record, or the entry form filled with what a quarter's list says of it."""
    if record_id.isdigit():
        return redirect(url_for("credit.record", record_id=int(record_id)), 303)
    if not current_user.can("credit.enter"):
        return redirect(link("inbox.index", {"kind": "dishonesty"}), 303)
    number, _, rest = record_id.partition("|")
    party, _, day = rest.partition("|")
    known = {"document_number": number, "decided_on": day}
    known |= {"party_code": party} if check_lists.looks_like_code(party) else {"party_name": party}
    return redirect(link("credit.new_record", known), 303)


@blueprint.get("/owed/publicity/<int:record_id>")
@requires("credit.view")
def owed_publicity(record_id: int) -> Response:
    return redirect(url_for("credit.record", record_id=record_id), 303)


_GETTERS = {"record": record_for, "objection": objection_for, "repair": repair_for}


@blueprint.get("/papers/<int:paper_id>")
@requires("credit.view")
def paper(paper_id: int) -> Response:
    found = papers.paper_of(paper_id)
    _GETTERS[found.owner_type](current_user, found.owner_id)
    return attachment(files.read(found.file), found.file.name, found.file.content_type)
