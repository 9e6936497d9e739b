"""The core's pages: thin blueprints that load, ask, do and answer."""

from portal.views import (
    admin,
    alarms,
    audit,
    auth,
    home,
    inbox,
    jobs,
    people,
    quarter_lists,
    scores,
    second_factor,
    subjects,
    units,
)

BLUEPRINTS = (
    auth.blueprint,
    second_factor.blueprint,
    home.blueprint,
    inbox.blueprint,
    subjects.blueprint,
    scores.blueprint,
    quarter_lists.blueprint,
    people.blueprint,
    units.blueprint,
    admin.blueprint,
    audit.blueprint,
    alarms.blueprint,
    jobs.blueprint,
)
