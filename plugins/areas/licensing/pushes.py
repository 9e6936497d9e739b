"""Pushes (推送): a registration is read, its class and items proposed, confirmed by the registrar and sent to the units."""

from __future__ import annotations

from typing import Any

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Registration,
    Stale,
    Subject,
    SubjectEvent,
    audit,
    clock,
    obligations,
    settings,
    subjects,
    transaction,
    units,
)

from . import catalogue, claims, proposals, reading, rules
from .models import Push

#: The source of a registration that was in the register before the portal: read and classified, never pushed.
STOCK = "存量"
RECORD = "push"


def registrar() -> str:
    """The key of the unit that pushes (二（一）1)."""
    return units.holder("registrar").key


def event_refusal(unit: str, event: str) -> str | None:
    """Why ``unit`` cannot bring in a registration of that kind: the registrar brings all but 吊销, which the market
    regulator brings (二（一）3); None when it can."""
    wanted = units.holder("revoker" if event == "吊销" else "registrar")
    return None if unit == wanted.key else f"{event}信息由{wanted.name}推送"


def may_enter(unit: str) -> None:
    """Only the registrar and the unit that revokes licences enter registrations. Raises NotAllowed."""
    if unit not in (units.holder("registrar").key, units.holder("revoker").key):
        raise NotAllowed("只有推送登记信息的单位和推送吊销信息的单位可以录入登记信息")


def enter(registration: Registration, unit: str) -> tuple[Subject, Push | None]:
    """Enter one registration by form: (subject, the push that waits for confirmation or None). Raises Refused."""
    refusal = event_refusal(unit, registration.event)
    if refusal:
        raise Refused(refusal, {"event": refusal})
    with transaction():
        subject, new = subjects.register(registration, unit=unit, source="表单")
        if not new:
            raise Refused("这条登记信息平台已有，没有改动")
        push = Push.get_or_none((Push.subject == subject) & (Push.state == "proposed"))
    return subject, push


def on_registered(subject: Subject, event: str, before: dict[str, Any] | None) -> None:
    """A registration was stored: propose its push, or only classify what was there before the portal."""
    stored = (
        SubjectEvent.select().where(SubjectEvent.subject == subject).order_by(SubjectEvent.id.desc()).first()
    )
    if stored.source == STOCK:
        _classify_stock(subject)
    elif event in ("设立", "变更"):
        _propose(subject, stored, before)


def _classify_stock(subject: Subject) -> None:
    if subject.state != "存续":
        return
    found = reading.read(subject.scope, subject.industry)
    subjects.classify(subject, _class(found["hits"], bool(found["unknown"])))


def _class(hits: list[dict[str, Any]], unknown: bool) -> str:
    return rules.class_of((hit["kind"] for hit in hits), settings.value("licensing.qz_is_permit"), unknown)


def _propose(subject: Subject, event: SubjectEvent, before: dict[str, Any] | None) -> Push:
    found = reading.read(subject.scope, subject.industry)
    base, waiting = _base(subject, before)
    doubtful = bool(found["unknown"]) or any(hit["flags"] for hit in found["hits"])
    push = Push.create(
        subject=subject, event=event, kind=event.event, state="proposed", doubtful=doubtful, scope=subject.scope,
        base=base, reading=found, catalogue=catalogue.version(), entered_at=clock.now(),
    )  # fmt: skip
    if waiting is not None:
        Push.update(state="merged").where(Push.id == waiting.id).execute()
        obligations.withdraw("push", (RECORD, waiting.id), f"并入 {event.day} 的{event.event}登记")
    obligations.open_obligation(
        "push", registrar(), record=(RECORD, push.id), title=f"推送：{subject.name}（{event.event}）",
        started_on=event.day, started_words="登记", days=0, subject=subject, scored=False,
    )  # fmt: skip
    return push


def _base(subject: Subject, before: dict[str, Any] | None) -> tuple[list[str], Push | None]:
    """The items the subject had before this registration, and the push of it that still waits."""
    if before is None:
        return [], None
    waiting = Push.get_or_none((Push.subject == subject) & (Push.state == "proposed"))
    if waiting is not None:
        return waiting.base, waiting
    last = (
        Push.select()
        .where((Push.subject == subject) & (Push.state == "pushed"))
        .order_by(Push.id.desc())
        .first()
    )
    if last is not None:
        return last.decided, None
    return [hit["code"] for hit in reading.read(before["scope"])["hits"]], None


def codes_of(push: Push) -> list[str]:
    """The items that the reader proposed."""
    return [hit["code"] for hit in push.reading["hits"]]


def confirm(
    push: Push,
    codes: list[str] | None = None,
    classification: str = "",
    note: str = "",
    opening: claims.Opening | None = None,
) -> Push:
    """The registrar confirms one push: its items (default: those proposed) and its class; the units' clocks start.

    Raises Stale when another officer was faster, Refused when the items are unknown or a person must say the class.
    """
    with transaction():
        opening = opening or claims.Opening()
        chosen = list(dict.fromkeys(codes if codes is not None else codes_of(push)))
        unknown_codes = [code for code in chosen if catalogue.item(code) is None]
        if unknown_codes:
            raise Refused(f"许可事项目录里已没有 {'、'.join(unknown_codes)}，请去掉后再推送")
        hits = {hit["code"]: hit for hit in push.reading["hits"]}
        decided = _decided_class(push, chosen, opening.qz_is_permit, classification, note)
        taken = (
            Push.update(
                state="pushed", decided=chosen, removed=[code for code in push.base if code not in chosen],
                classification=decided, note=note.strip(), confirmed_at=clock.now(), confirmed_on=clock.today(),
                confirmed_by=audit.actor().name,
            )
            .where((Push.id == push.id) & (Push.state == "proposed"))
            .execute()
        )  # fmt: skip
        if not taken:
            raise Stale("这条推送刚被其他人处理，请刷新后查看")
        push = Push.get_by_id(push.id)
        subjects.classify(push.subject, decided)
        claims.open_rows(push, [code for code in chosen if code not in push.base], hits, opening)
        obligations.fulfil("push", (RECORD, push.id))
        audit.record(
            "推送", RECORD, push.id, before={"proposed": codes_of(push)},
            after={"class": decided, "items": chosen, "removed": push.removed}, note=note,
        )  # fmt: skip
    return push


def _decided_class(push: Push, chosen: list[str], qz_is_permit: bool, classification: str, note: str) -> str:
    kinds = [catalogue.item(code).kind for code in chosen]
    by_items = rules.class_of(kinds, qz_is_permit, False)
    unexplained = bool(push.reading["unknown"]) and by_items == "ordinary"
    if unexplained and classification != "ordinary":
        words = "、".join(push.reading["unknown"])
        raise Refused(
            f"“{words}”没有对应的许可事项：请选出事项，或确认为非许可并写明理由", {"classification": "请选出许可事项，或确认为非许可并写明理由"}
        )
    if unexplained and not note.strip():
        raise Refused("把有未识别许可项目的主体确认为非许可，须写明理由", {"note": "请写明理由"})
    return by_items


def confirm_for(
    viewer: Any, push: Push, codes: list[str], classification: str, note: str, words: str = ""
) -> Push:
    """As :func:`confirm`, by a person of the pushing unit; what was corrected is proposed for the catalogue, with
    ``words`` of the scope that mean an added item. Raises NotAllowed for everybody else."""
    if viewer.unit != registrar():
        raise NotAllowed("只有推送单位可以确认推送")
    if set(codes) != set(codes_of(push)) and not note.strip():
        raise Refused("事项与系统读出的不同，须写明理由", {"note": "请写明理由"})
    with transaction():
        hits = {hit["code"]: hit for hit in push.reading["hits"]}
        proposals.propose_from_push(push.id, hits, codes, words, push.scope, note)
        return confirm(push, codes, classification, note)


def class_proposed(push: Push) -> str:
    """The class that the proposed items make."""
    return push.classification or _class(push.reading["hits"], bool(push.reading["unknown"]))


def confirm_plain(viewer_unit: str, ids: list[int] | None = None) -> int:
    """Confirm the plain cases in bulk: those of ``ids``, or all that wait. Returns how many. Raises NotAllowed."""
    if viewer_unit != registrar():
        raise NotAllowed("只有推送单位可以确认推送")
    waiting = (Push.state == "proposed") & (Push.doubtful == False)  # noqa: E712
    if ids is not None:
        waiting &= Push.id.in_(ids)
    found = list(Push.select(Push, Subject).join(Subject).where(waiting).order_by(Push.id))
    with transaction():
        opening = claims.Opening()
        for push in found:
            confirm(push, opening=opening)
    return len(found)


def push_for(viewer: Any, push_id: int) -> Push:
    """The push: every unit may look at all that were pushed (areas.md 1.3), the registrar at the waiting ones too."""
    found = Push.get_or_none(Push.id == push_id)
    waiting = found is not None and found.state == "proposed"
    if found is None or (waiting and viewer.unit != registrar() and not viewer.has_role("office")):
        raise Missing(f"没有编号为 {push_id} 的推送")
    return found


def on_cancelled(subject: Subject, event: str) -> None:
    """The subject ended: what waits to be pushed, claimed or answered is withdrawn with that reason."""
    reason = f"主体已{event}"
    for push in Push.select().where((Push.subject == subject) & (Push.state == "proposed")):
        Push.update(state="dropped", note=reason).where(Push.id == push.id).execute()
        obligations.withdraw("push", (RECORD, push.id), reason)
    claims.withdraw_rows(subject, reason)


def on_withdrawn(subject: Subject, event: SubjectEvent) -> None:
    """The pushing unit takes a registration back: its push and what was pushed need nobody's work any more.

    Raises Refused when a unit has already claimed, answered or rolled back one of its rows.
    """
    push = Push.get_or_none(Push.event == event)
    if push is None:
        return
    claims.withdraw_untouched(push, "登记已由推送单位撤回")
    Push.update(state="dropped", note="登记已撤回").where(Push.id == push.id).execute()
    obligations.withdraw("push", (RECORD, push.id), "登记已由推送单位撤回")
