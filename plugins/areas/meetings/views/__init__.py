"""The pages of the joint meeting: thin views over the modules beside them."""

from plugins.areas.meetings.views import (
    attendance,
    bulletins,
    letters,
    materials,
    meetings,
    minutes,
    minutes_steps,
    papers,
    seats,
)
from plugins.areas.meetings.views.blueprint import blueprint

__all__ = [
    "attendance",
    "blueprint",
    "bulletins",
    "letters",
    "materials",
    "meetings",
    "minutes",
    "minutes_steps",
    "papers",
    "seats",
]
