"""The invented people of the demonstration, and the days on which they sign in."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from portal import clock, passwords, sessions, users
from portal.demonstration.zone import PASSWORD, Zone
from portal.plugging import registry

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玲辉燕红建国志文斌海波宁鑫欣雨晨思远子涵浩然俊杰雪梅晓东春生"


def _name(rng: random.Random, taken: set[str]) -> str:
    while True:
        name = rng.choice(_FAMILY) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2))))
        if name not in taken:
            taken.add(name)
            return name


def hire(zone: Zone) -> None:
    """Make the accounts: in each unit two officers, a liaison, a head, and where it inspects, inspectors and a legal
    reviewer; the office and the convenors; the three administrators."""
    taken: set[str] = set()
    rng = random.Random(zone.seed + 2)
    # One hash for all: a hundred would take half a minute of the set-up and protect nothing.
    hashed = passwords.hash_password(PASSWORD)

    def add(account: str, roles: tuple[str, ...], unit: str = "", body: str = "", position: str = "") -> None:
        user, _ = users.create(
            account, _name(rng, taken), unit=unit, body=body, position=position or "演示人员", demonstration=hashed
        )
        for role in roles:
            users.grant(user, role, None)
            zone.people.setdefault((unit, role), []).append(user)

    for unit in registry().units:
        key = unit.key
        add(f"{key}.lianluo", ("liaison", "officer"), key, position="联络员（演示）")
        add(f"{key}.jingban", ("officer",), key, position="经办（演示）")
        add(f"{key}.fuze", ("head",), key, position="负责人（演示）")
        if unit.check_fields:
            add(f"{key}.fazhi", ("legal",), key, position="法制审核（演示）")
            for number in range(1, 5):
                add(f"{key}.jiancha{number}", ("inspector", "officer") if number == 1 else ("inspector",), key, position="执法检查（演示）")
    seat = max(registry().units, key=lambda unit: len(unit.functions)).key
    add("bangongshi", ("office",), seat, position="联席会议办公室（演示）")
    add("bangongshi2", ("office",), seat, position="联席会议办公室（演示）")
    add("zhaojiren", ("convenor",), body="开发区管委会", position="召集人（演示）")
    add("fuzhaojiren", ("deputy_convenor",), seat, position="副召集人（演示）")
    add("quguanban", ("zone_office", "deputy_convenor"), body="党工委、管委会办公室", position="区管办（演示）")
    add("xitong", ("sysadmin",), body="信息中心", position="系统管理员（演示）")
    add("anquan", ("secadmin",), body="信息中心", position="安全管理员（演示）")
    add("shenji", ("auditor",), body="信息中心", position="审计管理员（演示）")


def schedule_logins(zone: Zone) -> None:
    """Somebody of each unit signs in on most working days; on some days nobody does."""
    first = zone.quarter.first
    for unit in registry().units:
        rng = random.Random(f"{zone.seed}/login/{unit.key}")
        chance = 0.8 + 0.8 * (zone.diligence(unit.key) - 0.75)
        for day in zone.workdays(first - timedelta(days=10), zone.end.date()):
            if rng.random() < chance:
                person = zone.people[(unit.key, "liaison")][0]
                moment = clock.at(day, 8, rng.randrange(20, 60))
                zone.schedule(moment, person, _login(person))


def _login(person: users.User) -> Callable[[], None]:
    def sign_in() -> None:
        token = sessions.open_for(person, "演示")
        users.mark_login_day(person)
        sessions.end(token, "演示")

    return sign_in
