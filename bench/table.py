"""One table for all benchmarks: what was measured, ours, the peer or floor beside it, and their ratio first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison of the same run. ``ours`` and ``theirs`` share ``unit``; the ratio is ours ÷ theirs."""

    name: str
    ours: float
    theirs: float | None
    unit: str
    peer: str = ""

    @property
    def ratio(self) -> str:
        return f"{self.ours / self.theirs:.2f}" if self.theirs else "—"


def _wide(text: str, width: int) -> str:
    """Padded by what a terminal shows: a Chinese sign takes two places."""
    shown = sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)
    return text + " " * max(0, width - shown)


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"


def show(rows: Iterable[Row]) -> None:
    """Print the table."""
    print(f"{'ratio':>8}  {_wide('what', 52)}{'ours':>12}{'beside':>12}  unit")
    for row in rows:
        print(
            f"{row.ratio:>8}  {_wide(row.name, 52)}{_number(row.ours):>12}{_number(row.theirs):>12}  {row.unit}"
            f"{'，' + row.peer if row.peer else ''}",
            flush=True,
        )
