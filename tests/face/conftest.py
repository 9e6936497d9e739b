"""The design rendered by itself: plain Jinja, a static server with the portal's CSP, one Chromium."""

import http.server
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.browsers import current_chromium

ROOT = Path(__file__).resolve().parents[2]
ERROR_CODES = (403, 404, 405, 409, 413, 422, 500, 503)
CSP = (
    "default-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def _item(label, active=False, count=None):
    return {"label": label, "href": "/styleguide.html", "active": active, "count": count}


def signed_in_values():
    """What the portal's context gives every page of a signed-in liaison."""
    return {
        "site": {"zone": "示例经济技术开发区", "version": "0.1.0"},
        "viewer": SimpleNamespace(name="张示例", unit_label="城市管理局", role_labels=["联络员", "经办"]),
        "nav": [
            {"label": "", "items": [_item("首页"), _item("待办", count=17)]},
            {"label": "证照联动", "items": [_item("登记与推送"), _item("认领与反馈", active=True, count=9)]},
            {"label": "联席会议", "items": [_item("会议"), _item("季度评分")]},
        ],
        "clock_note": "演示时间 2026-09-25 10:00",
        "today_text": "2026年9月25日 星期五 工作日",
        "flashes": [("success", "已认领 3 条。")],
        "audit_foot": "审计 18,204 · 3f9a 1c07",
        "inbox_count": 17,
        "search_href": "/styleguide.html",
        "idle_seconds": 1800,
    }


@pytest.fixture(scope="session")
def env():
    """The templates with strict names, so that an undocumented need of a macro fails here."""
    loader = FileSystemLoader([ROOT / "templates", Path(__file__).parent / "pages"])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    made.globals["url_for"] = lambda endpoint, filename: f"/{endpoint}/{filename}"
    made.globals["csrf_token"] = lambda: "token-of-the-session"
    return made


@pytest.fixture(scope="session")
def render(env):
    """render(source, **values) -> the text of a template given as source."""
    return lambda source, **values: env.from_string(source).render(**values)


class _Site(http.server.SimpleHTTPRequestHandler):
    """Serves the rendered pages with the portal's policy and remembers what is posted."""

    posted: list[str] = []
    tokens: list[str | None] = []

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.posted.append(self.rfile.read(length).decode("utf-8", "replace"))
        self.tokens.append(self.headers["X-CSRFToken"])
        self.send_response(403 if self.path == "/refused" else 204)
        self.end_headers()

    def end_headers(self):
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, *arguments):
        """The test run's output is no access log."""


@pytest.fixture(scope="session")
def site(env, tmp_path_factory):
    """The pages of the design on a local port: .url, what was .posted and with which CSRF .tokens."""
    folder = tmp_path_factory.mktemp("face")
    pages = {"styleguide": "styleguide.html", **{f"e{code}": f"errors/{code}.html" for code in ERROR_CODES}}
    for name, template in pages.items():
        text = env.get_template(template).render(**signed_in_values())
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    signed_out = env.get_template("sign_in.html").render(site={"zone": "示例经济技术开发区"})
    for name, rows in {"live_list": ["晨光宾馆"], "live_rows": ["晨光宾馆", "老张理发店"]}.items():
        text = env.get_template(f"{name}.html").render(rows=rows, **signed_in_values())
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    (folder / "sign_in.html").write_text(signed_out, encoding="utf-8")
    shutil.copytree(ROOT / "static", folder / "static")

    class Here(_Site):
        posted = []
        tokens = []

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Here)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(
        url=f"http://127.0.0.1:{server.server_port}", posted=Here.posted, tokens=Here.tokens
    )
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def chromium():
    """Today's Chromium, as for every other browser test."""
    with current_chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium, site):
    """open_page(name, width, height, scripts=True): a page whose complaints are collected in .complaints."""
    contexts = []

    def opened(name, width=1366, height=768, scripts=True):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="zh-CN"
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(site.url) or page.complaints.append(f"outside: {request.url}")
            ),
        )
        page.goto(f"{site.url}/{name}.html")
        return page

    yield opened
    for context in contexts:
        context.close()
