"""Logins and their sessions: kept on the server, ended by log-out, idleness, age, or a change of the account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import peewee

from portal import audit, clock, passwords, settings
from portal.database import InstantField, Record, transaction
from portal.refusals import Refused
from portal.users import User, find

_TOUCH_EVERY = timedelta(minutes=1)


class LoginSession(Record):
    """One login. Only the hash of its token is stored; the cookie holds the token."""

    token_hash = peewee.TextField(unique=True)
    user = peewee.ForeignKeyField(User, backref="sessions")
    address = peewee.TextField()
    agent = peewee.TextField(default="")
    started_at = InstantField()
    seen_at = InstantField()
    ended_at = InstantField(null=True)
    ended_why = peewee.TextField(default="")


class AddressFailures(Record):
    """Failed logins from one address, so that one address cannot lock a whole department out."""

    address = peewee.TextField(unique=True)
    failures = peewee.IntegerField(default=0)
    blocked_until = InstantField(null=True)


#: From one address, this many wrong passwords in a row block the address for a minute.
ADDRESS_FAILURES = 20


class LoginRefused(Refused):
    """The login is refused; the text (Chinese) is the same whether the account exists or not."""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_for(user: User, address: str, agent: str = "") -> str:
    """Start a session; the oldest ends when the person has too many. Returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction():
        limit = settings.value("security.sessions_each")
        running = list(
            LoginSession.select()
            .where((LoginSession.user == user) & LoginSession.ended_at.is_null())
            .order_by(LoginSession.started_at.desc(), LoginSession.id.desc())
        )
        for old in running[limit - 1 :]:
            _end(LoginSession.id == old.id, "登录数超过上限")
        session = LoginSession.create(
            token_hash=_hash(token), user=user, address=address, agent=agent[:200], started_at=now, seen_at=now
        )
        User.update(last_login_at=now).where(User.id == user.id).execute()
        audit.record("登录", "account", user.id, who=user.as_actor(address=address, session=str(session.id), channel="web"))
    return token


def _end(which: peewee.Expression, why: str) -> int:
    return (
        LoginSession.update(ended_at=clock.now(), ended_why=why)
        .where(which & LoginSession.ended_at.is_null())
        .execute()
    )


def end(token: str, why: str = "退出") -> None:
    """End one session."""
    with transaction():
        session = LoginSession.get_or_none(LoginSession.token_hash == _hash(token))
        if session is not None and _end(LoginSession.id == session.id, why):
            audit.record("退出", "account", session.user_id, note=why)


def end_all(user: User, why: str, keep: str = "") -> int:
    """End every session of ``user`` but the one with token ``keep``; returns how many ended."""
    with transaction():
        return _end((LoginSession.user == user) & (LoginSession.token_hash != _hash(keep)), why)


def end_numbered(user: User, number: int) -> bool:
    """End one of the person's own sessions by its number; False when it is not theirs."""
    with transaction():
        return _end((LoginSession.user == user) & (LoginSession.id == number), "本人结束") == 1


def user_of(token: str) -> User | None:
    """The person whose session ``token`` names, or None when it is unknown, ended, idle too long or too old."""
    session = (
        LoginSession.select(LoginSession, User)
        .join(User)
        .where((LoginSession.token_hash == _hash(token)) & LoginSession.ended_at.is_null())
        .first()
    )
    if session is None or not session.user.active:
        return None
    now = clock.now()
    idle = timedelta(minutes=settings.value("security.idle_minutes"))
    oldest = timedelta(hours=settings.value("security.session_hours"))
    # A clock that was set back must not make an old login young again.
    set_back = now < session.seen_at - audit.CLOCK_TOLERANCE
    if now - session.seen_at > idle or now - session.started_at > oldest or set_back:
        with transaction():
            _end(LoginSession.id == session.id, "超时")
        return None
    if now - session.seen_at > _TOUCH_EVERY:
        with transaction():
            LoginSession.update(seen_at=now).where(LoginSession.id == session.id).execute()
    user: User = session.user
    user.session_id = token
    return user


def check_login(account: str, password: str, address: str) -> User:
    """The person whose account and password these are. Raises LoginRefused, after counting the failure.

    Five failures (setting) lock the account for a time; many from one address block that address, so that a
    guesser cannot lock a department out (GB/T 22239 8.1.4.1 b, ASVS 6.1.1).
    """
    now = clock.now()
    blocked = AddressFailures.get_or_none(AddressFailures.address == address)
    if blocked is not None and blocked.blocked_until is not None and blocked.blocked_until > now:
        raise LoginRefused("该电脑登录失败次数过多，请一分钟后再试")
    user = find(account)
    locked = user is not None and user.locked_until is not None and user.locked_until > now
    fits = passwords.matches(user.password_hash if user else None, password)
    if user is None or not fits or locked or not user.active:
        _count_failure(user if not locked else None, address, account)
        raise LoginRefused("账号或口令不正确，或者账号已暂时锁定；请稍后再试，或请系统管理员重置口令")
    if user.initial_until is not None and user.initial_until < now:
        raise LoginRefused("初始口令已过期，请系统管理员重置口令")
    with transaction():
        AddressFailures.delete().where(AddressFailures.address == address).execute()
        user.failures, user.locked_until = 0, None
        if passwords.outdated(user.password_hash):
            user.password_hash = passwords.hash_password(password)
        user.save(only=[User.failures, User.locked_until, User.password_hash])
    return user


def _count_failure(user: User | None, address: str, account: str) -> None:
    now = clock.now()
    with transaction():
        row, _ = AddressFailures.get_or_create(address=address)
        row.failures += 1
        if row.failures >= ADDRESS_FAILURES:
            row.failures, row.blocked_until = 0, now + timedelta(minutes=1)
        row.save()
        who = audit.Actor(account="-", name="未登录", address=address, channel="web")
        shown = account if account.isprintable() and len(account) <= 40 else "（不合规则的账号）"
        if user is None:
            audit.record("登录失败", "account", shown, succeeded=False, who=who)
            return
        failures = user.failures + 1
        lock = failures >= settings.value("security.lock_failures")
        until = now + timedelta(minutes=settings.value("security.lock_minutes")) if lock else None
        User.update(failures=0 if lock else failures, locked_until=until).where(User.id == user.id).execute()
        audit.record(
            "登录失败", "account", user.id, succeeded=False, who=who, note="账号锁定" if lock else f"连续第 {failures} 次"
        )


def password_expired(user: User) -> bool:
    """Whether the person must choose a new password before anything else."""
    days = settings.value("security.password_days")
    too_old = days and not user.demonstration and clock.now() - user.password_set_at > timedelta(days=days)
    return user.must_change or bool(too_old)
