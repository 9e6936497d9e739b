"""Small draws for the tests: sealed lists, announcement, reveals and bundle, all from one random number."""

import json
import random
from dataclasses import dataclass

from plugins.areas.inspections.draw import Result, commitment, draw, make_announce, make_bundle
from tests.areas.inspections import independent_checker

UNITS = {"消防救援大队": "XF-01", "市场监管局": "SC-07"}


@dataclass
class Case:
    """Everything a draw is made of."""

    announce: dict
    library: list
    inspectors: list
    conflicts: list
    reveals: dict
    public_value: str

    def inputs(self) -> tuple:
        return (
            self.announce,
            self.library,
            self.inspectors,
            self.conflicts,
            self.reveals,
            self.public_value,
        )

    def result(self) -> Result:
        return draw(*self.inputs())

    def bundle(self) -> bytes:
        return make_bundle(*self.inputs(), self.result())


def objects(count: int, strata: str = "AB", weights: tuple = (1, 1, 2, 4)) -> list:
    """Library rows spread over the strata and weights in turn."""
    return [
        {
            "id": f"9132069{n:04d}",
            "stratum": strata[n % len(strata)],
            "w": weights[n % len(weights)],
            "name": f"南通第{n}酒店",
        }
        for n in range(count)
    ]


def roster(per_unit: int, units: dict = UNITS) -> list:
    """Inspectors of each unit, all holding its item with a certificate that lasts."""
    return [
        {
            "id": f"{unit.removeprefix('单')[:2]}{n:02d}",
            "unit": unit,
            "items": [item, "其他"],
            "valid_to": "2027-12-31",
        }
        for unit, item in units.items()
        for n in range(per_unit)
    ]


def terms(draw_id: str, alg: str, quota: dict, reveals: dict, units: dict = UNITS, **changed) -> dict:
    """The announcement's keys but version and roots."""
    commitments = {party: commitment(draw_id, party, bytes.fromhex(r), alg) for party, r in reveals.items()}
    return {
        "draw_id": draw_id,
        "alg": alg,
        "quota": quota,
        "per_object": 2,
        "items": dict(units),
        "units": list(units),
        "check_until": "2026-12-31",
        "commitments": commitments,
        "reveal_by": "2026-06-01T17:00:00+08:00",
        "public_value": {
            "name": "体彩排列5 第26150期；未开奖则用次期",
            "at": "2026-06-01T21:30:00+08:00",
            "format": "[0-9]{5}",
        },
        "previous": "",
        **changed,
    }


def secrets_of(rng: random.Random, parties: tuple = ("消防救援大队·张三", "市场监管局·李四")) -> dict:
    return {party: rng.randbytes(32).hex() for party in parties}


def case(seed: int = 1, alg: str = "sm3", size: int = 9, quota: dict | None = None, **changed) -> Case:
    """A draw of `size` objects in strata A and B, two units of four inspectors, two conflicts."""
    rng = random.Random(seed)
    library, inspectors, reveals = objects(size), roster(4), secrets_of(rng)
    conflicts = [
        {"id": f"消防00|{library[0]['id']}", "reason": "近亲属任职"},
        {"id": f"市场01|{library[1]['id']}", "reason": "曾在该单位任职"},
    ]
    announce = make_announce(
        terms(f"抽〔2026〕{seed}", alg, quota or {"A": 2, "B": 2}, reveals, **changed),
        library,
        inspectors,
        conflicts,
    )
    return Case(announce, library, inspectors, conflicts, reveals, f"{rng.randrange(10**5):05d}")


def random_case(seed: int) -> Case:
    """Any size, strata, weights, units, conflicts and certificates that can be sealed."""
    rng = random.Random(seed)
    units = {f"单位{n}": f"事项{rng.randrange(3)}" for n in range(rng.randint(1, 3))}
    strata = "ABCD"[: rng.randint(1, 4)]
    library = [
        {"id": f"{rng.choice('甲乙丙')}{n}", "stratum": rng.choice(strata), "w": rng.choice((1, 1, 2, 3, 16))}
        for n in range(rng.randint(0, 14))
    ]
    sizes = {s: sum(row["stratum"] == s for row in library) for s in {row["stratum"] for row in library}}
    inspectors = roster(rng.randint(4, 6), units)
    inspectors[0]["valid_to"] = "2026-12-30"
    inspectors[-1]["items"] = ["不相干"]
    pairs = [(one["id"], thing["id"]) for one in inspectors[1:2] for thing in library if rng.random() < 0.3]
    conflicts = [{"id": f"{one}|{thing}", "reason": "回避"} for one, thing in pairs]
    if len(units) == 1 and len(inspectors) == 4:
        inspectors[-1]["items"] = list(units.values())
    reveals = secrets_of(rng, tuple(f"方{n}" for n in range(rng.randint(2, 4))))
    announced = terms(
        f"{seed}",
        rng.choice(("sm3", "sha256")),
        {s: rng.randint(0, n) for s, n in sizes.items()},
        reveals,
        units,
        previous=rng.choice(("", rng.randbytes(32).hex())),
    )
    rng.shuffle(library)
    announce = make_announce(announced, library, inspectors, conflicts)
    return Case(announce, library, inspectors, conflicts, reveals, f"{rng.randrange(10**5):05d}")


def forge(bundle: dict) -> bytes:
    """The bundle with roots, commitments and result made to fit again: what a cheat would publish.

    Made with the independent checker's code, which holds none of the drawer's refusals.
    """
    announce = bundle["announce"]
    tree = independent_checker.Tree(announce["alg"])
    for name in ("library", "inspectors", "conflicts"):
        announce[f"{name}_root"] = tree.root(bundle[name])
    announce["commitments"] = {
        party: tree.h("commit/1", announce["draw_id"], party, bytes.fromhex(r)).hex()
        for party, r in bundle["reveals"].items()
    }
    canon = independent_checker.canon
    seed = tree.h("seed/1", canon(announce), canon(bundle["reveals"]), bundle["public_value"])
    bundle["drawn"], bundle["reserves"] = independent_checker.winners(bundle, seed, tree)
    bundle["assigned"] = independent_checker.teams(bundle, bundle["drawn"], seed, tree)
    return json.dumps(bundle, ensure_ascii=False).encode()
