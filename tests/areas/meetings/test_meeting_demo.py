"""The demonstration's joint meeting, built by the area alone: what a visitor finds."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from flask import Flask

import plugins.units
from plugins.areas import meetings as area
from plugins.areas.meetings.models import Delivery, MaterialDue, Meeting, Minutes, Opinion, Seat, Urge
from portal import app as application
from portal import clock, obligations
from portal.database import database, ready_connection
from portal.demonstration import build
from portal.workdays import Quarter


@pytest.fixture
def shown(tmp_path, fonts) -> Iterator[Flask]:
    """A portal with the fourteen units and this area, at the demonstration's moment."""
    units = [
        (f"units.{found.name}", importlib.import_module(f"plugins.units.{found.name}"))
        for found in pkgutil.iter_modules(plugins.units.__path__)
    ]
    given = {
        "TESTING": True,
        "SECRET_KEY": "for tests only",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/d.db",
    }
    made = application.create_app(given, plugins=[*units, ("areas.meetings", area)], ready=False)
    with made.app_context():
        ready_connection()
        application.migrate(made)
        build(Quarter(2026, 3), clock.parse("2026-09-25T10:00"))
        yield made
        database.close()


def test_a_visitor_finds_every_kind_of_work(shown):
    kinds = [(one.kind, one.state) for one in Meeting.select().order_by(Meeting.starts_at)]
    assert kinds == [("all", "held"), ("some", "held"), ("liaison", "held"), ("all", "convened")]
    found = {one.state: one.number for one in Minutes.select()}
    assert found == {"issued": "〔2026〕1号", "drafting": "", "consulting": ""}
    assert Minutes.get(Minutes.state == "issued").paper.pages == 3
    assert Delivery.select().where(Delivery.read_at.is_null(False)).count() > 5
    assert Opinion.select().where(Opinion.state == "commented").count() == 1
    late = [row for row in MaterialDue.select() if row.sent_at and row.sent_at.date() > row.request.due]
    missing = [row for row in MaterialDue.select() if row.sent_at is None]
    assert late and missing
    assert sorted(one.state for one in Urge.select()) == ["answered", "open"]
    assert Seat.select().where(Seat.role == "member").count() == 14
    assert (
        obligations.Obligation.select().where(obligations.Obligation.state == obligations.MISSED).count() == 3
    )
