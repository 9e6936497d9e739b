"""Scope reading with all rules beside a bare Aho–Corasick pass over the same text (goal: at least 20 %)."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from plugins.areas.licensing.scope import ScopeReader
from plugins.areas.licensing.scope.measure import shipped_items

LABELLED = Path(__file__).parent.parent / "tests" / "data" / "scopes_labelled.jsonl"
#: Of 100 scopes of a zone: standard wording since 2020, mixtures, old free text.
SHARES = {"sections": 70, "mixed": 15, "old": 15}
COUNT, ROUNDS, SEED = 20_000, 5, 20260101


def scopes(count: int) -> list[str]:
    """``count`` scopes, each of clauses drawn from the labelled ones of one dialect (fixed seed)."""
    random_source = random.Random(SEED)
    clauses: dict[str, list[str]] = {name: [] for name in SHARES}
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        clauses[row["dialect"]] += [c for c in row["scope"].split("；") if c]
    result = []
    for _ in range(count):
        dialect = random_source.choices(list(SHARES), list(SHARES.values()))[0]
        result.append("；".join(random_source.sample(clauses[dialect], random_source.randint(6, 14))))
    return result


def best(work: Callable[[], None]) -> float:
    """Seconds of the fastest of ``ROUNDS`` runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Prints the rows: ratio first."""
    texts, items = scopes(COUNT), shipped_items()
    words = sorted({word for item in items for word in item.keywords})
    bare = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest)

    def bare_pass() -> None:
        for text in texts:
            bare.find_matches_as_indexes(text)

    reader = ScopeReader(items)

    def full_reading() -> None:
        for text in texts:
            reader.read(text)

    def with_news() -> None:
        nonlocal serial
        for text in texts[:2_000]:
            clauses = text.split("；")
            serial += 1
            clauses[serial % len(clauses)] += f"（{serial}号）"
            reader.read("；".join(clauses))

    def first_reading() -> None:
        fresh = ScopeReader(items)
        for text in texts[:500]:
            fresh._fold(text, [(fresh._study(piece), 0) for piece in text.split("；")], "")

    floor = COUNT / best(bare_pass)
    serial = 0
    full = COUNT / best(full_reading)
    news = 2_000 / best(with_news)
    cold = 500 / best(first_reading)
    print(f"{full / floor:7.1%}  scope reading with all rules, clauses remembered: {full:,.0f} scopes/s")
    print(f"{news / floor:7.1%}  the same, one clause of each scope never seen before: {news:,.0f} scopes/s")
    print(f"{cold / floor:7.1%}  scope reading with all rules, nothing remembered: {cold:,.0f} scopes/s")
    print(f"{1:7.0%}  bare Aho–Corasick pass, {len(words)} keywords: {floor:,.0f} scopes/s")
    mean = sum(map(len, texts)) / COUNT
    print(f"         {COUNT:,} scopes of {mean:.0f} characters on average, shares {SHARES}")


if __name__ == "__main__":
    main()
