"""Registrations for the tests of licence linkage, entered by the registrar's officer as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from plugins.areas.licensing import pushes
from plugins.areas.licensing.models import Claim, Push
from portal import audit, subjects
from portal.users import User

CODES = (
    "91310000773718882U",
    "91110000101443599G",
    "91211103MA10E6140W",
    "91310113MA7GHQJJ4R",
    "9144030071526726XG",
)
DAY = date(2026, 9, 25)
RESTAURANT = "许可项目：餐饮服务（依法须经批准的项目，经相关部门批准后方可开展经营活动）一般项目：餐饮管理"
ORDINARY = "一般项目：软件开发；信息技术咨询服务"
UNKNOWN = "许可项目：星际航行服务（依法须经批准的项目，经相关部门批准后方可开展经营活动）"


@contextmanager
def as_actor(person: User) -> Iterator[None]:
    """Act as ``person`` inside the block."""
    with audit.acting(person.as_actor()):
        yield


def registered(
    number: int = 0, scope: str = RESTAURANT, event: str = "设立", **values: Any
) -> subjects.Subject:
    """The firm of that number, registered (or changed, cancelled) by the registrar."""
    given = {
        "name": f"南通第{number}号有限公司", "category": "企业", "approved": DAY, "code": CODES[number], "scope": scope,
        "address": f"南通市经济技术开发区星湖大道{number + 1}号", "street": "中兴街道", "industry": "H6210", **values,
    }  # fmt: skip
    subject, _ = subjects.register(
        subjects.Registration(event=event, **given), unit="approval", source="表单"
    )
    return subject


def pushed(number: int = 0, scope: str = RESTAURANT, **values: Any) -> list[Claim]:
    """The claim rows of a registration that was confirmed as proposed."""
    subject = registered(number, scope, **values)
    push = Push.select().where((Push.subject == subject) & (Push.state == "proposed")).get()
    pushes.confirm(push)
    return list(Claim.select().where(Claim.push == push).order_by(Claim.id))
