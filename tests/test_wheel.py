"""The wheel carries the templates, the static files and the plugins, and runs from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = """
import portal, re, sys
from pathlib import Path
from portal import app as A
assert Path(portal.__file__).is_relative_to(sys.argv[1]), portal.__file__
given = {"TESTING": True, "SECRET_KEY": "x", "DATA_DIR": sys.argv[2]}
app = A.create_app(given, ready=False)
with app.app_context():
    from portal.database import ready_connection
    from portal.plugging import registry
    ready_connection()
    print(len(A.migrate(app)) >= 2, len(registry().units), sum(len(u.permit_items) for u in registry().units))
answer = app.test_client().get("/login")
print(answer.status_code, "登录" in answer.text, app.test_client().get("/static/css/portal.css").status_code)
"""


def test_the_wheel_is_whole_and_runs_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=180)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css")]:
        assert f"portal/{wanted.relative_to(ROOT)}" in names
    for wanted in [*(ROOT / "plugins").rglob("*.csv"), *(ROOT / "plugins").rglob("*.html"), *(ROOT / "plugins").rglob("*.sql")]:
        assert str(wanted.relative_to(ROOT)) in names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(site), str(elsewhere)], capture_output=True, text=True, timeout=60, cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
    )  # fmt: skip
    assert done.stdout.splitlines() == ["True 14 161", "200 True 200"], done.stderr
