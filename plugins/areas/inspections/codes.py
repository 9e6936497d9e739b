"""The code lists of check results, disposals and methods, as data with their source (domain.md 1.5; forms.md 2.6)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
METHODS = {
    "site": "现场检查（实地核查）", "paper": "书面检查", "official": "行政部门检查结果或专业意见", "test": "检验检测",
    "net": "网络监测", "third": "委托专业机构辅助",
}  # fmt: skip


@cache
def results() -> dict[str, dict[str, str]]:
    """{code: row} of result_codes.csv, in order; ``coupling`` names what the code sets in motion."""
    with (HERE / "result_codes.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@cache
def disposals() -> dict[str, str]:
    """{code: words} of disposals.csv, in order."""
    with (HERE / "disposals.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["text"] for row in csv.DictReader(file)}


def result_words(chosen: list[str]) -> str:
    """The words of result codes."""
    return "；".join(results()[code]["text"] for code in chosen if code in results())


def by_words(text: str) -> str | None:
    """The code of a result given as code or words, for imports."""
    text = text.strip()
    return (
        text
        if text in results()
        else next((code for code, row in results().items() if row["text"] == text), None)
    )
