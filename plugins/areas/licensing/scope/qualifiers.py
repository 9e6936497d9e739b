"""Qualifiers that change the item (areas.md, reading, rule 3): device classes, prepacked food, branches."""

from __future__ import annotations

import re

_ONE = r"第?(?:一|二|三|iii|ii|i|[123])"
_MANY = rf"(?:{_ONE}(?:类(?!似))?(?:[、,/]|及|和|与|或|以及)?){{0,8}}{_ONE}类"
_CLASSES = re.compile(
    rf"(?P<classes>{_MANY})的?(?P<thing>医疗器械|(?:非药品类)?易制毒化学品)(?P<tail>[^、,;。:()]*)"
)
#: 医疗器械（二类、三类）销售, 医疗器械销售（二、三类）
_CLASSES_BEHIND = re.compile(
    r"(?P<thing>医疗器械)(?:(?P<done>(?:的?(?:销售|经营|零售|批发|生产|租赁)[、及和]?)+)\(|\(?)"
    rf"(?P<classes>{_MANY})\)?(?P<tail>[^、,;。:()]*)"
)
_EACH_CLASS = re.compile(r"iii|ii|i|[一二三123]")
_CLASS = {"一": 1, "i": 1, "1": 1, "二": 2, "ii": 2, "2": 2, "三": 3, "iii": 3, "3": 3}
_TRADE = re.compile(r"销售|经营|批发|零售|购销|租赁|出租|贸易|买卖")
_MAKE = re.compile(r"生产|制造|加工")
_GUARDED = re.compile(
    r"^(?:的)?(?:咨询|维修|维护|技术|研发|配送|展览|信息|软件|设计|检测|安装|售后|物流|包装|仓储|进出口)"
)

#: (thing, what is done) → class → item. First-class devices are free to sell and filed when made.
_ITEM = {
    ("医疗器械", "trade"): {2: "YX04", 3: "YX03"},
    ("医疗器械", "make"): {1: "YX06", 2: "YX05", 3: "YX05"},
    ("易制毒化学品", "trade"): {1: "YJ07", 2: "YJ10", 3: "YJ10"},
    ("易制毒化学品", "make"): {1: "YJ07", 2: "YJ10", 3: "YJ10"},
}
#: Items found here alone, since the class decides and not the phrase.
BY_CLASS = frozenset(code for classes in _ITEM.values() for code in classes.values())

_LIGHT = re.compile(
    r"(?:4\.5|四点五)吨(?:及|\(含\)|含)?以下|4500(?:千克|公斤|kg)(?:及|\(含\)|含)?以下|总质量不超过4\.5吨"
)
_PREPACKED = re.compile(r"预包装")
_LOOSE = re.compile(r"散装|熟食|现制|现场|热食|冷食|生食|裱花|自制|糕点类")
_SHARED_TO = re.compile(r"含|包括|兼")
BRANCH = re.compile(
    r"限?其?(?:于|在|由|下设|另设|设立|下属)?分(?:支机构|公司)经营|限其?分(?:支机构|公司)|仅限分(?:支机构|公司)|分支机构凭证经营"
)

#: Narrower item → the wider one that it replaces when it stands in the wider one's bracket.
NARROWER = {"JT04": "JT02", "JT03": "JT02"}


def by_class(text: str, verb_before: str, verb_behind: str) -> list[tuple[str, int, int]]:
    """(code, start, end) of the devices and precursors whose item depends on the class in ``text``.

    ``verb_before`` and ``verb_behind`` are the verbs of the list around, used where the phrase has none.
    """
    found: list[tuple[str, int, int]] = []
    for pattern in (_CLASSES, _CLASSES_BEHIND):
        for hit in pattern.finditer(text):
            if _GUARDED.match(hit["tail"]):
                continue
            own = (hit.groupdict().get("done") or "") + hit["tail"]
            verbs = own if _MAKE.search(own) or _TRADE.search(own) else verb_before or verb_behind or "销售"
            last = max(
                (m.end() for m in (_MAKE.search(hit["tail"]), _TRADE.search(hit["tail"])) if m), default=0
            )
            end = hit.start("tail") + last
            thing = "医疗器械" if hit["thing"] == "医疗器械" else "易制毒化学品"
            for done, verb in (("make", _MAKE), ("trade", _TRADE)):
                for name in _EACH_CLASS.findall(hit["classes"]) if verb.search(verbs) else ():
                    code = _ITEM[thing, done].get(_CLASS[name])
                    if code:
                        found.append((code, hit.start(), end))
    return found


def qualified(code: str, element: str, held: str, whole_list: str) -> str | None:
    """The item which ``code`` becomes by its qualifiers, or None where they free it.

    ``element``: the element's own words with brackets; ``held``: the positive text of its brackets;
    ``whole_list``: the list around it without what is negated.
    """
    if code == "JT02" and _LIGHT.search(element):
        return None  # 道路运输条例 art. 24: no licence up to 4,500 kg
    if code == "NY01" and "不再分装" in element:
        return None  # 种子法 art. 38
    if code == "SW01" and re.search(r"\((?:不含|除)[^)]*危险化学品", element):
        return None
    if code == "SP01" and _PREPACKED.search(held) and not _LOOSE.search(held):
        return "SP02"  # 食品安全法 art. 35
    if code == "SP02" and _LOOSE.search(whole_list):
        return "SP01"
    return code


def replaces(narrower: str, held: str) -> str | None:
    """The wider item that ``narrower`` replaces when it stands in the wider one's bracket ``held``."""
    return None if _SHARED_TO.match(held) else NARROWER.get(narrower)
