"""Reading a business scope (经营范围): from a text to proposed permit items, pure (areas.md section 1)."""

from .reader import Hit, Reading, ScopeReader, difference, read_lines
from .rules import ScopeRule, default_rules, read_rules

__all__ = [
    "Hit",
    "Reading",
    "ScopeReader",
    "ScopeRule",
    "default_rules",
    "difference",
    "read_lines",
    "read_rules",
]
