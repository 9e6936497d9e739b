"""Seal, draw and check 3 % of a library beside bare hashing of the same bytes and a published platform's way.

    PYTHONPATH=. python bench/draw.py [--objects N]... [--alg sm3|sha256]... [--inspectors N]

Every step runs in a process of its own, which tells its time and its peak memory. "Beside" is a loop of
`hashlib.new(alg, message).digest()` over the very messages that the step hashes, made beforehand. The
platform's way: a random offset, then every k-th of the sorted list, each looked up and stored by itself.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.areas.inspections.draw import (
    announce_digest,
    canon,
    commitment,
    draw,
    draw_seed,
    drawing,
    make_announce,
    make_bundle,
    quota_table,
    verify_standalone,
)

UNITS = {"市场监管局": "SC-07", "消防救援大队": "XF-01"}
# 1.8 balls for each object on average.
WEIGHTS = (1, 1, 1, 2, 4)
PUBLIC_VALUE = "31415"


def library(count: int) -> list[dict]:
    """Objects as they are sealed: code, class, weight, name."""
    return [
        {
            "id": f"91320{n * 7919 % 10**9:09d}X{n % 1000:03d}",
            "stratum": "ABCD"[n % 4],
            "w": WEIGHTS[n % 5],
            "name": f"南通第{n}商贸有限公司",
        }
        for n in range(count)
    ]


def roster(count: int) -> list[dict]:
    """As many inspectors for each unit."""
    return [
        {"id": f"{unit}{n:04d}", "unit": unit, "items": [item], "valid_to": "2030-12-31"}
        for unit, item in UNITS.items()
        for n in range(count)
    ]


def announced(rows: list[dict], inspectors: list[dict], alg: str) -> tuple[dict, dict]:
    """Announcement and reveals."""
    rng = random.Random(1)
    reveals = {party: rng.randbytes(32).hex() for party in ("甲", "乙")}
    terms = {
        "draw_id": "1",
        "alg": alg,
        "quota": quota_table(rows, dict.fromkeys("ABCD", (3, 100, True))),
        "per_object": 2,
        "items": UNITS,
        "units": sorted(UNITS),
        "check_until": "2026-12-31",
        "commitments": {party: commitment("1", party, bytes.fromhex(r), alg) for party, r in reveals.items()},
        "reveal_by": "2026-06-01T17:00:00+08:00",
        "public_value": {"name": "排列5", "at": "2026-06-01T21:30:00+08:00", "format": "[0-9]{5}"},
        "previous": "",
    }
    return make_announce(terms, rows, inspectors, []), reveals


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def tree_messages(rows: list[dict], alg: str) -> list[bytes]:
    """What the Merkle root of the rows hashes: every leaf, then every node."""
    messages = [b"\0" + canon(row) for row in sorted(rows, key=lambda row: row["id"])]
    level = [hashlib.new(alg, message).digest() for message in messages]
    while len(level) > 1:
        pairs = [b"\1" + level[n] + level[n + 1] for n in range(0, len(level) - 1, 2)]
        messages += pairs
        level = [hashlib.new(alg, pair).digest() for pair in pairs] + level[2 * len(pairs) :]
    return messages


def ball_messages(rows: list[dict], seed: bytes) -> list[bytes]:
    packed = verify_standalone.packed
    return [packed("ball/1", seed, row["stratum"], row["id"], k) for row in rows for k in range(row["w"])]


def bare(messages: list[bytes], alg: str) -> float:
    """Seconds for hashing the messages and keeping the digests."""
    new = hashlib.new
    return timed(lambda: [new(alg, message).digest() for message in messages])[0]


def peak_mb() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def step_load(rows: list, inspectors: list, alg: str) -> dict:
    """The lists alone: what the other steps' memory starts from."""
    return {"seconds": 0.0, "peak_mb": peak_mb()}


def step_seal(rows: list, inspectors: list, alg: str) -> dict:
    seconds, _ = timed(lambda: announced(rows, inspectors, alg))
    peak, messages = peak_mb(), tree_messages(rows, alg)
    return {"seconds": seconds, "peak_mb": peak, "beside": bare(messages, alg), "hashes": len(messages)}


def step_draw(rows: list, inspectors: list, alg: str) -> dict:
    """Tickets, winners and reserves of what was sealed."""
    announce, reveals = announced(rows, inspectors, alg)
    seed, nobody = draw_seed(announce, reveals, PUBLIC_VALUE), {**announce, "units": []}
    seconds, result = timed(lambda: drawing.draw_from_seed(nobody, rows, [], [], seed))
    peak, messages = peak_mb(), ball_messages(rows, seed)
    beside = bare(messages, alg)
    return {
        "seconds": seconds,
        "peak_mb": peak,
        "beside": beside,
        "hashes": len(messages),
        "drawn": len(result.drawn),
    }


def step_assign(rows: list, inspectors: list, alg: str) -> dict:
    """Inspectors of two units for as many objects as are drawn."""
    announce, _ = announced(rows, inspectors, alg)
    drawn, seed = [row["id"] for row in rows[: -(-len(rows) * 3 // 100)]], bytes(32)
    seconds, _ = timed(
        lambda: [drawing.assign(unit, drawn, inspectors, set(), announce, seed) for unit in sorted(UNITS)]
    )
    peak, packed = peak_mb(), verify_standalone.packed
    messages = [packed("insp/1", seed, thing, one["id"]) for thing in drawn for one in inspectors]
    return {"seconds": seconds, "peak_mb": peak, "beside": bare(messages, alg), "hashes": len(messages)}


def step_check(rows: list, inspectors: list, alg: str) -> dict:
    """The stand-alone script on the bundle's bytes (reading included), beside `draw` as the page runs it."""
    announce, reveals = announced(rows, inspectors, alg)
    drawing_took, result = timed(lambda: draw(announce, rows, inspectors, [], reveals, PUBLIC_VALUE))
    drawing_peak = peak_mb()
    raw = make_bundle(announce, rows, inspectors, [], reveals, PUBLIC_VALUE, result)
    rows.clear()
    seconds, verdict = timed(lambda: verify_standalone.verify(raw, announce_digest(announce)))
    assert verdict[0], verdict[1]
    return {"seconds": seconds, "peak_mb": peak_mb(), "beside": drawing_took, "drawing_peak": drawing_peak}


def step_peer(rows: list, inspectors: list, alg: str) -> dict:
    """Random offset, every k-th of the list sorted by code: each looked up and stored by itself."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("create table object (place integer primary key, id text)")
    database.execute("create table drawn (id text primary key)")
    ordered = sorted(row["id"] for row in rows)
    database.execute("begin")
    database.executemany("insert into object values (?, ?)", enumerate(ordered))
    database.execute("commit")
    wanted = -(-len(rows) * 3 // 100)

    def pick() -> None:
        stride = len(rows) // wanted
        place = random.Random(1).randrange(stride)
        for _ in range(wanted):
            (identity,) = database.execute("select id from object where place = ?", (place,)).fetchone()
            database.execute("insert into drawn values (?)", (identity,))
            place += stride

    seconds, _ = timed(pick)
    return {"seconds": seconds, "peak_mb": peak_mb(), "samples": len(rows) // wanted, "drawn": wanted}


STEPS = {
    name.removeprefix("step_"): value for name, value in list(globals().items()) if name.startswith("step_")
}


def run_step(name: str, count: int, inspectors: int, alg: str, answer) -> None:
    """In the child: the step's figures."""
    answer.send(STEPS[name](library(count), roster(inspectors), alg))


def measured(name: str, count: int, inspectors: int, alg: str) -> dict:
    """A step run in a fresh process."""
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    child = fresh.Process(target=run_step, args=(name, count, inspectors, alg, theirs))
    child.start()
    theirs.close()
    figures = ours.recv()
    child.join()
    return figures


def compare(count: int, inspectors: int, alg: str) -> dict:
    """All steps of one size and algorithm, printed ratio first."""
    f = {name: measured(name, count, inspectors, alg) for name in STEPS}
    seal, drawn, assign, check, peer = (f[name] for name in ("seal", "draw", "assign", "check", "peer"))
    hashing = seal["beside"] + drawn["beside"] + assign["beside"]
    lines = [
        ("seal / bare hashing", seal["seconds"], seal["beside"], seal),
        ("draw, sealed / bare hashing", drawn["seconds"], drawn["beside"], drawn),
        ("inspectors / bare hashing", assign["seconds"], assign["beside"], assign),
        ("draw() whole / bare hashing", check["beside"], hashing, {"peak_mb": check["drawing_peak"]}),
        ("check / bare hashing", check["seconds"], hashing, check),
        ("check / draw() whole", check["seconds"], check["beside"], check),
        ("draw, sealed / platform", drawn["seconds"], peer["seconds"], peer),
    ]
    print(f"\n{alg}, {count:,} objects, {drawn['hashes']:,} balls, {drawn['drawn']:,} drawn,", end=" ")
    print(f"{inspectors} inspectors in each of two units; the lists alone {f['load']['peak_mb']:.0f} MB")
    print(f"{'step':<28}{'ratio':>8}{'seconds':>10}{'beside':>10}{'peak MB':>10}")
    for name, ours, beside, figures in lines:
        print(f"{name:<28}{ours / beside:>8.2f}{ours:>10.2f}{beside:>10.2f}{figures['peak_mb']:>10.0f}")
    reached = f["peer"]["samples"] * f["peer"]["drawn"] / count
    print(
        f"the platform's way: {f['peer']['samples']} possible samples in all, {1 - reached:.1%} never drawn"
    )
    return {"alg": alg, "objects": count, "inspectors": inspectors, **f}


def pair_coverage(count: int, drawn: int) -> tuple[int, float, float]:
    """Possible samples of the platform's way, the share never drawn, the share of pairs that never meet."""
    samples = count // drawn
    pairs = samples * drawn * (drawn - 1) / (count * (count - 1))
    return samples, 1 - samples * drawn / count, 1 - pairs


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--objects", type=int, action="append")
    options.add_argument("--alg", choices=("sm3", "sha256"), action="append")
    options.add_argument("--inspectors", type=int, default=12)
    options.add_argument("--json", type=Path, help="write the figures there")
    chosen = options.parse_args()
    figures = [
        compare(count, chosen.inspectors, alg)
        for count in chosen.objects or (50_000, 1_000_000)
        for alg in chosen.alg or ("sm3", "sha256")
    ]
    samples, never, apart = pair_coverage(299, 100)
    print(f"\nthe platform's way, 100 of 299: {samples} samples, {never:.0%} never drawn,", end=" ")
    print(f"{apart:.0%} of pairs never meet")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
