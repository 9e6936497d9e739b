"""Step 1 of the draw: the library, the roster and the conflicts are frozen and compared with the last time (draw.md)."""

from __future__ import annotations

import io
import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import inspectors, items, libraries, tasks
from plugins.areas.inspections.check_models import Draw, DrawnObject
from plugins.areas.inspections.models import CheckTask, Inspector, ItemVersion, LibraryAdjustment
from portal.toolkit import (
    Missing,
    Refused,
    Stale,
    SubjectEvent,
    audit,
    clock,
    files,
    jobs,
    transaction,
    units,
)

#: A larger library is sealed and drawn in a background job, with progress.
LARGE = 5000
LARGEST_FILE = 1024 * 1024 * 1024
SHOWN = 300
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Gathered:
    """Everything that is about to be sealed, plain values only."""

    library: list[dict[str, Any]]
    inspectors: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    quota: dict[str, int]
    versions: dict[str, int]
    left_out: dict[str, Any]
    terms: dict[str, Any]
    roots: dict[str, str]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def versions_for(task: CheckTask) -> dict[str, ItemVersion]:
    """{unit: the version of its item in force and published today}. Raises Refused: an item not in force cannot be
    drawn for (areas.md 3.1)."""
    found = {}
    for unit, number in tasks.participants_of(task).items():
        version = items.in_force(number)
        if version is None or version.published_on is None:
            state = "没有生效" if version is None else "尚未公布"
            raise Refused(f"{units.name_of(unit)}的抽查事项“{number}”{state}，不能抽取")
        found[unit] = version
    return found


def visits(year: int) -> dict[str, int]:
    """{object id: how many tasks drew it this year}, across all units: one joint check is one visit."""
    query = (
        DrawnObject.select(DrawnObject.object_id, peewee.fn.COUNT(DrawnObject.task.distinct()))
        .where((DrawnObject.year == year) & (DrawnObject.current == True) & (DrawnObject.excused == ""))  # noqa: E712
        .group_by(DrawnObject.object_id)
    )
    return {key: int(count) for key, count in query.tuples()}


def _library(task: CheckTask, cap: int) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The rows to seal and what fell out: the yearly cap across all units, objects left out by hand."""
    rule = libraries.rule_of(task.library)
    if rule is None:
        raise Refused(f"事项“{task.library}”还没有建立检查对象名录库")
    by_hand = {
        row.object_id: row
        for row in LibraryAdjustment.select().where(LibraryAdjustment.number == task.library)
    }
    been = visits(clock.today().year)
    rows, out, seen = [], [], set()
    for thing in libraries.objects(rule):
        identity = _nfc(thing.id)
        if identity in seen:
            continue
        seen.add(identity)
        own = by_hand.get(thing.id)
        if been.get(identity, 0) >= cap:
            out.append(
                {
                    "id": identity,
                    "name": thing.name,
                    "reason": f"今年已被抽查 {been[identity]} 次，年度上限 {cap} 次",
                }
            )
        elif own is not None and own.weight == 0:
            out.append({"id": identity, "name": thing.name, "reason": f"{own.set_by}：{own.reason}"})
        else:
            weight = own.weight if own is not None else rule.weights.get(thing.risk_class, 1)
            rows.append(
                {
                    "id": identity, "stratum": _nfc(libraries.stratum_of(thing, rule.strata)), "w": weight, "name": _nfc(thing.name),
                    "subject": str(thing.subject_id or ""), "class": thing.risk_class, "class_day": thing.class_day,
                    "street": _nfc(thing.street),
                }
            )  # fmt: skip
    return rows, out


def _roster(
    task: CheckTask, versions: dict[str, ItemVersion]
) -> tuple[list[dict[str, Any]], list[dict[str, str]], dict[str, int]]:
    """The inspectors to seal, who fell out and why, and {key: inspector id}. Expired certificates drop out by themselves."""
    people = list(
        Inspector.select()
        .where(Inspector.unit.in_(list(versions)) & (Inspector.active == True))  # noqa: E712
        .order_by(Inspector.key)
    )
    away = inspectors.on_leave_throughout([one.id for one in people], task.from_day, task.until_day)
    fields = {
        unit: {version.number: version.check_field for version in items.in_force_of(unit)}
        for unit in versions
    }
    rows, out, keys = [], [], {}
    for one in people:
        if one.valid_to < clock.today():
            out.append({"id": one.key, "name": one.name, "reason": f"执法证已于 {one.valid_to} 到期"})
        elif one.id in away:
            out.append({"id": one.key, "name": one.name, "reason": f"检查期间请假：{away[one.id]}"})
        else:
            able = inspectors.able_items(one, fields[one.unit])
            rows.append({"id": _nfc(one.key), "unit": one.unit, "items": able, "valid_to": str(one.valid_to)})
            keys[one.key] = one.id
    return rows, out, keys


def gather(task: CheckTask, alg: str = "sm3", tell: Tell | None = None) -> Gathered:
    """Collect and check what would be sealed now. Raises Refused with the first thing that stands in the way: empty
    library, quota above its stratum, too few inspectors, all of them in conflict."""
    versions = versions_for(task)
    rows, out = _library(task, min(version.yearly_cap for version in versions.values()))
    if not rows:
        raise Refused(
            f"检查对象名录为空，不能封存（未列入 {len(out)} 个）" if out else "检查对象名录为空，不能封存"
        )
    roster, absent, keys = _roster(task, versions)
    present = {row["id"] for row in rows}
    conflicts = [
        {"id": f"{interest.inspector.key}|{_nfc(thing)}", "reason": interest.reason}
        for thing, of_thing in inspectors.interests_of(keys.values()).items()
        if _nfc(thing) in present
        for interest in of_thing
    ]
    general = task.ratios["*"]
    strata = {row["stratum"] for row in rows}
    try:
        quota = verifiable.quota_table(
            rows, {stratum: tuple(task.ratios.get(stratum, general)) for stratum in strata}
        )
        if not any(quota.values()):
            raise Refused("按比例计算，各组的抽取数都是 0：请改用“不少于”（向上取整）或提高比例")
        terms = {
            "quota": quota, "per_object": task.per_object, "items": {unit: version.number for unit, version in versions.items()},
            "units": sorted(versions), "check_until": str(task.until_day),
        }  # fmt: skip
        verifiable.check_sealable(rows, roster, conflicts, terms)
        roots = {
            "library_root": verifiable.merkle_root(rows, alg, tell),
            "inspectors_root": verifiable.merkle_root(roster, alg),
            "conflicts_root": verifiable.merkle_root(conflicts, alg),
        }
    except verifiable.DrawError as error:
        raise Refused(in_words(str(error))) from None
    left = {"objects": out[:SHOWN], "object_count": len(out), "inspectors": absent}
    return Gathered(
        rows, roster, conflicts, quota, {u: v.id for u, v in versions.items()}, left, terms, roots
    )


def in_words(message: str) -> str:
    """The refusal with units' names instead of their keys."""
    for unit in units.enabled():
        message = message.replace(f"“{unit.key}”", f"“{unit.name}”")
    return message


def living(task: CheckTask) -> Draw | None:
    """The task's draw that is not void, or None."""
    return Draw.get_or_none((Draw.task == task) & (Draw.state != "void"))


def _open_task(task_id: int) -> CheckTask:
    task = CheckTask.get_or_none(CheckTask.id == task_id)
    if task is None or task.unit != audit.actor().unit:
        raise Missing("没有这个任务，或者它不是您单位发起的")
    if task.cancelled_reason:
        raise Stale("任务已取消")
    if task.until_day < clock.today():
        raise Refused(f"任务的检查期间到 {task.until_day} 为止，已经过去")
    return task


def seal(task_id: int, alg: str = "sm3") -> Draw | jobs.Job:
    """Freeze the task's library, roster and conflicts under a new gap-free number; a large library is sealed by a job.
    Raises Refused, Stale when the task has a living draw."""
    if alg not in ("sm3", "sha256"):
        raise Refused("抽取算法只能是 sm3 或 sha256", {"alg": "抽取算法只能是 sm3 或 sha256"})
    with transaction():
        task = _open_task(task_id)
        if living(task) is not None:
            raise Stale("这个任务已有抽取；重新抽取须先作废原抽取")
        rule = libraries.rule_of(task.library)
        if rule is not None and sum(libraries.sizes([rule])[rule.number]) > LARGE:
            return jobs.start("inspections.seal", job_title(task), {"task": task.id, "alg": alg})
        return store(task, gather(task, alg), alg)


def job_title(task: CheckTask) -> str:
    """How the job that seals the task's library is called."""
    return f"封存名录：{task.code}"


def job_of(task: CheckTask) -> jobs.Job | None:
    """The last job that was to seal the task's library, for its page."""
    same = (jobs.Job.kind == "inspections.seal") & (jobs.Job.title == job_title(task))
    return jobs.Job.select().where(same).order_by(jobs.Job.id.desc()).first()


def run_seal(job: jobs.Job) -> None:
    """The job that seals a large library."""
    task = CheckTask.get_by_id(job.arguments["task"])
    if living(task) is not None:
        return

    def tell(done: int, total: int) -> None:
        with transaction():
            jobs.progress(job, done, total, "计算摘要")

    gathered = gather(task, job.arguments["alg"], tell)
    with transaction():
        store(_open_task(task.id), gathered, job.arguments["alg"])


def store(task: CheckTask, gathered: Gathered, alg: str) -> Draw:
    """Write the sealed draw in the running transaction; the unique index lets one of many clicks through."""
    who, now = audit.actor(), clock.now()
    content = verifiable.canon(sorted(gathered.library, key=lambda row: row["id"]))
    # The entry comes first: on PostgreSQL it makes the sealers wait for each other, so that numbers have no gap.
    audit.record(
        "封存抽取名录", "check_task", task.id, after=gathered.roots, note=f"{len(gathered.library)} 个对象"
    )
    last = (
        Draw.select(Draw.serial).where(Draw.year == now.year).order_by(Draw.serial.desc()).limit(1).scalar()
    )
    before = Draw.select().where(Draw.task == task).order_by(Draw.id.desc()).first()
    try:
        return Draw.create(
            year=now.year, serial=(last or 0) + 1, task=task, unit=task.unit, alg=alg, library_number=task.library,
            size=len(gathered.library), inspectors=gathered.inspectors, conflicts=gathered.conflicts, quota=gathered.quota,
            library_file=files.store(io.BytesIO(content), f"名录-{task.code}.json", largest=LARGEST_FILE), roots=gathered.roots,
            versions=gathered.versions, differences=compare(task, gathered.library, gathered.left_out), left_out=gathered.left_out,
            sealed_by=who.name, sealed_account=who.account, sealed_at=now, repeats=before,
        )  # fmt: skip
    except peewee.IntegrityError:
        raise Stale("这个任务刚刚已由别人封存，请刷新") from None


def sealed_library(draw: Draw) -> list[dict[str, Any]]:
    """The rows as sealed; a file that was changed is refused (Missing)."""
    return json.loads(files.read(draw.library_file))


def compare(task: CheckTask, rows: list[dict[str, Any]], left_out: dict[str, Any]) -> dict[str, Any]:
    """What changed since the last sealed library of the item, with who and why: here is where a cheat would sit."""
    last = Draw.select().where(Draw.library_number == task.library).order_by(Draw.id.desc()).first()
    if last is None:
        return {"first": True, "added": [], "removed": [], "changed": [], "counts": [len(rows), 0, 0]}
    old = {row["id"]: row for row in sealed_library(last)}
    new = {row["id"]: row for row in rows}
    added = sorted(new.keys() - old.keys())
    removed = sorted(old.keys() - new.keys())
    changed = sorted(key for key in new.keys() & old.keys() if _drawn_as(new[key]) != _drawn_as(old[key]))
    why = _reasons(
        task, last, [new.get(k) or old[k] for k in [*added[:SHOWN], *removed[:SHOWN], *changed[:SHOWN]]]
    )

    fell_out = {row["id"]: row["reason"] for row in left_out["objects"]}

    def shown(keys: list[str], words: Callable[[str], str]) -> list[dict[str, str]]:
        return [
            {
                "id": key,
                "name": (new.get(key) or old[key])["name"],
                "what": words(key),
                "why": why.get(key) or fell_out.get(key) or why[""],
            }
            for key in keys[:SHOWN]
        ]

    return {
        "first": False, "since": last.draw_id, "counts": [len(added), len(removed), len(changed)],
        "strata": {s: [Counter(r["stratum"] for r in old.values())[s], n] for s, n in Counter(r["stratum"] for r in rows).items()},
        "added": shown(added, lambda key: f"新列入，{new[key]['stratum']}，权重 {new[key]['w']}"),
        "removed": shown(removed, lambda key: f"移出，原 {old[key]['stratum']}，权重 {old[key]['w']}"),
        "changed": shown(changed, lambda key: f"{old[key]['stratum']}×{old[key]['w']} → {new[key]['stratum']}×{new[key]['w']}"),
    }  # fmt: skip


def _drawn_as(row: dict[str, Any]) -> tuple[str, int]:
    return row["stratum"], row["w"]


def _reasons(task: CheckTask, last: Draw, rows: list[dict[str, Any]]) -> dict[str, str]:
    """{object id: who and why}; under "" what explains the rest: a changed rule, or the imported list."""
    why: dict[str, str] = {}
    subjects = {int(row["subject"]): row["id"] for row in rows if row["subject"]}
    events = SubjectEvent.select().where(
        SubjectEvent.subject.in_(list(subjects)) & (SubjectEvent.received_at > last.sealed_at)
    ).order_by(SubjectEvent.id)  # fmt: skip
    for event in events:
        why[subjects[event.subject_id]] = (
            f"登记{event.event}（{event.day}），{units.name_of(event.unit)} {event.entered_by}"
        )
    for row in rows:
        if row["id"] not in why and row["class_day"] > str(last.sealed_at.date()):
            why[row["id"]] = f"{row['class_day']} 重新分级为 {row['class']}"
    hands = LibraryAdjustment.select().where(
        (LibraryAdjustment.number == task.library) & (LibraryAdjustment.set_at > last.sealed_at)
    )
    for hand in hands:
        why[_nfc(hand.object_id)] = f"{hand.set_by}：{hand.reason}"
    rule = libraries.rule_of(task.library)
    if rule is not None and rule.changed_at > last.sealed_at:
        why[""] = f"{rule.changed_by}修改了名录规则：{rule.reason}"
    else:
        why[""] = "标签、分级、名录导入或年度上限有变化"
    return why
