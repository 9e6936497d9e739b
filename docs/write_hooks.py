"""Writes docs/hooks.md from the hook specifications: ``python docs/write_hooks.py``."""

from __future__ import annotations

import inspect
from pathlib import Path

from portal import hookspecs

HEAD = """# Hooks

A plugin is a module (a folder of `plugins/units` or `plugins/areas`, or an installed package with an entry point
`portal.units` or `portal.areas`). It imports `portal.toolkit` only and implements the hooks it needs:

```python
from portal.toolkit import Unit, hookimpl

@hookimpl
def register_unit() -> Unit: ...
```

`register_*` is asked once at start and its answer is checked; `on_*` tells of an event inside its transaction; the
nouns are asked when a page or a score needs them. A hook answers one type. A misspelt hook, a wrong type or two
plugins with one name stop the start with a sentence that names the plugin. Answers are taken in the order of the
plugins' names.

"""


def main() -> None:
    """Write the page beside this script."""
    parts = []
    for name, function in vars(hookspecs).items():
        if hasattr(function, "portal_spec"):
            names = ", ".join(inspect.signature(function).parameters)
            parts.append(f"### `{name}({names})`\n\n{inspect.getdoc(function)}\n")
    (Path(__file__).parent / "hooks.md").write_text(HEAD + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
