"""The demonstration's part of spot checks."""


def demonstrate(zone):
    """Nothing yet."""
