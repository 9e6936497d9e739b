"""Takes a registration back for the unit that sent it, as long as no other unit has acted on it (areas.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

from portal import audit, name_index, subjects, units
from portal.database import transaction
from portal.obligations import FULFILLED, OPEN, WITHDRAWN, Obligation
from portal.plugging import registry
from portal.refusals import Refused
from portal.subjects import Subject, SubjectEvent, SubjectName

_TAKEN_BACK = "（已撤回）"


def withdraw(event_id: int, *, unit: str) -> None:
    """Undo one stored registration: the subject is again as it was before, its open obligations are withdrawn.

    A subject that this registration brought stays as a row in state 撤回, without codes and out of the search, since
    histories refer to it; the same registration may come again. Raises Refused when the event is not the unit's own,
    is not the subject's last, or another unit has acted on it.
    """
    with transaction():
        audit.in_order()
        event = SubjectEvent.get_or_none(SubjectEvent.id == event_id)
        if event is None or event.source.endswith(_TAKEN_BACK):
            raise Refused("这条登记已经撤回")
        subject = event.subject
        _may(event, subject, unit)
        before, keys_before = subjects.plain(subject), subjects.keys_of(subject)
        registry().answers("on_registration_withdrawn", subject=subject, event=event)
        _withdraw_obligations(event, subject)
        SubjectEvent.update(
            source=event.source + _TAKEN_BACK, digest=f"{event.digest}/{event.id}"
        ).where(SubjectEvent.id == event.id).execute()  # fmt: skip
        _rebuild(subject)
        name_index.index(subject.id, keys_before, subjects.keys_of(subject))
        audit.record(
            "撤回登记",
            "subject",
            subject.id,
            before=before,
            after=subjects.plain(subject),
            note=f"{event.event} {event.source}",
        )


def blocked(event_ids: Sequence[int], *, unit: str, source: str) -> str:
    """Why one of these registrations, which came together by ``source``, cannot be taken back; "" when all can."""
    for event in SubjectEvent.select(SubjectEvent, Subject).join(Subject).where(SubjectEvent.id.in_(list(event_ids))):
        try:
            _may(event, event.subject, unit, together=source)
        except Refused as refused:
            return str(refused)
    return ""


def _may(event: SubjectEvent, subject: Subject, unit: str, together: str = "") -> None:
    if event.unit != unit:
        raise Refused(f"“{subject.name}”的这条登记由{units.name_of(event.unit)}推送，只能由它撤回")
    later = SubjectEvent.select().where((SubjectEvent.subject == subject) & (SubjectEvent.id > event.id))
    if any(not other.source.endswith(_TAKEN_BACK) and other.source != together for other in later):
        raise Refused(f"“{subject.name}”之后又有新的登记，不能再撤回")
    acted = (
        Obligation.select()
        .where(
            (Obligation.subject == subject) & (Obligation.state == FULFILLED)
            & (Obligation.opened_at >= event.received_at) & (Obligation.unit != unit)
        )
        .first()
    )  # fmt: skip
    if acted is not None:
        raise Refused(f"{units.name_of(acted.unit)}已办理“{acted.title}”，不能再撤回“{subject.name}”的登记")


def _withdraw_obligations(event: SubjectEvent, subject: Subject) -> None:
    Obligation.update(state=WITHDRAWN, reason="登记已由推送单位撤回", waiting_since=None).where(
        (Obligation.subject == subject)
        & (Obligation.state == OPEN)
        & (Obligation.opened_at >= event.received_at)
    ).execute()


def _rebuild(subject: Subject) -> None:
    """Store the subject again from the registrations that remain."""
    remaining = [
        subjects.from_values(event.values)
        for event in SubjectEvent.select().where(SubjectEvent.subject == subject).order_by(SubjectEvent.id)
        if not event.source.endswith(_TAKEN_BACK)
    ]
    subject.credit_code = subject.registration_number = None
    names = {registration.name for registration in remaining}
    SubjectName.delete().where((SubjectName.subject == subject) & SubjectName.name.not_in(names)).execute()
    for turn, registration in enumerate(remaining):
        for name, value in subjects.columns_of(registration, new=turn == 0).items():
            setattr(subject, name, value)
    if not remaining:
        subject.state, subject.classification = subjects.WITHDRAWN, ""
    subject.version += 1
    subject.save()
