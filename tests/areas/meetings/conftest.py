"""The documents' fonts for the tests of the joint meeting."""

from __future__ import annotations

import pytest

from portal import clock
from tests.cast import Browser
from tests.pdf_pages import document_fonts


@pytest.fixture(autouse=True)
def fonts(monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder with the Fandol faces, set as an operator would set it."""
    folder = str(document_fonts().faces[0].path.parent)
    monkeypatch.setenv("PORTAL_FONT_DIR", folder)
    return folder


class Staff:
    """Browsers of the people of a meeting; when the clock moves on, whoever was signed in signs in again."""

    def __init__(self, as_person, hand) -> None:
        self._as_person, self._hand = as_person, hand
        self._open: dict[str, Browser] = {}

    def __getitem__(self, account: str) -> Browser:
        if account not in self._open:
            self._open[account] = self._as_person(account)
        return self._open[account]

    office = property(lambda self: self["bangongshi"])
    convenor = property(lambda self: self["zhaojiren"])
    deputy = property(lambda self: self["fuzhaojiren"])
    zone_office = property(lambda self: self["quguanban"])
    police = property(lambda self: self["gongan-jingban"])

    def at(self, moment: str) -> None:
        """Let it be ``moment`` (ISO, Shanghai)."""
        self._hand.set(clock.parse(moment))
        for account, browser in self._open.items():
            browser.sign_in(account)


@pytest.fixture
def staff(as_person, hand) -> Staff:
    return Staff(as_person, hand)
