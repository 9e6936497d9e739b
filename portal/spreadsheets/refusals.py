"""Say in Chinese why a file or a value cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass


class SheetRefused(Exception):
    """The whole file cannot be read; the text is for the person who sent it (Chinese)."""


class ValueRefused(Exception):
    """One value breaks a rule.

    ``rule`` tells the officer what is expected (Chinese); ``suggestion`` is the value that was
    probably meant, never taken without the officer's word.
    """

    def __init__(self, rule: str, suggestion: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.suggestion = suggestion


class CellError(str):
    """A cell that shows an error (#N/A, or a formula saved without its result) instead of a value."""

    __slots__ = ()


_ERROR_WORDS = frozenset({"#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!"})


def as_error(cell: object) -> object:
    """The cell, or a CellError where it is the text by which Excel and WPS show one (as a CSV holds it)."""
    return CellError(f"公式错误 {cell}") if isinstance(cell, str) and cell in _ERROR_WORDS else cell


@dataclass(frozen=True)
class Problem:
    """One line of the dry run's table (areas.md 5): row as seen in Excel, column from 0, value, rule."""

    row: int
    column: int | None
    value: object
    rule: str
    suggestion: str | None = None
