"""The N-th statement fails, for N = 1, 2, … until the act gets through: after each failure everything is as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import peewee
import pytest
from flask import Flask

from plugins.areas.exchange import imports
from plugins.areas.exchange.models import ImportRun
from plugins.areas.licensing import claims
from portal import audit, clock, score_acts, scores
from portal.database import database, transaction
from portal.plugging import registry
from portal.workdays import Quarter
from tests.areas.licensing import register
from tests.test_jobs_real import sent

QUARTER = Quarter(2026, 3)


class Failing:
    """Lets the database's statements through until the N-th, which fails as a broken disk would."""

    def __init__(self) -> None:
        self.left, self.execute = 0, database.obj.execute_sql

    def __call__(self, sql: str, *rest, **more):
        # Undoing must work: it is what the failure is followed by.
        if not sql.startswith("ROLLBACK"):
            self.left -= 1
            if self.left == 0:
                raise peewee.OperationalError("disk I/O error")
        return self.execute(sql, *rest, **more)


def everything() -> dict[str, list[tuple]]:
    """Every row of every table of the portal, in order."""
    tables = [model._meta.table_name for schema in registry().schemas for model in schema.models]
    return {
        table: sorted(map(repr, database.execute_sql(f'SELECT * FROM "{table}"').fetchall())) for table in (*tables, "task")
    }


def fail_everywhere(act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run ``act`` with its first, second, … statement failing; returns at which number it got through."""
    before, failing = everything(), Failing()
    for number in range(1, 2000):
        failing.left = number
        with monkeypatch.context() as patch:
            patch.setattr(database.obj, "execute_sql", failing)
            try:
                # As a form does it: one transaction around the whole act.
                with transaction():
                    act()
            except peewee.OperationalError as error:
                assert str(error) == "disk I/O error"
            else:
                return number
        assert database.transaction_depth() == 0
        assert everything() == before, f"statement {number}"
        assert audit.verify().broken is None
    raise AssertionError("the act never got through")


@pytest.fixture
def registrar(app: Flask, people) -> Iterator[None]:
    with audit.acting(people["shenpi-jingban"].as_actor(channel="web")):
        yield


def test_a_batch_of_an_import(app: Flask, registrar, monkeypatch) -> None:
    run = sent(3)
    assert fail_everywhere(lambda: imports.take(run.id, "approval"), monkeypatch) > 50
    kept = ImportRun.get_by_id(run.id)
    assert (kept.state, kept.taken_created, kept.refused) == ("done", 3, 0)


def test_a_claim(app: Flask, registrar, people, monkeypatch) -> None:
    rows = register.pushed()
    unit = rows[0].unit
    ids = [row.id for row in rows if row.unit == unit]
    assert fail_everywhere(lambda: claims.claim_rows(unit, ids), monkeypatch) > 3
    assert claims.claim_rows(unit, ids) == (0, len(ids))


def test_the_freeze_of_a_quarter(app: Flask, hand, people, monkeypatch) -> None:
    hand.set(clock.at(date(2026, 10, 20), 9))
    score_acts.enter_stage(QUARTER, "review")
    assert fail_everywhere(lambda: score_acts.freeze(QUARTER), monkeypatch) > 8
    frozen = scores.frozen_of(QUARTER)
    assert frozen is not None and frozen.revision == 1


def test_the_start_of_a_job_with_the_act_that_asks_for_it(app: Flask, registrar, monkeypatch) -> None:
    assert fail_everywhere(lambda: sent(900), monkeypatch) > 5
    assert ImportRun.select().count() == 1
