"""``portal units``: the acts of the units' pages from the command line, by a person with a password."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from portal.refusals import NotAllowed, Refused


def _day(_context: click.Context, _parameter: click.Parameter, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text[:20]}”不是日期，应写成 2026-09-18 这样") from None


def _person(account: str, permission: str) -> Any:
    """The person who acts, after the password, the permission and the day of login were noted."""
    from portal.cli_start import application, sign_in
    from portal.plugging import registry

    application()
    person = sign_in(account)
    if not person.can(permission):
        raise NotAllowed(f"{person.name}没有这项权限：{registry().permissions.rows[permission].label}")
    return person


_AS = click.option("--as", "account", required=True, help="办理人的账号（口令另问，或取自 PORTAL_PASSWORD）")


@click.group(help="成员单位")
def units() -> None:
    """Commands of the member units."""


@units.command("list", help="列出已安装的单位和成员状态")
def list_units() -> None:
    from portal import clock
    from portal import units as members
    from portal.cli_start import application
    from portal.plugging import registry
    from portal.views.units import state_of

    application()
    known = members.terms()
    for unit in registry().units:
        state, _, since = state_of(known.get(unit.key, []), clock.today())
        click.echo(f"{unit.number}\t{unit.key}\t{unit.name}\t{since or '—'}\t{state}")


@units.command(
    help="申请启用或停用单位：portal units ask police --from 2026-10-01 --disable --reason … --as 账号"
)
@click.argument("key")
@click.option("--from", "day", required=True, callback=_day, help="从哪一天起")
@click.option("--enable/--disable", "enable", default=True, help="启用（默认）或停用")
@click.option("--reason", required=True, help="理由")
@click.option("--basis", default="", help="联席会议纪要文号")
@_AS
def ask(key: str, day: date, enable: bool, reason: str, basis: str, account: str) -> None:
    from portal import clock
    from portal import units as members

    person = _person(account, "unit.ask")
    if not members.may_ask(person, key):
        raise NotAllowed("只有本单位的联络员和办公室可以为这个单位申请")
    if day < clock.today():
        raise Refused("生效日不能早于今天")
    request = members.ask(key, enable, day, reason, basis)
    wish = f"自 {day} 起{'启用' if enable else '停用'}{members.name_of(key)}"
    click.echo(f"已提交第 {request.id} 号申请：{wish}，等待办公室确认")


@units.command(help="召集人确认增补成员单位")
@click.argument("request_id", type=int)
@_AS
def admit(request_id: int, account: str) -> None:
    from portal import units as members

    _person(account, "unit.admit")
    request = members.request_numbered(request_id)
    members.admit(request)
    click.echo(f"已确认增补{members.name_of(request.unit)}，等待办公室办理")


@units.command(help="办公室确认第几号申请")
@click.argument("request_id", type=int)
@click.option("--basis", default="", help="联席会议纪要文号")
@_AS
def confirm(request_id: int, basis: str, account: str) -> None:
    from portal import units as members

    _person(account, "unit.confirm")
    request = members.answer(request_id, True, basis)
    click.echo(
        f"已确认：自 {request.day} 起{'启用' if request.enable else '停用'}{members.name_of(request.unit)}"
    )


@units.command(help="办公室不同意第几号申请")
@click.argument("request_id", type=int)
@click.option("--reason", required=True, help="原因")
@_AS
def refuse(request_id: int, reason: str, account: str) -> None:
    from portal import units as members

    _person(account, "unit.confirm")
    if not reason.strip():
        raise Refused("请写明不同意的原因")
    request = members.answer(request_id, False, reason=reason)
    click.echo(f"已答复不同意：{members.name_of(request.unit)}")


@units.command(help="一个单位的成员期间和申请")
@click.argument("key")
def history(key: str) -> None:
    from portal import units as members
    from portal.cli_start import application
    from portal.views.units import REQUEST_STATES

    application()
    if members.unit(key) is None and key not in members.terms():
        raise Refused(f"没有安装单位插件“{key}”")
    for term in members.terms().get(key, []):
        click.echo(f"成员\t{term.from_day}\t{term.until_day or '至今'}\t{term.basis}")
    for request in members.requests_of(key):
        wish = "申请启用" if request.enable else "申请停用"
        click.echo(
            f"{wish}\t{request.id}\t{request.day}\t{request.asked_by}\t{REQUEST_STATES[request.state]}\t{request.basis}"
        )


@units.command(help="登记创始成员单位：portal units found --all --from 2026-01-01 --basis 文号 --as 账号")
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="全部已安装的单位")
@click.option("--from", "day", required=True, callback=_day, help="从哪一天起")
@click.option("--basis", required=True, help="依据（文号）")
@_AS
def found(key: str | None, every: bool, day: date, basis: str, account: str) -> None:
    from portal import units as members
    from portal.database import transaction
    from portal.plugging import registry

    if (key is None) != every:
        raise Refused("请写一个单位标识，或者写 --all")
    if not basis.strip():
        raise Refused("请写明依据（文号）")
    _person(account, "unit.confirm")
    keys = [unit.key for unit in registry().units] if every else [key]
    if key is not None and members.unit(key) is None:
        raise Refused(f"没有安装单位插件“{key}”")
    with transaction():
        for one in keys:
            _check_founding(one, day)
            members.found(one, day, basis)
        # Half of the founders would leave a special function without its holder: the next start stops.
        members.check_functions(registry())
    click.echo(f"已登记 {len(keys)} 个创始成员单位，自 {day} 起")


def _check_founding(key: str, day: date) -> None:
    """The founders begin on one day; whoever comes later, or comes back, does so by request (附件1 二)."""
    from portal import units as members

    if not members.needs_decision(key) and not members.is_enabled(key, day):
        raise Refused(f"{members.name_of(key)}曾是成员单位，应申请启用，不能再登记为创始成员")
    others = {term.from_day for terms in members.terms().values() for term in terms}
    if others and min(others) != day:
        raise Refused(f"创始成员单位自 {min(others)} 起；之后加入的单位应申请增补")
