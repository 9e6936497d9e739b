"""A believable quarter for training and tests: invented people and firms, real acts through the portal's own functions."""

from portal.demonstration.shown_quarter import build
from portal.demonstration.zone import PASSWORD, Zone

__all__ = ["PASSWORD", "Zone", "build"]
