"""Shared heads: 图书、报刊零售 is 图书零售 too, and 批发：农药、化肥 is 农药批发."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .clauses import Element

_VERB = (
    "批发|零售|产销|销售|经营|购销|生产|制造|加工|收购|储存|运输|租赁|出租|回收|开采|屠宰|安装|维修|维护|保养|改造|收集|贮存|处置|清运|种植"
    "|养殖|饲养|印刷|出版|放映|制售|使用|充装|勘察|设计|施工|监理|检测|检验|处理|利用|繁育|拆解"
)
_LEADING = "批发|零售|产销|销售|经营|购销|生产|制造|加工|收购|储存|租赁|出租|回收|屠宰|制售|出版|放映"
_JOIN = "兼|及|和|与|或|并|以及|、"
_TRAIL = re.compile(rf"的?((?:{_VERB})(?:(?:{_JOIN})?(?:{_VERB}))*)(?:服务|业务|活动)?$")
_LEAD = re.compile(
    rf"((?:{_LEADING})(?:(?:{_JOIN})?(?:{_LEADING}))*)(?!服务|业务|活动|贸易|代理|管理|许可|品|技术|设备|咨询|的)(?=.)"
)
_ONLY_VERBS = re.compile(
    rf"(?:从事|线上|线下|网上|网络|互联网|主营|兼营|经营范围)*(?:{_VERB})(?:(?:{_JOIN})?(?:{_VERB}))*(?:服务|业务)?$"
)
_EACH = re.compile(_VERB)
_WHOLE = re.compile(r"(?:服务|业务|活动|咨询|管理|开发|代理|推广|转让)$")
#: 糖果、饮料包装机械的制造 makes machines, no sweets.
_MACHINES = re.compile(
    r"(?:机械|设备|装备|器械|仪器|机具|模具|配件|生产线|机)(?:的?(?:研发|开发|设计|研究))*$"
)
_MAKING = frozenset(("生产", "制造", "加工"))
_AND = re.compile(r"以及|及|和|与|或|兼")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase which the list means without writing it: ``text``, whose verb begins at ``joint``."""

    text: str
    joint: int
    element: Element
    start: int
    end: int


@dataclass(slots=True)
class _Parsed:
    element: Element
    lead: tuple[str, ...]
    trail: tuple[str, ...]
    thing: str
    only_verbs: bool


def only_verbs(element: Element) -> bool:
    """Whether the element is a heading such as 批发兼零售 and names nothing by itself."""
    return bool(_ONLY_VERBS.match(element.core))


def _parse(element: Element) -> _Parsed:
    core = element.core
    if only_verbs(element):
        return _Parsed(element, (), tuple(_EACH.findall(core)), "", True)
    lead = _LEAD.match(core)
    trail = _TRAIL.search(core)
    begin = lead.end() if lead else 0
    stop = trail.start() if trail and trail.start() >= begin else len(core)
    verbs = tuple(_EACH.findall(trail[1])) if stop < len(core) and trail else ()
    return _Parsed(element, tuple(_EACH.findall(lead[1])) if lead else (), verbs, core[begin:stop], False)


def candidates(all_lists: list[list[Element]]) -> Iterator[Candidate]:
    """Every phrase that the lists of one stretch mean without writing it, in order of the text."""
    heading: tuple[str, ...] = ()
    last: _Parsed | None = None
    for elements in all_lists:
        parsed = [_parse(e) for e in elements]
        if parsed and all(here.only_verbs for here in parsed):
            heading = tuple(verb for here in parsed for verb in here.trail)
            if last is not None:
                yield from _join(last, heading, last.element.start, parsed[-1].element.end)
            continue
        lead = heading
        behind = _verbs_behind(parsed)
        for here, (verbs, stop) in zip(parsed, behind, strict=True):
            if here.only_verbs:
                if last is not None:
                    yield from _join(last, here.trail, last.element.start, here.element.end)
                continue
            lead = here.lead or lead
            element = here.element
            if here.lead or (lead and not here.trail and not _WHOLE.search(here.thing)):
                yield from _join(here, lead, element.start, element.end)
            if here.trail:
                yield from _join(here, here.trail, element.start, element.end)
            elif verbs and not _WHOLE.search(here.thing):
                yield from _join(here, verbs, element.start, stop)
            last = here


def _verbs_behind(parsed: list[_Parsed]) -> list[tuple[tuple[str, ...], int]]:
    """For each element the verbs of the next one that has any, and where they end."""
    result: list[tuple[tuple[str, ...], int]] = []
    verbs: tuple[str, ...] = ()
    stop = 0
    making_machines = False
    for here in reversed(parsed):
        making_machines = making_machines or bool(_MACHINES.search(here.thing))
        result.append((tuple(v for v in verbs if not (making_machines and v in _MAKING)), stop))
        if here.trail:
            verbs, stop = here.trail, here.element.end
            making_machines = bool(_MACHINES.search(here.thing))
        elif here.lead or _WHOLE.search(here.thing):
            verbs, stop = (), 0
    return result[::-1]


def _join(here: _Parsed, verbs: tuple[str, ...], start: int, end: int) -> Iterator[Candidate]:
    verbs = tuple(w for v in verbs for w in (("生产", "销售") if v == "产销" else (v,)))
    for thing in {here.thing: None, **dict.fromkeys(_AND.split(here.thing))}:
        for verb in dict.fromkeys(verbs) if thing else ():
            yield Candidate(thing + verb, len(thing), here.element, start, end)
