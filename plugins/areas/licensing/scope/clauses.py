"""The grammar of a clause: sections, brackets, what is negated or closes, and the elements of a list."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

PERMIT, GENERAL = "许可", "一般"

_MARKER = re.compile(
    r"(?:(?P<permit>(?:前置|后置)?许可类?(?:经营)?(?:项目|范围)|(?:前置|后置)许可(?:经营)?项目)|(?P<general>一般类?(?:经营)?(?:项目|范围)))(?:[是为](?=:))?"
)
_NOT_A_MARKER = re.compile(r"[凭,的经外以除、)及和与]")

#: Closing clauses (domain.md 2.4): boilerplate that holds no business of the subject.
_CLOSING = re.compile(
    r"依法[须需]?经?批准的|除依法|除许可业务|除许可项目|凭营业执照|经相关部门|经有关部门|经审批机关|经批准后|经审批后"
    r"|具体经营项目以|以审批结果|以相关部门|以许可证|以[上下](?:经营)?(?:范围|项目)?(?:不含|涉及|凡|中|国家|需|须|,)"
    r"|(?:以上|以下|前述|上述)(?:经营)?(?:范围|项目)|涉及(?:专项|前置|后置|行政|国家)?(?:审批|许可|规定)|凡涉及"
    r"|自主(?:选择|开展|依法)|法律[、,]?(?:行政)?法规|国家(?:法律|有关|限定|限制|禁止|规定|专项)|后置许可项目凭"
    r"|应经审批|需经审批|[须需]经.{0,8}(?:审批|批准)|未经.{0,14}(?:批准|许可|审批)"
)
_NEGATED_INSIDE = re.compile(
    r"不含|不包[括含]|不得|不涉及|不从事|不经营|不可|严禁|禁止|不提供|不做|不销售|不生产|除[^,;。]{1,60}(?:除外|之外|以外|外)"
    r"|(?:^|(?<=[,;。、(]))(?:除(?!尘|虫|湿|雪|草|甲醛|四害|臭|锈|垢|霉|螨|颤)|无(?!损|人|线|菌|机(?!动|构)|水(?!产|路|泥|利)|纺|缝|尘)"
    r"|非(?!煤矿山|药品类|主要农|物质文化|公有|公开|金属矿|金属制|遗产|标准|开挖|织造))"
)
_NEGATED_OUTSIDE = re.compile(
    r"(?:不含|不包[括含]|不得|不涉及|不从事|不经营|严禁|禁止|不销售|不生产|不提供)[^,;。:]*"
    r"|除(?!尘|虫|湿|雪|草|甲醛|四害|臭|锈|垢|霉|螨|颤)[^;。]{1,60}?(?:除外|之外|以外|外(?=[,;。:的]|$))"
)
_EXCEPTED = re.compile(r"除外|以外")
_LIST_BREAK = re.compile(r"[,;。:#]")
_CLAUSE_END = re.compile(r"[;。:]")
_SEPARATOR = re.compile(r"[、,;:。/|+#]")
_BOUNDARIES = frozenset("、,;:。()/|+#")
_BOUNDARY = re.compile(r"[、,;:。()/|+#]")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list: ``core`` its words without brackets, ``start``…``end`` its place."""

    start: int
    end: int
    core: str
    brackets: tuple[tuple[int, int], ...]


#: No element is longer; a scope without any sign of punctuation must not cost the square of its length.
_LONGEST_ELEMENT = 80


class Outline:
    """Where the brackets and the lists of a clause (in one spelling) begin and end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.outer: list[tuple[int, int]] = []
        self.closes: dict[int, int] = {}
        self._inner: list[int] = []
        if "(" in text:
            self._find_brackets()
        self.opens = {close: opening for opening, close in self.closes.items()}
        self._outer_starts = [opening for opening, _ in self.outer]
        self._breaks = [m.start() for m in _LIST_BREAK.finditer(text) if not self.bracket_around(m.start())]

    def _find_brackets(self) -> None:
        open_at: list[int] = []
        for place, character in enumerate(self.text):
            if character == "(":
                open_at.append(place)
            elif character == ")" and open_at:
                self.closes[open_at.pop()] = place
        clause_end = len(self.text)
        for place in range(len(self.text) - 1, -1, -1) if open_at else ():
            if self.text[place] in ";。":
                clause_end = place
            elif place == open_at[-1]:
                # never closed: it ends with its clause, so that a slip of the pen cannot swallow a scope
                self.closes[open_at.pop()] = clause_end
                if not open_at:
                    break
        self._inner = [-1] * len(self.text)
        for opening, close in sorted(self.closes.items()):
            if not self.outer or opening > self.outer[-1][1]:
                self.outer.append((opening, close))
            self._inner[opening + 1 : close] = [close] * (close - opening - 1)

    def bracket_around(self, place: int) -> tuple[int, int] | None:
        """The outermost bracket (opening, closing place) that holds ``place``."""
        number = bisect_left(self._outer_starts, place) - 1
        if number >= 0 and place < self.outer[number][1]:
            return self.outer[number]
        return None

    def brackets_between(self, begin: int, end: int) -> list[tuple[int, int]]:
        """The outermost brackets that open at ``begin`` or behind and before ``end``."""
        starts = self._outer_starts
        return self.outer[bisect_left(starts, begin) : bisect_left(starts, end)]

    def inner_close(self, place: int) -> int:
        """Where the innermost bracket around ``place`` closes, -1 outside brackets."""
        return self._inner[place] if self._inner else -1

    def list_around(self, start: int, end: int) -> tuple[int, int]:
        """The list (between ，；。：outside brackets) that holds the place."""
        before, behind = bisect_left(self._breaks, start), bisect_left(self._breaks, end)
        begin = self._breaks[before - 1] + 1 if before else 0
        return begin, self._breaks[behind] if behind < len(self._breaks) else len(self.text)


def sections(outline: Outline) -> list[tuple[str | None, int, int]]:
    """The stretches of a clause with the section that opens each: 许可, 一般 or None (as before)."""
    text = outline.text
    cuts: list[tuple[str | None, int, int]] = [(None, 0, 0)]
    for mark in _MARKER.finditer(text):
        start, end = mark.span()
        bracket = outline.bracket_around(start)
        if bracket and (bracket[0] + 1, bracket[1]) != (start, end):  # 【许可项目】 is a marker too
            continue
        follows = text[end : end + 1]
        opens = start == 0 or text[start - 1] in ";。)(" or start == cuts[-1][2]
        if follows != ":" and not bracket and not (opens and follows and not _NOT_A_MARKER.match(follows)):
            continue
        name = PERMIT if mark["permit"] else GENERAL
        cuts.append((name, start - bool(bracket), end + (follows == ":" or bool(bracket))))
    ends = [start for _, start, _ in cuts[1:]] + [len(text)]
    return [(name, begin, end) for (name, _, begin), end in zip(cuts, ends, strict=True) if begin < end]


def left_out(outline: Outline) -> list[tuple[int, int]]:
    """The places which name no business: closing clauses and whatever is negated (areas.md, reading)."""
    text, spans = outline.text, []
    for mark in _CLOSING.finditer(text):
        end = outline.inner_close(mark.start())
        if end < 0:
            stop = _CLAUSE_END.search(text, mark.end())
            end = stop.start() if stop else len(text)
        spans.append((mark.start(), end))
    for opening, close in outline.outer:
        for negator in _NEGATED_INSIDE.finditer(text[opening + 1 : close]):
            place = opening + 1 + negator.start()
            spans.append((place, outline.inner_close(place)))
    for mark in _NEGATED_OUTSIDE.finditer(text):
        if outline.inner_close(mark.start()) < 0:
            spans.append(mark.span())
    for mark in _EXCEPTED.finditer(text):
        begin = max((text.rfind(sign, 0, mark.start()) for sign in ",;。()"), default=-1) + 1
        spans.append((begin, mark.end()))
    return spans


def segment_end(text: str, place: int, gaps: tuple[int, ...]) -> int:
    """Where the element that goes on at ``place`` ends: a separator, a bracket, white space (``gaps``)."""
    boundary = _BOUNDARY.search(text, place, place + _LONGEST_ELEMENT)
    end = boundary.start() if boundary else min(len(text), place + _LONGEST_ELEMENT)
    if gaps:
        number = bisect_left(gaps, place)
        if number < len(gaps):
            end = min(end, gaps[number])
    return end


def segment_start(text: str, place: int) -> int:
    """Where the element that holds ``place`` begins."""
    first = max(0, place - _LONGEST_ELEMENT)
    while place > first and text[place - 1] not in _BOUNDARIES:
        place -= 1
    return place


def lists(
    outline: Outline, positive: str, begin: int, end: int, gaps: tuple[int, ...]
) -> list[list[Element]]:
    """The lists of a stretch (cut at ，；。：outside brackets), cut into elements at 、 outside brackets.

    ``positive`` is the text with what is left out blanked.
    """
    result: list[list[Element]] = [[]]
    cuts = [g for g in gaps[bisect_right(gaps, begin) :] if g < end]
    for start, stop, sign in _elements(outline, begin, end, cuts):
        held = tuple(outline.brackets_between(start, stop))
        core, place = [], start
        for opening, close in held:
            core.append(positive[place:opening])
            place = close + 1
        core.append(positive[place:stop])
        words = "".join(core).replace(")", "")
        if words.strip("\0"):
            result[-1].append(Element(start, stop, words, held))
        if sign in ",;:。#":
            result.append([])
    return [elements for elements in result if elements]


def _elements(outline: Outline, begin: int, end: int, cuts: list[int]) -> list[tuple[int, int, str]]:
    """(start, stop, the sign behind) of each element; white space (``cuts``) separates like 、."""
    signs = [(m.start(), m.group()) for m in _SEPARATOR.finditer(outline.text, begin, end)]
    signs = sorted([*((p, s) for p, s in signs if not outline.bracket_around(p)), *((c, "") for c in cuts)])
    result, start = [], begin
    for place, sign in signs:
        if place > start:
            result.append((start, place, sign or "、"))
        elif sign and sign in ",;:。#" and result:
            result[-1] = (*result[-1][:2], sign)
        start = place + len(sign)
    if end > start:
        result.append((start, end, "、"))
    return result
