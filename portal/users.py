"""Accounts, their roles, and what Flask-Login asks of a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import peewee
from flask_login import UserMixin

from portal import audit, clock, passwords, settings
from portal.database import InstantField, JsonField, Record, database, transaction
from portal.permissions import ROLES, TECHNICAL_ROLES, role_conflict
from portal.refusals import Refused


class AccountRefused(Refused):
    """An act on an account that the rules forbid; the text (Chinese) says which rule."""


class User(Record, UserMixin):
    """A person's account. ``unit`` is a member unit's key, or empty for persons of other bodies and administrators.

    ``account_key`` is the account's NFKC casefolded form: unique for ever, never given again (GB/T 22239 8.1.4.1 a).
    """

    account = peewee.TextField()
    account_key = peewee.TextField(unique=True)
    name = peewee.TextField()
    unit = peewee.TextField(default="", index=True)
    body = peewee.TextField(default="")
    position = peewee.TextField(default="")
    password_hash = peewee.TextField()
    password_set_at = InstantField()
    must_change = peewee.BooleanField(default=True)
    initial_until = InstantField(null=True)
    used_hashes = JsonField(default=list)
    active = peewee.BooleanField(default=True)
    demonstration = peewee.BooleanField(default=False)
    failures = peewee.IntegerField(default=0)
    locked_until = InstantField(null=True)
    created_at = InstantField()
    last_login_at = InstantField(null=True)

    class Meta:
        table_name = "account"

    #: Set by the application from its permission table when the person signs in.
    permissions: frozenset[str] = frozenset()
    session_id: str = ""
    #: Whether the second factor is still owed: such a login may do nothing but give it.
    half: bool = False
    #: When the person last proved the password to this login.
    proven_at: datetime

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        """What the cookie names: this login's session, so that ending the session ends the cookie."""
        return self.session_id

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held now."""
        return current_roles(self)

    @property
    def role_labels(self) -> list[str]:
        """The roles' words, in the order of the table."""
        return [label for role, label in ROLES.items() if role in self.roles]

    def can(self, permission: str) -> bool:
        """Whether this person holds ``permission``."""
        return permission in self.permissions

    def has_role(self, *roles: str) -> bool:
        """Whether this person holds one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    def as_actor(self, **rest: Any) -> audit.Actor:
        """This person as the actor of audited acts."""
        return audit.Actor(account=self.account, name=self.name, unit=self.unit, user_id=self.id, **rest)


class UserRole(Record):
    """A role held from ``granted_at`` until ``ended_at``."""

    user = peewee.ForeignKeyField(User, backref="held_roles")
    role = peewee.TextField()
    granted_by = peewee.TextField()
    granted_at = InstantField()
    ended_by = peewee.TextField(default="")
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "account_role"


UserRole.add_index(UserRole.index(UserRole.user, UserRole.role, unique=True, where=UserRole.ended_at.is_null()))


class AccountRequest(Record):
    """A liaison's request for a person of the unit: the system administrator creates, the security administrator grants."""

    unit = peewee.TextField(index=True)
    account = peewee.TextField()
    name = peewee.TextField()
    position = peewee.TextField(default="")
    roles = JsonField()
    state = peewee.TextField(default="requested")
    asked_by = peewee.TextField()
    asked_at = InstantField()
    answered_by = peewee.TextField(default="")
    answered_at = InstantField(null=True)
    reason = peewee.TextField(default="")
    user = peewee.ForeignKeyField(User, null=True)


class LoginDay(Record):
    """A day on which somebody of the unit was signed in (scoring.md, login)."""

    unit = peewee.TextField()
    day = peewee.DateField()
    user = peewee.ForeignKeyField(User)
    at = InstantField()

    class Meta:
        indexes = ((("unit", "day"), True),)


def account_key(account: str) -> str:
    """The form in which two spellings of one account are the same."""
    return unicodedata.normalize("NFKC", account).strip().casefold()


def find(account: str) -> User | None:
    """The account of that name in any spelling, or None."""
    return User.get_or_none(User.account_key == account_key(account))


ACCOUNT_RULE = "账号应为 3 至 40 个字母、数字、下划线、点或短横，以字母开头"


def is_account_name(key: str) -> bool:
    """Whether a folded account is 3 to 40 letters, digits, ``_``, ``.`` or ``-`` and begins with a letter."""
    return re.fullmatch(r"[a-z][a-z0-9_.-]{2,39}", key) is not None


def create(
    account: str, name: str, *, unit: str = "", body: str = "", position: str = "", demonstration: str = ""
) -> tuple[User, str]:
    """Create an account without any role; returns it with its one-time password.

    ``demonstration`` is the hash of the fixed password of an invented person, given only by the demonstration.
    Raises AccountRefused when the account exists in any spelling or is not a word of letters and digits.
    """
    key = account_key(account)
    if not is_account_name(key):
        raise AccountRefused(f"“{account[:40]}”：{ACCOUNT_RULE}")
    name = name.strip()
    if not 1 <= len(name) <= 40:
        raise AccountRefused("姓名应为 1 至 40 个字")
    secret = "" if demonstration else passwords.one_time()
    with transaction():
        if User.select().where(User.account_key == key).exists():
            raise AccountRefused(f"账号“{account}”已经用过，不能再次使用")
        now = clock.now()
        user = User.create(
            account=key, account_key=key, name=name, unit=unit, body=body, position=position,
            password_hash=demonstration or passwords.hash_password(secret), password_set_at=now, must_change=not demonstration,
            initial_until=None if demonstration else now + timedelta(hours=settings.value("security.initial_hours")),
            demonstration=bool(demonstration), created_at=now,
        )  # fmt: skip
        audit.record("建立账号", "account", user.id, after={"account": key, "name": name, "unit": unit})
    return user, secret


def grant(user: User, role: str, by: User | None) -> None:
    """Give ``role``; ``by`` is None at first set-up. Raises AccountRefused (nobody grants to himself, 三员 exclusive)."""
    if role not in ROLES:
        raise AccountRefused(f"没有“{role}”这个角色")
    if by is not None and by.id == user.id:
        raise AccountRefused("不能给自己授予角色")
    with transaction():
        held = current_roles(user)
        if role in held:
            return
        refusal = role_conflict(held, role)
        if refusal:
            raise AccountRefused(refusal)
        UserRole.create(user=user, role=role, granted_by=by.name if by else "系统", granted_at=clock.now())
        audit.record("授予角色", "account", user.id, before={"roles": sorted(held)}, after={"roles": sorted(held | {role})})
    user.__dict__.pop("roles", None)


def revoke(user: User, role: str, by: User) -> None:
    """Take ``role`` away; the person's open sessions lose it with the next request."""
    if by.id == user.id:
        raise AccountRefused("不能收回自己的角色")
    with transaction():
        held = current_roles(user)
        if role not in held:
            return
        UserRole.update(ended_at=clock.now(), ended_by=by.name).where(
            (UserRole.user == user) & (UserRole.role == role) & UserRole.ended_at.is_null()
        ).execute()
        audit.record("收回角色", "account", user.id, before={"roles": sorted(held)}, after={"roles": sorted(held - {role})})
    user.__dict__.pop("roles", None)


def current_roles(user: User) -> frozenset[str]:
    """The roles in the database at this moment, past any cache."""
    held = f"SELECT role FROM account_role WHERE user_id = {database.param} AND ended_at IS NULL"
    return frozenset(role for (role,) in database.execute_sql(held, (user.id,)).fetchall())


def set_password(user: User, password: str, *, words: tuple[str, ...] = ()) -> list[str]:
    """Set a password chosen by the person; returns the problems (Chinese) and changes nothing when there are any."""
    kept = settings.value("security.password_history")
    used = tuple([user.password_hash, *user.used_hashes][:kept])
    problems = passwords.problems(password, account=user.account, words=words, used=used)
    if problems:
        return problems
    with transaction():
        user.used_hashes = list(used)
        user.password_hash = passwords.hash_password(password)
        user.password_set_at = clock.now()
        user.must_change = False
        user.initial_until = None
        user.save()
        audit.record("修改口令", "account", user.id)
    return []


def reset_password(user: User) -> str:
    """Give a new one-time password and lift the lock; returns it once. The caller ends the person's sessions."""
    secret = passwords.one_time()
    with transaction():
        now = clock.now()
        user.password_hash = passwords.hash_password(secret)
        user.password_set_at = now
        user.must_change = True
        user.initial_until = now + timedelta(hours=settings.value("security.initial_hours"))
        user.failures, user.locked_until = 0, None
        user.save()
        audit.record("重置口令", "account", user.id)
    return secret


def set_active(user: User, active: bool) -> None:
    """Disable an account, or enable it again; it is never deleted."""
    with transaction():
        User.update(active=active).where(User.id == user.id).execute()
        audit.record("启用账号" if active else "停用账号", "account", user.id, before={"active": user.active}, after={"active": active})
    user.active = active


def has_technical_role(roles: Iterable[str]) -> bool:
    """Whether one of the three administrators' roles is among ``roles``."""
    return not TECHNICAL_ROLES.keys().isdisjoint(roles)


_marked: set[tuple[int, str, Any]] = set()


def mark_login_day(user: User) -> None:
    """Note that the person's unit was signed in today; the first person of the day is kept. Asks the database once."""
    if not user.unit:
        return
    mark = (id(User._meta.database.obj), user.unit, clock.today())
    if mark in _marked:
        return
    with transaction():
        LoginDay.insert(unit=user.unit, day=clock.today(), user=user, at=clock.now()).on_conflict(action="nothing").execute()
    _marked.add(mark)
