"""The demonstration: verified draws, joint ones among them, checks at every stage, the same again from the same seed."""

from __future__ import annotations

from datetime import date, timedelta

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import runs, scoring_facts
from plugins.areas.inspections.check_models import Draw, DrawResult, SpotCheck
from plugins.areas.inspections.models import CheckTask
from portal import clock, subjects
from portal.app import create_app, migrate
from portal.database import ready_connection
from portal.demonstration import build
from portal.hookspecs import hookimpl
from portal.obligations import Obligation
from portal.plugging import registry
from portal.workdays import Quarter

END = clock.at(date(2026, 9, 25), 10)


class Stock:
    """Firms for the case that no other area registers any."""

    @hookimpl
    def demonstrate(self, zone):
        def register() -> None:
            for _ in range(400):
                made = zone.firms.make(date(2026, 1, 4) - timedelta(days=zone.random.randrange(1, 400)))
                subjects.register(made, unit="approval", source="演示")

        zone.schedule(clock.at(date(2026, 1, 4), 9), zone.people[("approval", "officer")][0], register)


def _built(folder) -> list[str]:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "x",
            "DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/portal.db",
        },
        ready=False,
    )
    with app.app_context():
        ready_connection()
        migrate(app)
        registry().manager.register(Stock(), "areas.aa")
        build(Quarter(2026, 3), END, subjects=100)
        draws = [
            (result.draw, runs.bundle_of(result)) for result in DrawResult.select().order_by(DrawResult.id)
        ]
        assert all(verifiable.verify_bundle(bundle, draw.digest).ok for draw, bundle in draws)
        kinds = {draw.task.joint for draw, _ in draws}
        assert (
            kinds == {True, False}
            and len(draws) >= 8
            and not Draw.select().where(Draw.state == "void").exists()
        )
        states = {state for (state,) in SpotCheck.select(SpotCheck.state).distinct().tuples()}
        assert {"pending", "published"} <= states
        owed = Obligation.select().where(Obligation.kind == "check_result")
        assert (
            owed.where(Obligation.fulfilled_on > Obligation.deadline).exists()
            or owed.where(Obligation.deadline < END.date(), Obligation.state == "open").exists()
        )
        facts = scoring_facts.of_all(Quarter(2026, 3))
        assert any(of["joint_check"]["task"] for of in facts.values()) and any(
            of["single_check"]["finished"] for of in facts.values()
        )
        assert CheckTask.select().where(CheckTask.joint == True).count() == 2  # noqa: E712
        return [draw.digest for draw, _ in draws]


def test_the_same_seed_makes_the_same_verified_draws(tmp_path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir(), second.mkdir()
    assert _built(first) == _built(second)
