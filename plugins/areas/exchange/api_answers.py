"""How the API answers: JSON, problem documents in Chinese with codes (RFC 9457), limits on how often it is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, g, request

from portal.toolkit import NotAllowed, Refused, api, audit, record_reading, settings

from . import rates, tokens

#: code → (status, title): every problem that the API documents.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad_json": (400, "请求体不是有效的 JSON"),
    "bad_request": (400, "请求格式不对"),
    "bad_parameter": (400, "查询参数不对"),
    "token_invalid": (401, "没有令牌，或者令牌无效、已到期、已作废"),
    "out_of_scope": (403, "令牌没有这项权限"),
    "foreign_site": (403, "请求来自别的网站"),
    "not_found": (404, "没有这条记录，或者无权查看"),
    "method_not_allowed": (405, "这个地址不接受这种方法"),
    "key_conflict": (409, "这个编号已用于另一条记录"),
    "version_changed": (412, "记录已被别人改过"),
    "not_json": (415, "请求体应为 application/json"),
    "invalid": (422, "内容不符合规则"),
    "too_large": (413, "请求体太大，请分批发送"),
    "too_many_requests": (429, "请求过于频繁"),
    "failed": (500, "平台出错，已记录"),
    "unavailable": (503, "平台正忙，稍后重试"),
}
#: Wrong tokens from one address in a minute before it must wait.
_WRONG_TOKENS = 30


class Problem(Exception):
    """A documented answer that is no success; ``errors`` names fields with value and rule."""

    def __init__(self, code: str, detail: str = "", errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors = code, detail, errors or []


limits = rates.RateLimit()


def _spend(caller: str, most: int) -> None:
    if not limits.spend(caller, most):
        raise Problem("too_many_requests", f"每分钟最多 {most} 次，请稍后再试")


def _json(content: Any) -> bytes:
    # Chinese as it is, for whoever reads along; half of a surrogate pair, sent back as wrong, cannot be written.
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def answer(content: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer."""
    response = Response(_json(content), status, mimetype="application/json")
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def problem(found: Problem) -> Response:
    """A problem document."""
    status, title = PROBLEMS[found.code]
    content: dict[str, Any] = {"type": f"urn:portal:problem:{found.code}", "title": title, "status": status, "code": found.code}
    if found.detail:
        content["detail"] = found.detail
    if found.errors:
        content["errors"] = found.errors
    response = Response(_json(content), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        response.headers["Retry-After"] = str(60 - int(time.time() % 60))
    return response


def errors_of(found: list[record_reading.FieldProblem]) -> list[dict[str, Any]]:
    """Problems of fields as the API tells them."""
    return [
        {
            "field": p.field, "value": None if p.value is None else str(p.value)[:200], "rule": p.rule,
            "suggestion": p.suggestion or None,
        }
        for p in found
    ]  # fmt: skip


def _caller() -> tokens.TokenViewer:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        _spend(f"address:{request.remote_addr}", _WRONG_TOKENS)
        raise Problem("token_invalid")
    _spend(found.account, settings.value("exchange.requests_per_minute"))
    return found


def served(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view of the API: called with the token's viewer first; every refusal becomes a problem document."""

    @api("exchange.token")
    @wraps(view)
    def answered(**arguments: Any) -> Response:
        try:
            viewer = _caller()
            audit.act_as(viewer.as_actor(request.remote_addr or "", g.get("request_id", "")))
            return view(viewer, **arguments)
        except Problem as found:
            return problem(found)
        except NotAllowed as refused:
            return problem(Problem("out_of_scope", str(refused)))
        except Refused as refused:
            code = {404: "not_found", 409: "key_conflict"}.get(refused.status, "invalid")
            return problem(Problem(code, str(refused), errors_of(record_reading.problems_of(refused, {}))))

    return answered
