"""Copies: of one moment while others write, checked to the last byte, and brought back only where nothing stands."""

from __future__ import annotations

import contextvars
import io
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal import audit, backups, clock, files
from portal.backups import BackupRefused
from portal.cli import main
from portal.database import database, is_postgresql, open_database, ready_connection, transaction
from portal.users import User
from tests import services

PAPER = b"%PDF-1.4 minutes of the third meeting"


@pytest.fixture
def place(app: Flask, people, tmp_path: Path) -> Path:
    """Where copies go, with one file sent beforehand."""
    with transaction():
        files.store(io.BytesIO(PAPER), "纪要.pdf")
    return tmp_path / "copies"


def make(app: Flask, place: Path) -> Path:
    return backups.make(place, Path(app.config["DATA_DIR"]), app.config["DATABASE_URL"])


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """An empty data folder and an empty database; afterwards the test's own database is open again."""
    folder = tmp_path / "elsewhere"
    if is_postgresql():
        with services.postgresql_database() as url:
            yield folder, url
            database.close()
    else:
        yield folder, f"sqlite:///{folder / 'portal.db'}"
    open_database(app.config["DATABASE_URL"])
    ready_connection()


def bring_back(copy: Path, elsewhere: tuple[Path, str]) -> dict:
    folder, url = elsewhere
    if is_postgresql():
        open_database(url)
        ready_connection()
    manifest = backups.restore(copy, folder, url)
    open_database(url)
    ready_connection()
    return manifest


def test_a_copy_made_while_others_write_is_of_one_moment_and_comes_back_whole(app, place, elsewhere) -> None:
    stop, written = threading.Event(), [0]

    def write() -> None:
        with app.app_context():
            ready_connection()
            while not stop.is_set():
                with transaction():
                    User.update(failures=User.failures + 1).where(User.account == "gongan-jingban").execute()
                    audit.record("试写", "account", "x")
                written[0] += 1
            database.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written[0] < 3:
            clock.now()
        copy = make(app, place)
    finally:
        stop.set()
        writer.join()
    assert backups.verify(copy)["audit"][0] <= audit.last()[0]
    manifest = bring_back(copy, elsewhere)
    verdict = audit.verify()
    assert verdict.broken is None and [verdict.entries, verdict.head] == manifest["audit"]
    # Both halves of each transaction, or none of them.
    acts = audit.AuditEntry.select().where(audit.AuditEntry.action == "试写").count()
    assert User.get(User.account == "gongan-jingban").failures == acts >= 3
    [stored] = files.StoredFile.select()
    assert (elsewhere[0] / "files" / stored.digest[:2] / stored.digest).read_bytes() == PAPER


def test_the_key_is_no_part_of_a_copy(app, place) -> None:
    (Path(app.config["DATA_DIR"]) / "secret").write_text("key of this portal")
    copy = make(app, place)
    assert not [path for path in copy.rglob("*") if path.is_file() and b"key of this portal" in path.read_bytes()]


def test_a_changed_a_missing_and_an_added_file_are_named(app, place) -> None:
    copy = make(app, place)
    manifest = backups.verify(copy)
    [name] = [name for name in manifest["files"] if name.startswith("files/")]
    (copy / name).write_bytes(PAPER.replace(b"third", b"forth"))
    with pytest.raises(BackupRefused, match=f"{name} 与清单的摘要不符"):
        backups.verify(copy)
    (copy / name).unlink()
    with pytest.raises(BackupRefused, match=f"缺少文件 {name}"):
        backups.verify(copy)
    (copy / name).write_bytes(PAPER)
    (copy / "more").write_text("x")
    with pytest.raises(BackupRefused, match="清单以外的文件 more"):
        backups.verify(copy)
    (copy / backups.MANIFEST).unlink()
    with pytest.raises(BackupRefused, match="没有可读的"):
        backups.verify(copy)


def test_one_flipped_byte_of_the_database_is_seen(app, place) -> None:
    copy = make(app, place)
    dumped = next(path for path in copy.iterdir() if path.name in backups.DATABASES.values())
    content = bytearray(dumped.read_bytes())
    content[len(content) // 2] ^= 1
    dumped.write_bytes(content)
    with pytest.raises(BackupRefused, match="摘要不符"):
        backups.verify(copy)


def test_rows_that_went_missing_under_a_new_digest_are_counted(app, place) -> None:
    """Somebody who changes the copy and its digests still has to make up the figures."""
    copy = make(app, place)
    manifest = json.loads((copy / backups.MANIFEST).read_text())
    manifest["tables"]["account"] += 1
    (copy / backups.MANIFEST).write_text(json.dumps(manifest))
    if is_postgresql():
        with services.postgresql_database() as url, pytest.raises(BackupRefused, match="表 account"):
            open_database(url)
            ready_connection()
            backups.restore(copy, place, url)
        database.close()
        open_database(app.config["DATABASE_URL"])
        ready_connection()
    else:
        with pytest.raises(BackupRefused, match="表 account"):
            backups.verify(copy)


def test_nothing_is_brought_back_over_a_database_or_beside_its_remains(app, place, elsewhere) -> None:
    copy = make(app, place)
    folder, url = elsewhere
    if is_postgresql():
        with pytest.raises(BackupRefused, match="已经有表"):
            backups.restore(copy, folder, app.config["DATABASE_URL"])
        return
    folder.mkdir()
    for name in ("portal.db", "portal.db-wal", "portal.db-shm"):
        (folder / name).write_bytes(b"remains")
        with pytest.raises(BackupRefused, match=f"{name}”还在"):
            backups.restore(copy, folder, url)
        assert [path.name for path in folder.iterdir()] == [name]
        (folder / name).unlink()
    backups.restore(copy, folder, url)
    assert sorted(path.name for path in folder.iterdir()) == ["files", "portal.db"]


def test_a_lost_file_stops_the_copy_and_is_named_and_nothing_looks_like_a_copy(app, place) -> None:
    [stored] = files.StoredFile.select()
    lying = Path(app.config["DATA_DIR"]) / "files" / stored.digest[:2] / stored.digest
    lying.write_bytes(b"another")
    with pytest.raises(BackupRefused, match=f"{stored.digest} 与存入时的摘要不符"):
        make(app, place)
    lying.unlink()
    with pytest.raises(BackupRefused, match=f"{stored.digest} 在服务器上读不到"):
        backups.make(place / "again", Path(app.config["DATA_DIR"]), app.config["DATABASE_URL"])
    assert [path.suffix for path in place.glob("2*")] == [".part"]


def test_old_copies_are_forgotten_and_nothing_else(app, place, hand) -> None:
    old = make(app, place)
    (place / "2020-01-01_000000").mkdir()
    (place / "2020-01-01-paper").write_text("not a copy")
    hand.set(clock.now() + timedelta(days=181))
    new = make(app, place)
    assert backups.forget(place, 180) == [old.name]
    assert sorted(path.name for path in place.iterdir()) == ["2020-01-01-paper", "2020-01-01_000000", new.name]


def run(words: list[str]) -> Result:
    """A command with a context of its own: it never pops the one that it pushes."""
    return contextvars.copy_context().run(CliRunner().invoke, main, words)


def test_the_commands_make_check_and_bring_back(app, place, elsewhere, monkeypatch) -> None:
    folder, url = elsewhere
    monkeypatch.setenv("PORTAL_DATABASE_URL", app.config["DATABASE_URL"])
    monkeypatch.setenv("PORTAL_DATA_DIR", app.config["DATA_DIR"])
    made = run(["backup", "make", str(place), "--keep-days", "30"])
    assert made.exit_code == 0 and "已备份到" in made.output, made.output
    [copy] = place.iterdir()
    seen = run(["backup", "verify", str(copy)])
    assert seen.exit_code == 0 and "备份完整" in seen.output
    monkeypatch.setenv("PORTAL_DATABASE_URL", url)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(folder))
    back = run(["backup", "restore", str(copy)])
    assert back.exit_code == 0 and "链完整" in back.output, back.output
    again = run(["backup", "restore", str(copy)])
    assert again.exit_code == 2 and "Traceback" not in again.output


def test_a_sqlite_copy_needs_nothing_beside_it(app, place) -> None:
    if is_postgresql():
        assert (make(app, place) / "portal.dump").stat().st_size > 0
        return
    copy = make(app, place)
    with closing(sqlite3.connect(copy / "portal.db")) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(path.name for path in copy.iterdir()) == ["files", "manifest.json", "portal.db"]
