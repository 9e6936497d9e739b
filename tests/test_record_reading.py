"""Rows read many at a time are read as each would be alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal import record_reading
from portal.record_kinds import RecordField
from portal.record_reading import NOT_SENT, FieldProblem, RowReader, read_row
from portal.spreadsheets import CellError, HeaderMap

FIELDS = (
    RecordField("name", "名称", required=True, longest=8),
    RecordField("code", "代码", "code"),
    RecordField("day", "日期", "date", required=True),
    RecordField("until", "至", "date", endless=True),
    RecordField("sum", "金额", "money", unit="万元"),
    RecordField("kind", "类别", "choice", choices=("甲", "乙"), choice_aliases={"一": "甲"}),
    RecordField("yes", "是否", "boolean"),
    RecordField("note", "备注", check=lambda text: "不能写“无”" if text == "无" else None),
)
#: Few cells, so that columns repeat; those that a table would take for one another among them.
CELLS: list[Any] = [
    None, "", " ", "1", 1, 1.0, True, "０１", "甲", "一", "丙", "2026-09-01", "长期", "无", "91310000773718882U", "91310000773718882u",
    "1.234567", "公式错误 #N/A", CellError("公式错误 #N/A"), ["甲"], {"甲": 1}, "超过八个字的名称不行的", NOT_SENT,
]  # fmt: skip
ROWS = st.lists(st.tuples(*[st.sampled_from(CELLS)] * len(FIELDS)), max_size=12)


@settings(max_examples=80, deadline=None)
@given(ROWS, ROWS)
def test_a_row_among_many_is_read_as_it_is_read_alone(first: list[Any], second: list[Any]) -> None:
    reader = RowReader(FIELDS)
    for batch in (first, second, first):
        columns = {field.key: [row[at] for row in batch] for at, field in enumerate(FIELDS)}
        alone = [
            read_row(FIELDS, {field.key: cell for field, cell in zip(FIELDS, row, strict=True) if cell is not NOT_SENT}) for row in batch
        ]
        assert reader.read(columns, len(batch)) == alone


def test_a_column_that_is_not_there_is_left_out_and_missed_where_it_must_be() -> None:
    (values, problems, repaired), *rest = RowReader(FIELDS).read({"name": ["甲", "乙"], "yes": ["是", None]}, 2)
    assert (values, problems, repaired) == ({"name": "甲", "yes": True}, [FieldProblem("day", None, "不能为空")], [])
    assert rest == [({"name": "乙", "yes": None}, [FieldProblem("day", None, "不能为空")], [])]
    assert RowReader(FIELDS).read({}, 2)[1] == ({}, [FieldProblem("name", None, "不能为空"), FieldProblem("day", None, "不能为空")], [])


def test_what_was_repaired_is_told_every_time() -> None:
    small = "91310000773718882u"
    read = RowReader(FIELDS[1:2]).read({"code": [small, small.upper(), small]}, 3)
    assert [(values["code"], repaired) for values, _, repaired in read] == [(small.upper(), ["code"]), (small.upper(), []), (small.upper(), ["code"])]


def test_what_a_column_remembers_has_a_bound() -> None:
    reader = RowReader(FIELDS[:1])
    reader.read({"name": [str(number) for number in range(3_000)]}, 3_000)
    assert len(reader._columns[0]._known) == record_reading._REMEMBERED


def test_short_rows_have_blanks_where_the_header_goes_on() -> None:
    header = HeaderMap(1, 1, {"name": 1, "note": 3})
    assert header.columns([(2, [1, "甲"]), (3, [2, "乙", None, "丙", 5])]) == {"name": ["甲", "乙"], "note": [None, "丙"]}
