"""Answers: the whole page, or the part of it that htmx asked for; links to parts of a list."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, redirect, render_template, request, url_for


def wants_part() -> bool:
    """Whether htmx asks for a part: not on a boosted link, nor when it restores the history."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page(template: str, *, part: str = "", status: int = 200, **values: Any) -> Response:
    """Render ``template``, or for htmx its ``part`` (a template the page includes). Plain values only."""
    chosen = part if part and wants_part() else template
    response = make_response(render_template(chosen, **values), status)
    response.vary.add("HX-Request")
    return response


def elsewhere(url: str) -> Response:
    """A redirect that htmx follows with the whole page."""
    if request.htmx:
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(redirect(url, 303))


def submission_key() -> str:
    """A fresh key for a form; the same form sent twice carries the same key."""
    return uuid.uuid4().hex


def link(endpoint: str, query: dict[str, Any] | None = None, **arguments: Any) -> str:
    """The URL of ``endpoint`` with the non-empty values of ``query`` behind it."""
    kept = {name: value for name, value in (query or {}).items() if value not in ("", None)}
    return url_for(endpoint, **arguments) + (f"?{urlencode(kept)}" if kept else "")


#: The largest number that both databases store; a larger one in a URL is no number of ours.
LARGEST_KEY = 2**63 - 1


def key_from(name: str) -> int | None:
    """The record number in the query string under ``name``, or None when it is absent or impossible."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= LARGEST_KEY else None


def local_path(text: str | None) -> str:
    """A path on this site to return to, or ``/`` for anything else (no open redirect)."""
    text = text or ""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(sign) < 33 or sign == "\\" for sign in text):
        return "/"
    return text
