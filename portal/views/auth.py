"""Signing in and out, the person's own account, password and open logins."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask_login import current_user, login_user, logout_user

from portal import passwords, second_factor, sessions, users
from portal.access import act, after_refusal, public, requires, with_new_cookie
from portal.pages import local_path, page, submission_key
from portal.plugging import registry
from portal.refusals import Refused
from portal.sessions import LoginSession

blueprint = Blueprint("auth", __name__)


@blueprint.get("/login")
@public
def login() -> Response:
    if current_user.is_authenticated:
        return redirect(url_for("home.index"), 303)
    return page("auth/login.html", next=local_path(request.args.get("next")))


@blueprint.post("/login")
@public
def sign_in() -> Response:
    account, password = request.form.get("account", ""), request.form.get("password", "")
    target = local_path(request.form.get("next"))
    try:
        user = sessions.check_login(account, password, request.remote_addr or "")
    except Refused as refusal:
        return page("auth/login.html", status=422, next=target, account=account[:40], errors={"account": str(refusal)})
    if current_user.is_authenticated:
        sessions.end(current_user.session_id, "换人登录")
    session.clear()
    user.session_id = sessions.open_for(user, request.remote_addr or "", request.user_agent.string)
    login_user(user)
    session.permanent = False
    if not user.half:
        users.mark_login_day(user)
    return redirect(target, 303)


@blueprint.post("/logout")
@public
def logout() -> Response:
    if current_user.is_authenticated:
        sessions.end(current_user.session_id)
        logout_user()
    session.clear()
    response = redirect(url_for("auth.login"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/account")
@requires("home.view")
def account() -> Response:
    running = list(
        LoginSession.select()
        .where((LoginSession.user == current_user.id) & LoginSession.ended_at.is_null())
        .order_by(LoginSession.started_at.desc())
    )
    return page("auth/account.html", sessions=running, factor=second_factor.of(current_user))


@blueprint.post("/account/sessions/<int:number>/end")
@act("home.view")
def end_session(number: int) -> Response:
    if sessions.end_numbered(current_user, number):
        flash("已结束该登录", "success")
    return redirect(url_for("auth.account"), 303)


@blueprint.get("/proof")
@requires("home.view")
def proof() -> Response:
    """The password asked again on the way to a page."""
    kept = [("next", local_path(request.args.get("next"))), ("submission_key", submission_key())]
    return page("auth/proof.html", action=url_for("auth.prove"), kept=kept)


@blueprint.post("/proof")
@act("home.view", proof="always")
def prove() -> Response:
    return redirect(local_path(request.form.get("next")), 303)


@blueprint.get("/password")
@requires("home.view")
def password() -> Response:
    return page("auth/password.html", forced=sessions.password_expired(current_user))


@blueprint.post("/password")
@act("home.view")
def change_password() -> Response:
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    errors: dict[str, str] = {}
    if not passwords.matches(current_user.password_hash, old):
        errors["old"] = "现在的口令不正确"
        user, address = current_user._get_current_object(), request.remote_addr or ""
        after_refusal(lambda: sessions.count_wrong_proof(user, address))
    if new != again:
        errors["again"] = "两次输入的新口令不一致"
    if not errors:
        named = (word for unit in registry().units for word in (unit.key, unit.name, unit.short_name))
        words = (current_user.name, current_user.unit_label, *named)
        problems = users.set_password(current_user, new, words=words)
        if problems:
            errors["new"] = "；".join(problems)
    if errors:
        return page("auth/password.html", status=422, errors=errors, forced=sessions.password_expired(current_user))
    sessions.end_all(current_user, "口令已修改", keep=current_user.session_id)
    current_user.session_id = sessions.renew(current_user.session_id)
    login_user(current_user)
    flash("口令已修改，其他登录已结束", "success")
    return with_new_cookie(redirect(url_for("home.index"), 303))
