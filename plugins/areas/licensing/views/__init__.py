"""The pages of licence linkage: one blueprint, a module for each kind of work."""

from flask import Blueprint

blueprint = Blueprint("licensing", __name__, url_prefix="/licensing", template_folder="../templates")

from . import claims, imports, pushes, rollbacks  # noqa: E402, F401 - their routes belong to the blueprint
