"""``portal score`` and ``portal score-facts``: the scores of the pages, and of facts given as JSON."""

from __future__ import annotations

import json
import sys
from typing import IO

import click

from portal import clock, scores
from portal import score_facts as facts
from portal.cli_start import application
from portal.refusals import Refused
from portal.scoring import ScoringError
from portal.workdays import Quarter


@click.command("score", help="一个季度的得分：portal score 2026Q3 --json")
@click.argument("quarter_text", metavar="季度")
@click.option("--json", "as_json", is_flag=True, help="打印网页上显示的全部内容（JSON）")
def score(quarter_text: str, as_json: bool) -> None:
    """Print the board of a quarter."""
    try:
        quarter = Quarter.parse(quarter_text)
    except ValueError as error:
        raise Refused(str(error)) from None
    application()
    if quarter.first > clock.today():
        raise Refused(f"{quarter.label}还没有开始")
    made = scores.board(quarter)
    if as_json:
        click.echo(json.dumps(scores.as_plain(made), ensure_ascii=False, indent=1, sort_keys=True))
        return
    click.echo(f"{quarter.label}（{made.stage_label}）")
    for row in made.rows:
        click.echo(f"{row.rank:>3}  {row.total:>6}  {row.unit.name}")


@click.command("score-facts", help="从文件或标准输入读事实（JSON），打印得分")
@click.argument("file", type=click.File("rb"), default="-")
def score_facts(file: IO[bytes]) -> None:
    """Score one unit from facts in ``file`` (default: standard input); exit code 2 for impossible facts."""
    try:
        click.echo(facts.answer(file.read().decode("utf-8-sig")))
    except UnicodeDecodeError:
        click.echo("输入不是 UTF-8 文本", err=True)
        sys.exit(2)
    except ScoringError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
