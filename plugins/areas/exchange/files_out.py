"""Files out (数据报送): numbered files for the public credit system and the platform, with the 双公示 field names."""

from __future__ import annotations

import io
from typing import Any

from portal.toolkit import (
    Missing,
    RecordKind,
    Refused,
    audit,
    clock,
    files,
    record_reading,
    spreadsheets,
    transaction,
)

from .models import FileOut

RECORD = "exchange_file_out"
TARGETS = {"credit": "公共信用信息系统（公示）", "platform": "上级平台"}
MOST_CHANGES = 20_000
_STEP = 1_000


def make(viewer: Any, kind: RecordKind, target: str, *, whole: bool = False) -> FileOut:
    """Write what changed since the unit's last file of this kind for this target (``whole``: everything).

    Each changed record stands once, as it is now. A longer list goes on in the next file. Raises Refused when nothing
    changed. The bytes are kept: the same number gives the same file whenever it is taken.
    """
    if target not in TARGETS:
        raise Refused("请选择报送到哪里", {"target": "请选择报送到哪里"})
    with transaction():
        audit.in_order()
        since = 0 if whole else _last(viewer.unit, kind.key, target)
        rows, until = _changed(viewer, kind, since)
        if not rows:
            raise Refused(f"“{kind.label}”自上次报送以来没有变动", {"kind": "没有变动"})
        now = clock.now()
        content = io.BytesIO()
        spreadsheets.write_xlsx(
            content, [(kind.label, record_reading.headings(kind, standard=True), rows)], created=now.replace(tzinfo=None)
        )
        ordinal = 1 + FileOut.select().where((FileOut.unit == viewer.unit) & (FileOut.year == now.year)).count()
        name = f"{kind.label}-{viewer.unit}-{now.year}-{ordinal:04d}.xlsx"
        content.seek(0)
        made = FileOut.create(
            unit=viewer.unit, year=now.year, ordinal=ordinal, kind=kind.key, target=target, since=since, until=until,
            rows=len(rows), file=files.store(content, name), made_by=audit.actor().name, made_at=now,
        )  # fmt: skip
        audit.record(
            "生成报送文件", RECORD, made.id, note=number_of(made),
            after={"kind": kind.key, "target": target, "since": since, "until": until, "rows": len(rows), "digest": made.file.digest},
        )  # fmt: skip
    return made


def _last(unit: str, kind: str, target: str) -> int:
    same = (FileOut.unit == unit) & (FileOut.kind == kind) & (FileOut.target == target)
    found = FileOut.select(FileOut.until).where(same).order_by(FileOut.id.desc()).first()
    return found.until if found else 0


def _changed(viewer: Any, kind: RecordKind, since: int) -> tuple[list[list[object]], int]:
    found: dict[int, Any] = {}
    taken = 0
    # Parts hold what the viewer may see of a step, often less than a step; only an empty one is the end.
    while taken < MOST_CHANGES and (part := kind.changes(viewer, since, _STEP)):
        for number, kept in part:
            since = number
            found[kept.id] = kept
        taken += len(part)
    return [record_reading.cells(kind, kept.values) for _, kept in sorted(found.items())], since


def number_of(made: FileOut) -> str:
    """〔2026〕第 3 号."""
    return f"〔{made.year}〕第 {made.ordinal} 号"


def file_for(viewer: Any, file_id: int) -> FileOut:
    """The file out, for its unit and the office. Raises Missing."""
    found = FileOut.get_or_none(FileOut.id == file_id)
    if found is None or (found.unit != viewer.unit and not viewer.has_role("office")):
        raise Missing("没有这份报送文件，或者它不属于您的单位")
    return found
