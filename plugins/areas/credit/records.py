"""失信信息录入: a decision is entered, corrected with its wrong version kept, or annulled; each act audited in one transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import peewee

from plugins.areas.credit import parties, publicity_rules, record_rules
from plugins.areas.credit.models import DishonestyRecord, RecordVersion
from plugins.areas.credit.parties import Party
from plugins.areas.credit.publicity_rules import Decision, Publicity
from plugins.areas.credit.reach import is_holder
from plugins.areas.credit.record_rules import Entry
from portal.toolkit import (
    Refused,
    Stale,
    audit,
    clock,
    database,
    obligations,
    settings,
    subjects,
    transaction,
    units,
)

RECORD = "dishonesty"
#: What the portal owes before the record exists: a row of a quarter's list (scoring.md "Due").
EXPECTED = "dishonesty_expected"
#: The publisher's second duty on a record: to take it back from the public system.
TAKE_BACK = "publicity_withdrawal"

#: Fields of an entry that are stored as they are.
_STORED = (
    "kind", "category", "party_kind", "party_name", "representative", "representative_title", "document_name",
    "document_number", "decided_on", "act_kind", "facts", "basis", "content", "fine", "confiscated", "licence",
    "valid_until", "ban_until", "field", "simple_procedure", "severity", "sector_rule", "note",
)  # fmt: skip


def identity(document_number: str, party_key: str, decided_on: Any) -> str:
    """The identity of a decision on a party: the same document, subject and date are one record."""
    return f"{record_rules.document_key(document_number)}|{party_key}|{decided_on}"


def decision_of(entry: Entry, unit: str) -> Decision:
    """What the publicity rules need to know of an entry."""
    person = entry.party_kind == record_rules.PERSON
    low = settings.value("credit.low_fine_person" if person else "credit.low_fine", entry.decided_on)
    return Decision(
        penalty=entry.kind == record_rules.PENALTY, decided_on=entry.decided_on, kinds=tuple(entry.penalty_kinds),
        fine=entry.fine or 0, low_fine=low * 100, by_market_unit=is_holder(unit, "publisher"),
        simple_procedure=entry.simple_procedure, severity=entry.severity, sector_rule=entry.sector_rule,
        ban_until=entry.ban_until,
    )  # fmt: skip


def entry_of(record: DishonestyRecord) -> Entry:
    """The stored record as an entry, for its correction form and for the rules."""
    kept = {name: getattr(record, name) for name in _STORED}
    return Entry(
        **kept, party_code=record.party_code, id_number=record.id_number, penalty_kinds=tuple(record.penalty_kinds),
        measures=tuple(record.measures), track=record.track, public=record.publicity != record_rules.NOT_WANTED,
    )  # fmt: skip


def term_of(record: DishonestyRecord, published_on: Any = None) -> Publicity:
    """What the record's own track says of its publicity, published on ``published_on`` (default: its day, else today)."""
    day = published_on or record.published_on or clock.today()
    return publicity_rules.publicity(
        decision_of(entry_of(record), record.unit), day, publicity_rules.track(record.track)
    )


def check(entry: Entry, unit: str, subject_id: int | None = None) -> tuple[Entry, Party]:
    """The tidied entry and its party. Raises Refused with a sentence for each field, then for each open doubt."""
    entry = record_rules.tidied(entry)
    member = units.unit(unit)
    found = record_rules.problems(entry, clock.today(), member.duties if member else frozenset())
    party, wrong = parties.read_party(entry, subject_id)
    found |= {name: text for name, text in wrong.items() if name not in found}
    if found:
        raise Refused("；".join(found.values()), found)
    asked = record_rules.doubts(
        entry,
        registered_name=parties.other_name(party.subject, entry.party_name),
        ended=parties.ended_before(party.subject, entry.decided_on),
    )
    if asked:
        raise Refused(
            "请核对后确认：" + "；".join(asked.values()),
            {f"confirm-{key}": text for key, text in asked.items()},
        )
    return entry, party


def _values(entry: Entry, party: Party, unit: str) -> dict[str, Any]:
    decision = decision_of(entry, unit)
    track = publicity_rules.track(entry.track) if entry.track else publicity_rules.track_for(decision)
    term = publicity_rules.publicity(decision, clock.today(), track)
    if not entry.public:
        state, reason = record_rules.NOT_WANTED, "录入单位未标注公示"
    else:
        state = record_rules.DUE if term.published else record_rules.BARRED
        reason = term.reason
    if entry.valid_until:
        force_until = entry.valid_until
    else:
        # Light dishonesty that the rules keep from the public is no ground for sanctions either.
        force_until = term.latest_end or entry.decided_on - timedelta(days=1)
    return {
        **{name: getattr(entry, name) for name in _STORED},
        "penalty_kinds": list(entry.penalty_kinds), "measures": list(entry.measures), "track": track.key,
        "subject": party.subject, "party_code": party.code, "id_number": party.id_number, "party_key": party.key,
        "party_name_key": subjects.name_key(entry.party_name), "document_key": record_rules.document_key(entry.document_number),
        "publicity": state, "publicity_reason": reason, "force_until": force_until,
    }  # fmt: skip


def _same(values: dict[str, Any]) -> DishonestyRecord | None:
    return DishonestyRecord.get_or_none(
        (DishonestyRecord.document_key == values["document_key"])
        & (DishonestyRecord.party_key == values["party_key"])
        & (DishonestyRecord.decided_on == values["decided_on"])
    )


def same_decision(entry: Entry, party: Party) -> DishonestyRecord | None:
    """The record of the same decision on the same party, whoever entered it, or None."""
    key = record_rules.document_key(entry.document_number)
    return _same({"document_key": key, "party_key": party.key, "decided_on": entry.decided_on})


def _refuse_double(there: DishonestyRecord, unit: str) -> None:
    who = "本单位" if there.unit == unit else units.name_of(there.unit)
    raise Refused(
        f"{who}已于 {there.entered_on} 录入同一决定（{there.document_number}，{there.party_name}，{there.decided_on}），"
        "同一文书号、相对人和日期只能有一条",
        {"document_number": f"同一决定已由{who}录入"},
    )


def enter(
    entry: Entry, *, unit: str, source: str = "表单", subject_id: int | None = None
) -> DishonestyRecord:
    """Store a decision of ``unit``: its D5 obligation counts as due and done in the same transaction (二（二）).

    The record marked 公示 starts the publisher's D6. Raises Refused for bad values, open doubts and doubles.
    """
    entry, party = check(entry, unit, subject_id)
    values = _values(entry, party, unit)
    with transaction():
        there = _same(values)
        if there is not None:
            _refuse_double(there, unit)
        try:
            with database.atomic():
                record = DishonestyRecord.create(
                    **values, unit=unit, source=source, entered_on=clock.today(), entered_at=clock.now(),
                    entered_by=audit.actor().name,
                )  # fmt: skip
        except peewee.IntegrityError:
            there = _same(values)
            if there is None:
                raise
            _refuse_double(there, unit)
        _owed_and_done(record)
        open_publicity(record)
        audit.record("录入失信信息", RECORD, record.id, after=plain(record), note=source)
    return record


def _owed_and_done(record: DishonestyRecord) -> None:
    owed = obligations.open_obligation(
        "dishonesty", record.unit, record=(RECORD, record.id), title=f"录入{record.label}：{record.party_name} {record.document_number}",
        started_on=record.decided_on, started_words="作出决定", days=7, subject=record.subject,
        identity=identity(record.document_number, record.party_key, record.decided_on),
    )  # fmt: skip
    obligations.fulfil_one(owed, (RECORD, record.id))


def open_publicity(record: DishonestyRecord, since: Any = None) -> None:
    """D6: the publisher owes noting and publishing within 20 working days of the record's arrival (二（二）)."""
    if record.publicity != record_rules.DUE:
        return
    obligations.open_obligation(
        "publicity", units.holder("publisher").key, record=(RECORD, record.id),
        title=f"记于名下并公示：{record.party_name} {record.document_number}", started_on=max(record.entered_on, since or record.entered_on),
        started_words="平台归集信息", days=20, subject=record.subject,
    )  # fmt: skip


def expect(
    document_number: str, party_name: str, code: str, decided_on: Any, unit: str, source: str
) -> obligations.Obligation:
    """A decision known from a quarter's list and not on the portal: the unit owes its entry since the decision date.

    Runs inside the transaction of the act that brings the list.
    """
    subject = parties.find_subject(code) if code else None
    key = code or "name:" + subjects.name_key(party_name)
    known = identity(document_number, key, decided_on)
    return obligations.open_obligation(
        "dishonesty", unit, record=(EXPECTED, f"{document_number}|{code or party_name}|{decided_on}"), title=f"录入失信信息：{party_name} {document_number}（{source}）",
        started_on=decided_on, started_words="作出决定", days=7, subject=subject, identity=known,
    )  # fmt: skip


def changed(record: DishonestyRecord, values: dict[str, Any]) -> None:
    """Store ``values`` if the record is still at its version. Raises Stale when somebody else was faster."""
    done = (
        DishonestyRecord.update(**values, version=record.version + 1)
        .where((DishonestyRecord.id == record.id) & (DishonestyRecord.version == record.version))
        .execute()
    )
    if done != 1:
        raise Stale("这条失信信息刚被别人改过，请刷新后再办")
    for name, value in values.items():
        setattr(record, name, value)
    record.version += 1


def correct(
    record: DishonestyRecord, entry: Entry, reason: str, *, subject_id: int | None = None
) -> DishonestyRecord:
    """Correct a record: the version before it is kept (二（四） 更正). Raises Refused, Stale."""
    if record.state != record_rules.ACTIVE:
        raise Refused(f"这条信息{record.state_label}，不能再更正")
    if not reason.strip():
        raise Refused("更正必须写明原因", {"reason": "更正原因不能为空"})
    entry, party = check(entry, record.unit, subject_id)
    values = _corrected(record, _values(entry, party, record.unit))
    before = plain(record)
    if all(before[name] == _plain_value(value) for name, value in values.items() if name in before):
        raise Refused("没有改动任何一项，不需要更正")
    with transaction():
        there = _same(values)
        if there is not None and there.id != record.id:
            _refuse_double(there, record.unit)
        number, known = record.version, _identity_of(record)
        changed(record, values | ({"publicity_changed_on": clock.today()} if record.published_on else {}))
        RecordVersion.create(
            record=record, number=number, values=before, reason=reason.strip(), corrected_at=clock.now(),
            corrected_by=audit.actor().name, unit=audit.actor().unit,
        )  # fmt: skip
        _follow_identity(record, known)
        if record.publicity == record_rules.DUE:
            open_publicity(record, clock.today())
        else:
            obligations.withdraw("publicity", (RECORD, record.id), "更正后不需要公示")
        audit.record(
            "更正失信信息", RECORD, record.id, before=before, after=plain(record), note=reason.strip()
        )
    return record


def _identity_of(record: DishonestyRecord) -> str:
    return identity(record.document_number, record.party_key, record.decided_on)


def _follow_identity(record: DishonestyRecord, before: str) -> None:
    """A corrected number, party or date: what was owed and done follows it, so that the decision still counts once."""
    now, owed = _identity_of(record), obligations.Obligation
    if now == before:
        return
    of_unit = (owed.kind == "dishonesty") & (owed.unit == record.unit)
    if owed.select().where(of_unit & (owed.identity == now)).exists():
        obligations.fulfil_one(owed.get(of_unit & (owed.identity == now)), (RECORD, record.id))
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
        **{name: values[name] for name in _STORED},
        penalty_kinds=tuple(values["penalty_kinds"]),
        track=values["track"],
    )
    term = publicity_rules.publicity(
        decision_of(decision_entry, record.unit), record.published_on, publicity_rules.track(values["track"])
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
    days of the setting (决定被变更、撤销的，撤回公示). Raises Refused, Stale."""
    if record.state == record_rules.ANNULLED:
        raise Refused("这条信息已经撤销")
    if not reason.strip():
        raise Refused("撤销必须写明依据的文书和原因", {"reason": "撤销原因不能为空"})
    before = plain(record)
    with transaction():
        was_public = record.publicity in (record_rules.PUBLISHED, record_rules.WITHDRAWING)
        state = record_rules.WITHDRAWING if was_public else record.publicity
        if record.publicity == record_rules.DUE:
            state = record_rules.NOT_WANTED
            obligations.withdraw("publicity", (RECORD, record.id), f"决定已撤销：{reason.strip()}")
        changed(record, {"state": record_rules.ANNULLED, "publicity": state})
        if was_public:
            DishonestyRecord.update(publicity_changed_on=clock.today()).where(
                DishonestyRecord.id == record.id
            ).execute()
            owe_take_back(record, "决定被撤销")
        audit.record(
            "撤销失信信息", RECORD, record.id, before=before, after=plain(record), note=reason.strip()
        )


def owe_take_back(record: DishonestyRecord, words: str) -> None:
    """The publisher owes taking the record back from the public system within the days of the setting."""
    obligations.open_obligation(
        "publicity", units.holder("publisher").key, record=(TAKE_BACK, record.id),
        title=f"停止（撤回）公示：{record.party_name} {record.document_number}", started_on=clock.today(), started_words=words,
        days=settings.value("days.publicity_withdrawal"), subject=record.subject,
    )  # fmt: skip


def _plain_value(value: Any) -> Any:
    return value.id if hasattr(value, "credit_code") else value


def plain(record: DishonestyRecord) -> dict[str, Any]:
    """The record's fields as plain values, for histories, versions and digests."""
    skipped = {
        "id",
        "version",
        "entered_at",
        "entered_by",
        "entered_on",
        "party_name_key",
        "document_key",
        "party_key",
    }
    return {name: value for name, value in record.__data__.items() if name not in skipped}


def entry_values(entry: Entry) -> dict[str, Any]:
    """The entry as plain values (a form shown again, a stored row)."""
    return asdict(entry)
