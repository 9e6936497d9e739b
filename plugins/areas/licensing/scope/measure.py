"""Measures the reader against labelled scopes: precision and recall by item, for each half."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .items import CatalogueItem
from .reader import ScopeReader

#: The labelled scopes: those used for tuning, those kept apart, and those written when the rules stood.
HALVES = {"tuning": "调试用", "held-out": "留出", "fresh": "规则定稿后新写"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a permit file with the columns that reading a scope needs (a ``CatalogueItem``)."""

    code: str
    kind: str
    match: str
    supervising_unit: str
    keywords: tuple[str, ...]
    exclusions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A scope with the codes that a person found in it, and the texts that a person must look at."""

    number: int
    half: str
    dialect: str
    scope: str
    codes: frozenset[str]
    unknown: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """Items found rightly, wrongly and not at all, by code; and the scopes that are not as labelled."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of proposed items that are right (micro average), 1.0 where nothing was proposed."""
        proposed = self.right.total() + self.wrong.total()
        return self.right.total() / proposed if proposed else 1.0

    @property
    def recall(self) -> float:
        """Share of labelled items that were proposed (micro average), 1.0 where nothing is labelled."""
        labelled = self.right.total() + self.missed.total()
        return self.right.total() / labelled if labelled else 1.0


def shipped_items() -> list[CatalogueItem]:
    """All rows of the permit files that lie in the units' folders and with the licensing area."""
    plugins = Path(__file__).parents[3]
    files = [*sorted(plugins.glob("units/*/permits.csv")), plugins / "areas" / "licensing" / "outside.csv"]
    return [
        _row(cells) for file in files for cells in csv.DictReader(file.open(encoding="utf-8-sig", newline=""))
    ]


def _row(cells: dict[str, str]) -> Row:
    def words(name: str) -> tuple[str, ...]:
        return tuple(word for word in cells[name].split("|") if word)

    return Row(cells["code"], cells["kind"], cells["match"], cells["supervising_unit"],
               words("scope_keywords"), words("exclusion_notes"))  # fmt: skip


def labelled_scopes(path: Path) -> list[Labelled]:
    """The labelled scopes of a JSON lines file (number, half, dialect, scope, codes, unknown)."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        Labelled(**{**row, "codes": frozenset(row["codes"]), "unknown": tuple(row["unknown"])})
        for row in rows
    ]


def tally(reader: ScopeReader, scopes: Iterable[Labelled]) -> Tally:
    """Counts right, wrong and missed items of the scopes."""
    result = Tally()
    for labelled in scopes:
        reading = reader.read(labelled.scope)
        found = frozenset(reading.codes)
        result.right.update(found & labelled.codes)
        result.wrong.update(found - labelled.codes)
        result.missed.update(labelled.codes - found)
        if found != labelled.codes or reading.unknown != labelled.unknown:
            result.faults.append(
                f"{labelled.number} 多 {sorted(found - labelled.codes)} 少 {sorted(labelled.codes - found)}"
                f" 待人工 {reading.unknown} {labelled.scope[:60]}"
            )
    return result


def table(counted: Tally) -> str:
    """The tally as a table: code, right, wrong, missed, precision, recall; the sum in the last line."""
    lines = ["代码   正确  多报  漏报  准确率  召回率"]
    for code in sorted(counted.right.keys() | counted.wrong.keys() | counted.missed.keys()):
        right, wrong, missed = counted.right[code], counted.wrong[code], counted.missed[code]
        precision = right / (right + wrong) if right + wrong else 1.0
        recall = right / (right + missed) if right + missed else 1.0
        lines.append(f"{code:6} {right:4}  {wrong:4}  {missed:4}  {precision:6.3f}  {recall:6.3f}")
    lines.append(
        f"合计   {counted.right.total():4}  {counted.wrong.total():4}  {counted.missed.total():4}"
        f"  {counted.precision:6.3f}  {counted.recall:6.3f}"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Prints the tables of a labelled file; returns 2 where no file is named."""
    if len(arguments) != 1:
        print("用法：python -m plugins.areas.licensing.scope.measure 标注文件.jsonl", file=sys.stderr)
        return 2
    reader = ScopeReader(shipped_items())
    scopes = labelled_scopes(Path(arguments[0]))
    for half, name in HALVES.items():
        counted = tally(reader, [s for s in scopes if s.half == half])
        print(f"== {name}\n{table(counted)}")
        for fault in counted.faults:
            print("  与标注不同：", fault)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
