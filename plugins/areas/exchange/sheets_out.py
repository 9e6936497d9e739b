"""Files for the sender: the template of a kind, and the wrong rows of an import as its own marked file."""

from __future__ import annotations

from portal.toolkit import RecordKind, Refused, files, record_reading, spreadsheets

from .imports import kind_of
from .models import ImportProblem, ImportRun
from .sheets_in import opened

#: Rows in one marked file; a file with more wrong rows is mended in several turns.
MOST_ROWS = 5_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def template(kind: RecordKind) -> bytes:
    """An empty sheet with the kind's columns; examples on a second sheet, with what each column takes."""
    fields = kind.incoming()
    examples = [[field.example for field in fields], [_rule(field) for field in fields]]
    return spreadsheets.write_template(
        [spreadsheets.Heading(h.title + ("（必填）" if f.required else ""), h.width) for h, f in zip(record_reading.headings(kind, incoming=True), fields, strict=True)],
        examples, name=kind.label,
    )  # fmt: skip


def _rule(field: record_reading.RecordField) -> str:
    words = {
        "text": f"文字，最多{field.longest}个字", "date": "日期，如 2026-09-01" + ("，或长期" if field.endless else ""),
        "money": f"金额，单位{field.unit}", "integer": "整数", "choice": "、".join(field.choices),
        "code": "18位统一社会信用代码或15位注册号，单元格设为文本", "boolean": "是或否",
    }  # fmt: skip
    return words[field.type]


def wrong_rows(run: ImportRun) -> bytes:
    """The sender's wrong rows as XLSX, cells marked, reasons in a last column. Raises Refused when there are none."""
    problems = list(
        ImportProblem.select().where(ImportProblem.run == run).order_by(ImportProblem.row, ImportProblem.id)
    )
    numbers = sorted({problem.row for problem in problems})[:MOST_ROWS]
    if not numbers:
        raise Refused("这个文件没有问题行")
    wanted = set(numbers)
    with opened(run, kind_of(run)) as sent:
        header = range(sent.header.row, sent.header.last_row + 1)
        rows = []
        for number, cells in sent.sheet.rows():
            if number in wanted or number in header:
                rows.append((number, cells))
            elif number > numbers[-1]:
                break
        told = [
            spreadsheets.Problem(p.row, p.column, p.value, f"{p.label}{'：' if p.label else ''}{p.rule}" if p.column is None else p.rule, p.suggestion or None)
            for p in problems if p.row in wanted
        ]  # fmt: skip
        return spreadsheets.mark_problems(rows, told, header_rows=tuple(header))


def original(run: ImportRun) -> bytes:
    """The file as it was sent, if it is still what was stored. Raises Missing."""
    return files.read(run.file)
