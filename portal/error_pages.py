"""What a person reads when something is refused or fails: Chinese, without a stack, with a number to report."""

from __future__ import annotations

import logging
from typing import Any

import peewee
from flask import Flask, Response, current_app, g, jsonify, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.database import StorageError, database
from portal.pages import page
from portal.refusals import Refused

log = logging.getLogger("portal")
#: status → (code, title) of the answers of the API's routes that are given before or beside its views.
API_PROBLEMS = {
    400: ("bad_request", "请求格式不对"),
    403: ("foreign_site", "请求来自别的网站"),
    404: ("not_found", "没有这个地址"),
    405: ("method_not_allowed", "这个地址不接受这种方法"),
    413: ("too_large", "请求体太大，请分批发送"),
    422: ("invalid", "内容不符合规则"),
    500: ("failed", "平台出错，已记录"),
    503: ("unavailable", "平台正忙，稍后重试"),
}
_PAGES = {403, 404, 405, 409, 413, 422, 500, 503}


def answer(status: int, message: str = "") -> Response:
    """The error page of ``status``; for a route of the API a problem document (RFC 9457)."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "is_api", False) or request.path.startswith("/api/"):
        code, title = API_PROBLEMS.get(status, ("bad_request", "请求没有被接受"))
        response = jsonify({"type": f"urn:portal:problem:{code}", "status": status, "code": code, "title": title, "detail": message or title})
        response.status_code = status
        response.content_type = "application/problem+json"
        return response
    shown = status if status in _PAGES else (422 if status < 500 else 500)
    return page(f"errors/{shown}.html", status=status, message=message or None, request_id=g.get("request_id"))


def storage_words(error: BaseException) -> str:
    """What a failed write means to the person, from the database's own first error."""
    text = str(error).lower()
    if "disk is full" in text or "no space left" in text or "disk full" in text:
        return "服务器磁盘已满，这次操作没有保存，也没有留下一半；请通知系统管理员后重试"
    if "locked" in text or "deadlock" in text or "lock timeout" in text:
        return "数据库正忙，这次操作没有保存，请稍后重试"
    if "readonly" in text or "read-only" in text:
        return "数据库暂时只读，这次操作没有保存，请稍后重试"
    if "disk i/o error" in text:
        return "服务器磁盘读写出错，这次操作没有保存；请立即通知系统管理员"
    return "数据库暂时连不上，这次操作没有保存，请稍后重试"


def install(app: Flask) -> None:
    """Register the handlers on ``app``."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return answer(error.status, str(error))

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        return answer(403, "页面的安全校验已过期，请返回刷新后重新提交")

    @app.errorhandler(peewee.IntegrityError)
    def taken(error: peewee.IntegrityError) -> Any:
        """Somebody else entered the same a moment ago; any other broken rule is a fault of the program."""
        if "unique" not in str(error).lower():
            return failed(error)
        log.warning("two at once, request %s: %s", g.get("request_id"), error)
        return answer(409, "同样的内容刚刚已由别人提交，请刷新页面查看")

    @app.errorhandler(peewee.OperationalError)
    @app.errorhandler(peewee.InterfaceError)
    @app.errorhandler(StorageError)
    def storage(error: Exception) -> Response:
        log.error("storage failed, request %s: %s", g.get("request_id"), error)
        if not database.is_closed() and database.transaction_depth() == 0:
            database.close()
        # Neither the page's head nor Flask-Login may ask the database again.
        g.storage_failed = True
        g._login_user = current_app.login_manager.anonymous_user()
        response = answer(503, storage_words(error))
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code is not None and error.code < 400:
            return error
        response = answer(error.code or 500)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if current_app.testing and current_app.config.get("RAISE_ERRORS", True):
            raise error
        log.exception("request %s failed", g.get("request_id"))
        return answer(500)
