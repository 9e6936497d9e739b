"""The pages of the credit area: one blueprint, a module for each piece of work."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint

blueprint = Blueprint(
    "credit", __name__, url_prefix="/credit", template_folder=str(Path(__file__).parents[1] / "templates")
)

from plugins.areas.credit.views import checks, entry, objections, publicity, records, repairs  # noqa: E402

__all__ = ["blueprint", "checks", "entry", "objections", "publicity", "records", "repairs"]
