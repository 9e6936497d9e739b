"""What one request asks several times and may read once: kept until the request ends or the answer changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import g, has_request_context

Answer = TypeVar("Answer")


def once(name: str, ask: Callable[[], Answer]) -> Answer:
    """The answer of ``ask``; inside a request it is asked once. Jobs, commands and tests ask every time."""
    if not has_request_context():
        return ask()
    kept = g.setdefault("memo", {})
    if name not in kept:
        kept[name] = ask()
    answer: Answer = kept[name]
    return answer


def forget(name: str) -> None:
    """The answer may be another one from here on."""
    if has_request_context():
        g.get("memo", {}).pop(name, None)
