"""Unlicensed trading (无证无照): leads are screened, routed, guided, referred with a receipt, and dealt with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    audit,
    clock,
    days_for,
    documents,
    obligations,
    subjects,
    transaction,
    units,
)

from . import case_rules, catalogue, photos
from .case_models import Referral, Reporter, UnlicensedCase

RECORD = "unlicensed_case"


@dataclass(frozen=True)
class Lead:
    """A lead as typed; the person may have no credit code."""

    kind: str
    source: str
    person: str
    place: str
    activity: str
    found_on: date
    code: str = ""
    street: str = ""
    item: str = ""
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_note: str = ""


def _checked(lead: Lead) -> dict[str, str]:
    problems = {}
    if lead.kind not in case_rules.KINDS:
        problems["kind"] = "请选择类型"
    if lead.source not in case_rules.SOURCES:
        problems["source"] = "请选择来源"
    for name, label in (("person", "当事人"), ("place", "地点"), ("activity", "经营活动")):
        if not getattr(lead, name).strip():
            problems[name] = f"{label}不能为空"
        elif len(getattr(lead, name)) > 300:
            problems[name] = f"{label}最多 300 个字"
    if lead.found_on > clock.today():
        problems["found_on"] = f"发现日期 {documents.chinese_date(lead.found_on)}在今天之后"
    if lead.item and catalogue.item(lead.item) is None:
        problems["item"] = f"许可事项目录里没有 {lead.item}"
    return problems


def unit_for(kind: str, item: str) -> str:
    """The unit that the catalogue names for such a case (第五至七条): the permit's supervising unit, else its approving
    unit, else the market regulator."""
    found = catalogue.item(item) if item else None
    permit_unit = ""
    if found is not None:
        approvers = catalogue.Approvers(clock.today())
        permit_unit = approvers.supervisor_of(found) or approvers.unit_of(found)
    return case_rules.routed(kind, permit_unit, units.holder("licence_enforcer").key)


def enter(unit: str, lead: Lead, sent: Iterable[tuple[IO[bytes], str]] = ()) -> UnlicensedCase:
    """``unit`` enters a lead; it goes at once to the unit whose business it is, whose clock starts. Raises Refused."""
    problems = _checked(lead)
    subject = None
    if lead.code.strip():
        try:
            subject = subjects.by_code(lead.code)
        except Refused as refusal:
            problems["code"] = str(refusal)
    if problems:
        raise Refused("；".join(problems.values()), problems)
    owner, today = unit_for(lead.kind, lead.item), clock.today()
    with transaction():
        case = UnlicensedCase.create(
            kind=lead.kind, source=lead.source, person=lead.person.strip(), code=lead.code.strip().upper(), subject=subject,
            place=lead.place.strip(), street=lead.street.strip(), activity=lead.activity.strip(), item=lead.item,
            found_on=lead.found_on, unit=owner, entered_unit=unit, entered_on=today, entered_at=clock.now(),
            entered_by=audit.actor().name, has_reporter=any(text.strip() for text in (lead.reporter_name, lead.reporter_phone, lead.reporter_note)),
        )  # fmt: skip
        if case.has_reporter:
            Reporter.create(
                case=case,
                name=lead.reporter_name.strip(),
                phone=lead.reporter_phone.strip(),
                note=lead.reporter_note.strip(),
            )
        photos.keep(case, sent)
        _start_clock(case, owner, "线索录入")
        audit.record(
            "录入无证无照线索",
            RECORD,
            case.id,
            after={"kind": case.kind, "person": case.person, "unit": owner},
        )
    return case


def _start_clock(case: UnlicensedCase, unit: str, words: str) -> None:
    today = clock.today()
    obligations.open_obligation(
        "unlicensed_case", unit, record=(RECORD, case.id), identity=f"{RECORD}:{case.id}:{case.version}",
        title=f"查处无证无照：{case.person}（{case.activity[:30]}）", started_on=today, started_words=words,
        days=days_for("days.unlicensed_case", today), subject=case.subject_id, scored=False,
    )  # fmt: skip


def _advance(case: UnlicensedCase, act: str, **values: Any) -> None:
    """Store ``values`` if the case is still as it was read. Raises Stale."""
    now = UnlicensedCase.get_by_id(case.id)
    refusal = case_rules.case_refusal(act, now.state)
    if refusal:
        raise Stale(refusal)
    done = (
        UnlicensedCase.update(version=case.version + 1, **values)
        .where((UnlicensedCase.id == case.id) & (UnlicensedCase.version == case.version))
        .execute()
    )
    if not done:
        raise Stale("这条线索刚被其他人处理，请刷新后查看")


def own_case(unit: str, case_id: int) -> UnlicensedCase:
    """The case that ``unit`` has to deal with now. Raises NotAllowed or Missing."""
    found = UnlicensedCase.get_or_none(UnlicensedCase.id == case_id)
    if found is None or unit not in (found.unit, found.entered_unit):
        raise Missing("没有这条线索，或者它不属于您的单位")
    if found.unit != unit:
        raise NotAllowed(f"这条线索由{units.name_of(found.unit)}办理")
    return found


def screen(unit: str, case_id: int, ground: str, reason: str) -> None:
    """Not illegal under 第三条: closed with the ground and the reason; it counts as no entry."""
    if ground not in case_rules.SCREENINGS or not reason.strip():
        raise Refused("请选择第三条的情形并写明理由", {"screening": "请选择第三条的哪一种情形", "reason": "不属于无证无照的理由不能为空"} if not reason.strip() else {"screening": "请选择第三条的哪一种情形"})
    with transaction():
        case = own_case(unit, case_id)
        _advance(case, "screen", state="screened", screening=ground, screening_reason=reason.strip())
        obligations.fulfil("unlicensed_case", (RECORD, case.id), unit)
        audit.record("甄别线索", RECORD, case.id, after={"state": "screened"}, note=reason)


def guide(unit: str, case_id: int, day: date, words: str) -> None:
    """Guidance first (督促引导办证): what was asked of the person; the case stays open."""
    if not words.strip() or day > clock.today():
        raise Refused("请写明引导情况，日期不能在今天之后", {"guidance": "请写明引导情况，日期不能在今天之后"})
    with transaction():
        case = own_case(unit, case_id)
        _advance(case, "guide", guidance_on=day, guidance=words.strip())
        audit.record("督促引导办证", RECORD, case.id, after={"guidance_on": day}, note=words)


def close(unit: str, case_id: int, outcome: str, day: date, document: str, note: str) -> None:
    """Enter the outcome; a penalty names its document. Raises Refused, Stale."""
    problems = {}
    if outcome not in case_rules.OUTCOMES:
        problems["outcome"] = "请选择处理结果"
    if outcome in case_rules.WITH_DOCUMENT and not document.strip():
        problems["document"] = f"处理结果是“{case_rules.OUTCOMES[outcome]}”的，须填写文书号"
    if day > clock.today():
        problems["day"] = f"处理日期{documents.chinese_date(day)}在今天之后"
    if not note.strip():
        problems["note"] = "请写明处理情况"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        case = own_case(unit, case_id)
        _advance(
            case,
            "close",
            state="closed",
            outcome=outcome,
            outcome_on=day,
            outcome_note=note.strip(),
            document=document.strip(),
        )
        obligations.fulfil("unlicensed_case", (RECORD, case.id), unit)
        audit.record(
            "办结无证无照", RECORD, case.id, after={"outcome": outcome, "document": document}, note=note
        )


def withdraw(unit: str, case_id: int, reason: str) -> None:
    """The unit that entered the lead takes it back as a mistake; nothing is owed and it counts as no entry."""
    if not reason.strip():
        raise Refused("请写明撤回原因", {"reason": "请写明撤回原因"})
    with transaction():
        case = UnlicensedCase.get_or_none(
            (UnlicensedCase.id == case_id) & (UnlicensedCase.entered_unit == unit)
        )
        if case is None:
            raise Missing("没有这条线索，或者它不是您的单位录入的")
        _advance(case, "withdraw", state="withdrawn", outcome_note=reason.strip())
        obligations.withdraw("unlicensed_case", (RECORD, case.id), reason.strip())
        audit.record("撤回线索", RECORD, case.id, after={"state": "withdrawn"}, note=reason)


def refer(unit: str, case_id: int, to_unit: str, reason: str) -> Referral:
    """Not this unit's business: passed on in time (第八条) with the reason; the other unit owes its receipt."""
    problems = {}
    if units.unit(to_unit) is None or to_unit == unit or not units.is_enabled(to_unit):
        problems["to_unit"] = "请选择另一个已启用的成员单位"
    if not reason.strip():
        problems["reason"] = "请写明移送理由"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        case = own_case(unit, case_id)
        _advance(case, "refer", state="referred")
        made = Referral.create(
            case=case,
            from_unit=unit,
            to_unit=to_unit,
            reason=reason.strip(),
            sent_at=clock.now(),
            sent_by=audit.actor().name,
        )
        obligations.fulfil("unlicensed_case", (RECORD, case.id), unit)
        today = clock.today()
        obligations.open_obligation(
            "referral_receipt", to_unit, record=(RECORD, case.id), identity=f"referral:{made.id}", title=f"签收移送：{case.person}",
            started_on=today, started_words="移送", days=days_for("days.referral_receipt", today), subject=case.subject_id, scored=False,
        )  # fmt: skip
        audit.record("移送线索", RECORD, case.id, after={"to_unit": to_unit}, note=reason)
    return made


def answer_referral(unit: str, case_id: int, accept: bool, answer: str) -> None:
    """The other unit signs for the case, whose clock then starts there, or returns it with its reason."""
    if not accept and not answer.strip():
        raise Refused("退回须写明理由", {"answer": "退回须写明理由"})
    with transaction():
        found = Referral.get_or_none(
            (Referral.case == case_id) & (Referral.to_unit == unit) & (Referral.state == "sent")
        )
        if found is None:
            raise Stale("没有待您单位签收的移送，可能刚被其他人处理")
        case = UnlicensedCase.get_by_id(case_id)
        owner = unit if accept else found.from_unit
        _advance(case, "receive", state="open", unit=owner)
        Referral.update(
            state="received" if accept else "returned",
            answered_at=clock.now(),
            answered_by=audit.actor().name,
            answer=answer.strip(),
        ).where(Referral.id == found.id).execute()
        obligations.fulfil_identity("referral_receipt", unit, f"referral:{found.id}")
        _start_clock(UnlicensedCase.get_by_id(case_id), owner, "签收移送" if accept else "移送退回")
        audit.record(
            "签收移送" if accept else "退回移送", RECORD, case_id, after={"unit": owner}, note=answer
        )


def add_photos(unit: str, case_id: int, sent: Iterable[tuple[IO[bytes], str]]) -> int:
    """Add photographs to an open case, by the unit that deals with it or entered it. Raises Refused."""
    with transaction():
        case = UnlicensedCase.get_or_none(UnlicensedCase.id == case_id)
        if case is None or unit not in (case.unit, case.entered_unit):
            raise Missing("没有这条线索，或者它不属于您的单位")
        if case.state not in ("open", "referred"):
            raise Stale(f"这条线索的状态是“{case_rules.STATES[case.state]}”，不能再加照片")
        kept = photos.keep(case, sent)
        if not kept:
            raise Refused("请选择照片", {"photos": "请选择照片"})
        audit.record("增加照片", RECORD, case.id, note=f"{kept} 张")
    return kept
