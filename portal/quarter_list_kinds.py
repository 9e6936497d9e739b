"""The lists of a quarter's end (三) as record kinds: what the page takes also comes by import and by the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from portal import audit, clock, facts, quarter_lists, record_reading, stored_acts, units
from portal.database import transaction
from portal.list_comparison import Entry
from portal.obligations import OPEN, WITHDRAWN, Obligation
from portal.quarter_list_files import FIELDS, entry_of, values_of
from portal.quarter_list_rows import KINDS as LABELS
from portal.quarter_list_rows import ROW, QuarterRow, QuarterUpload, keep, mark, outcome_of, plain
from portal.quarter_lists import QuarterResolution
from portal.record_kinds import Kept, RecordKind, Stored
from portal.record_listing import Listing
from portal.refusals import NotAllowed, Refused
from portal.workdays import Quarter

_REASON = "报送单位撤销了这次导入"


def _duty(kind: str) -> Callable[[str], None]:
    def may_import(unit: str) -> None:
        if kind not in quarter_lists.kinds_of(unit):
            raise NotAllowed(f"本单位没有报送{LABELS[kind]}的职责（附件2-2）")

    return may_import


def _entry(kind: str, values: Mapping[str, Any], unit: str) -> Entry:
    """The row's decision, of a quarter whose lists are still taken. Raises Refused."""
    day = values["day"]
    if day > clock.today():
        raise Refused("决定日期在今天之后", {"day": "在今天之后"})
    try:
        quarter_lists.check_open(unit, Quarter.of(day), kind)
    except Refused as refused:
        raise Refused(str(refused), {"day": str(refused)}) from None
    return entry_of(kind, values)


def _row(kind: str, unit: str, entry: Entry) -> QuarterRow | None:
    return QuarterRow.get_or_none(
        (QuarterRow.unit == unit) & (QuarterRow.quarter == str(Quarter.of(entry.day))) & (QuarterRow.kind == kind)
        & (QuarterRow.identity == entry.identity)
    )  # fmt: skip


def _sending(kind: str, unit: str, quarter: Quarter) -> QuarterUpload:
    """Today's sending of this person or system without a file of its own: many batches are one sending."""
    newest = (
        QuarterUpload.select()
        .where(
            (QuarterUpload.unit == unit) & (QuarterUpload.quarter == str(quarter)) & (QuarterUpload.kind == kind)
            & QuarterUpload.file.is_null() & (QuarterUpload.nil == False) & (QuarterUpload.sent_by == audit.actor().name)  # noqa: E712
        )
        .order_by(QuarterUpload.id.desc())
        .first()
    )  # fmt: skip
    if newest is not None and newest.sent_at.date() == clock.today():
        return newest
    return quarter_lists.sending(unit, quarter, kind)


def _storing(kind: str) -> Callable[..., list[Stored | Refused]]:
    def store_one(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
        entry = _entry(kind, values, unit)
        quarter = Quarter.of(entry.day)
        sending = _sending(kind, unit, quarter)
        act = keep(sending, entry)
        added = int(act.made)
        QuarterUpload.update(rows=QuarterUpload.rows + 1, added=QuarterUpload.added + added).where(QuarterUpload.id == sending.id).execute()
        return Stored(act.outcome, act.record_id, "" if act.outcome == stored_acts.SAME else act.reference)

    def store(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
        _duty(kind)(unit)
        answers = record_reading.one_by_one(store_one)(rows, unit=unit, source=source)
        good = [values["day"] for values, answer in zip(rows, answers, strict=True) if isinstance(answer, Stored)]
        for quarter in {Quarter.of(day) for day in good}:
            quarter_lists.fulfil_when_complete(unit, quarter)
        return answers

    return store


def _comparing(kind: str) -> Callable[..., list[str | Refused]]:
    def compare(rows: Sequence[dict[str, Any]], *, unit: str) -> list[str | Refused]:
        _duty(kind)(unit)

        def of_one(values: Mapping[str, Any]) -> str:
            entry = _entry(kind, values, unit)
            return outcome_of(_row(kind, unit, entry), entry)

        return record_reading.each_compared(of_one, rows)

    return compare


def _blocked(references: Sequence[str], *, unit: str, source: str) -> str:
    try:
        for act in stored_acts.newest(references):
            _standing(act, unit)
    except Refused as refused:
        return str(refused)
    return ""


def _standing(act: stored_acts.StoredAct, unit: str) -> QuarterRow:
    """The row as the act left it; after the quarter's last working day only the office takes rows away. Raises Refused."""
    row = QuarterRow.get_or_none((QuarterRow.id == act.record_id) & (QuarterRow.unit == unit))
    if row is None:
        raise Refused("其中一条已不在本单位的清单里")
    quarter = Quarter.parse(row.quarter)
    if clock.today() > facts.span_of(quarter).last_workday:
        raise Refused(f"{quarter.label}的报送期限已过，清单有误的请作为差异由联席会议办公室确认")
    resolved = QuarterResolution.get_or_none(
        (QuarterResolution.unit == unit) & (QuarterResolution.quarter == row.quarter) & (QuarterResolution.kind == row.kind)
        & (QuarterResolution.identity == row.identity)
    )  # fmt: skip
    if resolved is not None:
        raise Refused(f"“{row.name}”（{row.document}）的差异已由{resolved.resolved_by}处理")
    if mark(row) != act.after:
        raise Refused(f"“{row.name}”（{row.document}）之后又有更正")
    return row


def _undo(reference: str, *, unit: str) -> None:
    act = stored_acts.read(reference)
    with transaction():
        row = _standing(act, unit)
        if act.made:
            _remove(row, opened=act.before["opened"])
            return
        before = plain(row)
        QuarterRow.update(**stored_acts.columns(QuarterRow, act.before)).where(QuarterRow.id == row.id).execute()
        audit.record("撤回导入的清单更正", ROW, row.id, before=before, after=act.before, note=_REASON)


def _remove(row: QuarterRow, *, opened: bool) -> None:
    if opened and row.obligation_id is not None:
        Obligation.update(state=WITHDRAWN, reason=_REASON).where(
            (Obligation.id == row.obligation_id) & (Obligation.state == OPEN)
        ).execute()
    row.delete_instance()
    QuarterUpload.update(rows=QuarterUpload.rows - 1, added=QuarterUpload.added - 1).where(QuarterUpload.id == row.upload_id).execute()
    quarter_lists.owe_again_when_incomplete(row.unit, Quarter.parse(row.quarter))
    audit.record("撤回导入的清单一条", ROW, row.id, before=plain(row), note=_REASON)


def _visible(kind: str) -> Callable[[Any, Mapping[str, str]], Any]:
    def visible(viewer: Any, filters: Mapping[str, str]) -> Any:
        condition = QuarterRow.kind == kind
        if not viewer.has_role("office", "convenor", "deputy_convenor"):
            condition &= QuarterRow.unit == (viewer.unit or "-")
        if filters.get("quarter"):
            condition &= QuarterRow.quarter == filters["quarter"]
        return condition

    return visible


def _kept(row: QuarterRow) -> Kept:
    values = values_of(row.kind, row.entry) | {"quarter": row.quarter, "unit": units.name_of(row.unit), "late": row.late}
    # The table counts no versions: the fields themselves tell one state from another.
    return Kept(row.id, int(record_reading.fingerprint(values), 16), values)


def _made(kind: str, key: str) -> RecordKind:
    listing = Listing(QuarterRow, ROW, _visible(kind), _kept, QuarterRow.select)
    return RecordKind(
        key=key, label=f"季度{LABELS[kind]}", fields=FIELDS[kind], identity=("document", "code"), read_permission="quarter_list.view",
        write_permission="quarter_list.send", may_import=_duty(kind), store=_storing(kind), compare=_comparing(kind), undo=_undo,
        rows=listing.rows, fetch=listing.fetch, changes=listing.changes, blocked=_blocked, filters=("quarter",),
    )  # fmt: skip


KINDS = [_made("permits", "quarter-permits"), _made("dishonesty", "quarter-dishonesty")]
