"""联合惩戒核查: asked with a purpose, answered from the records in force, kept with a number that can be checked later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import peewee

from plugins.areas.credit import check_lists, matching
from plugins.areas.credit.check_lists import Asked
from plugins.areas.credit.check_models import (
    NOT_FOUND,
    WRONG_CODE,
    CheckedParty,
    CheckedRecord,
    SanctionCheck,
)
from plugins.areas.credit.code_lists import ASKING_UNIT, PURPOSES, Measure, measures
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.reach import WIDE_ROLES
from portal.toolkit import (
    Missing,
    Refused,
    Stale,
    Subject,
    audit,
    clock,
    database,
    digest_of,
    files,
    is_postgresql,
    jobs,
    subjects,
    transaction,
    units,
)

JOB = "credit.check_list"
_BATCH = 2000
_STAGE = "INSERT INTO credit_checked_party (check_id, position, typed, name, name_key, code, match, note)"


def _open(unit: str, purpose: str, purpose_note: str, title: str, file: Any = None) -> SanctionCheck:
    if purpose not in PURPOSES:
        raise Refused("请选择核查用途：核查和用途都会留痕", {"purpose": "请选择核查用途"})
    if len(purpose_note) > 200:
        raise Refused(
            "用途说明最多 200 个字", {"purpose_note": f"用途说明有 {len(purpose_note)} 个字，最多 200 个"}
        )
    who = audit.actor()
    return SanctionCheck.create(
        unit=unit, account=who.account, person=who.name, purpose=purpose, purpose_note=purpose_note.strip(), title=title[:120],
        asked_at=clock.now(), day=clock.today(), file=file,
    )  # fmt: skip


def check_one(text: str, *, unit: str, purpose: str, purpose_note: str = "") -> SanctionCheck:
    """Check one name or code for ``purpose`` and answer at once; the query is logged. Raises Refused."""
    asked = check_lists.read_line(text)
    if asked is None:
        raise Refused("请输入名称或统一社会信用代码", {"q": "名称或代码不能为空"})
    if asked.problem:
        raise Refused(asked.problem, {"q": asked.problem})
    with transaction():
        check = _open(unit, purpose, purpose_note, asked.name or asked.code)
        stage(check, [asked], 0)
        answer(check)
    return check


def check_list(file: files.StoredFile, *, unit: str, purpose: str, purpose_note: str = "") -> SanctionCheck:
    """Put the check of a stored list into the queue; runs inside the transaction of the act that asks. Raises Refused."""
    with transaction():
        check = _open(unit, purpose, purpose_note, file.name, file)
        job = jobs.start(JOB, f"联合惩戒核查 {check.number}：{file.name}", {"check": check.id})
        SanctionCheck.update(job=job).where(SanctionCheck.id == check.id).execute()
        check.job = job
    return check


def run_list(job: jobs.Job) -> None:
    """The job: stage the list in batches, each its own transaction, then match and answer in one. May be run again."""
    check = SanctionCheck.get_by_id(job.arguments["check"])
    if check.answered_at is not None:
        return
    asked = check_lists.read_file(files.path_of(check.file), check.file.name)
    done = job.state_values.get("staged", 0)
    while done < len(asked):
        batch = asked[done : done + _BATCH]
        with transaction():
            stage(check, batch, done)
            done += len(batch)
            jobs.progress(job, done, len(asked), "正在读入名单", staged=done)
    with transaction():
        answer(check)
        jobs.progress(job, len(asked), len(asked), "已核查完毕")


def stage(check: SanctionCheck, asked: Iterable[Asked], start: int) -> None:
    """Lay parties down for matching, ``start`` being the position of the first."""
    rows = [
        (
            check.id,
            start + offset,
            one.typed,
            one.name,
            subjects.name_key(one.name),
            one.code,
            WRONG_CODE if one.problem else NOT_FOUND,
            one.problem,
        )
        for offset, one in enumerate(asked, 1)
    ]
    # One prepared statement for the batch: fifty thousand parties built as one query each would cost more than all else.
    mark = "%s" if is_postgresql() else "?"
    database.cursor().executemany(f"{_STAGE} VALUES ({', '.join([mark] * 8)})", rows)


def answer(check: SanctionCheck) -> None:
    """Match the staged parties, find their records in force, close the check with its digest; logged with the purpose."""
    if SanctionCheck.get_by_id(check.id).answered_at is not None:
        raise Stale("这次核查已经有结果")
    matching.match_parties(check)
    check.hits = matching.find_records(check)
    check.parties = CheckedParty.select().where(CheckedParty.check == check).count()
    check.found_parties = (
        CheckedParty.select()
        .where((CheckedParty.check == check) & CheckedParty.subject.is_null(False))
        .count()
    )
    pairs = (
        CheckedRecord.select(peewee.fn.COUNT(CheckedRecord.party.distinct()))
        .join(CheckedParty)
        .where(CheckedParty.check == check)
    )
    check.hit_parties = pairs.scalar() or 0
    check.answered_at = clock.now()
    check.digest = digest_of_answer(check)
    check.save()
    audit.record(
        "联合惩戒核查", "sanction_check", check.id, after={"number": check.number, "digest": check.digest},
        note=f"{check.purpose_label}：{check.title}，{check.parties} 户，有记录 {check.hit_parties} 户",
    )  # fmt: skip


def digest_of_answer(check: SanctionCheck) -> str:
    """The SM3 digest over who asked, why, when, every party and every record found: what the printed code vouches for."""
    parties = list(
        CheckedParty.select(
            CheckedParty.position,
            CheckedParty.typed,
            CheckedParty.code,
            CheckedParty.match,
            CheckedParty.subject,
        )
        .where(CheckedParty.check == check)
        .order_by(CheckedParty.position)
        .tuples()
    )
    found = list(
        CheckedRecord.select(CheckedParty.position, CheckedRecord.record)
        .join(CheckedParty)
        .where(CheckedParty.check == check)
        .order_by(CheckedParty.position, CheckedRecord.record)
        .tuples()
    )
    head = [check.number, check.unit, check.account, check.purpose, check.day.isoformat()]
    return digest_of(
        {"head": head, "parties": [list(row) for row in parties], "found": [list(row) for row in found]}
    )


@dataclass(frozen=True)
class Hit:
    """One record in force of a checked party with what follows from it: (measure, who must act) for the purpose asked."""

    party: CheckedParty
    record: DishonestyRecord
    unit_name: str
    measures: list[tuple[Measure, str]]


def acting_unit(measure: Measure, asking_unit: str) -> str:
    """The name of the unit that must act: the one of the code list, or the unit whose procedure it is."""
    if measure.acting == ASKING_UNIT:
        return units.name_of(asking_unit) or ASKING_UNIT
    found = units.by_name(measure.acting)
    return found.name if found else measure.acting


def measures_for(record: DishonestyRecord, purpose: str, asking_unit: str) -> list[tuple[Measure, str]]:
    """The record's measures that concern ``purpose`` (all of them where the purpose has no group of its own)."""
    group = PURPOSES[purpose][1] if purpose in PURPOSES else ""
    listed = [measures()[code] for code in record.measures if code in measures()]
    chosen = [measure for measure in listed if not group or measure.group == group]
    return [(measure, acting_unit(measure, asking_unit)) for measure in chosen]


def hits(check: SanctionCheck, after: int = 0, size: int | None = None) -> list[Hit]:
    """The found records by party, from the pair after id ``after`` on, in three queries whatever their number."""
    query = (
        CheckedRecord.select(CheckedRecord, CheckedParty, DishonestyRecord)
        .join(CheckedParty)
        .switch(CheckedRecord)
        .join(DishonestyRecord)
        .where((CheckedParty.check == check) & (CheckedRecord.id > after))
        .order_by(CheckedRecord.id)
    )
    return [
        Hit(
            found.party,
            found.record,
            units.name_of(found.record.unit),
            measures_for(found.record, check.purpose, check.unit),
        )
        for found in (query.limit(size) if size else query.iterator())
    ]


def last_pair(check: SanctionCheck, after: int, size: int) -> int | None:
    """The id of the last pair of a page when more follow, else None."""
    ids = [
        key
        for (key,) in CheckedRecord.select(CheckedRecord.id)
        .join(CheckedParty)
        .where((CheckedParty.check == check) & (CheckedRecord.id > after))
        .order_by(CheckedRecord.id)
        .limit(size + 1)
        .tuples()
    ]
    return ids[size - 1] if len(ids) > size else None


def unclear(check: SanctionCheck, size: int = 200) -> list[CheckedParty]:
    """The first parties that need a person: not found, several of one name, a wrong code, a note."""
    doubtful = CheckedParty.subject.is_null() | (CheckedParty.note != "")
    return list(
        CheckedParty.select()
        .where((CheckedParty.check == check) & doubtful)
        .order_by(CheckedParty.position)
        .limit(size)
    )


def all_parties(check: SanctionCheck) -> Iterator[CheckedParty]:
    """Every party with its subject, in the order of the list."""
    return (
        CheckedParty.select(CheckedParty, Subject)
        .join(Subject, peewee.JOIN.LEFT_OUTER)
        .where(CheckedParty.check == check)
        .order_by(CheckedParty.position)
        .iterator()
    )


def check_for(viewer: Any, check_id: int) -> SanctionCheck:
    """The check, for the unit that asked, the office and the convenors. Raises Missing."""
    found = SanctionCheck.get_or_none(SanctionCheck.id == check_id)
    allowed = found is not None and (
        (found.unit and found.unit == viewer.unit)
        or found.account == viewer.account
        or viewer.has_role(*WIDE_ROLES)
    )
    if not allowed or not viewer.can("credit.check"):
        raise Missing("没有这次核查，或者它不属于您的单位")
    return found


def verified(number: str, code: str) -> tuple[SanctionCheck, bool]:
    """The check behind a printed number and code, and whether its stored answer is still the one printed. Raises Missing."""
    digits = "".join(sign for sign in number if sign.isdigit())
    found = SanctionCheck.get_or_none(SanctionCheck.id == int(digits[4:])) if 4 < len(digits) < 20 else None
    same = found is not None and found.answered_at is not None and found.number == number.strip().upper()
    if not same or found.check_code != code.strip().upper():
        raise Missing("没有这个编号和校验码的核查结果：请核对纸面上的编号和校验码")
    return found, digest_of_answer(found) == found.digest


def pending(check: SanctionCheck) -> bool:
    """Whether the answer is still to come."""
    return check.answered_at is None and (check.job is None or not jobs.Job.get_by_id(check.job_id).is_over)
