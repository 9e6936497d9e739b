"""Who stands at the door: login, sessions, the permission of each route, CSRF, security headers."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request, session, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect

from portal import access, audit, second_factor, sessions, units, users
from portal.access import PUBLIC
from portal.database import ready_connection
from portal.pages import elsewhere, wants_part
from portal.plugging import registry
from portal.refusals import NotAllowed, Refused
from portal.users import User

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: The largest form of somebody who is not signed in.
STRANGERS_BYTES = 16 * 1024
#: What a person with an expired password may still open.
_WHILE_EXPIRED = {"auth.password", "auth.change_password", "auth.logout", "static"}
#: What a login may open that still owes its second factor, and a person who has to enrol one.
_WHILE_HALF = {"second.ask", "second.give", "auth.logout", "static"}
_WHILE_MISSING = {"second.enrol", "second.confirm", "auth.proof", "auth.prove", "auth.logout", "static"}


def _load(token: str) -> User | None:
    # An element that asks for itself is a page refreshing itself, not a person at the keyboard.
    asked_by, asked_for = request.headers.get("HX-Trigger"), request.headers.get("HX-Target")
    user = sessions.user_of(token, active=request.method != "GET" or not asked_by or asked_by != asked_for)
    if user is not None:
        _dress(user)
    return user


def _dress(user: User) -> None:
    """Give a person the permissions of the running application and the words of the page's head."""
    # A half login may give its second factor and nothing else, whatever page asks.
    user.permissions = frozenset({"home.view"}) if user.half else registry().permissions.granted(user.roles)
    user.unit_label = units.name_of(user.unit) or user.body or "、".join(user.role_labels)


def viewer_of(user: User) -> User:
    """The person with permissions, for the command line and tests."""
    _dress(user)
    return user


def viewer_named(account: str) -> User:
    """The person of that account with permissions, for work done in his or her name. Raises NotAllowed."""
    user = users.find(account)
    if user is None or not user.active:
        raise NotAllowed("提交这项工作的账号已停用")
    return viewer_of(user)


def install(app: Flask) -> None:
    """Put the login, the gate and the headers before every route of ``app``."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(_limit)
    CSRFProtect(app)
    app.before_request(_enter)
    app.after_request(_headers)


def _limit() -> None:
    """Before anything reads the form: a stranger sends an account and a password, not a file nor 200,000 fields."""
    view = access_view(request.endpoint)
    if request.method in access.SAFE_METHODS or "_user_id" in session or getattr(view, "is_api", False):
        return
    request.max_content_length = request.max_form_memory_size = STRANGERS_BYTES
    request.max_form_parts = 20


def _enter() -> Response | None:
    g.request_id = secrets.token_hex(6)
    if request.endpoint == "static":
        return None
    ready_connection()
    actor = audit.Actor(account="-", name="未登录", address=request.remote_addr or "", channel="web", request=g.request_id)
    _refuse_nul()
    _refuse_foreign()
    view = access_view(request.endpoint)
    if view is not None and getattr(view, "is_api", False):
        audit.act_as(actor)
        return None
    if current_user.is_authenticated:
        actor = current_user.as_actor(address=actor.address, channel="web", request=g.request_id)
    audit.act_as(actor)
    if view is None or view.permission == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    if current_user.half:
        return elsewhere(url_for("second.ask", next=_wanted())) if request.endpoint not in _WHILE_HALF else None
    users.mark_login_day(current_user)
    if sessions.password_expired(current_user) and request.endpoint not in _WHILE_EXPIRED:
        return elsewhere(url_for("auth.password"))
    if request.endpoint not in _WHILE_MISSING | _WHILE_EXPIRED and second_factor.is_missing(current_user):
        return elsewhere(url_for("second.enrol"))
    if not current_user.can(view.permission):
        label = registry().permissions.rows[view.permission].label
        raise NotAllowed(f"您的角色（{'、'.join(current_user.role_labels) or '无'}）没有这项权限：{label}")
    return None


def _refuse_nul() -> None:
    """No text of a form or an address holds a NUL: PostgreSQL cannot store it, and no person types it."""
    for name, value in [*request.args.items(multi=True), *request.form.items(multi=True)]:
        if "\0" in name or "\0" in value:
            raise Refused("提交的内容含有空字符（U+0000），不能保存，请删除后重新提交")


def _refuse_foreign() -> None:
    """A form sent by another site is refused whatever token it carries (ASVS 3.5.3)."""
    if request.method in access.SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.host):
        raise NotAllowed("这个请求来自别的网站，已拒绝；请在本平台的页面上操作")


def access_view(endpoint: str | None):
    """The view behind an endpoint, or None when no route matched (the 404 and 405 pages need no permission)."""
    from flask import current_app

    return current_app.view_functions.get(endpoint) if endpoint else None


def _to_login() -> Response:
    session.pop("_flashes", None)
    return elsewhere(url_for("auth.login", next=_wanted()))


def _wanted() -> str | None:
    """The page to lead to after the login; None is the first page."""
    target = request.full_path.rstrip("?") if request.method == "GET" and not wants_part() else "/"
    return target if target != "/" else None


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # The page that says "not found" bears the name of who asked: only a file itself is everybody's.
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        response.headers["Cache-Control"] = "public, max-age=86400"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("HX-Request")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def check(app: Flask) -> None:
    """Stop the start when a route has no permission (access.check_routes).

    A view of the API has no cookie that a foreign page could abuse: it needs its token and no CSRF token.
    """
    for view in app.view_functions.values():
        if getattr(view, "is_api", False):
            app.extensions["csrf"].exempt(view)
    access.check_routes(app, app.extensions["portal.registry"].permissions)
