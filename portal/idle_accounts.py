"""Accounts that nobody used for long are disabled by the daily work (GB/T 22239 8.1.4.2 c)."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import audit, clock, sessions, settings, users
from portal.database import transaction
from portal.permissions import TECHNICAL_ROLES
from portal.users import User


def disable_idle() -> list[User]:
    """Disable every account without a login for ``security.idle_days`` days; returns those disabled.

    Days count from the last login, or from the account's creation or last re-enabling where that is later.
    The last active holder of a technical role stays, or nobody could enable anybody again; so do the invented
    people of the demonstration.
    """
    days = settings.value("security.idle_days")
    if not days:
        return []
    limit, disabled = clock.now() - timedelta(days=days), []
    unused = User.last_login_at.is_null() | (User.last_login_at < limit)
    query = User.select().where(User.active & ~User.demonstration & (User.created_at < limit) & unused)
    for user in list(query.order_by(User.id)):
        if _last_sign(user) >= limit or _is_last_of_its_kind(user):
            continue
        with transaction():
            users.set_active(user, False)
            sessions.end_all(user, "长期未登录，账号已停用")
        disabled.append(user)
    return disabled


def _last_sign(user: User) -> datetime:
    """When the account was last used, made, or enabled again."""
    entry = (
        audit.AuditEntry.select(audit.AuditEntry.at)
        .where(
            (audit.AuditEntry.record_type == "account")
            & (audit.AuditEntry.record_id == str(user.id))
            & (audit.AuditEntry.action == "启用账号")
        )
        .order_by(audit.AuditEntry.seq.desc())
        .first()
    )
    signs = (user.last_login_at, user.created_at, entry.at if entry else None)
    return max(sign for sign in signs if sign is not None)


def _is_last_of_its_kind(user: User) -> bool:
    technical = users.current_roles(user) & TECHNICAL_ROLES.keys()
    others = (
        users.UserRole.select()
        .join(User)
        .where(
            users.UserRole.role.in_(technical)
            & users.UserRole.ended_at.is_null()
            & User.active
            & (User.id != user.id)
        )
    )
    return bool(technical) and not others.exists()
