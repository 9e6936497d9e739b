"""The list, the two libraries, the plans and the tasks of spot checks as stored (areas.md 3.1 to 3.3)."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, JsonField, Record, Subject


class ItemVersion(Record):
    """One version of a 抽查事项. ``ratio`` is percent; a version is in force from ``from_day`` up to the day before
    ``until_day`` once 区管办 has confirmed it (二（三）)."""

    number = peewee.TextField()
    version = peewee.IntegerField()
    unit = peewee.TextField(index=True)
    check_field = peewee.TextField()
    category = peewee.TextField()
    item = peewee.TextField()
    object_type = peewee.TextField()
    content = peewee.TextField()
    basis = peewee.TextField()
    ratio = peewee.IntegerField()
    frequency = peewee.TextField()
    method = peewee.TextField()
    kind = peewee.TextField()
    yearly_cap = peewee.IntegerField()
    requirement = peewee.TextField(default="")
    materials = JsonField(default=list)
    checklist = JsonField(default=list)
    state = peewee.TextField(default="draft")
    from_day = peewee.DateField(null=True)
    until_day = peewee.DateField(null=True)
    end_reason = peewee.TextField(default="")
    drafted_by = peewee.TextField()
    drafted_account = peewee.TextField()
    drafted_at = InstantField()
    legal_by = peewee.TextField(default="")
    legal_at = InstantField(null=True)
    legal_opinion = peewee.TextField(default="")
    confirmed_by = peewee.TextField(default="")
    confirmed_at = InstantField(null=True)
    confirm_opinion = peewee.TextField(default="")
    return_reason = peewee.TextField(default="")
    published_on = peewee.DateField(null=True)
    published_by = peewee.TextField(default="")

    class Meta:
        indexes = ((("number", "version"), True), (("state", "number"), False))


#: Two officers cannot keep two drafts of one item beside each other.
ItemVersion.add_index(
    ItemVersion.index(
        ItemVersion.number, unique=True, where=ItemVersion.state.in_(["draft", "legal", "zone"])
    )
)


class LibraryRule(Record):
    """Which objects belong to an item's 检查对象名录库: a filter over subjects; empty lists do not filter.

    ``strata`` names the grouping whose groups have quotas of their own: "", class, street or category;
    ``weights`` is {risk class: 1..16}.
    """

    number = peewee.TextField(unique=True)
    unit = peewee.TextField(index=True)
    subjects = peewee.BooleanField(default=True)
    categories = JsonField(default=list)
    industries = JsonField(default=list)
    streets = JsonField(default=list)
    labels = JsonField(default=list)
    classes = JsonField(default=list)
    strata = peewee.TextField(default="")
    weights = JsonField(default=dict)
    reason = peewee.TextField(default="")
    changed_by = peewee.TextField()
    changed_at = InstantField()


class LibraryAdjustment(Record):
    """A single object's weight set by hand (0: left out), with who and why: shown at the next sealing."""

    number = peewee.TextField()
    object_id = peewee.TextField()
    name = peewee.TextField()
    weight = peewee.IntegerField()
    reason = peewee.TextField()
    set_by = peewee.TextField()
    set_at = InstantField()

    class Meta:
        indexes = ((("number", "object_id"), True),)


class CheckObject(Record):
    """An imported place, project or product in an item's library."""

    number = peewee.TextField()
    kind = peewee.TextField()
    code = peewee.TextField()
    name = peewee.TextField()
    subject = peewee.ForeignKeyField(Subject, null=True)
    street = peewee.TextField(default="")
    address = peewee.TextField(default="")
    risk_class = peewee.TextField(default="")
    valid = peewee.BooleanField(default=True)
    source = peewee.TextField()
    entered_by = peewee.TextField()
    entered_at = InstantField()

    class Meta:
        indexes = ((("number", "kind", "code"), True),)


class SubjectLabel(Record):
    """A label of supervision on a subject (监管标签), e.g. 加油站."""

    subject = peewee.ForeignKeyField(Subject)
    label = peewee.TextField()
    entered_by = peewee.TextField()
    entered_at = InstantField()

    class Meta:
        indexes = ((("label", "subject"), True),)


class RiskClass(Record):
    """The credit risk class of a subject (A–D) and the day of that classification."""

    subject = peewee.ForeignKeyField(Subject, unique=True)
    risk_class = peewee.TextField(index=True)
    day = peewee.DateField()
    entered_by = peewee.TextField()


class Inspector(Record):
    """A person of the 执法检查人员名录库; ``key`` is the id in sealed rosters. ``items`` are numbers of check items,
    ``fields`` whole check fields the person may check."""

    key = peewee.TextField(unique=True)
    unit = peewee.TextField(index=True)
    name = peewee.TextField()
    staff_number = peewee.TextField()
    phone = peewee.TextField(default="")
    certificate = peewee.TextField()
    valid_to = peewee.DateField()
    issuer = peewee.TextField(default="")
    items = JsonField(default=list)
    fields = JsonField(default=list)
    expert = peewee.BooleanField(default=False)
    active = peewee.BooleanField(default=True)
    account = peewee.TextField(default="")
    changed_by = peewee.TextField()
    changed_at = InstantField()

    class Meta:
        indexes = ((("unit", "staff_number"), True),)


class InspectorLeave(Record):
    """Days on which an inspector is away."""

    inspector = peewee.ForeignKeyField(Inspector, backref="leaves")
    from_day = peewee.DateField()
    until_day = peewee.DateField()
    reason = peewee.TextField()


class InspectorInterest(Record):
    """A declared interest (回避): the inspector never checks this object."""

    inspector = peewee.ForeignKeyField(Inspector, backref="interests")
    object_id = peewee.TextField()
    name = peewee.TextField()
    reason = peewee.TextField()
    declared_by = peewee.TextField()
    declared_at = InstantField()
    ended_at = InstantField(null=True)


InspectorInterest.add_index(
    InspectorInterest.index(
        InspectorInterest.inspector,
        InspectorInterest.object_id,
        unique=True,
        where=InspectorInterest.ended_at.is_null(),
    )
)


class CheckPlan(Record):
    """A year plan: of one unit, or a joint plan which the leading industry unit drafts and asks about (附件1 三（二））."""

    year = peewee.IntegerField()
    joint = peewee.BooleanField(default=False)
    unit = peewee.TextField(index=True)
    name = peewee.TextField()
    theme = peewee.TextField(default="")
    document = peewee.TextField(default="")
    state = peewee.TextField(default="draft")
    answer_by = peewee.DateField(null=True)
    made_by = peewee.TextField()
    made_at = InstantField()
    in_force_at = InstantField(null=True)

    class Meta:
        indexes = ((("year", "unit", "name"), True),)


class PlanLine(Record):
    """What the plan intends: an item, its period and ratio; in a joint plan also the participant's answer."""

    plan = peewee.ForeignKeyField(CheckPlan, backref="lines")
    unit = peewee.TextField()
    number = peewee.TextField()
    from_day = peewee.DateField()
    until_day = peewee.DateField()
    percent = peewee.TextField()
    at_least = peewee.BooleanField(default=True)
    answer = peewee.TextField(default="")
    comment = peewee.TextField(default="")
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)

    class Meta:
        indexes = ((("unit", "until_day"), False),)


class CheckTask(Record):
    """One round of checks. ``ratios`` is {stratum or "*": [numerator, denominator, at least]}; ``library`` the item
    whose objects are drawn, once for all units."""

    code = peewee.TextField(unique=True)
    year = peewee.IntegerField()
    serial = peewee.IntegerField()
    joint = peewee.BooleanField(default=False)
    unit = peewee.TextField(index=True)
    plan = peewee.ForeignKeyField(CheckPlan, null=True, backref="tasks")
    reason = peewee.TextField(default="")
    name = peewee.TextField()
    theme = peewee.TextField(default="")
    library = peewee.TextField()
    from_day = peewee.DateField()
    until_day = peewee.DateField()
    ratios = JsonField()
    per_object = peewee.IntegerField(default=2)
    unannounced = peewee.BooleanField(default=False)
    made_by = peewee.TextField()
    made_at = InstantField()
    cancelled_reason = peewee.TextField(default="")

    class Meta:
        indexes = ((("unit", "year", "serial"), True), (("until_day", "id"), False))


class TaskUnit(Record):
    """A unit that takes part in a task, with its own item."""

    task = peewee.ForeignKeyField(CheckTask, backref="participants")
    unit = peewee.TextField()
    number = peewee.TextField()

    class Meta:
        indexes = ((("task", "unit"), True), (("unit", "task"), False))


MODELS = (
    ItemVersion, LibraryRule, LibraryAdjustment, CheckObject, SubjectLabel, RiskClass, Inspector, InspectorLeave,
    InspectorInterest, CheckPlan, PlanLine, CheckTask, TaskUnit,
)  # fmt: skip
