"""The stage of the page tests: a fresh application, its cast, a browser for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal import clock
from portal.clock import HandClock
from portal.users import User
from tests import cast as stage


@pytest.fixture
def hand() -> Iterator[HandClock]:
    """The clock stands at 10:00 on Friday, 2026-09-25 until the test sets it."""
    with clock.using(HandClock(stage.NOW)) as made:
        yield made


@pytest.fixture
def app(tmp_path, hand: HandClock) -> Iterator[Flask]:
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
