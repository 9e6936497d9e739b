"""One automaton over all keywords and look-alikes of the catalogue, and what each of its patterns grants."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ahocorasick_rs import AhoCorasick, MatchKind

from .items import CatalogueItem
from .normalise import spell
from .rules import ScopeRule

#: Explanations of the catalogue's author inside an exclusion: （归食品生产）, （备案）, （省）.
_EXPLANATION = re.compile(r"\((?:归[^)]*|备案|省|随资质|法定除外[^)]*|须在[^)]*)\)")
#: A phrase that ends like this is an activity by itself; any other is a noun and needs a fitting next word.
_ACTIVITY = re.compile(
    r"(?:服务|经营|销售|零售|批发|生产|制造|加工|活动|业务|施工|运输|回收|收购|检测|检验|开采|设计|安装|维修|维护|修理|制作|放映"
    r"|处置|处理|清运|收集|贮存|饲养|养殖|屠宰|印刷|租赁|培训|拆解|制售|监理|勘察|勘查|充装|检定|\))$"
)
#: Wordings of the old dialect that fit several items (spec: 货物运输): a person decides.
TOO_WIDE = (
    *(
        "货物运输",
        "货物运输服务",
        "货运",
        "货运服务",
        "运输服务",
        "客运",
        "客运服务",
        "旅客运输",
        "客货运输",
        "运输",
    ),
    *("医疗器械", "医疗器械销售", "医疗器械经营", "医疗器械零售", "医疗器械批发"),
    *("医疗器械的销售", "医疗器械的批发", "医疗器械的零售", "药品销售", "药品经营"),
    *("人力资源服务", "种子销售", "种子经营", "教育培训", "工程施工", "建筑安装"),
)


#: The words that may follow a keyword; None: any but the guard words.
Follows = tuple[str, ...] | None


@dataclass(slots=True)
class Pattern:
    """A phrase in one spelling: the items that own it, and the keywords hidden inside.

    ``owners`` carry the words that may follow (None: any but the guard words); ``inner`` counts only where
    nobody owns the phrase: (place, length, owners) of keywords whose items do not exclude the phrase.
    """

    text: str
    owners: dict[str, Follows] = field(default_factory=dict)
    inner: list[tuple[int, int, dict[str, Follows]]] = field(default_factory=list)
    explains: bool = False


#: What may follow a noun without turning it into another thing (酒店经营, but not 酒店用品).
NOUN_FOLLOWS = (
    *("$", "及", "和", "与", "或", "兼", "并", "以及", "服务", "经营", "业务", "活动", "业", "工程", "施工"),
    *("销售", "零售", "批发", "生产", "加工", "制造", "场所", "中心", "营业", "运营"),
    *("的销售", "的经营", "的零售", "的批发", "的生产"),
)


class Patterns:
    """The automaton and its patterns, by index; ``wide`` are the phrases that go to a person."""

    def __init__(self, items: Sequence[CatalogueItem], rules: Sequence[ScopeRule]) -> None:
        by_code = {rule.code: rule for rule in rules}
        owners: dict[str, dict[str, Follows]] = defaultdict(dict)
        excluded: dict[str, set[str]] = defaultdict(set)
        known: set[str] = set()
        for item in items:
            rule = by_code.get(item.code)
            words = [spell(w) for w in (*item.keywords, *(rule.keywords if rule else ()))]
            if item.match == "none" or item.kind in ("XW", "QX"):
                # A cancelled item still explains its words: 技术进出口 needs nothing since 2022.
                known.update(words if item.kind == "QX" else ())
                continue
            guards = {
                spell(k): tuple(spell(f) for f in follows) for k, follows in (rule.guards if rule else ())
            }
            for word in words:
                owners[word][item.code] = guards.get(word, None if _ACTIVITY.search(word) else NOUN_FOLLOWS)
            for word in (*item.exclusions, *(rule.exclusions if rule else ())):
                excluded[_EXPLANATION.sub("", spell(word))].add(item.code)
        self.patterns = self._join(owners, excluded, known)
        self.by_text = {p.text: p for p in self.patterns}
        self.wide = frozenset(spell(w) for w in TOO_WIDE)
        self._automaton = (
            AhoCorasick([p.text for p in self.patterns], matchkind=MatchKind.LeftmostLongest)
            if self.patterns
            else None
        )

    def _join(
        self, owners: dict[str, dict[str, Follows]], excluded: dict[str, set[str]], known: set[str]
    ) -> list[Pattern]:
        result = {word: Pattern(word, dict(codes)) for word, codes in owners.items() if word}
        for word in known:
            result.setdefault(word, Pattern(word)).explains = True
        for phrase, codes in excluded.items():
            pattern = result.get(phrase)
            if pattern is not None:
                for code in codes:
                    pattern.owners.pop(code, None)
                continue
            hidden = [
                (phrase.find(word), len(word), {c: f for c, f in held.items() if c not in codes})
                for word, held in owners.items()
                if word in phrase and phrase != word
            ]
            if hidden:
                result[phrase] = Pattern(phrase, {}, [h for h in hidden if h[2]])
        return list(result.values())

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """(pattern index, start, end) of the leftmost-longest matches in a text of one spelling."""
        return self._automaton.find_matches_as_indexes(text) if self._automaton else []
