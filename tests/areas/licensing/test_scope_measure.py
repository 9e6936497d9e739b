"""How well the reader finds the items of labelled scopes; ``pytest -s`` prints the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.areas.licensing.scope import ScopeReader
from plugins.areas.licensing.scope.measure import HALVES, labelled_scopes, main, shipped_items, table, tally

LABELLED = Path(__file__).parents[2] / "data" / "scopes_labelled.jsonl"
SCOPES = labelled_scopes(LABELLED)


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall_by_item(half: str) -> None:
    counted = tally(ScopeReader(shipped_items()), [s for s in SCOPES if s.half == half])
    print(table(counted))
    assert counted.precision >= 0.97
    assert counted.recall >= 0.97


def test_enough_scopes_are_labelled_in_all_dialects_and_only_with_items_of_the_catalogue() -> None:
    assert len(SCOPES) >= 150
    assert {s.dialect for s in SCOPES} == {"sections", "old", "mixed"}
    assert {code for s in SCOPES for code in s.codes} <= {item.code for item in shipped_items()}


def test_the_measurement_prints_a_table_for_each_half(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(LABELLED)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("合计") == 3
    assert all(name in printed for name in HALVES.values())


def test_the_measurement_asks_for_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "用法" in capsys.readouterr().err
