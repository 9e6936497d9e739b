"""What an annulled decision ends with it: objections under way and a repair not yet decided, each applicant told in writing."""

from __future__ import annotations

from datetime import date

from plugins.areas.credit import letters, objection_rules, repair_rules
from plugins.areas.credit.models import DishonestyRecord, Objection, Repair
from portal.toolkit import audit, clock, documents, obligations, units

OBJECTION, REPAIR = "objection", "repair"


def end_with(record: DishonestyRecord, reason: str) -> None:
    """End what is under way on a record whose decision was annulled; part of the annulment's transaction.

    The source unit's verification (D10) is done by the annulment: the information is no longer upheld. What the desk or
    the deciding unit still owed on the application is owed no more.
    """
    waiting = Objection.select().where(
        (Objection.record == record) & Objection.state.in_(sorted(objection_rules.OPEN_STATES))
    )
    for objection in list(waiting.order_by(Objection.id)):
        _end_objection(record, objection, reason)
    DishonestyRecord.update(disputed=False).where(DishonestyRecord.id == record.id).execute()
    record.disputed = False
    for repair in list(Repair.select().where((Repair.record == record) & (Repair.state == repair_rules.RECEIVED))):
        _end_repair(record, repair, reason)


def _end_objection(record: DishonestyRecord, objection: Objection, reason: str) -> None:
    before = {"state": objection.state}
    after = {"state": objection_rules.LAPSED, "closed_on": clock.today(), "closed_by": audit.actor().name}
    Objection.update(**after, answer=f"决定已撤销：{reason}").where(Objection.id == objection.id).execute()
    obligations.fulfil("objection_verify", (OBJECTION, objection.id))
    for kind in ("objection_transfer", "objection_correct"):
        obligations.withdraw(kind, (OBJECTION, objection.id), f"决定已撤销：{reason}")
    _tell((OBJECTION, objection.id), record, objection.applicant, "关于公示信息异议的答复", objection.received_on, "异议", reason)
    audit.record("异议：决定已撤销，终结办理", OBJECTION, objection.id, before=before, after=after, note=reason)


def _end_repair(record: DishonestyRecord, repair: Repair, reason: str) -> None:
    before = {"state": repair.state}
    after = {"state": repair_rules.LAPSED, "decided_on": clock.today(), "decided_by": audit.actor().name}
    Repair.update(**after, reason=f"决定已撤销：{reason}").where(Repair.id == repair.id).execute()
    obligations.withdraw("repair_decision", (REPAIR, repair.id), f"决定已撤销：{reason}")
    _tell((REPAIR, repair.id), record, repair.applicant, "关于信用修复申请的告知书", repair.received_on, "信用修复申请", reason)
    audit.record("信用修复：决定已撤销，终结办理", REPAIR, repair.id, before=before, after=after, note=reason)


def _tell(owner: tuple[str, int], record: DishonestyRecord, applicant: str, title: str, received: date, what: str, reason: str) -> None:
    letters.write(
        owner, record.unit, title, applicant,
        [
            f"你（单位）于{documents.chinese_date(received)}就{units.name_of(record.unit)}作出的{record.label}（{record.document_number}，{record.party_name}）提出{what}。",
            f"该决定已经撤销（{reason}），不再作为联合惩戒依据，已公示的停止公示，你（单位）的{what}终结办理。", "特此告知。",
        ],
    )  # fmt: skip
