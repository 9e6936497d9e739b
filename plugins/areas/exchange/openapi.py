"""The OpenAPI 3.1 document of the API, made from the record kinds' declarations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.toolkit import RecordField, RecordKind

from . import upserts
from .api_answers import PROBLEMS

_TEXTS = {
    "text": "文字", "date": "日期 YYYY-MM-DD", "money": "十进制金额文字", "integer": "整数", "choice": "列出的值之一",
    "code": "18 位统一社会信用代码或 15 位注册号", "boolean": "是否",
}  # fmt: skip


def words_of(field: RecordField) -> str:
    """What the field's values look like."""
    if field.type == "choice":
        return "、".join(field.choices)
    return _TEXTS[field.type] + (f"，单位{field.unit}" if field.type == "money" else "") + ("，或“长期”" if field.endless else "")


def _field(field: RecordField, *, sent: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": f"{field.label}；{words_of(field)}" + (f"；双公示 {field.standard}" if field.standard else "")}
    empty = [] if field.required and sent else ["null"]
    if field.type == "integer":
        schema["type"] = ["integer", *empty]
    elif field.type == "boolean":
        schema["type"] = ["boolean", *empty]
    elif field.type == "money" and sent:
        schema["type"] = ["string", "number", *empty]
    else:
        schema["type"] = ["string", *empty]
        if sent and field.type == "text":
            schema["maxLength"] = field.longest
    if field.example and sent:
        schema["examples"] = [field.example]
    return schema


def _values(kind: RecordKind) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.key: _field(field, sent=True) for field in kind.incoming()},
        "required": [field.key for field in kind.incoming() if field.required],
    }


def _record(kind: RecordKind) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "version", "values"],
        "properties": {
            "id": {"type": "integer"},
            "version": {"type": "integer"},
            "values": {"type": "object", "properties": {f.key: _field(f, sent=False) for f in kind.outgoing()}},
        },
    }


def _shared() -> dict[str, Any]:
    error = {
        "type": "object", "required": ["field", "rule"],
        "properties": {
            "field": {"type": "string"}, "value": {"type": ["string", "null"]}, "rule": {"type": "string"},
            "suggestion": {"type": ["string", "null"]},
        },
    }  # fmt: skip
    problem = {
        "type": "object", "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "code": {"enum": sorted(PROBLEMS)}, "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
        },
    }  # fmt: skip
    result = {
        "type": "object", "required": ["key", "status", "outcome", "id", "errors"],
        "properties": {
            "key": {"type": "string"}, "status": {"enum": [200, 201, 409, 422]},
            "outcome": {"enum": ["created", "changed", "same", None]}, "id": {"type": ["integer", "null"]},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
        },
    }  # fmt: skip
    return {"Error": error, "Problem": problem, "Result": result}


def _problems(*codes: str) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for code in ("bad_parameter", "token_invalid", "out_of_scope", "invalid", "too_many_requests", "unavailable", *codes):
        status, title = PROBLEMS[code]
        by_status.setdefault(str(status), []).append(f"{code}：{title}")
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "；".join(lines), "content": content} for status, lines in sorted(by_status.items())}


def _answer(description: str, schema: dict[str, Any], **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {"description": description, "content": {"application/json": {"schema": schema}}}
    if headers:
        made["headers"] = {name: {"description": words, "schema": {"type": "string"}} for name, words in headers.items()}
    return made


def _query(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": schema}


_LIMIT = _query("limit", "最多几条", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100})
_KEY = {
    "name": "key", "in": "path", "required": True, "description": "发送系统自己的编号（序列号），不超过 100 个字符",
    "schema": {"type": "string", "minLength": 1, "maxLength": upserts.LONGEST_KEY},
}  # fmt: skip
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_NONE_MATCH = {"name": "If-None-Match", "in": "header", "description": "上次得到的 ETag", "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]*$"}}
_MATCH = {"name": "If-Match", "in": "header", "description": "只在记录仍是这个 ETag 时写入", "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]+$"}}
_UNCHANGED = {"description": "没有变化", "headers": {"ETag": {"description": "记录的版本", "schema": {"type": "string"}}}}


def _paths(kind: RecordKind) -> dict[str, Any]:
    path, ref = f"/api/v1/{kind.key}", {"$ref": f"#/components/schemas/{kind.key}.record"}
    values = {"$ref": f"#/components/schemas/{kind.key}.values"}
    page = {
        "type": "object", "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": ref}, "next": {"type": ["string", "null"]}},
    }  # fmt: skip
    changes = {
        "type": "object", "required": ["items", "since"],
        "properties": {
            "since": {"type": "integer"},
            "items": {"type": "array", "items": {"type": "object", "required": ["number", "record"], "properties": {"number": {"type": "integer"}, "record": ref}}},
        },
    }  # fmt: skip
    filters = [_query(name, kind.field(name).label, {"type": "string", "maxLength": 200}) for name in kind.filters]
    cursor = _query("cursor", "上一页答复里的 next", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1})
    since = _query("since", "上次答复里的 since；第一次为 0", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1})
    tags = [kind.label]
    tagged = _answer("记录", ref, ETag="记录的版本")
    return {
        path: {"get": {
            "tags": tags, "operationId": f"list-{kind.key}", "summary": f"{kind.label}：按编号顺序分页读取",
            "parameters": [cursor, _LIMIT, *filters], "responses": {"200": _answer("一页", page), **_problems()},
        }},
        f"{path}/changes": {"get": {
            "tags": tags, "operationId": f"changes-{kind.key}", "summary": f"{kind.label}：某次之后的变动，按提交的先后",
            "parameters": [since, _LIMIT], "responses": {"200": _answer("变动", changes), **_problems()},
        }},
        f"{path}/{{id}}": {"get": {
            "tags": tags, "operationId": f"get-{kind.key}", "summary": f"{kind.label}：一条记录", "parameters": [_ID, _NONE_MATCH],
            "responses": {"200": tagged, "304": _UNCHANGED, **_problems("not_found")},
        }},
        f"{path}/by-key/{{key}}": {
            "get": {
                "tags": tags, "operationId": f"find-{kind.key}", "summary": f"{kind.label}：按本系统编号读取", "parameters": [_KEY, _NONE_MATCH],
                "responses": {"200": tagged, "304": _UNCHANGED, **_problems("not_found")},
            },
            "put": {
                "tags": tags, "operationId": f"put-{kind.key}", "summary": f"{kind.label}：按本系统编号写入；重发同样内容不产生变化",
                "parameters": [_KEY, _MATCH], "requestBody": {"required": True, "content": {"application/json": {"schema": values}}},
                "responses": {
                    "200": _answer("已更改或没有变化", _written(), ETag="记录的版本"), "201": _answer("已新增", _written(), ETag="记录的版本"),
                    **_problems("bad_json", "not_json", "too_large", "not_found", "key_conflict", "version_changed"),
                },
            },
        },
        f"{path}/batch": {"post": {
            "tags": tags, "operationId": f"batch-{kind.key}", "summary": f"{kind.label}：一次写入至多 {upserts.MOST_ROWS} 条，逐条答复",
            "requestBody": {"required": True, "content": {"application/json": {"schema": _batch(values)}}},
            "responses": {"207": _answer("逐条结果，次序同请求", _results()), **_problems("bad_json", "not_json", "too_large", "key_conflict")},
        }},
    }  # fmt: skip


def _written() -> dict[str, Any]:
    return {
        "type": "object", "required": ["key", "outcome", "id"],
        "properties": {"key": {"type": "string"}, "outcome": {"enum": ["created", "changed", "same"]}, "id": {"type": "integer"}},
    }  # fmt: skip


def _batch(values: dict[str, Any]) -> dict[str, Any]:
    row = {
        "type": "object", "required": ["key", "values"],
        "properties": {"key": {"type": "string", "minLength": 1, "maxLength": upserts.LONGEST_KEY}, "values": values},
    }  # fmt: skip
    return {
        "type": "object", "required": ["rows"], "additionalProperties": False,
        "properties": {"rows": {"type": "array", "minItems": 1, "maxItems": upserts.MOST_ROWS, "items": row}},
    }  # fmt: skip


def _results() -> dict[str, Any]:
    counts = {name: {"type": "integer"} for name in ("created", "changed", "same", "wrong")}
    return {
        "type": "object", "required": ["counts", "results"],
        "properties": {
            "counts": {"type": "object", "required": list(counts), "properties": counts},
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
        },
    }  # fmt: skip


def document(kinds: Sequence[RecordKind]) -> dict[str, Any]:
    """The whole document, the same for the same declarations."""
    root = {
        "type": "object", "required": ["unit", "name", "may_write", "expires_on", "kinds"],
        "properties": {
            "unit": {"type": "string"}, "name": {"type": "string"}, "may_write": {"type": "boolean"},
            "expires_on": {"type": "string", "format": "date"},
            "kinds": {"type": "array", "items": {"type": "object", "required": ["key", "label"]}},
        },
    }  # fmt: skip
    paths: dict[str, Any] = {
        "/api/v1/": {"get": {
            "tags": ["令牌"], "operationId": "root", "summary": "令牌的单位、范围和有效期",
            "responses": {"200": _answer("令牌", root), **_problems()},
        }}
    }  # fmt: skip
    schemas = _shared()
    for kind in kinds:
        paths |= _paths(kind)
        schemas |= {f"{kind.key}.values": _values(kind), f"{kind.key}.record": _record(kind)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "市场监管联席会议平台接口", "version": "1",
            "description": "凭单位的令牌（Authorization: Bearer …）读写。记录以发送系统自己的编号为准，重发不产生变化；到达本平台的时间为收到时间；缺少必填内容的编号不算。",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }  # fmt: skip
