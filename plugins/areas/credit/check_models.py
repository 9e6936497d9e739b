"""The tables of the joint sanction check: the query with its purpose, each party asked about, each record found."""

from __future__ import annotations

import peewee

from plugins.areas.credit.code_lists import purpose_label
from plugins.areas.credit.models import DishonestyRecord
from portal.toolkit import InstantField, Record, Subject, files, jobs

NOT_FOUND, BY_CODE, BY_NAME, BY_FORMER_NAME, BY_FORMER_CODE, SAME_NAMES, WRONG_CODE = (
    "none", "code", "name", "former_name", "former_code", "same_names", "wrong_code",
)  # fmt: skip
MATCH_LABELS = {
    NOT_FOUND: "主体库中没有", BY_CODE: "代码一致", BY_NAME: "名称一致", BY_FORMER_NAME: "曾用名", BY_FORMER_CODE: "原代码",
    SAME_NAMES: "同名多户，请用代码核查", WRONG_CODE: "代码有误",
}  # fmt: skip


class SanctionCheck(Record):
    """One 联合惩戒核查: who asked, for what purpose, what was answered. ``digest`` covers the whole answer."""

    unit = peewee.TextField()
    account = peewee.TextField()
    person = peewee.TextField()
    purpose = peewee.TextField()
    purpose_note = peewee.TextField(default="")
    title = peewee.TextField()
    asked_at = InstantField()
    day = peewee.DateField()
    job = peewee.ForeignKeyField(jobs.Job, null=True)
    file = peewee.ForeignKeyField(files.StoredFile, null=True)
    answered_at = InstantField(null=True)
    parties = peewee.IntegerField(default=0)
    found_parties = peewee.IntegerField(default=0)
    hit_parties = peewee.IntegerField(default=0)
    hits = peewee.IntegerField(default=0)
    digest = peewee.TextField(default="")

    class Meta:
        indexes = ((("unit", "id"), False),)

    @property
    def number(self) -> str:
        """The number printed on the result: HC2026-000123."""
        return f"HC{self.day.year}-{self.id:06d}"

    @property
    def check_code(self) -> str:
        """The sixteen signs printed beside the number; they change with any change of the answer."""
        return self.digest[:16].upper()

    @property
    def purpose_label(self) -> str:
        return purpose_label(self.purpose)


class CheckedParty(Record):
    """A party as it was asked about, and which subject it was taken for (``match``), never by likeness."""

    check = peewee.ForeignKeyField(SanctionCheck, column_name="check_id")
    position = peewee.IntegerField()
    typed = peewee.TextField()
    name = peewee.TextField(default="")
    name_key = peewee.TextField(default="")
    code = peewee.TextField(default="")
    subject = peewee.ForeignKeyField(Subject, null=True)
    match = peewee.TextField(default=NOT_FOUND)
    note = peewee.TextField(default="")

    class Meta:
        table_name = "credit_checked_party"
        indexes = ((("check", "position"), True),)

    @property
    def match_label(self) -> str:
        return MATCH_LABELS[self.match]


class CheckedRecord(Record):
    """A record in force that the check found for a party, as it was answered."""

    party = peewee.ForeignKeyField(CheckedParty)
    record = peewee.ForeignKeyField(DishonestyRecord)

    class Meta:
        table_name = "credit_checked_record"
        indexes = ((("party", "record"), True),)
