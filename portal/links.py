"""Where an obligation or a record is worked on: the endpoint that the owning area declared for its kind."""

from __future__ import annotations

from flask import current_app, url_for
from flask_login import current_user

from portal.plugging import registry


def record_link(kind: str, record_id: str, record_type: str = "") -> str | None:
    """The page on which an obligation of ``kind`` is fulfilled, or None while no area works that kind.

    Where two areas owe the same kind on different records (``consult``), a page declared as ``kind:record_type`` comes
    before the one declared for the kind.
    """
    pages = registry().obligation_pages
    endpoint = pages.get(f"{kind}:{record_type}") or pages.get(kind)
    if endpoint is None or not _may_open(endpoint):
        return None
    return url_for(endpoint, record_id=record_id)


def _may_open(endpoint: str) -> bool:
    """Whether the person may open the page: a head reads what is owed, and no link leads to a refusal."""
    view = current_app.view_functions[endpoint]
    return not current_user or not current_user.is_authenticated or current_user.can(view.permission)
