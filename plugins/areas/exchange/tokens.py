"""Tokens (接口令牌): another system of a unit acts with one; shown once, stored hashed, scoped, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.toolkit import Missing, Refused, audit, clock, registry, transaction, units

from .models import ApiToken

RECORD = "exchange_token"
PREFIX = "jmp_"
LONGEST_DAYS = 366
#: What a token may do is what an officer of its unit may.
_ROLES = frozenset({"officer"})


@dataclass(frozen=True)
class TokenViewer:
    """Who reads and writes by a token: an officer of its unit, for its kinds only."""

    token: ApiToken

    @property
    def unit(self) -> str:
        return self.token.unit

    @property
    def account(self) -> str:
        return f"token:{self.token.id}"

    @property
    def source(self) -> str:
        """What records say of where they came from."""
        return f"接口 {self.token.name}"

    def can(self, permission: str) -> bool:
        """Whether an officer holds ``permission``."""
        return registry().permissions.allows(_ROLES, permission)

    def has_role(self, *roles: str) -> bool:
        """Whether one of ``roles`` is an officer's."""
        return not _ROLES.isdisjoint(roles)

    def as_actor(self, address: str, request: str) -> audit.Actor:
        """The token as the actor of audited acts."""
        return audit.Actor(
            account=self.account, name=self.source, unit=self.unit, address=address, request=request, channel="api"
        )


def _hash(text: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def create(unit: str, name: str, kinds: list[str], may_write: bool, expires_on: date) -> tuple[ApiToken, str]:
    """Make a token for the unit's system; its text is returned here and never again. Raises Refused."""
    name = name.strip()
    problems: dict[str, str] = {}
    if not name or len(name) > 40 or not name.isprintable():
        problems["name"] = "系统名称应为 1 至 40 个字"
    unknown = [kind for kind in kinds if kind not in registry().record_kinds]
    if not kinds or unknown:
        problems["kinds"] = "请选择这个系统读写哪些记录"
    last = clock.today() + timedelta(days=LONGEST_DAYS)
    if not clock.today() < expires_on <= last:
        problems["expires_on"] = f"有效期应在明天至 {last} 之间"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction():
        token = ApiToken.create(
            unit=unit, name=name, token_hash=_hash(text), start=text[:8], kinds=sorted(set(kinds)), may_write=may_write,
            expires_on=expires_on, created_by=audit.actor().name, created_at=clock.now(),
        )  # fmt: skip
        audit.record(
            "建立接口令牌", RECORD, token.id,
            after={"unit": unit, "name": name, "kinds": token.kinds, "may_write": may_write, "expires_on": expires_on},
        )  # fmt: skip
    return token, text


def revoke(token_id: int, unit: str) -> None:
    """End a token of the unit at once. Raises Missing."""
    with transaction():
        ended = (
            ApiToken.update(revoked_at=clock.now(), revoked_by=audit.actor().name)
            .where((ApiToken.id == token_id) & (ApiToken.unit == unit) & ApiToken.revoked_at.is_null())
            .execute()
        )
        if not ended:
            raise Missing("没有这个令牌，或者它已经作废")
        audit.record("作废接口令牌", RECORD, token_id)


def find(text: str) -> TokenViewer | None:
    """Who acts with the token of this text; None when it is unknown, revoked, expired or its unit has left."""
    if not text.startswith(PREFIX):
        return None
    token = ApiToken.get_or_none((ApiToken.token_hash == _hash(text)) & ApiToken.revoked_at.is_null())
    if token is None or token.expires_on < clock.today() or not units.is_enabled(token.unit):
        return None
    if token.used_on != clock.today():
        with transaction():
            ApiToken.update(used_on=clock.today()).where(ApiToken.id == token.id).execute()
            audit.record("接口令牌当日首次使用", RECORD, token.id, who=TokenViewer(token).as_actor("", ""))
    return TokenViewer(token)


def of_unit(unit: str) -> list[tuple[ApiToken, str]]:
    """The unit's tokens, newest first, each with its state in words."""
    found = ApiToken.select().where(ApiToken.unit == unit).order_by(ApiToken.id.desc()).limit(200)
    return [(token, state_of(token)) for token in found]


def state_of(token: Any) -> str:
    """有效, 已到期 or 已作废."""
    if token.revoked_at is not None:
        return "已作废"
    return "已到期" if token.expires_on < clock.today() else "有效"
