"""Makes the application: a flat list of steps, each of which may refuse to start with a sentence in Chinese."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import alarms, chrome, clock, core_hooks, database, error_pages, files, gate, jobs, units
from portal.declarations import DeclarationError
from portal.plugging import Registry
from portal.refusals import Refused

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> str:
    """Templates and static files lie inside an installed package, beside it in a checkout."""
    inside = _PACKAGE / name
    return str(inside if inside.is_dir() else _PACKAGE.parent / name)


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration: ``given`` first, then the environment, then defaults (README.md names them)."""
    data = Path(given.get("DATA_DIR") or os.environ.get("PORTAL_DATA_DIR") or "var").absolute()
    return {
        "DATA_DIR": str(data),
        "DATABASE_URL": os.environ.get("PORTAL_DATABASE_URL") or f"sqlite:///{data / 'portal.db'}",
        "SECRET_FILE": os.environ.get("PORTAL_SECRET_FILE") or str(data / "secret"),
        "CLOCK": os.environ.get("PORTAL_CLOCK", ""),
        "PROXIES": int(os.environ.get("PORTAL_PROXIES") or 0),
        "SECURE_COOKIE": os.environ.get("PORTAL_HTTPS", "") == "1",
        "MAX_CONTENT_LENGTH": files.LARGEST + 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 16 * 1024 * 1024,
        "MAX_FORM_PARTS": 20_000,
        **given,
    }


def secret(path: Path) -> str:
    """The key that signs cookies, made on first use and readable by the portal's own account only."""
    if not path.exists():
        database.make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as target:
            target.write(secrets.token_hex(32))
    return path.read_text().strip()


def create_app(
    given: Mapping[str, Any] | None = None,
    *,
    plugins: Iterable[tuple[str, Any]] | None = None,
    ready: bool = True,
) -> Flask:
    """Make the application.

    ``plugins`` replaces the plugins found in the tree and among installed packages (tests). With ``ready`` False
    the database may still lack its tables: for ``portal init`` and ``portal migrate``. Raises DeclarationError or
    StorageError, both with Chinese text.
    """
    app = Flask("portal", template_folder=_folder("templates"), static_folder=_folder("static"))
    _configure(app, given or {})
    app.extensions["portal.registry"] = Registry(plugins, core=core_hooks)
    _open_database(app, ready)
    Htmx(app)
    gate.install(app)
    error_pages.install(app)
    chrome.install(app)
    _install_pages(app)
    jobs.install_queue(app)
    app.extensions["portal.daily"] = core_hooks.daily
    app.extensions["portal.watch"] = alarms.watch
    gate.check(app)
    if ready:
        with app.app_context():
            database.ready_connection()
            units.check_functions(app.extensions["portal.registry"])
    return app


def _configure(app: Flask, given: Mapping[str, Any]) -> None:
    app.config.update(configuration(given))
    app.secret_key = app.config.get("SECRET_KEY") or secret(Path(app.config["SECRET_FILE"]))
    secure = app.config["SECURE_COOKIE"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-portal" if secure else "portal",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=24),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=True,
    )
    if app.config["CLOCK"]:
        try:
            clock.use(clock.StartedClock(clock.parse(app.config["CLOCK"])))
        except ValueError:
            raise Refused(f"PORTAL_CLOCK“{app.config['CLOCK']}”应写成 2026-09-25T09:00 这样") from None
    if app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=app.config["PROXIES"], x_proto=app.config["PROXIES"])


def _open_database(app: Flask, ready: bool) -> None:
    database.open_database(app.config["DATABASE_URL"])
    if ready:
        database.ready_connection()
        missing = database.missing_migrations(app.extensions["portal.registry"].schemas)
        if missing:
            raise database.StorageError(f"数据库缺少 {len(missing)} 项升级（{missing[0]} 等），请先运行 portal migrate")


def _install_pages(app: Flask) -> None:
    from portal.views import BLUEPRINTS

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    taken: dict[str, str] = {}
    for plugin, blueprint in app.extensions["portal.registry"].answers("register_blueprint"):
        if blueprint.name in app.blueprints:
            raise DeclarationError(f"插件“{plugin}”的页面组“{blueprint.name}”与“{taken.get(blueprint.name, '核心')}”重名")
        taken[blueprint.name] = plugin
        app.register_blueprint(blueprint)


def migrate(app: Flask) -> list[str]:
    """Bring the database of ``app`` up to date; returns what was applied."""
    return database.migrate(app.extensions["portal.registry"].schemas)
