"""What unreachable subjects (无法联系) and unlicensed trading (无证无照) store."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, Record, Subject, files


class Unreachable(Record):
    """A subject that a unit could not reach at its registered address, and what the market regulator found (二（一）5)."""

    subject = peewee.ForeignKeyField(Subject)
    unit = peewee.TextField()
    found_on = peewee.DateField()
    circumstances = peewee.TextField()
    address = peewee.TextField()
    state = peewee.TextField(default="reported")
    notice_number = peewee.TextField(default="")
    notice = peewee.ForeignKeyField(files.StoredFile, null=True)
    notice_digest = peewee.TextField(default="")
    finding = peewee.TextField(default="")
    verified_on = peewee.DateField(null=True)
    verified_by = peewee.TextField(default="")
    verified_at = InstantField(null=True)
    listed_on = peewee.DateField(null=True)
    published_on = peewee.DateField(null=True)
    removed_on = peewee.DateField(null=True)
    removed_reason = peewee.TextField(default="")
    reported_by = peewee.TextField()
    reported_at = InstantField()

    class Meta:
        table_name = "licensing_unreachable"
        indexes = ((("state", "id"), False), (("unit", "id"), False))


Unreachable.add_index(
    Unreachable.index(
        Unreachable.subject, unique=True, where=Unreachable.state.in_(["reported", "listed"]),
        name="licensing_unreachable_living",
    )
)  # fmt: skip


class UnlicensedCase(Record):
    """A lead of unlicensed trading (二（一）6). ``unit`` has to deal with it now, ``entered_unit`` entered it (and is
    credited for the entry); the person may have no credit code, so ``subject`` may be empty."""

    kind = peewee.TextField()
    source = peewee.TextField()
    person = peewee.TextField()
    code = peewee.TextField(default="")
    subject = peewee.ForeignKeyField(Subject, null=True)
    place = peewee.TextField()
    street = peewee.TextField(default="")
    activity = peewee.TextField()
    item = peewee.TextField(default="")
    found_on = peewee.DateField()
    unit = peewee.TextField()
    entered_unit = peewee.TextField()
    state = peewee.TextField(default="open")
    screening = peewee.TextField(default="")
    screening_reason = peewee.TextField(default="")
    guidance_on = peewee.DateField(null=True)
    guidance = peewee.TextField(default="")
    outcome = peewee.TextField(default="")
    outcome_on = peewee.DateField(null=True)
    outcome_note = peewee.TextField(default="")
    document = peewee.TextField(default="")
    has_reporter = peewee.BooleanField(default=False)
    version = peewee.IntegerField(default=1)
    entered_on = peewee.DateField()
    entered_at = InstantField()
    entered_by = peewee.TextField()

    class Meta:
        table_name = "licensing_unlicensed_case"
        indexes = ((("unit", "state", "id"), False), (("entered_unit", "entered_on"), False))


class Reporter(Record):
    """Who reported a case: kept apart, read only by named roles, each look logged."""

    case = peewee.ForeignKeyField(UnlicensedCase, unique=True)
    name = peewee.TextField()
    phone = peewee.TextField(default="")
    note = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_reporter"


class CasePhoto(Record):
    """A photograph of a case; its content was decoded before it was kept."""

    case = peewee.ForeignKeyField(UnlicensedCase, backref="photos")
    file = peewee.ForeignKeyField(files.StoredFile)
    caption = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_case_photo"


class Referral(Record):
    """A case passed to the unit whose business it is (抄告移送), with its receipt."""

    case = peewee.ForeignKeyField(UnlicensedCase, backref="referrals")
    from_unit = peewee.TextField()
    to_unit = peewee.TextField()
    reason = peewee.TextField()
    sent_at = InstantField()
    sent_by = peewee.TextField()
    state = peewee.TextField(default="sent")
    answered_at = InstantField(null=True)
    answered_by = peewee.TextField(default="")
    answer = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_referral"


Referral.add_index(
    Referral.index(Referral.case, unique=True, where=Referral.state == "sent", name="licensing_referral_sent")
)

MODELS = (Unreachable, UnlicensedCase, Reporter, CasePhoto, Referral)
