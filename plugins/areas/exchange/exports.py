"""Exports (导出): every kind's list as it is filtered, CSV as it is read, XLSX at once or for long lists as a job."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from flask import current_app, url_for

from portal.toolkit import (
    Missing,
    NotAllowed,
    RecordKind,
    Refused,
    audit,
    clock,
    jobs,
    record_reading,
    registry,
    spreadsheets,
    transaction,
    viewer_named,
)

JOB = "exchange.export"
RECORD = "exchange_export"
#: More rows than this are written by a job.
AT_ONCE = 20_000
_KEPT_DAYS = 7
_STEP = 2_000


class TooLong(Refused):
    """A list too long for an answer at once."""


def kind_for(viewer: Any, key: str) -> RecordKind:
    """The kind, if the viewer may read it. Raises Missing or NotAllowed."""
    kind = registry().record_kinds.get(key)
    if kind is None:
        raise Missing("没有这类记录")
    if not viewer.can(kind.read_permission):
        raise NotAllowed(f"您的角色不能读取“{kind.label}”")
    return kind


def kinds_for(viewer: Any) -> list[RecordKind]:
    """The kinds that the viewer may read."""
    return [kind for kind in registry().record_kinds.values() if viewer.can(kind.read_permission)]


def filters_of(kind: RecordKind, sent: Mapping[str, str]) -> dict[str, str]:
    """The filters of the kind among what was sent; empty ones do not narrow."""
    return {name: sent[name].strip()[:200] for name in kind.filters if sent.get(name, "").strip()}


def rows_of(kind: RecordKind, viewer: Any, filters: dict[str, str]) -> Iterator[list[object]]:
    """The cells of every row of the list, in the order of the headings."""
    return (record_reading.cells(kind, kept.values) for kept in kind.rows(viewer, filters, 0))


def _audit(kind: RecordKind, form: str, filters: dict[str, str]) -> None:
    audit.record_alone("导出", RECORD, kind.key, note=f"{form} {json.dumps(filters, ensure_ascii=False)}")


def csv(kind: RecordKind, viewer: Any, filters: dict[str, str], *, standard: bool) -> Iterator[bytes]:
    """The list as CSV, sent while it is read: any length in constant memory. Raises Refused before the first piece."""
    rows = rows_of(kind, viewer, filters)
    first = next(rows, None)
    _audit(kind, "CSV", filters)

    def all_rows() -> Iterator[list[object]]:
        if first is not None:
            yield first
            yield from rows

    return spreadsheets.csv_pieces(record_reading.headings(kind, standard=standard), all_rows())


def xlsx(kind: RecordKind, viewer: Any, filters: dict[str, str], *, standard: bool) -> IO[bytes]:
    """The list as XLSX in a file that is gone when closed. Raises TooLong, or Refused for wrong filters."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        write(target, kind, _at_once(rows_of(kind, viewer, filters)), standard)
    except BaseException:
        target.close()
        raise
    _audit(kind, "XLSX", filters)
    target.seek(0)
    return target


def _at_once(rows: Iterator[list[object]]) -> Iterator[list[object]]:
    for number, row in enumerate(rows):
        if number == AT_ONCE:
            raise TooLong(f"超过 {AT_ONCE:,} 行：请用 CSV，或提交后台导出")
        yield row


def write(target: Any, kind: RecordKind, rows: Iterator[list[object]], standard: bool) -> None:
    """Write the rows as XLSX, in constant memory."""
    spreadsheets.write_xlsx(target, [(kind.label, record_reading.headings(kind, standard=standard), rows)])


def start(kind: RecordKind, filters: dict[str, str], *, standard: bool) -> Any:
    """Write a long list in the background, inside the running transaction of the act; returns the job."""
    audit.record("导出", RECORD, kind.key, note=f"后台 XLSX {json.dumps(filters, ensure_ascii=False)}")
    return jobs.start(JOB, f"导出{kind.label}", {"kind": kind.key, "filters": filters, "standard": standard})


def _folder() -> Path:
    return Path(current_app.config["DATA_DIR"]) / "exports"


def _path(job_id: int) -> Path:
    return _folder() / f"{job_id}.xlsx"


def run(job: Any) -> None:
    """The job: begins anew when it is run again; the file appears when it is whole."""
    viewer = viewer_named(job.account)
    kind = kind_for(viewer, job.arguments["kind"])
    path = _path(job.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget_old()
    part = path.with_suffix(".part")
    rows = _counted(rows_of(kind, viewer, job.arguments["filters"]), job)
    try:
        write(part, kind, rows, job.arguments["standard"])
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(path)
    job.result = {"href": url_path("exchange.export_done", job_id=job.id)}


def url_path(endpoint: str, **arguments: Any) -> str:
    """The path of a page, also outside a request."""
    with current_app.test_request_context():
        return url_for(endpoint, **arguments)


def _counted(rows: Iterator[list[object]], job: Any) -> Iterator[list[object]]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % _STEP == 0:
            with transaction():
                jobs.progress(job, number, note=f"已写 {number} 行")


def _forget_old() -> None:
    oldest = time.time() - _KEPT_DAYS * 86_400
    for path in _folder().glob("*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def done(viewer: Any, job_id: int) -> tuple[Path, str]:
    """The written file and its name, for the person who asked for it. Raises Missing."""
    job = jobs.job_for(viewer, job_id)
    if job.kind != JOB or not _path(job.id).exists():
        raise Missing(f"没有这份导出，或者已超过 {_KEPT_DAYS} 天")
    return _path(job.id), f"{job.title}-{clock.today()}.xlsx"
