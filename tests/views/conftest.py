"""The stage of the page tests: a fresh application, its cast, a browser for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal import clock
from portal.clock import HandClock
from portal.database import database
from portal.users import User
from tests import cast as stage


@pytest.fixture
def hand() -> Iterator[HandClock]:
    """The clock stands at 10:00 on Friday, 2026-09-25 until the test sets it."""
    with clock.using(HandClock(stage.NOW)) as made:
        yield made


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with calendar, units and cast, made once and copied for every test."""
    folder = tmp_path_factory.mktemp("stage")
    with clock.using(HandClock(stage.NOW)):
        made = stage.make_app(folder)
        stage.cast(made)
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        stage.close(made)
    return folder / "portal.db"


@pytest.fixture
def app(tmp_path: Path, prepared: Path, hand: HandClock) -> Iterator[Flask]:
    made = stage.make_app(tmp_path, copy_of=prepared)
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
