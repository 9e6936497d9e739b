"""Every clause of the source that asks for something is carried out by a module and held by a test: docs/clauses.md."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clauses.md"

#: The clauses of the measures and their annexes, in the order of the text.
CLAUSES = (
    "一",
    *(f"二（一）{number}" for number in range(1, 7)),
    "二（二）",
    "二（三）",
    "二（四）",
    "三",
    "附件1 一",
    "附件1 二",
    "附件1 三（一）",
    "附件1 三（二）",
    "附件1 三（三）",
    "附件1 四",
    "附件1 成员单位",
    *(f"附件2-1 {number}" for number in range(1, 7)),
    "附件2-1 注",
    *(f"附件2-2 {number}" for number in range(1, 15)),
)
#: Demands that no test holds by itself yet; an entry that is no longer needed fails too.
TO_COME = {"各审批部门查阅、下载推送的登记信息，纳入监管对象"}


def rows() -> list[tuple[str, str, str, str]]:
    """Clause, demand, module and test of every row of the table, without its two head lines."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert all(len(row) == 4 for row in cells), [row for row in cells if len(row) != 4]
    return [(row[0], row[1], row[2], row[3]) for row in cells]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of the test functions that a file defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_clause_has_its_row_in_the_order_of_the_text() -> None:
    seen = list(dict.fromkeys(clause for clause, *_ in rows()))
    assert seen == list(CLAUSES)


def test_every_demand_is_said_once_and_in_words() -> None:
    demands = [demand for _, demand, _, _ in rows()]
    assert all(re.search(r"[\u4e00-\u9fff]{3}", demand) for demand in demands)
    assert sorted({demand for demand in demands if demands.count(demand) > 1}) == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0]} {row[2]}")
def test_module_and_test_exist(row: tuple[str, str, str, str]) -> None:
    _, demand, module, test = row
    assert (ROOT / module).is_file(), f"{module} is not there"
    if test == "「待办」":
        assert demand in TO_COME
        return
    file, _, function = test.partition("::")
    assert (ROOT / file).is_file(), f"{file} is not there"
    assert function in functions_of(ROOT / file), f"{file} has no {function}"


def test_what_is_to_come_is_still_to_come() -> None:
    assert {demand for _, demand, _, test in rows() if test == "「待办」"} == TO_COME
