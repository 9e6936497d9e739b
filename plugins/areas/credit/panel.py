"""What the credit area says of a subject elsewhere: the panel on its page and the warning wherever it is chosen."""

from __future__ import annotations

from typing import Any

import peewee

from plugins.areas.credit import record_rules
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.reach import sees_all
from portal.toolkit import Alert, Panel, Subject, clock, units

_SHOWN = 20


def _of(subject: Subject) -> Any:
    return DishonestyRecord.subject == subject.id


def in_force(day: Any) -> Any:
    """The condition of a record that counts in a joint sanction check on ``day``."""
    return (
        (DishonestyRecord.state == record_rules.ACTIVE)
        & (DishonestyRecord.force_until >= day)
        & (DishonestyRecord.decided_on <= day)
    )


def summary(subject: Subject) -> str:
    """有效 2 条 · 已修复 1 条: how the subject's records stand, in plain words; empty when there are none."""
    day = clock.today()
    query = (
        DishonestyRecord.select(
            DishonestyRecord.state,
            peewee.fn.COUNT(DishonestyRecord.id),
            peewee.fn.SUM(peewee.Case(None, [(in_force(day), 1)], 0)),
            peewee.fn.SUM(
                peewee.Case(
                    None,
                    [
                        (
                            (DishonestyRecord.publicity == record_rules.PUBLISHED)
                            & (DishonestyRecord.public_until >= day),
                            1,
                        )
                    ],
                    0,
                )
            ),
        )
        .where(_of(subject))
        .group_by(DishonestyRecord.state)
    )
    rows = {
        state: (total, int(counting or 0), int(shown or 0))
        for state, total, counting, shown in query.tuples()
    }
    active, counting, _ = rows.get(record_rules.ACTIVE, (0, 0, 0))
    told = [
        ("有效", counting), ("期满或不作惩戒依据", active - counting), ("已修复", rows.get(record_rules.REPAIRED, (0,))[0]),
        ("已撤销", rows.get(record_rules.ANNULLED, (0,))[0]), ("公示中", sum(row[2] for row in rows.values())),
    ]  # fmt: skip
    return " · ".join(f"{label} {number} 条" for label, number in told if number)


def panel(subject: Subject, viewer: Any) -> Panel | None:
    """The subject's dishonesty records, newest first; links only to those that the viewer may open."""
    words = summary(subject)
    if not words:
        return None
    rows = (
        DishonestyRecord.select()
        .where(_of(subject))
        .order_by(DishonestyRecord.decided_on.desc(), DishonestyRecord.id.desc())
        .limit(_SHOWN)
    )
    every = sees_all(viewer)
    shown = [
        {
            "record": record, "unit_name": units.name_of(record.unit), "open": every or record.unit == viewer.unit,
            "in_force": record.in_force(clock.today()),
        }
        for record in rows
    ]  # fmt: skip
    return Panel(
        "失信与联合惩戒", "credit/_panel.html", {"summary": words, "rows": shown, "code": subject.code}, 40
    )


def alerts(subject: Subject) -> list[Alert]:
    """联合惩戒: a warning when the subject has records in force, with what they demand."""
    rows = list(
        DishonestyRecord.select(DishonestyRecord.document_number, DishonestyRecord.unit)
        .where(_of(subject) & in_force(clock.today()))
        .order_by(DishonestyRecord.decided_on.desc())
        .limit(4)
    )
    if not rows:
        return []
    told = "、".join(f"{units.name_of(row.unit)} {row.document_number}" for row in rows[:3]) + (
        "等" if len(rows) > 3 else ""
    )
    return [
        Alert(
            f"联合惩戒：有有效的失信记录（{told}）。办理前请做联合惩戒核查。",
            "danger",
            "credit.check_page",
            {"q": subject.code},
        )
    ]
