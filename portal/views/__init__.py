"""The core's pages: thin blueprints that load, ask, do and answer."""

from portal.views import auth, home, inbox, scores, subjects

BLUEPRINTS = (
    auth.blueprint,
    home.blueprint,
    inbox.blueprint,
    subjects.blueprint,
    scores.blueprint,
)
