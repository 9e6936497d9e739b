"""The pages of spot checks: one blueprint, a module for each noun."""

from flask import Blueprint

blueprint = Blueprint("inspections", __name__, url_prefix="/inspections", template_folder="../templates")

from plugins.areas.inspections.views import (  # noqa: E402
    checks,
    draws,
    figures,
    inspectors,
    items,
    libraries,
    plans,
    tasks,
)

__all__ = ["blueprint", "checks", "draws", "figures", "inspectors", "items", "libraries", "plans", "tasks"]
