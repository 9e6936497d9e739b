"""What no template, style sheet or script may contain: the policy of the pages and the oldest browser."""

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "plugins").rglob("templates/**/*.html")])
#: Pages alone answer to the policy: a paper is read by the typesetter, which needs the size of its mark.
PAGES = [path for path in TEMPLATES if "documents" not in path.parts]
OWN_CSS = sorted((ROOT / "static" / "css").glob("*.css"))
OWN_JS = sorted((ROOT / "static" / "js").glob("*.js"))
OWN_TEXT = [*TEMPLATES, *OWN_CSS, *OWN_JS]

FORBIDDEN_IN_TEMPLATES = {
    "inline style": r"\sstyle\s*=",
    "style element": r"<style\b",
    "event attribute": r"<[^>]*\son[a-z]+\s*=",
    "hx-on attribute": r"\bhx-on[:\s=-]",
    "hx-vals with js": r"""["']\s*(?:js|javascript):""",
    "inline script": r"<script\b(?![^>]*\ssrc=)",
    "unescaped output": r"\|\s*safe\b",
}
# Each of these is missing in Chromium 83 (flex gap needs a layout and is looked for below).
TOO_NEW_CSS = {
    ":is() / :where()": r":(?:is|where)\(",
    "aspect-ratio": r"\baspect-ratio\s*:",
    "inset": r"(?:^|[;{\s])inset\s*:",
    "container query": r"@container\b",
    "accent-color": r"\baccent-color\b",
    ":has()": r":has\(",
    "color-mix": r"color-mix\(",
    "cascade layer": r"@layer\b",
    ":focus-visible as the only sign of focus": r"(?<!not\():focus-visible",
}
TOO_NEW_JS = {
    "logical assignment": r"\?\?=|\|\|=|&&=",
    "Array.at": r"\.at\(",
    "structuredClone": r"\bstructuredClone\b",
    "replaceAll": r"\.replaceAll\(",
    "Object.hasOwn": r"\bObject\.hasOwn\b",
    "eval": r"\beval\(|new Function\(",
    "storage": r"\b(?:local|session)Storage\b",
}


def _found(patterns, text):
    return {
        name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    }


def _name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_no_template_holds_what_the_content_policy_forbids(path):
    assert _found(FORBIDDEN_IN_TEMPLATES, path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ('<p style="color:red">', "inline style"),
        ("<style>p{}</style>", "style element"),
        ('<a href="#" onclick="go()">', "event attribute"),
        ('<a hx-on:click="go()">', "hx-on attribute"),
        ("<div hx-vals='js:{a: 1}'>", "hx-vals with js"),
        ("<script>go()</script>", "inline script"),
        ("{{ text | safe }}", "unescaped output"),
    ],
)
def test_the_scan_sees_each_forbidden_thing(markup, name):
    assert name in _found(FORBIDDEN_IN_TEMPLATES, markup)


@pytest.mark.parametrize("path", OWN_TEXT, ids=_name)
def test_nothing_is_fetched_from_outside(path):
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text, re.IGNORECASE) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_template_says_first_what_it_needs(path):
    assert path.read_text("utf-8").startswith("{# needs: ")


def test_every_public_macro_is_explained_by_the_line_above_it():
    missing = []
    for path in sorted((ROOT / "templates" / "macros").glob("*.html")):
        for above, line in itertools.pairwise(path.read_text("utf-8").splitlines()):
            head = re.match(r"{%-? macro ([a-z]\w*\(.*\)) -?%}", line)
            if head and not above.startswith("{# " + head[1] + ":"):
                missing.append(f"{path.name}: {head[1]}")
    assert missing == []


@pytest.mark.parametrize("path", OWN_CSS, ids=_name)
def test_the_style_sheet_asks_nothing_that_chromium_83_lacks(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert _found(TOO_NEW_CSS, text) == set()
    flex_with_gap = [
        rule for rule in re.findall(r"[^{}]+{[^{}]*}", text) if "flex;" in rule and re.search(r"\bgap:", rule)
    ]
    assert flex_with_gap == []


@pytest.mark.parametrize("path", OWN_JS, ids=_name)
def test_the_script_asks_nothing_that_chromium_83_lacks(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert _found(TOO_NEW_JS, text) == set()


def test_every_icon_asked_for_is_drawn():
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text("utf-8")))
    asked = set()
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        asked |= set(re.findall(r'\bicon\("([a-z-]+)"(?: ~)?', text)) | set(
            re.findall(r'icon_name="([a-z-]+)"', text)
        )
    assert {name for name in asked if not name.endswith("-")} <= drawn
    for family, names in {"lamp-": "green yellow red none", "alert-": "success info warning danger"}.items():
        assert {family + name for name in names.split()} <= drawn


def test_vendored_files_carry_their_version_and_their_licence():
    vendor = ROOT / "static" / "vendor"
    for name in ("bootstrap-5.3.9.min.css", "htmx-2.0.11.min.js"):
        assert (vendor / name).stat().st_size > 10_000
        licence = vendor / (re.sub(r"\.min\.(css|js)$", "", name) + ".LICENSE.txt")
        assert licence.read_text("utf-8").strip() != ""
    layout = (ROOT / "templates" / "layout.html").read_text("utf-8")
    assert set(re.findall(r"vendor/([^']+)'", layout)) == {"bootstrap-5.3.9.min.css", "htmx-2.0.11.min.js"}
