"""One official PDF: whether it is made, its digest and fonts, and the file itself."""

from __future__ import annotations

from flask import Response
from flask_login import current_user

from portal.toolkit import Missing, page, requires

from .. import bulletins, drafting, letters, meetings, papers, printing
from ..models import Paper
from .blueprint import ID, blueprint, shown

#: Which getter says who may see the record that a paper belongs to.
GETTERS = {
    "meeting": meetings.meeting_for,
    "minutes": drafting.minutes_for,
    "meeting_report": letters.report_for,
    "urge": letters.urge_for,
    "bulletin": bulletins.bulletin_for,
}
HOME = {
    "meeting": ("meetings.show", "meeting_id"),
    "minutes": ("meetings.minutes_page", "minutes_id"),
    "meeting_report": ("meetings.report_page", "report_id"),
    "urge": ("meetings.urge_page", "record_id"),
    "bulletin": ("meetings.bulletin_page", "bulletin_id"),
}


def paper_for(paper_id: int) -> Paper:
    """The paper, for those who may see its record; drafts for those who work on them. Raises Missing."""
    found = Paper.get_or_none(Paper.id == paper_id)
    if found is None:
        raise Missing("没有这份文件")
    record = GETTERS[found.record_type](current_user, found.record_id)
    if found.what == "draft" and not (
        drafting.doer_of(current_user, record.meeting) or current_user.has_role(*meetings.EVERY)
    ):
        raise Missing("没有这份文件")
    return found


@blueprint.get(f"/papers/<{ID}:paper_id>")
@requires("meeting.view")
def paper_page(paper_id: int) -> Response:
    paper = paper_for(paper_id)
    endpoint, name = HOME[paper.record_type]
    return page(
        "meetings/paper.html",
        part="meetings/_paper.html",
        paper=paper,
        what=papers.WHAT[paper.what],
        home=(endpoint, {name: paper.record_id}),
    )


@blueprint.get(f"/papers/<{ID}:paper_id>.pdf")
@requires("meeting.view")
def paper_file(paper_id: int) -> Response:
    paper = paper_for(paper_id)
    return shown(papers.content_of(paper), printing.file_name(paper))
