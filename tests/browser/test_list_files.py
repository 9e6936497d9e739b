"""Every list of the portal is given as a file, filled as the demonstration fills it (areas.md 5)."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import pytest

ROUTES = Path(__file__).parents[1] / "house" / "routes.txt"
#: Pages with a table that is no list of records: the person's own account and start page, what is being typed in,
#: a calendar's year, what the settings and the roles mean.
NO_LISTS = {"/", "/account", "/admin/calendar", "/admin/settings", "/exchange/api/", "/exchange/tokens/", "/licensing/imports/", "/people/roles"}
#: Lists that need a name.
NAMED = (
    "/scores/2026Q3", "/scores/2026Q3/police", "/scores/2026Q3/fire/permit?which=due", "/quarter-lists/2026Q3/fire/permits",
    "/inbox/?state=fulfilled", "/credit/publicity?publicity=published", "/licensing/pushes/?state=pushed",
)  # fmt: skip
LISTS = re.compile(r'<p class="list-files">(.*?)</p>', re.S)


def paths() -> list[str]:
    found = [line.split()[1] for line in ROUTES.read_text(encoding="utf-8").splitlines() if line.startswith("GET /")]
    skipped = ("/api", "/log", "/health", "/exchange/openapi")
    return [path for path in found if "<" not in path and not path.startswith(skipped)]


@pytest.mark.browser
@pytest.mark.parametrize("account", ["bangongshi", "fire.lianluo", "approval.jingban", "shenji"])
def test_every_list_that_a_person_sees_is_given_as_a_file(open_as, account: str) -> None:
    asked = open_as(account, javascript=False).request
    missing, wrong, rows = [], [], {}
    for path in dict.fromkeys([*paths(), *NAMED]):
        answer = asked.get(path)
        if answer.status != 200 or "html" not in answer.headers["content-type"] or path in NO_LISTS:
            continue
        body = answer.text()
        found = LISTS.findall(body)
        if not found and "<table" in body:
            missing.append(path)
        for href in re.findall(r'href="([^"]+)"', "".join(found)):
            file = asked.get(html.unescape(href))
            if file.status != 200:
                wrong.append((file.status, href))
            elif href.endswith("csv"):
                rows[path] = len(list(csv.reader(io.StringIO(file.body().decode("utf-8-sig"))))) - 1
            elif not file.body().startswith(b"PK"):
                wrong.append(("not an XLSX", href))
    assert (missing, wrong) == ([], [])
    assert sum(count > 0 for count in rows.values()) >= 3
