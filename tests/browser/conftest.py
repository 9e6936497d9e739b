"""The real thing for the browser tests: ``portal demo --serve`` in a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from portal.demonstration.cast import PASSWORD
from tests import browsers

ROOT = Path(__file__).parents[2]
PC, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve_demonstration(folder: Path, *options: str) -> tuple[subprocess.Popen, str]:
    """Start ``portal demo --serve`` on a free port; returns the process and its address once it answers."""
    port = free_port()
    environment = {**os.environ, "PORTAL_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("PORTAL_DATABASE_URL", None)
    command = [sys.executable, "-m", "portal.cli", "demo", "--subjects", "400", "--serve", "--port", str(port), *options]
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return process, address
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise RuntimeError((folder / "server.log").read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.3)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served demonstration quarter, the same for all browser tests of the run."""
    process, address = serve_demonstration(tmp_path_factory.mktemp("demonstration"))
    yield address
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browsers.current_chromium() as browser:
        yield browser


@pytest.fixture
def open_as(demonstration: str, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """``open_as("bangongshi", javascript=False)``: a window in which the person is signed in, at the first page."""
    contexts = []

    def sign_in(account: str, *, javascript: bool = True, size: dict | None = None) -> Page:
        context = chromium.new_context(viewport=size or PC, java_script_enabled=javascript, locale="zh-CN", base_url=demonstration)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.goto("/login")
        page.fill("#f-account", account)
        page.fill("#f-password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield sign_in
    for context in contexts:
        context.close()
