"""The one command that sets a bare machine up: what it looks for, what it says, when it does nothing."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portal import setup

CLONE = Path(__file__).resolve().parent.parent
VENV_PACKAGE = f"python3.{sys.version_info.minor}-venv"
SERVE_PACKAGES = [
    VENV_PACKAGE,
    "tzdata",
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fontconfig",
    "fonts-noto-cjk",
]
TEST_PACKAGES = ["chromium", "postgresql", "libatomic1", "nodejs", "npm", "poppler-utils"]
LIBRARIES = {"libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0", "libatomic.so.1"}
PROGRAMS = {"apt-get", "fc-list", "chromium", "node", "npm", "pdftoppm"}
FILES = (
    "usr/share/zoneinfo/Asia/Shanghai",
    "usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "usr/lib/postgresql/15/bin/initdb",
)


@dataclass
class Bench:
    """A small machine in a folder: what it has, what was run on it, what it said."""

    folder: Path
    programs: set[str] = field(default_factory=lambda: set(PROGRAMS))
    libraries: set[str] = field(default_factory=lambda: set(LIBRARIES))
    modules: set[str] = field(default_factory=lambda: {"ensurepip"})
    euid: int = 0
    ran: list[list[str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    became: list[list[str]] = field(default_factory=list)
    fails: Callable[[list[str]], bool] = lambda command: False
    installs: Callable[[], object] = lambda: None

    def put_files(self, *names: str) -> None:
        for name in names:
            path = self.folder / "system" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def run(self, command: list[str], log: Path | None = None, seconds: float | None = None) -> int:
        self.ran.append([str(part) for part in command])
        if self.fails(self.ran[-1]):
            if log:
                with log.open("a", encoding="utf-8") as output:
                    output.write("第一行\n具体原因\n")
            return 1
        venv = self.folder / "clone" / ".venv" / "bin" / "python"
        if command[1:3] == ["-m", "venv"]:
            venv.parent.mkdir(parents=True)
            venv.touch()
        if "apt-get" in command and "install" in command:
            self.installs()
        return 127 if command[0] == str(venv) and not venv.exists() else 0

    def machine(self) -> setup.Machine:
        return setup.Machine(
            clone=self.folder / "clone",
            system=self.folder / "system",
            euid=self.euid,
            which=lambda name: f"/usr/bin/{name}" if name in self.programs else None,
            loads=self.libraries.__contains__,
            has_module=self.modules.__contains__,
            run=self.run,
            become=self.became.append,
            say=self.said.append,
        )

    def apt(self) -> list[list[str]]:
        return [command for command in self.ran if "apt-get" in command]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "clone" / ".ci").mkdir(parents=True)
    for name in ("pyproject.toml", ".ci/lock.txt", ".ci/lock-test.txt"):
        (tmp_path / "clone" / name).write_text(f"{name} 1", encoding="utf-8")
    made = Bench(tmp_path)
    made.put_files(*FILES)
    return made


@pytest.mark.parametrize(
    ("argv", "parsed"),
    [
        (["serve"], ("serve", [])),
        (
            ["serve", "--port", "8001", "--at", "2019-12-31"],
            ("serve", ["--port", "8001", "--at", "2019-12-31"]),
        ),
        (
            ["test", "-k", "scores", "tests/test_scores.py"],
            ("test", ["-k", "scores", "tests/test_scores.py"]),
        ),
        (["install"], ("install", [])),
    ],
)
def test_what_follows_the_command_passes_through(argv: list[str], parsed: tuple) -> None:
    assert setup.parse(argv) == parsed


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ([], "command"),
        (["deploy"], "deploy"),
        (["install", "--fast"], "install 不接受其他参数：--fast"),
    ],
)
def test_anything_else_is_refused_with_the_usage(argv: list[str], complaint: str, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        setup.parse(argv)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert complaint in said
    assert "python3 -m portal.setup serve" in said


@pytest.mark.parametrize(
    ("command", "packages"),
    [
        ("serve", SERVE_PACKAGES),
        ("install", SERVE_PACKAGES),
        ("test", SERVE_PACKAGES + TEST_PACKAGES),
    ],
)
def test_on_a_bare_machine_everything_is_missing(command: str, packages: list[str], tmp_path: Path) -> None:
    bare = Bench(tmp_path, programs={"apt-get"}, libraries=set(), modules=set())
    assert [need.package for need in setup.missing(command, bare.machine())] == packages


@pytest.mark.parametrize(
    ("take_away", "package"),
    [
        (lambda b: b.modules.remove("ensurepip"), VENV_PACKAGE),
        (lambda b: b.libraries.remove("libpango-1.0.so.0"), "libpango-1.0-0"),
        (lambda b: b.libraries.remove("libpangoft2-1.0.so.0"), "libpangoft2-1.0-0"),
        (lambda b: b.libraries.remove("libharfbuzz-subset.so.0"), "libharfbuzz-subset0"),
        (lambda b: b.libraries.remove("libatomic.so.1"), "libatomic1"),
        (lambda b: b.programs.remove("fc-list"), "fontconfig"),
        (lambda b: b.programs.remove("chromium"), "chromium"),
        (lambda b: b.programs.remove("node"), "nodejs"),
        (lambda b: b.programs.remove("npm"), "npm"),
        (lambda b: b.programs.remove("pdftoppm"), "poppler-utils"),
        (lambda b: (b.folder / "system" / FILES[0]).unlink(), "tzdata"),
        (lambda b: (b.folder / "system" / FILES[1]).unlink(), "fonts-noto-cjk"),
        (lambda b: (b.folder / "system" / FILES[2]).unlink(), "postgresql"),
    ],
)
def test_each_missing_thing_is_known_by_its_package(take_away: Callable, package: str, bench: Bench) -> None:
    assert setup.missing("test", bench.machine()) == []
    take_away(bench)
    assert [need.package for need in setup.missing("test", bench.machine())] == [package]


def test_ubuntu_calls_its_chromium_otherwise(bench: Bench) -> None:
    bench.programs.remove("chromium")
    (bench.folder / "system" / "etc").mkdir()
    (bench.folder / "system" / "etc" / "os-release").write_text(
        'NAME="Ubuntu"\nID=ubuntu\n', encoding="utf-8"
    )
    assert [need.package for need in setup.missing("test", bench.machine())] == ["chromium-browser"]


def test_root_installs_only_what_is_missing_and_updates_the_list_first(bench: Bench) -> None:
    bench.libraries.remove("libharfbuzz-subset.so.0")
    bench.installs = lambda: bench.libraries.add("libharfbuzz-subset.so.0")
    setup.install_system_packages("serve", bench.machine())
    assert bench.apt() == [
        ["apt-get", "-q", "-y", "update"],
        ["apt-get", "-q", "-y", "install", "--no-install-recommends", "libharfbuzz-subset0"],
    ]
    assert bench.said == ["安装系统软件包：libharfbuzz-subset0"]


def test_with_everything_there_apt_is_not_asked(bench: Bench) -> None:
    setup.install_system_packages("test", bench.machine())
    assert bench.ran == []


def test_sudo_without_a_password_is_used(bench: Bench) -> None:
    bench.euid = 1000
    bench.programs.add("sudo")
    bench.programs.remove("npm")
    bench.installs = lambda: bench.programs.add("npm")
    setup.install_system_packages("test", bench.machine())
    assert [command[:2] for command in bench.apt()] == [["sudo", "-n"]] * 2


@pytest.mark.parametrize("sudo", [False, True], ids=["no sudo", "sudo asks for a password"])
def test_without_root_rights_the_missing_packages_and_the_command_are_named(sudo: bool, bench: Bench) -> None:
    bench.euid = 1000
    bench.programs -= {"npm", "pdftoppm"}
    if sudo:
        bench.programs.add("sudo")
        bench.fails = lambda command: command[0] == "sudo"
    with pytest.raises(setup.SetupStopped) as stopped:
        setup.install_system_packages("test", bench.machine())
    assert str(stopped.value) == (
        "缺少以下系统软件包：\n  npm（旧版浏览器）\n  poppler-utils（PDF 检查）\n"
        "当前用户不是 root，也不能免密使用 sudo。请由管理员运行下面的命令，然后重试：\n"
        "  apt-get update && apt-get install -y --no-install-recommends npm poppler-utils"
    )
    assert bench.apt() == []


def test_without_apt_the_missing_things_are_named(bench: Bench) -> None:
    bench.programs -= {"apt-get", "fc-list"}
    with pytest.raises(setup.SetupStopped, match=r"没有 apt-get.*\n  fontconfig（字体查找）"):
        setup.install_system_packages("serve", bench.machine())


def test_a_package_that_stays_missing_stops_the_setup(bench: Bench) -> None:
    bench.programs.remove("npm")
    with pytest.raises(setup.SetupStopped, match="安装后仍缺少：\n  npm"):
        setup.install_system_packages("test", bench.machine())


def test_a_failing_apt_shows_the_end_of_what_it_said(bench: Bench) -> None:
    bench.programs.remove("npm")
    bench.fails = lambda command: "install" in command
    with pytest.raises(
        setup.SetupStopped, match=r"系统软件包安装失败（退出码 1，.*setup\.log）\n.*\n  \| 具体原因"
    ):
        setup.install_system_packages("test", bench.machine())


def test_python_packages_come_from_the_lock_by_hash_and_the_portal_without_dependencies(bench: Bench) -> None:
    assert setup.install_python_packages("test", bench.machine())
    python, clone = str(bench.machine().python), bench.folder / "clone"
    pip = [python, "-m", "pip", "install", "-q"]
    assert [sys.executable, "-m", "venv", "--clear", str(clone / ".venv")] in bench.ran
    assert bench.ran[-2:] == [
        [*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(clone / ".ci/lock-test.txt")],
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(clone)],
    ]


def test_the_second_time_nothing_is_installed(bench: Bench) -> None:
    setup.install_python_packages("serve", bench.machine())
    bench.ran.clear()
    assert not setup.install_python_packages("serve", bench.machine())
    assert bench.ran == [[str(bench.machine().python), "-c", "import pip"]]


@pytest.mark.parametrize(
    ("changed", "serve_again", "test_again"),
    [
        (".ci/lock.txt", True, False),
        (".ci/lock-test.txt", False, True),
        ("pyproject.toml", True, True),
    ],
)
def test_a_changed_lock_installs_again(
    changed: str, serve_again: bool, test_again: bool, bench: Bench
) -> None:
    for command in ("serve", "test"):
        setup.install_python_packages(command, bench.machine())
    (bench.folder / "clone" / changed).write_text("2", encoding="utf-8")
    assert setup.install_python_packages("serve", bench.machine()) is serve_again
    assert setup.install_python_packages("test", bench.machine()) is test_again


def test_a_failed_installation_is_tried_again(bench: Bench) -> None:
    bench.fails = lambda command: "--require-hashes" in command
    with pytest.raises(setup.SetupStopped, match="Python 软件包安装失败"):
        setup.install_python_packages("serve", bench.machine())
    bench.fails = lambda command: False
    assert setup.install_python_packages("serve", bench.machine())


def test_fonts_that_are_there_are_not_fetched(bench: Bench) -> None:
    setup.install_python_packages("serve", bench.machine())
    bench.ran.clear()
    setup.install_fonts(bench.machine())
    assert bench.ran == [[str(bench.machine().python), "-c", setup.FONTS_THERE]]
    assert "取得公文字体" not in "".join(bench.said)


def test_fonts_are_tried_again_with_a_fresh_package_list(bench: Bench) -> None:
    bench.fails = lambda command: (
        setup.FONTS_THERE in command or (setup.FETCH_FONTS in command and bench.apt() == [])
    )
    setup.set_up("install", [], bench.machine())
    assert bench.apt() == [["apt-get", "-q", "update"]]
    assert bench.ran[-1] == [str(bench.machine().python), "-c", setup.FETCH_FONTS]
    assert "注意" not in "".join(bench.said)


@pytest.mark.parametrize("euid", [0, 1000])
def test_fonts_that_cannot_be_had_are_a_warning_and_no_stop(euid: int, bench: Bench) -> None:
    bench.euid = euid
    bench.fails = lambda command: setup.FONTS_THERE in command or setup.FETCH_FONTS in command
    setup.set_up("serve", ["--port", "8001"], bench.machine())
    warning = bench.said[-1].splitlines()
    assert warning[0].startswith("注意：公文字体未能取得。取出字体失败（退出码 1，")
    assert warning[1:] == ["  | 第一行", "  | 具体原因", "门户照常运行，但在放入字体之前不能生成公文。"]
    assert bench.became == [
        [str(bench.folder / "clone/.venv/bin/portal"), "demo", "--serve", "--port", "8001"]
    ]


def test_the_test_command_becomes_pytest_with_its_arguments(bench: Bench) -> None:
    setup.set_up("test", ["-k", "scores"], bench.machine())
    assert bench.became == [[str(bench.machine().python), "-m", "pytest", "-k", "scores"]]


def test_setup_needs_nothing_but_the_standard_library() -> None:
    for name in ("setup.py", "__init__.py"):
        tree = ast.parse((CLONE / "portal" / name).read_text(encoding="utf-8"))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        roots = {alias.name.split(".")[0] for node in imports for alias in node.names}
        roots |= {(node.module or "").split(".")[0] for node in froms}
        assert roots - set(sys.stdlib_module_names) == set()


@pytest.mark.parametrize("lock", ["lock.txt", "lock-test.txt"])
def test_every_locked_package_is_pinned_with_hashes_and_no_host_is_named(lock: str) -> None:
    text = (CLONE / ".ci" / lock).read_text(encoding="utf-8")
    entries = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(entries) > 25
    assert [e for e in entries if not re.match(r"[a-z0-9.-]+==[^ ]+ .*--hash=sha256:", e, re.DOTALL)] == []
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


def test_both_locks_agree_and_hold_what_the_project_declares() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (CLONE / ".ci" / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", text, re.MULTILINE))

    project = tomllib.loads((CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(wanted: list[str]) -> set[str]:
        return {re.match(r"[A-Za-z0-9-]+", text)[0].lower() for text in wanted}

    served, tested = pins("lock.txt"), pins("lock-test.txt")
    assert served.items() <= tested.items()
    assert names(project["dependencies"] + extras["postgresql"]) - served.keys() == set()
    assert names(extras["test"]) - tested.keys() == set()


def test_ci_calls_the_test_command_and_nothing_more_clever() -> None:
    script = CLONE / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").splitlines() == [
        "#!/usr/bin/env bash",
        "set -euo pipefail",
        'cd "$(dirname "${BASH_SOURCE[0]}")/.."',
        "exec python3 -m portal.setup test",
    ]
