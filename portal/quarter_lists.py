"""Quarter-end lists (三): each unit sends its permits and its dishonest subjects, compared with the platform three ways."""

from __future__ import annotations

from datetime import date
from typing import IO, Any

import peewee

from portal import (
    audit,
    clock,
    facts,
    files,
    obligations,
    official_calendar,
    settings,
    stored_acts,
    undone_obligations,
    units,
)
from portal.database import InstantField, Record, transaction
from portal.list_comparison import Comparison, Entry, compare
from portal.plugging import registry
from portal.quarter_list_files import problem, read
from portal.quarter_list_rows import KINDS, QuarterRow, QuarterUpload, keep
from portal.record_reading import problems_of
from portal.refusals import Missing, NotAllowed, Refused
from portal.workdays import Quarter

#: What a unit must be charged with (Annex 2-2) to owe a list of that kind.
_DUTIES = {"permits": {"permit"}, "dishonesty": {"penalty", "other_dishonesty"}}
#: How a difference is resolved, with a signed reason.
OUTCOMES = {
    "will_enter": "清单正确，平台补录",
    "list_wrong": "清单有误，以平台为准",
    "platform_wrong": "平台有误，已更正",
    "other": "其他",
}
ALLOWED = frozenset({"application/zip", "application/x-ole", "text/plain"})


class QuarterResolution(Record):
    """How a difference was resolved, by whom and why."""

    unit = peewee.TextField()
    quarter = peewee.TextField()
    kind = peewee.TextField()
    identity = peewee.TextField()
    side = peewee.TextField()
    outcome = peewee.TextField()
    reason = peewee.TextField()
    resolved_by = peewee.TextField()
    resolved_at = InstantField()

    class Meta:
        table_name = "quarter_resolution"
        indexes = ((("unit", "quarter", "kind", "identity", "side"), True),)


MODELS = (QuarterUpload, QuarterRow, QuarterResolution)


def kinds_of(unit: str) -> tuple[str, ...]:
    """The lists that the unit owes by its duties (Annex 2-2)."""
    found = units.unit(unit)
    return tuple(kind for kind, duties in _DUTIES.items() if found is not None and duties & found.duties)


def opens_on(quarter: Quarter) -> date:
    """The day on which the lists are asked for: so many working days before the quarter's last working day."""
    last = facts.span_of(quarter).last_workday
    return official_calendar.calendar().before(last, settings.value("days.quarter_list_opens", quarter.first))


def open_due(day: date) -> int:
    """The daily job: from the opening day on every member owes its lists until 24:00 of the last working day (D11).

    Safe to run twice. Returns how many were opened.
    """
    quarter = Quarter.of(day)
    first = opens_on(quarter)
    if day < first:
        return 0
    opened = 0
    with transaction():
        for unit in units.enabled(day):
            before = obligations.of_record("quarter_list", str(quarter))
            if not kinds_of(unit.key) or any(owed.unit == unit.key for owed in before):
                continue
            obligations.open_obligation(
                "quarter_list", unit.key, record=("quarter_list", str(quarter)), title=f"报送{quarter.label}清单",
                started_on=first, started_words="开始报送", deadline=facts.span_of(quarter).last_workday,
            )  # fmt: skip
            opened += 1
    return opened


def recount_deadlines() -> int:
    """The calendar changed: lists still owed are due on what is now their quarter's last working day (no number of days
    after an event, so ``obligations.recompute_open`` cannot). Returns how many moved."""
    owed, moved = obligations.Obligation, 0
    with transaction():
        for row in list(owed.select().where((owed.kind == "quarter_list") & (owed.state == obligations.OPEN))):
            quarter = Quarter.parse(row.record_id)
            last, first = facts.span_of(quarter).last_workday, opens_on(quarter)
            if (last, first) != (row.deadline, row.started_on):
                owed.update(deadline=last, started_on=first).where(owed.id == row.id).execute()
                moved += last != row.deadline
    return moved


def send(unit: str, quarter: Quarter, kind: str, stream: IO[bytes], name: str) -> QuarterUpload:
    """``unit`` sends a list; its good rows join those sent before, the bad ones are named. Raises Refused."""
    check_open(unit, quarter, kind)
    with transaction():
        stored = files.store(stream, name, allowed=ALLOWED)
        rows, problems = read(files.path_of(stored), stored.name, quarter, kind)
        total = len(rows) + len({p["row"] for p in problems})
        upload = sending(unit, quarter, kind, file=stored, rows=total)
        added = 0
        for number, entry in rows:
            try:
                added += keep(upload, entry).outcome == stored_acts.CREATED
            except Refused as refused:
                problems += [problem(number, kind, one) for one in problems_of(refused, {"day": entry.day})]
        QuarterUpload.update(added=added, problems=problems[:200]).where(QuarterUpload.id == upload.id).execute()
        if rows:
            fulfil_when_complete(unit, quarter)
        audit.record(
            f"报送{KINDS[kind]}",
            "quarter_list",
            f"{quarter}/{unit}",
            after={"file": stored.name, "rows": added},
        )
    return QuarterUpload.get_by_id(upload.id)


def send_nil(unit: str, quarter: Quarter, kind: str) -> QuarterUpload:
    """``unit`` says that there was nothing of that kind in the quarter."""
    check_open(unit, quarter, kind)
    with transaction():
        same = (QuarterRow.unit == unit) & (QuarterRow.quarter == str(quarter)) & (QuarterRow.kind == kind)
        if QuarterRow.select().where(same).exists():
            raise Refused(f"本季已报过{KINDS[kind]}的内容，不能再报“无”")
        made = sending(unit, quarter, kind, nil=True)
        fulfil_when_complete(unit, quarter)
        audit.record(f"报送{KINDS[kind]}（本季无）", "quarter_list", f"{quarter}/{unit}")
    return made


def check_open(unit: str, quarter: Quarter, kind: str) -> None:
    """Raise Refused when ``unit`` cannot send a list of the quarter today."""
    if kind not in kinds_of(unit):
        raise Refused("您的单位没有报送这种清单的职责")
    today, span = clock.today(), facts.span_of(quarter)
    if today < quarter.first:
        raise Refused(f"{quarter.label}还没有开始")
    if today > span.closing:
        raise Refused(f"{quarter.label}的清单已在 {span.closing} 截止，不能再报")


def sending(unit: str, quarter: Quarter, kind: str, **values: Any) -> QuarterUpload:
    """Note a sending of today, late after the quarter's last working day."""
    late = clock.today() > facts.span_of(quarter).last_workday
    return QuarterUpload.create(
        unit=unit,
        quarter=str(quarter),
        kind=kind,
        late=late,
        sent_by=audit.actor().name,
        sent_at=clock.now(),
        **values,
    )


def fulfil_when_complete(unit: str, quarter: Quarter) -> None:
    """Close what the unit owes of the quarter once each of its lists was sent."""
    if _complete(unit, quarter):
        obligations.fulfil("quarter_list", ("quarter_list", str(quarter)), unit)


def owe_again_when_incomplete(unit: str, quarter: Quarter) -> None:
    """A list was taken back: the unit owes it again."""
    if not _complete(unit, quarter):
        undone_obligations.owed_again("quarter_list", unit, f"quarter_list:{quarter}")


def _complete(unit: str, quarter: Quarter) -> bool:
    sent = QuarterUpload.select(QuarterUpload.kind).where(
        (QuarterUpload.unit == unit)
        & (QuarterUpload.quarter == str(quarter))
        & ((QuarterUpload.added > 0) | QuarterUpload.nil)
    )
    return {kind for (kind,) in sent.tuples()} >= set(kinds_of(unit))


def comparison(unit: str, quarter: Quarter, kind: str) -> Comparison:
    """The unit's list of the quarter against what the areas hold of it."""
    query = QuarterRow.select().where(
        (QuarterRow.unit == unit) & (QuarterRow.quarter == str(quarter)) & (QuarterRow.kind == kind)
    )
    answers = registry().answers("quarter_list_entries", kind=kind, unit=unit, quarter=quarter)
    return compare(
        [row.entry for row in query.order_by(QuarterRow.id)],
        [entry for _, found in answers for entry in found],
    )


def entry_of(row_id: int, unit: str) -> Entry | None:
    """The row of the unit's own list, to fill a form with, or None."""
    row = QuarterRow.get_or_none((QuarterRow.id == row_id) & (QuarterRow.unit == unit))
    return row.entry if row is not None else None


def resolutions(unit: str, quarter: Quarter, kind: str) -> dict[tuple[str, str], QuarterResolution]:
    """What was said about differences: ``{(side, identity): resolution}``."""
    query = QuarterResolution.select().where(
        (QuarterResolution.unit == unit)
        & (QuarterResolution.quarter == str(quarter))
        & (QuarterResolution.kind == kind)
    )
    return {(row.side, row.identity): row for row in query}


def resolve(
    viewer: Any, unit: str, quarter: Quarter, kind: str, side: str, identity: str, outcome: str, reason: str
) -> None:
    """Resolve one difference with a signed reason. That a row of the list is wrong takes away what it asked of the
    unit, so only the office may say it. Raises NotAllowed, Refused or Missing."""
    if viewer.unit != unit and not viewer.has_role("office"):
        raise Missing("没有这一条差异，或者它不属于您的单位")
    if outcome not in OUTCOMES or not reason.strip():
        raise Refused("请选择处理结果并写明理由", {"reason": "请写明理由"})
    if outcome == "list_wrong" and side == "listed" and not viewer.has_role("office"):
        raise NotAllowed("清单有误、不再计入应录数的，由联席会议办公室确认")
    found = comparison(unit, quarter, kind)
    known = {
        "listed": {e.identity for e in found.listed_only}, "held": {e.identity for e in found.held_only},
        "both": {p.listed.identity for p in found.different},
    }  # fmt: skip
    if identity not in known.get(side, set()):
        raise Missing("没有这一条差异，可能已经一致了，请刷新后查看")
    with transaction():
        QuarterResolution.delete().where(
            (QuarterResolution.unit == unit) & (QuarterResolution.quarter == str(quarter)) & (QuarterResolution.kind == kind)
            & (QuarterResolution.identity == identity) & (QuarterResolution.side == side)
        ).execute()  # fmt: skip
        QuarterResolution.create(
            unit=unit, quarter=str(quarter), kind=kind, identity=identity, side=side, outcome=outcome, reason=reason.strip(),
            resolved_by=audit.actor().name, resolved_at=clock.now(),
        )  # fmt: skip
        if outcome == "list_wrong" and side == "listed":
            _release(unit, quarter, kind, identity, reason)
        audit.record(
            "处理清单差异",
            "quarter_list",
            f"{quarter}/{unit}",
            after={identity: OUTCOMES[outcome]},
            note=reason,
        )


def _release(unit: str, quarter: Quarter, kind: str, identity: str, reason: str) -> None:
    row = QuarterRow.get_or_none(
        (QuarterRow.unit == unit)
        & (QuarterRow.quarter == str(quarter))
        & (QuarterRow.kind == kind)
        & (QuarterRow.identity == identity)
    )
    if row is not None and row.obligation_id is not None:
        owed = obligations.Obligation
        owed.update(state=obligations.WITHDRAWN, reason=f"清单有误：{reason.strip()}").where(
            (owed.id == row.obligation_id) & (owed.state == obligations.OPEN)
        ).execute()


def standing(quarter: Quarter) -> list[tuple[str, str, QuarterUpload | None, int]]:
    """Every unit's lists of the quarter: (unit, kind, newest sending or None, rows), in two queries."""
    newest: dict[tuple[str, str], QuarterUpload] = {}
    rows: dict[tuple[str, str], int] = {}
    for upload in (
        QuarterUpload.select().where(QuarterUpload.quarter == str(quarter)).order_by(QuarterUpload.id)
    ):
        newest[(upload.unit, upload.kind)] = upload
    count = peewee.fn.COUNT(QuarterRow.id)
    query = QuarterRow.select(QuarterRow.unit, QuarterRow.kind, count).where(
        QuarterRow.quarter == str(quarter)
    )
    for unit, kind, number in query.group_by(QuarterRow.unit, QuarterRow.kind).tuples():
        rows[(unit, kind)] = number
    return [
        (unit.key, kind, newest.get((unit.key, kind)), rows.get((unit.key, kind), 0))
        for unit in units.enabled(min(quarter.last, clock.today()))
        for kind in kinds_of(unit.key)
    ]
