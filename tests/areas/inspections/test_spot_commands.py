"""The command line does what the four-step page does, under the same roles, and anyone can check the bundle."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from spot_stage import PASSWORD, Stage

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import draws
from plugins.areas.inspections.check_models import Draw
from plugins.areas.inspections.commands import draw as draw_command
from plugins.areas.inspections.commands import verify_draw

SECRET = bytes(range(32))


@pytest.fixture
def run(app, monkeypatch: pytest.MonkeyPatch):
    """Run ``portal draw … --as account`` on the same database: (exit code, words)."""
    monkeypatch.setenv("PORTAL_PASSWORD", PASSWORD)
    monkeypatch.setattr("portal.cli_start.application", lambda: app)

    def invoke(account: str, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(draw_command, ["--as", account, *words])
        return result.exit_code, f"{result.output}{result.exception or ''}".strip()

    return invoke


def test_a_draw_from_seal_to_verified_bundle(spot: Stage, run, tmp_path) -> None:
    spot.ready()
    task = spot.task()
    code, words = run("gongan-jingban", "--seal", task.code)
    assert code == 0 and words.startswith("已封存 2026-0001，20 个对象，名录摘要根 ")
    own = verifiable.commitment("2026-0001", draws.party_of(spot.people["bangongshi"]), SECRET, "sm3")
    assert run("bangongshi", "--draw", "2026-0001", "--commit", own)[0] == 0
    times = (
        "--reveal-by",
        "2026-09-25T17:00",
        "--value-at",
        "2026-09-25T21:30",
        "--value-name",
        "排列5第26100期",
    )
    code, words = run(
        "gongan-jingban", "--draw", "2026-0001", "--announce", "--party", "gongan-lianluo", *times
    )
    digest = words.rpartition(" ")[2]
    assert code == 0 and digest == Draw.get().digest and len(digest) == 64
    assert run("bangongshi", "--draw", "2026-0001", "--reveal", SECRET.hex())[0] == 0
    spot.later(hours=12)
    assert run("gongan-jingban", "--draw", "2026-0001", "--reveal", "deadline")[1] == "各方的值已全部公开"
    assert run("gongan-jingban", "--draw", "2026-0001", "--value", "31415")[1] == "已录入，请另一人录入"
    assert "一致" in run("gongan-lianluo", "--draw", "2026-0001", "--value", "31416")[1]
    run("gongan-jingban", "--draw", "2026-0001", "--value", "31415")
    assert run("gongan-lianluo", "--draw", "2026-0001", "--value", "31415")[1].startswith(
        "已抽取 2 个对象，数据包 SM3 "
    )
    target = tmp_path / "bundle.json"
    assert run("gongan-jingban", "--draw", "2026-0001", "--bundle", str(target))[0] == 0
    verify = CliRunner().invoke(verify_draw, [str(target), "--announce", digest])
    assert verify.exit_code == 0 and verify.output.startswith("OK ")
    bundle = json.loads(target.read_text("utf-8"))
    bundle["drawn"] = bundle["drawn"][::-1]
    target.write_text(json.dumps(bundle, ensure_ascii=False), "utf-8")
    verify = CliRunner().invoke(verify_draw, [str(target), "--announce", digest])
    assert (
        verify.exit_code == 1 and verify.output.startswith("drawn[0] 不符") and verify.output.count("\n") == 1
    )
    assert CliRunner().invoke(verify_draw, [str(tmp_path / "none.json")]).exit_code == 1


@pytest.mark.parametrize("account, words, said", [
    ("gongan-jiancha", ("--seal", "公安分局抽查〔2026〕1号"), "不能办理这一步"), ("gongan-jingban", ("--seal", "没有的任务"), "没有编号为"),
    ("xiaofang-jingban", ("--seal", "公安分局抽查〔2026〕1号"), "没有这个抽查任务"), ("gongan-jingban", ("--draw", "2026-0009"), "没有编号为“2026-0009”的抽取"),
    ("gongan-jingban", ("--value", "1"), "请用 --draw 指明"),
])  # fmt: skip
def test_the_command_line_refuses_whom_the_pages_refuse(
    spot: Stage, run, account: str, words: tuple[str, ...], said: str
) -> None:
    spot.ready()
    assert spot.task().code == "公安分局抽查〔2026〕1号"
    code, text = run(account, *words)
    assert code != 0 and said in text and Draw.select().count() == 0


def test_voiding_takes_two(spot: Stage, run) -> None:
    spot.ready()
    spot.sealed(spot.task())
    assert run("gongan-jingban", "--draw", "2026-0001", "--void", "名录有误")[0] == 0
    assert "申请人以外" in run("gongan-jingban", "--draw", "2026-0001", "--void", "approve")[1]
    assert (
        run("bangongshi", "--draw", "2026-0001", "--void", "approve")[1] == "2026-0001 已作废，编号不再使用"
    )
    assert Draw.get().state == "void"
