"""The office's additions to the catalogue: phrases, exclusions and guards of an item, each with a reason."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_COLUMNS = ["code", "keywords", "exclusions", "guards", "reason"]


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """What is added to the catalogue's row ``code``.

    ``guards`` says for a keyword which words may follow it in its element: ``$`` is the element's end,
    a leading ``^`` asks that the keyword begins the element.
    """

    code: str
    keywords: tuple[str, ...]
    exclusions: tuple[str, ...]
    guards: tuple[tuple[str, tuple[str, ...]], ...]
    reason: str


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split("|") if word.strip())


def _guard(cell: str, where: str) -> tuple[str, tuple[str, ...]]:
    keyword, sign, follows = cell.partition(">")
    if not sign or not keyword or not follows:
        raise ValueError(f"{where}：限定“{cell}”应写成“关键词>后续词/后续词”")
    return keyword, tuple(follows.split("/"))


def read_rules(path: Path) -> tuple[ScopeRule, ...]:
    """The rules of a CSV file (UTF-8); raises ``ValueError`` naming file, row and rule (Chinese)."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != _COLUMNS:
            raise ValueError(f"{path.name}：表头应为 {'、'.join(_COLUMNS)}")
        rules: list[ScopeRule] = []
        for number, row in enumerate(rows, start=2):
            where = f"{path.name} 第 {number} 行"
            if None in row or None in row.values():
                raise ValueError(f"{where}：列数与表头不符")
            if not row["code"] or not row["reason"]:
                raise ValueError(f"{where}：代码和理由都不能为空")
            guards = tuple(_guard(cell, where) for cell in _words(row["guards"]))
            rules.append(
                ScopeRule(
                    row["code"], _words(row["keywords"]), _words(row["exclusions"]), guards, row["reason"]
                )
            )
    codes = [rule.code for rule in rules]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ValueError(f"{path.name}：代码重复：{'、'.join(twice)}")
    return tuple(rules)


@cache
def default_rules() -> Sequence[ScopeRule]:
    """The rules shipped beside this package (``scope_rules.csv``), read once."""
    return read_rules(Path(__file__).parent.parent / "scope_rules.csv")
