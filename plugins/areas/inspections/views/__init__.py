"""The pages of spot checks."""

from flask import Blueprint

blueprint = Blueprint("inspections", __name__, url_prefix="/inspections", template_folder="../templates")
