"""失信信息录入: a decision is checked, entered and owed for in one audited transaction; what follows from its facts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import peewee

from plugins.areas.credit import parties, publicity_rules, record_rules
from plugins.areas.credit.models import DishonestyRecord
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
    documents,
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
STORED = (
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
    kept = {name: getattr(record, name) for name in STORED}
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


def values_of(entry: Entry, party: Party, unit: str) -> dict[str, Any]:
    """What is stored for an entry: its fields, its party, what the rules say of its publicity and force today."""
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
        **{name: getattr(entry, name) for name in STORED},
        "penalty_kinds": list(entry.penalty_kinds), "measures": list(entry.measures), "track": track.key,
        "subject": party.subject, "party_code": party.code, "id_number": party.id_number, "party_key": party.key,
        "party_name_key": subjects.name_key(entry.party_name), "document_key": record_rules.document_key(entry.document_number),
        "publicity": state, "publicity_reason": reason, "force_until": force_until,
    }  # fmt: skip


def same_identity(values: dict[str, Any]) -> DishonestyRecord | None:
    """The record that has the identity of these values, or None."""
    return DishonestyRecord.get_or_none(
        (DishonestyRecord.document_key == values["document_key"])
        & (DishonestyRecord.party_key == values["party_key"])
        & (DishonestyRecord.decided_on == values["decided_on"])
    )


def same_decision(entry: Entry, party: Party) -> DishonestyRecord | None:
    """The record of the same decision on the same party, whoever entered it, or None."""
    key = record_rules.document_key(entry.document_number)
    return same_identity({"document_key": key, "party_key": party.key, "decided_on": entry.decided_on})


def refuse_double(there: DishonestyRecord, unit: str) -> None:
    """Raise Refused naming who entered the same decision, and when."""
    who = "本单位" if there.unit == unit else units.name_of(there.unit)
    raise Refused(
        f"{who}已于{documents.chinese_date(there.entered_on)}录入同一决定（{there.document_number}，{there.party_name}，{documents.chinese_date(there.decided_on)}），"
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
    values = values_of(entry, party, unit)
    with transaction():
        there = same_identity(values)
        if there is not None:
            refuse_double(there, unit)
        try:
            with database.atomic():
                record = DishonestyRecord.create(
                    **values, unit=unit, source=source, entered_on=clock.today(), entered_at=clock.now(),
                    entered_by=audit.actor().name,
                )  # fmt: skip
        except peewee.IntegrityError:
            there = same_identity(values)
            if there is None:
                raise
            refuse_double(there, unit)
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
    subject, key = parties.known_party(party_name, code)
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


def owe_take_back(record: DishonestyRecord, words: str) -> None:
    """The publisher owes taking the record back from the public system within the days of the setting."""
    obligations.open_obligation(
        "publicity", units.holder("publisher").key, record=(TAKE_BACK, record.id),
        title=f"停止（撤回）公示：{record.party_name} {record.document_number}", started_on=clock.today(), started_words=words,
        days=settings.value("days.publicity_withdrawal"), subject=record.subject,
    )  # fmt: skip


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
