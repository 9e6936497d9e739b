"""Reads one clause: which items its words propose, where, and which words nothing explains."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import clauses, qualifiers
from .clauses import Element
from .guards import fits
from .lists import candidates
from .normalise import Normalised, normalise
from .patterns import NOUN_FOLLOWS, Patterns

_COMPLETE = re.compile(
    r"(?:服务|销售|经营|零售|批发|活动|业务|生产|施工|运输|制造|加工|开发|管理|咨询|代理|设计|租赁|维修|安装|检测|回收|培训|运营|进出口)$"
)
_NOTHING = re.compile(r"[无、,;。:()./\-\d…*]*$|暂无$|无$")


@dataclass(frozen=True, slots=True)
class Find:
    """An item found in a clause: place in the clause's original text, and whether the permit is a branch's."""

    code: str
    start: int
    end: int
    branch: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a clause that belongs to one section (None: as before): finds, unknown and too wide words."""

    section: str | None
    finds: tuple[Find, ...]
    unexplained: tuple[tuple[int, int], ...]
    wide: tuple[tuple[int, int], ...]
    branch_heading: bool
    silent: bool


class _Clause:
    """One clause in one spelling with its brackets and what is left out."""

    def __init__(self, raw: str, patterns: Patterns, spaced: bool) -> None:
        self.norm: Normalised = normalise(raw)
        self.text = self.norm.text
        self.gaps = self.norm.gaps if spaced else frozenset()
        self.patterns = patterns
        self.brackets = clauses.brackets(self.text)
        self.out = clauses.left_out(self.text, self.brackets)
        self.positive = self._without_left_out()

    def _without_left_out(self) -> str:
        letters = list(self.text)
        for start, end in self.out:
            letters[start:end] = "\0" * (end - start)
        return "".join(letters)

    def is_out(self, place: int) -> bool:
        return any(start <= place < end for start, end in self.out)

    def element_around(self, start: int, end: int) -> tuple[int, int]:
        """The element that holds the place, with the brackets that hang on it."""
        outer = next(((o, c) for o, c, depth in self.brackets if depth == 0 and o < start < c), None)
        begin = clauses.segment_start(self.text, outer[0] if outer else start)
        stop = outer[0] if outer else clauses.segment_end(self.text, end, self.gaps)
        while stop < len(self.text) and self.text[stop] == "(":
            stop = next(c for o, c, _ in self.brackets if o == stop) + 1
        return begin, min(max(stop, end), len(self.text))

    def list_around(self, start: int, end: int) -> tuple[int, int]:
        """The list (between ，；。：outside brackets) that holds the place."""
        begin, stop = 0, len(self.text)
        inside = [(o, c) for o, c, depth in self.brackets if depth == 0]
        for mark in re.finditer(r"[,;。:]", self.text):
            place = mark.start()
            if any(o < place < c for o, c in inside):
                continue
            if place < start:
                begin = place + 1
            elif place >= end:
                return begin, place
        return begin, stop


def read_clause(raw: str, patterns: Patterns, spaced: bool = False) -> tuple[Stretch, ...]:
    """The stretches of a clause; ``spaced``: white space separates (a scope without any other sign)."""
    clause = _Clause(raw, patterns, spaced)
    stretches = []
    direct = _direct(clause)
    for section, begin, end in clauses.sections(clause.text, [b for b in clause.brackets if b[2] == 0]):
        lists = clauses.lists(clause.positive, begin, end, clause.brackets, clause.gaps)
        lists = [[e for e in each if e.core.strip("\0")] for each in lists]
        found = [d for d in direct if begin <= d[1] < end]
        found += _meant(clause, lists)
        found += _by_class(clause, lists, begin, end)
        finds = _qualify(clause, found)
        explained = [(f[1], f[2]) for f in found] + [(s, e) for _, s, e in _explained(clause)]
        stretches.append(_stretch(clause, section, lists, finds, explained, begin, end))
    return tuple(stretches)


def _direct(clause: _Clause) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for index, start, end in clause.patterns.find(clause.text):
        if clause.is_out(start):
            continue
        pattern = clause.patterns.patterns[index]
        stop = clauses.segment_end(clause.text, end, clause.gaps)
        for code, follows in pattern.owners.items():
            if code not in qualifiers.BY_CLASS and fits(clause.text, start, end, stop, follows):
                found.append((code, start, end))
        if not pattern.owners and not pattern.explains:
            for place, length, owners in pattern.inner:
                at, to = start + place, start + place + length
                stop = clauses.segment_end(clause.text, to, clause.gaps)
                found += [(code, at, to) for code, follows in owners.items()
                          if not clause.is_out(at) and fits(clause.text, at, to, stop, follows)]  # fmt: skip
    return found


def _explained(clause: _Clause) -> list[tuple[str, int, int]]:
    """Places of phrases that are known to need nothing any more (cancelled items)."""
    return [
        ("", start, end)
        for index, start, end in clause.patterns.find(clause.text)
        if clause.patterns.patterns[index].explains and not clause.is_out(start)
    ]


def _meant(clause: _Clause, lists: list[list[Element]]) -> list[tuple[str, int, int]]:
    """Items of phrases that a list means without writing them, and of elements with a bracket in the middle."""
    found: list[tuple[str, int, int]] = []
    for each in lists:
        for element in each:
            if any(close < element.end - 1 for _, close in element.brackets):
                found += _phrase(clause, element.core, 0, element.start, element.end)
    for candidate in candidates(lists):
        if "\0" not in candidate.text:
            found += _phrase(clause, candidate.text, candidate.joint, candidate.start, candidate.end)
    return found


def _phrase(clause: _Clause, text: str, joint: int, start: int, end: int) -> list[tuple[str, int, int]]:
    found = []
    for index, at, to in clause.patterns.find(text):
        for code, follows in clause.patterns.patterns[index].owners.items():
            guarded = follows is not None and follows is not NOUN_FOLLOWS
            if code in qualifiers.BY_CLASS or not (to > joint or guarded):
                continue
            if fits(text, at, to, len(text), follows):
                found.append((code, start, end))
    return found


def _by_class(clause: _Clause, lists: list[list[Element]], begin: int, end: int) -> list[tuple[str, int, int]]:
    text = clause.positive[begin:end]
    if "医疗器械" not in text and "易制毒" not in text:
        return []
    before = re.search(r"(?:^|[;。:,])(销售|批发|零售|经营|生产|制造|租赁)", text)
    behind = re.search(r"医疗器械.*?(销售|批发|零售|经营|生产|制造|租赁)", text)
    verbs = before[1] if before else "", behind[1] if behind else ""
    return [(code, begin + s, begin + e) for code, s, e in qualifiers.by_class(text, *verbs)]


def _qualify(clause: _Clause, found: list[tuple[str, int, int]]) -> list[tuple[str, int, int, bool]]:
    result: list[tuple[str, int, int, bool]] = []
    replaced: set[tuple[str, int]] = set()
    for code, start, end in found:
        begin, stop = clause.element_around(start, end)
        list_begin, list_stop = clause.list_around(start, end)
        held = "".join(clause.positive[o + 1 : c] for o, c, d in clause.brackets if d == 0 and begin <= o < stop)
        inside = next((clause.positive[o + 1 : c] for o, c, d in clause.brackets if d == 0 and o < start < c), None)
        wider = qualifiers.replaces(code, inside) if inside is not None else None
        if wider:
            replaced.add((wider, begin))
        became = qualifiers.qualified(
            code, clause.text[begin:stop], held.replace("\0", ""), clause.positive[list_begin:list_stop]
        )
        if became is None:
            continue
        branch = bool(qualifiers.BRANCH.search(clause.text[begin:stop]))
        result.append((became, start, stop if became != code and clause.text[end : end + 1] == "(" else end, branch))
    return [f for f in result if (f[0], clause.element_around(f[1], f[2])[0]) not in replaced]


def _stretch(clause, section, lists, finds, explained, begin, end) -> Stretch:
    span = clause.norm.span
    unexplained: list[tuple[int, int]] = []
    wide: list[tuple[int, int]] = []
    for each in lists:
        whole = [e for e in each if not _NOTHING.match(e.core.replace("\0", ""))]
        for element in whole:
            core = element.core.replace("\0", "")
            if core in clause.patterns.wide and not _touched(element.start, element.end, explained):
                wide.append(span(element.start, element.end))
        apart = len(whole) > 1 and all(_COMPLETE.search(e.core.rstrip("\0")) for e in whole)
        groups = [(e.start, e.end) for e in whole] if apart else [(whole[0].start, whole[-1].end)] if whole else []
        for start, stop in groups:
            if not _touched(start, stop, explained) and not qualifiers.BRANCH.search(clause.text[start:stop]):
                unexplained.append(span(start, stop))
    heading = clause.text[begin:end]
    branch_heading = bool(re.match(r"(?:以下|下列)?(?:项目|范围)?[仅由]?限?(?:于|下设)?分(?:支机构|公司)(?:经营)?:", heading))
    everything = tuple(Find(code, *span(s, e), branch or branch_heading) for code, s, e, branch in finds if e > s)
    silent = section is None and not (everything or unexplained or wide)
    return Stretch(section, everything, tuple(unexplained), tuple(wide), branch_heading, silent)


def _touched(start: int, stop: int, places: list[tuple[int, int]]) -> bool:
    return any(s < stop and e > start for s, e in places)
