"""What the exchange stores: imports with their problems and rows, remembered columns, tokens, senders' keys, files out."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, JsonField, Record, files


class ImportRun(Record):
    """One file on its way in. ``after`` is the last row that was stored; it moves in the transaction of its batch.

    ``columns`` are the header's texts with the field each was taken for; ``counts`` are those of the dry run.
    """

    kind = peewee.TextField()
    unit = peewee.TextField()
    file = peewee.ForeignKeyField(files.StoredFile)
    source = peewee.TextField(default="")
    state = peewee.TextField()
    job = peewee.BigIntegerField(null=True)
    columns = JsonField(default=list)
    notices = JsonField(default=list)
    rows = peewee.IntegerField(default=0)
    created = peewee.IntegerField(default=0)
    changed = peewee.IntegerField(default=0)
    same = peewee.IntegerField(default=0)
    wrong = peewee.IntegerField(default=0)
    after = peewee.IntegerField(default=0)
    taken_created = peewee.IntegerField(default=0)
    taken_changed = peewee.IntegerField(default=0)
    taken_same = peewee.IntegerField(default=0)
    refused = peewee.IntegerField(default=0)
    undone = peewee.IntegerField(default=0)
    note = peewee.TextField(default="")
    uploaded_by = peewee.TextField()
    uploaded_at = InstantField()

    class Meta:
        table_name = "exchange_import"
        indexes = ((("unit", "id"), False),)

    @property
    def source_text(self) -> str:
        """What the records say of where they came from."""
        return self.source or f"导入 {self.id}"


class ImportProblem(Record):
    """One value that breaks a rule; ``row`` as the sender's program counts, ``column`` from 0, None for the whole row."""

    run = peewee.ForeignKeyField(ImportRun, backref="problems")
    row = peewee.IntegerField()
    column = peewee.IntegerField(null=True)
    label = peewee.TextField()
    value = peewee.TextField()
    rule = peewee.TextField()
    suggestion = peewee.TextField()

    class Meta:
        table_name = "exchange_import_problem"
        indexes = ((("run", "row"), False),)


class ImportedRow(Record):
    """A row that made or changed a record: what an undo takes back. A row is stored once."""

    run = peewee.ForeignKeyField(ImportRun, backref="imported")
    row = peewee.IntegerField()
    outcome = peewee.TextField()
    record = peewee.BigIntegerField()
    reference = peewee.TextField()
    undone = peewee.BooleanField(default=False)

    class Meta:
        table_name = "exchange_imported_row"
        indexes = ((("run", "row"), True),)


class ColumnMemory(Record):
    """Which field a unit's own heading means, as a person once said it; an empty field: the column is not taken."""

    unit = peewee.TextField()
    kind = peewee.TextField()
    header = peewee.TextField()
    field = peewee.TextField()

    class Meta:
        table_name = "exchange_column_memory"
        indexes = ((("unit", "kind", "header"), True),)


class ApiToken(Record):
    """A key of another system of the unit. Only its hash is stored; ``start`` are its first signs, to recognise it."""

    unit = peewee.TextField(index=True)
    name = peewee.TextField()
    token_hash = peewee.TextField(unique=True)
    start = peewee.TextField()
    kinds = JsonField()
    may_write = peewee.BooleanField()
    expires_on = peewee.DateField()
    created_by = peewee.TextField()
    created_at = InstantField()
    used_on = peewee.DateField(null=True)
    revoked_at = InstantField(null=True)
    revoked_by = peewee.TextField(default="")

    class Meta:
        table_name = "exchange_api_token"


class ApiRate(Record):
    """How many requests of the minute (since 1970) the processes have taken for a caller of the API."""

    caller = peewee.TextField(unique=True)
    minute = peewee.BigIntegerField(index=True)
    used = peewee.BigIntegerField()

    class Meta:
        table_name = "exchange_api_rate"


class SenderKey(Record):
    """The serial number by which another system knows a record, with the digest of what it last sent."""

    unit = peewee.TextField()
    kind = peewee.TextField()
    key = peewee.TextField()
    record = peewee.BigIntegerField()
    digest = peewee.TextField()
    arrived_at = InstantField()

    class Meta:
        table_name = "exchange_sender_key"
        indexes = ((("unit", "kind", "key"), True),)


class FileOut(Record):
    """A numbered file for another system; its bytes are kept, so that it is the same whenever it is taken again.

    It holds the records that changed after the number ``since`` up to ``until``; the next one begins there.
    """

    unit = peewee.TextField()
    year = peewee.IntegerField()
    ordinal = peewee.IntegerField()
    kind = peewee.TextField()
    target = peewee.TextField()
    since = peewee.BigIntegerField()
    until = peewee.BigIntegerField()
    rows = peewee.IntegerField()
    file = peewee.ForeignKeyField(files.StoredFile)
    made_by = peewee.TextField()
    made_at = InstantField()

    class Meta:
        table_name = "exchange_file_out"
        indexes = ((("unit", "year", "ordinal"), True),)


MODELS = (ImportRun, ImportProblem, ImportedRow, ColumnMemory, ApiToken, ApiRate, SenderKey, FileOut)
