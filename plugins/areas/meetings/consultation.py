"""The round of comments on draft minutes: each attending unit agrees or comments, the drafter answers each comment."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.toolkit import Missing, NotAllowed, Refused, audit, clock, obligations, transaction, units

from . import drafting, meetings, papers, rules, telling
from .models import Minutes, Opinion

RECORD = "minutes_opinion"


def circulate(viewer: Any, minutes_id: int, due: date) -> Minutes:
    """Send the draft to those who attended, to answer until ``due``; a later round replaces the one before."""
    if due <= clock.today():
        raise Refused(f"征求意见截止日 {due} 应晚于今天", {"due": "应晚于今天"})
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "circulate")
        _close_round(minutes, "另行征求意见")
        minutes.state, minutes.round, minutes.consult_due = "consulting", minutes.round + 1, due
        minutes.save()
        meeting, asked = minutes.meeting, 0
        for attendee in meetings.attendees(meeting):
            present = attendee.state in rules.ATTENDED
            gone = attendee.unit and not units.is_enabled(attendee.unit)
            if not present or gone or (meeting.unit and attendee.unit == meeting.unit):
                continue
            asked += 1
            opinion = Opinion.create(
                minutes=minutes, round=minutes.round, unit=attendee.unit, body=attendee.body
            )
            if attendee.unit:
                obligations.open_obligation(
                    "consult", attendee.unit, record=(RECORD, opinion.id), title=f"对纪要征求意见：{minutes.title}",
                    started_on=clock.today(), started_words="征求意见", deadline=due,
                )  # fmt: skip
        if not asked:
            raise Refused("没有出席会议的单位可以征求意见，请先登记签到表")
        audit.record(
            "纪要征求意见", "minutes", minutes.id, after={"round": minutes.round, "due": due, "asked": asked}
        )
    return minutes


def _close_round(minutes: Minutes, reason: str) -> None:
    for opinion in Opinion.select().where((Opinion.minutes == minutes) & (Opinion.state == "asked")):
        if opinion.unit:
            obligations.withdraw("consult", (RECORD, opinion.id), reason)


def close_all(minutes: Minutes) -> None:
    """The minutes are issued: who has not answered need not any more."""
    _close_round(minutes, "纪要已印发")


def opinion_for(viewer: Any, opinion_id: int) -> Opinion:
    """The opinion row, for its unit and those who see every meeting. Raises Missing."""
    found = Opinion.get_or_none(Opinion.id == opinion_id)
    if found is None or not (stands_for(viewer, found) or viewer.has_role(*meetings.EVERY)):
        if found is not None and rules.DRAFTER in drafting.doer_of(viewer, found.minutes.meeting):
            return found
        raise Missing("没有这份征求意见，或者不属于您的单位")
    return found


def stands_for(viewer: Any, opinion: Opinion) -> bool:
    """Whether the viewer answers for the body that was asked."""
    return opinion.unit == viewer.unit if opinion.unit else viewer.has_role("zone_office")


def say(viewer: Any, opinion_id: int, agrees: bool, text: str) -> Opinion:
    """The unit agrees, or comments; a comment may also follow later, until the minutes are issued. Raises Refused."""
    text = text.strip()
    if not agrees and not 2 <= len(text) <= 2000:
        raise Refused("意见应为 2 至 2000 个字", {"text": "应为 2 至 2000 个字"})
    with transaction():
        opinion = opinion_for(viewer, opinion_id)
        if not stands_for(viewer, opinion):
            raise NotAllowed("只能代表本单位答复")
        minutes = papers.locked(Minutes.select().where(Minutes.id == opinion.minutes_id)).get()
        opinion = Opinion.get_by_id(opinion_id)
        if minutes.state not in rules.COMMENTABLE or opinion.round != minutes.round:
            raise Refused(f"纪要现在是“{minutes.state_label}”，不在征求意见")
        if opinion.unit and not units.is_enabled(opinion.unit):
            raise Refused(f"{opinion.body}已停用，不再征求意见")
        if opinion.state == "commented":
            raise Refused("本单位的意见还没有答复，请等召集单位答复后再说")
        if agrees and opinion.state != "asked":
            raise Refused("本单位已经答复过")
        before = {"state": opinion.state_label, "text": opinion.text}
        opinion.state = "agreed" if agrees else "commented"
        opinion.text = f"{opinion.text}\n{text}".strip()
        opinion.said_by, opinion.said_at = viewer.name, clock.now()
        opinion.save()
        obligations.fulfil("consult", (RECORD, opinion.id))
        if not agrees:
            telling.commented(minutes, opinion)
        audit.record(
            "答复纪要征求意见", "minutes", minutes.id, before=before,
            after={"state": opinion.state_label, "text": opinion.text}, note=opinion.body,
        )  # fmt: skip
    return opinion


def settle(viewer: Any, opinion_id: int, reply: str) -> Opinion:
    """The drafter (or the office) answers a comment: taken in, or why not. Raises Refused, NotAllowed."""
    reply = reply.strip()
    if not 2 <= len(reply) <= 1000:
        raise Refused("答复应为 2 至 1000 个字", {"reply": "应为 2 至 1000 个字"})
    with transaction():
        opinion = opinion_for(viewer, opinion_id)
        minutes = papers.locked(Minutes.select().where(Minutes.id == opinion.minutes_id)).get()
        if not drafting.doer_of(viewer, minutes.meeting) & {rules.DRAFTER, rules.OFFICE}:
            raise NotAllowed("意见由召集单位或联席会议办公室答复")
        done = (
            Opinion.update(
                state="settled", reply=reply, replied_by=viewer.name, replied_at=clock.now()
            )
            .where((Opinion.id == opinion_id) & (Opinion.state == "commented"))
            .execute()
        )  # fmt: skip
        if not done:
            raise Refused("这条意见已经答复过，或者没有意见")
        telling.comment_answered(opinion)
        audit.record("答复意见", "minutes", minutes.id, after={opinion.body: reply})
    return Opinion.get_by_id(opinion_id)


def of_minutes(minutes: Minutes) -> list[Opinion]:
    """Every opinion, the last round first."""
    return list(Opinion.select().where(Opinion.minutes == minutes).order_by(Opinion.round.desc(), Opinion.id))


def waiting(minutes: Minutes) -> int:
    """How many bodies of the present round have not answered; a unit that has left is not waited for."""
    asked = Opinion.select().where(
        (Opinion.minutes == minutes) & (Opinion.round == minutes.round) & (Opinion.state == "asked")
    )
    return sum(1 for opinion in asked if not opinion.unit or units.is_enabled(opinion.unit))


def recall(viewer: Any, minutes_id: int, reason: str) -> None:
    """Take a draft back from the round to rewrite it; the comments stay."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "recall")
        _close_round(minutes, "收回修改")
        Minutes.update(state="drafting").where(Minutes.id == minutes.id).execute()
        audit.record("收回纪要", "minutes", minutes.id, note=reason.strip())


def submit(viewer: Any, minutes_id: int) -> None:
    """Hand the consulted draft to the office (经与会单位报联席会议办公室). Raises Refused while somebody has time."""
    with transaction():
        minutes = drafting.step(viewer, minutes_id, "submit")
        refusal = rules.why_not_submit(
            waiting(minutes), minutes.consult_due, clock.today(), drafting.open_comments(minutes)
        )
        if refusal:
            raise Refused(refusal)
        Minutes.update(state="office").where(Minutes.id == minutes.id).execute()
        telling.to_office(minutes, f"submitted/{minutes.revision}", f"纪要“{minutes.title}”报办公室审核")
        audit.record("纪要报办公室", "minutes", minutes.id)


def newest_for(viewer: Any, minutes: Minutes) -> Opinion | None:
    """The viewer's own row in the present round."""
    for opinion in of_minutes(minutes):
        if opinion.round == minutes.round and stands_for(viewer, opinion):
            return opinion
    return None


def minutes_of_opinion(opinion_id: int, viewer: Any) -> Minutes:
    """The minutes behind an opinion that the viewer may see. Raises Missing."""
    found = opinion_for(viewer, opinion_id).minutes
    if found is None:
        raise Missing("没有这份纪要")
    return found


def release_unit(unit: str) -> None:
    """A unit left the joint meeting: its unanswered rows say so; its comments still want their answers."""
    with transaction():
        done = (
            Opinion.update(state="left").where((Opinion.unit == unit) & (Opinion.state == "asked")).execute()
        )
        if done:
            audit.record("停用单位不再征求意见", "unit", unit, note=f"{done} 份纪要")
