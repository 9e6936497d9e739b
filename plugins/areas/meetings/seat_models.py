"""Tables of the seats: who sits since when, proposed changes, the convenor's charges to a deputy."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, Record, users

from . import rules


class Seat(Record):
    """A place in the joint meeting held by one person from ``from_day`` up to the day before ``until_day``."""

    role = peewee.TextField()
    unit = peewee.TextField(default="")
    body = peewee.TextField()
    person = peewee.TextField()
    position = peewee.TextField(default="")
    account = peewee.TextField(default="")
    from_day = peewee.DateField()
    until_day = peewee.DateField(null=True)
    basis = peewee.TextField()

    class Meta:
        table_name = "meeting_seat"
        indexes = ((("unit", "role", "until_day"), False),)

    @property
    def role_label(self) -> str:
        return rules.SEATS[self.role]


class SeatChange(Record):
    """A proposal to fill, change or end a seat: the unit proposes, the joint meeting decides, the office records."""

    role = peewee.TextField()
    unit = peewee.TextField(default="", index=True)
    body = peewee.TextField()
    replaces = peewee.ForeignKeyField(Seat, null=True)
    person = peewee.TextField(default="")
    position = peewee.TextField(default="")
    account = peewee.TextField(default="")
    from_day = peewee.DateField()
    reason = peewee.TextField()
    state = peewee.TextField(default="proposed")
    proposed_by = peewee.TextField()
    proposed_at = InstantField()
    admitted_by = peewee.TextField(default="")
    admitted_at = InstantField(null=True)
    basis = peewee.TextField(default="")
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)
    answer = peewee.TextField(default="")

    class Meta:
        table_name = "meeting_seat_change"

    @property
    def role_label(self) -> str:
        return rules.SEATS[self.role]


class Charge(Record):
    """The convenor's charge to a deputy (召集人委托副召集人召集), recorded with its days."""

    deputy = peewee.ForeignKeyField(users.User, backref="+")
    deputy_name = peewee.TextField()
    given_by = peewee.TextField()
    given_at = InstantField()
    from_day = peewee.DateField()
    until_day = peewee.DateField()
    may_sign = peewee.BooleanField(default=False)
    reason = peewee.TextField()
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "meeting_charge"
