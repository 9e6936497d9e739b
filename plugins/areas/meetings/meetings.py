"""Meetings: drafted, convened by those who may, changed, cancelled, held; the notice and the duty to attend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.toolkit import Missing, NotAllowed, Refused, Stale, audit, clock, obligations, transaction, units

from . import notice, papers, rules, seats, telling
from .models import Attendee, Material, Meeting

EVERY = ("office", "convenor", "deputy_convenor", "zone_office")


@dataclass(frozen=True)
class Plan:
    """What is typed about a meeting. ``bodies`` are the unit keys convened, ``""`` among them is 区管办."""

    kind: str
    title: str
    starts_at: datetime
    place: str
    presider: str
    agenda: str
    theme: str = ""
    guests: str = ""
    bodies: tuple[str, ...] = ()


def visible(viewer: Any) -> Any:
    """The condition of the meetings that ``viewer`` may see: all for the office and the convenors, else the own
    unit's, drafts only for those who draft them."""
    if viewer.has_role(*EVERY):
        return Meeting.id.is_null(False)
    own = Meeting.id.in_(Attendee.select(Attendee.meeting).where(Attendee.unit == viewer.unit))
    mine = (Meeting.unit == viewer.unit) & (Meeting.unit != "")
    return mine | (own & (Meeting.state != "draft") & (viewer.unit != ""))


def meeting_for(viewer: Any, meeting_id: int) -> Meeting:
    """The meeting, for those convened, the convening unit, the office and the convenors. Raises Missing."""
    found = Meeting.select().where((Meeting.id == meeting_id) & visible(viewer)).first()
    if found is None:
        raise Missing("没有这次会议，或者您的单位没有参加")
    return found


def page_of(
    viewer: Any, year: int, kind: str, state: str, older: int | None, size: int = 30
) -> tuple[list[Meeting], int | None]:
    """One page of the year's meetings, the latest first."""
    query = Meeting.select().where(
        visible(viewer)
        & Meeting.starts_at.between(clock.at(date(year, 1, 1)), clock.end_of(date(year, 12, 31)))
    )
    if kind:
        query = query.where(Meeting.kind == kind)
    if state:
        query = query.where(Meeting.state == state)
    if older is not None:
        last = Meeting.get_or_none(Meeting.id == older)
        if last is None:
            raise Missing("没有这一页")
        query = query.where(
            (Meeting.starts_at < last.starts_at)
            | ((Meeting.starts_at == last.starts_at) & (Meeting.id < last.id))
        )
    rows = list(query.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def years(viewer: Any) -> list[int]:
    """The years with meetings and the present one, the newest first."""
    first = Meeting.select(Meeting.starts_at).where(visible(viewer)).order_by(Meeting.starts_at).first()
    last = Meeting.select(Meeting.starts_at).where(visible(viewer)).order_by(Meeting.starts_at.desc()).first()
    now = clock.today().year
    low = min(first.starts_at.year, now) if first else now
    high = max(last.starts_at.year, now) if last else now
    return list(range(high, low - 1, -1))


def check(plan: Plan, unit: str) -> None:
    """Raise Refused, field by field, for a plan that cannot be a meeting."""
    errors = {}
    if plan.kind not in rules.KINDS:
        errors["kind"] = "请选择会议类型"
    if not 2 <= len(plan.title) <= 80:
        errors["title"] = "会议名称应为 2 至 80 个字"
    if not 1 <= len(plan.place) <= 80:
        errors["place"] = "地点应为 1 至 80 个字"
    if not 1 <= len(plan.presider) <= 40:
        errors["presider"] = "请选择主持人"
    if not 2 <= len(plan.agenda) <= 4000:
        errors["agenda"] = "议题应为 2 至 4000 个字"
    if len(plan.guests) > 400:
        errors["guests"] = "列席人员最多 400 个字"
    if plan.kind == rules.SOME and plan.theme not in rules.THEMES:
        errors["theme"] = "请选择联合抽查领域"
    if plan.kind == rules.SOME and not unit:
        errors["kind"] = "联合抽查会议须由一个成员单位召集"
    if plan.kind in (rules.ALL, rules.SOME) and plan.presider:
        allowed = {name for name, _ in seats.presiders(plan.starts_at.date())}
        if allowed and plan.presider not in allowed and plan.kind == rules.ALL:
            errors["presider"] = "联席会议由召集人或副召集人主持（附件1 三（一））"
    members = {found.key for found in units.enabled(plan.starts_at.date())}
    wrong = [body for body in plan.bodies if body and body not in members]
    if wrong:
        errors["bodies"] = f"{units.name_of(wrong[0])}在会议当天不是成员单位"
    if plan.kind != rules.ALL and not plan.bodies:
        errors["bodies"] = "请选择参加的单位"
    if errors:
        raise Refused("；".join(errors.values()), errors)


def _bodies(plan: Plan) -> tuple[str, ...]:
    """Every member on the day and 区管办 for an all-member meeting, else those chosen, in the order of Annex 2-2."""
    enabled = [unit.key for unit in units.enabled(plan.starts_at.date())]
    if plan.kind == rules.ALL:
        return ("", *enabled)
    return tuple(body for body in ("", *enabled) if body in plan.bodies)


def draft(viewer: Any, plan: Plan) -> Meeting:
    """Draft a meeting: no notice goes out yet. Raises Refused, NotAllowed."""
    who = seats.person_of(viewer)
    unit = viewer.unit if plan.kind == rules.SOME else ""
    refusal = rules.why_not_prepare(plan.kind, unit, who)
    if refusal:
        raise NotAllowed(refusal)
    check(plan, unit)
    _check_future(plan.starts_at)
    with transaction():
        made = Meeting.create(unit=unit, drafted_by=viewer.name, **_fields(plan))
        _set_attendees(made, plan)
        audit.record("拟定会议", "meeting", made.id, after=_plain(made))
        telling.meeting_drafted(made)
    return made


def _fields(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind, "title": plan.title, "starts_at": plan.starts_at, "place": plan.place,
        "presider": plan.presider, "agenda": plan.agenda, "theme": plan.theme if plan.kind == rules.SOME else "",
        "guests": plan.guests,
    }  # fmt: skip


def _plain(meeting: Meeting) -> dict[str, Any]:
    return {
        "title": meeting.title, "kind": meeting.kind_label, "starts_at": f"{meeting.starts_at:%Y-%m-%d %H:%M}",
        "place": meeting.place, "presider": meeting.presider, "agenda": meeting.agenda, "guests": meeting.guests,
        "state": meeting.state_label,
    }  # fmt: skip


def _set_attendees(meeting: Meeting, plan: Plan) -> None:
    """The convened bodies as planned; those already there keep what is known about them."""
    held = seats.holders(plan.starts_at.date())
    wanted = _bodies(plan)
    names = {body: units.name_of(body) if body else rules.ZONE_OFFICE for body in wanted}
    Attendee.delete().where(
        (Attendee.meeting == meeting) & Attendee.body.not_in(list(names.values()))
    ).execute()
    for place, body in enumerate(wanted):
        seat = seats.member_of(body, plan.starts_at.date(), held)
        expected = {
            "order": place, "expected": seat.person if seat else "", "expected_position": seat.position if seat else "",
        }  # fmt: skip
        done = (
            Attendee.update(**expected)
            .where((Attendee.meeting == meeting) & (Attendee.body == names[body]))
            .execute()
        )
        if not done:
            Attendee.create(meeting=meeting, unit=body, body=names[body], **expected)


def _take(viewer: Any, meeting_id: int, act: str, version: int | None = None) -> tuple[Meeting, str]:
    """The meeting locked, and its state after ``act``. Raises Missing, Stale, Refused."""
    meeting_for(viewer, meeting_id)
    meeting = papers.locked(Meeting.select().where(Meeting.id == meeting_id)).get()
    after = rules.meeting_after(meeting.state, act)
    if after is None:
        raise Stale(f"会议现在是“{meeting.state_label}”，不能这样办理，请刷新后查看")
    if version is not None and version != meeting.version:
        raise Stale("这次会议刚被别人改过，没有覆盖；请刷新后再改")
    return meeting, after


def change(viewer: Any, meeting_id: int, plan: Plan, version: int, reason: str = "") -> Meeting:
    """Change a draft, or a meeting already announced: then a new notice goes out and the duty moves with the day."""
    with transaction():
        found = meeting_for(viewer, meeting_id)
        meeting, after = _take(viewer, meeting_id, "edit" if found.state == "draft" else "change", version)
        check_rule = rules.why_not_prepare if meeting.state == "draft" else rules.why_not_convene
        refusal = check_rule(meeting.kind, meeting.unit, seats.person_of(viewer))
        if refusal:
            raise NotAllowed(refusal)
        if plan.kind != meeting.kind:
            raise Refused("会议类型不能改变，请另外拟定一次会议", {"kind": "不能改变"})
        check(plan, meeting.unit)
        if meeting.state == "convened" and not reason.strip():
            raise Refused("改变已通知的会议须写明原因", {"reason": "请写明原因"})
        before = _plain(meeting)
        for name, value in _fields(plan).items():
            setattr(meeting, name, value)
        meeting.state, meeting.version = after, meeting.version + 1
        meeting.save()
        if after == "convened":
            _check_future(plan.starts_at)
            _release(meeting, f"会议变更：{reason.strip()}")
        _set_attendees(meeting, plan)
        if after == "convened":
            _announce(meeting, changed=True)
        audit.record("修改会议", "meeting", meeting.id, before=before, after=_plain(meeting), note=reason)
    return meeting


def _check_future(starts_at: datetime) -> None:
    if starts_at <= clock.now():
        problem = f"会议时间 {starts_at:%Y-%m-%d %H:%M} 已过，应晚于现在"
        raise Refused(problem, {"starts_on": problem})


def convene(viewer: Any, meeting_id: int) -> Meeting:
    """Send the notice: every convened unit owes its attendance. Raises NotAllowed for those who may not."""
    with transaction():
        meeting, after = _take(viewer, meeting_id, "convene")
        refusal = rules.why_not_convene(meeting.kind, meeting.unit, seats.person_of(viewer))
        if refusal:
            raise NotAllowed(refusal)
        _check_future(meeting.starts_at)
        meeting.state, meeting.convened_by, meeting.convened_at = after, viewer.name, clock.now()
        if meeting.kind == rules.ALL and not viewer.has_role("convenor"):
            meeting.charge = seats.charge_of(viewer)
        meeting.version += 1
        meeting.save()
        _announce(meeting, changed=False)
        telling.meeting_moved(meeting)
        audit.record("召集会议", "meeting", meeting.id, after=_plain(meeting), note=convened_words(meeting))
    return meeting


def convened_words(meeting: Meeting) -> str:
    """Who convened it and by what right, for the page and the log."""
    if meeting.kind == rules.SOME:
        return f"{units.name_of(meeting.unit)}（行业主管部门）{meeting.convened_by}召集"
    if meeting.kind == rules.LIAISON:
        return f"联席会议办公室{meeting.convened_by}召集"
    if meeting.charge_id:
        return (
            f"召集人{meeting.charge.given_by}委托副召集人{meeting.convened_by}召集（{meeting.charge.reason}）"
        )
    return f"召集人{meeting.convened_by}召集"


def _announce(meeting: Meeting, *, changed: bool) -> None:
    day = meeting.starts_at.date()
    for attendee in attendees(meeting):
        if attendee.unit and units.is_enabled(attendee.unit, day):
            obligations.open_obligation(
                "attendance", attendee.unit, record=("attendee", attendee.id),
                title=f"参加会议：{meeting.title}（{meeting.starts_at:%m月%d日 %H:%M} {meeting.place}）",
                started_on=clock.today(), started_words="会议变更通知" if changed else "会议通知", deadline=day,
            )  # fmt: skip
    papers.ask(
        "notice", ("meeting", meeting.id), template="letter.html", content=notice.content_of(meeting, attendees(meeting), changed),
        title=f"关于召开{meeting.title}的通知" if not changed else f"关于调整{meeting.title}安排的通知",
        number="", day=clock.today(),
    )  # fmt: skip


def _release(meeting: Meeting, reason: str) -> None:
    for attendee in attendees(meeting):
        obligations.withdraw("attendance", ("attendee", attendee.id), reason)


def cancel(viewer: Any, meeting_id: int, reason: str) -> None:
    """Call a meeting off; nobody owes attendance any more. Raises Refused, NotAllowed."""
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused("取消会议须写明原因（2 至 200 个字）", {"reason": "应为 2 至 200 个字"})
    with transaction():
        meeting, after = _take(viewer, meeting_id, "cancel")
        rule = rules.why_not_prepare if meeting.state == "draft" else rules.why_not_convene
        refusal = rule(meeting.kind, meeting.unit, seats.person_of(viewer))
        if refusal and not viewer.has_role("office"):
            raise NotAllowed(refusal)
        before = _plain(meeting)
        meeting.state, meeting.cancel_reason, meeting.version = after, reason, meeting.version + 1
        meeting.save()
        _release(meeting, f"会议取消：{reason}")
        telling.meeting_moved(meeting)
        audit.record("取消会议", "meeting", meeting.id, before=before, after=_plain(meeting), note=reason)


def attendees(meeting: Meeting) -> list[Attendee]:
    """Who is convened, in the roster's order."""
    return list(Attendee.select().where(Attendee.meeting == meeting).order_by(Attendee.order, Attendee.id))


def materials_of(meeting: Meeting) -> list[Material]:
    """What was sent unasked to this meeting (及时抄送)."""
    return list(
        Material.select()
        .where((Material.meeting == meeting) & Material.due_row.is_null())
        .order_by(Material.id)
    )
