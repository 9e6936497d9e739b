"""What the exchange's tests stand on: a token of the pushing unit, an API caller, a served portal."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from werkzeug.serving import make_server

from plugins.areas.exchange import api_answers, rates, tokens
from portal import units


@pytest.fixture
def unit(app) -> str:
    """The unit that pushes registrations."""
    return units.holder("registrar").key


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_answers, "limits", rates.RateLimit())
    monkeypatch.setattr(rates, "present_minute", lambda: 29_000_000)


@pytest.fixture
def token(unit: str) -> str:
    return tokens.create(unit, "审批平台", ["registrations"], True, date(2026, 12, 31))[1]


class Caller:
    """Another system that asks the API with a token."""

    def __init__(self, app: Any, token: str) -> None:
        self.client, self.token = app.test_client(), token

    def ask(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        """The answer; ``content`` is sent as JSON, bytes as they are."""
        body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return contextvars.Context().run(self.client.open, "/api/v1/" + path, method=method, data=body, headers=sent)


@pytest.fixture
def caller(app, token: str) -> Caller:
    return Caller(app, token)


@pytest.fixture
def as_system(app) -> Callable[..., Caller]:
    """A caller with another token."""

    def made(unit: str, *, kinds: tuple[str, ...] = ("registrations",), may_write: bool = True) -> Caller:
        return Caller(app, tokens.create(unit, "别的系统", list(kinds), may_write, date(2026, 12, 31))[1])

    return made


@pytest.fixture
def served(app) -> Iterator[str]:
    """The portal behind a real socket; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=contextvars.Context().run, args=(server.serve_forever,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
