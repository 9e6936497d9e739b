"""An example client of the HTTP API, standard library only: copy it into the other system and adapt it.

    python client.py https://portal.example jmp_… registrations rows.jsonl

sends every line of the file (one JSON object with the sender's own number in "key" and the fields in "values") in
batches and prints what became of each; without a file it prints every record that the token may read.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

BATCH = 500
_ATTEMPTS = 5


class Answered(Exception):
    """The portal said no: the status and its problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title', '')} {problem.get('detail', '')}".strip())
        self.status, self.problem = status, problem


class Client:
    """One portal, one token. Asking again is safe: the portal knows a record by the sender's own number."""

    def __init__(self, base: str, token: str, wait: float = 2.0) -> None:
        self.base, self.token, self.wait = base.rstrip("/") + "/api/v1/", token, wait

    def ask(self, method: str, path: str, content: Any = None, **query: Any) -> Any:
        """One request, repeated when the portal is busy or the line breaks. Raises Answered."""
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        body = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                request = urllib.request.Request(url, body, headers, method=method)
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = json.loads(error.read() or b"{}")
                if error.code not in (429, 503) or attempt == _ATTEMPTS:
                    raise Answered(error.code, problem) from error
                time.sleep(float(error.headers.get("Retry-After") or self.wait * attempt))
            except urllib.error.URLError:
                if attempt == _ATTEMPTS:
                    raise
                time.sleep(self.wait * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def put(self, kind: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        """Write one record under the sender's own number."""
        return self.ask("PUT", f"{kind}/by-key/{urllib.parse.quote(key, safe='')}", values)

    def send(self, kind: str, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Write rows of {"key", "values"} in batches; yields the answer to each, in their order."""
        rows = iter(rows)
        while batch := list(islice(rows, BATCH)):
            yield from self.ask("POST", f"{kind}/batch", {"rows": batch})["results"]

    def records(self, kind: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Every record, page by page."""
        cursor: str | None = "0"
        while cursor is not None:
            page = self.ask("GET", kind, cursor=cursor, limit=1000, **filters)
            yield from page["items"]
            cursor = page["next"]

    def changes(self, kind: str, since: int = 0) -> tuple[list[dict[str, Any]], int]:
        """What changed after ``since``, and the number to ask with the next time."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", f"{kind}/changes", since=since, limit=1000)
            if not page["items"]:
                return found, since
            found += page["items"]
            since = page["since"]


def main(arguments: list[str]) -> int:
    """The command of the module's docstring; exit code 1 when a row was not taken, 2 when called wrongly."""
    if len(arguments) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    base, token, kind, *files = arguments
    client = Client(base, token)
    if not files:
        for record in client.records(kind):
            print(json.dumps(record, ensure_ascii=False))
        return 0
    wrong = 0
    with open(files[0], encoding="utf-8") as source:
        for result in client.send(kind, (json.loads(line) for line in source if line.strip())):
            wrong += result["outcome"] is None
            print(json.dumps(result, ensure_ascii=False))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
