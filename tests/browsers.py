"""The browsers of the network for the tests: today's Chromium, and the old 83 and 109 over raw CDP."""

import atexit
import base64
import fcntl
import functools
import hashlib
import http.client
import io
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import brotli
import websocket
from playwright.sync_api import Browser, Playwright, sync_playwright

WAIT_SECONDS = 30.0
CURRENT_NAMES = ("chromium", "chromium-browser", "google-chrome")
CURRENT_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
OLD_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--single-process",
    "--no-zygote",
    "--disable-gpu",
    "--no-proxy-server",
    "--window-size=1280,900",
    "--remote-debugging-port=0",
]


class BrowserMissing(RuntimeError):
    """A browser is not installed or does not start; the text says what to do."""


class PageFailed(AssertionError):
    """The page did not do what the test asked of it."""


@dataclass(frozen=True)
class OldRelease:
    """An npm package that carries a Chromium of its day, x86-64 only."""

    package: str
    sha256: str


OLD_RELEASES = {
    83: OldRelease(
        "chrome-aws-lambda@3.1.1", "f33e7655eb479c0a916adbc3d35333350f6e852dbff90b65274b471b9548b3c1"
    ),
    109: OldRelease(
        "@sparticuz/chromium@109.0.6", "84171b067a588137a242c3dfb70d160c49d055a4227297aefc5eace94e47566c"
    ),
}


def current_chromium_path() -> str:
    """Program of the system's current Chromium."""
    for name in CURRENT_NAMES:
        if found := shutil.which(name):
            return found
    raise BrowserMissing("没有找到 Chromium，请运行 python3 -m portal.setup test")


@functools.cache
def _player() -> Playwright:
    """The one playwright of this process: a second one would not start beside it."""
    player = sync_playwright().start()
    atexit.register(player.stop)
    return player


@contextmanager
def current_chromium() -> Iterator[Browser]:
    """Today's Chromium under playwright, headless."""
    browser = _player().chromium.launch(
        executable_path=current_chromium_path(), args=CURRENT_ARGUMENTS, headless=True
    )
    try:
        yield browser
    finally:
        browser.close()


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "joint-meeting-portal"


def _fetch(release: OldRelease, folder: Path) -> Path:
    packed = subprocess.run(
        ["npm", "pack", "--silent", release.package],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    tarballs = list(folder.glob("*.tgz"))
    if packed.returncode or len(tarballs) != 1:
        raise BrowserMissing(f"未能取得 npm 软件包 {release.package}：{packed.stderr.strip()}")
    digest = hashlib.sha256(tarballs[0].read_bytes()).hexdigest()
    if digest != release.sha256:
        raise BrowserMissing(f"npm 软件包 {release.package} 的摘要是 {digest}，应为 {release.sha256}")
    return tarballs[0]


def _unpack(tarball: Path, target: Path) -> None:
    with tarfile.open(tarball) as package:

        def member(name: str) -> bytes:
            file = package.extractfile(f"package/bin/{name}")
            if file is None:
                raise BrowserMissing(f"{tarball.name} 中没有 {name}")
            return brotli.decompress(file.read())

        program = target / "chromium"
        program.write_bytes(member("chromium.br"))
        program.chmod(0o755)
        # 83 looks for SwiftShader in a folder of that name, 109 beside itself.
        for archive, places in (("aws.tar.br", ("",)), ("swiftshader.tar.br", ("", "swiftshader"))):
            content = member(archive)
            for place in places:
                with tarfile.open(fileobj=io.BytesIO(content)) as inner:
                    # Debian 12's Python 3.11.2 has no filters yet; the digest vouches for the content.
                    inner.extraction_filter = getattr(tarfile, "data_filter", lambda entry, _: entry)
                    inner.extractall(target / place)


def old_chromium_path(version: int) -> Path:
    """Program of Chromium 83 or 109, fetched once into the user's cache.

    Raises BrowserMissing when the processor is not x86-64 or the package cannot be had.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        raise BrowserMissing(
            f"旧版 Chromium {version} 只有 x86-64 程序，本机是 {platform.machine()}；"
            '请用 python3 -m portal.setup test -k "not old_chromium" 明确排除这些测试'
        )
    folder = _cache() / f"chromium-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes fetch it once
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                complete = Path(scratch) / "complete"
                complete.mkdir()
                _unpack(_fetch(OLD_RELEASES[version], Path(scratch)), complete)
                complete.rename(folder)
    return folder / "chromium"


class OldBrowser:
    """One page of an old Chromium, driven over the DevTools protocol; use as a context manager.

    `page_errors` collects what the page's scripts threw: an old engine's syntax errors end up there.
    """

    def __init__(self, version: int) -> None:
        self.page_errors: list[str] = []
        self._loaded = 0
        self._last_id = 0
        program = old_chromium_path(version)
        self._profile = Path(tempfile.mkdtemp(prefix=f"chromium-{version}-"))
        try:
            self._start(program)
        except BaseException:
            self.close()
            raise

    def _start(self, program: Path) -> None:
        log = self._profile / "stderr.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [program, *OLD_ARGUMENTS, f"--user-data-dir={self._profile / 'user'}", "about:blank"],
                cwd=program.parent,
                env={**os.environ, "LD_LIBRARY_PATH": str(program.parent / "lib")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while not (port := re.search(rb"DevTools listening on ws://127\.0\.0\.1:(\d+)/", log.read_bytes())):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BrowserMissing(f"{program} 没有启动：{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        self._socket = websocket.create_connection(
            self._page_address(int(port[1]), deadline),
            timeout=WAIT_SECONDS,
            suppress_origin=True,
            http_no_proxy=["127.0.0.1"],
        )
        for domain in ("Page", "Runtime"):
            self._ask(f"{domain}.enable")

    def _page_address(self, port: int, deadline: float) -> str:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
            connection.request("GET", "/json/list")
            pages = [t for t in json.load(connection.getresponse()) if t["type"] == "page"]
            connection.close()
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
            if time.monotonic() > deadline:
                raise BrowserMissing("旧版 Chromium 没有打开页面")
            time.sleep(0.05)

    def _send(self, method: str, **parameters: Any) -> int:
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        return self._last_id

    def _receive(self) -> dict:
        message = json.loads(self._socket.recv())
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded += 1
            case "Page.javascriptDialogOpening":
                self._send("Page.handleJavaScriptDialog", accept=True)
            case "Runtime.exceptionThrown":
                details = message["params"]["exceptionDetails"]
                thrown = details.get("exception", {}).get("description") or details["text"]
                self.page_errors.append(f"{details.get('url', '')}: {thrown}")
        return message

    def _ask(self, method: str, **parameters: Any) -> dict:
        number = self._send(method, **parameters)
        while (message := self._receive()).get("id") != number:
            pass
        if "error" in message:
            raise PageFailed(f"{method}: {message['error']['message']}")
        return message["result"]

    def goto(self, url: str) -> None:
        """Opens a page and waits until it has loaded."""
        before = self._loaded
        answer = self._ask("Page.navigate", url=url)
        if "errorText" in answer:
            raise PageFailed(f"{url}: {answer['errorText']}")
        while self._loaded == before:
            self._receive()

    def evaluate(self, script: str) -> Any:
        """Value of a JavaScript expression in the page (JSON types); a promise is awaited."""
        answer = self._ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageFailed(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait_until(self, script: str, seconds: float = WAIT_SECONDS) -> None:
        """Waits until a JavaScript expression is true, also across a change of page."""
        deadline = time.monotonic() + seconds
        last = "false"
        while time.monotonic() < deadline:
            try:
                if self.evaluate(script):
                    return
            except PageFailed as between_pages:
                last = str(between_pages)
            time.sleep(0.03)
        raise PageFailed(f"{seconds:g} 秒内未成立：{script}（{last}）")

    def click(self, selector: str) -> None:
        """Presses the middle of the first element that matches, as a mouse would."""
        at = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " if (!e) return null; e.scrollIntoView({block: 'center'});"
            " const r = e.getBoundingClientRect();"
            " return r.width && r.height ? [r.left + r.width / 2, r.top + r.height / 2] : null; })()"
        )
        if at is None:
            raise PageFailed(f"页面上没有可点击的 {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    def fill(self, selector: str, text: str) -> None:
        """Replaces the content of a field by typing; selects and dates are set, as their pickers do."""
        kind = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " if (!e) return null; e.focus(); if (e.select) e.select();"
            " return e.tagName === 'SELECT' ? 'select' : (e.type || 'text'); })()"
        )
        if kind is None:
            raise PageFailed(f"页面上没有 {selector}")
        if kind in ("text", "textarea", "search", "password", "email", "tel", "url", "number"):
            self._ask("Input.insertText", text=text)
            events = "['change']"
        else:
            self.evaluate(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(text)}")
            events = "['input', 'change']"
        self.evaluate(
            f"{events}.forEach(n => document.querySelector({json.dumps(selector)})"
            ".dispatchEvent(new Event(n, {bubbles: true})))"
        )

    def text(self) -> str:
        """The text of the page as a reader sees it."""
        return self.evaluate("document.body.innerText")

    def screenshot(self, path: Path | str) -> None:
        """Writes the visible part of the page to a PNG file."""
        Path(path).write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Ends the browser and deletes its profile."""
        if hasattr(self, "_socket"):
            self._socket.close()
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait(timeout=WAIT_SECONDS)
        shutil.rmtree(self._profile)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
