"""Who may import whom: the core in numbered layers, the plugins through one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: A module imports only from lines above its own (docs: design of the house).
LAYERS = (
    "clock request_memo declarations digests hookspecs refusals workdays list_comparison scheme_settings totp weak_patterns charts fonts pages setup",
    "database permissions record_kinds scheme unit_files obligation_kinds",
    "audit score_rules stored_acts plugging name_index schema_files typesetting calendar_lines",
    "settings backups official_calendar scoring units links error_pages files spreadsheets",
    "record_listing record_reading score_facts passwords subjects lamps",
    "registration_batches quarter_list_files users subject_search obligations list_files",
    "second_factor alarms",
    "facts quarter_list_rows obligation_figures undone_obligations registration_withdrawals jobs sessions setup_accounts documents account_requests audit_search",
    "registration_kind scores notices quarter_lists setting_forms idle_accounts list_columns proofs",
    "access self_checks",
    "quarter_list_kinds",
    "score_acts core_hooks chrome gate",
    "views toolkit demonstration",
    "app",
    "cli_start cli_words serving",
    "cli_scores cli_backup cli_demo cli_units",
    "cli",
)
LEVEL = {name: level for level, line in enumerate(LAYERS) for name in line.split()}


def core_files() -> list[Path]:
    return sorted(p for p in (ROOT / "portal").rglob("*.py") if p != ROOT / "portal" / "__init__.py")


def imports_of(path: Path) -> list[str]:
    """Every module that the file imports, with ``portal.x`` written out for ``from portal import x``."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [f"portal.{a.name}" for a in node.names] if node.module == "portal" else [node.module]
    return found


def room(module: str) -> str:
    """``portal.views.auth`` → ``views``."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", core_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_core_module_imports_only_from_the_layers_above(path: Path) -> None:
    parts = path.relative_to(ROOT / "portal").with_suffix("").parts
    own = parts[0]
    assert own in LEVEL, f"{own} has no layer: give it one"
    for module in imports_of(path):
        assert not module.startswith("plugins"), f"the core imports a plugin: {module}"
        other = room(module) if module.startswith("portal.") else ""
        if not other or other == "__version__" or other == own:
            continue
        assert other in LEVEL, f"{path.name} imports portal.{other}, which has no layer"
        assert LEVEL[other] < LEVEL[own], f"{own} (line {LEVEL[own]}) imports {other} (line {LEVEL[other]})"


def test_every_layer_entry_is_a_module() -> None:
    there = {p.stem for p in (ROOT / "portal").glob("*.py")} | {p.parent.name for p in (ROOT / "portal").glob("*/__init__.py")}
    assert sorted(LEVEL.keys() - there) == []


def test_views_know_neither_each_other_nor_the_door_of_the_plugins() -> None:
    for path in (ROOT / "portal" / "views").glob("[a-z]*.py"):
        wrong = [m for m in imports_of(path) if m.startswith(("portal.views.", "portal.toolkit"))]
        assert wrong == [], f"{path.name}: {wrong}"


def plugin_files() -> list[Path]:
    return sorted((ROOT / "plugins").rglob("*.py"))


@pytest.mark.parametrize("path", plugin_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_plugin_sees_the_core_through_the_toolkit_and_no_other_plugin(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).parts[:3])
    for module in imports_of(path):
        if module.startswith("portal"):
            assert module == "portal.toolkit", f"{path.name} imports {module}"
        if module.startswith("plugins."):
            assert module == own or module.startswith(own + "."), f"{path.name} imports another plugin: {module}"


def test_the_core_names_no_unit_and_no_area() -> None:
    """The core works with whatever plugins are there: a unit's or an area's name in it is a wall in the wrong place."""
    names = {p.name for kind in ("units", "areas") for p in (ROOT / "plugins" / kind).iterdir() if (p / "__init__.py").exists()}
    names -= {"meetings"}  # also a score item of Annex 2-1
    for path in core_files():
        if "demonstration" in path.parts or path.name == "cli_demo.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert sorted(texts & names) == [], f"{path.name} names {sorted(texts & names)}"
