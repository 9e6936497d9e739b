"""Official PDFs of the area: what a paper is made of is fixed when it is asked for; the runner makes it."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.toolkit import (
    Missing,
    audit,
    clock,
    database,
    documents,
    files,
    is_postgresql,
    jobs,
    transaction,
    units,
)

from . import telling
from .models import Delivery, NumberSeries, Paper

JOB = "meetings.paper"
WHAT = {
    "notice": "会议通知", "sign_sheet": "签到表", "draft": "纪要草稿", "minutes": "会议纪要", "report": "重大事项报告",
    "urge": "督办通知", "bulletin": "通报",
}  # fmt: skip


def ask(
    what: str,
    record: tuple[str, int],
    *,
    template: str,
    content: dict[str, Any],
    title: str,
    number: str,
    day: date,
) -> Paper:
    """Fix what a paper says and start the job that makes it, inside the running transaction."""
    paper = Paper.create(
        what=what, record_type=record[0], record_id=record[1], template=template, title=title, number=number, day=day,
        content=content, asked_by=audit.actor().name, asked_at=clock.now(),
    )  # fmt: skip
    _start(paper)
    return paper


def again(paper: Paper) -> None:
    """Ask for a failed paper once more, unchanged, inside the running transaction."""
    Paper.update(state="queued", problem="").where(
        (Paper.id == paper.id) & (Paper.state == "failed")
    ).execute()
    _start(paper)


def _start(paper: Paper) -> None:
    job = jobs.start(JOB, f"生成{WHAT[paper.what]}：{paper.title}"[:120], {"paper": paper.id})
    Paper.update(job_id=job.id).where(Paper.id == paper.id).execute()


def typeset(paper: Paper) -> documents.Pdf:
    """The PDF of the paper; the same paper gives the same bytes. Raises DocumentError."""
    return documents.render_pdf(
        paper.template, paper.content, title=paper.title, number=paper.number, date=paper.day
    )


def keep(paper: Paper, pdf: documents.Pdf, file: files.StoredFile) -> None:
    """Enter the made PDF and its SM3 in the paper and the audit log, inside the running transaction."""
    Paper.update(
        state="made", problem="", file=file, digest=pdf.digest_sm3, pages=pdf.pages,
        substitutions=list(pdf.substitutions), made_at=clock.now(),
    ).where(Paper.id == paper.id).execute()  # fmt: skip
    audit.record(
        f"生成{WHAT[paper.what]}", paper.record_type, paper.record_id,
        after={"paper": paper.id, "sm3": pdf.digest_sm3, "pages": pdf.pages, "number": paper.number},
        note=f"{paper.number}{paper.title} SM3 {pdf.digest_sm3}",
    )  # fmt: skip


def fail(paper: Paper, problem: str) -> None:
    """Note why the paper could not be made; the page shows it and offers another try."""
    with transaction():
        Paper.update(state="failed", problem=problem).where(Paper.id == paper.id).execute()


def newest(record: tuple[str, int], what: str) -> Paper | None:
    """The record's last paper of that kind."""
    return (
        Paper.select()
        .where((Paper.record_type == record[0]) & (Paper.record_id == record[1]) & (Paper.what == what))
        .order_by(Paper.id.desc())
        .first()
    )


def content_of(paper: Paper) -> bytes:
    """The made PDF, if its bytes are still those of its digest. Raises Missing."""
    if paper.file_id is None:
        raise Missing("这份文件还没有生成")
    return files.read(paper.file)


def next_number(series: str, year: int) -> int:
    """The next number of ``series`` in ``year``, counted in the running transaction: given back when it fails, so
    the sequence has no gaps; a unique index on the record holds it as well."""
    if database.transaction_depth() == 0:
        raise RuntimeError("a number is given in the transaction that uses it")
    NumberSeries.insert(series=series, year=year, last=0).on_conflict(action="nothing").execute()
    same = (NumberSeries.series == series) & (NumberSeries.year == year)
    # The update locks the row until the end of the transaction: the next caller waits and reads the new number.
    NumberSeries.update(last=NumberSeries.last + 1).where(same).execute()
    return NumberSeries.select(NumberSeries.last).where(same).scalar()


def locked(query: Any) -> Any:
    """``query`` with its rows locked on PostgreSQL; SQLite's transaction already holds the only write lock."""
    return query.for_update() if is_postgresql() else query


def send(record: tuple[str, int], to_units: list[str], copies: list[str]) -> None:
    """Enter to whom a document goes, inside the running transaction; each confirms its reading."""
    now = clock.now()
    rows = [(unit, units.name_of(unit), False) for unit in to_units] + [("", body, True) for body in copies]
    for unit, body, copy_to in rows:
        Delivery.insert(
            record_type=record[0], record_id=record[1], unit=unit, body=body, copy_to=copy_to, sent_at=now
        ).on_conflict(action="nothing").execute()


def deliveries(record: tuple[str, int]) -> list[Delivery]:
    """The distribution list of a document, in its order."""
    query = Delivery.select().where((Delivery.record_type == record[0]) & (Delivery.record_id == record[1]))
    return list(query.order_by(Delivery.id))


def confirm_read(viewer: Any, record: tuple[str, int], body: str = "") -> None:
    """The own unit's receipt; for a body without accounts the office notes it. Raises Missing."""
    mine = (
        (Delivery.record_type == record[0]) & (Delivery.record_id == record[1]) & Delivery.read_at.is_null()
    )
    if body and viewer.has_role("office"):
        mine &= (Delivery.unit == "") & (Delivery.body == body)
    else:
        mine &= (Delivery.unit == viewer.unit) & (Delivery.unit != "")
    with transaction():
        done = Delivery.update(read_at=clock.now(), read_by=viewer.name).where(mine).execute()
        if not done:
            raise Missing("没有等待本单位签收的文件，或者已经签收")
        if not body:
            telling.received(record, viewer.unit)
        audit.record("签收", record[0], record[1], note=body or units.name_of(viewer.unit))
