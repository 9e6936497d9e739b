"""The one database (SQLite file by default, PostgreSQL by URL), its one transaction door and its migrations."""

from __future__ import annotations

import json
import select
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import peewee
from playhouse import db_url

from portal import clock
from portal.digests import canonical

database = peewee.DatabaseProxy()

#: Read back on every new connection: NORMAL loses acknowledged commits at a power cut, 0 ignores foreign keys.
SQLITE_SETTINGS: dict[str, Any] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "secure_delete": 1,
    "wal_autocheckpoint": 1000,
}


class StorageError(Exception):
    """The database refuses to work; the text (Chinese) is fit for the page and the log."""


class PortalSqlite(peewee.SqliteDatabase):
    """SQLite that asserts its durability settings on every connection."""

    def _add_conn_hooks(self, conn: sqlite3.Connection) -> None:
        super()._add_conn_hooks(conn)
        for name, wanted in SQLITE_SETTINGS.items():
            conn.execute(f"PRAGMA {name} = {wanted}")
            (found,) = conn.execute(f"PRAGMA {name}").fetchone()
            # secure_delete and foreign_keys may be compiled in; only the value read back counts.
            if found != wanted and not (self.database == ":memory:" and name == "journal_mode"):
                raise StorageError(f"SQLite 不接受设置 {name}={wanted}（得到 {found}），为保证数据不丢失，平台不启动")


class InstantField(peewee.Field):
    """An aware instant: ``timestamptz`` on PostgreSQL, sortable ISO text with +08:00 on SQLite."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | None) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(clock.ZONE).isoformat(sep=" ", timespec="microseconds")

    def python_value(self, value: str | datetime | None) -> datetime | None:
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(clock.ZONE)


class JsonField(peewee.TextField):
    """A JSON value stored as canonical text, the same on both databases."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else canonical(value).decode()

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


class Record(peewee.Model):
    """The base of every stored record."""

    id = peewee.BigAutoField()

    class Meta:
        database = database
        legacy_table_names = False


@dataclass(frozen=True)
class Schema:
    """The tables of the core or of one plugin: their models and the folder of their migrations.

    A migration is ``NNNN_name.sqlite.sql`` with its twin ``NNNN_name.postgresql.sql``.
    """

    owner: str
    models: tuple[type[peewee.Model], ...]
    folder: Path


def is_postgresql() -> bool:
    """Whether the open database is PostgreSQL."""
    return isinstance(database.obj, peewee.PostgresqlDatabase)


def typed(field: peewee.Field, value: Any) -> Any:
    """``value`` as a column of a SELECT that fills ``field``: PostgreSQL does not guess a parameter's type there."""
    stored = peewee.Value(field.db_value(value), converter=False)
    return stored.cast(field.field_type) if is_postgresql() else stored


def make_folder(folder: Path) -> None:
    """Make the folder of the portal's data where it is missing. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"建不了数据文件夹 {folder}：{error.strerror}（用 PORTAL_DATA_DIR 指定可以写入的文件夹）") from error


def database_at(url: str) -> peewee.Database:
    """An unconnected database: ``sqlite:///path`` or ``postgresql://…``. Raises StorageError for another scheme or a
    missing driver."""
    scheme = urlparse(url).scheme
    if scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        if path != ":memory:":
            make_folder(Path(path).parent)
        return PortalSqlite(path, timeout=10)
    if scheme in ("postgresql", "postgres"):
        try:
            return db_url.connect(url, unquote_password=True, unquote_user=True, prefer_psycopg3=True)
        except peewee.ImproperlyConfigured as error:
            raise StorageError("使用 PostgreSQL 需要安装 psycopg：pip install 'joint-meeting-portal[postgresql]'") from error
    raise StorageError(f"不认识的数据库地址“{scheme}://…”，应为 sqlite:///文件 或 postgresql://用户@主机/库")


def open_database(url: str) -> None:
    """Point :data:`database` at ``url`` (:func:`database_at`)."""
    made = database_at(url)
    if database.obj is not None and not database.is_closed():
        database.close()
    database.initialize(made)


def ready_connection() -> None:
    """Open this thread's connection, or replace it when the server has dropped it."""
    if database.is_closed():
        database.connect()
    elif database.transaction_depth() == 0 and (not database.is_connection_usable() or _is_dropped()):
        database.close()
        database.connect()


def _is_dropped() -> bool:
    """Whether the server has hung up since the last statement: its farewell lies unread in the socket."""
    if not is_postgresql():
        return False
    from psycopg import OperationalError

    wire = database.connection().pgconn
    try:
        while select.select([wire.socket], [], [], 0)[0]:
            wire.consume_input()
    except (OSError, OperationalError):
        return True
    return bool(wire.status)


@contextmanager
def transaction() -> Iterator[None]:
    """One write transaction: the only door to the database for writing.

    SQLite takes its write lock at once (IMMEDIATE), since a deferred transaction that reads and then
    writes is refused as "locked" whatever the busy timeout; PostgreSQL begins plainly. The first error
    surfaces, not the failed ROLLBACK that follows it, and no callback of a failed transaction survives.
    """
    outer = database.transaction_depth() == 0
    sqlite_outer = outer and not is_postgresql()
    try:
        with database.atomic("IMMEDIATE") if sqlite_outer else database.atomic():
            yield
    except peewee.DatabaseError as error:
        if database.transaction_depth() == 0:
            database.obj._clear_commit_callbacks()
        first: BaseException = error
        while first.__context__ is not None and any(
            text in str(first) for text in ("no transaction is active", "no such savepoint")
        ):
            first = first.__context__
        raise first from first.__cause__


def insert_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of plain database values (dates and instants as ISO texts) inside the running transaction.

    By the driver itself, for batches: ``insert_many`` takes some twelve times as long. Raises IntegrityError.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    with peewee.__exception_wrapper__:
        if is_postgresql():
            with database.connection().cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns))
        database.connection().executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


def among(field: peewee.Field, values: Iterable[int] | Iterable[str]) -> Any:
    """The condition that ``field`` is one of ``values``: one parameter however many they are, so thousands need no parts
    and no long statement to be composed."""
    if is_postgresql():
        return peewee.NodeList((field, peewee.SQL("= ANY(%s)", [list(values)])))
    return peewee.NodeList((field, peewee.SQL("IN (SELECT value FROM json_each(?))", [json.dumps(list(values))])))


def next_ids(table: str, count: int) -> list[int]:
    """``count`` fresh ids for rows of ``table``, for :func:`insert_rows`, inside the running transaction."""
    if is_postgresql():
        found = database.execute_sql(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (table, count)
        )
        return [number for (number,) in found.fetchall()]
    # The write lock of the transaction is held: nobody else takes these.
    (highest,) = database.execute_sql(f'SELECT COALESCE(MAX("id"), 0) FROM "{table}"').fetchone()
    return list(range(highest + 1, highest + 1 + count))


class Migration(peewee.Model):
    """A migration that this database has been given."""

    owner = peewee.TextField()
    name = peewee.TextField()
    applied_at = InstantField()

    class Meta:
        database = database
        table_name = "schema_migration"
        primary_key = peewee.CompositeKey("owner", "name")


def _statements(script: str) -> Iterator[str]:
    """Split a SQLite script at complete statements (a trigger holds semicolons inside)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            if statement.strip():
                yield statement
            statement = ""
    if statement.strip():
        raise StorageError(f"迁移脚本的最后一条语句不完整：{statement.strip()[:60]}")


def migrate(schemas: Sequence[Schema]) -> list[str]:
    """Bring the database up to date, each migration in a transaction of its own; returns what was applied."""
    suffix = ".postgresql.sql" if is_postgresql() else ".sqlite.sql"
    applied: list[str] = []
    with transaction():
        database.create_tables([Migration], safe=True)
    for schema in schemas:
        for path in sorted(schema.folder.glob(f"*{suffix}")):
            name = path.name.removesuffix(suffix)
            with transaction():
                if is_postgresql():
                    database.execute_sql("LOCK TABLE schema_migration IN EXCLUSIVE MODE")
                if Migration.select().where((Migration.owner == schema.owner) & (Migration.name == name)).exists():
                    continue
                script = path.read_text(encoding="utf-8")
                if is_postgresql():
                    # Without parameters psycopg takes the whole script and leaves "%" alone.
                    database.connection().execute(script)
                else:
                    for statement in _statements(script):
                        database.execute_sql(statement)
                Migration.insert(owner=schema.owner, name=name, applied_at=clock.now()).execute()
            applied.append(f"{schema.owner}/{name}")
    return applied


def missing_migrations(schemas: Sequence[Schema]) -> list[str]:
    """The migrations that the database lacks, as ``owner/name``; all of them when it is empty."""
    suffix = ".postgresql.sql" if is_postgresql() else ".sqlite.sql"
    known: set[tuple[str, str]] = set()
    if database.table_exists("schema_migration"):
        known = set(Migration.select(Migration.owner, Migration.name).tuples())
    return [
        f"{schema.owner}/{path.name.removesuffix(suffix)}"
        for schema in schemas
        for path in sorted(schema.folder.glob(f"*{suffix}"))
        if (schema.owner, path.name.removesuffix(suffix)) not in known
    ]
