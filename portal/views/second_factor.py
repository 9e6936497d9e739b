"""The second factor's pages: give the code after the password, enrol an authenticator, take it away."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user, login_user

from portal import second_factor, sessions, settings, totp
from portal.access import act, after_refusal, requires, with_new_cookie
from portal.pages import local_path, page
from portal.refusals import Refused

blueprint = Blueprint("second", __name__, url_prefix="/second-factor")


@blueprint.get("/")
@requires("home.view")
def ask() -> Response:
    return page("auth/second.html", next=local_path(request.args.get("next")))


@blueprint.post("/")
@act("home.view")
def give() -> Response:
    target = local_path(request.form.get("next"))
    if not current_user.half:
        return redirect(target, 303)
    user, address = current_user._get_current_object(), request.remote_addr or ""
    if sessions.is_locked(user) or not second_factor.accepts(user, request.form.get("code", "")):
        after_refusal(lambda: sessions.count_wrong_proof(user, address))
        wrong = "验证码不正确或已经用过，请等下一个；连续输错会锁定账号"
        return page("auth/second.html", status=422, next=target, errors={"code": wrong})
    user.session_id = sessions.complete(user)
    login_user(user)
    return with_new_cookie(redirect(target, 303))


def _enrolment(nonce: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    digest = settings.value("security.second_factor_digest")
    secret = second_factor.secret_of(current_user, nonce)
    return page(
        "auth/enrol.html", status=status, errors=errors or {}, nonce=nonce, secret=totp.words(secret),
        address=totp.address(secret, current_user.account, "市场监管联席会议平台", digest), digest=totp.DIGESTS[digest],
        factor=second_factor.of(current_user), missing=second_factor.is_missing(current_user),
    )  # fmt: skip


@blueprint.get("/enrol")
@requires("home.view", proof="recent")
def enrol() -> Response:
    return _enrolment(second_factor.fresh_nonce())


@blueprint.post("/enrol")
@act("home.view", proof="recent")
def confirm() -> Response:
    nonce = request.form.get("nonce", "")
    try:
        second_factor.enrol(current_user, nonce, request.form.get("code", ""))
    except Refused as refusal:
        if "code" not in refusal.fields:
            raise
        return _enrolment(nonce, 422, refusal.fields)
    sessions.end_all(current_user, "已启用第二因素", keep=current_user.session_id)
    flash("已启用第二因素；以后登录须输入口令和验证码", "success")
    return redirect(url_for("auth.account"), 303)


@blueprint.post("/remove")
@act("home.view", proof="always")
def remove() -> Response:
    second_factor.remove(current_user)
    flash("已取消第二因素", "success")
    return redirect(url_for("auth.account"), 303)
