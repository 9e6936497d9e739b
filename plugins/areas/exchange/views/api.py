"""HTTP 接口: records of the token's kinds, read in pages and as changes, written by the sender's own numbers."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from flask import Response, request

from portal.toolkit import Kept, RecordKind, audit, record_reading, registry, transaction

from .. import openapi, upserts
from ..api_answers import Problem, answer, errors_of, problem, served
from ..tokens import TokenViewer
from . import blueprint

_MOST, _USUAL = 1000, 100
_LARGEST = 2**63 - 1


def _kind(viewer: TokenViewer, key: str, *, write: bool = False) -> RecordKind:
    kind = registry().record_kinds.get(key)
    if kind is None:
        raise Problem("not_found", f"没有“{key[:60]}”这类记录")
    if key not in viewer.token.kinds:
        raise Problem("out_of_scope", f"令牌不含“{kind.label}”")
    if write and not viewer.token.may_write:
        raise Problem("out_of_scope", "令牌只能读取")
    if not viewer.can(kind.write_permission if write else kind.read_permission):
        raise Problem("out_of_scope", f"不能{'写入' if write else '读取'}“{kind.label}”")
    return kind


def _number(name: str, usual: int, most: int, least: int = 0) -> int:
    text = request.args.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or not least <= int(text) <= most:
        raise Problem("bad_parameter", f"参数 {name} 应为 {least} 至 {most} 的整数")
    return int(text)


def _parameters(*allowed: str) -> None:
    unknown = sorted(set(request.args) - set(allowed))
    if unknown:
        raise Problem("bad_parameter", f"没有这样的参数：{'、'.join(unknown)[:200]}")
    twice = sorted(name for name in request.args if len(request.args.getlist(name)) > 1)
    if twice:
        raise Problem("bad_parameter", f"参数重复：{'、'.join(twice)[:200]}")


def _body() -> Any:
    if request.mimetype != "application/json":
        raise Problem("not_json")
    try:
        return json.loads(request.get_data(), parse_constant=_no_number)
    except RecursionError:
        raise Problem("bad_json", "嵌套太深") from None
    except ValueError as error:
        raise Problem("bad_json", f"第 {error.lineno} 行第 {error.colno} 列附近" if isinstance(error, json.JSONDecodeError) else "") from None


def _no_number(word: str) -> Any:
    raise ValueError(word)


def shown(kind: RecordKind, kept: Kept) -> dict[str, Any]:
    """A record as the API gives it."""
    values = {f.key: record_reading.json_value(f, kept.values.get(f.key)) for f in kind.outgoing()}
    return {"id": kept.id, "version": kept.version, "values": values}


def _etag(kind: RecordKind, kept: Kept) -> str:
    return f'"{kind.key}-{kept.id}-{kept.version}"'


def _one(viewer: TokenViewer, kind: RecordKind, record_id: int | None) -> Kept:
    found = kind.fetch(viewer, [record_id]) if record_id is not None and record_id <= _LARGEST else []
    if not found:
        raise Problem("not_found")
    return found[0]


@blueprint.get("/api/v1/")
@served
def api_root(viewer: TokenViewer) -> Response:
    _parameters()
    kinds = [
        {"key": kind.key, "label": kind.label} for kind in registry().record_kinds.values() if kind.key in viewer.token.kinds
    ]
    return answer(
        {"unit": viewer.unit, "name": viewer.token.name, "may_write": viewer.token.may_write,
         "expires_on": viewer.token.expires_on.isoformat(), "kinds": kinds}
    )  # fmt: skip


@blueprint.get("/api/v1/openapi.json")
@served
def api_document(viewer: TokenViewer) -> Response:
    return answer(openapi.document(list(registry().record_kinds.values())))


@blueprint.get("/api/v1/<kind_key>")
@served
def api_list(viewer: TokenViewer, kind_key: str) -> Response:
    kind = _kind(viewer, kind_key)
    _parameters("cursor", "limit", *kind.filters)
    after, limit = _number("cursor", 0, _LARGEST), _number("limit", _USUAL, _MOST, 1)
    filters = _filters(kind)
    rows = list(islice(kind.rows(viewer, filters, after), limit + 1))
    if not after:
        audit.record_alone("接口读取", "exchange_api", kind.key, note=json.dumps(filters, ensure_ascii=False))
    more = len(rows) > limit
    return answer(
        {"items": [shown(kind, kept) for kept in rows[:limit]], "next": str(rows[limit - 1].id) if more else None}
    )


def _filters(kind: RecordKind) -> dict[str, str]:
    found = {name: request.args.get(name, "")[:200] for name in kind.filters}
    for name, value in found.items():
        choices = kind.field(name).choices
        if value and choices and value not in choices:
            raise Problem("bad_parameter", f"参数 {name} 应为{'、'.join(choices)}之一")
    return found


@blueprint.get("/api/v1/<kind_key>/changes")
@served
def api_changes(viewer: TokenViewer, kind_key: str) -> Response:
    kind = _kind(viewer, kind_key)
    _parameters("since", "limit")
    since, limit = _number("since", 0, _LARGEST), _number("limit", _USUAL, _MOST, 1)
    found = kind.changes(viewer, since, limit)
    items = [{"number": number, "record": shown(kind, kept)} for number, kept in found]
    return answer({"items": items, "since": found[-1][0] if found else since})


@blueprint.get("/api/v1/<kind_key>/<int:record_id>")
@served
def api_one(viewer: TokenViewer, kind_key: str, record_id: int) -> Response:
    kind = _kind(viewer, kind_key)
    _parameters()
    return _tagged(kind, _one(viewer, kind, record_id))


def _tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in request.headers.get(header, "").split(",")}


def _tagged(kind: RecordKind, kept: Kept) -> Response:
    etag = _etag(kind, kept)
    if {etag, "*"} & _tags("If-None-Match"):
        return Response(status=304, headers={"ETag": etag})
    return answer(shown(kind, kept), ETag=etag)


@blueprint.get("/api/v1/<kind_key>/by-key/<key>")
@served
def api_by_key(viewer: TokenViewer, kind_key: str, key: str) -> Response:
    kind = _kind(viewer, kind_key)
    _parameters()
    return _tagged(kind, _one(viewer, kind, upserts.record_of(viewer, kind, key)))


@blueprint.put("/api/v1/<kind_key>/by-key/<key>")
@served
def api_put(viewer: TokenViewer, kind_key: str, key: str) -> Response:
    kind = _kind(viewer, kind_key, write=True)
    _parameters()
    sent = _body()
    with transaction():
        # In one transaction with the write: of two that read the same version, one is told.
        audit.in_order()
        if "If-Match" in request.headers:
            _expect_version(viewer, kind, upserts.record_of(viewer, kind, key))
        (done,) = upserts.store(viewer, kind, [(key, sent)])
    if not done.outcome:
        return problem(Problem("key_conflict" if done.conflict else "invalid", "", errors_of(done.problems)))
    seen = kind.fetch(viewer, [done.record])
    tag = {"ETag": _etag(kind, seen[0])} if seen else {}
    return answer({"key": key, "outcome": done.outcome, "id": done.record}, done.status, **tag)


def _expect_version(viewer: TokenViewer, kind: RecordKind, record: int | None) -> None:
    seen = kind.fetch(viewer, [record]) if record is not None else []
    if not seen or not {_etag(kind, seen[0]), "*"} & _tags("If-Match"):
        raise Problem("version_changed")


@blueprint.post("/api/v1/<kind_key>/batch")
@served
def api_batch(viewer: TokenViewer, kind_key: str) -> Response:
    kind = _kind(viewer, kind_key, write=True)
    _parameters()
    sent = _body()
    rows = sent.get("rows") if isinstance(sent, dict) and set(sent) == {"rows"} else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= upserts.MOST_ROWS:
        raise Problem("invalid", f"请求体应为 {{\"rows\": [...]}}，一次 1 至 {upserts.MOST_ROWS} 行")
    pairs = [(row.get("key"), row.get("values")) if isinstance(row, dict) else (None, None) for row in rows]
    done = upserts.store(viewer, kind, pairs)
    results = [
        {"key": one.key, "status": one.status, "outcome": one.outcome or None, "id": one.record, "errors": errors_of(one.problems)}
        for one in done
    ]
    counts = {name: sum(one.outcome == name for one in done) for name in ("created", "changed", "same")}
    return answer({"counts": counts | {"wrong": sum(not one.outcome for one in done)}, "results": results}, 207)
