"""The ``portal`` command: set-up, serving, and the acts and figures of the pages from the command line."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from portal import __version__, cli_backup, cli_demo, cli_scores, cli_units, cli_words
from portal.cli_start import application
from portal.refusals import Refused


class PortalGroup(click.Group):
    """Turns every expected refusal into one line on standard error and exit code 2, and finds the plugins' commands."""

    def invoke(self, ctx: click.Context) -> Any:
        from portal.database import StorageError
        from portal.declarations import DeclarationError

        try:
            return super().invoke(ctx)
        except (Refused, StorageError, DeclarationError) as error:
            click.echo(str(error), err=True)
            ctx.exit(2)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        try:
            left_with = super().main(*args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            click.echo(cli_words.usage_problem(error), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("已取消", err=True)
            sys.exit(1)
        sys.exit(left_with if isinstance(left_with, int) else 0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_plugin_commands()})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name) or _plugin_commands().get(name)


def _plugin_commands() -> dict[str, click.Command]:
    """The commands that the plugins bring; they open the application themselves when they need it."""
    from portal import core_hooks
    from portal.plugging import Registry

    found = Registry(core=core_hooks).answers("register_commands")
    return {command.name: command for _, commands in found for command in commands if command.name}


@click.group(cls=PortalGroup, help="市场监管联席会议平台")
@click.version_option(__version__, prog_name="portal")
def main() -> None:
    """The command's root."""


@main.command(help="某日起第几个工作日：portal deadline 2026-09-18 7")
@click.argument("event")
@click.argument("days", type=click.IntRange(0, 1000))
def deadline(event: str, days: int) -> None:
    """``event`` in every habit of writing a date; with 0 days the day itself, or the next that is worked."""
    from portal import official_calendar
    from portal.spreadsheets import FOREVER, ValueRefused, read_date

    try:
        day = read_date(event)
    except ValueRefused as refused:
        raise Refused(f"“{event}”不是日期：{refused.rule}") from None
    if day is None or day is FOREVER:
        raise Refused(f"“{event}”不是日期，应写成 2026-09-18 这样")
    due = _calendar(official_calendar).deadline(day, days)
    click.echo(f"{due.day}{'（放假通知未出，暂定）' if due.provisional else ''}")


def _calendar(official_calendar):
    """The portal's own calendar where there is a portal, else the package's."""
    from portal.database import StorageError

    if not (os.environ.get("PORTAL_DATABASE_URL") or os.environ.get("PORTAL_DATA_DIR") or os.path.exists("var/portal.db")):
        return official_calendar.packaged()
    try:
        application()
    except StorageError:
        return official_calendar.packaged()
    return official_calendar.calendar()


@main.command(help="升级数据库")
def migrate() -> None:
    from portal.app import migrate as run

    app = application(ready=False)
    for name in run(app):
        click.echo(f"已升级 {name}")
    click.echo("数据库是最新的")


@main.command(help="新装：建库、日历和三位管理员（一次性口令只显示这一次）")
@click.option("--names", default="系统管理员,安全管理员,审计管理员", help="三位管理员的姓名，用逗号分开")
def init(names: str) -> None:
    from portal import setup_accounts
    from portal.app import migrate as run

    people = [name.strip() for name in names.split(",") if name.strip()]
    if len(people) != 3:
        raise Refused("--names 应为三个姓名，用逗号分开")
    app = application(ready=False)
    run(app)
    for account, name, secret in setup_accounts.first_administrators(people):
        click.echo(f"{account}\t{name}\t{secret}")
    click.echo("首次登录须立即修改口令；初始口令 24 小时内有效。")


@main.command(help="启动网页服务和后台任务")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8000, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, type=click.IntRange(1, 16), help="网页进程数")
def serve(host: str, port: int, processes: int) -> None:
    from portal import serving

    serving.serve(host, port, processes)


@main.command(help="只运行后台任务")
def runner() -> None:
    from portal import jobs

    jobs.runner(application())


@main.command("factor-remove", help="第二因素丢失而没有别的系统管理员时，由服务器管理员重置：portal factor-remove xitong")
@click.argument("account")
def factor_remove(account: str) -> None:
    from portal import second_factor, sessions, users
    from portal.database import transaction

    application()
    user = users.find(account)
    if user is None:
        raise Refused(f"没有账号“{account}”")
    with transaction():
        second_factor.remove(user)
        sessions.end_all(user, "第二因素已重置")
    click.echo(f"已重置{user.name}的第二因素，其登录已结束")


@main.group(help="审计记录")
def audit() -> None:
    """Commands of the audit log."""


@audit.command("verify", help="校验审计链；有问题时指出第一条并以 1 退出")
@click.option("--from", "first", default=1, type=click.IntRange(1))
@click.option("--hash", "known", default=None, help="前一条的哈希（从中间开始校验时）")
def audit_verify(first: int, known: str | None) -> None:
    from portal import audit as log

    application()
    verdict = log.verify(first, known or log.GENESIS)
    if verdict.broken is not None:
        click.echo(verdict.reason)
        sys.exit(1)
    click.echo(f"审计记录 {verdict.entries} 条，链完整，末条哈希 {verdict.head}")


@main.command("schema-write", hidden=True)
@click.argument("owner")
def schema_write(owner: str) -> None:
    """Write the first migration of one owner from its models (development only)."""
    from portal import core_hooks, schema_files
    from portal.plugging import Registry

    for schema in Registry(core=core_hooks).schemas:
        if schema.owner == owner:
            click.echo(json.dumps(schema_files.write_first(schema)))


for _command in (cli_backup.backup, cli_demo.demo, cli_scores.score, cli_scores.score_facts, cli_units.units):
    main.add_command(_command)


if __name__ == "__main__":
    main()
