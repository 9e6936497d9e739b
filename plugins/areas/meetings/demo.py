"""The area's part of the demonstration."""

from __future__ import annotations

from typing import Any


def schedule(zone: Any) -> None:
    """Schedule the joint meeting's quarter."""
