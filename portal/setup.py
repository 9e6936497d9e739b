"""Sets a bare Debian or Ubuntu machine up from a fresh clone, then serves the portal or runs its tests.

Runs before anything is installed (`python3 -m portal.setup serve|test|install`): standard library only.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

OLDEST_PYTHON = (3, 11)
LOCKS = {"serve": ".ci/lock.txt", "install": ".ci/lock.txt", "test": ".ci/lock-test.txt"}
NOTO = (
    "usr/share/fonts/**/NotoSerifCJK-Regular.ttc",
    "usr/local/share/fonts/**/NotoSerifCJK-Regular.ttc",
)
FONT_SECONDS = 600  # a slow mirror must not keep the portal from starting
FONTS_THERE = "import portal.fonts; portal.fonts.find_fonts()"
FETCH_FONTS = """
import sys
from portal.fonts import FontError, default_font_folder, install_fandol
try:
    install_fandol(default_font_folder())
except FontError as error:
    sys.exit(str(error))
"""

USAGE = """\
  python3 -m portal.setup serve [--port 8000] [--at 日期]   安装全部所需并启动演示门户
  python3 -m portal.setup test [pytest 的参数]              安装测试所需并运行全部测试
  python3 -m portal.setup install                           只安装，不启动"""


class SetupStopped(Exception):
    """Setting up cannot go on; the text says in Chinese what the operator has to do."""


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_module(name: str) -> bool:
    importlib.invalidate_caches()  # apt may have brought it a moment ago
    return importlib.util.find_spec(name) is not None


def _run(command: Sequence[str], log: Path | None = None, seconds: float | None = None) -> int:
    """Exit code of a command; its output goes to `log`, or nowhere."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with open(log or os.devnull, "ab") as output:
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                timeout=seconds,
                check=False,
            ).returncode
        except FileNotFoundError:
            return 127
        except subprocess.TimeoutExpired:
            return 124


def _become(command: Sequence[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(command[0], list(command))


@dataclass(frozen=True)
class Machine:
    """What setting up asks of the machine; a test gives a small one of its own."""

    clone: Path
    system: Path = Path("/")
    euid: int = 0
    which: Callable[[str], str | None] = shutil.which
    loads: Callable[[str], bool] = _loads
    has_module: Callable[[str], bool] = _has_module
    run: Callable[..., int] = _run
    become: Callable[[Sequence[str]], object] = _become
    say: Callable[[str], None] = print

    @property
    def log(self) -> Path:
        """Where the long output of apt and pip goes."""
        return self.clone / "var" / "setup.log"

    @property
    def python(self) -> Path:
        """The interpreter of the clone's own environment."""
        return self.clone / ".venv" / "bin" / "python"

    def has_file(self, *patterns: str) -> bool:
        """Whether any file of the system matches one of the glob patterns."""
        return any(True for pattern in patterns for _ in self.system.glob(pattern))


@dataclass(frozen=True)
class Need:
    """One Debian package, what it is for, and how to see that it is there already.

    The look is at the thing itself (a library that loads, a program on the path), not at the package
    list: Node.js from elsewhere is as good as Debian's.
    """

    package: str
    purpose: str
    present: Callable[[Machine], bool]


def _library(name: str) -> Callable[[Machine], bool]:
    return lambda machine: machine.loads(name)


def _program(*names: str) -> Callable[[Machine], bool]:
    return lambda machine: any(machine.which(name) for name in names)


def _is_ubuntu(machine: Machine) -> bool:
    release = machine.system / "etc" / "os-release"
    return release.is_file() and "\nID=ubuntu" in "\n" + release.read_text(encoding="utf-8")


def needs(command: str, machine: Machine) -> list[Need]:
    """The system packages that `serve`, `install` or `test` rests on."""
    venv = f"python3.{sys.version_info.minor}-venv"
    found = [
        Need(venv, "Python 虚拟环境", lambda m: m.has_module("ensurepip")),
        Need("tzdata", "时区", lambda m: m.has_file("usr/share/zoneinfo/Asia/Shanghai")),
        Need("libpango-1.0-0", "公文排版", _library("libpango-1.0.so.0")),
        Need("libpangoft2-1.0-0", "公文排版", _library("libpangoft2-1.0.so.0")),
        Need("libharfbuzz-subset0", "公文字体嵌入", _library("libharfbuzz-subset.so.0")),
        Need("fontconfig", "字体查找", _program("fc-list")),
        Need("fonts-noto-cjk", "中文字体", lambda m: m.has_file(*NOTO)),
    ]
    if command == "test":
        chromium = "chromium-browser" if _is_ubuntu(machine) else "chromium"
        found += [
            Need(chromium, "浏览器测试", _program("chromium", "chromium-browser", "google-chrome")),
            Need(
                "postgresql",
                "数据库测试",
                lambda m: m.has_file("usr/lib/postgresql/*/bin/initdb") or bool(m.which("initdb")),
            ),
            Need("libatomic1", "浏览器测试", _library("libatomic.so.1")),  # playwright's own Node.js
            Need("nodejs", "旧版浏览器", _program("node", "nodejs")),
            Need("npm", "旧版浏览器", _program("npm")),
            Need("poppler-utils", "PDF 检查", _program("pdftoppm")),
        ]
    return found


def missing(command: str, machine: Machine) -> list[Need]:
    """The needs that the machine does not meet yet."""
    return [need for need in needs(command, machine) if not need.present(machine)]


def _listing(lacking: Sequence[Need]) -> str:
    return "\n".join(f"  {need.package}（{need.purpose}）" for need in lacking)


def _root_prefix(machine: Machine) -> list[str] | None:
    """What to put before a command to run it as root without asking; None when that cannot be done."""
    if machine.euid == 0:
        return []
    if machine.which("sudo") and machine.run(["sudo", "-n", "true"]) == 0:
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def _run_logged(machine: Machine, command: Sequence[str], failure: str, seconds: float | None = None) -> None:
    machine.log.parent.mkdir(parents=True, exist_ok=True)
    start = machine.log.stat().st_size if machine.log.exists() else 0
    code = machine.run(command, machine.log, seconds)
    if code:
        said = machine.log.read_bytes()[start:].decode("utf-8", "replace") if machine.log.exists() else ""
        tail = "".join("\n  | " + line for line in said.splitlines()[-12:])
        raise SetupStopped(f"{failure}（退出码 {code}，全部输出见 {machine.log}）{tail}")


def install_system_packages(command: str, machine: Machine) -> None:
    """Installs what is missing; without root rights says exactly what, and the command that installs it.

    Raises SetupStopped when a package stays missing.
    """
    lacking = missing(command, machine)
    if not lacking:
        return
    packages = [need.package for need in lacking]
    if not machine.which("apt-get"):
        raise SetupStopped(
            f"缺少以下系统软件，而本机没有 apt-get，请按本系统的方式安装：\n{_listing(lacking)}"
        )
    prefix = _root_prefix(machine)
    if prefix is None:
        raise SetupStopped(
            f"缺少以下系统软件包：\n{_listing(lacking)}\n"
            "当前用户不是 root，也不能免密使用 sudo。请由管理员运行下面的命令，然后重试：\n"
            f"  apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
        )
    machine.say(f"安装系统软件包：{' '.join(packages)}")
    apt = [*prefix, "apt-get", "-q", "-y"]
    _run_logged(machine, [*apt, "update"], "软件包目录更新失败")
    _run_logged(machine, [*apt, "install", "--no-install-recommends", *packages], "系统软件包安装失败")
    if still := missing(command, machine):
        raise SetupStopped(f"安装后仍缺少：\n{_listing(still)}")


def stamp(command: str, machine: Machine) -> str:
    """Digest of all that the environment is made from: lock, declarations, interpreter and place."""
    made_from = hashlib.sha256()
    for name in (LOCKS[command], "pyproject.toml"):
        made_from.update((machine.clone / name).read_bytes() + b"\0")
    made_from.update(f"{sys.version}\0{machine.clone}".encode())
    return made_from.hexdigest()


def install_python_packages(command: str, machine: Machine) -> bool:
    """Makes .venv and installs the locked packages by hash; False when it was all there already."""
    mark = machine.clone / ".venv" / (Path(LOCKS[command]).stem + ".stamp")
    wanted = stamp(command, machine)
    works = machine.run([str(machine.python), "-c", "import pip"]) == 0
    if works and mark.is_file() and mark.read_text(encoding="ascii") == wanted:
        return False
    same_python = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    if machine.run([str(machine.python), "-c", same_python]) != 0:
        machine.say(f"建立虚拟环境 .venv（Python {platform.python_version()}）")
        venv = [sys.executable, "-m", "venv", "--clear", str(machine.clone / ".venv")]
        _run_logged(machine, venv, "虚拟环境建立失败")
    machine.say(f"安装 Python 软件包（{LOCKS[command]}，逐个核对摘要）")
    pip = [str(machine.python), "-m", "pip", "install", "-q"]
    lock = str(machine.clone / LOCKS[command])
    _run_logged(
        machine, [*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock], "Python 软件包安装失败"
    )
    # The build backend comes from the lock as well, so that nothing unhashed is fetched.
    own = [*pip, "--no-deps", "--no-build-isolation", "-e", str(machine.clone)]
    _run_logged(machine, own, "门户自身安装失败")
    mark.write_text(wanted, encoding="ascii")
    return True


def install_fonts(machine: Machine) -> None:
    """Fetches the typefaces of official papers unless they are there; a failure is a warning, no stop."""
    if machine.run([str(machine.python), "-c", FONTS_THERE]) == 0:
        return
    machine.say("取得公文字体 Fandol（从 Debian 软件包中取出，不安装 TeX）")
    fetch = [str(machine.python), "-c", FETCH_FONTS]
    try:
        _run_logged(machine, fetch, "", FONT_SECONDS)
    except SetupStopped:
        # The usual cause is an empty package list: nothing was missing, so nothing updated it.
        prefix = _root_prefix(machine)
        try:
            if prefix is not None:
                _run_logged(machine, [*prefix, "apt-get", "-q", "update"], "软件包目录更新失败")
            _run_logged(machine, fetch, "取出字体失败", FONT_SECONDS)
        except SetupStopped as stopped:
            machine.say(f"注意：公文字体未能取得。{stopped}\n门户照常运行，但在放入字体之前不能生成公文。")


WHOLE_SUITE = ("-n", "2", "--dist", "loadfile")


def set_up(command: str, rest: Sequence[str], machine: Machine) -> None:
    """Carries out one of the commands; `rest` goes on to the portal's demonstration or to pytest."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupStopped(
            f"需要 Python 3.11 或更高版本，当前是 {platform.python_version()}（{sys.executable}）"
        )
    install_system_packages(command, machine)
    if not install_python_packages(command, machine):
        machine.say("环境已就绪，无需重新安装。")
    install_fonts(machine)
    if command == "serve":
        machine.become([str(machine.clone / ".venv" / "bin" / "portal"), "demo", "--serve", *rest])
    elif command == "test":
        # Two workers for the two cores; a file stays whole, so that its server is started once.
        machine.become([str(machine.python), "-m", "pytest", *(rest or WHOLE_SUITE)])
    else:
        machine.say("安装完成。启动演示门户：python3 -m portal.setup serve")


def parse(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command and the options that pass through; leaves with exit code 2 on anything else."""
    parser = argparse.ArgumentParser("python3 -m portal.setup", usage="\n" + USAGE, add_help=True)
    parser.add_argument("command", choices=sorted(LOCKS))
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(list(argv))
    if chosen.command == "install" and chosen.rest:
        parser.error(f"install 不接受其他参数：{' '.join(chosen.rest)}")
    return chosen.command, chosen.rest


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; exit code 1 with a message in Chinese when something is missing."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    command, rest = parse(sys.argv[1:] if argv is None else argv)
    clone = Path(__file__).resolve().parent.parent
    os.chdir(clone)
    try:
        set_up(command, rest, Machine(clone=clone, euid=os.geteuid()))
    except SetupStopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断；再次运行会接着安装。", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
