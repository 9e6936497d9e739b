"""The pages and the HTTP API of the exchange."""

from flask import Blueprint

blueprint = Blueprint("exchange", __name__, template_folder="../templates")

from . import api, imports  # noqa: E402,F401 - the routes
