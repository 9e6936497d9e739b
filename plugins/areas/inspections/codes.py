"""The code lists of check results, disposals and methods, as data with their source (domain.md 1.5; forms.md 2.6).

The national codes stand in CSV files, with what they set in motion. The office adds words of its own and takes codes
out of use by two dated settings for each list; what was entered before keeps its words.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from portal.toolkit import Setting, settings

HERE = Path(__file__).parent
METHODS = {
    "site": "现场检查（实地核查）", "paper": "书面检查", "official": "行政部门检查结果或专业意见", "test": "检验检测",
    "net": "网络监测", "third": "委托专业机构辅助",
}  # fmt: skip
RESULTS, DISPOSALS = "results", "disposals"
LISTS = {RESULTS: "检查结果", DISPOSALS: "后续处置措施"}
#: What a setting holds that adds or takes away nothing.
NOTHING = "无"
_OF_THE_OFFICE = {"alone": "", "detail": "1", "coupling": "", "source": "联席会议办公室增设"}


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


def open_results() -> dict[str, dict[str, str]]:
    """The results that may be entered today: those of the file still in use, and the office's own, whose code is
    their words."""
    own = {text: {"code": text, "text": text, **_OF_THE_OFFICE} for text in _listed(RESULTS, "more")}
    gone = set(_listed(RESULTS, "unused"))
    return {code: row for code, row in (results() | own).items() if row["text"] not in gone}


def open_disposals() -> dict[str, str]:
    """The disposals that may be entered today."""
    gone = set(_listed(DISPOSALS, "unused"))
    known = disposals() | {text: text for text in _listed(DISPOSALS, "more")}
    return {code: text for code, text in known.items() if text not in gone}


def result_words(chosen: list[str]) -> str:
    """The words of result codes."""
    return "；".join(results()[code]["text"] if code in results() else code for code in chosen)


def disposal_words(chosen: list[str]) -> str:
    """The words of disposals."""
    return "；".join(disposals().get(code, code) for code in chosen)


def by_words(text: str) -> str | None:
    """The code of a result given as code or words, for imports."""
    text = text.strip()
    if text in results():
        return text
    known = {row["text"]: code for code, row in results().items()}
    return known.get(text) or (text if text in _listed(RESULTS, "more") else None)


def settings_of() -> list[Setting]:
    """Two dated settings for each list: words that the office adds, codes no longer in use."""
    made = []
    for key, label in LISTS.items():
        for what, words in (("more", f"增设的{label}"), ("unused", f"停用的{label}")):
            made.append(
                Setting(
                    f"inspections.{key}_{what}", f"{words}（用“；”分开，没有写“无”）", NOTHING, "",
                    _check_of(key, what), _rule_of(label, what), "settings.edit", "二（三）", "双随机抽查",
                )
            )  # fmt: skip
    return made


def _listed(key: str, what: str) -> list[str]:
    return _words(settings.value(f"inspections.{key}_{what}"))


def _words(value: str) -> list[str]:
    """The words of a setting, in order, each once."""
    parts = [part.strip() for part in value.replace(";", "；").split("；")]
    return list(dict.fromkeys(part for part in parts if part and part != NOTHING))


def _check_of(key: str, what: str) -> Any:
    known = {row["text"] for row in results().values()} if key == RESULTS else set(disposals().values())
    # 无法联系 and 待后续处理 set other work in motion; without 未发现问题 nothing could be entered for most checks.
    kept = {row["text"] for row in results().values() if row["coupling"] or row["code"] == "none"} if key == RESULTS else set()

    def check(value: Any) -> bool:
        if not isinstance(value, str) or not value.strip() or len(value) > 600:
            return False
        words = _words(value)
        if what == "more":
            return len(words) <= 20 and all(len(word) <= 40 and word not in known for word in words)
        return not kept & set(words) and not (key == DISPOSALS and known <= set(words))

    return check


def _rule_of(label: str, what: str) -> str:
    if what == "more":
        return f"应为“无”或不超过 20 项{label}，每项 40 个字以内，不与全国统一的重复"
    if label == LISTS[RESULTS]:
        return "应为“无”或若干项检查结果；“未发现问题”和引起后续工作的结果不能停用"
    return f"应为“无”或若干项{label}，不能全部停用"
