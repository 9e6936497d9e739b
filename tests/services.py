"""A private PostgreSQL server for the tests, from Debian's own binaries, gone when the tests end."""

import atexit
import functools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

START_SECONDS = 60
ROLE = "portal"
# Nothing here outlives the test run, so durability is only lost time.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}


class ServiceMissing(RuntimeError):
    """A service that the tests need is not installed or does not start; the text says what to do."""


def postgresql_binaries() -> Path:
    """Folder with `initdb` and `postgres`: the newest of Debian's, or the one on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise ServiceMissing("没有找到 PostgreSQL 服务器（initdb），请运行 python3 -m portal.setup test")
    return Path(on_path).resolve().parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _server_user() -> dict:
    """The arguments of subprocess that leave root's rights behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = known.get("postgres") or known["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class PostgresqlServer:
    """One server on a free loopback port; its folder is deleted when it stops."""

    def __init__(self) -> None:
        self._binaries = postgresql_binaries()
        self._as_user = _server_user()
        self._folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
        self._password = secrets.token_urlsafe(16)
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        try:
            self._initialise()
            self._start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def _initialise(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self._password, encoding="ascii")
        if self._as_user:
            for path in (self._folder, password_file):
                os.chown(path, self._as_user["user"], self._as_user["group"])
        made = subprocess.run(
            [
                self._binaries / "initdb",
                f"--pgdata={self._folder / 'cluster'}",
                f"--username={ROLE}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            **self._as_user,
        )
        if made.returncode:
            raise ServiceMissing(f"initdb 失败（{made.returncode}）：{made.stderr}")

    def _start(self) -> None:
        self.port = _free_port()
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self._folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self._folder / "server.log"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._folder / "cluster", *options],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C ends the tests first, then they end the server
                **self._as_user,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as refused:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    self._end_server()
                    said = log.read_text(encoding="utf-8", errors="replace")
                    raise ServiceMissing(f"PostgreSQL 没有启动（{refused}）：{said}") from refused
                time.sleep(0.05)

    def url(self, database: str) -> str:
        """Address of a database of this server, as PORTAL_DATABASE_URL takes it."""
        return f"postgresql://{ROLE}:{self._password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Name of a new database: empty, or a copy of ``template``, to which nobody may be connected."""
        name = f"test_{secrets.token_hex(6)}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Deletes a database, even while connections to it are open."""
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _end_server(self) -> None:
        self._server.send_signal(3)  # SIGQUIT: immediate shutdown, PostgreSQL's word for it
        self._server.wait(timeout=30)

    def stop(self) -> None:
        """Ends the server and deletes its folder."""
        if self._server.poll() is None:
            self._end_server()
        shutil.rmtree(self._folder)


@functools.cache
def postgresql_server() -> PostgresqlServer:
    """The one server of this process, started when first asked for."""
    server = PostgresqlServer()
    atexit.register(server.stop)
    return server


@contextmanager
def postgresql_database() -> Iterator[str]:
    """URL of a fresh database that is dropped when the block ends."""
    server = postgresql_server()
    name = server.create()
    try:
        yield server.url(name)
    finally:
        server.drop(name)


def postgresql_url() -> str:
    """URL of a fresh database that lives until the tests end (`postgresql_database` drops it earlier)."""
    server = postgresql_server()
    name = server.create()
    atexit.register(server.drop, name)
    return server.url(name)
