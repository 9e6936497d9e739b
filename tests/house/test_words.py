"""The house's words: nouns of the law and the town, modules that say what they are for, rooms that stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted([*(ROOT / "portal").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base", "data", "info"}


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_stays_a_room(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.stem not in EMPTY_WORDS
    assert ast.get_docstring(ast.parse(text)), "the first sentence is missing"
    assert text.count("\n") <= 400, "the room is a hall: split it"


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_stay_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"


def test_nothing_is_left_for_later_and_nothing_points_outside() -> None:
    """No marks of unfinished work, no path of a machine, no address on the internet that a page would fetch."""
    unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|raise NotImplementedError)\b")
    fetched = re.compile(r"""(?:src|href)=["']https?://|@import|url\(["']?https?://""")
    for path in [*CODE, *(ROOT / "templates").rglob("*.html"), *(ROOT / "plugins").rglob("*.html"), *(ROOT / "static" / "css").glob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert not unfinished.search(text), f"{path.relative_to(ROOT)}: {unfinished.search(text)}"
        assert "/work/" not in text and "../shared" not in text, path
        if path.suffix in (".html", ".css"):
            assert not fetched.search(text), f"{path.relative_to(ROOT)}: {fetched.search(text)}"


def test_no_insert_swallows_a_missing_value() -> None:
    """SQLite's INSERT OR IGNORE also swallows NOT NULL violations: rows vanish without a word. Name the conflict instead."""
    ignoring = "on_conflict_" + "ignore"
    assert [path for path in CODE if ignoring in path.read_text(encoding="utf-8")] == []
