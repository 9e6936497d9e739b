"""The pages and the HTTP API of the exchange."""

from flask import Blueprint

blueprint = Blueprint("exchange", __name__, template_folder="../templates")

from . import api, exports, imports, tokens  # noqa: E402,F401 - the routes
