"""Materials: asked for with a date, sent (also unasked), late or missing; every file checked by its content."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    audit,
    clock,
    files,
    obligations,
    settings,
    transaction,
    units,
)

from . import meetings, papers, rules, seats
from .models import Material, MaterialDue, MaterialRequest, Meeting

#: What a name may end in for the kind that the first bytes show.
ENDINGS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "application/zip": (".docx", ".xlsx", ".pptx"),
    "application/x-ole": (".doc", ".xls", ".ppt", ".wps", ".et"),
}
ACCEPT = ",".join(ending for endings in ENDINGS.values() for ending in endings)
MOST_FILES = 10


def check_file(content: bytes, name: str) -> str:
    """The file's safe name, when its content is what its name says. Raises Refused (Chinese), naming the file."""
    name = files.safe_name(name)
    most = settings.value("meetings.material_megabytes")
    if len(content) > most * 1024 * 1024:
        raise Refused(
            f"文件“{name}”有 {len(content) / 1024 / 1024:.0f} MB，超过上限 {most} MB", {"files": "文件太大"}
        )
    kind = files.content_type(content)
    if kind not in ENDINGS or not name.lower().endswith(ENDINGS[kind]):
        raise Refused(
            f"文件“{name}”的内容与名称不符或不是允许的类型：只接受 PDF、图片、Word、Excel、PPT",
            {"files": "类型不对"},
        )
    if kind == "application/zip":
        _check_office(content, name)
    return name


def _check_office(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Refused(f"文件“{name}”已损坏，打不开", {"files": "文件已损坏"}) from error
    if "[Content_Types].xml" not in inside:
        raise Refused(f"文件“{name}”是压缩包，不是 Word、Excel 或 PPT 文件", {"files": "不接受压缩包"})
    if any(part.lower().endswith("vbaproject.bin") for part in inside):
        raise Refused(f"文件“{name}”含有宏，请另存为不含宏的格式", {"files": "不接受含宏的文件"})


def ask(
    viewer: Any, title: str, detail: str, due: date, asked: list[str], meeting_id: int | None = None
) -> MaterialRequest:
    """Ask units for material until ``due``: each owes it. Raises Refused, NotAllowed."""
    title, errors = title.strip(), {}
    if not 2 <= len(title) <= 80:
        errors["title"] = "材料名称应为 2 至 80 个字"
    if len(detail) > 2000:
        errors["detail"] = "要求最多 2000 个字"
    if due < clock.today():
        errors["due"] = f"报送日期 {due} 已过"
    chosen = [unit.key for unit in units.enabled() if unit.key in asked]
    if not chosen:
        errors["units"] = "请选择报送单位"
    if errors:
        raise Refused("；".join(errors.values()), errors)
    with transaction():
        meeting = meetings.meeting_for(viewer, meeting_id) if meeting_id is not None else None
        if meeting is not None and meeting.state == "cancelled":
            raise Refused("会议已取消，不能再要求材料")
        allowed = viewer.has_role("office") or (
            meeting is not None and rules.drafts_minutes(meeting.kind, meeting.unit, seats.person_of(viewer))
        )
        if not allowed:
            raise NotAllowed("材料由联席会议办公室或会议的召集单位要求报送")
        made = MaterialRequest.create(
            meeting=meeting, title=title, detail=detail.strip(), due=due, asked_unit=viewer.unit, asked_by=viewer.name,
            asked_at=clock.now(),
        )  # fmt: skip
        for unit in chosen:
            row = MaterialDue.create(request=made, unit=unit)
            obligations.open_obligation(
                "material", unit, record=("material", row.id), title=f"报送材料：{title}", started_on=clock.today(),
                started_words="要求", deadline=due,
            )  # fmt: skip
        audit.record(
            "要求报送材料", "material_request", made.id,
            after={"title": title, "due": due, "units": [units.name_of(unit) for unit in chosen]},
        )  # fmt: skip
    return made


def cancel(viewer: Any, request_id: int, reason: str) -> None:
    """Take a request back: what was not sent yet is owed no more. Raises Refused."""
    if not reason.strip():
        raise Refused("撤销须写明原因", {"reason": "请写明原因"})
    with transaction():
        request = request_for(viewer, request_id)
        if request.asked_by != viewer.name and not viewer.has_role("office"):
            raise NotAllowed("只有要求报送的人员或联席会议办公室可以撤销")
        done = (
            MaterialRequest.update(state="cancelled", reason=reason.strip())
            .where((MaterialRequest.id == request.id) & (MaterialRequest.state == "open"))
            .execute()
        )
        if not done:
            raise Refused("这项要求已经撤销")
        for row in request.dues:
            obligations.withdraw("material", ("material", row.id), reason.strip())
        audit.record("撤销材料要求", "material_request", request.id, note=reason.strip())


def _visible(viewer: Any) -> Any:
    if viewer.has_role(*meetings.EVERY):
        return MaterialRequest.id.is_null(False)
    asked = MaterialRequest.id.in_(
        MaterialDue.select(MaterialDue.request).where(MaterialDue.unit == viewer.unit)
    )
    return (viewer.unit != "") & (asked | (MaterialRequest.asked_unit == viewer.unit))


def request_for(viewer: Any, request_id: int) -> MaterialRequest:
    """The request, for the units asked, those who asked, the office and the convenors. Raises Missing."""
    found = MaterialRequest.select().where((MaterialRequest.id == request_id) & _visible(viewer)).first()
    if found is None:
        raise Missing("没有这项材料要求，或者没有要求您的单位")
    return found


def due_for(viewer: Any, due_id: int) -> MaterialDue:
    """One unit's row of a request, for that unit and those who asked. Raises Missing."""
    found = MaterialDue.get_or_none(MaterialDue.id == due_id)
    if found is None or (found.unit != viewer.unit and not _oversees(viewer, found.request)):
        raise Missing("没有这项材料，或者不属于您的单位")
    return found


def _oversees(viewer: Any, request: MaterialRequest) -> bool:
    return viewer.has_role(*meetings.EVERY) or (request.asked_unit == viewer.unit and viewer.unit != "")


def rows_of(viewer: Any, request: MaterialRequest) -> list[MaterialDue]:
    """Who was asked and who sent: every unit for those who asked, the own row for a unit."""
    query = MaterialDue.select().where(MaterialDue.request == request)
    if not _oversees(viewer, request):
        query = query.where(MaterialDue.unit == viewer.unit)
    order = {unit.key: unit.number for unit in units.enabled()}
    return sorted(query, key=lambda row: (order.get(row.unit, 999), row.id))


def state_of(row: MaterialDue, request: MaterialRequest) -> tuple[str, str]:
    """In words and tone how a row stands: 已报送, 迟报, 未报送, 待报送, 已撤销."""
    if row.sent_at is not None:
        return ("已报送", "good") if row.sent_at.date() <= request.due else ("迟报", "warn")
    if request.state == "cancelled":
        return "已撤销", "neutral"
    return ("未报送", "bad") if clock.today() > request.due else ("待报送", "info")


def page_of(
    viewer: Any, older: int | None, size: int = 30
) -> tuple[list[tuple[MaterialRequest, dict[str, int]]], int | None]:
    """One page of requests, the newest first, each with how many rows stand how; two queries in all."""
    query = (
        MaterialRequest.select().where(_visible(viewer)).order_by(MaterialRequest.id.desc()).limit(size + 1)
    )
    if older is not None:
        query = query.where(MaterialRequest.id < older)
    requests = list(query)
    shown, more = requests[:size], len(requests) > size
    figures: dict[int, dict[str, int]] = {request.id: {} for request in shown}
    by_id = {request.id: request for request in shown}
    rows = MaterialDue.select().where(MaterialDue.request.in_(list(by_id) or [0]))
    for row in rows:
        request = by_id[row.request_id]
        if row.unit != viewer.unit and not _oversees(viewer, request):
            continue
        word, _ = state_of(row, request)
        figures[row.request_id][word] = figures[row.request_id].get(word, 0) + 1
    return [(request, figures[request.id]) for request in shown], shown[-1].id if more else None


def send(viewer: Any, due_id: int, uploads: list[tuple[str, bytes]], note: str) -> None:
    """Send the material asked for; the first sending closes the duty, late or not. Raises Refused."""
    with transaction():
        row = due_for(viewer, due_id)
        if row.unit != viewer.unit:
            raise NotAllowed("材料由被要求的单位报送")
        row = papers.locked(MaterialDue.select().where(MaterialDue.id == due_id)).get()
        if row.request.state != "open":
            raise Refused("这项材料要求已经撤销")
        digests = _keep(viewer, uploads, note, due_row=row, meeting=row.request.meeting)
        if row.sent_at is None:
            row.sent_at = clock.now()
            row.save()
        obligations.fulfil("material", ("material", row.id))
        audit.record("报送材料", "material", row.id, after={"files": digests}, note=note.strip())


def send_unasked(viewer: Any, uploads: list[tuple[str, bytes]], note: str, meeting_id: int | None) -> None:
    """Send material that nobody asked for (附件1 四：及时抄送相关工作材料). Raises Refused."""
    if not viewer.unit:
        raise NotAllowed("您不属于某个成员单位")
    if not 2 <= len(note.strip()) <= 200:
        raise Refused("材料说明应为 2 至 200 个字", {"note": "应为 2 至 200 个字"})
    with transaction():
        meeting = meetings.meeting_for(viewer, meeting_id) if meeting_id is not None else None
        digests = _keep(viewer, uploads, note, due_row=None, meeting=meeting)
        record = ("meeting", meeting.id) if meeting else ("unit", viewer.unit)
        audit.record("抄送材料", record[0], record[1], after={"files": digests}, note=note.strip())


def _keep(viewer: Any, uploads: list[tuple[str, bytes]], note: str, **where: Any) -> list[str]:
    if not uploads:
        raise Refused("请选择要报送的文件", {"files": "请选择文件"})
    if len(uploads) > MOST_FILES:
        raise Refused(f"一次最多报送 {MOST_FILES} 个文件", {"files": "文件太多"})
    if len(note) > 200:
        raise Refused("说明最多 200 个字", {"note": "最多 200 个字"})
    digests = []
    for name, content in uploads:
        kept = files.store(io.BytesIO(content), check_file(content, name))
        Material.create(
            unit=viewer.unit, file=kept, note=note.strip(), sent_by=viewer.name, sent_at=clock.now(), **where
        )
        digests.append(f"{kept.name} SM3 {kept.digest[:16]}")
    return digests


def material_for(viewer: Any, material_id: int) -> Material:
    """A sent file, for its sender's unit, those who asked, and for a meeting's material those convened."""
    found = Material.get_or_none(Material.id == material_id)
    if found is None:
        raise Missing("没有这份材料")
    if found.unit == viewer.unit or viewer.has_role(*meetings.EVERY):
        return found
    if found.due_row_id is not None and _oversees(viewer, found.due_row.request):
        return found
    if found.meeting_id is not None:
        meetings.meeting_for(viewer, found.meeting_id)
        return found
    raise Missing("没有这份材料")


def sent_by_row(rows: list[MaterialDue]) -> dict[int, list[Material]]:
    """The files of each row, oldest first."""
    found: dict[int, list[Material]] = {row.id: [] for row in rows}
    for material in Material.select().where(Material.due_row.in_(list(found) or [0])).order_by(Material.id):
        found[material.due_row_id].append(material)
    return found


def unasked(viewer: Any, limit: int = 50) -> list[Material]:
    """The last materials sent unasked: all for the office and the convenors, else the own unit's."""
    query = Material.select().where(Material.due_row.is_null()).order_by(Material.id.desc()).limit(limit)
    return list(query if viewer.has_role(*meetings.EVERY) else query.where(Material.unit == viewer.unit))


def requests_of(meeting: Meeting) -> list[MaterialRequest]:
    """What was asked for a meeting, in order."""
    return list(
        MaterialRequest.select().where(MaterialRequest.meeting == meeting).order_by(MaterialRequest.id)
    )


def asked_ids(viewer: Any) -> set[int]:
    """The requests that ask the viewer's unit."""
    query = MaterialDue.select(MaterialDue.request).where(
        (MaterialDue.unit == viewer.unit) & (MaterialDue.unit != "")
    )
    return {number for (number,) in query.tuples()}
