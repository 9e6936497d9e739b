"""The door of every page: who may enter, and that one form makes one effect.

A route without ``requires``, ``act`` or ``public`` stops the start (deny by default). ``act`` also runs the
view inside one transaction together with the form's submission key, so that a double click, a refresh or two
officers at once get the answer of the one effect.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import peewee
from flask import Flask, Response, g, make_response, request, session
from flask_login import current_user

from portal import audit, clock, proofs
from portal.database import InstantField, JsonField, database, transaction
from portal.declarations import DeclarationError
from portal.permissions import PermissionTable
from portal.refusals import Refused, Stale

PUBLIC = "(public)"
#: Routes that answer without a login; a test holds the list to the code.
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_KEY = re.compile(r"[0-9a-f]{32}")


class Submission(peewee.Model):
    """A form's key with the answer it got, stored in the same transaction as the effect."""

    key = peewee.TextField(primary_key=True)
    account = peewee.TextField()
    digest = peewee.TextField()
    at = InstantField(index=True)
    status = peewee.IntegerField(null=True)
    location = peewee.TextField(default="")
    body = peewee.TextField(default="")
    flashes = JsonField(default=list)

    class Meta:
        database = database
        table_name = "submission"


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that answers without a login."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def requires(permission: str, *, proof: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a reading view with the permission it needs; with ``proof="recent"`` the password is asked again first
    when its last proof is too old (what is unmasked, the export of the audit log)."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def proven(*args: Any, **kwargs: Any) -> Any:
            return proofs.demanded_to_read() or view(*args, **kwargs)

        marked = proven if proof else view
        marked.permission, marked.proof = permission, proof  # type: ignore[attr-defined]
        return marked

    return mark


def api(permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a view of the HTTP API: it knows its caller by a token of its own, never by the login's cookie, and so
    needs no CSRF token and marks no login day. The view asks for the token and its rights itself."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        view.permission = permission  # type: ignore[attr-defined]
        view.is_api = True  # type: ignore[attr-defined]
        return view

    return mark


def after_refusal(count: Callable[[], None]) -> None:
    """Let ``count`` run when this act has been refused and rolled back: a wrong password is counted all the same."""
    g.after_refusal = [*g.get("after_refusal", ()), count]


class _Undo(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


def act(permission: str, *, proof: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a changing view: its permission, one transaction around it, one effect for one form.

    The view answers with a redirect (done) or with a 4xx page (refused: everything is rolled back). A grave act
    asks the password again: ``proof="recent"`` when its last proof is too old, ``proof="always"`` at every sending.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def once(*args: Any, **kwargs: Any) -> Response:
            key = request.form.get("submission_key", "")
            if not _KEY.fullmatch(key):
                raise Refused("表单已失效，请返回刷新后重新填写")
            asked = proofs.demanded(proof) if proof else None
            if asked is not None:
                return asked
            try:
                with transaction():
                    # Two forms at one moment take turns, as on SQLite: each reads what the other has done.
                    audit.in_order()
                    kept = _reserve(key)
                    if kept is not None:
                        return _again(kept)
                    response = make_response(view(*args, **kwargs))
                    if response.status_code >= 400:
                        raise _Undo(response)
                    _keep(key, response)
                    return response
            except _Undo as undone:
                for count in g.pop("after_refusal", ()):
                    count()
                return undone.response

        once.permission, once.proof = permission, proof  # type: ignore[attr-defined]
        once.is_act = True  # type: ignore[attr-defined]
        return once

    return mark


def asks(permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a view that answers a question too long for a URL (a preview of a typed text): sent by POST, without a
    submission key, and whatever it writes is rolled back."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Response:
            try:
                with transaction():
                    raise _Undo(make_response(view(*args, **kwargs)))
            except _Undo as undone:
                return undone.response

        asked.permission = permission  # type: ignore[attr-defined]
        asked.is_act = True  # type: ignore[attr-defined]
        return asked

    return mark


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.endpoint} {request.path}".encode())
    for name in sorted(request.form):
        if name not in ("csrf_token", "submission_key", proofs.FIELD):
            for value in request.form.getlist(name):
                digest.update(f"\0{name}={value}".encode("utf-8", "surrogatepass"))
    for name in sorted(request.files):
        for file in request.files.getlist(name):
            digest.update(f"\0{name}:{file.filename}".encode("utf-8", "surrogatepass"))
            for block in iter(lambda file=file: file.stream.read(1 << 20), b""):
                digest.update(block)
            file.stream.seek(0)
    return digest.hexdigest()


def _reserve(key: str) -> Submission | None:
    """Take the key for this request, or return the submission that took it (waiting for it on PostgreSQL)."""
    fingerprint, account = _fingerprint(), current_user.account
    try:
        with database.atomic():
            Submission.insert(key=key, account=account, digest=fingerprint, at=clock.now()).execute()
        return None
    except peewee.IntegrityError:
        kept = Submission.get(Submission.key == key)
    if kept.account != account:
        raise Stale("这张表单属于另一个账号，请刷新页面后重新填写")
    if kept.digest != fingerprint:
        raise Stale("这张表单已经提交过，内容与这次不同；请刷新页面查看结果后再改")
    return kept


def shown_once(response: Response, afterwards: str) -> Response:
    """An answer that must not be kept (a one-time password): the same form sent again leads to ``afterwards``."""
    response.afterwards = afterwards  # type: ignore[attr-defined]
    return response


def with_new_cookie(response: Response) -> Response:
    """An answer that gives the browser a new cookie: the same form sent twice must not bring the old one back."""
    response.new_cookie = True  # type: ignore[attr-defined]
    return response


def _keep(key: str, response: Response) -> None:
    afterwards = getattr(response, "afterwards", "")
    Submission.update(
        status=303 if afterwards else response.status_code,
        location=afterwards or response.headers.get("Location", ""),
        body="" if afterwards or response.is_streamed else response.get_data(as_text=True),
        flashes=[] if hasattr(response, "new_cookie") else [list(flash) for flash in session.get("_flashes", [])],
    ).where(Submission.key == key).execute()


def _again(kept: Submission) -> Response:
    response = make_response(kept.body, kept.status)
    if kept.location:
        response.headers["Location"] = kept.location
    if kept.flashes:
        session["_flashes"] = [tuple(flash) for flash in kept.flashes]
    return response


def forget_submissions(days: int = 2) -> int:
    """Delete the keys of forms that nobody will send again; returns how many."""
    with transaction():
        limit = clock.at(clock.today() - (clock.end_of(clock.today()) - clock.at(clock.today())) * days)
        return Submission.delete().where(Submission.at < limit).execute()


def check_routes(app: Flask, table: PermissionTable) -> None:
    """Stop the start when a route declares no permission, an unknown one, or changes things outside :func:`act`.

    Raises DeclarationError that names the route and the blueprint it came from.
    """
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        owner = f"插件或模块“{rule.endpoint.rpartition('.')[0] or 'app'}”的页面 {rule.rule}"
        permission = getattr(view, "permission", None)
        if rule.endpoint == "static":
            continue
        if permission is None:
            raise DeclarationError(f"{owner} 没有声明权限")
        if permission != PUBLIC and permission not in table.rows:
            raise DeclarationError(f"{owner} 要求的权限“{permission}”不存在")
        unsafe = (rule.methods or set()) - SAFE_METHODS
        if unsafe and permission != PUBLIC and not getattr(view, "is_act", False) and not getattr(view, "is_api", False):
            raise DeclarationError(f"{owner} 接受 {'、'.join(sorted(unsafe))}，却没有用 act 声明")
