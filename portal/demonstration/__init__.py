"""A believable quarter for training and tests: invented people and firms, real acts through the portal's own functions."""

from portal.demonstration.zone import PASSWORD, Zone, build

__all__ = ["PASSWORD", "Zone", "build"]
