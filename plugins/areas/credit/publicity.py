"""公示: noted under the enterprise and published, ended by itself or early, withdrawn, and exported for the public system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from plugins.areas.credit import records
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.record_rules import BARRED, DUE, ENDED, GONE, PUBLISHED, WITHDRAWING
from portal.toolkit import Refused, audit, clock, obligations, spreadsheets, transaction, units


def publish(record: DishonestyRecord) -> None:
    """Note the record under its enterprise and publish it for the period of its track: D6 is done.

    Raises Refused when it is not waiting for publicity, Stale when somebody was faster.
    """
    if record.publicity != DUE:
        raise Refused(f"“{record.document_number}”的公示状态是{record.publicity_label}，不能公示")
    today = clock.today()
    term = records.term_of(record, today)
    before = records.plain(record)
    over = term.latest_end is not None and term.latest_end < today
    if not term.published or over:
        reason = f"公示期已于 {term.latest_end} 届满，不再公示；{term.reason}" if over else term.reason
        values: dict[str, Any] = {"publicity": BARRED, "publicity_reason": reason}
    else:
        values = {
            "publicity": PUBLISHED, "publicity_reason": term.reason, "published_on": today, "publicity_changed_on": today,
            "public_earliest": term.earliest_end, "public_until": term.latest_end,
        }  # fmt: skip
        if record.valid_until is None:
            values["force_until"] = term.latest_end
    with transaction():
        records.changed(record, values)
        obligations.fulfil("publicity", (records.RECORD, record.id))
        action = "记于名下并公示" if values["publicity"] == PUBLISHED else "核定不公示"
        audit.record(
            action,
            records.RECORD,
            record.id,
            before=before,
            after=records.plain(record),
            note=values["publicity_reason"],
        )


def clocks(publicity: str, record_ids: Iterable[int]) -> dict[str, Any]:
    """What the publisher still owes on records of a publicity state: the publishing, or the taking back."""
    return obligations.clocks(records.RECORD if publicity == DUE else records.TAKE_BACK, record_ids)


def publish_waiting(condition: Any, limit: int = 5000) -> int:
    """Publish every waiting record that meets ``condition`` (a whole queue, not one page of it); returns how many."""
    waiting = DishonestyRecord.select().where((DishonestyRecord.publicity == DUE) & condition)
    count = 0
    with transaction():
        for record in waiting.order_by(DishonestyRecord.id).limit(limit):
            publish(record)
            count += 1
    return count


def end_due(day: date) -> int:
    """End every publicity whose last day lies before ``day``; a record ended once is not met again. Returns how many."""
    count = 0
    with transaction():
        over = (DishonestyRecord.publicity == PUBLISHED) & (DishonestyRecord.public_until < day)
        for record in list(DishonestyRecord.select().where(over).order_by(DishonestyRecord.id)):
            stop(record, f"公示期届满（{record.public_until}）")
            count += 1
    return count


def stop(record: DishonestyRecord, reason: str, **more: Any) -> None:
    """End the publicity of a record now, for ``reason``; ``more`` are further fields of the same change. Raises Stale."""
    before = records.plain(record)
    with transaction():
        records.changed(
            record,
            {
                "publicity": ENDED,
                "publicity_ended_on": clock.today(),
                "publicity_changed_on": clock.today(),
                **more,
            },
        )
        audit.record(
            "停止公示", records.RECORD, record.id, before=before, after=records.plain(record), note=reason
        )


def confirm_taken_back(record: DishonestyRecord) -> None:
    """The publisher has taken the record back from the public system: its second duty on it is done."""
    if record.publicity not in (WITHDRAWING, ENDED):
        raise Refused(f"“{record.document_number}”的公示状态是{record.publicity_label}，没有要撤回的")
    before = records.plain(record)
    with transaction():
        if record.publicity == WITHDRAWING:
            records.changed(record, {"publicity": GONE, "publicity_ended_on": clock.today()})
        done = obligations.fulfil("publicity", (records.TAKE_BACK, record.id))
        if not done and record.publicity == ENDED:
            raise Refused("这条信息没有待撤回的公示")
        audit.record(
            "已在公示系统撤回", records.RECORD, record.id, before=before, after=records.plain(record)
        )


#: The 双公示 field names, in their order, behind what the public system is to do with the row.
HEADINGS = tuple(
    spreadsheets.Heading(title, width)
    for title, width in (
        ("操作", 10), ("XK_XDR_MC", 28), ("XK_XDR_SYDW", 22), ("XK_FDDB", 12), ("CF_WSH", 24), ("CF_WFXW", 24), ("CF_SY", 40),
        ("CF_YJ", 40), ("CF_CFLB", 20), ("CF_NR", 40), ("CF_NR_FK", 14), ("CF_NR_WFFF", 14), ("CF_NR_ZKDX", 24), ("CF_JDRQ", 12),
        ("CF_YXQ", 12), ("CF_GSJZQ", 12), ("CF_CFJG", 24), ("CF_CFJGDM", 22), ("CF_SJLY", 24), ("CF_SJLYDM", 22), ("BZ", 30),
    )
)  # fmt: skip
_MOST_EXPORTED = 100_000


def _wan(fen: int | None) -> str:
    """Amounts leave in 万元, the standard's unit; six decimals are one 分."""
    return "" if fen is None else f"{fen / 1_000_000:.6f}"


def _operation(record: DishonestyRecord) -> str:
    if record.publicity == PUBLISHED:
        return "公示" if record.publicity_changed_on == record.published_on else "更正"
    return "撤回" if record.publicity in (WITHDRAWING, GONE) else "停止公示"


def export_rows(first: date, last: date) -> Iterator[list[object]]:
    """A row for each record whose publicity changed from ``first`` to ``last``: published, corrected, ended, withdrawn."""
    query = (
        DishonestyRecord.select()
        .where(DishonestyRecord.publicity_changed_on.between(first, last))
        .order_by(DishonestyRecord.publicity_changed_on, DishonestyRecord.id)
        .limit(_MOST_EXPORTED)
    )
    codes = {
        key: getattr(units.unit(key), "credit_code", "")
        for (key,) in DishonestyRecord.select(DishonestyRecord.unit).distinct().tuples()
    }
    for record in query:
        name, code = units.name_of(record.unit), codes.get(record.unit, "")
        yield [
            _operation(record), record.party_name, record.party_code, record.representative, record.document_number, record.act_kind,
            record.facts, record.basis, "、".join(record.penalty_kinds) or record.label, record.content, _wan(record.fine),
            _wan(record.confiscated), record.licence, record.decided_on, record.valid_until or "", record.public_until or "",
            name, code, name, code, record.note,
        ]  # fmt: skip
