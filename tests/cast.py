"""The cast and the stage of the tests: an application with the real plugins, its people, and a browser.

Each person's name says which rule they stand for: ``公安经办`` is an officer of the police,
``系统管理员甲`` one of two system administrators.
"""

from __future__ import annotations

import contextvars
import html
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import app as application
from portal import audit, clock, official_calendar, passwords, units, users
from portal.database import database, ready_connection, transaction
from portal.plugging import registry
from portal.users import User

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


def make_app(tmp_path: Path, url: str | None = None, *, copy_of: Path | None = None, **given: Any) -> Flask:
    """An application on a fresh database: SQLite below ``tmp_path`` unless ``url`` says otherwise.

    It is migrated, has the calendar, and every installed unit is a member since 2026-01-01; ``copy_of`` is a
    database file that was made so before. Its context stays pushed until :func:`close`.
    """
    # Argon2 at its real cost would take most of a test's time; the rules around it are the same.
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    if copy_of is not None:
        shutil.copyfile(copy_of, tmp_path / "portal.db")
    configuration = {
        "TESTING": True,
        "SECRET_KEY": "for tests only",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": url or f"sqlite:///{tmp_path / 'portal.db'}",
        **given,
    }
    made = application.create_app(configuration, ready=False)
    made.test_context = made.app_context()
    made.test_context.push()
    ready_connection()
    if copy_of is None:
        application.migrate(made)
        official_calendar.seed()
        with transaction():
            for unit in registry().units:
                units.found(unit.key, FOUNDED, "通开管〔2026〕1号")
    return made


def close(app: Flask) -> None:
    """Leave the stage: pop the context, close the connection, forget who acted."""
    app.test_context.pop()
    if not database.is_closed():
        database.close()
    audit.act_as(audit.Actor())


def cast(app: Flask) -> dict[str, User]:
    """Make :data:`PEOPLE` with one password, or find those made before; returns them by account."""
    known = {user.account: user for user in User.select()}
    if known:
        return known
    found: dict[str, User] = {}
    for account, (name, unit, body, roles) in PEOPLE.items():
        user, _ = users.create(account, name, unit=unit, body=body, demonstration=PASSWORD)
        for role in roles:
            users.grant(user, role, None)
        found[account] = user
    return found


class Browser:
    """A person at a computer: keeps cookies, follows the redirect after a form, reads the page's forms."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def _alone(self, call: Callable[..., TestResponse], *args: Any, **kwargs: Any) -> TestResponse:
        """A request sees neither the test's application context (Flask would share ``g``) nor its actor."""
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
        """The hidden fields (``csrf_token``, ``submission_key`` …) of the form with ``action`` on ``url``."""
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
    """The body rows of the table with ``caption``, each cell as words; empty when there is none."""
    body = response.get_data(as_text=True)
    for found in re.finditer(r"<table\b.*?</table>", body, re.S):
        title = re.search(r"<caption[^>]*>(.*?)</caption>", found[0], re.S)
        if title and words_of(title[1]) == caption:
            rows = re.findall(r"<tr>(.*?)</tr>", found[0].split("<tbody>", 1)[1], re.S)
            return [
                [words_of(cell) for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", row, re.S)]
                for row in rows
            ]
    return []
