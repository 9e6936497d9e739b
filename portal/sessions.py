"""Logins and their sessions: kept on the server, ended by log-out, idleness, age, or a change of the account."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import peewee

from portal import audit, clock, passwords, second_factor, settings
from portal.database import InstantField, Record, database, is_postgresql, transaction
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
    proven_at = InstantField(null=True)
    half = peewee.BooleanField(null=True)


class AddressFailures(Record):
    """Failed logins from one address, so that one address cannot lock a whole department out."""

    address = peewee.TextField(unique=True)
    failures = peewee.IntegerField(default=0)
    blocked_until = InstantField(null=True)


#: From one address, every so many wrong passwords block the address: a minute, then two, four … up to an hour. So one
#: address locks four accounts at a time and never a department (ASVS 6.1.1).
ADDRESS_FAILURES = 20
_LONGEST_BLOCK = 60


class LoginRefused(Refused):
    """The login is refused; the text (Chinese) is the same whether the account exists or not."""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_for(user: User, address: str, agent: str = "") -> str:
    """Start a session; the oldest ends when the person has too many. Returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    user.half = second_factor.of(user) is not None
    with transaction():
        limit = settings.value("security.sessions_each")
        running = list(
            LoginSession.select()
            .where((LoginSession.user == user) & LoginSession.ended_at.is_null())
            .order_by(LoginSession.started_at.desc(), LoginSession.id.desc())
        )
        actor = user.as_actor(address=address, channel="web")
        for old in running[limit - 1 :]:
            _end(LoginSession.id == old.id, "登录数超过上限")
            audit.record("退出", "account", user.id, who=actor, note=f"登录数超过上限（{limit}），结束最早的一个")
        session = LoginSession.create(
            token_hash=_hash(token), user=user, address=address, agent=agent[:200], started_at=now, seen_at=now, half=user.half
        )
        User.update(last_login_at=now).where(User.id == user.id).execute()
        note = "口令正确，等待第二因素" if user.half else ""
        audit.record("登录", "account", user.id, who=replace(actor, session=str(session.id)), note=note)
    return token


def renew(token: str) -> str:
    """Give the session of ``token`` a new token (the person proved the password again); the old one names nothing."""
    new = secrets.token_urlsafe(32)
    with transaction():
        LoginSession.update(token_hash=_hash(new)).where(
            (LoginSession.token_hash == _hash(token)) & LoginSession.ended_at.is_null()
        ).execute()
    return new


def complete(user: User) -> str:
    """The second factor was given: the half login becomes a whole one, under a new token, which is returned."""
    token = renew(user.session_id)
    with transaction():
        LoginSession.update(half=False).where(LoginSession.token_hash == _hash(token)).execute()
        audit.record("通过第二因素", "account", user.id)
    user.half = False
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


def user_of(token: str, *, active: bool = True) -> User | None:
    """The person whose session ``token`` names, or None when it is unknown, ended, idle too long or too old.

    ``active`` False is a page that refreshes itself: nobody is there, so the idle time runs on.
    """
    # Asked before every page: written out, since composing the statement costs more than running it.
    user = next(iter(User.raw(_SIGNED_IN.format(database.param), _hash(token))), None)
    if user is None or not user.active:
        return None
    now, seen_at, started_at = clock.now(), _moment(user.login_seen_at), _moment(user.login_started_at)
    idle = timedelta(minutes=settings.value("security.idle_minutes"))
    oldest = timedelta(hours=settings.value("security.session_hours"))
    # A clock that was set back must not make an old login young again.
    set_back = now < seen_at - audit.CLOCK_TOLERANCE
    if now - seen_at > idle or now - started_at > oldest or set_back:
        with transaction():
            _end(LoginSession.id == user.login_id, "超时")
        return None
    if active and now - seen_at > _TOUCH_EVERY:
        with transaction():
            LoginSession.update(seen_at=now).where(LoginSession.id == user.login_id).execute()
    user.session_id = token
    user.half = bool(user.login_half)
    user.proven_at = _moment(user.login_proven_at or user.login_started_at)
    return user


_SIGNED_IN = (
    "SELECT account.*, login_session.id AS login_id, started_at AS login_started_at, seen_at AS login_seen_at, "
    "proven_at AS login_proven_at, half AS login_half "
    "FROM login_session JOIN account ON account.id = login_session.user_id WHERE token_hash = {} AND ended_at IS NULL"
)


def _moment(stored: str | datetime) -> datetime:
    return LoginSession.seen_at.python_value(stored)


def check_login(account: str, password: str, address: str) -> User:
    """The person whose account and password these are. Raises LoginRefused, after counting the failure.

    Five failures (setting) lock the account for a time; many from one address block that address, so that a
    guesser cannot lock a department out (GB/T 22239 8.1.4.1 b, ASVS 6.1.1).
    """
    _refuse_blocked(address)
    user = find(account)
    fits = passwords.matches(user.password_hash if user else None, password)
    with transaction():
        # Read again: guesses sent at the same moment were all let through to the slow comparison.
        user = User.select().where(User.id == user.id).for_update().get() if user and is_postgresql() else find(account)
        if user is not None and fits and user.active and not is_locked(user):
            if user.initial_until is None or user.initial_until >= clock.now():
                _forgive(address)
                user.failures, user.locked_until = 0, None
                if passwords.outdated(user.password_hash):
                    user.password_hash = passwords.hash_password(password)
                user.save(only=[User.failures, User.locked_until, User.password_hash])
                return user
        else:
            _count_failure(user, address, account)
            user = None
    if user is not None:
        raise LoginRefused("初始口令已过期，请系统管理员重置口令")
    raise LoginRefused("账号或口令不正确，或者账号已暂时锁定；请稍后再试，或请系统管理员重置口令")


def prove(user: User, password: str, address: str) -> bool:
    """Whether ``password`` is the signed-in person's own, asked again before a grave act; the login remembers when.

    A wrong one is counted (:func:`count_wrong_proof`). Raises LoginRefused from a blocked address.
    """
    _refuse_blocked(address)
    if not passwords.matches(user.password_hash, password) or is_locked(user):
        count_wrong_proof(user, address)
        return False
    with transaction():
        User.update(failures=0).where(User.id == user.id).execute()
        LoginSession.update(proven_at=clock.now()).where(LoginSession.token_hash == _hash(user.session_id)).execute()
        audit.record("再次验证口令", "account", user.id)
    user.proven_at = clock.now()
    return True


def count_wrong_proof(user: User, address: str) -> None:
    """Count a wrong password of a signed-in person like a failed login (a stolen login must not be a place to guess);
    the one that locks the account ends all its logins."""
    with transaction():
        found = User.select().where(User.id == user.id)
        found = (found.for_update() if is_postgresql() else found).get()
        if _count_failure(found, address, found.account, "验证口令失败", audit.actor()):
            _end(LoginSession.user == found, "口令连续输错，账号锁定")


def is_locked(user: User) -> bool:
    """Whether too many wrong passwords or codes have locked the account for a time."""
    return user.locked_until is not None and user.locked_until > clock.now()


def _refuse_blocked(address: str) -> None:
    row = AddressFailures.get_or_none(AddressFailures.address == address)
    if row is not None and row.blocked_until is not None and row.blocked_until > clock.now():
        minutes = -((clock.now() - row.blocked_until) // timedelta(minutes=1))
        raise LoginRefused(f"该电脑登录失败次数过多，请 {minutes} 分钟后再试")


def _forgive(address: str) -> None:
    """A right password takes back as many failures as would lock one account: colleagues behind one address mistype."""
    forgiven = settings.value("security.lock_failures")
    AddressFailures.update(failures=AddressFailures.failures - forgiven).where(AddressFailures.address == address).execute()
    AddressFailures.delete().where((AddressFailures.address == address) & (AddressFailures.failures <= 0)).execute()


def _count_failure(
    user: User | None, address: str, account: str, action: str = "登录失败", who: audit.Actor | None = None
) -> bool:
    """Count it and enter it in the log; returns whether it locked the account."""
    _count_at_address(address)
    who = who or audit.Actor(account="-", name="未登录", address=address, channel="web")
    if user is None or is_locked(user):
        shown = account if account.isprintable() and len(account) <= 40 else "（不合规则的账号）"
        audit.record(action, "account", shown, succeeded=False, who=who)
        return False
    failures = user.failures + 1
    lock = failures >= settings.value("security.lock_failures")
    until = clock.now() + timedelta(minutes=settings.value("security.lock_minutes")) if lock else None
    User.update(failures=0 if lock else failures, locked_until=until).where(User.id == user.id).execute()
    note = "账号锁定" if lock else f"连续第 {failures} 次"
    audit.record(action, "account", user.id, succeeded=False, who=who, note=note)
    return lock


def _count_at_address(address: str) -> None:
    AddressFailures.insert(address=address).on_conflict(action="nothing").execute()
    AddressFailures.update(failures=AddressFailures.failures + 1).where(AddressFailures.address == address).execute()
    row = AddressFailures.get(AddressFailures.address == address)
    rounds, rest = divmod(row.failures, ADDRESS_FAILURES)
    if rounds and not rest:
        row.blocked_until = clock.now() + timedelta(minutes=min(_LONGEST_BLOCK, 2 ** min(rounds - 1, 10)))
        row.save(only=[AddressFailures.blocked_until])


def password_expired(user: User) -> bool:
    """Whether the person must choose a new password before anything else."""
    days = settings.value("security.password_days")
    too_old = days and not user.demonstration and clock.now() - user.password_set_at > timedelta(days=days)
    return user.must_change or bool(too_old)
