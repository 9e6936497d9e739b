"""Password rules, hashing and one-time passwords (GB/T 22239 8.1.4.1; ASVS 6.2)."""

from __future__ import annotations

import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal import settings, weak_patterns

_hasher = PasswordHasher()
#: Compared for an unknown account, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash(secrets.token_hex(16))
LONGEST = 128
#: Signs that must be left beside what every guesser tries.
LEAST_UNGUESSED = 6
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
#: Words that a guesser tries first at such an office, besides account and unit names.
GUESSED = (
    "password", "qwerty", "asdf", "admin", "root", "letmein", "welcome", "iloveyou", "abc123", "123456", "654321", "111111",
    "000000", "112233", "12345", "shichang", "jianguan", "kaifaqu", "nantong", "lianxi", "gongan", "xiaofang", "huanbao",
    "shenpi", "zhengfu", "portal", "mima", "woaini", "dangkou",
)  # fmt: skip


def hash_password(password: str) -> str:
    """An Argon2id hash that carries its own scheme and parameters."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` fits ``stored``; takes as long for an account that does not exist (None)."""
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether ``stored`` was made with weaker parameters than today's and should be made again at login."""
    return _hasher.check_needs_rehash(stored)


def one_time() -> str:
    """A random first password that meets every rule: four groups, no confusable letters."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    groups = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(3)]
    return f"{groups[0].capitalize()}-{groups[1]}-{groups[2]}-{secrets.randbelow(9000) + 1000}"


def problems(password: str, *, account: str, words: tuple[str, ...] = (), used: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with a new password, in Chinese, one sentence each; empty when it is good.

    ``words`` are names close to the person (unit, name), ``used`` the hashes of the last passwords.
    """
    found: list[str] = []
    shortest = settings.value("security.password_length")
    if len(password) < shortest:
        found.append(f"口令至少 {shortest} 个字符，现有 {len(password)} 个")
    if len(password) > LONGEST:
        found.append(f"口令最长 {LONGEST} 个字符")
    if any(unicodedata.category(sign) == "Cc" for sign in password):
        found.append("口令不能含有控制字符")
    classes = sum(bool(re.search(pattern, password)) for pattern in _CLASSES)
    wanted = settings.value("security.password_classes")
    if classes < wanted:
        found.append(f"口令应包含小写字母、大写字母、数字、其他符号中的至少 {wanted} 种，现有 {classes} 种")
    folded = unicodedata.normalize("NFKC", password).casefold()
    for word in (account, *words, *GUESSED):
        word = unicodedata.normalize("NFKC", word).casefold()
        if len(word) >= 3 and word in folded:
            found.append(f"口令不能含有容易猜到的“{word}”")
            break
    if re.search(r"(.)\1{3}", password):
        found.append("口令不能有同一字符连续四次")
    left = weak_patterns.unguessed(folded)
    if not found and left < LEAST_UNGUESSED:
        found.append(f"口令去掉键盘顺序、年份和常见词后只剩 {left} 个字符，容易猜到；请再加上不相干的字词")
    if not found and any(matches(old, password) for old in used):
        found.append(f"口令不能与最近 {len(used)} 次用过的相同")
    return found
