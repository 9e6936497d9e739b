"""Time-based one-time codes (RFC 6238) with HMAC over SHA-1, SHA-256 or SM3: pure arithmetic."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import partial
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
#: Key of the stored choice → word; SHA-1 is what every authenticator knows, SM3 what tokens of 国密 use.
DIGESTS = {"sha1": "SHA1", "sha256": "SHA256", "sm3": "SM3"}


def step_at(seconds: float) -> int:
    """The number of the half minute in which an instant (Unix seconds) lies."""
    return int(seconds) // STEP_SECONDS


def code(secret: bytes, step: int, digest: str = "sha1", digits: int = DIGITS) -> str:
    """The code of one half minute, by the truncation of RFC 4226 5.3."""
    summed = hmac.new(secret, step.to_bytes(8, "big"), partial(hashlib.new, digest)).digest()
    offset = summed[-1] & 0xF
    number = int.from_bytes(summed[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, typed: str, now: int, digest: str, after: int) -> int | None:
    """The half minute whose code was typed: this one or a neighbour (clocks differ), and later than ``after``, the
    last one that was used (a code counts once); or None."""
    typed = "".join(typed.split())
    for step in (now, now - 1, now + 1):
        if step > after and hmac.compare_digest(code(secret, step, digest).encode(), typed.encode()):
            return step
    return None


def words(secret: bytes) -> str:
    """The secret as it is typed into an authenticator: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, account: str, issuer: str, digest: str) -> str:
    """The ``otpauth`` text that an authenticator takes whole."""
    query = {"secret": words(secret).replace(" ", ""), "issuer": issuer, "algorithm": DIGESTS[digest], "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{urlencode(query, quote_via=quote)}"
