"""Reads a whole business scope: the items it proposes, the words that matched, what a person must see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TextIO

from . import clauses
from .derived import FOLLOWS
from .items import CatalogueItem
from .matcher import Find, Stretch, read_clause
from .patterns import Patterns
from .rules import ScopeRule, default_rules

LICENSED, FILING, ORDINARY, FOR_A_PERSON = "许可", "备案", "非许可", "待人工"
BRANCH_FLAG = "限分支机构"

_SEPARATOR = re.compile(r"[，,、；;。]")
_WHITE = re.compile(r"\s+")
_CLOSING_BRACKET = re.compile(
    r"[（(【\[][^（(【\[]*(?:批准|许可业务外|许可项目外|营业执照|审批)[^（(【\[]*[）)】\]]?$"
)
#: Clauses longer than this are read anew each time; so many are remembered before the memory starts afresh.
_REMEMBERED_LENGTH, _REMEMBERED = 400, 20_000
_JOINED_AT_MOST = 200


class Hit(NamedTuple):
    """A proposed item: ``text[start:end]`` of the original scope are the words that matched.

    ``unit`` is the supervising unit's name (or 区外); ``source`` the item a derived duty follows from,
    empty where it follows from the words themselves; ``flags`` such as 限分支机构.
    """

    code: str
    kind: str
    unit: str
    words: str
    start: int
    end: int
    derived: bool
    source: str
    flags: tuple[str, ...]


class Reading:
    """What a scope proposes (areas.md 1.1, 1.2): ``hits`` hold each code once, direct ones first.

    ``classification``: 许可, 备案, 非许可 or 待人工. ``unknown``: texts of 许可项目 sections which no item
    explains, and old wordings too wide for one item. ``industry`` is kept for the officer; it never decides
    (GB/T 4754 does not classify permits).
    """

    __slots__ = ("_hits", "_kept", "classification", "industry", "unknown")

    def __init__(
        self,
        classification: str,
        kept: list[tuple[Hit, int, bool]],
        unknown: tuple[str, ...],
        industry: str = "",
    ) -> None:
        self.classification = classification
        self.unknown = unknown
        self.industry = industry
        self._kept = kept
        self._hits: tuple[Hit, ...] | None = None

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The proposed items; made when first asked for, since an import asks for few of them."""
        if self._hits is None:
            placed = [
                h._replace(start=h.start + at, end=h.end + at, flags=(BRANCH_FLAG,) if branch else ())
                for h, at, branch in self._kept
            ]
            self._hits = (*(h for h in placed if not h.derived), *(h for h in placed if h.derived))
        return self._hits

    @property
    def kinds(self) -> set[str]:
        """The kinds of the proposed items, all that a class needs."""
        return {hit.kind for hit, _, _ in self._kept}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the proposed items, in the order of ``hits``."""
        return tuple(hit.code for hit in self.hits)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reading):
            return NotImplemented
        return all(
            getattr(self, n) == getattr(other, n) for n in ("classification", "hits", "unknown", "industry")
        )

    __hash__ = None  # type: ignore[assignment]

    def as_json(self) -> dict[str, Any]:
        """The reading as plain values: class, items (code, kind, unit, words, derived), unknown."""
        return {
            "class": self.classification,
            "items": [
                {"code": h.code, "kind": h.kind, "unit": h.unit, "words": h.words, "derived": h.derived}
                for h in self.hits
            ],
            "unknown": list(self.unknown),
        }


class _Known(NamedTuple):
    """A stretch as remembered: hits with places in their clause, texts for a person, and what it changes."""

    section: str | None
    hits: tuple[Hit, ...]
    unexplained: tuple[str, ...]
    wide: tuple[str, ...]
    branch_heading: bool
    rank: int


class ScopeReader:
    """Reads scopes against ``items``; ``rules`` add phrases (default: the shipped ``scope_rules.csv``).

    ``pre_permits`` says whether a QZ item makes 许可 (setting, default on; areas.md 1.2). A clause means the
    same wherever it stands, but for its section; so clauses once read are remembered.
    """

    def __init__(
        self,
        items: Sequence[CatalogueItem],
        rules: Sequence[ScopeRule] | None = None,
        pre_permits: bool = True,
    ) -> None:
        self._items = {item.code: item for item in items}
        self._patterns = Patterns(items, default_rules() if rules is None else rules)
        self._ranks = {"HZ": 2, "QZ": 2 if pre_permits else 0, "BA": 1}
        self._remembered: dict[str, tuple[_Known, ...] | None] = {}

    def read(self, text: str, industry: str = "") -> Reading:
        """The reading of a scope; never raises, whatever the text holds."""
        pieces = text.replace("。", "；").replace(";", "；").split("；")
        remembered = self._remembered
        known: list[tuple[tuple[_Known, ...], int]] = []
        place = 0
        for piece in pieces:
            try:
                entry = remembered[piece]
            except KeyError:
                entry = self._learn(piece)
            if entry is None:
                return self._read_joined(text, pieces, industry)
            if entry:
                known.append((entry, place))
            place += len(piece) + 1
        if len(pieces) == 1 and not _SEPARATOR.search(text) and _WHITE.search(text.strip()):
            known = [(self._study(text, spaced=True), 0)]
        return self._fold(text, known, industry)

    def _read_joined(self, text: str, pieces: list[str], industry: str) -> Reading:
        """As ``read``, with clauses whose brackets hold a ； or 。 put together again."""
        known = []
        place = number = 0
        depths = [_depth(piece) for piece in pieces]
        while number < len(pieces):
            length, used, depth = len(pieces[number]), 1, depths[number]
            while depth > 0 and number + used < len(pieces) and used < _JOINED_AT_MOST:
                length += 1 + len(pieces[number + used])
                depth += depths[number + used]
                used += 1
            if depth > 0:  # never closed: the bracket ends with its clause
                length, used = len(pieces[number]), 1
            known.append((self._remember(text[place : place + length]), place))
            place += length + 1
            number += used
        return self._fold(text, known, industry)

    def _learn(self, piece: str) -> tuple[_Known, ...] | None:
        if _depth(piece) <= 0:
            return self._remember(piece)
        if len(piece) <= _REMEMBERED_LENGTH:
            self._remembered[piece] = None
        return None

    def _remember(self, piece: str) -> tuple[_Known, ...]:
        entry = self._remembered.get(piece)
        if entry is None:
            entry = self._study(piece)
            if len(piece) <= _REMEMBERED_LENGTH and _depth(piece) <= 0:
                if len(self._remembered) >= _REMEMBERED:
                    self._remembered.clear()
                self._remembered[piece] = entry
        return entry

    def _study(self, piece: str, spaced: bool = False) -> tuple[_Known, ...]:
        stretches = read_clause(piece, self._patterns, spaced)
        if all(s.silent for s in stretches):
            return ()
        return tuple(self._known(piece, s) for s in stretches)

    def _known(self, piece: str, stretch: Stretch) -> _Known:
        finds = sorted(
            (f for f in stretch.finds if f.code in self._items), key=lambda f: (f.start, f.end, f.code)
        )
        hits: list[Hit] = []
        for find in finds:
            hits.append(self._hit(piece, find, find.code, ""))
            hits += [
                self._hit(piece, find, code, find.code)
                for code in FOLLOWS.get(find.code, ())
                if code in self._items
            ]
        texts = [
            tuple(dict.fromkeys(_plain_text(piece[start:end]) for start, end in places))
            for places in (stretch.unexplained, stretch.wide)
        ]
        rank = max((self._ranks.get(hit.kind, 0) for hit in hits), default=0)
        return _Known(stretch.section, tuple(hits), texts[0], texts[1], stretch.branch_heading, rank)

    def _hit(self, piece: str, find: Find, code: str, source: str) -> Hit:
        item = self._items[code]
        words = _WHITE.sub("", piece[find.start : find.end])
        derived = bool(source) or item.match == "derived"
        flags = (BRANCH_FLAG,) if find.branch else ()
        unit = item.supervising_unit
        return Hit(code, item.kind, unit, words, find.start, find.end, derived, source, flags)

    def _fold(self, text: str, known: list[tuple[tuple[_Known, ...], int]], industry: str) -> Reading:
        kept: dict[str, tuple[Hit, int, bool]] = {}
        unknown: dict[str, None] = {}
        section, branch, highest = "", False, 0
        for stretches, place in known:
            if branch and text[place - 1 : place] == "。":
                branch = False
            for opens, hits, unexplained, wide, heading, rank in stretches:
                if opens is not None:
                    section, branch = opens, False
                if heading:
                    branch = True
                for hit in hits:
                    first = kept.get(hit[0])
                    limited = branch or bool(hit[8])
                    if first is None:
                        kept[hit[0]] = (hit, place, limited)
                    elif first[2] and not limited:  # also named without the limit: not the branch's alone
                        kept[hit[0]] = (*first[:2], False)
                if rank > highest:
                    highest = rank
                if unexplained and section == clauses.PERMIT:
                    unknown.update(dict.fromkeys(unexplained))
                if wide:
                    unknown.update(dict.fromkeys(wide))
        name = (FOR_A_PERSON if unknown else ORDINARY, FILING, LICENSED)[highest]
        return Reading(name, list(kept.values()), tuple(unknown), industry)


def _depth(piece: str) -> int:
    opened = piece.count("（") + piece.count("(") + piece.count("【") + piece.count("[") + piece.count("〔")
    return (
        opened
        - piece.count("）")
        - piece.count(")")
        - piece.count("】")
        - piece.count("]")
        - piece.count("〕")
    )


def _plain_text(words: str) -> str:
    return _CLOSING_BRACKET.sub("", _WHITE.sub("", words)).strip("：:、，,；;。") or _WHITE.sub("", words)


def difference(old: Reading, new: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes (added, removed) by a changed scope: added ones are pushed, removed ones may be cancelled."""
    before, after = set(old.codes), set(new.codes)
    return tuple(c for c in new.codes if c not in before), tuple(c for c in old.codes if c not in after)


def read_lines(reader: ScopeReader, lines: Iterable[str], out: TextIO) -> int:
    """Reads one scope a line, writes one JSON object a line; returns how many, holds one line at a time."""
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007 - the last number is the answer
        out.write(json.dumps(reader.read(line.rstrip("\r\n")).as_json(), ensure_ascii=False))
        out.write("\n")
    return count
