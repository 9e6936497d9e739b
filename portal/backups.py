"""Consistent copies of database and files, their check, and the way back (GB/T 22239 8.1.4.9 a)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal import __version__, clock
from portal.database import database, is_postgresql
from portal.digests import canonical, sm3
from portal.refusals import Refused

MANIFEST = "manifest.json"
#: The database's file in a copy, by its kind.
DATABASES = {"sqlite": "portal.db", "postgresql": "portal.dump"}
#: What belongs to an open SQLite database: a copy beside a left-over one is "malformed".
_LEFT_OVER = ("portal.db", "portal.db-wal", "portal.db-shm", "portal.db-journal")
_NAME = re.compile(r"\d{4}-\d\d-\d\d_\d{6}")
#: What the task queue makes and forgets by itself; its rows say nothing about a copy.
_UNCOUNTED = ("kv", "schedule", "task", "counter")

Rows = Callable[[str], list[tuple[Any, ...]]]


class BackupRefused(Refused):
    """A copy cannot be made, is not whole, or may not be brought back here; the text (Chinese) says why."""


def make(folder: Path, data: Path, url: str) -> Path:
    """Copy the database and then its files into a new folder below ``folder``; returns it.

    A file is on disk before its row, so every row of the copy finds its file. The key that signs cookies is no part
    of the copy: it belongs elsewhere. Raises BackupRefused; what was begun then does not count as a copy.
    """
    target = folder / f"{clock.now():%Y-%m-%d_%H%M%S}"
    unfinished = target.with_name(target.name + ".part")
    if target.exists() or unfinished.exists():
        raise BackupRefused(f"“{target}”已经存在")
    unfinished.mkdir(parents=True, mode=0o700)
    kind = "postgresql" if is_postgresql() else "sqlite"
    with (_dump_postgresql if is_postgresql() else _dump_sqlite)(unfinished / DATABASES[kind], url) as rows:
        manifest = {"made_at": clock.now().isoformat(), "version": __version__, "database": kind, **_figures(rows, kind)}
        stored = sorted({digest for (digest,) in rows("SELECT digest FROM stored_file")})
    for digest in stored:
        _copy_file(data / "files" / digest[:2] / digest, unfinished / "files" / digest[:2] / digest, digest)
    manifest["files"] = _digests(unfinished)
    _write(unfinished / MANIFEST, canonical(manifest))
    unfinished.rename(target)
    _sync(folder)
    return target


def _figures(rows: Rows, kind: str) -> dict[str, Any]:
    """The rows of each table, and the head of the audit chain: what must be the same after the way back."""
    names = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'" if kind == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE 'subject_search%'"
    )  # fmt: skip
    tables = sorted({name for (name,) in rows(names)} - set(_UNCOUNTED))
    last = rows("SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1")
    return {
        "tables": {name: rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in tables},
        "audit": list(last[0]) if last else [0, ""],
    }


@contextmanager
def _dump_sqlite(target: Path, url: str) -> Iterator[Rows]:
    """A copy of one moment while others write: SQLite's own, never ``cp``."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as source:
        source.execute("VACUUM INTO ?", (str(target),))
    _sync(target)
    with _opened(target) as rows:
        _integrity(rows)
        yield rows


@contextmanager
def _opened(copy: Path) -> Iterator[Rows]:
    """A copy opened for reading only: nothing is left beside it."""
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        yield lambda sql: opened.execute(sql).fetchall()


def _integrity(rows: Rows) -> None:
    try:
        found = [row[0] for row in rows("PRAGMA integrity_check(3)")]
        lost = rows("PRAGMA foreign_key_check")
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"数据库副本读不出来：{error}") from error
    if found != ["ok"]:
        raise BackupRefused(f"数据库副本不完整：{'；'.join(found)[:300]}")
    if lost:
        raise BackupRefused(f"数据库副本有 {len(lost)} 处引用落空（{lost[0][0]} 等）")


@contextmanager
def _dump_postgresql(target: Path, url: str) -> Iterator[Rows]:
    """``pg_dump`` of one snapshot; figures and files are asked in the same one."""
    with database.atomic("REPEATABLE READ"):
        (snapshot,) = database.execute_sql("SELECT pg_export_snapshot()").fetchone()
        _run(["pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}"], url)
        _sync(target)
        yield lambda sql: database.execute_sql(sql).fetchall()


def _run(command: list[str], url: str) -> None:
    """One of PostgreSQL's commands on the database of ``url``; its password goes by the environment, not the list of
    processes that everybody sees."""
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}
    try:
        done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupRefused(f"没有找到 {command[0]}，请安装 PostgreSQL 客户端（postgresql-client）") from None
    if done.returncode:
        raise BackupRefused(f"{command[0]} 没有成功：{done.stderr.strip()[:300]}")


def _copy_file(source: Path, target: Path, digest: str) -> None:
    """One file that people sent, if it is still what was stored."""
    try:
        content = source.read_bytes()
    except OSError:
        raise BackupRefused(f"文件 {digest} 在服务器上读不到，备份没有完成；请先从以前的备份恢复这个文件") from None
    if sm3(content) != digest:
        raise BackupRefused(f"文件 {digest} 与存入时的摘要不符，备份没有完成；请先从以前的备份恢复这个文件")
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, content)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digests(copy: Path) -> dict[str, str]:
    """SM3 of every file of a copy but the manifest itself, by its path inside the copy."""
    found = (path for path in sorted(copy.rglob("*")) if path.is_file() and path != copy / MANIFEST)
    return {str(path.relative_to(copy)): _digest(path) for path in found}


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.new("sm3")).hexdigest()


def verify(copy: Path) -> dict[str, Any]:
    """The manifest of a copy that is whole: every file there and unchanged, the database sound, its figures those of
    the manifest. Raises BackupRefused, naming the first thing that is not."""
    try:
        manifest = json.loads((copy / MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise BackupRefused(f"“{copy}”不是完整的备份：没有可读的 {MANIFEST}") from None
    found = _digests(copy)
    for name, digest in manifest["files"].items():
        if name not in found:
            raise BackupRefused(f"备份缺少文件 {name}")
        if found[name] != digest:
            raise BackupRefused(f"备份中的文件 {name} 与清单的摘要不符")
    if more := sorted(found.keys() - manifest["files"].keys()):
        raise BackupRefused(f"备份中有清单以外的文件 {more[0]}")
    if manifest["database"] == "sqlite":
        with _opened(copy / DATABASES["sqlite"]) as rows:
            _integrity(rows)
            _compare(manifest, _figures(rows, "sqlite"))
    return manifest


def _compare(manifest: dict[str, Any], found: dict[str, Any]) -> None:
    for name, count in manifest["tables"].items():
        if found["tables"].get(name) != count:
            raise BackupRefused(f"表 {name} 有 {found['tables'].get(name)} 行，清单是 {count} 行")
    if found["audit"] != manifest["audit"]:
        raise BackupRefused(f"审计记录止于第 {found['audit'][0]} 条，清单是第 {manifest['audit'][0]} 条，或者末条哈希不同")


def restore(copy: Path, data: Path, url: str) -> dict[str, Any]:
    """Bring a copy back into an empty data folder (SQLite) or an empty database (PostgreSQL), and check what stands
    there then; returns the manifest. Raises BackupRefused before anything is written."""
    manifest = verify(copy)
    kind = "postgresql" if url.startswith("postgres") else "sqlite"
    if kind != manifest["database"]:
        raise BackupRefused(f"备份的数据库是 {manifest['database']}，这里配置的是 {kind}")
    if kind == "sqlite":
        _restore_sqlite(copy, Path(url.removeprefix("sqlite:///")))
    else:
        _restore_postgresql(copy, url, manifest)
    for name in manifest["files"]:
        if name.startswith("files/"):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            _write(data / name, (copy / name).read_bytes())
    return manifest


def _restore_sqlite(copy: Path, target: Path) -> None:
    there = [target.with_name(target.name + name.removeprefix("portal.db")) for name in _LEFT_OVER]
    if taken := next((path for path in there if path.exists()), None):
        raise BackupRefused(f"“{taken}”还在：请停止平台，把原来的数据文件夹改名保存，再恢复到空文件夹")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = target.with_name(target.name + ".new")
    shutil.copyfile(copy / DATABASES["sqlite"], new)
    new.chmod(0o600)
    _sync(new)
    with _opened(new) as rows:
        _integrity(rows)
    new.rename(target)
    _sync(target.parent)


def _restore_postgresql(copy: Path, url: str, manifest: dict[str, Any]) -> None:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return database.execute_sql(sql).fetchall()

    if rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'"):
        raise BackupRefused("目标数据库里已经有表：请新建一个空库再恢复")
    source = str(copy / DATABASES["postgresql"])
    name = re.sub(r"[?].*", "", url).rpartition("/")[2]
    _run(["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={name}", source], url)
    _compare(manifest, _figures(rows, "postgresql"))


def forget(folder: Path, days: int) -> list[str]:
    """Delete copies made more than ``days`` ago; returns their names. Only what looks like a copy is touched."""
    limit = f"{clock.now() - timedelta(days=days):%Y-%m-%d_%H%M%S}"
    old = [
        path for path in sorted(folder.iterdir())
        if _NAME.fullmatch(path.name) and path.name < limit and (path / MANIFEST).is_file()
    ]  # fmt: skip
    for path in old:
        shutil.rmtree(path)
    return [path.name for path in old]
