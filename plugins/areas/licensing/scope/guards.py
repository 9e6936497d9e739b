"""Head words: what follows a keyword in its element decides what the element is (酒店用品 is not 酒店)."""

from __future__ import annotations

import re

from .clauses import segment_start

_THINGS = (
    "设备|用品|器材|机械|机器|器械|工具|仪器|装备|装置|配件|零件|零部件|材料|原料|原辅料|耗材|油墨"
    "|车辆|生产线|模具|家具|服装|包装|商品|制品"
)
_SERVICES_ABOUT = (
    "管理|代理|代办|培训|咨询|策划|软件|系统|平台|技术|研发|研究|投资|营销|推广|评估|评价|招商|中介|预订|预定|外包|加盟|品牌|网站|网点"
    "|顾问|翻译|标准|认证|档案|数据|工艺|科技|信息"
)
_GUARD_START = re.compile(
    rf"(?:过程|相关|行业|产业|企业|类|场所|机构|项目|配套|辅助|专业)?(?:用(?!户)|专用|{_THINGS}|{_SERVICES_ABOUT}|设施|设计|许可|证|资质|备案)"
)
_GUARD_END = re.compile(
    rf"(?:{_THINGS}|{_SERVICES_ABOUT})(?:服务|销售|业务|活动|制造|生产|租赁|出租|维修|安装|开发|批发|零售|转让|推广|交流|及配件|咨询|的)*$"
)
#: Before a noun these make it a mere object: 代订酒店, 投资酒店.
_OBJECT_OF = (
    "代订",
    "预订",
    "预定",
    "代办",
    "投资",
    "建设",
    "策划",
    "设计",
    "装修",
    "清洗",
    "为",
    "对",
    "用于",
)
_JOINED = "及和与或兼并以"


def fits(text: str, start: int, end: int, stop: int, follows: tuple[str, ...] | None) -> bool:
    """Whether the words behind a keyword (``text[end:stop]``) leave it what it is.

    ``follows`` None: anything but a guard word; else one of these, ``$`` for the element's end, ``^`` before
    a word where the keyword must begin the element.
    """
    if start and text[start - 1] in "非无" and text[start : start + 1] != "非":
        return False
    tail = text[end:stop]
    if follows is not None:
        if text.endswith(_OBJECT_OF, max(0, start - 2), start):
            return False
        if not any(_follows(text, start, tail, word) for word in follows):
            return False
    elif tail and tail[0] not in _JOINED and _GUARD_START.match(tail.lstrip("的之")):
        return False
    if tail:
        return tail[0] in _JOINED or len(tail) > 14 or not _GUARD_END.search(tail)
    return True


def _follows(text: str, start: int, tail: str, word: str) -> bool:
    if word.startswith("^"):
        if segment_start(text, start) != start:
            return False
        word = word[1:]
    return not tail if word == "$" else tail.startswith(word)
