"""The cast and the stage of the tests: an application with the real plugins, its people by name, and a browser.

Each person's name says which rule they stand for: ``公安经办`` is an officer of the police, ``系统管理员甲`` one of
two system administrators.
"""

from __future__ import annotations

import atexit
import contextvars
import functools
import html
import re
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import app as application
from portal import audit, clock, jobs, official_calendar, passwords, units, users
from portal.database import database, is_postgresql, open_database, ready_connection, transaction
from portal.plugging import registry
from portal.users import User
from tests import services

PASSWORD = "Qiu-feng.yu-2026"
NOW = clock.at(date(2026, 9, 25), 10)
FOUNDED = date(2026, 1, 1)

#: account → (name, unit, body, roles)
PEOPLE: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "xitong-jia": ("系统管理员甲", "", "", ("sysadmin",)),
    "xitong-yi": ("系统管理员乙", "", "", ("sysadmin",)),
    "anquan-jia": ("安全管理员甲", "", "", ("secadmin",)),
    "anquan-yi": ("安全管理员乙", "", "", ("secadmin",)),
    "shenji": ("审计管理员", "", "", ("auditor",)),
    "bangongshi": ("办公室主任", "market_regulation", "", ("office",)),
    "zhaojiren": ("召集人", "", "管委会", ("convenor",)),
    "fuzhaojiren": ("副召集人", "", "管委会", ("deputy_convenor",)),
    "quguanban": ("区管办人员", "", "区管办", ("zone_office",)),
    "gongan-lianluo": ("公安联络员", "police", "", ("liaison",)),
    "gongan-jingban": ("公安经办", "police", "", ("officer",)),
    "gongan-jiancha": ("公安检查员", "police", "", ("inspector",)),
    "gongan-fuze": ("公安负责人", "police", "", ("head",)),
    "shichang-lianluo": ("市场联络员", "market_regulation", "", ("liaison",)),
    "shichang-jingban": ("市场经办", "market_regulation", "", ("officer",)),
    "shenpi-jingban": ("审批经办", "approval", "", ("officer",)),
    "renmen-xinlai": ("新来的人", "police", "", ()),
}


#: On which database the running test works: ``sqlite`` or ``postgresql`` (tests/conftest.py sets it).
BACKEND = "sqlite"


def make_app(tmp_path: Path, url: str | None = None, **configuration: Any) -> Flask:
    """An application on a database of its own, migrated, with the calendar and every installed unit a member since
    2026-01-01; its context stays pushed until :func:`close`.

    Without ``url`` or ``plugins`` the database is a copy of one that was prepared once for the whole run.
    """
    # Argon2 at its real cost would take most of a test's time; the rules around it are the same.
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    plugins = configuration.pop("plugins", None)
    copied = url is None and plugins is None
    if copied and not configuration:
        return _moved(tmp_path, _copy(tmp_path))
    if copied:
        url = _copy(tmp_path)
    return _stage(tmp_path, url or f"sqlite:///{tmp_path / 'portal.db'}", plugins, copied, configuration)


def _stage(folder: Path, url: str, plugins: Any, copied: bool, configuration: dict[str, Any]) -> Flask:
    given = {"TESTING": True, "SECRET_KEY": "for tests only", "DATA_DIR": str(folder), "DATABASE_URL": url, **configuration}
    made = application.create_app(given, plugins=plugins, ready=copied)
    made.test_context = made.app_context()
    made.test_context.push()
    ready_connection()
    if not copied:
        _furnish(made)
    return made


@functools.cache
def _made_once() -> tuple[Flask, dict[str, Any]]:
    """The application with the real plugins and its configuration: hundreds of routes are compiled once for the run."""
    folder = Path(tempfile.mkdtemp(prefix="portal-app-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    given = {"TESTING": True, "SECRET_KEY": "for tests only", "DATA_DIR": str(folder)}
    made = application.create_app(given | {"DATABASE_URL": f"sqlite:///{folder / 'portal.db'}"}, ready=False)
    return made, dict(made.config)


def _moved(folder: Path, url: str) -> Flask:
    """The one application on another database and folder, as if it had just been made there."""
    made, kept = _made_once()
    made.config.clear()
    made.config.update(kept | {"DATA_DIR": str(folder), "DATABASE_URL": url})
    open_database(url)
    jobs.install_queue(made)
    made.test_context = made.app_context()
    made.test_context.push()
    ready_connection()
    units.check_functions(registry())
    return made


def _furnish(made: Flask) -> None:
    application.migrate(made)
    with clock.using(clock.HandClock(NOW)):
        official_calendar.seed()
        with transaction():
            for unit in registry().units:
                units.found(unit.key, FOUNDED, "通开管〔2026〕1号")


@functools.cache
def _prepared(backend: str) -> str:
    """The furnished database that tests copy: a file's path, or the name of a PostgreSQL database."""
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if backend == "sqlite":
        name, url = str(folder / "prepared.db"), f"sqlite:///{folder / 'prepared.db'}"
    else:
        name = services.postgresql_server().create()
        url = services.postgresql_server().url(name)
    _leave(_stage(folder, url, None, False, {}))
    return name


def _copy(tmp_path: Path) -> str:
    if BACKEND == "sqlite":
        target = tmp_path / "portal.db"
        shutil.copyfile(_prepared("sqlite"), target)
        return f"sqlite:///{target}"
    server = services.postgresql_server()
    return server.url(server.create(_prepared("postgresql")))


def close(app: Flask) -> None:
    """Leave the stage: pop the context, close the connection, drop a copied server database, forget who acted."""
    _leave(app)
    name = app.config["DATABASE_URL"].rpartition("/")[2]
    if name.startswith("test_") and BACKEND == "postgresql" and name != _prepared("postgresql"):
        services.postgresql_server().drop(name)


def _leave(app: Flask) -> None:
    app.test_context.pop()
    if not database.is_closed():
        database.close()
    users._marked.clear()
    audit.act_as(audit.Actor())


def cast(app: Flask) -> dict[str, User]:
    """Make :data:`PEOPLE` with one password and return them by account."""
    found: dict[str, User] = {}
    hashed = passwords.hash_password(PASSWORD)
    for account, (name, unit, body, roles) in PEOPLE.items():
        user, _ = users.create(account, name, unit=unit, body=body, demonstration=hashed)
        for role in roles:
            users.grant(user, role, None)
        found[account] = user
    return found


class Browser:
    """A person at a computer: keeps cookies, follows one redirect after a form, and reads the page's forms."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def _alone(self, call: Callable[..., TestResponse], *args: Any, **kwargs: Any) -> TestResponse:
        """A request sees neither the test's application context (Flask would share its ``g``) nor its actor."""
        return contextvars.Context().run(call, *args, **kwargs)

    def sign_in(self, account: str, password: str = PASSWORD) -> TestResponse:
        """Sign in through the login page's own form."""
        return self.submit("/login", "/login", account=account, password=password)

    def get(self, url: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self._alone(
            self.client.get,
            url,
            buffered=True,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def form(self, url: str, action: str) -> dict[str, str]:
        """The hidden fields (``csrf_token``, ``submission_key`` …) of the form with ``action`` on the page ``url``."""
        body = self.get(url).get_data(as_text=True)
        for found in re.finditer(r"<form\b([^>]*)>(.*?)</form>", body, re.S):
            target = re.search(r'action="([^"]*)"', found[1])
            if target and html.unescape(target[1]) == action:
                return hidden_fields(found[2])
        raise AssertionError(f"no form with action {action} on {url}:\n{body}")

    def submit(
        self, url: str, action: str, *, form: dict[str, Any] | None = None, follow: bool = True, **fields: Any
    ) -> TestResponse:
        """Open ``url``, fill ``fields`` into its form with ``action``, send it and follow the redirect."""
        filled = {**(self.form(url, action) if form is None else form), **fields}
        return self._alone(self.client.post, action, data=filled, follow_redirects=follow, buffered=True)

    def post(self, action: str, **fields: Any) -> TestResponse:
        """Send a form that no page offers to this person, with a valid token: for refusals."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/account").get_data(as_text=True))
        assert token is not None
        key = {"csrf_token": token[1], "submission_key": "0123456789abcdef" * 2}
        return self._alone(self.client.post, action, data={**key, **fields}, buffered=True)


def hidden_fields(markup: str) -> dict[str, str]:
    """The hidden inputs inside ``markup``."""
    found = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', markup):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = html.unescape(value[1]) if value else ""
    return found


def text_of(response: TestResponse) -> str:
    """The words of a page's main part, without markup, blanks folded."""
    body = response.get_data(as_text=True)
    main = re.search(r"<main\b.*?</main>", body, re.S)
    return words_of(main[0] if main else body)


def words_of(markup: str) -> str:
    """Markup without tags, entities resolved, blanks folded."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def table_of(response: TestResponse, caption: str) -> list[list[str]]:
    """The body rows of the table with ``caption``, each cell as words; empty when the page has no such table."""
    body = response.get_data(as_text=True)
    for found in re.finditer(r"<table\b.*?</table>", body, re.S):
        title = re.search(r"<caption[^>]*>(.*?)</caption>", found[0], re.S)
        if title and words_of(title[1]) == caption:
            rows = re.findall(r"<tr\b[^>]*>(.*?)</tr>", found[0].split("<tbody>", 1)[1], re.S)
            return [
                [words_of(cell) for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", row, re.S)]
                for row in rows
            ]
    return []


def tamper(sql: str) -> None:
    """Change the log behind the program's back, as an owner of the file or a database administrator could."""
    if is_postgresql():
        database.execute_sql("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
    else:
        database.execute_sql("DROP TRIGGER audit_entry_no_update")
        database.execute_sql("DROP TRIGGER audit_entry_no_delete")
    database.execute_sql(sql)
