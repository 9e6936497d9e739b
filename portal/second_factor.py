"""The second factor of a login (GB/T 22239 8.1.4.1 d): who needs one, its enrolment, and that a code counts once.

The secret itself stands nowhere: it is derived from the portal's key file and a number kept with the account, so that
the database or a copy of it gives nobody a code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

import peewee
from flask import current_app

from portal import audit, clock, settings, totp, users
from portal.database import InstantField, Record, transaction
from portal.refusals import Refused
from portal.users import User


class SecondFactor(Record):
    """An enrolled authenticator; ``last_step`` is the half minute of the last code that was used."""

    user = peewee.ForeignKeyField(User, unique=True)
    nonce = peewee.TextField()
    digest = peewee.TextField()
    last_step = peewee.IntegerField()
    since = InstantField()


def of(user: User) -> SecondFactor | None:
    """The person's enrolled authenticator, or None."""
    return SecondFactor.get_or_none(SecondFactor.user == user.id)


def is_missing(user: User) -> bool:
    """Whether the setting demands a second factor of this person, who has none."""
    demanded = settings.value("security.second_factor")
    wanted = demanded == "all" or (demanded == "administrators" and users.has_technical_role(user.roles))
    return wanted and of(user) is None


def fresh_nonce() -> str:
    """A number for a new secret, carried by the enrolment's form until it is confirmed."""
    return secrets.token_hex(16)


def secret_of(user: User, nonce: str) -> bytes:
    """The 20 bytes that the authenticator shares with the portal."""
    key = current_app.secret_key
    key = key.encode() if isinstance(key, str) else key
    return hmac.new(key, f"second factor {user.id} {nonce}".encode(), hashlib.sha256).digest()[:20]


def enrol(user: User, nonce: str, typed: str) -> None:
    """Take the authenticator that shows the right code for ``nonce``; an earlier one ends. Raises Refused."""
    if not re.fullmatch(r"[0-9a-f]{32}", nonce):
        raise Refused("这张表单已失效，请重新打开")
    digest = settings.value("security.second_factor_digest")
    step = totp.matching_step(secret_of(user, nonce), typed, totp.step_at(clock.now().timestamp()), digest, -1)
    if step is None:
        raise Refused("验证码不正确：请核对密钥、算法和手机时间", {"code": "验证码不正确：请核对密钥、算法和手机时间"})
    with transaction():
        SecondFactor.delete().where(SecondFactor.user == user.id).execute()
        SecondFactor.create(user=user.id, nonce=nonce, digest=digest, last_step=step, since=clock.now())
        audit.record("启用第二因素", "account", user.id, note=totp.DIGESTS[digest])


def accepts(user: User, typed: str) -> bool:
    """Whether ``typed`` is the person's code of this moment, not used before; it is used up by the question."""
    factor = of(user)
    if factor is None:
        return False
    now = totp.step_at(clock.now().timestamp())
    step = totp.matching_step(secret_of(user, factor.nonce), typed, now, factor.digest, factor.last_step)
    if step is None:
        return False
    with transaction():
        # Two logins at one moment with one code: one of them.
        later = SecondFactor.update(last_step=step).where((SecondFactor.id == factor.id) & (SecondFactor.last_step < step))
        return bool(later.execute())


def remove(user: User) -> None:
    """Take the authenticator away (lost, replaced); where the setting demands one, the next login enrols anew."""
    with transaction():
        if not SecondFactor.delete().where(SecondFactor.user == user.id).execute():
            raise Refused("这个账号没有启用第二因素")
        audit.record("取消第二因素", "account", user.id)
