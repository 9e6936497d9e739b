"""What was sent of the quarter-end lists: each sending, each decision once, and what a decision asks of the unit."""

from __future__ import annotations

from typing import Any

import peewee

from portal import audit, files, obligations, stored_acts
from portal.database import InstantField, JsonField, Record
from portal.list_comparison import Entry
from portal.plugging import registry
from portal.refusals import Refused

KINDS = {"permits": "行政许可清单", "dishonesty": "失信主体信息清单"}
#: Under which one row of a list is audited.
ROW = "quarter_row"


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


def keep(upload: QuarterUpload, entry: Entry) -> stored_acts.StoredAct:
    """Store one row and let the areas open what the platform lacks; sent before, its other words are brought up to
    date. Raises Refused for another day: what the row asks of the unit counts from it."""
    same = (
        (QuarterRow.unit == upload.unit) & (QuarterRow.quarter == upload.quarter) & (QuarterRow.kind == upload.kind)
        & (QuarterRow.identity == entry.identity)
    )  # fmt: skip
    there = QuarterRow.get_or_none(same)
    if there is not None:
        return _bring_up_to_date(there, entry)
    row = QuarterRow.create(
        upload=upload, unit=upload.unit, quarter=upload.quarter, kind=upload.kind, identity=entry.identity, late=upload.late,
        document=entry.document, day=entry.day, name=entry.name, code=entry.code, fields=entry.fields,
    )  # fmt: skip
    newest = obligations.Obligation.select(peewee.fn.MAX(obligations.Obligation.id)).scalar() or 0
    answers = registry().answers("on_quarter_list_row", kind=upload.kind, unit=upload.unit, entry=row.entry)
    opened = next((owed for _, owed in answers if owed is not None), None)
    if opened is not None:
        QuarterRow.update(obligation=opened).where(QuarterRow.id == row.id).execute()
    audit.record(f"报送{KINDS[upload.kind]}的一条", ROW, row.id, after=plain(row))
    before = {"opened": opened is not None and opened.id > newest}
    return stored_acts.StoredAct(stored_acts.CREATED, row.id, mark(row), before)


def outcome_of(row: QuarterRow | None, entry: Entry) -> str:
    """What keeping ``entry`` would do beside ``row``. Raises Refused for another day."""
    if row is None:
        return stored_acts.CREATED
    if row.day != entry.day:
        rule = f"这份决定本季已按 {row.day} 报送，日期不同的请在季度清单里作为差异处理"
        raise Refused(rule, {"day": rule})
    told = {**row.fields, **entry.fields}
    same = (row.document, row.name, row.code, row.fields) == (entry.document, entry.name, entry.code or row.code, told)
    return stored_acts.SAME if same else stored_acts.CHANGED


def _bring_up_to_date(row: QuarterRow, entry: Entry) -> stored_acts.StoredAct:
    if outcome_of(row, entry) == stored_acts.SAME:
        return stored_acts.StoredAct(stored_acts.SAME, row.id)
    before = plain(row)
    row.document, row.name, row.code = entry.document, entry.name, entry.code or row.code
    row.fields = {**row.fields, **entry.fields}
    row.save()
    audit.record(f"更正{KINDS[row.kind]}的一条", ROW, row.id, before=before, after=plain(row))
    return stored_acts.StoredAct(stored_acts.CHANGED, row.id, mark(row), before)


def plain(row: QuarterRow) -> dict[str, Any]:
    """What a list tells of one decision."""
    return {name: getattr(row, name) for name in ("document", "day", "name", "code", "fields")}


def mark(row: QuarterRow) -> str:
    """The mark of the row as it stands."""
    return stored_acts.mark_of(plain(row))
