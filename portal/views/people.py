"""Accounts: the liaison asks, the system administrator creates, the security administrator grants."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from portal import account_requests, audit, list_columns, list_files, second_factor, sessions, units, users
from portal.access import act, requires, shown_once
from portal.account_requests import STATE_LABELS, STATE_TONES
from portal.pages import key_from, link, page
from portal.permissions import ROLES, TECHNICAL_ROLES, UNIT_ROLES
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused
from portal.sessions import LoginSession
from portal.users import AccountRequest, User, UserRole

blueprint = Blueprint("people", __name__, url_prefix="/people")

#: What the list of sign-ins already shows; a year of it would push the changes out of the account's history.
SIGN_INS = ("登录", "退出", "登录失败")
FIELDS = {
    "account": "账号",
    "name": "姓名",
    "unit": "单位",
    "roles": "角色",
    "active": "启用",
    "position": "职务",
    "state": "状态",
    "reason": "原因",
}


def _user(user_id: int) -> User:
    found = User.get_or_none(User.id == user_id)
    if found is None:
        raise Missing("没有这个账号")
    return found


def _row(item: AccountRequest) -> tuple[AccountRequest, str, str, str, str]:
    return (
        item,
        units.name_of(item.unit),
        account_requests.role_words(item.roles),
        STATE_LABELS[item.state],
        STATE_TONES[item.state],
    )


def _requests_page(
    status: int = 200, errors: dict[str, str] | None = None, typed: dict[str, object] | None = None
) -> Response:
    older = key_from("older")
    rows, after = account_requests.of_unit(current_user.unit, older)
    return page(
        "people/requests.html",
        part="people/_requests.html",
        status=status,
        rows=[_row(item) for item in rows],
        first_href=link("people.requests") if older is not None else None,
        next_href=link("people.requests", {"older": after}) if after else None,
        roles=list(UNIT_ROLES.items()),
        unit_label=units.name_of(current_user.unit),
        errors=errors or {},
        typed=typed or {},
    )


@blueprint.get("/requests")
@requires("account.request")
def requests() -> Response:
    if list_files.wanted():
        rows = list_files.walk(lambda older: account_requests.of_unit(current_user.unit, older, 500))
        return list_files.answer("账号申请", list_columns.REQUESTS, map(_row, rows))
    return _requests_page()


@blueprint.post("/requests")
@act("account.request")
def ask() -> Response:
    if not current_user.unit:
        raise NotAllowed("您不属于某个成员单位，不能申请账号")
    typed = {name: request.form.get(name, "") for name in ("account", "name", "position")}
    roles = request.form.getlist("roles")
    try:
        account_requests.ask(current_user.unit, typed["account"], typed["name"], typed["position"], roles)
    except Refused as refusal:
        return _requests_page(422, refusal.fields or {"account": str(refusal)}, {**typed, "roles": roles})
    flash(f"已为{typed['name'].strip()}提交申请", "success")
    return redirect(url_for("people.requests"), 303)


def _accounts(unit: str, text: str, older: int | None) -> tuple[list[tuple[User, str, str]], int | None]:
    people, after = account_requests.search(unit, text, older, 500)
    held = account_requests.roles_of(people)
    return [(user, units.name_of(user.unit) or user.body, held[user.id]) for user in people], after


@blueprint.get("/")
@requires("account.list")
def accounts() -> Response:
    unit, text = request.args.get("unit", "")[:60], request.args.get("q", "").strip()[:40]
    if list_files.wanted():
        return list_files.answer("账号", list_columns.ACCOUNTS, list_files.walk(lambda older: _accounts(unit, text, older)))
    older = key_from("older")
    people, after = account_requests.search(unit, text, older)
    held = account_requests.roles_of(people)
    query = {"unit": unit, "q": text}
    state = (
        "requested"
        if current_user.can("account.create")
        else "created"
        if current_user.can("role.grant")
        else ""
    )
    return page(
        "people/index.html",
        part="people/_rows.html",
        rows=[(user, units.name_of(user.unit) or user.body, held[user.id]) for user in people],
        waiting=[_row(item) for item in account_requests.waiting(state)] if state else [],
        waiting_title=STATE_LABELS.get(state, ""),
        filters=query,
        filtered=any(query.values()),
        units=_unit_choices(),
        first_href=link("people.accounts", query) if older is not None else None,
        next_href=link("people.accounts", {**query, "older": after}) if after else None,
    )


def _unit_choices() -> list[tuple[str, str]]:
    return [("-", "不属于成员单位"), *((unit.key, unit.name) for unit in registry().units)]


@blueprint.get("/roles")
@requires("account.list")
def roles() -> Response:
    held = account_requests.holders()
    return page(
        "people/roles.html",
        rows=[
            (
                label,
                "三员" if role in TECHNICAL_ROLES else "成员单位" if role in UNIT_ROLES else "联席会议",
                [(user, units.name_of(user.unit) or user.body) for user in held[role]],
                [row.label for row in registry().permissions.rows.values() if role in row.roles],
            )
            for role, label in ROLES.items()
        ],
    )


@blueprint.get("/<int(max=9223372036854775807):user_id>")
@requires("account.list")
def show(user_id: int) -> Response:
    user = _user(user_id)
    logins = LoginSession.select().where(LoginSession.user == user).order_by(LoginSession.id.desc()).limit(20)
    terms = UserRole.select().where(UserRole.user == user).order_by(UserRole.id.desc())
    asked = AccountRequest.select().where(AccountRequest.user == user).order_by(AccountRequest.id.desc())
    return page(
        "people/show.html",
        user=user,
        unit_label=units.name_of(user.unit) or user.body,
        held=[(role, label) for role, label in ROLES.items() if role in users.current_roles(user)],
        grantable=account_requests.grantable(user),
        terms=[(term, ROLES.get(term.role, term.role)) for term in terms],
        logins=list(logins),
        asked=[_row(item) for item in asked],
        history=[
            (entry, [(FIELDS.get(n, n), _words(n, a), _words(n, b)) for n, a, b in changes])
            for entry, changes in audit.history("account", user.id, without=SIGN_INS)
        ],
        oneself=user.id == current_user.id,
        factor=second_factor.of(user),
    )


def _words(name: str, value: object) -> object:
    """A changed field's value in words."""
    if name == "unit":
        return units.name_of(str(value or "")) or "空"
    if isinstance(value, list):
        return account_requests.role_words(value) or "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if value not in (None, "") else "空"


def _secret_page(user: User, secret: str, title: str) -> Response:
    return shown_once(
        page("people/secret.html", user=user, secret=secret, title=title),
        url_for("people.show", user_id=user.id),
    )


@blueprint.get("/new")
@requires("account.create")
def new() -> Response:
    return page("people/new.html", units=_unit_choices()[1:], errors={}, typed={})


@blueprint.post("/new")
@act("account.create")
def create() -> Response:
    typed = {
        name: request.form.get(name, "").strip() for name in ("account", "name", "unit", "body", "position")
    }
    errors: dict[str, str] = {}
    if typed["unit"] and units.unit(typed["unit"]) is None:
        errors["unit"] = "没有这个单位"
    if typed["unit"] and typed["body"]:
        errors["body"] = "已选成员单位的，不再填写其他机构"
    try:
        if not errors:
            short = {name: typed[name][:40] for name in ("body", "position")}
            user, secret = users.create(typed["account"], typed["name"], unit=typed["unit"], **short)
            return _secret_page(user, secret, "账号已建立")
    except Refused as refusal:
        errors["name" if "姓名" in str(refusal) else "account"] = str(refusal)
    return page("people/new.html", status=422, units=_unit_choices()[1:], errors=errors, typed=typed)


@blueprint.get("/requests/<int(max=9223372036854775807):number>")
@requires("account.list")
def request_page(number: int) -> Response:
    item = account_requests.request_numbered(number)
    return page("people/request.html", row=_row(item), history=audit.history("account_request", number))


@blueprint.post("/requests/<int(max=9223372036854775807):number>/create")
@act("account.create")
def create_wanted(number: int) -> Response:
    user, secret = account_requests.create_account(account_requests.request_numbered(number))
    return _secret_page(user, secret, "账号已建立")


@blueprint.post("/requests/<int(max=9223372036854775807):number>/grant")
@act("role.grant", proof="recent")
def grant_wanted(number: int) -> Response:
    item = account_requests.request_numbered(number)
    _not_oneself(item.user_id)
    user = account_requests.grant_wanted(item, current_user)
    sessions.end_all(user, "角色已变更")
    flash(f"已授予{user.name}：{account_requests.role_words(item.roles)}", "success")
    return redirect(url_for("people.show", user_id=user.id), 303)


@blueprint.post("/requests/<int(max=9223372036854775807):number>/refuse")
@act("account.list")
def refuse(number: int) -> Response:
    item = account_requests.request_numbered(number)
    needed = "account.create" if item.state == account_requests.REQUESTED else "role.grant"
    if not current_user.can(needed):
        raise NotAllowed(f"您的角色没有这项权限：{registry().permissions.rows[needed].label}")
    account_requests.refuse(item, request.form.get("reason", ""))
    flash("已答复不同意", "success")
    return redirect(url_for("people.request_page", number=number), 303)


def _not_oneself(user_id: int | None) -> None:
    if user_id == current_user.id:
        raise NotAllowed("不能对自己的账号办理这件事，请由另一位管理员办理")


@blueprint.post("/<int(max=9223372036854775807):user_id>/roles/grant")
@act("role.grant", proof="recent")
def grant(user_id: int) -> Response:
    return _change_role(user_id, users.grant, "已授予")


@blueprint.post("/<int(max=9223372036854775807):user_id>/roles/revoke")
@act("role.grant", proof="recent")
def revoke(user_id: int) -> Response:
    return _change_role(user_id, users.revoke, "已收回")


def _change_role(user_id: int, change, words: str) -> Response:
    """A changed role ends the person's logins at once (ASVS 7.4.2)."""
    user, role = _user(user_id), request.form.get("role", "")
    _not_oneself(user.id)
    if role not in ROLES:
        raise Refused("请选择一个角色", {"role": "请选择一个角色"})
    change(user, role, current_user)
    sessions.end_all(user, "角色已变更")
    flash(f"{words}{user.name}的角色：{ROLES[role]}；其登录已结束", "success")
    return redirect(url_for("people.show", user_id=user.id), 303)


@blueprint.post("/<int(max=9223372036854775807):user_id>/active")
@act("account.create")
def set_active(user_id: int) -> Response:
    user, active = _user(user_id), request.form.get("active") == "1"
    _not_oneself(user.id)
    if user.active == active:
        raise Refused(f"账号已经是{'启用' if active else '停用'}状态")
    users.set_active(user, active)
    if not active:
        sessions.end_all(user, "账号已停用")
    flash(f"已{'启用' if active else '停用'}{user.name}的账号", "success")
    return redirect(url_for("people.show", user_id=user.id), 303)


@blueprint.post("/<int(max=9223372036854775807):user_id>/reset")
@act("account.create", proof="recent")
def reset(user_id: int) -> Response:
    user = _user(user_id)
    _not_oneself(user.id)
    secret = users.reset_password(user)
    sessions.end_all(user, "口令已重置")
    return _secret_page(user, secret, "口令已重置")


@blueprint.post("/<int(max=9223372036854775807):user_id>/second-factor/remove")
@act("account.create", proof="recent")
def remove_factor(user_id: int) -> Response:
    """A lost authenticator: the person enrols another at the next login."""
    user = _user(user_id)
    _not_oneself(user.id)
    second_factor.remove(user)
    sessions.end_all(user, "第二因素已重置")
    flash(f"已重置{user.name}的第二因素，其登录已结束", "success")
    return redirect(url_for("people.show", user_id=user.id), 303)
