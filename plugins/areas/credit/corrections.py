"""更正与撤销: a correction keeps the wrong version in the history, an annulment ends the record's force and publicity."""

from __future__ import annotations

from typing import Any

from plugins.areas.credit import lapses, publicity_rules, record_rules, records
from plugins.areas.credit.models import DishonestyRecord, RecordVersion
from plugins.areas.credit.record_rules import Entry
from portal.toolkit import Refused, audit, clock, obligations, transaction


def correct(
    record: DishonestyRecord, entry: Entry, reason: str, *, subject_id: int | None = None
) -> DishonestyRecord:
    """Correct a record: the version before it is kept (二（四） 更正). Raises Refused, Stale."""
    if record.state != record_rules.ACTIVE:
        raise Refused(f"这条信息{record.state_label}，不能再更正")
    if not reason.strip():
        raise Refused("更正必须写明原因", {"reason": "更正原因不能为空"})
    entry, party = records.check(entry, record.unit, subject_id)
    values = _corrected(record, records.values_of(entry, party, record.unit))
    before = records.plain(record)
    if all(before[name] == _plain_value(value) for name, value in values.items() if name in before):
        raise Refused("没有改动任何一项，不需要更正")
    with transaction():
        there = records.same_identity(values)
        if there is not None and there.id != record.id:
            records.refuse_double(there, record.unit)
        number, known = record.version, _identity_of(record)
        records.changed(
            record, values | ({"publicity_changed_on": clock.today()} if record.published_on else {})
        )
        RecordVersion.create(
            record=record, number=number, values=before, reason=reason.strip(), corrected_at=clock.now(),
            corrected_by=audit.actor().name, unit=audit.actor().unit,
        )  # fmt: skip
        _follow_identity(record, known)
        if before["publicity"] == record_rules.PUBLISHED and record.publicity == record_rules.ENDED:
            records.owe_take_back(record, "更正后按规定不公示")
        if record.publicity == record_rules.DUE:
            records.open_publicity(record, clock.today())
        else:
            obligations.withdraw("publicity", (records.RECORD, record.id), "更正后不需要公示")
        audit.record(
            "更正失信信息",
            records.RECORD,
            record.id,
            before=before,
            after=records.plain(record),
            note=reason.strip(),
        )
    return record


def _identity_of(record: DishonestyRecord) -> str:
    return records.identity(record.document_number, record.party_key, record.decided_on)


def _follow_identity(record: DishonestyRecord, before: str) -> None:
    """A corrected number, party or date: what was owed and done follows it, so that the decision still counts once."""
    now, owed = _identity_of(record), obligations.Obligation
    if now == before:
        return
    of_unit = (owed.kind == "dishonesty") & (owed.unit == record.unit)
    if owed.select().where(of_unit & (owed.identity == now)).exists():
        obligations.fulfil_one(owed.get(of_unit & (owed.identity == now)), (records.RECORD, record.id))
        owed.update(state=obligations.WITHDRAWN, reason="更正后与另一项为同一决定").where(
            of_unit & (owed.identity == before)
        ).execute()
    else:
        owed.update(identity=now).where(of_unit & (owed.identity == before)).execute()


def _corrected(record: DishonestyRecord, values: dict[str, Any]) -> dict[str, Any]:
    """What a correction stores: a published record stays published, its period counted anew from its own first day."""
    if record.publicity not in (record_rules.PUBLISHED, record_rules.ENDED):
        return values
    decision_entry = Entry(
        **{name: values[name] for name in records.STORED},
        penalty_kinds=tuple(values["penalty_kinds"]),
        track=values["track"],
    )
    term = publicity_rules.publicity(
        records.decision_of(decision_entry, record.unit),
        record.published_on,
        publicity_rules.track(values["track"]),
    )
    values["publicity"] = record.publicity
    if not term.published:
        return values | {
            "publicity": record_rules.ENDED,
            "publicity_ended_on": clock.today(),
            "publicity_reason": term.reason,
        }
    ends = {
        "public_earliest": term.earliest_end,
        "public_until": term.latest_end,
        "publicity_reason": term.reason,
    }
    return values | ends | ({} if values["valid_until"] else {"force_until": term.latest_end})


def annul(record: DishonestyRecord, reason: str) -> None:
    """The decision was annulled or found unlawful: it counts no more at once, and publicity is withdrawn within the
    days of the setting (决定被变更、撤销的，撤回公示); objections and a repair under way end with it. Raises Refused, Stale."""
    if record.state == record_rules.ANNULLED:
        raise Refused("这条信息已经撤销")
    if not reason.strip():
        raise Refused("撤销必须写明依据的文书和原因", {"reason": "撤销原因不能为空"})
    before = records.plain(record)
    with transaction():
        was_public = record.publicity in (record_rules.PUBLISHED, record_rules.WITHDRAWING)
        state = record_rules.WITHDRAWING if was_public else record.publicity
        if record.publicity == record_rules.DUE:
            state = record_rules.NOT_WANTED
            obligations.withdraw("publicity", (records.RECORD, record.id), f"决定已撤销：{reason.strip()}")
        records.changed(record, {"state": record_rules.ANNULLED, "publicity": state})
        if was_public:
            DishonestyRecord.update(publicity_changed_on=clock.today()).where(
                DishonestyRecord.id == record.id
            ).execute()
            records.owe_take_back(record, "决定被撤销")
        lapses.end_with(record, reason.strip())
        audit.record(
            "撤销失信信息",
            records.RECORD,
            record.id,
            before=before,
            after=records.plain(record),
            note=reason.strip(),
        )


def _plain_value(value: Any) -> Any:
    return value.id if hasattr(value, "credit_code") else value
