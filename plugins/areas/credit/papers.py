"""Attachments: what parties and officers send with a record, an objection or a repair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugins.areas.credit.models import Paper
from portal.toolkit import Missing, audit, clock, files

ALLOWED = frozenset({"application/pdf", "image/jpeg", "image/png", "application/zip", "application/x-ole"})
LABELS = {
    "record": "决定文书、证据材料",
    "objection": "异议申请书、证据材料",
    "repair": "信用修复申请书、守信承诺书、履行义务证明",
}


def keep(owner_type: str, owner_id: int, sent: Iterable[Any]) -> list[Paper]:
    """Store uploaded files (werkzeug ``FileStorage``; unnamed ones are empty fields) with their owner. Raises Refused."""
    kept = []
    for upload in sent:
        if not upload.filename:
            continue
        file = files.store(upload.stream, upload.filename, allowed=ALLOWED)
        kept.append(
            Paper.create(
                owner_type=owner_type,
                owner_id=owner_id,
                label=LABELS[owner_type],
                file=file,
                added_at=clock.now(),
            )
        )
        audit.record(
            "上传附件", owner_type if owner_type != "record" else "dishonesty", owner_id, note=file.name
        )
    return kept


def of(owner_type: str, owner_id: int) -> list[Paper]:
    """The papers of an owner, oldest first, with their files."""
    return list(
        Paper.select(Paper, files.StoredFile)
        .join(files.StoredFile)
        .where((Paper.owner_type == owner_type) & (Paper.owner_id == owner_id))
        .order_by(Paper.id)
    )


def paper_of(paper_id: int) -> Paper:
    """The paper itself; the caller checks its owner. Raises Missing."""
    found = Paper.get_or_none(Paper.id == paper_id)
    if found is None:
        raise Missing("没有这份附件")
    return found
