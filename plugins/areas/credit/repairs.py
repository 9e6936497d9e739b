"""信用修复: application, the conditions of the right track one by one, the deciding unit's decision; the history stays."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import peewee

from plugins.areas.credit import letters, publicity, record_rules, records, repair_rules
from plugins.areas.credit.code_lists import BARRING_LISTS, other_label
from plugins.areas.credit.models import DishonestyRecord, Repair
from plugins.areas.credit.repair_rules import Condition, Situation
from portal.toolkit import Refused, Stale, audit, clock, database, obligations, settings, transaction, units

REPAIR = "repair"


def situation_of(record: DishonestyRecord, confirmed: frozenset[str] = frozenset()) -> Situation:
    """What the portal's tables say about the conditions of the record's repair today."""
    day = clock.today()
    term = records.term_of(record)
    return Situation(
        penalty=record.kind == record_rules.PENALTY, kinds=tuple(record.penalty_kinds), field=record.field, track=record.track, day=day,
        published=record.is_public(day), starts_on=term.starts_on, earliest_end=record.public_earliest, latest_end=record.public_until,
        later_same_kind=_later_same_kind(record), barring_lists=_barring_lists(record, day), confirmed=confirmed,
    )  # fmt: skip


def _of_party(record: DishonestyRecord) -> Any:
    if record.subject_id is not None:
        return DishonestyRecord.subject == record.subject_id
    return DishonestyRecord.party_key == record.party_key


def _later_same_kind(record: DishonestyRecord) -> tuple[str, ...]:
    query = DishonestyRecord.select(DishonestyRecord.document_number).where(
        _of_party(record) & (DishonestyRecord.id != record.id) & (DishonestyRecord.kind == record_rules.PENALTY)
        & (DishonestyRecord.act_kind == record.act_kind) & (DishonestyRecord.state != record_rules.ANNULLED)
        & (DishonestyRecord.decided_on >= record.decided_on)
    )  # fmt: skip
    return tuple(number for (number,) in query.order_by(DishonestyRecord.id).tuples())


def _barring_lists(record: DishonestyRecord, day: Any) -> tuple[str, ...]:
    query = DishonestyRecord.select(DishonestyRecord.category).where(
        _of_party(record) & DishonestyRecord.category.in_(BARRING_LISTS) & (DishonestyRecord.id != record.id)
        & (DishonestyRecord.state == record_rules.ACTIVE) & (DishonestyRecord.force_until >= day)
    )  # fmt: skip
    return tuple(sorted({other_label(category) for (category,) in query.tuples()}))


def conditions_of(record: DishonestyRecord, confirmed: frozenset[str] = frozenset()) -> list[Condition]:
    """The conditions of the record's track with their results today."""
    return repair_rules.conditions(situation_of(record, confirmed))


def apply(
    record: DishonestyRecord,
    *,
    applicant: str,
    statement: str,
    contact: str = "",
    phone: str = "",
    entered_unit: str,
) -> Repair:
    """Accept an application while the record is published; the deciding unit owes its decision from today.

    Raises Refused: not published, of a barred kind (with the article), or one already waiting.
    """
    problems = {}
    if not applicant.strip():
        problems["applicant"] = "申请人不能为空"
    if not statement.strip():
        problems["statement"] = "请写明纠正失信行为、履行义务、消除影响的情况"
    if len(statement) > 2000:
        problems["statement"] = f"修复情况说明有 {len(statement)} 个字，最多 2000 个"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    why = not_open_to_repair(record)
    if why:
        raise Refused(why)
    with transaction():
        try:
            with database.atomic():
                made = Repair.create(
                    record=record, unit=record.unit, applicant=applicant.strip(), contact=contact.strip(), phone=phone.strip(),
                    statement=statement.strip(), received_on=clock.today(), received_by=audit.actor().name, entered_unit=entered_unit,
                )  # fmt: skip
        except peewee.IntegrityError:
            raise Refused("这条信息已有一件修复申请正在办理") from None
        obligations.open_obligation(
            "repair_decision", record.unit, record=(REPAIR, made.id), title=f"信用修复决定：{record.party_name} {record.document_number}",
            started_on=clock.today(), started_words="受理修复申请", days=settings.value("days.repair_decision"), subject=record.subject,
        )  # fmt: skip
        audit.record("受理信用修复申请", REPAIR, made.id, after=plain(made))
    return made


def not_open_to_repair(record: DishonestyRecord) -> str | None:
    """Why a repair of the record cannot be applied for, or None."""
    if record.state == record_rules.REPAIRED:
        return "这条信息已经修复"
    if record.state == record_rules.ANNULLED:
        return "这条信息已经撤销，不需要修复"
    why = repair_rules.barred(record.kind == record_rules.PENALTY, tuple(record.penalty_kinds), record.track)
    if why:
        return why
    if not record.is_public(clock.today()):
        return f"信用修复在公示期间申请；这条信息的公示状态是“{record.publicity_label}”"
    return None


def _move(repair: Repair, act: str, **values: Any) -> dict[str, Any]:
    state = repair_rules.TRANSITIONS.get((repair.state, act))
    if state is None:
        raise Refused(f"这件申请{repair.state_label}，不能再办")
    before = plain(repair)
    values |= {"state": state, "decided_on": clock.today(), "decided_by": audit.actor().name}
    done = Repair.update(**values).where((Repair.id == repair.id) & (Repair.state == repair.state)).execute()
    if done != 1:
        raise Stale("这件修复申请刚被别人办过，请刷新后查看")
    for name, value in values.items():
        setattr(repair, name, value)
    return before


def approve(
    repair: Repair, *, confirmed: frozenset[str], upper_rule: str = "", reason: str = ""
) -> letters.Letter:
    """Grant the repair when every condition is met: publicity ends, the record counts no more, its history stays.

    ``confirmed`` are the conditions that the officer has verified from the papers; ``upper_rule`` is the unit's own
    superior rule. Raises Refused naming the conditions that are not met.
    """
    record = repair.record
    found = conditions_of(record, confirmed)
    open_ones = [condition for condition in found if condition.result != repair_rules.MET]
    if open_ones:
        raise Refused(
            "还有条件不符合，不能准予修复：" + "；".join(f"{c.text}（{c.finding}）" for c in open_ones)
        )
    with transaction():
        before = _move(
            repair,
            "approve",
            checked=[asdict(c) for c in found],
            upper_rule=upper_rule.strip(),
            reason=reason.strip(),
        )
        obligations.fulfil("repair_decision", (REPAIR, repair.id))
        publicity.stop(record, f"信用修复 {repair.id}", state=record_rules.REPAIRED)
        records.owe_take_back(record, "准予信用修复")
        letter = letters.write(
            (REPAIR, repair.id), repair.unit, "准予信用修复决定书", repair.applicant,
            [_opening(repair), *_told(found), *_rule_told(upper_rule), "经审查，符合修复条件，准予信用修复，停止公示该信息。"],
        )  # fmt: skip
        audit.record(
            "准予信用修复", REPAIR, repair.id, before=before, after=plain(repair), note=reason.strip()
        )
    return letter


def refuse(
    repair: Repair, *, reason: str, confirmed: frozenset[str] = frozenset(), upper_rule: str = ""
) -> letters.Letter:
    """Refuse the repair with reasons; publicity goes on. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused("不予修复必须说明理由", {"reason": "不予修复的理由不能为空"})
    found = conditions_of(repair.record, confirmed)
    with transaction():
        before = _move(
            repair,
            "refuse",
            checked=[asdict(c) for c in found],
            upper_rule=upper_rule.strip(),
            reason=reason.strip(),
        )
        obligations.fulfil("repair_decision", (REPAIR, repair.id))
        letter = letters.write(
            (REPAIR, repair.id), repair.unit, "不予信用修复决定书", repair.applicant,
            [_opening(repair), *_told(found), *_rule_told(upper_rule), "经审查，不予信用修复。理由：", *reason.strip().splitlines()],
        )  # fmt: skip
        audit.record(
            "不予信用修复", REPAIR, repair.id, before=before, after=plain(repair), note=reason.strip()
        )
    return letter


def withdraw(repair: Repair, reason: str) -> None:
    """The applicant takes the application back."""
    if not reason.strip():
        raise Refused("请写明申请人何时以何种方式撤回", {"reason": "撤回情况不能为空"})
    with transaction():
        before = _move(repair, "withdraw", reason=reason.strip())
        obligations.withdraw("repair_decision", (REPAIR, repair.id), f"申请人撤回：{reason.strip()}")
        audit.record(
            "撤回信用修复申请", REPAIR, repair.id, before=before, after=plain(repair), note=reason.strip()
        )


def _opening(repair: Repair) -> str:
    record, received = repair.record, repair.received_on
    return (
        f"你（单位）于{received.year}年{received.month}月{received.day}日就{units.name_of(record.unit)}作出的{record.label}"
        f"（{record.document_number}）提出信用修复申请。经逐项审查："
    )


def _told(found: list[Condition]) -> list[str]:
    return [
        f"（{n}）{c.text}：{c.result_label}，{c.finding}（{c.source.replace('（条号待核）', '')}）。"
        for n, c in enumerate(found, 1)
    ]


def _rule_told(upper_rule: str) -> list[str]:
    return [f"本单位适用的上级规定：{upper_rule.strip()}。"] if upper_rule.strip() else []


def plain(repair: Repair) -> dict[str, Any]:
    """The application's fields as plain values, without the applicant's phone."""
    return {name: value for name, value in repair.__data__.items() if name not in ("id", "phone")}
