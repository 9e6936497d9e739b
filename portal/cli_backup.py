"""``portal backup``: make a copy, check it, bring it back."""

from __future__ import annotations

from pathlib import Path

import click

from portal.refusals import Refused

_COPY = click.argument("copy", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.group(help="备份与恢复")
def backup() -> None:
    """Commands of the copies."""


@backup.command(help="平台运行时也可备份：portal backup make /var/backups/portal")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--keep-days", type=click.IntRange(1), default=None, help="备份成功后删除多少天以前的备份（默认不删）")
def make(folder: Path, keep_days: int | None) -> None:
    from portal import audit, backups
    from portal.cli_start import application

    app = application()
    made = backups.make(folder, Path(app.config["DATA_DIR"]), app.config["DATABASE_URL"])
    manifest = backups.verify(made)
    number, head = manifest["audit"]
    audit.record_alone("备份", "backup", made.name, note=f"审计记录 {number} 条，文件 {len(manifest['files']) - 1} 个")
    click.echo(f"已备份到 {made}：文件 {len(manifest['files']) - 1} 个，审计记录 {number} 条，末条哈希 {head}")
    if keep_days is not None:
        for name in backups.forget(folder, keep_days):
            click.echo(f"已删除 {keep_days} 天以前的备份 {name}")


@backup.command(help="核对一份备份：每个文件的摘要、数据库完整性、各表行数；有问题时指出并以 2 退出")
@_COPY
def verify(copy: Path) -> None:
    from portal import backups

    manifest = backups.verify(copy)
    click.echo(f"备份完整：{sum(manifest['tables'].values()):,} 行，文件 {len(manifest['files']) - 1} 个，审计记录 {manifest['audit'][0]} 条")


@backup.command(help="把一份备份恢复到空的数据文件夹（PORTAL_DATA_DIR）或空库；平台须已停止")
@_COPY
def restore(copy: Path) -> None:
    from portal import audit, backups
    from portal.app import configuration
    from portal.database import open_database, ready_connection

    given = configuration({})
    data, url = Path(given["DATA_DIR"]), given["DATABASE_URL"]
    if url.startswith("postgres"):
        open_database(url)
        ready_connection()
    manifest = backups.restore(copy, data, url)
    open_database(url)
    ready_connection()
    verdict = audit.verify()
    if verdict.broken is not None or verdict.entries != manifest["audit"][0]:
        raise Refused(f"数据已恢复，但审计链有问题：{verdict.reason}")
    click.echo(f"已恢复 {manifest['made_at'][:19]} 的备份；审计记录 {verdict.entries} 条，链完整，末条哈希 {verdict.head}")
    click.echo("请放回密钥文件（secret），运行 portal migrate，再启动平台")
