"""One spelling for every text: NFKC, lower case, plain brackets, no white space; with the way back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_BRACKETS = {
    **dict.fromkeys("【〔〖[{｛［﹝﹙", "("),
    **dict.fromkeys("】〕〗]}｝］﹞﹚", ")"),
    "，": ",",
    "；": ";",
    "：": ":",
    "﹔": ";",
    "•": "、",
    "·": "、",
    # decoration that registrars put behind a scope
    **dict.fromkeys("*＊※〓", ""),
}
#: Every character seen so far → what it becomes (empty for white space and invisible characters).
_SPELLING: dict[str, str] = {}


def _spell(character: str) -> str:
    plain = _BRACKETS.get(character)
    if plain is None:
        # a lone surrogate cannot be passed to the automaton, which reads UTF-8
        plain = "\ufffd" if "\ud800" <= character <= "\udfff" else unicodedata.normalize("NFKC", character)
        plain = "".join(_BRACKETS.get(c, c) for c in plain.casefold())
        plain = "".join(
            c
            for c in plain
            if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Zs", "Zl", "Zp")
        )
    if len(_SPELLING) < 50_000:
        _SPELLING[character] = plain
    return plain


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in one spelling; ``starts[i]`` is the place in the original of character ``i``.

    ``gaps`` are the places before which the original had white space: separators, if it has no others.
    """

    text: str
    starts: Sequence[int]
    gaps: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Place in the original (start, end) of the characters ``start``…``end`` (end is behind the last)."""
        return self.starts[start], self.starts[end - 1] + 1


def spell(text: str) -> str:
    """The text in one spelling, without the way back (for keywords and for comparing)."""
    return "".join([_SPELLING[c] if c in _SPELLING else _spell(c) for c in text])


def normalise(text: str) -> Normalised:
    """The text in one spelling with the way back; never raises, whatever the text holds."""
    spelled = [_SPELLING[c] if c in _SPELLING else _spell(c) for c in text]
    joined = "".join(spelled)
    if len(joined) == len(text) and "" not in spelled:
        return Normalised(joined, range(len(text)), ())
    starts: list[int] = []
    gaps: set[int] = set()
    for place, plain in enumerate(spelled):
        if plain:
            starts.extend([place] * len(plain))
        elif starts:
            gaps.add(len(starts))
    return Normalised(joined, tuple(starts), tuple(sorted(gaps)))
