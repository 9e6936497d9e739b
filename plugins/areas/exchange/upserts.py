"""Writes by the API: a record known by its sender's own serial number is stored once, whatever is sent how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.toolkit import (
    RecordKind,
    Refused,
    Stored,
    audit,
    clock,
    digest_of,
    insert_rows,
    record_reading,
    transaction,
)

from .models import SenderKey
from .tokens import TokenViewer

MOST_ROWS = 1000
LONGEST_KEY = 100
_PART = 500


class OtherRecord(Refused):
    """The sender's number belongs to another record already."""

    status = 409


@dataclass
class Answer:
    """What became of one sent row; ``problems`` are of its fields, ``conflict`` says that its number is another's."""

    key: str
    outcome: str = ""
    record: int | None = None
    problems: list[record_reading.FieldProblem] = field(default_factory=list)
    conflict: bool = False

    @property
    def status(self) -> int:
        """The HTTP status that the row alone would have."""
        if self.outcome:
            return 201 if self.outcome == "created" else 200
        return 409 if self.conflict else 422


@dataclass
class _Row:
    answer: Answer
    values: dict[str, Any]
    digest: str
    known: SenderKey | None


def key_problem(key: object) -> str:
    """Why ``key`` cannot be a sender's number (Chinese), or ""."""
    if not isinstance(key, str) or not key.strip():
        return "不能为空，应为发送系统自己的编号"
    if len(key) > LONGEST_KEY or not key.isprintable() or "/" in key or key != key.strip():
        return f"应为不超过 {LONGEST_KEY} 个可见字符，不含斜杠，首尾没有空格"
    return ""


def read(kind: RecordKind, sent: Sequence[object]) -> list[tuple[dict[str, Any], list[record_reading.FieldProblem]]]:
    """The values of each sent object and its problems; an unknown member is a problem."""
    fields = kind.incoming()
    known = {f.key for f in fields}
    objects: list[dict[str, object]] = [one if isinstance(one, dict) else {} for one in sent]
    columns = {key: [one.get(key, record_reading.NOT_SENT) for one in objects] for key in known}
    rows = record_reading.RowReader(fields).read(columns, len(objects))
    found = []
    for one, (values, problems, _) in zip(sent, rows, strict=True):
        if not isinstance(one, dict):
            found.append(({}, [record_reading.FieldProblem("", None, "应为一个 JSON 对象")]))
            continue
        if not one.keys() <= known:
            problems += [record_reading.FieldProblem(key, one[key], "没有这个字段") for key in sorted(one.keys() - known)]
        found.append((values, problems))
    return found


def store(viewer: TokenViewer, kind: RecordKind, sent: Sequence[tuple[Any, Any]]) -> list[Answer]:
    """Store rows of (sender's number, object) in one transaction and answer each; a wrong row leaves the others.

    The same number with the same content changes nothing. The moment of arrival here is what clocks start from
    (areas.md 5). Raises NotAllowed for a unit that does not bring in this kind.
    """
    kind.may_import(viewer.unit)
    with transaction():
        audit.in_order()
        answers, rows = _prepared(viewer, kind, sent)
        fresh = [row for row in rows if row.known is None]
        stored = kind.store([row.values for row in fresh], unit=viewer.unit, source=viewer.source)
        for row, found in zip(fresh, stored, strict=True):
            _take(row, found)
        for row in rows:
            if row.known is not None:
                _store_known(viewer, kind, row)
        _remember(viewer, kind, rows)
        counts = {name: sum(a.outcome == name for a in answers) for name in ("created", "changed", "same", "")}
        audit.record(
            "接口写入", "exchange_api", kind.key,
            note=f"新增 {counts['created']}、更改 {counts['changed']}、没有变化 {counts['same']}、有问题 {counts['']}",
        )  # fmt: skip
    return answers


def _prepared(viewer: TokenViewer, kind: RecordKind, sent: Sequence[tuple[Any, Any]]) -> tuple[list[Answer], list[_Row]]:
    known = _known(viewer, kind, [key for key, _ in sent if isinstance(key, str)])
    answers: list[Answer] = []
    named: list[tuple[Answer, Any]] = []
    seen: set[str] = set()
    for key, content in sent:
        answer = Answer(key if isinstance(key, str) else "")
        answers.append(answer)
        rule = key_problem(key) or ("同一批里编号重复" if key in seen else "")
        if rule:
            answer.problems.append(record_reading.FieldProblem("key", key, rule))
        else:
            seen.add(key)
            named.append((answer, content))
    rows: list[_Row] = []
    for (answer, _), (values, answer.problems) in zip(named, read(kind, [content for _, content in named]), strict=True):
        if answer.problems:
            continue
        digest, there = digest_of(values), known.get(answer.key)
        if there is not None and there.digest == digest:
            answer.outcome, answer.record = "same", there.record
        else:
            rows.append(_Row(answer, values, digest, there))
    return answers, rows


def _known(viewer: TokenViewer, kind: RecordKind, keys: list[str]) -> dict[str, SenderKey]:
    found: dict[str, SenderKey] = {}
    keys = [key for key in keys if not key_problem(key)]
    for start in range(0, len(keys), _PART):
        query = SenderKey.select().where(
            (SenderKey.unit == viewer.unit) & (SenderKey.kind == kind.key) & SenderKey.key.in_(keys[start : start + _PART])
        )
        found.update({row.key: row for row in query})
    return found


def _take(row: _Row, found: Stored | Refused) -> None:
    if isinstance(found, Refused):
        row.answer.problems = record_reading.problems_of(found, row.values)
        row.answer.conflict = isinstance(found, OtherRecord)
    else:
        row.answer.outcome, row.answer.record = found.outcome, found.record_id


def _store_known(viewer: TokenViewer, kind: RecordKind, row: _Row) -> None:
    """A number that was used before, with other content: stored if it is the same record still."""
    try:
        with transaction():
            (found,) = kind.store([row.values], unit=viewer.unit, source=viewer.source)
            if isinstance(found, Stored) and found.record_id != row.known.record:
                raise OtherRecord("这个编号已用于另一条记录", {"key": f"编号“{row.answer.key}”已用于另一条记录"})
    except OtherRecord as refused:
        found = refused
    _take(row, found)


def _remember(viewer: TokenViewer, kind: RecordKind, rows: list[_Row]) -> None:
    now = clock.now().isoformat(sep=" ", timespec="microseconds")
    done = [row for row in rows if row.answer.outcome]
    insert_rows(
        SenderKey._meta.table_name,
        ("unit", "kind", "key", "record", "digest", "arrived_at"),
        [(viewer.unit, kind.key, row.answer.key, row.answer.record, row.digest, now) for row in done if row.known is None],
    )
    for row in done:
        if row.known is not None:
            SenderKey.update(digest=row.digest).where(SenderKey.id == row.known.id).execute()


def record_of(viewer: TokenViewer, kind: RecordKind, key: str) -> int | None:
    """The record that the unit's own number stands for, or None."""
    found = SenderKey.get_or_none((SenderKey.unit == viewer.unit) & (SenderKey.kind == kind.key) & (SenderKey.key == key))
    return found.record if found else None
