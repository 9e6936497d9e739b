"""The job that makes a paper's PDF outside the request, keeps its digest, and tells the record that waited for it."""

from __future__ import annotations

import io
from typing import Any

from portal.toolkit import DocumentError, Refused, files, transaction

from . import issuing, papers
from .models import Paper


def run(job: Any) -> None:
    """Make the paper of ``job``; run again after a stop it goes on where nothing was kept. Raises Refused."""
    paper = Paper.get_by_id(job.arguments["paper"])
    if paper.state == "made":
        return
    try:
        pdf = papers.typeset(paper)
    except DocumentError as error:
        papers.fail(paper, str(error))
        raise Refused(str(error)) from error
    with transaction():
        fresh = papers.locked(Paper.select().where(Paper.id == paper.id)).get()
        if fresh.state == "made":
            return
        file = files.store(io.BytesIO(pdf.content), file_name(paper))
        papers.keep(fresh, pdf, file)
        if paper.what == "minutes":
            issuing.made(fresh)
    job.result = {
        "lines": [f"SM3 {pdf.digest_sm3}", *pdf.substitutions],
        "href": f"/meetings/papers/{paper.id}",
    }


def file_name(paper: Paper) -> str:
    """The name under which a PDF is saved: number and title."""
    return f"{paper.number}{paper.title}".replace("\n", "")[:100] + ".pdf"
