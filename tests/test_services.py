"""Every service that other tests rest on answers: PostgreSQL, today's Chromium, Chromium 83 and 109."""

import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.browsers import OldBrowser, PageFailed, current_chromium
from tests.services import postgresql_database, postgresql_server, postgresql_url

FORM = """<!doctype html><meta charset="utf-8"><title>登记</title>
<p id="engine"></p>
<form action="/answer"><input name="unit" value="旧值"><input name="day" type="date">
<select name="level"><option>一般</option><option>重点</option></select>
<div style="height: 3000px"></div><button>提交</button></form>
<button id="ask" onclick="if (confirm('确定？')) document.title = '已确认'">询问</button>
<script>
document.getElementById('engine').textContent = navigator.userAgent;
document.querySelector('input').addEventListener('change', e => document.body.dataset.seen = e.target.value);
</script>"""
BROKEN = """<!doctype html><meta charset="utf-8"><p>正文</p><script>throw new Error('坏了')</script>"""


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        answer = json.dumps(parse_qs(address.query), ensure_ascii=False)
        page = {"/": FORM, "/broken": BROKEN, "/answer": f'<meta charset="utf-8"><p>{answer}</p>'}
        body = page.get(address.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The tests' output stays free of access lines."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


@pytest.mark.postgresql
def test_postgresql_answers_in_utf8_with_c_collation() -> None:
    with postgresql_database() as url, psycopg.connect(url) as connection:
        (version,) = connection.execute("SELECT version()").fetchone()
        (encoding,) = connection.execute("SHOW server_encoding").fetchone()
        ordered = connection.execute("SELECT x FROM (VALUES ('乙'), ('a'), ('B')) v(x) ORDER BY x").fetchall()
    assert version.startswith("PostgreSQL ")
    assert encoding == "UTF8"
    assert ordered == [("B",), ("a",), ("乙",)]


@pytest.mark.postgresql
def test_each_postgresql_database_is_fresh_and_dropped_when_its_block_ends() -> None:
    lasting = postgresql_url()
    with psycopg.connect(lasting) as connection:
        connection.execute("CREATE TABLE unit (name text)")
    with postgresql_database() as url:
        still_open = psycopg.connect(url)
        assert still_open.execute("SELECT to_regclass('unit')").fetchone() == (None,)
    with still_open, pytest.raises(psycopg.OperationalError):
        still_open.execute("SELECT 1")
    with psycopg.connect(postgresql_server().url("postgres")) as connection:
        left = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert url.rsplit("/", 1)[1] not in left
    assert lasting.rsplit("/", 1)[1] in left


@pytest.mark.browser
def test_current_chromium_fills_and_sends_a_form(site: str, tmp_path: Path) -> None:
    with current_chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(site)
        major = int(browser.version.split(".")[0])
        assert major > 109
        assert f"Chrome/{major}." in page.evaluate("navigator.userAgent")
        assert page.evaluate("[6 * 7, document.title]") == [42, "登记"]
        page.fill("[name=unit]", "市场监管局")
        page.click("button")
        page.wait_for_url("**/answer?*")
        assert "市场监管局" in page.inner_text("body")
        page.screenshot(path=tmp_path / "page.png")
    assert _png_size(tmp_path / "page.png") == (1280, 900)


@pytest.mark.browser
@pytest.mark.parametrize("version", [83, 109])
def test_old_chromium_fills_and_sends_a_form(version: int, site: str, tmp_path: Path) -> None:
    with OldBrowser(version) as browser:
        browser.goto(site)
        assert f"Chrome/{version}." in browser.text()
        assert browser.evaluate("Promise.resolve([6 * 7, document.title])") == [42, "登记"]
        browser.fill("[name=unit]", "市场监管局")
        assert browser.evaluate("document.body.dataset.seen") == "市场监管局"
        browser.fill("[name=day]", "2019-12-31")
        browser.fill("[name=level]", "重点")
        browser.click("form button")
        browser.wait_until("location.pathname === '/answer'")
        assert json.loads(browser.text()) == {
            "unit": ["市场监管局"],
            "day": ["2019-12-31"],
            "level": ["重点"],
        }
        browser.screenshot(tmp_path / "page.png")
        assert browser.page_errors == []
    assert _png_size(tmp_path / "page.png") == (1280, 900)


@pytest.mark.browser
@pytest.mark.parametrize("version", [83, 109])
def test_old_chromium_tells_what_went_wrong(version: int, site: str) -> None:
    with OldBrowser(version) as browser:
        browser.goto(site)
        with pytest.raises(PageFailed, match="没有可点击的 #none"):
            browser.click("#none")
        with pytest.raises(PageFailed, match="ReferenceError: nothing is not defined"):
            browser.evaluate("nothing")
        with pytest.raises(PageFailed, match="未成立"):
            browser.wait_until("1 > 2", seconds=0.1)
        browser.click("#ask")
        browser.wait_until("document.title === '已确认'")
        browser.goto(f"{site}/broken")
        assert browser.text() == "正文"
        assert [error.split("\n")[0] for error in browser.page_errors] == [f"{site}/broken: Error: 坏了"]
