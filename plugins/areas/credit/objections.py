"""异议处理: received, compared with the source, corrected or transferred, verified, answered in writing (二（四）)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from plugins.areas.credit import corrections, letters, objection_rules, record_rules
from plugins.areas.credit.models import DishonestyRecord, Objection
from plugins.areas.credit.objection_rules import OPEN_STATES
from plugins.areas.credit.reach import places_of
from portal.toolkit import (
    Refused,
    Stale,
    audit,
    clock,
    database,
    documents,
    obligations,
    subjects,
    transaction,
    units,
)

OBJECTION = "objection"


@dataclass(frozen=True)
class Application:
    """A 异议申请书 as received: who objects, to which item, with what claim and evidence."""

    applicant_kind: str
    applicant: str
    item: str
    claim: str
    applicant_code: str = ""
    contact: str = ""
    phone: str = ""
    evidence: str = ""


_LABELS = {"applicant": "申请人", "item": "异议事项", "claim": "异议请求和理由"}
_LONGEST = {"claim": 2000, "evidence": 1000}


def receive(record: DishonestyRecord, application: Application, *, desk: str) -> Objection:
    """Enter an application at the desk: its three working days run from today (D8, D9). Raises Refused."""
    problems = {
        name: f"{label}不能为空" for name, label in _LABELS.items() if not getattr(application, name).strip()
    }
    if application.applicant_kind not in objection_rules.APPLICANTS:
        problems["applicant_kind"] = "请选择申请人身份"
    for name, text in vars(application).items():
        if len(text) > _LONGEST.get(name, 200):
            problems[name] = f"这一项有 {len(text)} 个字，最多 {_LONGEST.get(name, 200)} 个"
    if application.applicant_code:
        try:
            subjects.read_code(application.applicant_code)
        except Refused as refusal:
            problems["applicant_code"] = str(refusal)
    if problems:
        raise Refused("；".join(problems.values()), problems)
    why = not_open_to_objection(record)
    if why:
        raise Refused(why)
    with transaction():
        made = _create(record, application, desk)
        DishonestyRecord.update(disputed=True).where(DishonestyRecord.id == record.id).execute()
        obligations.open_obligation(
            "objection_transfer", desk, record=(OBJECTION, made.id), title=f"异议比对、转送：{record.party_name} {record.document_number}",
            started_on=made.received_on, started_words="收到异议申请书", days=3, subject=record.subject,
        )  # fmt: skip
        audit.record("受理异议", OBJECTION, made.id, after=plain(made))
    return made


def _create(record: DishonestyRecord, application: Application, desk: str) -> Objection:
    key = subjects.name_key(application.applicant)
    try:
        with database.atomic():
            return Objection.create(
                record=record, **{name: text.strip() for name, text in vars(application).items()}, applicant_key=key,
                received_on=clock.today(), received_at=clock.now(), received_by=audit.actor().name, desk_unit=desk, source_unit=record.unit,
            )  # fmt: skip
    except peewee.IntegrityError:
        there = Objection.get(
            (Objection.record == record)
            & (Objection.applicant_key == key)
            & Objection.state.in_(sorted(OPEN_STATES))
        )
        raise Refused(
            f"“{application.applicant}”对这条信息的异议已于{documents.chinese_date(there.received_on)}受理，正在办理",
            {"applicant": "同一申请人的异议正在办理"},
        ) from None


def not_open_to_objection(record: DishonestyRecord) -> str | None:
    """Why nobody can object to the record now, or None: an objection concerns what the public system shows (二（四）)."""
    if record.state == record_rules.REPAIRED:
        return f"这条信息已于{documents.chinese_date(record.publicity_ended_on)}修复并停止公示，不再受理异议；认为处罚决定本身错误的，应向决定单位提出"
    if record.state == record_rules.ANNULLED:
        return "这条信息已经撤销，不需要异议"
    if not record.is_public(clock.today()):
        return f"异议针对公示中的信息；这条信息的公示状态是“{record.publicity_label}”"
    return None


def _step(objection: Objection, act: str, viewer: Any, **values: Any) -> dict[str, Any]:
    """Move the objection by the table of transitions; returns its fields before. Raises Refused, Stale."""
    why = objection_rules.refusal(objection.state, act, places_of(viewer, objection))
    if why:
        raise Refused(why)
    before, state = plain(objection), objection_rules.TRANSITIONS[(objection.state, act)][1]
    if state not in OPEN_STATES:
        values |= {"closed_on": clock.today(), "closed_by": audit.actor().name}
    done = (
        Objection.update(state=state, **values)
        .where((Objection.id == objection.id) & (Objection.state == objection.state))
        .execute()
    )
    if done != 1:
        raise Stale("这件异议刚被别人办过，请刷新后查看")
    for name, value in (values | {"state": state}).items():
        setattr(objection, name, value)
    return before


def _done(objection: Objection, before: dict[str, Any], act: str, note: str = "") -> None:
    audit.record(
        f"异议：{objection_rules.ACT_LABELS[act]}",
        OBJECTION,
        objection.id,
        before=before,
        after=plain(objection),
        note=note,
    )
    if objection.state not in OPEN_STATES:
        others = Objection.select().where(
            (Objection.record == objection.record_id) & Objection.state.in_(sorted(OPEN_STATES))
        )
        if not others.exists():
            DishonestyRecord.update(disputed=False).where(
                DishonestyRecord.id == objection.record_id
            ).execute()


def find_different(objection: Objection, viewer: Any, comparison: str) -> None:
    """The published information differs from the source: the desk corrects it within three working days of receipt (D8)."""
    _required(comparison, "comparison", "比对情况不能为空：写明哪一项、来源信息是什么")
    with transaction():
        before = _step(
            objection, "differs", viewer, comparison=comparison.strip(), compared_by=audit.actor().name
        )
        obligations.withdraw(
            "objection_transfer", (OBJECTION, objection.id), "与来源信息不一致，由受理单位更正"
        )
        record = objection.record
        obligations.open_obligation(
            "objection_correct", objection.desk_unit, record=(OBJECTION, objection.id), title=f"异议更正：{record.party_name} {record.document_number}",
            started_on=objection.received_on, started_words="收到异议申请书", days=3, subject=record.subject,
        )  # fmt: skip
        _done(objection, before, "differs", comparison.strip())


def transfer(objection: Objection, viewer: Any, comparison: str) -> None:
    """The published information is the source's: transferred to the unit that provided it, within three working days (D9)."""
    _required(comparison, "comparison", "比对情况不能为空")
    with transaction():
        before = _step(
            objection,
            "transfer",
            viewer,
            comparison=comparison.strip(),
            compared_by=audit.actor().name,
            transferred_on=clock.today(),
        )
        obligations.fulfil("objection_transfer", (OBJECTION, objection.id))
        _owe_verification(objection, "异议转到本单位（待签收）", f"{OBJECTION}:{objection.id}:transferred")
        _done(objection, before, "transfer", comparison.strip())


def _owe_verification(objection: Objection, words: str, identity: str) -> None:
    record = objection.record
    obligations.open_obligation(
        "objection_verify", objection.source_unit, record=(OBJECTION, objection.id),
        title=f"异议核查：{record.party_name} {record.document_number}", started_on=clock.today(), started_words=words, days=15,
        subject=record.subject, identity=identity,
    )  # fmt: skip


def sign(objection: Objection, viewer: Any) -> None:
    """The source unit's own receipt: its fifteen working days count from this day (D10, 自收到异议申请书之日)."""
    with transaction():
        before = _step(
            objection, "sign", viewer, unit_received_on=clock.today(), unit_received_by=audit.actor().name
        )
        obligations.withdraw(
            "objection_verify", (OBJECTION, objection.id), "已签收，自本单位收到异议申请书之日起算"
        )
        _owe_verification(objection, "本单位收到异议申请书", f"{OBJECTION}:{objection.id}:received")
        _done(objection, before, "sign")


def reply(objection: Objection, viewer: Any, reasons: str) -> letters.Letter:
    """The information agrees with the facts: a written reply with reasons goes to the applicant; D10 is done."""
    _required(reasons, "answer", "答复理由不能为空：书面答复必须说明理由（二（四））")
    with transaction():
        before = _step(objection, "reply", viewer, answer=reasons.strip())
        obligations.fulfil("objection_verify", (OBJECTION, objection.id))
        letter = letters.write(
            (OBJECTION, objection.id), viewer.unit, "关于公示信息异议的答复", objection.applicant,
            [*_opening(objection), "经核查，该信息与实际情况一致。理由如下：", *reasons.strip().splitlines(), "特此答复。"],
        )  # fmt: skip
        _done(objection, before, "reply", reasons.strip())
    return letter


def correct(objection: Objection, viewer: Any, entry: record_rules.Entry, reason: str) -> letters.Letter:
    """Correct the record on the objection, by the desk (differs from the source) or the source unit (differs from the
    facts); the wrong version stays in the history and the applicant is told in writing."""
    with transaction():
        at_desk = objection.state == objection_rules.DIFFERS
        before = _step(objection, "correct", viewer, answer=reason.strip())
        corrections.correct(
            objection.record, entry, f"异议 {objection.id}：{reason.strip()}" if reason.strip() else ""
        )
        obligations.fulfil("objection_correct" if at_desk else "objection_verify", (OBJECTION, objection.id))
        found = "与来源信息不一致" if at_desk else "与实际情况不一致"
        letter = letters.write(
            (OBJECTION, objection.id), viewer.unit, "关于公示信息异议的更正答复", objection.applicant,
            [*_opening(objection), f"经核实，该信息{found}，已于今日更正。更正内容：", *reason.strip().splitlines(), "特此答复。"],
        )  # fmt: skip
        _done(objection, before, "correct", reason.strip())
    return letter


def withdraw(objection: Objection, viewer: Any, reason: str) -> None:
    """The applicant takes the objection back: what was owed on it is owed no more."""
    _required(reason, "answer", "请写明申请人何时以何种方式撤回")
    with transaction():
        before = _step(objection, "withdraw", viewer, answer=reason.strip())
        for kind in ("objection_transfer", "objection_correct", "objection_verify"):
            obligations.withdraw(kind, (OBJECTION, objection.id), f"申请人撤回异议：{reason.strip()}")
        _done(objection, before, "withdraw", reason.strip())


def _opening(objection: Objection) -> list[str]:
    record = objection.record
    received = objection.received_on
    return [
        f"你（单位）于{received.year}年{received.month}月{received.day}日对{units.name_of(record.unit)}作出的{record.label}"
        f"（{record.document_number}，{record.party_name}）公示信息提出异议，异议事项：{objection.item}。"
    ]


def _required(text: str, name: str, words: str) -> None:
    if not text.strip():
        raise Refused(words, {name: words})
    if len(text) > 2000:
        raise Refused(
            f"这一项有 {len(text)} 个字，最多 2000 个", {name: f"有 {len(text)} 个字，最多 2000 个"}
        )


def plain(objection: Objection) -> dict[str, Any]:
    """The objection's fields as plain values, without the applicant's phone."""
    return {
        name: value
        for name, value in objection.__data__.items()
        if name not in ("id", "received_at", "phone", "applicant_key")
    }
