"""The stand-alone script, run as anyone would run it, prints OK or the first thing that differs."""

import ast
import json
import subprocess
import sys

from plugins.areas.inspections.draw import CHECKING_SCRIPT, announce_digest
from tests.areas.inspections.draw_cases import case


def run(*arguments: str) -> tuple[int, str, str]:
    """The script alone: isolated from the project's path and environment."""
    done = subprocess.run(
        [sys.executable, "-I", str(CHECKING_SCRIPT), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def test_the_script_prints_ok_or_what_differs(tmp_path):
    draw = case(13, "sha256")
    digest, good, bad = announce_digest(draw.announce), tmp_path / "抽取.json", tmp_path / "bad.json"
    good.write_bytes(draw.bundle())
    bundle = json.loads(draw.bundle())
    bundle["drawn"][:2] = bundle["drawn"][1::-1]
    bad.write_bytes(json.dumps(bundle).encode())
    answers = [
        (
            (str(good),),
            0,
            f"OK 重算结果与数据包一致；公告摘要 {digest} 必须与抽取前公布的相同，否则什么也不能证明\n",
        ),
        (
            (str(good), "--announce", digest),
            0,
            f"OK 重算结果与数据包一致；公告摘要 {digest} 与抽取前公布的相同\n",
        ),
        (
            (f"--announce={digest}", str(good)),
            0,
            f"OK 重算结果与数据包一致；公告摘要 {digest} 与抽取前公布的相同\n",
        ),
        (
            (str(good), "--announce", "0" * 64),
            1,
            f"公告摘要不符：抽取前公布的是 {'0' * 64}，数据包的是 {digest}\n",
        ),
        ((str(bad),), 1, None),
        ((str(tmp_path / "none.json"),), 1, None),
        ((str(good), "--announce"), 1, None),
        ((str(good), str(bad)), 1, None),
        ((), 1, None),
    ]
    for arguments, code, printed in answers:
        status, output, errors = run(*arguments)
        assert (status, errors) == (code, "")
        assert output == printed or (printed is None and output.count("\n") == 1 and "OK" not in output)


def test_the_script_is_written_for_python_3_8_and_later():
    assert ast.parse(CHECKING_SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8)).body


def test_the_script_needs_nothing_but_the_standard_library():
    listed = "import sys, runpy; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", listed, str(CHECKING_SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - set(sys.stdlib_module_names) - {"__main__", "_distutils_hack", "sitecustomize"} == set()
    assert "plugins" not in loaded and "portal" not in loaded
