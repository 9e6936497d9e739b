"""The password asked again before a grave act, on a page of its own that keeps what was typed (ASVS 7.5.1)."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request, url_for
from flask_login import current_user

from portal import clock, sessions, settings
from portal.pages import elsewhere, page
from portal.refusals import Refused

#: The form field that carries the password of the proof; it is no part of what the form says.
FIELD = "proof_password"
#: How grave an act is: the password again when the last proof is older than the setting, or at this very moment.
RECENT, ALWAYS = "recent", "always"


def is_recent(viewer: sessions.User) -> bool:
    """Whether the person proved the password to this login within the last minutes (setting)."""
    return clock.now() - viewer.proven_at <= timedelta(minutes=settings.value("security.proof_minutes"))


def demanded(proof: str) -> Response | None:
    """The page that asks for the password before a form takes effect, or None when there is proof enough.

    The page sends the same form again to the same address, so a grave act takes no files: a browser cannot send them
    a second time. A wrong password counts as a failed login does; the one that locks the account ends its logins.
    """
    typed = request.form.get(FIELD, "")
    if typed:
        try:
            if sessions.prove(current_user, typed, request.remote_addr or ""):
                return None
            return _asked("口令不正确；连续输错会锁定账号并结束登录")
        except Refused as refusal:
            return _asked(str(refusal))
    return None if proof == RECENT and is_recent(current_user) else _asked("")


def demanded_to_read() -> Response | None:
    """The way to the page that asks for the password before a page is shown, or None when there is proof enough."""
    if is_recent(current_user):
        return None
    return elsewhere(url_for("auth.proof", next=request.full_path.rstrip("?")))


def _asked(error: str) -> Response:
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", FIELD)]
    return page("auth/proof.html", status=403, action=request.path, kept=kept, errors={FIELD: error} if error else {})
