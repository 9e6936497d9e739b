"""Deny by default: who may open which route, tried for every role and held to a committed table."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from portal import access
from portal.permissions import ROLES
from portal.plugging import registry
from tests.cast import Browser

TABLE = Path(__file__).parent / "routes.txt"
#: The only pages without a login; one that no longer needs to be here fails too.
OPEN = {"GET /login", "POST /login", "POST /logout", "GET /health"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(method, rule, permission) of every route but the static files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            permission = view.permission if not getattr(view, "is_api", False) else f"(API) {view.permission}"
            found.append((method, rule.rule, permission))
    return sorted(found, key=lambda row: (row[1], row[0]))


def table(app: Flask) -> str:
    """The route × role table as text, generated from the code."""
    permissions = registry().permissions
    lines = ["# Generated: python -m pytest tests/house/test_routes.py --rewrite-routes", "# method route permission: roles"]
    for method, rule, permission in routes(app):
        if permission in permissions.rows:
            roles = ", ".join(role for role in ROLES if role in permissions.rows[permission].roles)
            lines.append(f"{method} {rule} {permission}: {roles}")
        else:
            lines.append(f"{method} {rule} {permission}")
    return "\n".join(lines) + "\n"


def test_the_table_of_routes_is_the_committed_one(app: Flask, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-routes"):
        TABLE.write_text(table(app), encoding="utf-8")
    assert table(app) == TABLE.read_text(encoding="utf-8"), "look at the difference, then run with --rewrite-routes"


def test_only_the_named_routes_are_open(app: Flask) -> None:
    found = {f"{method} {rule}" for method, rule, permission in routes(app) if permission == access.PUBLIC}
    assert found == OPEN


def _address(app: Flask, rule) -> str:
    values = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = 1 if converter == "IntegerConverter" else "2026Q3" if name == "quarter" else "x"
    return app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")


def test_an_anonymous_visitor_is_sent_to_the_login_by_every_page(app: Flask) -> None:
    browser = Browser(app)
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        if rule.endpoint == "static" or view.permission == access.PUBLIC or getattr(view, "is_api", False):
            continue
        if "GET" in (rule.methods or set()):
            answer = browser.get(_address(app, rule))
            assert answer.status_code == 303 and "/login" in answer.headers["Location"], rule.rule


def test_every_page_refuses_every_role_that_the_table_does_not_name(app: Flask, as_person, people) -> None:
    """Each GET route is opened by one person of each role: whom the table does not name
    gets 403, and nobody gets an error."""
    one_of = {
        "officer": "gongan-jingban", "liaison": "gongan-lianluo", "inspector": "gongan-jiancha", "head": "gongan-fuze",
        "office": "bangongshi", "convenor": "zhaojiren", "deputy_convenor": "fuzhaojiren", "zone_office": "quguanban",
        "sysadmin": "xitong-jia", "secadmin": "anquan-jia", "auditor": "shenji",
    }  # fmt: skip
    wrong = []
    for account in one_of.values():
        browser, held = as_person(account), people[account].roles
        for rule in app.url_map.iter_rules():
            view = app.view_functions.get(rule.endpoint)
            plain = rule.endpoint == "static" or view.permission == access.PUBLIC or getattr(view, "is_api", False)
            if plain or "GET" not in (rule.methods or set()):
                continue
            status = browser.get(_address(app, rule)).status_code
            allowed = view.permission == "home.view" or registry().permissions.allows(held, view.permission)
            # A page may still refuse a unit that lacks the special function; the table speaks of roles.
            if not allowed and status != 403:
                wrong.append((account, rule.rule, status, allowed))
            assert status < 500, (account, rule.rule)
    assert wrong == []


def test_every_answer_carries_the_security_headers(app: Flask, as_person) -> None:
    browser = as_person("gongan-jingban")
    for url in ("/", "/inbox/", "/subjects/", "/nothing-here", "/scores/2026Q3", "/audit/", "/health", "/static/css/portal.css", "/static/nothing"):
        headers = browser.get(url).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
        if url == "/static/css/portal.css":
            assert headers["Cache-Control"] == "public, max-age=86400"
        else:
            assert headers["Cache-Control"] == "no-store" and "HX-Request" in headers["Vary"]


def test_no_get_changes_the_database(app: Flask, as_person) -> None:
    """Reading leaves no trace but the login day, the session's last moment and looks that must be audited."""
    from portal import users
    from portal.database import database

    browser = as_person("bangongshi")
    kept = {"login_day", "login_session", "audit_entry", "record_change", "address_failures"}
    tables = [name for name in database.get_tables() if name not in kept and not name.startswith("subject_search")]

    def counts() -> dict[str, int]:
        return {name: database.execute_sql(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for name in tables}

    before = counts()
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        if rule.endpoint != "static" and "GET" in (rule.methods or set()) and not getattr(view, "is_api", False):
            browser.get(_address(app, rule))
    assert counts() == before
    assert users.User.select().count() > 0
