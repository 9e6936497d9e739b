"""The file of additions to the catalogue: what it may say, and how a wrong row is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.areas.licensing.scope import read_rules

HEADER = "code,keywords,exclusions,guards,reason\n"


def test_a_row_adds_phrases_exclusions_and_guards(tmp_path: Path) -> None:
    file = tmp_path / "rules.csv"
    file.write_text(HEADER + "GA01,住宿|客房,酒店预订,酒店>$/经营,旧表述\n", encoding="utf-8")
    [rule] = read_rules(file)
    assert (rule.code, rule.keywords, rule.exclusions) == ("GA01", ("住宿", "客房"), ("酒店预订",))
    assert rule.guards == (("酒店", ("$", "经营")),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,words\nGA01,a\n", "rules.csv：表头应为 code、keywords、exclusions、guards、reason"),
        (HEADER + "GA01,住宿,,,\n", "rules.csv 第 2 行：代码和理由都不能为空"),
        (HEADER + "GA01,住宿,,,旧表述\nGA01,客房,,,旧表述\n", "rules.csv：代码重复：GA01"),
        (HEADER + "GA01,住宿,,酒店,旧表述\n", "rules.csv 第 2 行：限定“酒店”应写成“关键词>后续词/后续词”"),
        (HEADER + "GA01,住宿\n", "rules.csv 第 2 行：列数与表头不符"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "rules.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as failure:
        read_rules(file)
    assert str(failure.value) == message
