"""The tables of the credit area: dishonesty records with their versions, papers, objections, repairs."""

from __future__ import annotations

from datetime import date

import peewee

from plugins.areas.credit import objection_rules, record_rules, repair_rules
from plugins.areas.credit.code_lists import other_label
from plugins.areas.credit.periods import day_words
from portal.toolkit import InstantField, JsonField, Record, Subject, clock, files


class DishonestyRecord(Record):
    """One decision on one party (失信主体信息). ``unit`` decided; persons and titles are those of the decision day.

    ``party_key`` is the code, the identity number or the name's key; with ``document_key`` and ``decided_on`` it is
    the record's identity. Amounts in 分. ``force_until`` is the last day on which it counts in a joint sanction check
    (9999-12-31: without end); a repaired or annulled record counts no more whatever that day says.
    """

    kind = peewee.TextField()
    category = peewee.TextField(default="")
    unit = peewee.TextField()
    subject = peewee.ForeignKeyField(Subject, null=True, backref="dishonesty_records")
    party_kind = peewee.TextField()
    party_name = peewee.TextField()
    party_name_key = peewee.TextField()
    party_code = peewee.TextField(default="")
    id_number = peewee.TextField(default="")
    party_key = peewee.TextField()
    representative = peewee.TextField(default="")
    representative_title = peewee.TextField(default="")
    document_name = peewee.TextField(default="")
    document_number = peewee.TextField()
    document_key = peewee.TextField()
    decided_on = peewee.DateField()
    act_kind = peewee.TextField()
    facts = peewee.TextField(default="")
    basis = peewee.TextField()
    penalty_kinds = JsonField(default=list)
    content = peewee.TextField(default="")
    fine = peewee.BigIntegerField(null=True)
    confiscated = peewee.BigIntegerField(null=True)
    licence = peewee.TextField(default="")
    valid_until = peewee.DateField(null=True)
    ban_until = peewee.DateField(null=True)
    field = peewee.TextField()
    measures = JsonField(default=list)
    simple_procedure = peewee.BooleanField(default=False)
    severity = peewee.TextField(default="")
    sector_rule = peewee.TextField(default="")
    track = peewee.TextField()
    note = peewee.TextField(default="")
    source = peewee.TextField()
    state = peewee.TextField(default=record_rules.ACTIVE)
    force_until = peewee.DateField()
    publicity = peewee.TextField()
    publicity_reason = peewee.TextField(default="")
    published_on = peewee.DateField(null=True)
    public_earliest = peewee.DateField(null=True)
    public_until = peewee.DateField(null=True)
    publicity_ended_on = peewee.DateField(null=True)
    publicity_changed_on = peewee.DateField(null=True)
    disputed = peewee.BooleanField(default=False)
    version = peewee.IntegerField(default=1)
    entered_on = peewee.DateField()
    entered_at = InstantField()
    entered_by = peewee.TextField()

    class Meta:
        indexes = (
            # The same decision on the same party stands once, whoever enters it.
            (("document_key", "party_key", "decided_on"), True),
            # Serves the check of a list: the records in force of a subject without touching the table.
            (("subject", "state", "force_until"), False),
            (("party_code", "state", "force_until"), False),
            (("party_name_key", "state"), False),
            (("unit", "id"), False),
            (("publicity", "public_until"), False),
            (("publicity_changed_on", "id"), False),
        )

    @property
    def label(self) -> str:
        """行政处罚, or the kind of other dishonesty."""
        return (
            record_rules.KIND_LABELS[self.kind]
            if self.kind == record_rules.PENALTY
            else other_label(self.category)
        )

    @property
    def state_label(self) -> str:
        if self.state != record_rules.ACTIVE or self.in_force(clock.today()):
            return record_rules.STATE_LABELS[self.state]
        return "不作惩戒依据" if self.force_until < self.decided_on else "有效期已满"

    @property
    def publicity_label(self) -> str:
        """The state of publicity; 异议处理中 while an objection is open (二（四）)."""
        words = record_rules.PUBLICITY_LABELS[self.publicity]
        return f"{words}（异议处理中）" if self.disputed else words

    @property
    def force_words(self) -> str:
        """Until when it counts in a check: a day, 长期, or 不作惩戒依据 for light dishonesty that is not published."""
        return "不作惩戒依据" if self.force_until < self.decided_on else day_words(self.force_until)

    @property
    def masked_id(self) -> str:
        """The identity number with its birthday hidden."""
        return f"{self.id_number[:6]}********{self.id_number[-4:]}" if len(self.id_number) == 18 else ""

    def in_force(self, day: date) -> bool:
        """Whether the record counts in a joint sanction check on ``day``."""
        return self.state == record_rules.ACTIVE and self.decided_on <= day <= self.force_until

    def is_public(self, day: date) -> bool:
        """Whether the record is public on ``day``: never after its period, whether or not the daily job has run."""
        return (
            self.publicity == record_rules.PUBLISHED
            and self.public_until is not None
            and day <= self.public_until
        )


class RecordVersion(Record):
    """A record as it stood before a correction: the wrong version stays visible (二（四）)."""

    record = peewee.ForeignKeyField(DishonestyRecord, backref="versions")
    number = peewee.IntegerField()
    values = JsonField()
    reason = peewee.TextField()
    corrected_at = InstantField()
    corrected_by = peewee.TextField()
    unit = peewee.TextField()

    class Meta:
        table_name = "credit_record_version"
        indexes = ((("record", "number"), True),)


class FormerCode(Record):
    """A code that a subject had before its present one (个转企): found in checks."""

    code = peewee.TextField(index=True)
    subject = peewee.ForeignKeyField(Subject)

    class Meta:
        table_name = "credit_former_code"
        indexes = ((("subject", "code"), True),)


class Paper(Record):
    """An attachment of a record, an objection or a repair; ``owner_type`` is record, objection or repair."""

    owner_type = peewee.TextField()
    owner_id = peewee.BigIntegerField()
    label = peewee.TextField()
    file = peewee.ForeignKeyField(files.StoredFile)
    added_at = InstantField()

    class Meta:
        table_name = "credit_paper"
        indexes = ((("owner_type", "owner_id"), False),)


class Letter(Record):
    """A written reply with its frozen text: the same values give the same PDF whenever it is taken."""

    owner_type = peewee.TextField()
    owner_id = peewee.BigIntegerField()
    year = peewee.IntegerField()
    ordinal = peewee.IntegerField()
    unit = peewee.TextField()
    title = peewee.TextField()
    values = JsonField()
    dated = peewee.DateField()

    class Meta:
        table_name = "credit_letter"
        indexes = ((("unit", "year", "ordinal"), True), (("owner_type", "owner_id"), False))


class Objection(Record):
    """异议申请 against a published record. ``received_on`` is the desk's receipt, ``unit_received_on`` the source unit's
    own: D8 and D9 count from the first, D10 from the second."""

    record = peewee.ForeignKeyField(DishonestyRecord, backref="objections")
    state = peewee.TextField(default=objection_rules.RECEIVED)
    applicant_kind = peewee.TextField()
    applicant = peewee.TextField()
    applicant_key = peewee.TextField()
    applicant_code = peewee.TextField(default="")
    contact = peewee.TextField(default="")
    phone = peewee.TextField(default="")
    item = peewee.TextField()
    claim = peewee.TextField()
    evidence = peewee.TextField(default="")
    received_on = peewee.DateField()
    received_at = InstantField()
    received_by = peewee.TextField()
    desk_unit = peewee.TextField()
    source_unit = peewee.TextField()
    comparison = peewee.TextField(default="")
    compared_by = peewee.TextField(default="")
    transferred_on = peewee.DateField(null=True)
    unit_received_on = peewee.DateField(null=True)
    unit_received_by = peewee.TextField(default="")
    answer = peewee.TextField(default="")
    closed_on = peewee.DateField(null=True)
    closed_by = peewee.TextField(default="")

    class Meta:
        table_name = "credit_objection"
        indexes = ((("state", "id"), False), (("source_unit", "state"), False))

    @property
    def state_label(self) -> str:
        return objection_rules.STATE_LABELS[self.state]


Objection.add_index(
    Objection.index(
        Objection.record,
        Objection.applicant_key,
        unique=True,
        where=Objection.state.in_(sorted(objection_rules.OPEN_STATES)),
    )
)


class Repair(Record):
    """信用修复申请 for a published record; ``checked`` keeps the conditions as they stood when it was decided."""

    record = peewee.ForeignKeyField(DishonestyRecord, backref="repairs")
    state = peewee.TextField(default=repair_rules.RECEIVED)
    unit = peewee.TextField()
    applicant = peewee.TextField()
    contact = peewee.TextField(default="")
    phone = peewee.TextField(default="")
    statement = peewee.TextField()
    received_on = peewee.DateField()
    received_by = peewee.TextField()
    entered_unit = peewee.TextField()
    upper_rule = peewee.TextField(default="")
    checked = JsonField(default=list)
    reason = peewee.TextField(default="")
    decided_on = peewee.DateField(null=True)
    decided_by = peewee.TextField(default="")

    class Meta:
        table_name = "credit_repair"
        indexes = ((("unit", "state"), False), (("state", "id"), False))

    @property
    def state_label(self) -> str:
        return repair_rules.STATE_LABELS[self.state]


Repair.add_index(
    Repair.index(
        Repair.record, unique=True, where=Repair.state == repair_rules.RECEIVED, name="credit_repair_waiting"
    )
)
