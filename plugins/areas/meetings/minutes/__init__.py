"""The text of minutes: plain text or DOCX into the blocks of the 纪要 format; pure, no database, no web."""

from .blocks import AttendanceLine, Draft, Level, MinutesTextError, Paragraph, Table, parse_text
from .docx import DocxText, read_docx
from .numerals import chinese_numeral

__all__ = [
    "AttendanceLine",
    "DocxText",
    "Draft",
    "Level",
    "MinutesTextError",
    "Paragraph",
    "Table",
    "chinese_numeral",
    "parse_text",
    "read_docx",
]
