"""Canonical JSON and the SM3 digests over it (GB/T 32905), for the audit chain and frozen scores."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any


class DigestError(RuntimeError):
    """This Python's OpenSSL has no SM3."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain
)


def canonical(value: Any) -> bytes:
    """JSON in UTF-8 with sorted keys and no spaces; dates in ISO 8601. Raises TypeError on other objects."""
    return _ENCODER.encode(value).encode()


def new_sm3() -> Any:
    """An SM3 digest to be fed piece by piece. Raises DigestError."""
    # Copying the empty one takes half the time of asking OpenSSL for it by name.
    return _empty_sm3().copy()


@cache
def _empty_sm3() -> Any:
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise DigestError("本机 Python 的 OpenSSL 不含 SM3 算法，平台不能启动；请换用 Debian/Ubuntu 自带的 Python") from error


def sm3(content: bytes) -> str:
    """The SM3 digest of ``content`` as 64 lower-case hex digits."""
    digest = new_sm3()
    digest.update(content)
    return digest.hexdigest()


def digest_of(value: Any) -> str:
    """SM3 over the canonical form of ``value``."""
    return sm3(canonical(value))
