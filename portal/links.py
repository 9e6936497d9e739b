"""Where an obligation or a record is worked on: the endpoint that the owning area declared for its kind."""

from __future__ import annotations

from flask import current_app, url_for
from flask_login import current_user

from portal.plugging import registry


def record_link(kind: str, record_id: str, record_type: str = "", unit: str = "") -> str | None:
    """The page on which an obligation of ``kind`` is fulfilled, or None while no area works that kind.

    Where two areas owe the same kind on different records (``consult``), a page declared as ``kind:record_type`` comes
    before the one declared for the kind.
    """
    pages = registry().obligation_pages
    endpoint = pages.get(f"{kind}:{record_type}") or pages.get(kind)
    if endpoint is None or not _may_open(endpoint, unit):
        return None
    return url_for(endpoint, record_id=record_id)


def _may_open(endpoint: str, unit: str) -> bool:
    """Whether the person works on it: a head reads what is owed and the office reads everybody's, but no link leads to
    a refusal; they open the obligation's own page instead."""
    if not current_user or not current_user.is_authenticated:
        return True
    view = current_app.view_functions[endpoint]
    return current_user.can(view.permission) and unit in ("", current_user.unit)
