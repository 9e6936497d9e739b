"""接口: the unit's tokens, and the readable page of the API's document."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flask import Response, redirect, request, send_file, session, url_for
from flask_login import current_user

from portal.toolkit import RecordKind, Refused, act, clock, page, registry, requires, settings

from .. import client, examples, openapi, tokens, upserts
from ..api_answers import PROBLEMS, answer
from . import blueprint
from .imports import kinds_of

_FRESH = "fresh-token"


def _index(errors: dict[str, str] | None = None, fresh: str = "") -> Response:
    kinds = [(kind.key, kind.label) for kind in registry().record_kinds.values()]
    labels = dict(kinds)
    typed = request.form
    return page(
        "exchange/tokens.html", status=422 if errors else 200, errors=errors or {}, fresh=fresh, kinds=kinds,
        rows=[(token, "、".join(labels.get(key, key) for key in token.kinds), state) for token, state in tokens.of_unit(current_user.unit)],
        typed={"name": typed.get("name", ""), "kinds": typed.getlist("kinds"), "may_write": typed.get("may_write"), "expires_on": typed.get("expires_on", "")},
    )  # fmt: skip


@blueprint.get("/exchange/tokens/", endpoint="tokens")
@requires("exchange.token")
def index() -> Response:
    return _index(fresh=session.pop(_FRESH, ""))


@blueprint.post("/exchange/tokens/")
@act("exchange.token", proof="recent")
def token_create() -> Response:
    try:
        expires_on = date.fromisoformat(request.form.get("expires_on", ""))
    except ValueError:
        expires_on = clock.today()
    try:
        _, text = tokens.create(
            current_user.unit, request.form.get("name", ""), request.form.getlist("kinds"),
            request.form.get("may_write") == "1", expires_on,
        )  # fmt: skip
    except Refused as refusal:
        return _index(refusal.fields)
    # In the person's own cookie and taken out when it is shown: what keeps answers or flashes must not keep the token.
    session[_FRESH] = text
    return redirect(url_for("exchange.tokens"), 303)


@blueprint.post("/exchange/tokens/<int:token_id>/revoke")
@act("exchange.token")
def token_revoke(token_id: int) -> Response:
    tokens.revoke(token_id, current_user.unit)
    return redirect(url_for("exchange.tokens"), 303)


def _parameters(operation: dict) -> list[tuple[str, str, str]]:
    places = {"query": "查询参数", "path": "路径", "header": "请求头"}
    return [(p["name"], places[p["in"]], p.get("description", "")) for p in operation.get("parameters", ())]


def _operations(paths: dict, kind: RecordKind) -> list[tuple[str, str, str, list, list]]:
    """The calls of one kind: method, path, what it does, parameters, answers."""
    start = f"/api/v1/{kind.key}"
    return [
        (method.upper(), path, operation["summary"].partition("：")[2], _parameters(operation),
         [(status, told["description"]) for status, told in operation["responses"].items()])
        for path, methods in paths.items() if path == start or path.startswith(f"{start}/")
        for method, operation in methods.items()
    ]  # fmt: skip


def _fields(kind: RecordKind) -> list[tuple[str, str, str, str, str, str]]:
    ways = {"in": "写入", "out": "读取"}
    return [(f.key, f.label, openapi.words_of(f), "必填" if f.required else "", ways.get(f.way, "读写"), f.standard) for f in kind.fields]


@blueprint.get("/exchange/api/", endpoint="api_page")
@requires("exchange.view")
def api_page() -> Response:
    kinds = list(registry().record_kinds.values())
    paths = openapi.document(kinds)["paths"]
    # The register before all else, for the unit that sends it; then what the viewer's unit sends.
    mine = sorted(kinds_of(current_user), key=lambda kind: kind.key != "registrations")
    shown = [*mine, *kinds][0]
    base = request.host_url.rstrip("/") + request.script_root
    return page(
        "exchange/api.html", base=base, calls=examples.calls(base, shown), example_of=shown,
        kinds=[(kind, _fields(kind), examples.body_of(kind), _operations(paths, kind)) for kind in kinds],
        problems=[(status, code, title) for code, (status, title) in PROBLEMS.items()], most=upserts.MOST_ROWS,
        per_minute=settings.value("exchange.requests_per_minute"), may_make=current_user.can("exchange.token"),
    )  # fmt: skip


@blueprint.get("/exchange/openapi.json")
@requires("exchange.view")
def api_file() -> Response:
    return answer(openapi.document(list(registry().record_kinds.values())))


@blueprint.get("/exchange/client.py")
@requires("exchange.view")
def api_client() -> Response:
    """The example client, to copy into the other system."""
    return send_file(Path(client.__file__), "text/x-python", as_attachment=True, download_name="client.py")
