"""Written notices (书面通报) as PDF: the one door of this area to the portal's documents."""

from __future__ import annotations

import io
from typing import Any

from portal.toolkit import Refused, audit, documents, files, transaction, units

from .case_models import Unreachable

JOB = "licensing.notice"


def write(report: Unreachable) -> Any:
    """The notice of an unreachable subject to the market regulator (二（一）5), as a PDF with its digest."""
    receiver = units.holder("abnormal_list", report.found_on).name
    subject = report.subject
    texts = (
        f"我单位于{documents.chinese_date(report.found_on)}在检查中发现，{subject.name}（统一社会信用代码或注册号：{subject.code}）"
        f"通过登记的住所（经营场所）无法联系。登记的住所（经营场所）为：{report.address or '未登记'}。",
        f"具体情况：{report.circumstances}",
        "根据《关于推进市场监管信息平台应用及“双随机一公开”监管工作的实施办法》二（一）5，现予通报，请依法核实；"
        "经查实无法联系的，请依法列入经营异常名录并向社会公示。",
    )
    values = {
        "mark": "", "addressee": receiver, "blocks": [{"kind": "paragraph", "text": text} for text in texts], "enclosures": [],
        "issuer": units.name_of(report.unit), "copies_to": "", "qr": "", "qr_note": "",
    }  # fmt: skip
    return documents.render_pdf(
        "letter.html",
        values,
        title="关于市场主体无法联系的通报",
        number=report.notice_number,
        date=report.reported_at.date(),
    )


def make(report_id: int) -> Unreachable:
    """Make and keep the notice of a report; one that is made already stays. Outside any transaction, since setting a
    page takes a second and the database has one writer."""
    report = Unreachable.get_by_id(report_id)
    if report.notice_id is not None:
        return report
    made = write(report)
    with transaction():
        stored = files.store(io.BytesIO(made.content), f"通报-{report.subject.name}.pdf")
        Unreachable.update(notice=stored, notice_digest=made.digest_sm3).where(
            (Unreachable.id == report_id) & Unreachable.notice.is_null()
        ).execute()
        audit.record("生成书面通报", "unreachable", report_id, after={"digest": made.digest_sm3})
    return Unreachable.get_by_id(report_id)


def make_job(job: Any) -> None:
    """The job's part of :func:`make`; a document that cannot be set says why in the job's row."""
    try:
        make(job.arguments["report"])
    except documents.DocumentError as error:
        raise Refused(f"书面通报没有生成：{error}") from error
