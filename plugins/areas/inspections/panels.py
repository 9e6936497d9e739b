"""What a subject's page shows of spot checks: when it was visited by whom, and what is still open."""

from __future__ import annotations

from typing import Any

from plugins.areas.inspections import codes, rules, sight
from plugins.areas.inspections.check_models import SpotCheck
from plugins.areas.inspections.models import CheckTask, ItemVersion
from portal.toolkit import Alert, Panel, Subject, clock, units

SHOWN = 20


def panel_of(subject: Subject, viewer: Any) -> Panel | None:
    """Its checks, newest first: everybody sees the visits (进一次门、查多项事), a result only once it is published or when
    it is the viewer's own unit's."""
    if not viewer.can("inspection.view"):
        return None
    query = (
        SpotCheck.select(SpotCheck, CheckTask, ItemVersion)
        .join(CheckTask)
        .switch(SpotCheck).join(ItemVersion)
        .where((SpotCheck.subject == subject) & (SpotCheck.state != "withdrawn"))
        .order_by(SpotCheck.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    rows = []
    for check in query:
        open_to = check.published_at is not None or check.unit == viewer.unit or sight.reads_all(viewer)
        rows.append(
            {
                "id": check.id, "task": check.task.code, "unit": units.name_of(check.unit), "item": check.item.item,
                "day": check.checked_on, "state": rules.CHECK_STATES[check.state],
                "result": codes.result_words(check.codes) if open_to else "", "mine": check.unit == viewer.unit or sight.reads_all(viewer),
            }
        )  # fmt: skip
    year = clock.today().year
    visited = [row for row in rows if row["day"] and row["day"].year == year]
    values = {
        "rows": rows,
        "year": year,
        "days": len({row["day"] for row in visited}),
        "units": len({row["unit"] for row in visited}),
    }
    return Panel("双随机抽查", "inspections/_panel.html", values, order=40) if rows else None


def alerts_of(subject: Subject) -> list[Alert]:
    """Problems found in a check and not yet closed."""
    open_ones = SpotCheck.select(SpotCheck.unit, SpotCheck.follow_up_until).where(
        (SpotCheck.subject == subject) & SpotCheck.approved_at.is_null(False) & SpotCheck.closed_at.is_null()
    )
    return [
        Alert(f"{units.name_of(unit)}检查发现的问题尚未办结（处理期限 {until}）", "warning")
        for unit, until in open_ones.tuples()
    ]
