"""Letters of the joint meeting: major matters reported to 区管委会, supervision and urge notices to a unit."""

from __future__ import annotations

import io
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
    transaction,
    units,
)

from . import papers, rules, seats
from .materials import check_file
from .minutes import parse_text
from .models import Report, Urge

URGE_KINDS = {"urge": "督办", "supervision": "监督检查"}
URGE_STATES = {"open": "待答复", "answered": "已答复", "withdrawn": "已撤销"}
READERS = ("office", "convenor", "deputy_convenor", "zone_office")


def _check(title: str, text: str) -> None:
    errors = {}
    if not 2 <= len(title) <= 80:
        errors["title"] = "标题应为 2 至 80 个字"
    if not 2 <= len(text) <= 10_000:
        errors["text"] = "正文应为 2 至 10000 个字"
    if errors:
        raise Refused("；".join(errors.values()), errors)


def _letter(text: str, addressee: str, copies: list[str]) -> dict[str, Any]:
    return {
        "mark": "", "addressee": addressee, "blocks": parse_text(text).values()["blocks"], "enclosures": [],
        "issuer": seats.issuer(), "copies_to": copies, "qr": "", "qr_note": "",
    }  # fmt: skip


def report(viewer: Any, title: str, text: str) -> Report:
    """Report a major matter to 区管委会 with a letter of its own number (附件1 三（一）). Raises Refused."""
    title, text = title.strip(), text.strip()
    _check(title, text)
    with transaction():
        day = clock.today()
        made = Report.create(
            title=title, text=text, year=day.year, ordinal=papers.next_number("report", day.year), day=day,
            sent_by=viewer.name, sent_at=clock.now(),
        )  # fmt: skip
        papers.ask(
            "report", ("meeting_report", made.id), template="letter.html", content=_letter(text, rules.ZONE_COMMITTEE, []),
            title=title, number=number_of(made, "报"), day=day,
        )  # fmt: skip
        audit.record(
            "报告重大事项", "meeting_report", made.id, after={"number": number_of(made, "报"), "title": title}
        )
    return made


def number_of(record: Any, series: str) -> str:
    """联席办报〔2026〕1号 and 联席办督〔2026〕1号: each series has its own word and numbers."""
    return f"联席办{series}〔{record.year}〕{record.ordinal}号"


def report_for(viewer: Any, report_id: int) -> Report:
    """The report, for the office, the convenors and 区管办. Raises Missing."""
    found = Report.get_or_none(Report.id == report_id)
    if found is None or not viewer.has_role(*READERS):
        raise Missing("没有这份报告")
    return found


def reports(older: int | None, size: int = 30) -> tuple[list[Report], int | None]:
    """One page of reports, the newest first."""
    query = Report.select().order_by(Report.id.desc()).limit(size + 1)
    rows = list(query if older is None else query.where(Report.id < older))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def note_answer(
    viewer: Any, report_id: int, answer: str, day: date, upload: tuple[str, bytes] | None
) -> None:
    """The office enters what 区管委会 answered and on which day. Raises Refused."""
    errors = {}
    if not 2 <= len(answer.strip()) <= 2000:
        errors["answer"] = "批示意见应为 2 至 2000 个字"
    with transaction():
        found = report_for(viewer, report_id)
        if not found.day <= day <= clock.today():
            errors["answered_on"] = f"答复日期应在 {found.day} 至今天之间"
        if errors:
            raise Refused("；".join(errors.values()), errors)
        if found.answered_on is not None:
            raise Refused("这份报告的答复已经登记")
        found.answer, found.answered_on, found.answer_by = answer.strip(), day, viewer.name
        found.answer_file = _keep(upload)
        found.save()
        audit.record("登记报告答复", "meeting_report", found.id, after={"answer": found.answer, "day": day})


def _keep(upload: tuple[str, bytes] | None) -> files.StoredFile | None:
    if upload is None:
        return None
    return files.store(io.BytesIO(upload[1]), check_file(upload[1], upload[0]))


def urge(viewer: Any, kind: str, unit: str, title: str, text: str, due: date) -> Urge:
    """Send a supervision or urge notice to a unit, which owes an answer until ``due`` (附件1 四). Raises Refused."""
    title, text = title.strip(), text.strip()
    _check(title, text)
    if kind not in URGE_KINDS:
        raise Refused("请选择督办或监督检查", {"kind": "请选择"})
    if not units.is_enabled(unit):
        raise Refused("请选择一个成员单位", {"unit": "请选择一个成员单位"})
    if due < clock.today():
        raise Refused(f"答复日期 {due} 已过，不能早于今天", {"due": "不能早于今天"})
    with transaction():
        day = clock.today()
        made = Urge.create(
            kind=kind, unit=unit, title=title, text=text, due=due, year=day.year,
            ordinal=papers.next_number("urge", day.year), sent_by=viewer.name, sent_at=clock.now(),
        )  # fmt: skip
        obligations.open_obligation(
            "urge", unit, record=("urge", made.id), title=f"{URGE_KINDS[kind]}：{title}", started_on=day,
            started_words=f"{URGE_KINDS[kind]}通知", deadline=due,
        )  # fmt: skip
        closing = f"请于{due.year}年{due.month}月{due.day}日前将办理情况通过平台书面答复联席会议办公室。"
        papers.ask(
            "urge", ("urge", made.id), template="letter.html",
            content=_letter(f"{text}\n{closing}", units.name_of(unit), []), title=title, number=number_of(made, "督"), day=day,
        )  # fmt: skip
        papers.send(("urge", made.id), [unit], [])
        audit.record(
            f"发出{URGE_KINDS[kind]}通知", "urge", made.id,
            after={"number": number_of(made, "督"), "unit": units.name_of(unit), "title": title, "due": due},
        )  # fmt: skip
    return made


def urge_for(viewer: Any, urge_id: int) -> Urge:
    """The notice, for its unit, the office and the convenors. Raises Missing."""
    found = Urge.get_or_none(Urge.id == urge_id)
    if found is None or not (found.unit == viewer.unit or viewer.has_role(*READERS)):
        raise Missing("没有这份通知，或者不是发给您的单位")
    return found


def urges(viewer: Any, older: int | None, size: int = 30) -> tuple[list[Urge], int | None]:
    """One page of notices, the newest first: all for the office and the convenors, else the own unit's."""
    query = Urge.select().order_by(Urge.id.desc()).limit(size + 1)
    if not viewer.has_role(*READERS):
        query = query.where((Urge.unit == viewer.unit) & (Urge.unit != ""))
    rows = list(query if older is None else query.where(Urge.id < older))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def answer_urge(viewer: Any, urge_id: int, answer: str, upload: tuple[str, bytes] | None) -> None:
    """The unit answers in writing. Raises Refused, NotAllowed."""
    if not 2 <= len(answer.strip()) <= 4000:
        raise Refused("答复应为 2 至 4000 个字", {"answer": "应为 2 至 4000 个字"})
    with transaction():
        found = urge_for(viewer, urge_id)
        if found.unit != viewer.unit:
            raise NotAllowed("督办事项由被督办的单位答复")
        found = papers.locked(Urge.select().where(Urge.id == urge_id)).get()
        if found.state != "open":
            raise Refused(f"这份通知{URGE_STATES[found.state]}")
        found.state, found.answer, found.answered_by, found.answered_at = (
            "answered",
            answer.strip(),
            viewer.name,
            clock.now(),
        )
        found.answer_file = _keep(upload)
        found.save()
        obligations.fulfil("urge", ("urge", found.id))
        audit.record("答复督办", "urge", found.id, after={"answer": found.answer})


def withdraw_urge(viewer: Any, urge_id: int, reason: str) -> None:
    """The office takes a notice back with a reason. Raises Refused."""
    if not reason.strip():
        raise Refused("撤销须写明原因", {"reason": "请写明原因"})
    with transaction():
        urge_for(viewer, urge_id)
        done = (
            Urge.update(state="withdrawn", reason=reason.strip())
            .where((Urge.id == urge_id) & (Urge.state == "open"))
            .execute()
        )
        if not done:
            raise Refused("这份通知已经答复或者撤销")
        obligations.withdraw("urge", ("urge", urge_id), reason.strip())
        audit.record("撤销督办通知", "urge", urge_id, note=reason.strip())
