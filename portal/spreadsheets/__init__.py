"""Spreadsheets in and out: open what officers send, read its cells, write what they take (areas.md 5)."""

from portal.spreadsheets.cell_values import (
    read_boolean,
    read_choice,
    read_integer,
    read_money_fen,
    read_text,
)
from portal.spreadsheets.credit_codes import CodeReading, is_credit_code, read_credit_code
from portal.spreadsheets.dates import FOREVER, Forever, read_date
from portal.spreadsheets.headers import Column, HeaderMap, describe_columns, find_header
from portal.spreadsheets.identity_numbers import read_identity_number
from portal.spreadsheets.opening import open_table
from portal.spreadsheets.refusals import CellError, Problem, SheetRefused, ValueRefused
from portal.spreadsheets.tables import Row, Sheet, Table, column_letters
from portal.spreadsheets.writing import (
    Heading,
    csv_pieces,
    mark_problems,
    write_csv,
    write_template,
    write_xlsx,
)

__all__ = [
    "FOREVER",
    "CellError",
    "CodeReading",
    "Column",
    "Forever",
    "HeaderMap",
    "Heading",
    "Problem",
    "Row",
    "Sheet",
    "SheetRefused",
    "Table",
    "ValueRefused",
    "column_letters",
    "csv_pieces",
    "describe_columns",
    "find_header",
    "is_credit_code",
    "mark_problems",
    "open_table",
    "read_boolean",
    "read_choice",
    "read_credit_code",
    "read_date",
    "read_identity_number",
    "read_integer",
    "read_money_fen",
    "read_text",
    "write_csv",
    "write_template",
    "write_xlsx",
]
