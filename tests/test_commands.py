"""What the commands take from a stranger: dates in every habit, files and standard input, and no English refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main

README = Path(__file__).parents[1] / "README.md"
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}")


@pytest.fixture(autouse=True)
def nobodys_portal(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data folder: these commands need none."""
    for name in ("PORTAL_DATA_DIR", "PORTAL_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*words: str, sent: str | bytes = "") -> Result:
    return CliRunner().invoke(main, list(words), input=sent)


@pytest.mark.parametrize(
    ("event", "days", "due"),
    [
        ("2026-09-18", "7", "2026-09-29"),
        *(
            (written, "7", "2026-09-29")
            for written in ("2026/9/18", "2026.9.18", "2026年9月18日", "20260918")
        ),
        # A late evening is still that day, and the day is the one in China.
        ("2026-09-18T23:59:59+08:00", "7", "2026-09-29"),
        ("2026-09-18T15:59:00Z", "7", "2026-09-29"),
        ("2026-09-20T16:00:00Z", "7", "2026-10-08"),
        ("2026-09-19", "7", "2026-09-29"),  # day 1 is the make-up Sunday
        ("2026-09-19", "0", "2026-09-20"),  # "same working day" of a day off: the next working day
        ("2026-09-20", "0", "2026-09-20"),
        ("2018-12-28", "1", "2018-12-29"),  # a make-up Saturday of the next year's notice
    ],
)
def test_deadline_reads_the_day_as_officers_write_it(event: str, days: str, due: str) -> None:
    answer = run("deadline", event, days)
    assert (answer.exit_code, answer.output.strip()) == (0, due)


@pytest.mark.parametrize(
    ("event", "row"),
    [
        ("2025-01-20", ("2025-01-23", "2025-02-05", "2025-02-14", "2025-02-21")),
        ("2025-09-26", ("2025-09-30", "2025-10-13", "2025-10-23", "2025-10-30")),
        ("2026-02-13", ("2026-02-25", "2026-03-02", "2026-03-12", "2026-03-19")),
        ("2026-09-30", ("2026-10-10", "2026-10-15", "2026-10-27", "2026-11-03")),
        ("2020-01-23", ("2020-02-05", "2020-02-11", "2020-02-21", "2020-02-28")),
    ],
)
def test_deadline_gives_the_rows_of_the_obligations_table(event: str, row: tuple[str, ...]) -> None:
    assert tuple(run("deadline", event, days).output.strip() for days in ("3", "7", "15", "20")) == row


def test_a_deadline_in_a_year_without_a_notice_is_provisional() -> None:
    assert run("deadline", "2026-12-25", "20").output == "2027-01-22（放假通知未出，暂定）\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deadline", "2026-02-30", "7"), "“2026-02-30”不是日期：2026年2月没有30日"),
        (("deadline", "长期", "7"), "“长期”不是日期"),
        (("deadline", "2026-09-18", "七"), "参数 DAYS 的值不对：应为 0 至 1000 的整数"),
        (("deadline", "2026-09-18"), "缺少参数 DAYS\n用法："),
        (("deadline", "2026-09-18", "7", "8"), "多出的参数：8"),
        (("score", "2026Q5"), "“2026Q5”不是季度"),
        (("score", "2026Q3", "--jsn"), "没有选项 --jsn，是不是 --json"),
        (("deadlines",), "没有命令“deadlines”"),
        (("units", "lst"), "没有命令“lst”"),
        (("read-scope", "没有的文件"), "参数 FILE 的值不对：读不到文件 没有的文件"),
        (("draw", "--alg", "md5", "--as", "a"), "选项 --alg 的值不对：应为 sm3、sha256 之一"),
        (("draw", "--as"), "选项 --as 后面缺少值"),
        (("draw",), "缺少选项 --as"),
        (("serve", "--port", "0"), "选项 --port 的值不对：应为 1 至 65535 的整数"),
    ],
)
def test_a_wrong_call_is_told_in_chinese_with_exit_code_two(words: tuple[str, ...], said: str) -> None:
    answer = run(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert not ENGLISH.search(answer.stderr)


SCOPE = "许可项目：食品销售\r\n餐饮服务\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("file", [True, False])
def test_scopes_come_in_the_encodings_that_officers_save(encoding: str, file: bool, tmp_path) -> None:
    (tmp_path / "scopes.txt").write_bytes(SCOPE.encode(encoding))
    answer = run("read-scope", "scopes.txt") if file else run("read-scope", "-", sent=SCOPE.encode(encoding))
    assert answer.exit_code == 0
    assert [[item["code"] for item in json.loads(line)["items"]] for line in answer.stdout.splitlines()] == [
        ["SP01"]
    ] * 2


def test_a_line_that_cannot_be_read_is_named_never_taken_for_a_scope_without_permits() -> None:
    answer = run("read-scope", sent=b"\xe9\xa4\x90\xe9\xa5\xae\n\xff\xfe\n")
    assert (answer.exit_code, answer.stderr) == (2, "第 2 行不是 UTF-8 或 GB18030 编码的文本\n")


def test_facts_come_from_a_file_too_and_a_wrong_file_is_told(tmp_path) -> None:
    (tmp_path / "facts.json").write_text("\ufeff{}", encoding="utf-8")
    assert run("score-facts", "facts.json").stderr == "输入缺少 unit\n"
    assert run("score-facts", sent=b"\xff").stderr == "输入不是 UTF-8 文本\n"
    assert run("score-facts", sent="[1").stderr == "输入不是有效的 JSON：第1行第3列有误\n"


def test_the_facts_of_the_readme_are_scored() -> None:
    (shown,) = re.findall(r"```json\n(.+?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    answer = json.loads(run("score-facts", sent=shown).stdout)
    assert [line["score"] for line in answer["items"]] == [
        *("9.02", "9.10", "10.00", "8.90", "15.00", "2.00", "8.50", "5.00", "7.14", "5.00"),
    ]
    assert answer["total"] == "79.66"


def test_a_bundle_is_checked_from_standard_input_too() -> None:
    answer = run("verify-draw", "-", sent="{}")
    assert (answer.exit_code, answer.stdout) == (1, "数据包 缺少“announce”\n")


def test_a_wrong_data_folder_or_clock_is_told_before_anything_is_opened(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path / "file" / "data"))
    answer = run("score", "2026Q3")
    assert answer.exit_code == 2 and "建不了数据文件夹" in answer.stderr
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PORTAL_CLOCK", "昨天")
    answer = run("score", "2026Q3")
    assert (answer.exit_code, answer.stderr) == (2, "PORTAL_CLOCK“昨天”应写成 2026-09-25T09:00 这样\n")
