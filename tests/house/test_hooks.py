"""Every hook is documented with its signature, called by the core, and implemented by something real."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from portal import hookspecs

ROOT = Path(__file__).parents[2]
HOOKS = {name: function for name, function in vars(hookspecs).items() if hasattr(function, "portal_spec")}


def signature(name: str) -> str:
    names = ", ".join(inspect.signature(HOOKS[name]).parameters)
    return f"### `{name}({names})`"


def test_the_page_of_hooks_lists_each_with_its_signature_and_no_other() -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### `.*`$", page, re.M)) == sorted(signature(name) for name in HOOKS)


def test_every_hook_has_a_caller_and_an_implementation() -> None:
    core = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "portal").rglob("*.py") if p.name != "hookspecs.py")
    implemented = "".join(
        p.read_text(encoding="utf-8") for p in [*(ROOT / "plugins").rglob("*.py"), ROOT / "portal" / "core_hooks.py"]
    )
    for name in HOOKS:
        assert re.search(rf"\"{name}\"|hooks?\.{name}\b", core), f"{name} is never called"
        assert re.search(rf"@hookimpl\s+def {name}\(", implemented), f"{name} has no implementation"


def test_every_hook_says_what_it_is_for() -> None:
    assert [name for name, function in HOOKS.items() if not (function.__doc__ or "").strip()] == []
