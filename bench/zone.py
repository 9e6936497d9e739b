"""A zone's register of a million invented subjects in a database file, made once for each run, and its web server."""

from __future__ import annotations

import http.client
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from portal import app as application
from portal import clock, name_index, official_calendar, passwords, units, users
from portal.database import database, ready_connection, transaction
from portal.plugging import registry

ROOT = Path(__file__).parents[1]
PASSWORD = "Qiu-feng.yu-2026"
_TRADES = ("餐饮管理", "商贸", "电子科技", "建筑工程", "物流", "医疗器械", "文化传媒", "机械设备", "生物技术", "小吃店")
_SIGNS = "鼎盛恒泰瑞丰华兴荣昌隆祥和顺安康宏远博达明德正信诚立新海江润泽嘉禾"
_STREETS = ("中兴街道", "竹行街道", "小海街道", "新开街道")
_STATES = ("存续",) * 17 + ("注销",) * 2 + ("吊销",)


def make(folder: Path, subjects: int) -> None:
    """A portal in ``folder`` with one officer and ``subjects`` rows in the register and its index."""
    made = application.create_app(_configuration(folder), ready=False)
    with made.app_context():
        ready_connection()
        application.migrate(made)
        official_calendar.seed()
        with transaction():
            for unit in registry().units:
                units.found(unit.key, clock.today(), "基准测试")
        hashed = passwords.hash_password(PASSWORD)
        user, _ = users.create("jingban", "经办", unit="police", demonstration=hashed)
        users.grant(user, "officer", None)
        database.close()
    _fill(folder / "portal.db", subjects)


def _configuration(folder: Path) -> dict[str, str]:
    return {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}"}


def _fill(path: Path, count: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO subject(id, credit_code, name, name_key, category, kind, representative, approved, registrar, address,"
        " street, industry, scope, state, classification, turned_from, version, entered_at)"
        " VALUES (?, ?, ?, ?, '企业', '', '', '2026-01-05', '', '', ?, ?, '', ?, '', '', 1, '2026-01-05 09:00:00.000000+08:00')",
        _rows(count),
    )
    connection.executemany(
        "INSERT INTO subject_search(rowid, words) VALUES (?, ?)",
        ((row[0], name_index.document([row[3], row[1].casefold()])) for row in _rows(count)),
    )
    connection.executemany(
        "INSERT INTO subject_name(id, subject_id, name, name_key, since) VALUES (?, ?, ?, ?, '2026-01-05')",
        ((row[0], row[0], row[2], row[3]) for row in _rows(count)),
    )
    connection.execute("COMMIT")
    connection.execute("INSERT INTO subject_search(subject_search) VALUES ('optimize')")
    connection.close()


def _rows(count: int) -> Iterator[tuple]:
    dice = random.Random(20260101)
    for number in range(1, count + 1):
        name = f"南通{''.join(dice.choices(_SIGNS, k=3))}{dice.choice(_TRADES)}有限公司"
        industry = dice.choice(("F5212", "H6210", "I6510", "E4710"))
        yield (
            number, f"91320691{number:010d}", name, name_index.name_key(name), dice.choice(_STREETS), industry,
            dice.choice(_STATES),
        )  # fmt: skip


def fragments(count: int, seed: int = 7) -> list[str]:
    """Pairs of signs as a person types them: mostly rare ones, some of a trade."""
    dice = random.Random(seed)
    trades = [trade[:2] for trade in _TRADES]
    return ["".join(dice.choices(_SIGNS, k=2)) if dice.random() < 0.7 else dice.choice(trades) for _ in range(count)]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], folder: Path, port: int, path: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server process until the block ends, with the seconds to its first answer."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PORTAL_DATA_DIR": str(folder)}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                Client(port).get(path)
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended with {process.returncode}") from None
                time.sleep(0.02)
        yield process, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(30)


def portal_server(folder: Path, processes: int = 1):
    """``portal serve`` on the folder: (context manager, port)."""
    port = free_port()
    command = [sys.executable, "-m", "portal.cli", "serve", "--port", str(port), "--processes", str(processes)]
    return running(command, folder, port, "/login"), port


def module_server(module: str, folder: Path, *arguments: str, path: str = "/"):
    """A comparison's own server (``python -m module PORT …``): (context manager, port)."""
    port = free_port()
    return running([sys.executable, "-m", module, str(port), *arguments], folder, port, path), port


def django_server(python: str, folder: Path):
    """Django's admin over the portal's file, run by ``python``, which has Django: (context manager, port)."""
    port = free_port()
    command = [python, str(Path(__file__).parent / "django_admin.py"), str(port), str(folder / "portal.db")]
    return running(command, folder, port, "/admin/login/"), port


class Client:
    """One keep-alive connection with its cookies."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = dict(cookies or {})

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, text

    def get(self, path: str, **query: str) -> str:
        """A page; raises RuntimeError for any other answer than 200."""
        status, text = self.ask("GET", path + (f"?{urlencode(query)}" if query else ""))
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        return text

    def sign_in(self) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login"))
        assert token is not None
        body = urlencode({"csrf_token": token[1], "account": "jingban", "password": PASSWORD, "next": "/"})
        status, _ = self.ask("POST", "/login", body)
        if status != 303:
            raise RuntimeError(f"login: {status}")
