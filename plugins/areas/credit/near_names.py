"""Names like the one asked about: offered to the person, never taken for the same (areas.md 2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from portal.toolkit import Refused, Subject, subject_search, subjects

#: Words that every second firm carries: they say nothing about likeness.
_COMMON = re.compile(
    r"(有限责任公司|股份有限公司|有限公司|集团|分公司|合伙企业|个体工商户|经营部|南通|江苏|开发区|经济技术)"
)
_LIKE_ENOUGH = 0.6
_ASKED_WINDOWS = 6


@dataclass(frozen=True)
class Candidate:
    """A subject whose name resembles the typed one; ``likeness`` in percent."""

    subject: Subject
    likeness: int


def windows(name: str) -> list[str]:
    """The telling fragments of a name, longest first: what is left between the common words, in pieces of 3 and 2 signs."""
    parts = [part for part in _COMMON.split(subjects.name_key(name)) if part and not _COMMON.fullmatch(part)]
    found: list[str] = []
    for size in (4, 3, 2):
        for part in parts:
            found += [part[at : at + size] for at in range(0, len(part) - size + 1, max(1, size - 1))]
    return list(dict.fromkeys(found))


def near(name: str, size: int = 5) -> list[Candidate]:
    """At most ``size`` subjects of like names, the likest first; a fixed number of searches whatever the register holds."""
    key = subjects.name_key(name)
    seen: dict[int, Subject] = {}
    for fragment in windows(name)[:_ASKED_WINDOWS]:
        try:
            page = subject_search.search(subject_search.Filters(text=fragment), size=20)
        except Refused:
            continue
        seen |= {subject.id: subject for subject in page.rows}
    rated = [
        Candidate(subject, round(100 * SequenceMatcher(None, key, subject.name_key).ratio()))
        for subject in seen.values()
        if subject.name_key != key
    ]
    rated = [candidate for candidate in rated if candidate.likeness >= 100 * _LIKE_ENOUGH]
    return sorted(rated, key=lambda candidate: (-candidate.likeness, candidate.subject.id))[:size]


def candidates(text: str, size: int = 8) -> list[Subject]:
    """Subjects whose name, former name or code holds the typed text: what appears while one types."""
    if len(subjects.name_key(text)) < 2:
        return []
    try:
        return subject_search.search(subject_search.Filters(text=text), size=size).rows
    except Refused:
        return []
