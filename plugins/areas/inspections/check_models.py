"""The draws, what they drew, the checks and their results as stored (areas.md 3.4 to 3.6; draw.md)."""

from __future__ import annotations

import peewee

from plugins.areas.inspections.models import CheckTask, Inspector, ItemVersion
from portal.toolkit import InstantField, JsonField, Record, Subject, files


class Draw(Record):
    """One numbered draw; never deleted. The sealed library lies in a file named by its digest."""

    year = peewee.IntegerField()
    serial = peewee.IntegerField()
    # The partial unique index below serves the look-ups.
    task = peewee.ForeignKeyField(CheckTask, backref="draws", index=False)
    unit = peewee.TextField(index=True)
    state = peewee.TextField(default="sealed", index=True)
    alg = peewee.TextField(default="sm3")
    library_number = peewee.TextField()
    size = peewee.IntegerField()
    library_file = peewee.ForeignKeyField(files.StoredFile)
    inspectors = JsonField()
    conflicts = JsonField()
    quota = JsonField()
    roots = JsonField()
    versions = JsonField()
    differences = JsonField()
    left_out = JsonField()
    sealed_by = peewee.TextField()
    sealed_account = peewee.TextField()
    sealed_at = InstantField()
    announce = JsonField(null=True)
    digest = peewee.TextField(default="")
    fallback = peewee.TextField(default="")
    announced_by = peewee.TextField(default="")
    announced_at = InstantField(null=True)
    reveal_by = InstantField(null=True)
    value_at = InstantField(null=True)
    revealed_at = InstantField(null=True)
    round = peewee.IntegerField(default=1)
    job_id = peewee.BigIntegerField(null=True)
    correction = peewee.TextField(default="")
    repeats = peewee.ForeignKeyField("self", null=True)
    void_reason = peewee.TextField(default="")
    void_asked_by = peewee.TextField(default="")
    void_asked_account = peewee.TextField(default="")
    voided_by = peewee.TextField(default="")
    voided_at = InstantField(null=True)

    class Meta:
        indexes = ((("year", "serial"), True),)

    @property
    def draw_id(self) -> str:
        """The serial as it enters the commitments, e.g. 2026-0012."""
        return f"{self.year}-{self.serial:04d}"


#: One living draw for a task: the second of two clicks meets this constraint.
Draw.add_index(Draw.index(Draw.task, unique=True, where=(Draw.state != "void")))


class DrawParty(Record):
    """A person who commits to 32 bytes. ``secret`` is what the page keeps for the party until the deadline."""

    draw = peewee.ForeignKeyField(Draw, backref="parties")
    party = peewee.TextField()
    unit = peewee.TextField()
    account = peewee.TextField()
    name = peewee.TextField()
    own = peewee.BooleanField(default=False)
    commitment = peewee.TextField()
    secret = peewee.TextField(default="")
    reveal = peewee.TextField(default="")
    revealed_at = InstantField(null=True)

    class Meta:
        indexes = ((("draw", "account"), True), (("draw", "party"), True))


class PublicValue(Record):
    """The public value as one person typed it; two persons' equal values of a round make the draw run."""

    draw = peewee.ForeignKeyField(Draw, backref="values")
    round = peewee.IntegerField()
    attempt = peewee.IntegerField()
    place = peewee.IntegerField()
    account = peewee.TextField()
    name = peewee.TextField()
    unit = peewee.TextField()
    value = peewee.TextField()
    typed_at = InstantField()

    class Meta:
        indexes = (
            (("draw", "round", "attempt", "place"), True),
            (("draw", "round", "attempt", "account"), True),
        )


class DrawResult(Record):
    """The one result of a round of a draw: the bundle that anyone can recompute. A corrected round stays visible."""

    draw = peewee.ForeignKeyField(Draw, backref="results")
    round = peewee.IntegerField()
    public_value = peewee.TextField()
    bundle = peewee.ForeignKeyField(files.StoredFile)
    drawn_count = peewee.IntegerField()
    drawn_at = InstantField()
    superseded_at = InstantField(null=True)
    reason = peewee.TextField(default="")

    class Meta:
        indexes = ((("draw", "round"), True),)


class DrawnObject(Record):
    """An object that was drawn, in the order of the draw."""

    result = peewee.ForeignKeyField(DrawResult, backref="objects")
    task = peewee.ForeignKeyField(CheckTask)
    place = peewee.IntegerField()
    object_id = peewee.TextField()
    name = peewee.TextField()
    stratum = peewee.TextField()
    street = peewee.TextField(default="")
    risk_class = peewee.TextField(default="")
    subject = peewee.ForeignKeyField(Subject, null=True)
    year = peewee.IntegerField()
    current = peewee.BooleanField(default=True)
    excused = peewee.TextField(default="")

    class Meta:
        indexes = (
            (("result", "object_id"), True),
            (("object_id", "year", "current"), False),
            (("subject", "current"), False),
        )


class SpotCheck(Record):
    """One unit's check of one drawn object, from assignment to publicity and, where needed, to its closing.

    ``answers`` is a list of {line, checked, problem, handling}; ``codes`` and ``disposals`` hold keys of the code
    lists. ``external`` is the serial number in the unit's own system.
    """

    drawn = peewee.ForeignKeyField(DrawnObject, backref="checks")
    task = peewee.ForeignKeyField(CheckTask, backref="checks")
    unit = peewee.TextField()
    item = peewee.ForeignKeyField(ItemVersion)
    subject = peewee.ForeignKeyField(Subject, null=True)
    object_id = peewee.TextField()
    name = peewee.TextField()
    state = peewee.TextField(default="pending")
    notice_number = peewee.TextField(default="")
    notice_at = InstantField(null=True)
    contact = peewee.TextField(default="")
    checked_on = peewee.DateField(null=True)
    checked_at = InstantField(null=True)
    methods = JsonField(default=list)
    answers = JsonField(default=list)
    codes = JsonField(default=list)
    disposals = JsonField(default=list)
    opinion = peewee.TextField(default="")
    note = peewee.TextField(default="")
    signed = JsonField(default=list)
    follow_up_until = peewee.DateField(null=True)
    author = peewee.TextField(default="")
    author_account = peewee.TextField(default="")
    entered_at = InstantField(null=True)
    first_entered_at = InstantField(null=True)
    approved_by = peewee.TextField(default="")
    approved_at = InstantField(null=True)
    return_reason = peewee.TextField(default="")
    published_at = InstantField(null=True)
    published_by = peewee.TextField(default="")
    closed_at = InstantField(null=True)
    closed_by = peewee.TextField(default="")
    closing_note = peewee.TextField(default="")
    source = peewee.TextField(default="")
    external = peewee.TextField(default="")
    version = peewee.IntegerField(default=1)

    class Meta:
        indexes = (
            (("drawn", "unit"), True),
            (("unit", "state", "id"), False),
            (("task", "unit", "state"), False),
            (("subject", "checked_on"), False),
        )


SpotCheck.add_index(
    SpotCheck.index(SpotCheck.unit, SpotCheck.external, unique=True, where=(SpotCheck.external != ""))
)


class CheckMember(Record):
    """An inspector assigned to a check; a replaced one stays with the reason."""

    check_ref = peewee.ForeignKeyField(SpotCheck, backref="members", column_name="check_id")
    inspector = peewee.ForeignKeyField(Inspector)
    name = peewee.TextField()
    assigned_at = InstantField()
    left_at = InstantField(null=True)
    left_reason = peewee.TextField(default="")
    left_by = peewee.TextField(default="")
    replaces = peewee.ForeignKeyField("self", null=True)

    class Meta:
        indexes = ((("check_ref", "inspector"), True), (("inspector", "left_at"), False))


class CheckFile(Record):
    """A scan of the signed sheet or a photograph."""

    check_ref = peewee.ForeignKeyField(SpotCheck, backref="files", column_name="check_id")
    file = peewee.ForeignKeyField(files.StoredFile)
    kind = peewee.TextField()
    added_by = peewee.TextField()
    added_at = InstantField()


MODELS = (Draw, DrawParty, PublicValue, DrawResult, DrawnObject, SpotCheck, CheckMember, CheckFile)
