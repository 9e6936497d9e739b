"""Takes an imported dishonesty record back, or the correction that an import brought, until others have acted on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.areas.credit import record_rules, records
from plugins.areas.credit.check_models import CheckedRecord
from plugins.areas.credit.models import DishonestyRecord, Objection, RecordVersion, Repair
from portal.toolkit import Refused, audit, obligations, stored_acts, transaction, undone_obligations

_REASON = "录入单位撤销了这次导入"
_OWED = "owed"
#: Columns that say when and by whom the record came, which no correction changes.
_HISTORY = ("id", "version", "entered_at", "entered_by", "entered_on")


def owed_before(unit: str, identity: str) -> dict[str, Any]:
    """Whether the entry was owed before the record came, and from which record (a row of a quarter's list)."""
    owed = obligations.Obligation.get_or_none(
        (obligations.Obligation.kind == "dishonesty") & (obligations.Obligation.unit == unit)
        & (obligations.Obligation.identity == identity) & (obligations.Obligation.state == obligations.OPEN)
    )  # fmt: skip
    return {_OWED: [owed.record_type, owed.record_id] if owed is not None else None}


def plain(record: DishonestyRecord) -> dict[str, Any]:
    """What a correction of the record may change."""
    return stored_acts.plain(record, _HISTORY)


def mark(record: DishonestyRecord) -> str:
    """The mark of the record as it stands."""
    return stored_acts.mark_of(plain(record))


def blocked(references: Sequence[str], *, unit: str, source: str) -> str:
    """Why one of these acts cannot be taken back, or ""."""
    try:
        for act in stored_acts.newest(references):
            _standing(act, unit)
    except Refused as refused:
        return str(refused)
    return ""


def undo(reference: str, *, unit: str) -> None:
    """Take one act back. Raises Refused when somebody acted on the record since."""
    act = stored_acts.read(reference)
    with transaction():
        record = _standing(act, unit)
        if act.made:
            _remove(record, act.before[_OWED])
        else:
            _put_back(record, act.before)


def _standing(act: stored_acts.StoredAct, unit: str) -> DishonestyRecord:
    """The record as the act left it. Raises Refused."""
    record = DishonestyRecord.get_or_none((DishonestyRecord.id == act.record_id) & (DishonestyRecord.unit == unit))
    if record is None:
        raise Refused("其中一条失信信息已不在本单位名下")
    words = f"{record.document_number}（{record.party_name}）"
    if record.published_on is not None:
        raise Refused(f"{words}已由公示单位公示")
    if record.state != record_rules.ACTIVE:
        raise Refused(f"{words}{record.state_label}")
    for model, told in ((Objection, "已有异议申请"), (Repair, "已有信用修复申请"), (CheckedRecord, "已被联合惩戒核查引用")):
        if model.select().where(model.record == record).exists():
            raise Refused(f"{words}{told}")
    if mark(record) != act.after:
        raise Refused(f"{words}之后又有更正")
    return record


def _remove(record: DishonestyRecord, owed: list[str] | None) -> None:
    if RecordVersion.select().where(RecordVersion.record == record).exists():
        raise Refused(f"{record.document_number}（{record.party_name}）之后又有更正")
    identity = records.identity(record.document_number, record.party_key, record.decided_on)
    obligations.withdraw("publicity", (records.RECORD, record.id), _REASON)
    if owed is None:
        undone_obligations.never_owed("dishonesty", record.unit, identity, _REASON)
    else:
        undone_obligations.owed_again("dishonesty", record.unit, identity, (owed[0], owed[1]))
    before = records.plain(record)
    record.delete_instance()
    audit.record("撤回导入的失信信息", records.RECORD, record.id, before=before, note=_REASON)


def _put_back(record: DishonestyRecord, former: dict[str, Any]) -> None:
    before = records.plain(record)
    records.changed(record, stored_acts.columns(DishonestyRecord, former))
    newest = RecordVersion.select().where(RecordVersion.record == record).order_by(RecordVersion.number.desc()).get()
    newest.delete_instance()
    record = DishonestyRecord.get_by_id(record.id)
    if record.publicity == record_rules.DUE:
        records.open_publicity(record)
    else:
        obligations.withdraw("publicity", (records.RECORD, record.id), _REASON)
    audit.record("撤回导入的更正", records.RECORD, record.id, before=before, after=records.plain(record), note=_REASON)
