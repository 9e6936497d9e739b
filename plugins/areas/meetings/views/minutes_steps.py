"""Steps of minutes: round of comments, the office's check, signature, issue, correction, receipts."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from portal.toolkit import Missing, NotAllowed, Refused, act

from .. import consultation, drafting, issuing, papers
from .blueprint import ID, blueprint, read_day
from .minutes import show_minutes


def _back(minutes_id: int, words: str, part: str = "") -> Response:
    flash(words, "success")
    return redirect(url_for("meetings.minutes_page", minutes_id=minutes_id) + part, 303)


@blueprint.post(f"/minutes/<{ID}:minutes_id>/circulate")
@act("meeting.prepare")
def circulate(minutes_id: int) -> Response:
    try:
        consultation.circulate(current_user, minutes_id, read_day("due", "征求意见截止日"))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return show_minutes(minutes_id, 422, {"due": str(refusal)}, {"due": request.form.get("due", "")})
    return _back(minutes_id, "已送与会单位征求意见")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/recall")
@act("meeting.prepare")
def recall(minutes_id: int) -> Response:
    consultation.recall(current_user, minutes_id, request.form.get("reason", ""))
    return _back(minutes_id, "已收回，可以修改后重新征求意见")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/submit")
@act("meeting.prepare")
def submit(minutes_id: int) -> Response:
    consultation.submit(current_user, minutes_id)
    return _back(minutes_id, "已报联席会议办公室")


@blueprint.post(f"/opinions/<{ID}:opinion_id>")
@act("meeting.answer")
def say(opinion_id: int) -> Response:
    agrees = request.form.get("answer") == "agree"
    try:
        found = consultation.say(current_user, opinion_id, agrees, request.form.get("text", ""))
    except (NotAllowed, Missing):
        raise
    except Refused as refusal:
        if not refusal.fields:
            raise
        minutes = consultation.minutes_of_opinion(opinion_id, current_user)
        return show_minutes(
            minutes.id, 422, {"opinion": str(refusal)}, {"opinion": request.form.get("text", "")}
        )
    return _back(found.minutes_id, "已同意" if agrees else "意见已提交，由召集单位答复", "#opinions")


@blueprint.post(f"/opinions/<{ID}:opinion_id>/settle")
@act("meeting.prepare")
def settle(opinion_id: int) -> Response:
    found = consultation.settle(current_user, opinion_id, request.form.get("reply", ""))
    return _back(found.minutes_id, "已答复意见", "#opinions")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/ask-signature")
@act("meeting.office")
def ask_signature(minutes_id: int) -> Response:
    issuing.ask_signature(current_user, minutes_id)
    return _back(minutes_id, "已送召集人签发")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/return")
@act("meeting.prepare")
def give_back(minutes_id: int) -> Response:
    issuing.give_back(current_user, minutes_id, request.form.get("reason", ""))
    return _back(minutes_id, "已退回")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/sign")
@act("meeting.sign", proof="always")
def sign_minutes(minutes_id: int) -> Response:
    issuing.sign(current_user, minutes_id, request.form.get("revision", 0, type=int))
    return _back(minutes_id, "已签发，由联席会议办公室编号印发")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/issue")
@act("meeting.office", proof="recent")
def issue_minutes(minutes_id: int) -> Response:
    found = issuing.issue(current_user, minutes_id)
    return _back(minutes_id, f"已编号{found.number}，文件正在生成，生成后自动印发")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/again")
@act("meeting.office")
def print_again(minutes_id: int) -> Response:
    issuing.try_again(current_user, minutes_id)
    return _back(minutes_id, "正在重新生成")


@blueprint.post(f"/minutes/<{ID}:minutes_id>/draft-paper")
@act("meeting.prepare")
def print_draft(minutes_id: int) -> Response:
    minutes = drafting.minutes_for(current_user, minutes_id)
    if not drafting.doer_of(current_user, minutes.meeting):
        raise NotAllowed("草稿由召集单位、办公室和召集人查看")
    paper = issuing.preview(current_user, minutes_id)
    return redirect(url_for("meetings.paper_page", paper_id=paper.id), 303)


@blueprint.post(f"/minutes/<{ID}:minutes_id>/correct")
@act("meeting.prepare")
def correct_minutes(minutes_id: int) -> Response:
    made = issuing.correct(current_user, minutes_id)
    flash("已起草更正纪要：它另行编号印发，原纪要不变", "success")
    return redirect(url_for("meetings.edit_minutes", minutes_id=made.id), 303)


@blueprint.post(f"/minutes/<{ID}:minutes_id>/read")
@act("meeting.view")
def read_minutes(minutes_id: int) -> Response:
    drafting.minutes_for(current_user, minutes_id)
    papers.confirm_read(current_user, ("minutes", minutes_id), request.form.get("body", ""))
    return _back(minutes_id, "已签收", "#delivery")
