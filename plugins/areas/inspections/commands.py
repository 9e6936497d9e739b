"""``portal draw`` and ``portal verify-draw``: the same acts as the four-step page, and the check that anyone can run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from portal.toolkit import NotAllowed, Refused, clock, open_application, sign_in


@click.command("verify-draw", help="核验抽取数据包：重算并指出第一处不符；相符以 0 退出，不符以 1 退出")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--announce", "announced", default=None, help="抽取前公布的公告摘要")
def verify_draw(bundle: Path, announced: str | None) -> None:
    """Check the bundle of a file, or of standard input where ``-`` is given."""
    from plugins.areas.inspections.draw import verify_bundle

    try:
        content = sys.stdin.buffer.read() if str(bundle) == "-" else bundle.read_bytes()
        verdict = verify_bundle(content, announced)
    except OSError as error:
        click.echo(f"读不到文件 {bundle}：{error.strerror}")
        sys.exit(1)
    click.echo(verdict.message)
    sys.exit(0 if verdict.ok else 1)


def _moment(text: str | None, option: str):
    try:
        return clock.parse(text or "")
    except ValueError:
        raise Refused(f"{option} 应写成 2026-09-25T17:00 这样的时间，而不是“{text or ''}”") from None


@click.command("draw", help="随机抽取的四步，与网页相同；须用 --as 指明操作人")
@click.option(
    "--as", "account", required=True, help="操作人的账号（口令从环境变量 PORTAL_PASSWORD 或键盘读入）"
)
@click.option("--seal", "task", default=None, help="封存：任务编号，如“市监抽查〔2026〕1号”")
@click.option("--alg", default="sm3", type=click.Choice(["sm3", "sha256"]))
@click.option("--commit", "commitment", default=None, help="公告前提交自带的承诺（64 位十六进制）")
@click.option("--announce", is_flag=True, help="发布公告")
@click.option("--party", "parties", multiple=True, help="由平台代为保存 32 字节的承诺方账号，可多次")
@click.option("--reveal-by", default=None)
@click.option("--value-name", default=None)
@click.option("--value-at", default=None)
@click.option("--value-format", default="[0-9]{5}")
@click.option(
    "--reveal",
    "secret",
    default=None,
    help="揭示自带的 32 字节（64 位十六进制）；写 deadline 则到截止时间统一公开",
)
@click.option("--value", default=None, help="录入公开数（须两人各录一次）")
@click.option("--void", "void_reason", default=None, help="申请作废的原因；写 approve 则由另一人批准")
@click.option(
    "--bundle", "target", default=None, type=click.Path(path_type=Path), help="把抽取数据包写到文件"
)
@click.option("--draw", "draw_id", default=None, help="抽取编号，如 2026-0001")
def draw(account: str, task: str | None, draw_id: str | None, **options) -> None:
    from plugins.areas.inspections import sealings, sight
    from plugins.areas.inspections.models import CheckTask
    from portal.toolkit import jobs

    open_application()
    user = sign_in(account)
    if task is not None:
        _may(user, "inspection.draft")
        found = CheckTask.get_or_none(CheckTask.code == task)
        if found is None:
            raise Refused(f"没有编号为“{task}”的抽查任务")
        sight.task_for(user, found.id)
        made = sealings.seal(found.id, options["alg"])
        if isinstance(made, jobs.Job):
            jobs.run(made.id)
            made = sealings.living(found)
        click.echo(f"已封存 {made.draw_id}，{made.size} 个对象，名录摘要根 {made.roots['library_root']}")
        return
    _later_step(user, _named(user, draw_id), **options)


def _may(user, permission: str) -> None:
    if not user.can(permission):
        raise NotAllowed(f"您的角色（{'、'.join(user.role_labels) or '无'}）不能办理这一步")


def _named(user, draw_id: str | None):
    from plugins.areas.inspections import sight
    from plugins.areas.inspections.check_models import Draw

    year, _, serial = (draw_id or "").partition("-")
    found = None
    if year.isdigit() and serial.isdigit():
        found = Draw.get_or_none((Draw.year == int(year)) & (Draw.serial == int(serial)))
    if found is None:
        raise Refused(f"没有编号为“{draw_id or ''}”的抽取，请用 --draw 指明，如 --draw 2026-0001")
    return sight.draw_for(user, found.id)


def _later_step(
    user, found, *, announce, parties, commitment, secret, value, void_reason, target, **terms
) -> None:
    from plugins.areas.inspections import draws, runs
    from portal.toolkit import jobs

    if commitment:
        _may(user, "inspection.witness")
        click.echo(f"已提交承诺：{draws.bring(found.id, commitment).party}")
    elif announce:
        _may(user, "inspection.draft")
        made = draws.announce(
            found.id,
            draws.Terms(
                accounts=parties, reveal_by=_moment(terms["reveal_by"], "--reveal-by"), value_name=terms["value_name"] or "",
                value_at=_moment(terms["value_at"], "--value-at"), value_format=terms["value_format"],
            ),
        )  # fmt: skip
        click.echo(f"已公告 {made.draw_id}，公告摘要 {made.digest}")
    elif secret:
        _may(user, "inspection.witness")
        if secret == "deadline":
            made = draws.settle(found.id)
            click.echo(f"已作废：{made.void_reason}" if made.state == "void" else "各方的值已全部公开")
        else:
            click.echo(f"已揭示：{draws.reveal(found.id, secret).party}")
    elif value is not None:
        _may(user, "inspection.witness")
        made = runs.type_value(found.id, value)
        if made.state == "valued" and made.job_id:
            jobs.run(made.job_id)
        _tell_value(runs.refreshed(made))
    elif void_reason:
        _void(user, found, void_reason)
    elif not target:
        raise Refused(
            "请指明要办理的一步：--seal、--commit、--announce、--reveal、--value、--void 或 --bundle"
        )
    if target:
        result = runs.current_result(found)
        if result is None:
            raise Refused("还没有抽取结果")
        target.write_bytes(runs.bundle_of(result))
        click.echo(f"已写出 {target}，公告摘要 {found.digest}")


def _void(user, found, reason: str) -> None:
    from plugins.areas.inspections import draws

    if reason == "approve":
        _may(user, "inspection.void")
        draws.approve_void(found.id)
        click.echo(f"{found.draw_id} 已作废，编号不再使用")
    else:
        _may(user, "inspection.draft")
        draws.ask_void(found.id, reason)
        click.echo("已申请作废，请另一人批准")


def _tell_value(made) -> None:
    from plugins.areas.inspections import runs

    if made.state == "drawn":
        result = runs.current_result(made)
        click.echo(f"已抽取 {result.drawn_count} 个对象，数据包 SM3 {result.bundle.digest}")
    elif made.state == "void":
        click.echo(f"已作废：{made.void_reason}")
    else:
        attempt, first = runs.current_attempt(made)
        click.echo("已录入，请另一人录入" if first else f"两人录入的不一致，请重新录入（第 {attempt} 次）")


COMMANDS = [draw, verify_draw]
