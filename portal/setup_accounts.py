"""The first accounts of a new portal: three named administrators with one-time passwords, and nothing else."""

from __future__ import annotations

from portal import clock, official_calendar, settings, users
from portal.database import transaction
from portal.refusals import Refused

FIRST = (("xitong", "sysadmin"), ("anquan", "secadmin"), ("shenji", "auditor"))


def first_administrators(names: list[str]) -> list[tuple[str, str, str]]:
    """Make them: (account, name, one-time password) each. Raises Refused when accounts exist already."""
    made = []
    with transaction():
        if users.User.select().exists():
            raise Refused("平台已经初始化过，不能再次建立管理员")
        official_calendar.seed()
        for (account, role), name in zip(FIRST, names, strict=True):
            user, secret = users.create(account, name, position="")
            users.grant(user, role, None)
            made.append((account, name, secret))
        settings.change("security.second_factor", "administrators", clock.today())
    return made
