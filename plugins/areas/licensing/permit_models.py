"""What permits and their decisions store, with the measures that a permit's end asks of the market regulator."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, Record, Subject

from .models import Claim


class Permit(Record):
    """A permit (行政许可) with the fields of the 双公示 standard; identity = (issuing unit, permit no., subject)."""

    subject = peewee.ForeignKeyField(Subject)
    unit = peewee.TextField()
    item = peewee.TextField()
    number = peewee.TextField()
    certificate = peewee.TextField(default="")
    document_name = peewee.TextField(default="")
    document = peewee.TextField(default="")
    category = peewee.TextField(default="普通")
    content = peewee.TextField(default="")
    decided_on = peewee.DateField()
    valid_from = peewee.DateField(null=True)
    valid_until = peewee.DateField(null=True)
    state = peewee.TextField(default="live")
    ended_on = peewee.DateField(null=True)
    note = peewee.TextField(default="")
    version = peewee.IntegerField(default=1)
    entered_at = InstantField()
    entered_by = peewee.TextField()

    class Meta:
        table_name = "licensing_permit"
        indexes = (
            (("unit", "number", "subject"), True),
            (("unit", "state", "id"), False),
            (("unit", "state", "valid_until"), False),
            (("subject", "state"), False),
        )


class Decision(Record):
    """A decision about a permit (核准 变更 注销 撤销 撤回 吊销); its clock runs until the permit record is entered.

    ``identity`` = (subject, document, day): the same document is counted once however often it is entered.
    """

    unit = peewee.TextField()
    subject = peewee.ForeignKeyField(Subject)
    item = peewee.TextField(default="")
    kind = peewee.TextField()
    document = peewee.TextField()
    decided_on = peewee.DateField()
    identity = peewee.TextField()
    reason = peewee.TextField(default="")
    claim = peewee.ForeignKeyField(Claim, null=True)
    permit = peewee.ForeignKeyField(Permit, null=True, backref="decisions")
    stored_at = InstantField()
    entered_at = InstantField(null=True)
    entered_by = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_decision"
        indexes = ((("unit", "identity"), True),)


class LinkedMeasure(Record):
    """What the market regulator did after a permit ended (二（一）4): a measure, or none needed with the reason."""

    permit = peewee.ForeignKeyField(Permit)
    decision = peewee.ForeignKeyField(Decision, unique=True)
    subject = peewee.ForeignKeyField(Subject)
    state = peewee.TextField(default="open")
    measure = peewee.TextField(default="")
    reason = peewee.TextField(default="")
    done_at = InstantField(null=True)
    done_by = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_linked_measure"
        indexes = ((("state", "id"), False),)


MODELS = (Permit, Decision, LinkedMeasure)
