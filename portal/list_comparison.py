"""Compares a unit's quarter-end list with what the platform holds, three ways and field by field; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Entry:
    """One decision as a list or the platform tells it. ``fields`` are further words by label; ``key`` names the row
    (a list row's number, a platform record's) and ``endpoint`` the page of such records."""

    document: str
    day: date
    name: str
    code: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    key: str = ""
    endpoint: str = ""

    @property
    def identity(self) -> str:
        """Document number and subject in the form in which two spellings are the same."""
        return f"{plain(self.document)}|{plain(self.code) or plain(self.name)}"


@dataclass(frozen=True)
class Pair:
    """A decision that both have but tell differently: (label, in the list, on the platform) for each such field."""

    listed: Entry
    held: Entry
    differences: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Comparison:
    """What is in the list only, on the platform only, in both but different, and how many are the same."""

    listed_only: tuple[Entry, ...]
    held_only: tuple[Entry, ...]
    different: tuple[Pair, ...]
    same: int


def plain(text: str) -> str:
    """NFKC, folded case, letters and digits only: brackets, spaces and width do not count."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _fields(listed: Entry, held: Entry) -> tuple[tuple[str, str, str], ...]:
    found = []
    if listed.day != held.day:
        found.append(("决定日期", listed.day.isoformat(), held.day.isoformat()))
    if listed.code and plain(listed.code) != plain(held.code):
        found.append(("统一社会信用代码", listed.code, held.code))
    if plain(listed.name) != plain(held.name):
        found.append(("名称", listed.name, held.name))
    for label, words in listed.fields.items():
        if label in held.fields and words and plain(words) != plain(held.fields[label]):
            found.append((label, words, held.fields[label]))
    return tuple(found)


def _match(row: Entry, places: dict[tuple[str, str], list[int]], matched: set[int]) -> int | None:
    document = plain(row.document)
    for owner in (plain(row.code), plain(row.name)):
        for at in places.get((document, owner), ()) if owner else ():
            if at not in matched:
                return at
    return None


def compare(listed: Iterable[Entry], held: Iterable[Entry]) -> Comparison:
    """Match by document number and subject: by code, else by name. Each platform record answers one list row."""
    platform = list(held)
    places: dict[tuple[str, str], list[int]] = {}
    for at, one in enumerate(platform):
        for owner in {plain(one.code), plain(one.name)} - {""}:
            places.setdefault((plain(one.document), owner), []).append(at)
    matched: set[int] = set()
    only: list[Entry] = []
    pairs: list[Pair] = []
    same = 0
    for row in listed:
        found = _match(row, places, matched)
        if found is None:
            only.append(row)
            continue
        matched.add(found)
        differences = _fields(row, platform[found])
        if differences:
            pairs.append(Pair(row, platform[found], differences))
        else:
            same += 1
    rest = tuple(one for at, one in enumerate(platform) if at not in matched)
    return Comparison(tuple(only), rest, tuple(pairs), same)
