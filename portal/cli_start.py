"""What a command does first: open the application, and know who acts."""

from __future__ import annotations

import getpass
import os

from flask import Flask

from portal import audit, gate, second_factor, sessions
from portal.app import create_app
from portal.database import ready_connection
from portal.refusals import Refused
from portal.users import User


def application(*, ready: bool = True) -> Flask:
    """The application for a command, with its context pushed for the rest of the process."""
    app = create_app(ready=ready)
    app.app_context().push()
    ready_connection()
    audit.act_as(audit.Actor(account="cli", name="命令行", channel="cli"))
    return app


def sign_in(account: str) -> User:
    """The person who acts from the command line: asks the password and puts the person into the audit log."""
    password = os.environ.get("PORTAL_PASSWORD") or getpass.getpass(f"{account} 的口令：")
    user = gate.viewer_of(sessions.check_login(account, password, "命令行"))
    if sessions.password_expired(user):
        raise Refused("口令已过期或仍是初始口令，请先在网页上修改")
    if second_factor.is_missing(user):
        raise Refused("按安全设置须先在网页上启用第二因素")
    if second_factor.of(user) is not None:
        code = os.environ.get("PORTAL_CODE") or getpass.getpass(f"{account} 的验证码：")
        if sessions.is_locked(user) or not second_factor.accepts(user, code):
            sessions.count_wrong_proof(user, "命令行")
            raise Refused("验证码不正确或已经用过")
    audit.act_as(user.as_actor(address="命令行", channel="cli"))
    return user
