"""Checks: notice, carrying out, files, results with their couplings, approval, publicity, follow-up (areas.md 3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import IO, Any

import peewee

from plugins.areas.inspections import codes, rules, telling
from plugins.areas.inspections.check_models import CheckFile, CheckMember, SpotCheck
from plugins.areas.inspections.models import CheckTask
from portal.toolkit import (
    Missing,
    Refused,
    Stale,
    audit,
    clock,
    files,
    obligations,
    subjects,
    transaction,
    units,
)

RECORD = "spot_check"
SCANS = frozenset({"application/pdf", "image/jpeg", "image/png"})
PHOTOS = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True)
class ResultEntry:
    """A result as entered. ``answers`` are {line, checked, problem, handling}; ``codes`` and ``disposals`` keys of the
    code lists; ``signed`` the names of the inspectors who signed."""

    codes: Sequence[str]
    methods: Sequence[str] = ("site",)
    answers: Sequence[Mapping[str, Any]] = ()
    disposals: Sequence[str] = ("none",)
    opinion: str = ""
    note: str = ""
    signed: Sequence[str] = ()
    follow_up_until: date | None = None
    external: str = field(default="")


def plain(check: SpotCheck) -> dict[str, Any]:
    """The result's fields as plain values, for histories."""
    names = (
        "state",
        "checked_on",
        "methods",
        "answers",
        "codes",
        "disposals",
        "opinion",
        "note",
        "signed",
        "follow_up_until",
        "external",
    )
    return {name: getattr(check, name) for name in names}


def _own(check_id: int, act: str) -> SpotCheck:
    """The unit's own check, in a state in which ``act`` is open. Raises Missing, Stale."""
    check = SpotCheck.get_or_none((SpotCheck.id == check_id) & (SpotCheck.unit == audit.actor().unit))
    if check is None:
        raise Missing("没有这项检查，或者它不属于您的单位")
    if rules.step(rules.CHECK_STEPS, check.state, act) is None:
        raise Stale(f"“{check.name}”的检查现在是“{rules.CHECK_STATES[check.state]}”，不能办理这一步，请刷新")
    return check


def _set(check: SpotCheck, act: str, **values: Any) -> SpotCheck:
    state = rules.step(rules.CHECK_STEPS, check.state, act)
    changed = SpotCheck.update(state=state, version=check.version + 1, **values).where(
        (SpotCheck.id == check.id) & (SpotCheck.state == check.state) & (SpotCheck.version == check.version)
    )
    if changed.execute() != 1:
        raise Stale(f"“{check.name}”的检查刚刚已由别人办理，请刷新")
    return SpotCheck.get_by_id(check.id)


def team(check: SpotCheck) -> list[CheckMember]:
    """The inspectors who serve now."""
    return list(check.members.where(CheckMember.left_at.is_null()).order_by(CheckMember.id))


def issue_notice(check_id: int, contact: str) -> SpotCheck:
    """Issue the 随机抽查通知书 with its number. Raises Refused for an unannounced task, Stale when issued before."""
    if not contact.strip():
        raise Refused("通知书须写明联系人和电话", {"contact": "请写明联系人和电话"})
    with transaction():
        check = _own(check_id, "notice")
        if check.task.unannounced:
            raise Refused("这个任务不预先通知（飞行检查），不发通知书")
        if check.notice_at is not None:
            raise Stale(f"通知书已发出：{check.notice_number}")
        number = f"{check.task.code}-{check.drawn.place}"
        check = _set(check, "notice", notice_number=number, notice_at=clock.now(), contact=contact.strip())
        audit.record("发出抽查通知书", RECORD, check.id, note=number)
    return check


def carry_out(check_id: int, day: date, version: int | None = None) -> SpotCheck:
    """Note that the check was carried out on ``day`` by at least two inspectors: from that day the 20 working days of
    D7 run. Raises Refused, Stale."""
    with transaction():
        check = _own(check_id, "carry_out")
        if version is not None and version != check.version:
            raise Stale("这项检查在您打开页面后已有变动，请刷新")
        _check_day(check, day)
        check = _set(check, "carry_out", checked_on=day, checked_at=clock.now())
        obligations.open_obligation(
            "check_result", check.unit, record=(RECORD, check.id), title=f"检查结果录入公示：{check.name}", started_on=day,
            started_words="实施检查", days=obligations.KINDS["check_result"].days, subject=check.subject,
        )  # fmt: skip
        audit.record("实施检查", RECORD, check.id, after={"checked_on": day})
    return check


def _check_day(check: SpotCheck, day: date) -> None:
    """Raise Refused when the check cannot have been carried out on ``day`` by those who serve."""
    problem = ""
    if day > clock.today():
        problem = f"检查日期 {day} 在今天之后"
    elif day < check.drawn.result.drawn_at.date():
        problem = f"检查日期 {day} 早于抽取日期 {check.drawn.result.drawn_at.date()}"
    if problem:
        raise Refused(problem, {"day": problem})
    serving = team(check)
    if len(serving) < 2:
        raise Refused("检查人员不得少于两人（行政处罚法第42条）")
    expired = [member.name for member in serving if member.inspector.valid_to < day]
    if expired:
        raise Refused(f"{expired[0]}的执法证在检查日之前已到期，请先更换检查人员")


def attach(check_id: int, stream: IO[bytes], name: str, kind: str) -> CheckFile:
    """Keep a scan of the signed sheet (``sheet``) or a photograph (``photo``). Raises Refused."""
    with transaction():
        check = _own(check_id, "attach")
        stored = files.store(stream, name, allowed=SCANS if kind == "sheet" else PHOTOS)
        made = CheckFile.create(
            check_ref=check, file=stored, kind=kind, added_by=audit.actor().name, added_at=clock.now()
        )
        audit.record(
            "上传检查表扫描件" if kind == "sheet" else "上传检查照片",
            RECORD,
            check.id,
            note=f"{stored.name} SM3 {stored.digest}",
        )
    return made


def _problems(check: SpotCheck, entry: ResultEntry, has_sheet: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    known, disposals = codes.open_results(), codes.open_disposals()
    words = rules.check_codes(entry.codes, known)
    if words:
        found["codes"] = words
    wrong = [method for method in entry.methods if method not in codes.METHODS]
    if wrong or not entry.methods:
        found["methods"] = "请选择检查方式"
    if any(code not in disposals for code in entry.disposals) or not entry.disposals:
        found["disposals"] = "请选择后续处置措施"
    couplings = {known[code]["coupling"] for code in entry.codes if code in known}
    needs = [
        known[code]["text"]
        for code in entry.codes
        if code in known and known[code]["detail"]
    ]
    if needs and not entry.note.strip() and not any(row.get("problem") for row in entry.answers):
        found["note"] = f"“{needs[0]}”须写明具体情况"
    if "follow_up" in couplings and (entry.follow_up_until is None or entry.follow_up_until < clock.today()):
        found["follow_up_until"] = "发现问题待后续处理的，请填写今天以后的处理期限"
    if "unreachable" in couplings and check.subject_id is None:
        found["codes"] = "这个检查对象不是登记的市场主体，不能选“无法联系”"
    for name, limit in (("opinion", 500), ("note", 2000)):
        if len(getattr(entry, name)) > limit:
            found[name] = f"最多 {limit} 个字"
    # 扫描件总是够用：纸面检查表已由两人签名（areas.md 3.5）。
    serving = {member.name for member in team(check)}
    if not has_sheet and len(set(entry.signed) & serving) < 2:
        found["signed"] = "至少两名检查人员确认签名，或者上传已签名检查表的扫描件"
    return found


def enter_result(
    check_id: int, entry: ResultEntry, *, source: str = "表单", version: int | None = None
) -> SpotCheck:
    """Enter or, after a return, re-enter the result; imports and the API call it with their ``source``. The same entry
    again changes nothing. Raises Refused naming each field, Stale."""
    who = audit.actor()
    with transaction():
        same = SpotCheck.get_or_none((SpotCheck.id == check_id) & (SpotCheck.unit == who.unit))
        if (
            same is not None
            and entry.external
            and same.external == entry.external
            and same.codes == list(entry.codes)
        ):
            return same
        check = _own(check_id, "enter")
        if version is not None and version != check.version:
            raise Stale("这项检查在您打开页面后已有变动，请刷新后重新填写")
        problems = _problems(
            check, entry, check.files.where(CheckFile.kind == "sheet").exists() or bool(entry.external)
        )
        if problems:
            raise Refused("；".join(problems.values()), problems)
        before = plain(check)
        values = {
            **asdict(entry),
            "answers": [dict(row) for row in entry.answers],
            "codes": list(entry.codes),
        }
        values |= {name: list(values[name]) for name in ("methods", "disposals", "signed")}
        now = clock.now()
        try:
            check = _set(
                check, "enter", author=who.name, author_account=who.account, entered_at=now, source=source, return_reason="",
                first_entered_at=check.first_entered_at or now, **values,
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Refused(
                f"流水号“{entry.external}”已用于另一项检查", {"external": "流水号已用于另一项检查"}
            ) from None
        audit.record("录入检查结果", RECORD, check.id, before=before, after=plain(check), note=source)
        telling.result_entered(check)
    return check


def approve(check_id: int, passed: bool, opinion: str = "") -> SpotCheck:
    """The unit approves the result or returns it; never the person who entered it. With the approval the couplings take
    effect: 无法联系 is reported, 待后续处理 opens a follow-up. Raises Refused, Stale."""
    who = audit.actor()
    if not passed and not opinion.strip():
        raise Refused("退回时必须写明原因", {"opinion": "退回时必须写明原因"})
    with transaction():
        check = _own(check_id, "approve")
        if who.account == check.author_account:
            raise Refused("录入人不能审核自己录入的结果，请另一人审核")
        if not passed:
            check = _set(check, "return", return_reason=opinion.strip())
            audit.record("退回检查结果", RECORD, check.id, note=opinion)
            telling.result_returned(check)
            telling.result_decided(check)
            return check
        check = _set(check, "approve", approved_by=who.name, approved_at=clock.now())
        audit.record("审核检查结果", RECORD, check.id, after=plain(check), note=opinion)
        telling.result_decided(check)
        _couple(check)
    return SpotCheck.get_by_id(check_id)


def _couple(check: SpotCheck) -> None:
    couplings = {codes.results()[code]["coupling"] for code in check.codes if code in codes.results()}
    if "unreachable" in couplings:
        reason = (
            f"{check.task.code}检查（{check.checked_on}）：通过登记的住所（经营场所）无法联系。{check.note}"
        )
        subjects.report_unreachable(check.subject, check.unit, reason)
    if "follow_up" in couplings:
        obligations.open_obligation(
            "follow_up", check.unit, record=(RECORD, check.id), title=f"检查问题后续处理：{check.name}", started_on=clock.today(),
            started_words="结果审核", deadline=check.follow_up_until, subject=check.subject,
        )  # fmt: skip
    else:
        SpotCheck.update(closed_at=clock.now(), closed_by=audit.actor().name).where(
            SpotCheck.id == check.id
        ).execute()


def publish(check_ids: Sequence[int]) -> int:
    """Publish approved results of the actor's unit: D7 is fulfilled now. Returns how many."""
    who = audit.actor()
    with transaction():
        chosen = SpotCheck.select(SpotCheck.id).where(
            SpotCheck.id.in_(list(check_ids)) & (SpotCheck.unit == who.unit) & (SpotCheck.state == "approved")
        )
        found = [key for (key,) in chosen.tuples()]
        if not found:
            raise Stale("选中的检查里没有“已审核，待公示”的，请刷新")
        SpotCheck.update(
            state="published", published_at=clock.now(), published_by=who.name, version=SpotCheck.version + 1
        ).where(SpotCheck.id.in_(found)).execute()
        obligations.fulfil_many("check_result", RECORD, found)
        for check_id in found:
            audit.record("公示检查结果", RECORD, check_id)
    return len(found)


def publish_all(task_id: int | None = None) -> int:
    """Publish every approved result of the actor's unit, of one task or of all."""
    query = SpotCheck.select(SpotCheck.id).where(
        (SpotCheck.unit == audit.actor().unit) & (SpotCheck.state == "approved")
    )
    if task_id is not None:
        query = query.where(SpotCheck.task == task_id)
    return publish([key for (key,) in query.tuples()])


def close(check_id: int, note: str) -> SpotCheck:
    """The follow-up of a found problem is done. Raises Refused, Stale."""
    if not note.strip():
        raise Refused("请写明后续处理的结果", {"note": "请写明后续处理的结果"})
    with transaction():
        check = SpotCheck.get_or_none((SpotCheck.id == check_id) & (SpotCheck.unit == audit.actor().unit))
        if check is None:
            raise Missing("没有这项检查，或者它不属于您的单位")
        if check.approved_at is None or check.closed_at is not None:
            raise Stale("这项检查没有待办结的问题")
        SpotCheck.update(
            closed_at=clock.now(), closed_by=audit.actor().name, closing_note=note.strip()
        ).where((SpotCheck.id == check.id) & SpotCheck.closed_at.is_null()).execute()
        obligations.fulfil("follow_up", (RECORD, check.id), check.unit)
        audit.record("办结检查问题", RECORD, check.id, note=note)
    return SpotCheck.get_by_id(check_id)


def find_for_import(code: str, object_id: str) -> SpotCheck:
    """The actor's unit's check of an object in the task with this code, for imports. Raises Refused."""
    found = (
        SpotCheck.select()
        .join(CheckTask)
        .where(
            (CheckTask.code == code.strip())
            & (SpotCheck.unit == audit.actor().unit)
            & (SpotCheck.object_id == object_id.strip())
        )
        .order_by(SpotCheck.id.desc())
        .first()
    )
    if found is None:
        raise Refused(f"任务“{code}”中没有{units.name_of(audit.actor().unit)}对“{object_id}”的检查")
    return found


def check_arriving(check: SpotCheck, day: date, entry: ResultEntry) -> None:
    """Raise Refused as :func:`receive_result` would for this check, storing nothing."""
    if check.state == "pending":
        _check_day(check, day)
    elif rules.step(rules.CHECK_STEPS, check.state, "enter") is None:
        raise Refused(f"“{check.name}”的检查现在是“{rules.CHECK_STATES[check.state]}”，不能再录入结果")
    elif check.checked_on != day:
        words = f"平台上这项检查的日期是 {check.checked_on}"
        raise Refused(words, {"day": words})
    problems = _problems(check, entry, has_sheet=True)
    if problems:
        raise Refused("；".join(problems.values()), problems)


def receive_result(code: str, object_id: str, day: date, entry: ResultEntry, *, source: str) -> SpotCheck:
    """A result that arrives from the unit's own system: the check of that object in that task is noted as carried out on
    ``day`` where it was not, and the result entered. The same row again changes nothing. Raises Refused."""
    with transaction():
        check = find_for_import(code, object_id)
        if check.state == "pending":
            carry_out(check.id, day)
        return enter_result(check.id, entry, source=source)
