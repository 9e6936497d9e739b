"""Reads one clause: which items its words propose, where, and which words nothing explains."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import clauses, qualifiers
from .clauses import Element, Outline
from .guards import fits
from .lists import candidates, only_verbs
from .normalise import Normalised, normalise
from .patterns import NOUN_FOLLOWS, Pattern, Patterns

_COMPLETE = re.compile(
    r"(?:服务|销售|经营|零售|批发|活动|业务|生产|施工|运输|制造|加工|开发|管理|咨询|代理|设计|租赁|维修|安装|检测|回收|培训|运营|进出口)$"
)
_BRANCH_HEADING = re.compile(
    r"(?:以下|下列)?(?:项目|范围)?[仅由]?限?其?(?:于|下设)?分(?:支机构|公司)(?:经营)?:"
)
#: （凭危险废物经营许可证经营）, （按资质证书核定范围经营）: the subject itself says that a permit is needed.
_OWN_PERMIT = re.compile(r"\([^()]{0,4}(?:凭|按|持|在|取得)[^()\0]{0,24}(?:许可证|资质|资格|批准证书|批准文件|证书)[^()\0]{0,20}\)")
_SHARED_AT_MOST = 12
_NOTHING = re.compile(r"[无、,;。:()./\-\d…*]*$|暂无$|无$")


@dataclass(frozen=True, slots=True)
class Find:
    """An item found in a clause: its place in the original, and whether the permit is a branch's."""

    code: str
    start: int
    end: int
    branch: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a clause in one section (None: as before): finds, unknown and too wide words."""

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
        self.gaps = self.norm.gaps if spaced else ()
        self.patterns = patterns
        self.outline = Outline(self.text)
        self.matches = patterns.find(self.text)
        self.positive = self._blanked(clauses.left_out(self.outline))

    def _blanked(self, spans: list[tuple[int, int]]) -> str:
        if not spans:
            return self.text
        letters = list(self.text)
        for start, end in spans:
            letters[start:end] = "\0" * (end - start)
        return "".join(letters)

    def is_out(self, place: int) -> bool:
        return self.positive[place] == "\0"

    def element_around(self, start: int, end: int) -> tuple[int, int]:
        """The element that holds the place, with the brackets that hang on it."""
        outer = self.outline.bracket_around(start)
        begin = clauses.segment_start(self.text, outer[0] if outer else start)
        stop = outer[0] if outer else clauses.segment_end(self.text, end, self.gaps)
        while stop < len(self.text) and self.text[stop] == "(":
            stop = self.outline.closes[stop] + 1
        return begin, min(max(stop, end), len(self.text))

    def shared_end(self, begin: int, stop: int) -> int:
        """Where the element ends whose head word ``begin``…``stop`` shares (住宿、饮食服务（…）)."""
        for _ in range(_SHARED_AT_MOST):
            if self.text[stop : stop + 1] != "、" or _COMPLETE.search(self.text[begin:stop]):
                break
            begin, stop = self.element_around(stop + 1, stop + 2)
        return stop


def read_clause(raw: str, patterns: Patterns, spaced: bool = False) -> tuple[Stretch, ...]:
    """The stretches of a clause; ``spaced``: white space separates (a scope without any other sign)."""
    clause = _Clause(raw, patterns, spaced)
    stretches = []
    direct = _direct(clause)
    for section, begin, end in clauses.sections(clause.outline):
        lists = clauses.lists(clause.outline, clause.positive, begin, end, clause.gaps)
        found = [d for d in direct if begin <= d[1] < end]
        found += _meant(clause, lists)
        found += _by_class(clause, begin, end)
        finds = _qualify(clause, found)
        explained = _explained(clause, found)
        stretches.append(_stretch(clause, section, lists, finds, explained, clause.text[begin : begin + 30]))
    return tuple(stretches)


def _direct(clause: _Clause) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    ends = [start for _, start, _ in clause.matches[1:]] + [len(clause.text)]
    for (index, start, end), following in zip(clause.matches, ends, strict=False):
        if clause.is_out(start):
            continue
        pattern = clause.patterns.patterns[index]
        stop = clauses.segment_end(clause.text, end, clause.gaps)
        for code, follows in pattern.owners.items():
            # without any sign between them the next phrase ends this one: 餐饮服务住宿服务
            until = min(stop, following) if follows is None else stop
            if code not in qualifiers.BY_CLASS and fits(clause.text, start, end, until, follows):
                found.append((code, start, end))
        if not pattern.owners and not pattern.explains:
            found += _hidden(clause, pattern, start)
    return found


def _hidden(clause: _Clause, pattern: Pattern, start: int) -> list[tuple[str, int, int]]:
    """Items of keywords inside a phrase that only other items exclude."""
    found: list[tuple[str, int, int]] = []
    for place, length, owners in pattern.inner:
        at, to = start + place, start + place + length
        stop = clauses.segment_end(clause.text, to, clause.gaps)
        for code, follows in owners.items():
            if not clause.is_out(at) and fits(clause.text, at, to, stop, follows):
                found.append((code, at, to))
    return found


def _explained(clause: _Clause, found: list[tuple[str, int, int]]) -> bytearray:
    """A mark for each character: 1 where an item, or a phrase known to need nothing any more, explains it."""
    marks = bytearray(len(clause.text))
    for _, start, end in found:
        marks[start:end] = b"\1" * (end - start)
    for index, start, end in clause.matches:
        if clause.patterns.patterns[index].explains and not clause.is_out(start):
            marks[start:end] = b"\1" * (end - start)
    return marks


def _meant(clause: _Clause, lists: list[list[Element]]) -> list[tuple[str, int, int]]:
    """Items of phrases that a list means without writing them, and around a bracket in the middle."""
    found: list[tuple[str, int, int]] = []
    for each in lists:
        for element in each:
            if any(close < element.end - 1 for _, close in element.brackets):
                found += _phrase(clause, element.core, 0, element.start, element.end)
    for candidate in candidates(lists):
        if "\0" not in candidate.text and candidate.text not in clause.text:
            found += _phrase(clause, candidate.text, candidate.joint, candidate.start, candidate.end)
    return found


def _phrase(clause: _Clause, text: str, joint: int, start: int, end: int) -> list[tuple[str, int, int]]:
    found = []
    while clause.outline.opens.get(end - 1, -1) > start:  # the words, not the brackets behind them
        end = clause.outline.opens[end - 1]
    for index, at, to in clause.patterns.find(text):
        for code, follows in clause.patterns.patterns[index].owners.items():
            guarded = follows is not None and follows is not NOUN_FOLLOWS
            built = to == joint and text.endswith("施工")  # 室内外装饰工程设计、施工
            if code in qualifiers.BY_CLASS or not (to > joint or guarded or built):
                continue
            if fits(text, at, to, len(text), follows):
                found.append((code, start, end))
    return found


def _by_class(clause: _Clause, begin: int, end: int) -> list[tuple[str, int, int]]:
    text = clause.positive[begin:end]
    if "医疗器械" not in text and "易制毒" not in text:
        return []
    before = re.search(r"(?:^|[;。:,])(销售|批发|零售|经营|生产|制造|租赁)", text)
    behind = re.search(r"医疗器械.*?(销售|批发|零售|经营|生产|制造|租赁)", text)
    verbs = before[1] if before else "", behind[1] if behind else ""
    return [(code, begin + s, begin + e) for code, s, e in qualifiers.by_class(text, *verbs)]


def _qualify(clause: _Clause, found: list[tuple[str, int, int]]) -> list[tuple[str, int, int, bool]]:
    result: list[tuple[str, int, int, bool, int]] = []
    replaced: set[tuple[str, int]] = set()
    for code, start, end in found:
        begin, stop = clause.element_around(start, end)
        brackets = clause.outline.brackets_between(begin, stop)
        held = "".join(clause.positive[o + 1 : c] for o, c in brackets).replace("\0", "")
        inside = clause.outline.bracket_around(start)
        wider = qualifiers.replaces(code, clause.positive[inside[0] + 1 : inside[1]]) if inside else None
        if wider:
            replaced.add((wider, begin))
        whole_list = slice(*clause.outline.list_around(start, end))
        became = qualifiers.qualified(code, clause.text[begin:stop], held, clause.positive[whole_list])
        if became is None:
            continue
        branch = bool(qualifiers.BRANCH.search(clause.text[begin : clause.shared_end(begin, stop)]))
        if became != code and clause.text[end : end + 1] == "(":
            end = stop  # the bracket is what made it another item
        result.append((became, start, end, branch, begin))
    return [find[:4] for find in result if (find[0], find[4]) not in replaced]


def _stretch(
    clause: _Clause,
    section: str | None,
    lists: list[list[Element]],
    finds: list[tuple[str, int, int, bool]],
    explained: bytearray,
    heading: str,
) -> Stretch:
    span = clause.norm.span
    unexplained: list[tuple[int, int]] = []
    wide: list[tuple[int, int]] = []
    for each in lists:
        whole = [e for e in each if not (_NOTHING.match(e.core.replace("\0", "")) or only_verbs(e))]
        if len(each) == 1 and clause.text[each[0].end : each[0].end + 1] == ":":
            continue  # a heading (货运：…): what follows says which
        for element in whole:
            core = element.core.replace("\0", "")
            if core in clause.patterns.wide and explained.find(1, element.start, element.end) < 0:
                wide.append(span(element.start, element.end))
        if whole and explained.find(1, whole[0].start, whole[-1].end) < 0:
            claimed = [e for e in whole if _OWN_PERMIT.search(clause.positive, e.start, e.end)]
            wide += [span(e.start, e.end) for e in claimed]
        for start, stop in _items_of(whole):
            if explained.find(1, start, stop) < 0 and not qualifiers.BRANCH.search(clause.text[start:stop]):
                unexplained.append(span(start, stop))
    of_branches = bool(_BRANCH_HEADING.match(heading))
    everything = tuple(
        Find(code, *span(s, e), branch or of_branches) for code, s, e, branch in finds if e > s
    )
    silent = section is None and not (everything or unexplained or wide)
    return Stretch(section, everything, tuple(unexplained), tuple(wide), of_branches, silent)


def _items_of(elements: list[Element]) -> list[tuple[int, int]]:
    """The places of a list's items: each element where all are complete, else the list as one item."""
    if len(elements) > 1 and all(_COMPLETE.search(e.core.rstrip("\0")) for e in elements):
        return [(e.start, e.end) for e in elements]
    return [(elements[0].start, elements[-1].end)] if elements else []
