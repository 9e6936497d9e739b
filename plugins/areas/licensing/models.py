"""What the way of a registration stores: pushes, claims, roll-backs, feedback, the catalogue's changes."""

from __future__ import annotations

import peewee

from portal.toolkit import InstantField, JsonField, Record, Subject, SubjectEvent


class ItemAssignment(Record):
    """From ``from_day`` on ``unit`` (a unit's key, or empty for a body outside) approves item ``code``."""

    code = peewee.TextField()
    unit = peewee.TextField()
    from_day = peewee.DateField()
    basis = peewee.TextField()
    entered_by = peewee.TextField()
    entered_at = InstantField()

    class Meta:
        table_name = "licensing_item_assignment"
        indexes = ((("code", "from_day"), True),)


class CatalogueProposal(Record):
    """A correction that an officer made at a push, proposed for the catalogue; confirmed by the owning unit it is
    a numbered version of it: ``word`` becomes a keyword of the item, or one of its exclusions."""

    code = peewee.TextField()
    owner = peewee.TextField()
    kind = peewee.TextField()
    word = peewee.TextField()
    reason = peewee.TextField()
    push = peewee.BigIntegerField(null=True)
    state = peewee.TextField(default="proposed")
    version = peewee.IntegerField(null=True, unique=True)
    proposed_by = peewee.TextField()
    proposed_unit = peewee.TextField()
    proposed_at = InstantField()
    decided_by = peewee.TextField(default="")
    decided_at = InstantField(null=True)
    answer = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_catalogue_proposal"
        indexes = ((("owner", "state", "id"), False),)


CatalogueProposal.add_index(
    CatalogueProposal.index(
        CatalogueProposal.code,
        CatalogueProposal.kind,
        CatalogueProposal.word,
        unique=True,
        where=CatalogueProposal.state.in_(["proposed", "confirmed"]),
        name="licensing_catalogue_proposal_living",
    )
)


class Push(Record):
    """One registration on its way to the units: read, proposed, confirmed (二（一）1).

    ``reading`` is what the scope reader proposed (class, hits with their places, unknown texts, flags),
    ``decided`` every item code that was confirmed, ``catalogue`` the version that was read with. ``base`` holds
    the codes the subject had before: a change pushes the difference (areas.md 1.2).
    """

    subject = peewee.ForeignKeyField(Subject)
    event = peewee.ForeignKeyField(SubjectEvent, unique=True)
    kind = peewee.TextField()
    state = peewee.TextField()
    doubtful = peewee.BooleanField()
    scope = peewee.TextField()
    base = JsonField(default=list)
    reading = JsonField()
    decided = JsonField(default=list)
    removed = JsonField(default=list)
    classification = peewee.TextField(default="")
    note = peewee.TextField(default="")
    catalogue = peewee.TextField()
    entered_at = InstantField()
    confirmed_at = InstantField(null=True)
    confirmed_on = peewee.DateField(null=True)
    confirmed_by = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_push"
        indexes = (
            (("state", "doubtful", "id"), False),
            (("subject", "id"), False),
            (("confirmed_on", "id"), False),
        )


class Claim(Record):
    """One row for each (subject, item, unit): who claims what of a push (二（一）2).

    ``unit`` approves (or, for a 非许可 subject, supervises the trade; ``item`` is then empty); it is empty for a body
    outside the member units, whose rows lie on the office's list. ``supervising_unit`` is told.
    """

    push = peewee.ForeignKeyField(Push)
    subject = peewee.ForeignKeyField(Subject)
    item = peewee.TextField()
    item_name = peewee.TextField()
    kind = peewee.TextField()
    unit = peewee.TextField()
    supervising_unit = peewee.TextField(default="")
    body = peewee.TextField(default="")
    words = peewee.TextField(default="")
    derived = peewee.BooleanField(default=False)
    branch = peewee.BooleanField(default=False)
    scored = peewee.BooleanField(default=True)
    source = peewee.TextField()
    state = peewee.TextField()
    pushed_on = peewee.DateField()
    claimed_on = peewee.DateField(null=True)
    claimed_at = InstantField(null=True)
    claimed_by = peewee.TextField(default="")
    feedback = peewee.TextField(default="")
    feedback_on = peewee.DateField(null=True)
    closed_reason = peewee.TextField(default="")

    class Meta:
        table_name = "licensing_claim"
        indexes = (
            (("unit", "state", "id"), False),
            (("supervising_unit", "id"), False),
            (("state", "id"), False),
            (("subject", "id"), False),
        )


#: One living row for each (subject, item, unit); closed ones stay as history.
LIVING = ("open", "claimed", "returned", "answered", "outside")
Claim.add_index(
    Claim.index(Claim.subject, Claim.item, Claim.unit, unique=True, where=Claim.state.in_(LIVING))
)


class RollBack(Record):
    """A roll-back (回退) and the pusher's decision about it."""

    claim = peewee.ForeignKeyField(Claim)
    unit = peewee.TextField()
    reason = peewee.TextField()
    note = peewee.TextField(default="")
    names_unit = peewee.TextField(default="")
    state_before = peewee.TextField()
    state = peewee.TextField(default="waiting")
    returned_at = InstantField()
    returned_by = peewee.TextField()
    decided_at = InstantField(null=True)
    decided_by = peewee.TextField(default="")
    decision_note = peewee.TextField(default="")
    next_unit = peewee.TextField(default="")
    next_claim = peewee.ForeignKeyField(Claim, null=True)

    class Meta:
        table_name = "licensing_roll_back"
        indexes = ((("state", "id"), False),)


RollBack.add_index(
    RollBack.index(
        RollBack.claim, unique=True, where=RollBack.state == "waiting", name="licensing_roll_back_waiting"
    )
)


class Feedback(Record):
    """One feedback (反馈) of the claiming unit; the first one closes the clock, later ones are history."""

    claim = peewee.ForeignKeyField(Claim, backref="feedbacks")
    unit = peewee.TextField()
    kind = peewee.TextField()
    day = peewee.DateField()
    document = peewee.TextField(default="")
    note = peewee.TextField(default="")
    entered_at = InstantField()
    entered_by = peewee.TextField()

    class Meta:
        table_name = "licensing_feedback"


MODELS = (ItemAssignment, CatalogueProposal, Push, Claim, RollBack, Feedback)
