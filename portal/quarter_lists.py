"""Quarter-end lists (三): each unit sends its permits and its dishonest subjects, compared with the platform three ways."""

from __future__ import annotations

from datetime import date
from typing import IO, Any

import peewee

from portal import audit, clock, facts, files, obligations, official_calendar, settings, units
from portal.database import InstantField, JsonField, Record, transaction
from portal.list_comparison import Comparison, Entry, compare
from portal.plugging import registry
from portal.quarter_list_files import read
from portal.refusals import Missing, NotAllowed, Refused
from portal.workdays import Quarter

KINDS = {"permits": "行政许可清单", "dishonesty": "失信主体信息清单"}
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


class QuarterUpload(Record):
    """One sending of a list by a unit: a file, or the word that there is nothing to send (``nil``)."""

    unit = peewee.TextField()
    quarter = peewee.TextField()
    kind = peewee.TextField()
    file = peewee.ForeignKeyField(files.StoredFile, null=True)
    nil = peewee.BooleanField(default=False)
    rows = peewee.IntegerField(default=0)
    added = peewee.IntegerField(default=0)
    problems = JsonField(default=list)
    late = peewee.BooleanField(default=False)
    sent_by = peewee.TextField()
    sent_at = InstantField()

    class Meta:
        table_name = "quarter_upload"
        indexes = ((("quarter", "unit", "kind"), False),)


class QuarterRow(Record):
    """One decision of a unit's list; the same decision sent twice is one row. ``obligation`` is what it opened."""

    upload = peewee.ForeignKeyField(QuarterUpload)
    unit = peewee.TextField()
    quarter = peewee.TextField()
    kind = peewee.TextField()
    identity = peewee.TextField()
    document = peewee.TextField()
    day = peewee.DateField()
    name = peewee.TextField()
    code = peewee.TextField(default="")
    fields = JsonField(default=dict)
    late = peewee.BooleanField(default=False)
    obligation = peewee.ForeignKeyField(obligations.Obligation, null=True)

    class Meta:
        table_name = "quarter_row"
        indexes = ((("unit", "quarter", "kind", "identity"), True),)

    @property
    def entry(self) -> Entry:
        return Entry(self.document, self.day, self.name, self.code, self.fields, str(self.id))


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
    _check_open(unit, quarter, kind)
    with transaction():
        stored = files.store(stream, name, allowed=ALLOWED)
        rows, problems = read(files.path_of(stored), stored.name, quarter, kind)
        upload = _upload(
            unit,
            quarter,
            kind,
            file=stored,
            rows=len(rows) + len({p["row"] for p in problems}),
            problems=problems[:200],
        )
        added = sum(_keep(upload, entry) for entry in rows)
        QuarterUpload.update(added=added).where(QuarterUpload.id == upload.id).execute()
        if rows:
            _fulfil_when_complete(unit, quarter)
        audit.record(
            f"报送{KINDS[kind]}",
            "quarter_list",
            f"{quarter}/{unit}",
            after={"file": stored.name, "rows": added},
        )
    return QuarterUpload.get_by_id(upload.id)


def send_nil(unit: str, quarter: Quarter, kind: str) -> QuarterUpload:
    """``unit`` says that there was nothing of that kind in the quarter."""
    _check_open(unit, quarter, kind)
    with transaction():
        same = (QuarterRow.unit == unit) & (QuarterRow.quarter == str(quarter)) & (QuarterRow.kind == kind)
        if QuarterRow.select().where(same).exists():
            raise Refused(f"本季已报过{KINDS[kind]}的内容，不能再报“无”")
        made = _upload(unit, quarter, kind, nil=True)
        _fulfil_when_complete(unit, quarter)
        audit.record(f"报送{KINDS[kind]}（本季无）", "quarter_list", f"{quarter}/{unit}")
    return made


def _check_open(unit: str, quarter: Quarter, kind: str) -> None:
    if kind not in kinds_of(unit):
        raise Refused("您的单位没有报送这种清单的职责")
    today, span = clock.today(), facts.span_of(quarter)
    if today < quarter.first:
        raise Refused(f"{quarter.label}还没有开始")
    if today > span.closing:
        raise Refused(f"{quarter.label}的清单已在 {span.closing} 截止，不能再报")


def _upload(unit: str, quarter: Quarter, kind: str, **values: Any) -> QuarterUpload:
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


def _keep(upload: QuarterUpload, entry: Entry) -> int:
    """Store one row and let the areas open what the platform lacks; 0 when it was sent before."""
    same = (
        (QuarterRow.unit == upload.unit) & (QuarterRow.quarter == upload.quarter) & (QuarterRow.kind == upload.kind)
        & (QuarterRow.identity == entry.identity)
    )  # fmt: skip
    if QuarterRow.select().where(same).exists():
        return 0
    row = QuarterRow.create(
        upload=upload, unit=upload.unit, quarter=upload.quarter, kind=upload.kind, identity=entry.identity, late=upload.late,
        document=entry.document, day=entry.day, name=entry.name, code=entry.code, fields=entry.fields,
    )  # fmt: skip
    answers = registry().answers("on_quarter_list_row", kind=upload.kind, unit=upload.unit, entry=row.entry)
    opened = next((owed for _, owed in answers if owed is not None), None)
    if opened is not None:
        QuarterRow.update(obligation=opened).where(QuarterRow.id == row.id).execute()
    return 1


def _fulfil_when_complete(unit: str, quarter: Quarter) -> None:
    sent = QuarterUpload.select(QuarterUpload.kind).where(
        (QuarterUpload.unit == unit)
        & (QuarterUpload.quarter == str(quarter))
        & ((QuarterUpload.added > 0) | QuarterUpload.nil)
    )
    if {kind for (kind,) in sent.tuples()} >= set(kinds_of(unit)):
        obligations.fulfil("quarter_list", ("quarter_list", str(quarter)), unit)


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
