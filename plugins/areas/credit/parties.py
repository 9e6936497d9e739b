"""Who a decision is about: the party's key, the subject behind it, former codes; what the form fills in by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.areas.credit import record_rules
from plugins.areas.credit.models import DishonestyRecord, FormerCode
from plugins.areas.credit.record_rules import Entry
from portal.toolkit import Refused, Subject, SubjectEvent, among, spreadsheets, subjects


@dataclass(frozen=True)
class Party:
    """The party of a decision: its subject (or None), its code as stored, the key of its identity."""

    subject: Subject | None
    code: str
    id_number: str
    key: str


def find_subject(code: str) -> Subject | None:
    """The subject with this code now or formerly. Raises Refused for a wrong code."""
    found = subjects.by_code(code)
    if found is not None:
        return found
    credit_code, number = subjects.read_code(code)
    former = FormerCode.get_or_none(FormerCode.code == (credit_code or number or ""))
    return former.subject if former is not None else None


def read_party(entry: Entry, subject_id: int | None = None) -> tuple[Party, dict[str, str]]:
    """The party of an entry, and what is wrong with its code or identity number (field → sentence)."""
    problems: dict[str, str] = {}
    code = id_number = ""
    subject = Subject.get_or_none(Subject.id == subject_id) if subject_id else None
    try:
        credit_code, number = subjects.read_code(entry.party_code)
        code = credit_code or number or ""
        subject = (find_subject(code) if code else subject) or subject
    except Refused as refusal:
        problems["party_code"] = str(refusal)
    if entry.party_kind == record_rules.PERSON:
        subject = None
        try:
            id_number = spreadsheets.read_identity_number(entry.id_number).value
        except spreadsheets.ValueRefused as refused:
            problems["id_number"] = f"{refused.rule}；没有的可以不填"
    if subject is not None and not code:
        code = subject.credit_code or subject.registration_number or ""
    key = (
        code
        or id_number
        or (f"subject:{subject.id}" if subject else "name:" + subjects.name_key(entry.party_name))
    )
    return Party(subject, code, id_number, key), problems


def known_party(name: str, code: str) -> tuple[Subject | None, str]:
    """The subject and the identity key of a party known from a list: by its code, else by a name that only one subject
    has; two of one name are not guessed between."""
    subject = find_subject(code) if code else None
    if not code:
        same = list(Subject.select().where(Subject.name_key == subjects.name_key(name)).limit(2))
        subject = same[0] if len(same) == 1 else None
        code = (subject.credit_code or subject.registration_number or "") if subject else ""
    return subject, code or (f"subject:{subject.id}" if subject else "name:" + subjects.name_key(name))


def ended_before(subject: Subject | None, decided_on: date | None) -> tuple[str, date] | None:
    """(state, day) when the subject had ended before the decision, else None."""
    if subject is None or decided_on is None or subject.state == "存续":
        return None
    event = (
        SubjectEvent.select()
        .where((SubjectEvent.subject == subject) & (SubjectEvent.event == subject.state))
        .order_by(SubjectEvent.id.desc())
        .first()
    )
    day = event.day if event is not None else subject.approved
    return (subject.state, day) if decided_on > day else None


def other_name(subject: Subject | None, typed: str) -> str:
    """The registered name where the typed one was never the subject's, else an empty text."""
    if subject is None:
        return ""
    keys = {subject.name_key} | {name.name_key for name in subject.names}
    return "" if subjects.name_key(typed) in keys else subject.name


def prefill(subject: Subject) -> dict[str, Any]:
    """What a new record's form holds for a chosen subject; the person of the decision day may be another one."""
    return {
        "subject_id": subject.id,
        "party_kind": record_rules.SOLE_TRADER
        if subject.category == "个体工商户"
        else record_rules.ORGANISATION,
        "party_name": subject.name,
        "party_code": subject.credit_code or subject.registration_number or "",
        "representative": subject.representative,
        "representative_title": "经营者" if subject.category == "个体工商户" else "法定代表人",
    }


def remember_new(fresh: list[Any]) -> None:
    """As :func:`remember_codes` for new subjects that came together: records that stood under their codes are theirs."""
    by_code = {one.registration.code: one for one in fresh if one.registration.code}
    waiting = DishonestyRecord.select(DishonestyRecord.party_code).where(
        DishonestyRecord.subject.is_null() & among(DishonestyRecord.party_code, by_code)
    )
    for (code,) in sorted(waiting.distinct().tuples()):
        remember_codes(by_code[code].subject, None)


def remember_codes(subject: Subject, before: dict[str, Any] | None) -> None:
    """Keep a code that a registration replaced (个转企), and give the subject the records that stood under its code."""
    former = {(before or {}).get("credit_code"), (before or {}).get("registration_number")}
    if subject.turned_from:
        former.add(next((code for code in subjects.read_code(subject.turned_from) if code), None))
    for code in sorted(code for code in former if code):
        if code not in (subject.credit_code, subject.registration_number):
            FormerCode.insert(code=code, subject=subject).on_conflict(action="nothing").execute()
    known = [code for code in (subject.credit_code, subject.registration_number, *former) if code]
    DishonestyRecord.update(subject=subject).where(
        DishonestyRecord.subject.is_null() & DishonestyRecord.party_code.in_(known)
    ).execute()
