"""The permit catalogue: what the units' plugins and the outside list declare, and who approves an item on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from weakref import WeakKeyDictionary

import peewee

from portal.toolkit import (
    PermitItem,
    Refused,
    audit,
    canonical,
    clock,
    digest_of,
    read_permit_file,
    registry,
    transaction,
    units,
)

from .models import CatalogueProposal, ItemAssignment

OUTSIDE_FILE = Path(__file__).parent / "outside.csv"
_declared: WeakKeyDictionary = WeakKeyDictionary()


class Catalogue:
    """The declared items by code, with the digest of what was declared."""

    def __init__(self, items: tuple[PermitItem, ...]) -> None:
        self.items = items
        self.by_code = {item.code: item for item in items}
        self.digest = digest_of([canonical(_plain(item)).decode() for item in items])[:8]


def _plain(item: PermitItem) -> dict[str, object]:
    return {
        "code": item.code, "name": item.name, "kind": item.kind, "match": item.match, "keywords": list(item.keywords),
        "exclusions": list(item.exclusions), "approving": item.approving_unit, "supervising": item.supervising_unit,
    }  # fmt: skip


def declared() -> Catalogue:
    """What is declared, read once for each application."""
    plugins = registry()
    found = _declared.get(plugins)
    if found is None:
        outside = read_permit_file(OUTSIDE_FILE)
        found = Catalogue(tuple(item for unit in plugins.units for item in unit.permit_items) + outside)
        _declared[plugins] = found
    return found


def item(code: str) -> PermitItem | None:
    """The declared item, or None when it was removed from the catalogue."""
    return declared().by_code.get(code)


def assignments(day: date) -> dict[str, str]:
    """The dated moves in force on ``day``: item code → unit's key (empty: a body outside)."""
    query = (
        ItemAssignment.select(ItemAssignment.code, ItemAssignment.unit)
        .where(ItemAssignment.from_day <= day)
        .order_by(ItemAssignment.from_day, ItemAssignment.id)
    )
    return dict(query.tuples())


class Approvers:
    """Who approves each item on one day: the dated moves first, then the declaration; only units that are members."""

    def __init__(self, day: date) -> None:
        self._moved = assignments(day)
        self._members = {unit.key for unit in units.enabled(day)}
        self._names: dict[str, str] = {}

    def _key(self, name: str) -> str:
        if name not in self._names:
            found = units.by_name(name)
            self._names[name] = found.key if found else ""
        return self._names[name]

    def unit_of(self, found: PermitItem) -> str:
        """The approving member unit's key, or empty: a body outside, or a unit that is no member on that day."""
        key = self._moved[found.code] if found.code in self._moved else self._key(found.approving_unit)
        return key if key in self._members else ""

    def supervisor_of(self, found: PermitItem) -> str:
        """The supervising member unit's key, or empty."""
        key = self._key(found.supervising_unit)
        return key if key in self._members else ""

    def is_member(self, key: str) -> bool:
        return key in self._members


def move(code: str, unit: str, from_day: date, basis: str) -> ItemAssignment:
    """The office moves an item to the unit that issues it from ``from_day`` on (areas.md 1.2). Raises Refused."""
    found = item(code)
    problems = {}
    if found is None:
        problems["code"] = f"许可事项目录里没有 {code}"
    if units.unit(unit) is None:
        problems["unit"] = f"没有单位“{unit}”"
    if not basis.strip():
        problems["basis"] = "须写明依据（划转文件的名称和文号）"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    with transaction():
        before = assignments(from_day).get(code, "")
        same = (ItemAssignment.code == code) & (ItemAssignment.from_day == from_day)
        if ItemAssignment.select().where(same).exists():
            raise Refused(f"{code} 在 {from_day} 已有一次划转，请另选日期")
        made = ItemAssignment.create(
            code=code, unit=unit, from_day=from_day, basis=basis.strip(), entered_by=audit.actor().name,
            entered_at=clock.now(),
        )  # fmt: skip
        audit.record(
            "调整审批单位",
            "permit_item",
            code,
            before={"unit": before},
            after={"unit": unit, "from": from_day},
            note=basis,
        )
    return made


def changes() -> tuple[int, int]:
    """(the number of the catalogue's newest confirmed change, how many dated moves of approving units there are)."""
    return (
        CatalogueProposal.select(peewee.fn.MAX(CatalogueProposal.version)).scalar() or 0,
        ItemAssignment.select().count(),
    )


def version() -> str:
    """What a push is stored with: the declarations' digest, the newest confirmed change, the number of moves."""
    words, moves = changes()
    return f"{declared().digest}-{words}-{moves}"
