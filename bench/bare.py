"""The floor of a page: Flask with one template and sqlite3 on the portal's own rows, served by waitress like the portal.

    python -m bench.bare PORT [DATABASE fts|like]
"""

from __future__ import annotations

import sqlite3
import sys
import threading

import waitress
from flask import Flask, render_template_string, request

ROWS = """<!doctype html><title>{{ q }}</title><table>{% for row in rows %}<tr><td><a href="/{{ row[0] }}">{{ row[2] }}</a></td>
<td>{{ row[1] }}</td><td>{{ row[3] }}</td><td>{{ row[4] }}</td></tr>{% endfor %}</table><p>{{ total }}</p>"""
FTS = "FROM subject_search f CROSS JOIN subject s ON s.id = f.rowid WHERE f.subject_search MATCH ?"
LIKE = "FROM subject s WHERE s.name LIKE ?"


def make(path: str = "", way: str = "fts") -> Flask:
    """Hello world, or with a database the page of 31 rows and a bounded count."""
    app = Flask(__name__)
    kept = threading.local()

    @app.get("/")
    def hello() -> str:
        return "Hello, World!"

    @app.get("/search")
    def search() -> str:
        if not hasattr(kept, "database"):
            kept.database = sqlite3.connect(path)
        text, state = request.args["q"], request.args.get("state", "")
        source, value = (FTS, f'"{text}"') if way == "fts" else (LIKE, f"%{text}%")
        values: list[object] = [value]
        if state:
            source, values = f"{source} AND s.state = ?", [value, state]
        order = "f.rowid" if way == "fts" else "s.id"
        columns = "s.id, s.credit_code, s.name, s.street, s.state"
        rows = kept.database.execute(f"SELECT {columns} {source} ORDER BY {order} DESC LIMIT 31", values).fetchall()
        (total,) = kept.database.execute(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT 1001)", values).fetchone()
        return render_template_string(ROWS, q=text, rows=rows, total=total)

    return app


if __name__ == "__main__":
    waitress.serve(make(*sys.argv[2:]), host="127.0.0.1", port=int(sys.argv[1]), threads=8)
