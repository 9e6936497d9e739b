"""Tables of the joint meeting: meetings and their attendance, minutes, materials, letters, bulletins, papers."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, JsonField, Record, files

from . import rules
from .seat_models import Charge, Seat, SeatChange


class Meeting(Record):
    """One meeting. ``unit`` is the industry unit that convenes a some-member meeting, else empty."""

    kind = peewee.TextField()
    title = peewee.TextField()
    state = peewee.TextField(default="draft")
    unit = peewee.TextField(default="", index=True)
    theme = peewee.TextField(default="")
    starts_at = InstantField(index=True)
    place = peewee.TextField()
    presider = peewee.TextField()
    agenda = peewee.TextField()
    guests = peewee.TextField(default="")
    drafted_by = peewee.TextField()
    convened_by = peewee.TextField(default="")
    convened_at = InstantField(null=True)
    charge = peewee.ForeignKeyField(Charge, null=True)
    sheet = peewee.ForeignKeyField(files.StoredFile, backref="+", null=True)
    sheet_by = peewee.TextField(default="")
    sheet_at = InstantField(null=True)
    cancel_reason = peewee.TextField(default="")
    version = peewee.IntegerField(default=1)

    @property
    def kind_label(self) -> str:
        return rules.KINDS[self.kind]

    @property
    def state_label(self) -> str:
        return rules.MEETING_STATES[self.state]

    @property
    def tone(self) -> str:
        return rules.MEETING_TONES[self.state]


class Attendee(Record):
    """A unit (or the body that is no unit) convened to a meeting, and how it attended; the person is a snapshot."""

    meeting = peewee.ForeignKeyField(Meeting, backref="attendees")
    unit = peewee.TextField(default="", index=True)
    body = peewee.TextField()
    order = peewee.IntegerField(column_name="place")
    expected = peewee.TextField(default="")
    expected_position = peewee.TextField(default="")
    state = peewee.TextField(default=rules.EXPECTED)
    person = peewee.TextField(default="")
    position = peewee.TextField(default="")
    reason = peewee.TextField(default="")
    way = peewee.TextField(default="")
    noted_by = peewee.TextField(default="")
    noted_at = InstantField(null=True)

    class Meta:
        table_name = "meeting_attendee"
        indexes = ((("meeting", "body"), True),)

    @property
    def state_label(self) -> str:
        return rules.ATTENDANCE[self.state]

    @property
    def tone(self) -> str:
        return rules.ATTENDANCE_TONES[self.state]


class Decision(Record):
    """A matter decided (议定事项): the responsible unit owes it until its day."""

    meeting = peewee.ForeignKeyField(Meeting, backref="decisions")
    text = peewee.TextField()
    unit = peewee.TextField(index=True)
    due = peewee.DateField()
    state = peewee.TextField(default="open")
    note = peewee.TextField(default="")
    entered_by = peewee.TextField()
    entered_at = InstantField()
    done_by = peewee.TextField(default="")
    done_at = InstantField(null=True)

    class Meta:
        table_name = "meeting_decision"


class MaterialRequest(Record):
    """A request for material with its date, for a meeting or for itself."""

    meeting = peewee.ForeignKeyField(Meeting, null=True)
    title = peewee.TextField()
    detail = peewee.TextField(default="")
    due = peewee.DateField()
    state = peewee.TextField(default="open")
    asked_unit = peewee.TextField(default="")
    asked_by = peewee.TextField()
    asked_at = InstantField()
    reason = peewee.TextField(default="")


class MaterialDue(Record):
    """What one unit was asked to send, and when it first did."""

    request = peewee.ForeignKeyField(MaterialRequest, backref="dues")
    unit = peewee.TextField(index=True)
    sent_at = InstantField(null=True)

    class Meta:
        indexes = ((("request", "unit"), True),)


class Material(Record):
    """A file that a unit sent: for what it was asked (``due_row``), or unasked (及时抄送)."""

    due_row = peewee.ForeignKeyField(MaterialDue, null=True, backref="materials")
    meeting = peewee.ForeignKeyField(Meeting, null=True)
    unit = peewee.TextField(index=True)
    file = peewee.ForeignKeyField(files.StoredFile, backref="+")
    note = peewee.TextField(default="")
    sent_by = peewee.TextField()
    sent_at = InstantField()


class Paper(Record):
    """An official PDF: what it is made of is fixed when it is asked for; the runner makes it and keeps its SM3."""

    what = peewee.TextField()
    record_type = peewee.TextField()
    record_id = peewee.BigIntegerField()
    template = peewee.TextField()
    title = peewee.TextField()
    number = peewee.TextField(default="")
    day = peewee.DateField()
    content = JsonField()
    state = peewee.TextField(default="queued")
    problem = peewee.TextField(default="")
    file = peewee.ForeignKeyField(files.StoredFile, backref="+", null=True)
    digest = peewee.TextField(default="")
    pages = peewee.IntegerField(null=True)
    substitutions = JsonField(default=list)
    job_id = peewee.BigIntegerField(null=True)
    asked_by = peewee.TextField()
    asked_at = InstantField()
    made_at = InstantField(null=True)

    class Meta:
        table_name = "meeting_paper"
        indexes = ((("record_type", "record_id", "what"), False),)


class NumberSeries(Record):
    """The last number given in a series and year; counted up in the transaction that uses it, so without gaps."""

    series = peewee.TextField()
    year = peewee.IntegerField()
    last = peewee.IntegerField(default=0)

    class Meta:
        table_name = "meeting_number_series"
        indexes = ((("series", "year"), True),)


class Minutes(Record):
    """Minutes (纪要) of a meeting. ``corrects`` names the issued minutes that this one puts right."""

    meeting = peewee.ForeignKeyField(Meeting, backref="minutes")
    corrects = peewee.ForeignKeyField("self", null=True)
    title = peewee.TextField()
    state = peewee.TextField(default="drafting")
    revision = peewee.IntegerField(default=1)
    consult_due = peewee.DateField(null=True)
    round = peewee.IntegerField(default=0)
    signed_by = peewee.TextField(default="")
    signed_at = InstantField(null=True)
    signed_revision = peewee.IntegerField(null=True)
    signed_digest = peewee.TextField(default="")
    year = peewee.IntegerField(null=True)
    ordinal = peewee.IntegerField(null=True)
    issue_day = peewee.DateField(null=True)
    paper = peewee.ForeignKeyField(Paper, null=True, backref="+")
    issued_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        indexes = ((("year", "ordinal"), True),)

    @property
    def state_label(self) -> str:
        return rules.MINUTES_STATES[self.state]

    @property
    def tone(self) -> str:
        return rules.MINUTES_TONES.get(self.state, "neutral")

    @property
    def number(self) -> str:
        """〔2026〕3号, or empty before issue."""
        return f"〔{self.year}〕{self.ordinal}号" if self.ordinal else ""


class MinutesRevision(Record):
    """One saved text. ``kept_apart`` marks the text of an editor who began from an older one: kept, never in force
    until somebody joins it."""

    minutes = peewee.ForeignKeyField(Minutes, backref="revisions")
    number = peewee.IntegerField()
    based_on = peewee.IntegerField(default=0)
    text = peewee.TextField()
    source = peewee.TextField(default="文字")
    note = peewee.TextField(default="")
    kept_apart = peewee.BooleanField(default=False)
    joined = peewee.BooleanField(default=False)
    author = peewee.TextField()
    saved_at = InstantField()

    class Meta:
        indexes = ((("minutes", "number"), True),)


class Opinion(Record):
    """What one attending unit says to a draft sent round: agrees, or comments until the drafter has answered."""

    minutes = peewee.ForeignKeyField(Minutes, backref="opinions")
    round = peewee.IntegerField()
    unit = peewee.TextField(default="")
    body = peewee.TextField()
    state = peewee.TextField(default="asked")
    text = peewee.TextField(default="")
    said_by = peewee.TextField(default="")
    said_at = InstantField(null=True)
    reply = peewee.TextField(default="")
    replied_by = peewee.TextField(default="")
    replied_at = InstantField(null=True)

    class Meta:
        table_name = "minutes_opinion"
        indexes = (
            (("minutes", "round", "body"), True),
            (("minutes", "state"), False),
            (("unit", "state"), False),
        )

    @property
    def state_label(self) -> str:
        return rules.OPINIONS[self.state]

    @property
    def tone(self) -> str:
        return rules.OPINION_TONES[self.state]


class Delivery(Record):
    """To whom a document was sent, and when somebody there confirmed having read it."""

    record_type = peewee.TextField()
    record_id = peewee.BigIntegerField()
    unit = peewee.TextField(default="", index=True)
    body = peewee.TextField()
    copy_to = peewee.BooleanField(default=False)
    sent_at = InstantField()
    read_at = InstantField(null=True)
    read_by = peewee.TextField(default="")

    class Meta:
        table_name = "meeting_delivery"
        indexes = ((("record_type", "record_id", "body"), True),)


class Report(Record):
    """A major matter reported to 区管委会 (重大事项按程序报告), and its answer."""

    title = peewee.TextField()
    text = peewee.TextField()
    year = peewee.IntegerField()
    ordinal = peewee.IntegerField()
    day = peewee.DateField()
    sent_by = peewee.TextField()
    sent_at = InstantField()
    answer = peewee.TextField(default="")
    answered_on = peewee.DateField(null=True)
    answer_file = peewee.ForeignKeyField(files.StoredFile, backref="+", null=True)
    answer_by = peewee.TextField(default="")

    class Meta:
        table_name = "meeting_report"
        indexes = ((("year", "ordinal"), True),)


class Urge(Record):
    """A supervision or urge notice (监督检查、督办) to a unit with the day of its answer."""

    kind = peewee.TextField()
    unit = peewee.TextField(index=True)
    title = peewee.TextField()
    text = peewee.TextField()
    due = peewee.DateField()
    year = peewee.IntegerField()
    ordinal = peewee.IntegerField()
    state = peewee.TextField(default="open")
    sent_by = peewee.TextField()
    sent_at = InstantField()
    answer = peewee.TextField(default="")
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)
    answer_file = peewee.ForeignKeyField(files.StoredFile, backref="+", null=True)
    reason = peewee.TextField(default="")

    class Meta:
        table_name = "meeting_urge"
        indexes = ((("year", "ordinal"), True),)


class Bulletin(Record):
    """A bulletin (通报) of a quarter or a year, made from frozen scores whose digests it names."""

    period = peewee.TextField()
    title = peewee.TextField()
    year = peewee.IntegerField()
    ordinal = peewee.IntegerField()
    day = peewee.DateField()
    introduction = peewee.TextField(default="")
    sources = JsonField()
    sheet = peewee.ForeignKeyField(files.StoredFile, backref="+")
    paper = peewee.ForeignKeyField(Paper, null=True, backref="+")
    issued_by = peewee.TextField()
    issued_at = InstantField()

    class Meta:
        indexes = ((("year", "ordinal"), True), (("period", "day"), False))

    @property
    def number(self) -> str:
        """〔2026〕1号 in the bulletins' own series."""
        return f"〔{self.year}〕{self.ordinal}号"


MODELS = (
    Seat, SeatChange, Charge, Meeting, Attendee, Decision, MaterialRequest, MaterialDue, Material, Paper, NumberSeries,
    Minutes, MinutesRevision, Opinion, Delivery, Report, Urge, Bulletin,
)  # fmt: skip
