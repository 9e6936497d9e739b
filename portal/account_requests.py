"""From a liaison's wish to an account: the unit asks, one administrator creates, another grants (三员).

A request runs ``requested`` → ``created`` → ``granted``, or ends ``refused``. One that names an account of
the same unit asks only for more roles and starts at ``created``.
"""

from __future__ import annotations

from typing import Any

from portal import audit, clock, users
from portal.database import transaction
from portal.permissions import ROLES, UNIT_ROLES, role_conflict
from portal.refusals import Missing, Refused, Stale
from portal.users import AccountRequest, User

REQUESTED, CREATED, GRANTED, REFUSED = "requested", "created", "granted", "refused"
STATE_LABELS = {REQUESTED: "待建立账号", CREATED: "待授予角色", GRANTED: "已办结", REFUSED: "未同意"}
STATE_TONES = {REQUESTED: "warn", CREATED: "info", GRANTED: "good", REFUSED: "neutral"}


def ask(unit: str, account: str, name: str, position: str, roles: list[str]) -> AccountRequest:
    """Ask for an account, or for more roles of an account of the same unit. Raises Refused by field."""
    key, name = users.account_key(account), name.strip()
    errors: dict[str, str] = {}
    if not users.is_account_name(key):
        errors["account"] = users.ACCOUNT_RULE
    if not 1 <= len(name) <= 40:
        errors["name"] = "姓名应为 1 至 40 个字"
    if not roles or set(roles) - UNIT_ROLES.keys():
        errors["roles"] = f"请勾选需要的角色：{'、'.join(UNIT_ROLES.values())}"
    held = users.find(account)
    if held is not None and held.unit != unit:
        errors["account"] = f"账号“{key}”已经用过，不能再次使用"
    elif held is not None and held.name != name:
        errors["name"] = f"账号“{key}”是{held.name}的，不能用于别人"
    if errors:
        raise Refused("；".join(errors.values()), errors)
    with transaction():
        open_one = AccountRequest.account == key
        if AccountRequest.select().where(open_one & AccountRequest.state.in_([REQUESTED, CREATED])).exists():
            text = f"账号“{key}”已有一份未办结的申请"
            raise Refused(text, {"account": text})
        request = AccountRequest.create(
            unit=unit,
            account=key,
            name=name,
            position=position.strip()[:40],
            roles=sorted(set(roles), key=list(ROLES).index),
            state=CREATED if held else REQUESTED,
            asked_by=audit.actor().name,
            asked_at=clock.now(),
            user=held,
        )
        audit.record("申请账号", "account_request", request.id, after=_plain(request))
    return request


def request_numbered(number: int) -> AccountRequest:
    """The request of that number. Raises Missing."""
    found = AccountRequest.get_or_none(AccountRequest.id == number)
    if found is None:
        raise Missing("没有这份账号申请")
    return found


def create_account(request: AccountRequest) -> tuple[User, str]:
    """The system administrator's act: the account without any role; returns it with its one-time password."""
    with transaction():
        _expect(request, REQUESTED)
        user, secret = users.create(
            request.account, request.name, unit=request.unit, position=request.position
        )
        _answer(request, CREATED, "", user)
    return user, secret


def grant_wanted(request: AccountRequest, by: User) -> User:
    """The security administrator's act: every wanted role at once. Raises AccountRefused."""
    with transaction():
        _expect(request, CREATED)
        for role in request.roles:
            users.grant(request.user, role, by)
        _answer(request, GRANTED, "", request.user)
    return request.user


def refuse(request: AccountRequest, reason: str) -> None:
    """Either administrator says no; the reason is shown to the liaison."""
    if not reason.strip():
        raise Refused("请填写不同意的原因", {"reason": "请填写不同意的原因"})
    with transaction():
        if request.state not in (REQUESTED, CREATED):
            raise Stale("这份申请已经办结")
        _answer(request, REFUSED, reason.strip()[:200], request.user)


def waiting(state: str) -> list[AccountRequest]:
    """The requests in ``state``, the oldest first."""
    return list(AccountRequest.select().where(AccountRequest.state == state).order_by(AccountRequest.id))


def of_unit(unit: str, older: int | None = None, size: int = 30) -> tuple[list[AccountRequest], int | None]:
    """One page of a unit's requests, newest first, and the number from which the next page goes on."""
    query = AccountRequest.select().where(AccountRequest.unit == unit)
    if older is not None:
        query = query.where(AccountRequest.id < older)
    rows = list(query.order_by(AccountRequest.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def role_words(roles: list[str]) -> str:
    """The wanted roles' words."""
    return "、".join(ROLES.get(role, role) for role in roles)


def grantable(user: User) -> list[tuple[str, str]]:
    """The roles that ``user`` may still be given (the three administrators' roles stand alone)."""
    held = users.current_roles(user)
    return [
        (role, label) for role, label in ROLES.items() if role not in held and not role_conflict(held, role)
    ]


def holders() -> dict[str, list[User]]:
    """Who holds each role now, by name."""
    found: dict[str, list[User]] = {role: [] for role in ROLES}
    query = (
        users.UserRole.select(users.UserRole, User)
        .join(User)
        .where(users.UserRole.ended_at.is_null())
        .order_by(User.name)
    )
    for held in query:
        found.setdefault(held.role, []).append(held.user)
    return found


def search(unit: str, text: str, older: int | None, size: int = 50) -> tuple[list[User], int | None]:
    """One page of accounts, newest first: of ``unit`` ("-": of none), with ``text`` in name or account."""
    query = User.select()
    if unit:
        query = query.where(User.unit == ("" if unit == "-" else unit))
    if text:
        query = query.where(User.name.contains(text) | User.account_key.contains(users.account_key(text)))
    if older is not None:
        query = query.where(User.id < older)
    rows = list(query.order_by(User.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def roles_of(people: list[User]) -> dict[int, str]:
    """The words of the roles that each of ``people`` holds now, in one query."""
    query = users.UserRole.select(users.UserRole.user, users.UserRole.role).where(
        users.UserRole.user.in_(people) & users.UserRole.ended_at.is_null()
    )
    held: dict[int, list[str]] = {user.id: [] for user in people}
    for number, role in query.tuples():
        held[number].append(role)
    return {number: role_words(sorted(roles, key=list(ROLES).index)) for number, roles in held.items()}


def _expect(request: AccountRequest, state: str) -> None:
    now = AccountRequest.select(AccountRequest.state).where(AccountRequest.id == request.id).scalar()
    if now != state:
        raise Stale(f"这份申请的状态已是“{STATE_LABELS.get(now, now)}”，请刷新后查看")


def _answer(request: AccountRequest, state: str, reason: str, user: User | None) -> None:
    before = _plain(request)
    request.state, request.reason, request.user = state, reason, user
    request.answered_by, request.answered_at = audit.actor().name, clock.now()
    request.save()
    audit.record("答复账号申请", "account_request", request.id, before=before, after=_plain(request))


def _plain(request: AccountRequest) -> dict[str, Any]:
    return {
        "unit": request.unit, "account": request.account, "name": request.name, "position": request.position,
        "roles": request.roles, "state": request.state, "reason": request.reason,
    }  # fmt: skip
