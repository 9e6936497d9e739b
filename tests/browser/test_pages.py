"""Every page of every role: accessible, in Chinese, without sideways scrolling on the office PC and on a phone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PC, PHONE

pytestmark = pytest.mark.browser

ROLES = (
    "approval.lianluo", "market_regulation.jingban", "police.jiancha1", "fire.fazhi", "social_affairs.fuze", "bangongshi",
    "zhaojiren", "quguanban", "xitong", "anquan", "shenji",
)  # fmt: skip
LINKS = "Array.from(document.querySelectorAll('a[href]')).map(a => a.getAttribute('href'))"
BEYOND = """() => Array.from(document.querySelectorAll("body *"))
    .filter(e => e.getBoundingClientRect().width && !e.closest(".table-scroll, .tabs, svg, .visually-hidden, figure"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
#: Words of a program that must not reach an official; codes, addresses and abbreviations of the trade may.
LEAKS = re.compile(r"\b(None|null|undefined|True|False|Traceback|Exception|Error|Undefined|object at|lorem)\b")
#: A page's kind: its address without numbers, quarters, unit keys and queries.
_seen: dict[str, set[str]] = {}


def kind_of(url: str) -> str:
    path = url.split("?")[0].split("#")[0]
    path = re.sub(r"/\d{4}Q[1-4]", "/QUARTER", path)
    path = re.sub(r"(/scores/QUARTER|/units)/[a-z_]+", r"\1/UNIT", path)
    return re.sub(r"/\d+", "/N", path)


def is_page(href: str) -> bool:
    if not href.startswith("/") or href.startswith("//"):
        return False
    return not re.search(r"\.(svg|csv|xlsx|pdf|json|py|docx|zip|jsonl)(\?|$)|/static/|/download|/export|/files/|/photo|/api/", href)


@pytest.mark.parametrize("account", ROLES)
def test_every_page_of_the_role(open_as, account: str) -> None:
    page = open_as(account)
    waiting, done = ["/"], set()
    faults: list[object] = []
    while waiting and len(done) < 60:
        href = waiting.pop(0)
        kind = kind_of(href)
        if kind in done:
            continue
        done.add(kind)
        page.complaints.clear()
        answer = page.goto(href)
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            continue
        waiting += [link for link in page.evaluate(LINKS) if is_page(link)]
        if answer.status == 403:
            faults.append((href, "a link leads where the person may not go"))
            continue
        assert answer.status < 400, (href, answer.status)
        faults += [(href, leak) for leak in LEAKS.findall(page.inner_text("body"))]
        faults += [(href, complaint) for complaint in page.complaints]
        variant = f"{kind} {sorted(page.evaluate('Array.from(document.forms).map(f => f.method)'))}"
        if variant in _seen.setdefault("looked", set()):
            continue
        _seen["looked"].add(variant)
        violations = Axe().run(page).response["violations"]
        faults += [(href, fault["id"], fault["nodes"][0]["html"][:200]) for fault in violations]
        for size in (PHONE, PC):
            page.set_viewport_size(size)
            faults += [(href, size["width"], element) for element in page.evaluate(BEYOND)[:2]]
    assert faults == [], faults
    assert len(done) > 3
