"""The grammar of a scope: sections, brackets, closing clauses, what is negated, and the elements of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass

PERMIT, GENERAL = "许可", "一般"

_MARKER = re.compile(
    r"(?P<permit>(?:前置|后置)?许可类?(?:经营)?(?:项目|范围)|(?:前置|后置)许可(?:经营)?项目)|(?P<general>一般类?(?:经营)?(?:项目|范围))"
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
    r"|(?:^|(?<=[,;。、(]))(?:除(?!尘|虫|湿|雪|草|甲醛|四害|臭|锈|垢|霉|螨|颤)|无(?!损|人|线|菌|机|水|纺|缝|尘)"
    r"|非(?!煤|药品|主要|物质|公|金属|遗|学科|标|开挖|织造))"
)
_NEGATED_OUTSIDE = re.compile(
    r"(?:不含|不包[括含]|不得|不涉及|不从事|不经营|严禁|禁止|不销售|不生产|不提供)[^,;。:]*"
    r"|除(?!尘|虫|湿|雪|草|甲醛|四害|臭|锈|垢|霉|螨|颤)[^;。]{1,60}?(?:除外|之外|以外|外(?=[,;。:的]|$))"
)
_EXCEPTED = re.compile(r"[^,;。()]*?(?:除外|以外)")
_BOUNDARY = re.compile(r"[、,;:。()/|+]")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list, brackets left out: ``core`` its words, ``start``…``end`` its place in the text."""

    start: int
    end: int
    core: str
    brackets: tuple[tuple[int, int], ...]


def brackets(text: str) -> list[tuple[int, int, int]]:
    """Every bracket as (opening place, closing place, depth), outermost depth 0, in order of opening.

    One that is never closed ends with its clause (； or 。), so that a slip of the pen cannot swallow a scope.
    """
    found: list[tuple[int, int, int]] = []
    open_at: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            open_at.append(place)
        elif character == ")" and open_at:
            found.append((open_at.pop(), place, len(open_at)))
    for depth, place in enumerate(open_at):
        ends = [e for e in (text.find(";", place), text.find("。", place)) if e >= 0]
        found.append((place, min(ends, default=len(text)), depth))
    return sorted(found)


def sections(text: str, outer: list[tuple[int, int, int]]) -> list[tuple[str | None, int, int]]:
    """The stretches of a clause with the section that opens each: 许可, 一般 or None (as before)."""
    cuts: list[tuple[str | None, int, int]] = [(None, 0, 0)]
    for mark in _MARKER.finditer(text):
        start, end = mark.span()
        if any(o < start < c for o, c, _ in outer):
            continue
        follows = text[end : end + 1]
        opens = start == 0 or text[start - 1] in ";。)" or start == cuts[-1][2]
        if follows != ":" and not (opens and follows and not _NOT_A_MARKER.match(follows)):
            continue
        cuts.append((PERMIT if mark["permit"] else GENERAL, start, end + (follows == ":")))
    ends = [start for _, start, _ in cuts[1:]] + [len(text)]
    return [(name, begin, end) for (name, _, begin), end in zip(cuts, ends, strict=True) if begin < end]


def left_out(text: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """The places which name no business: closing clauses and whatever is negated (spec: reading, rule 2)."""
    spans: list[tuple[int, int]] = []

    def innermost(place: int) -> int:
        return min((c for o, c, _ in found if o < place < c), default=-1)

    for mark in _CLOSING.finditer(text):
        end = innermost(mark.start())
        if end < 0:
            ends = [e for e in (text.find(c, mark.end()) for c in ";。:") if e >= 0]
            end = min(ends, default=len(text))
        spans.append((mark.start(), end))
    for opening, closing, _ in found:
        inside = text[opening + 1 : closing]
        negator = _NEGATED_INSIDE.search(inside)
        if negator:
            spans.append((opening + 1 + negator.start(), closing))
        excepted = _EXCEPTED.search(inside)
        if excepted:
            spans.append((opening + 1 + excepted.start(), opening + 1 + excepted.end()))
    for pattern in (_NEGATED_OUTSIDE, _EXCEPTED):
        for mark in pattern.finditer(text):
            if innermost(mark.start()) < 0:
                spans.append(mark.span())
    return spans


def segment_end(text: str, place: int, gaps: frozenset[int]) -> int:
    """Where the element that goes on at ``place`` ends: the next separator, bracket, or (in ``gaps``) white space."""
    boundary = _BOUNDARY.search(text, place)
    end = boundary.start() if boundary else len(text)
    return min((gap for gap in gaps if place <= gap < end), default=end)


def segment_start(text: str, place: int) -> int:
    """Where the element that holds ``place`` begins."""
    while place > 0 and not _BOUNDARY.match(text[place - 1]):
        place -= 1
    return place


def lists(text: str, begin: int, end: int, found: list[tuple[int, int, int]], gaps: frozenset[int]) -> list[list[Element]]:
    """The lists of a stretch (cut at ，；。：outside brackets), each cut into elements at 、 outside brackets."""
    outer = [(o, c) for o, c, depth in found if depth == 0 and begin <= o < end]
    result: list[list[Element]] = [[]]
    start, place = begin, begin
    core: list[str] = []
    held: list[tuple[int, int]] = []
    skip_to = {o: c for o, c in outer}

    def close(at: int) -> None:
        nonlocal core, held
        words = "".join(core)
        if words:
            result[-1].append(Element(start, at, words, tuple(held)))
        core, held = [], []

    while place < end:
        if place in skip_to:
            held.append((place, min(skip_to[place], end)))
            place = min(skip_to[place], end) + 1
            continue
        character = text[place]
        if character in "、,;:。/|+" or (place in gaps and core):
            close(place)
            if character in ",;:。":
                result.append([])
            start = place if place in gaps and character not in "、,;:。/|+" else place + 1
            if start == place:
                core.append(character)
        elif character != ")":
            core.append(character)
        place += 1
    close(min(place, end))
    return [elements for elements in result if elements]
