"""Minutes from the office's check to the issued PDF: signature, number without gaps, digest, distribution."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.toolkit import Refused, Stale, audit, clock, settings, sm3, transaction, units

from . import consultation, decisions, drafting, meetings, papers, rules, seats, telling
from .models import Attendee, Delivery, Minutes, Paper

SERIES = "minutes"


def ask_signature(viewer: Any, minutes_id: int) -> None:
    """The office has checked the draft and hands it to the convenor. Raises Refused while a comment is open."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "ask_signature")
        Minutes.update(state="signing").where(Minutes.id == minutes.id).execute()
        telling.step_taken(minutes)
        telling.to_convenor(minutes)
        audit.record("纪要送签", "minutes", minutes.id)


def give_back(viewer: Any, minutes_id: int, reason: str) -> None:
    """Send the minutes one step back with a reason; a signature given falls away. Raises Refused."""
    reason = reason.strip()
    if not 2 <= len(reason) <= 500:
        raise Refused("退回须写明原因（2 至 500 个字）", {"reason": "应为 2 至 500 个字"})
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "return")
        if minutes.state == "issuing":
            paper = minutes.paper
            if paper is not None and paper.state == "queued":
                raise Refused("文件正在生成，请稍候再退回")
        before = {"state": minutes.state_label, "signed_by": minutes.signed_by}
        minutes.state = rules.MINUTES_ACTS[(minutes.state, "return")][0]
        minutes.signed_by, minutes.signed_at, minutes.signed_revision, minutes.signed_digest = (
            "",
            None,
            None,
            "",
        )
        minutes.save()
        telling.step_taken(minutes)
        tell = telling.to_drafters if minutes.state == "drafting" else telling.to_office
        tell(minutes, f"returned/{audit.last()[0]}", f"纪要“{minutes.title}”已退回：{reason}")
        audit.record(
            "退回纪要",
            "minutes",
            minutes.id,
            before=before,
            after={"state": minutes.state_label},
            note=reason,
        )


def sign(viewer: Any, minutes_id: int, revision: int) -> None:
    """The convenor's signature (由召集人签发) on the revision he saw; the page's door asks the password. Raises Refused."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "sign")
        if revision != minutes.revision:
            raise Stale("正文在您打开以后有改动，请看过新的正文再签发")
        text = drafting.text_of(minutes)
        who = seats.person_of(viewer)
        charge = None if "convenor" in who.roles else seats.charge_of(viewer)
        minutes.state, minutes.signed_by, minutes.signed_at = "signed", viewer.name, clock.now()
        minutes.signed_revision, minutes.signed_digest = revision, sm3(text.text.encode())
        minutes.save()
        audit.record(
            "签发纪要", "minutes", minutes.id,
            after={"signed_by": viewer.name, "revision": revision, "sm3": minutes.signed_digest, "title": minutes.title},
            note=f"受召集人{charge.given_by}委托" if charge else "召集人签发",
        )  # fmt: skip
        telling.step_taken(minutes)
        telling.to_office(minutes, f"signed/{revision}", f"纪要“{minutes.title}”已签发，请编号印发")


def issue(viewer: Any, minutes_id: int) -> Minutes:
    """Give the number and start making the PDF; it is issued when the PDF stands. Raises Refused."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "issue")
        text = drafting.text_of(minutes, minutes.signed_revision)
        if sm3(text.text.encode()) != minutes.signed_digest or minutes.revision != minutes.signed_revision:
            raise Stale("正文与签发时不一致，请退回后重新签发")
        day = clock.today()
        if minutes.ordinal is None:
            minutes.year, minutes.ordinal = day.year, papers.next_number(SERIES, day.year)
        minutes.state, minutes.issue_day = "issuing", day
        minutes.save()
        minutes.paper = papers.ask(
            "minutes", ("minutes", minutes.id), template="minutes.html", content=content_of(text.text),
            title=minutes.title, number=minutes.number, day=day,
        )  # fmt: skip
        minutes.save()
        telling.step_taken(minutes)
        audit.record("制发纪要", "minutes", minutes.id, after={"number": minutes.number, "day": day})
    return minutes


def try_again(viewer: Any, minutes_id: int) -> None:
    """Start the failed PDF once more (fonts or libraries have been put right); number and text stay."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "again")
        if minutes.paper is None or minutes.paper.state != "failed":
            raise Refused("文件没有失败，不需要重新生成")
        papers.again(minutes.paper)
        audit.record("重新生成纪要", "minutes", minutes.id)


def content_of(text: str) -> dict[str, Any]:
    """What the document's template takes: the text's blocks and the fixed words around them."""
    return {
        "mark": settings.value("meetings.mark"), "copies_to": [rules.ZONE_COMMITTEE], "issuer": seats.issuer(),
        **drafting.blocks_of(text),
    }  # fmt: skip


def preview(viewer: Any, minutes_id: int) -> Paper:
    """Ask for the PDF of the text as it stands, marked as a draft, before anything is issued."""
    with transaction():
        minutes = drafting.minutes_for(viewer, minutes_id)
        text = drafting.text_of(minutes)
        return papers.ask(
            "draft", ("minutes", minutes.id), template="minutes.html", content=content_of(text.text),
            title=minutes.title, number=f"〔{clock.today().year}〕（第{minutes.revision}稿）", day=clock.today(),
        )  # fmt: skip


def made(paper: Paper) -> None:
    """The PDF stands: the minutes are issued and sent, inside the running transaction of the runner."""
    minutes = papers.locked(Minutes.select().where(Minutes.id == paper.record_id)).get()
    if minutes.state != "issuing" or minutes.paper_id != paper.id:
        return
    minutes.state, minutes.issued_at = "issued", clock.now()
    minutes.save()
    receivers = _receivers(minutes)
    copies = [rules.ZONE_COMMITTEE] + ([rules.ZONE_OFFICE] if _zone_office_came(minutes) else [])
    papers.send(("minutes", minutes.id), receivers, copies)
    consultation.close_all(minutes)
    telling.of_issue(minutes, receivers)
    audit.record(
        "印发纪要", "minutes", minutes.id,
        after={"number": minutes.number, "sent": [units.name_of(unit) for unit in receivers], "copies": copies},
    )  # fmt: skip


def _receivers(minutes: Minutes) -> list[str]:
    """有关单位: every member for an all-member meeting, else those convened and those with a decision."""
    enabled = [unit.key for unit in units.enabled()]
    meeting = minutes.meeting
    if meeting.kind == rules.ALL:
        return enabled
    wanted = {attendee.unit for attendee in meetings.attendees(meeting)} | {meeting.unit}
    wanted |= {decision.unit for decision in decisions.of_meeting(meeting)}
    return [key for key in enabled if key in wanted]


def _zone_office_came(minutes: Minutes) -> bool:
    return Attendee.select().where((Attendee.meeting == minutes.meeting_id) & (Attendee.unit == "")).exists()


def correct(viewer: Any, minutes_id: int) -> Minutes:
    """Begin a correction of issued minutes: a new issue that names the old. Raises Refused."""
    old = drafting.minutes_for(viewer, minutes_id)
    if old.state != "issued":
        raise Refused("纪要还没有印发，直接修改即可")
    return drafting.begin(viewer, old.meeting_id, corrects=old)


def corrections_of(minutes: Minutes) -> list[Minutes]:
    """Issued corrections of these minutes."""
    return list(
        Minutes.select()
        .where((Minutes.corrects == minutes) & (Minutes.state == "issued"))
        .order_by(Minutes.id)
    )


def issued_in(viewer: Any, year: int) -> list[Minutes]:
    """The minutes issued in ``year`` that were sent to the viewer (all for the office and the convenors), by number."""
    query = Minutes.select().where((Minutes.state == "issued") & (Minutes.year == year))
    if not viewer.has_role(*meetings.EVERY):
        mine = Delivery.select(Delivery.record_id).where(
            (Delivery.record_type == "minutes") & (Delivery.unit == viewer.unit) & (Delivery.unit != "")
        )
        query = query.where(Minutes.id.in_(mine))
    return list(query.order_by(Minutes.ordinal.desc()))


def under_way(viewer: Any) -> list[Minutes]:
    """Minutes that wait for a step of the office or the convenor, the oldest first."""
    wanted = []
    if viewer.has_role("office"):
        wanted += ["office", "signed", "issuing"]
    if rules.may_sign(seats.person_of(viewer)):
        wanted.append("signing")
    if not wanted:
        return []
    return list(Minutes.select().where(Minutes.state.in_(wanted)).order_by(Minutes.id))


def years(now: date) -> list[int]:
    """The years in which minutes were issued, and the present one, the newest first."""
    query = Minutes.select(Minutes.year).where(Minutes.state == "issued").distinct()
    return sorted({year for (year,) in query.tuples()} | {now.year}, reverse=True)
