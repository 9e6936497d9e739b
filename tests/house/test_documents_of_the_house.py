"""The documents say what is so: files, tests, commands, settings, buttons and pictures that they name exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from portal.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "使用手册.md"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
_FILE = re.compile(
    r"(?:portal|plugins|tests|bench|docs|templates|static|\.ci)/[\w./\u4e00-\u9fff-]+\.(?:py|md|csv|txt|html)"
)
_TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
_COMMAND = re.compile(
    r"^(?:sudo -u portal (?:--\S+ )?)?portal ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE
)
_PICTURE = re.compile(r"!\[([^\]]*)\]\(图/([^)]+)\)")
#: What the guide may show and weigh, so that a clone stays light.
MOST_PICTURES, HEAVIEST = 14, 80 * 1024


def name_of(value: object) -> str:
    return value.name if isinstance(value, Path) else ""


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of the functions that a file defines at its top."""
    return frozenset(
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    )


@cache
def said_by_the_portal() -> str:
    """Everything that templates and modules can put on a page."""
    folders = [ROOT / "portal", ROOT / "plugins", ROOT / "templates"]
    files = [path for folder in folders for kind in ("*.py", "*.html") for path in sorted(folder.rglob(kind))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = set(_FILE.findall(page.read_text(encoding="utf-8")))
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = set(_TEST.findall(page.read_text(encoding="utf-8")))
    gone = [
        f"{file}::{name}"
        for file, name in named
        if (ROOT / file).is_file() and name not in functions_of(ROOT / file)
    ]
    assert sorted(gone) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_house_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
    lost = []
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            lost += [target] if target[1:] not in anchors else []
        elif not target.startswith("http"):
            lost += [target] if not (page.parent / target).is_file() else []
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_no_machine_of_its_writers(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"/work/|/root/|\.\./shared|index-url", text)


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "operating.md"], ids=name_of)
def test_every_command_that_a_page_tells_to_run_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("`", "\n").replace("PORTAL_DATA_DIR=/var/lib/portal ", "")
    groups = {
        name: set(getattr(main.get_command(None, name), "commands", {})) for name in main.list_commands(None)
    }
    told = {(name, sub) for name, sub in _COMMAND.findall(text)}
    assert {name for name, _ in told} - groups.keys() == set()
    assert {(name, sub) for name, sub in told if sub and groups[name] and sub not in groups[name]} == set()


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| `.venv/bin/portal …`") : text.index("## Configuration")]
    named = {row.split()[0].strip("`") for row in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)[1:]}
    hidden = {
        name for name in main.list_commands(None) if getattr(main.get_command(None, name), "hidden", False)
    }
    assert named == set(main.list_commands(None)) - hidden


def test_the_readme_names_every_variable_of_the_environment() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "portal").rglob("*.py"))
    read = set(re.findall(r"[\"']\$?(PORTAL_[A-Z_]+)[\"']", code))
    table = set(
        re.findall(r"^\| `(PORTAL_[A-Z_]+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert table == read


def test_every_word_that_the_guide_quotes_from_a_page_is_on_a_page() -> None:
    quoted = set(re.findall(r"「([^」]+)」", GUIDE.read_text(encoding="utf-8")))
    assert len(quoted) > 100
    assert sorted(word for word in quoted if word not in said_by_the_portal()) == []


def test_the_guides_pictures_are_there_light_and_all_shown() -> None:
    shown = [file for _, file in _PICTURE.findall(GUIDE.read_text(encoding="utf-8"))]
    there = {path.name: path for path in (DOCS / "图").glob("*.png")}
    assert sorted(shown) == sorted(there)
    assert len(there) <= MOST_PICTURES
    assert [name for name, path in there.items() if path.stat().st_size > HEAVIEST] == []
    script = (DOCS / "take_pictures.py").read_text(encoding="utf-8")
    assert sorted(name for name in there if f'Picture("{name.removesuffix(".png")}"' not in script) == []
