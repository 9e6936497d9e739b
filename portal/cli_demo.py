"""``portal demo``: an invented quarter to look at, built once by the portal's own functions, and served."""

from __future__ import annotations

import os
from pathlib import Path

import click

from portal import clock
from portal.refusals import Refused
from portal.workdays import Quarter

MOMENT = "2026-09-28T10:00"


@click.command("demo", help="建立演示季度（虚构数据）；--serve 同时启动网页")
@click.option("--quarter", "quarter_text", default="2026Q3", show_default=True)
@click.option("--at", "moment", default=MOMENT, show_default=True, help="从哪一刻看这个季度")
@click.option("--seed", default=20260701, show_default=True, type=int)
@click.option("--subjects", default=3000, show_default=True, type=click.IntRange(50, 100_000), help="市场主体户数")
@click.option("--serve", "serving", is_flag=True, help="建好后启动网页")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8000, type=click.IntRange(1, 65535))
def demo(quarter_text: str, moment: str, seed: int, subjects: int, serving: bool, host: str, port: int) -> None:
    """Build the demonstration where there is none, and serve it at its moment."""
    try:
        quarter, end = Quarter.parse(quarter_text), clock.parse(moment)
    except ValueError as error:
        raise Refused(f"时间或季度不对：{error}") from None
    if not quarter.first <= end.date() <= quarter.next.next.last:
        raise Refused(f"--at {moment} 应在 {quarter.label}开始以后、两个季度以内")
    os.environ.setdefault("PORTAL_DATA_DIR", str(Path("var/demo").absolute()))
    built = _build(quarter, end, seed, subjects)
    click.echo(built)
    _print_accounts()
    if serving:
        from portal import serving as server

        os.environ["PORTAL_CLOCK"] = _moment_after_last_act(end)
        server.serve(host, port, processes=1)


def _build(quarter: Quarter, end, seed: int, subjects: int) -> str:
    from portal.app import create_app, migrate
    from portal.database import database, ready_connection
    from portal.demonstration import build
    from portal.users import User

    app = create_app(ready=False)
    with app.app_context():
        ready_connection()
        migrate(app)
        people = User.select()
        if people.where(User.demonstration == False).exists():  # noqa: E712
            raise Refused("这个库里有真实账号，不能放入演示数据；请用 PORTAL_DATA_DIR 指定另外的文件夹")
        if people.exists():
            return "演示数据已有，直接使用"
        click.echo("正在建立演示季度（虚构的人员和主体），约需一分钟……")
        figures = build(quarter, end, seed, subjects)
        database.close()
    return f"演示季度已建立：{figures['acts']:,} 项业务操作，{figures['accounts']} 个账号"


def _print_accounts() -> None:
    from portal.demonstration import PASSWORD

    click.echo("\n演示账号（口令都是 " + PASSWORD + "）：")
    for account, words in (
        ("approval.lianluo", "行政审批局联络员"), ("market_regulation.lianluo", "市场监管局联络员"),
        ("social_affairs.jingban", "社会事业局经办"), ("fire.jiancha1", "消防大队执法检查人员"),
        ("bangongshi", "联席会议办公室"), ("zhaojiren", "召集人"), ("quguanban", "区管办"),
        ("xitong", "系统管理员"), ("anquan", "安全管理员"), ("shenji", "审计管理员"),
    ):  # fmt: skip
        click.echo(f"  {account:<28}{words}")
    click.echo("  其他单位同样：<单位标识>.lianluo / .jingban / .fuze / .fazhi / .jiancha1…4\n")


def _moment_after_last_act(end) -> str:
    """The demonstration goes on from its last act: its clock never goes back."""
    from portal import audit
    from portal.app import create_app
    from portal.database import database, ready_connection

    app = create_app()
    with app.app_context():
        ready_connection()
        _, _, last = audit.last()
        database.close()
    return max(end, last or end).isoformat()
