"""The stage of the tests: a fresh application on each database, its cast, a browser for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import hypothesis
import pytest
from flask import Flask

from portal import clock
from portal.clock import HandClock
from portal.users import User
from tests import cast as stage

# Examples are generated on whatever machine there is: being slow is no failure of a rule.
hypothesis.settings.register_profile("any machine", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)
hypothesis.settings.load_profile("any machine")

#: A test that takes one of these works on a database, and so runs on both.
STAGED = {"app", "people", "as_person", "store"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-routes", action="store_true", help="write tests/house/routes.txt from the code")
    parser.addoption("--database", choices=("both", "sqlite", "postgresql"), default="both", help="the databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test on a database runs on SQLite and on a real PostgreSQL; a browser's pages are the same on both."""
    if not STAGED & set(metafunc.fixturenames):
        return
    chosen = metafunc.config.getoption("--database")
    names = ["sqlite", "postgresql"] if chosen == "both" else [chosen]
    if metafunc.definition.get_closest_marker("browser") and chosen == "both":
        names = ["sqlite"]
    metafunc.parametrize("backend", names, indirect=True)


@pytest.fixture(autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of the running test."""
    name = getattr(request, "param", "sqlite")
    monkeypatch.setattr(stage, "BACKEND", name)
    return name


@pytest.fixture
def hand() -> Iterator[HandClock]:
    """The clock stands at 10:00 on 2026-09-25 (中秋, a day off) until the test sets it."""
    with clock.using(HandClock(stage.NOW)) as made:
        yield made


@pytest.fixture
def app(tmp_path, backend: str, hand: HandClock) -> Iterator[Flask]:
    made = stage.make_app(tmp_path)
    yield made
    stage.close(made)


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    return stage.cast(app)


@pytest.fixture
def as_person(app: Flask, people: dict[str, User]) -> Callable[[str], stage.Browser]:
    """A browser in which the named account is signed in."""

    def sign_in(account: str) -> stage.Browser:
        browser = stage.Browser(app)
        answer = browser.sign_in(account)
        assert answer.status_code == 200 and people[account].name in answer.get_data(as_text=True)
        return browser

    return sign_in
