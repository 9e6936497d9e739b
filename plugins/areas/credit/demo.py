"""The credit area's part of the demonstration quarter."""


def demonstrate(zone) -> None:
    """Filled below."""
