"""The units and the work areas, each a plugin of the portal."""
