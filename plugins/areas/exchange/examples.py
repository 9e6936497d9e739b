"""Examples for whoever connects another system: a record of each kind as it is sent, and the calls that send it."""

from __future__ import annotations

import json
from typing import Any

from portal.toolkit import RecordField, RecordKind

#: What an example shows where the declaration gives none.
_VALUES: dict[str, Any] = {
    "text": "甲", "date": "2026-09-01", "money": "1.5", "integer": 1, "code": "91310000773718882U", "boolean": True,
}  # fmt: skip


def value_of(field: RecordField) -> Any:
    """An example of the field as JSON."""
    if field.type == "boolean":
        return field.example != "否"
    if field.example:
        return int(field.example) if field.type == "integer" else field.example
    return field.choices[0] if field.choices else _VALUES[field.type]


def values_of(kind: RecordKind) -> dict[str, Any]:
    """What a sender fills in at least, and whatever else the declaration gives an example for."""
    return {field.key: value_of(field) for field in kind.incoming() if field.required or field.example}


def body_of(kind: RecordKind) -> str:
    """The body of a batch of one row."""
    return json.dumps({"rows": [{"key": "A-1", "values": values_of(kind)}]}, ensure_ascii=False, indent=2)


def calls(base: str, kind: RecordKind) -> list[tuple[str, str]]:
    """(what it does, the command) for ``curl``; ``$TOKEN`` is the token."""
    ask = 'curl -H "Authorization: Bearer $TOKEN" '
    sent = json.dumps(values_of(kind), ensure_ascii=False)
    return [
        ("看令牌的单位、范围和有效期", f"{ask}{base}/api/v1/"),
        ("写入一条（编号 A-1）；再发一次答 same", f'{ask}-X PUT -H "Content-Type: application/json" \\\n  -d \'{sent}\' \\\n  {base}/api/v1/{kind.key}/by-key/A-1'),
        ("按编号取回", f"{ask}{base}/api/v1/{kind.key}/by-key/A-1"),
        ("分页读取：把答复里的 next 填到下一次的 cursor，直到 next 为 null", f'{ask}"{base}/api/v1/{kind.key}?limit=1000&cursor=0"'),
        ("只取变动：把答复里的 since 填到下一次，items 为空就是没有新的变动", f'{ask}"{base}/api/v1/{kind.key}/changes?since=0"'),
    ]  # fmt: skip
