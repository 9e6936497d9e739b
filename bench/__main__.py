"""All benchmarks, one command: ``python -m bench`` at sizes of a minute each, ``--full`` at those of the design.

A benchmark that offers ``measure(...) -> list[Row]`` fills the table; the others print their own lines below it.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.table import Row, show

ROOT = Path(__file__).parents[1]
#: Not benchmarks by themselves: what the others stand on.
_PARTS = {"__init__", "__main__", "table", "zone", "bare", "django_admin"}
#: Arguments of ``measure``: small, and those of design/performance.md.
MEASURED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "search": ({"subjects": 50_000, "rounds": 100}, {"subjects": 1_000_000, "rounds": 500}),
    "requests": (
        {"subjects": 5_000, "users": 20, "seconds": 5, "processes": 2},
        {"subjects": 60_000, "users": 50, "seconds": 15, "processes": 2},
    ),
}
#: Arguments on the command line for a full and for a small run; without any a benchmark runs at its full size.
FULL: dict[str, list[str]] = {"imports": ["--full"]}
SMALL: dict[str, list[str]] = {
    "imports": ["--rows", "20000", "--repeats", "1"],
    "scoring": ["--rows", "100000"],
    "draw": ["--objects", "20000", "--alg", "sm3"],
    "claiming": ["--rows", "500"],
    "spot_checks": ["--subjects", "2000"],
}


def names() -> list[str]:
    """Every benchmark of the folder, sorted."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _PARTS)


def printed(name: str, arguments: list[str]) -> list[str]:
    """The lines of a benchmark that prints its own, run in a process of its own."""
    command = [sys.executable, "-m", f"bench.{name}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return [f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['no words'])[-1]}"]
    return [line for line in done.stdout.splitlines() if line.strip()]


def main() -> int:
    """Run them, print the table, then the lines of the rest; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--full", action="store_true", help="the sizes of the design, many minutes")
    parser.add_argument("--django", default="", help="the Python of an environment with Django, for its admin beside ours")
    parser.add_argument("only", nargs="*", choices=[[], *names()], help="these alone")
    given = parser.parse_args()
    rows: list[Row] = []
    lines: dict[str, list[str]] = {}
    for name in given.only or names():
        print(f"… {name}", file=sys.stderr, flush=True)
        if name in MEASURED:
            rows += importlib.import_module(f"bench.{name}").measure(**MEASURED[name][given.full], django=given.django)
        else:
            lines[name] = printed(name, (FULL if given.full else SMALL).get(name, []))
    show(rows)
    for name, said in lines.items():
        print(f"\n{name}")
        print("\n".join(f"  {line}" for line in said))
    return int(any(line.startswith("ended with") for said in lines.values() for line in said))


if __name__ == "__main__":
    sys.exit(main())
