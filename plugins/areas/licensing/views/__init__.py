"""The pages of licence linkage: one blueprint, a module for each kind of work."""

from flask import Blueprint

blueprint = Blueprint("licensing", __name__, url_prefix="/licensing", template_folder="../templates")

from . import (  # noqa: E402 - their routes belong to the blueprint
    catalogue,
    claims,
    lookup,
    measures,
    permits,
    pushes,
    registering,
    rollbacks,
    unlicensed,
    unreachable,
    warned,
)

__all__ = [
    "blueprint",
    "catalogue",
    "claims",
    "lookup",
    "measures",
    "permits",
    "pushes",
    "registering",
    "rollbacks",
    "unlicensed",
    "unreachable",
    "warned",
]
