"""The code lists of the credit area: kinds of penalty, of other dishonesty, purposes of a check, sanction measures."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: 行政处罚法 art. 9, one word a kind (data-standards.md "Penalty kinds").
PENALTY_KINDS = (
    "警告", "通报批评", "罚款", "没收违法所得", "没收非法财物", "暂扣许可证件", "降低资质等级", "吊销许可证件",
    "限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业", "行政拘留", "其他",
)  # fmt: skip

#: 其他失信主体信息 (Annex 2-2): code → (words, the rule under which such a list is kept).
OTHER_KINDS: dict[str, tuple[str, str]] = {
    "serious_list": ("列入严重违法失信名单", "市场监督管理严重违法失信名单管理办法（总局令44号）"),
    "abnormal_list": ("列入经营异常名录", "企业信息公示暂行条例；企业经营异常名录管理暂行办法"),
    "judgment": ("失信被执行人", "最高人民法院关于公布失信被执行人名单信息的若干规定"),
    "wages": ("拖欠农民工工资失信联合惩戒对象", "拖欠农民工工资失信联合惩戒对象名单管理暂行办法"),
    "tax": ("重大税收违法失信主体", "重大税收违法失信主体信息公布管理办法"),
    "safety": ("安全生产严重失信主体", "安全生产严重失信主体名单管理办法"),
    "procurement": ("政府采购严重违法失信行为", "政府采购法第七十七条"),
    "contract": ("违反承诺、合同的失信行为", "本领域法律、法规或者国务院规定的认定标准"),
    "other": ("法律、法规规定的其他失信行为", "本领域法律、法规规定的认定标准"),
}
#: Lists that bar a repair under 市场监督管理行政处罚信息公示规定 第十四条 while they stand.
BARRING_LISTS = ("serious_list", "abnormal_list")

#: 惩戒领域 as in use since 2017 (forms.md 2.6), brought up to today's names.
FIELDS = (
    "安全生产", "食品药品", "特种设备", "生态环境", "建筑施工", "房地产与物业", "招标投标", "政府采购", "劳动保障", "税收财政",
    "文化旅游", "教育培训", "医疗卫生", "交通运输", "农业农资", "消防", "治安特业", "市容环卫", "知识产权", "广告与网络",
    "登记与公示信息", "金融", "自然资源", "普遍性限制措施", "其他",
)  # fmt: skip

#: Fields in which the market-supervision repair rules ask a year before an early end (国市监信规〔2021〕3号, 待核).
STRICT_FIELDS = ("食品药品", "特种设备")

#: What a unit is about to do when it asks (二（二）): code → (words, the measure group that belongs to it).
PURPOSES: dict[str, tuple[str, str]] = {
    "land": ("取得政府供应土地", "land"),
    "bidding": ("工程招标投标", "bidding"),
    "procurement": ("政府采购", "procurement"),
    "permit": ("办理行政许可", "permit"),
    "funding": ("财政资金、优惠政策", "funding"),
    "finance": ("投融资", "finance"),
    "honour": ("评先评优、授予荣誉", "honour"),
    "supervision": ("日常监管、确定抽查对象", "supervision"),
    "management": ("经营管理中的其他协同监管", ""),
}

#: Whoever carries out the procedure for which the check was asked.
ASKING_UNIT = "办理单位"


@dataclass(frozen=True)
class Measure:
    """One sanction measure: never free text (国办发〔2020〕49号). ``acting`` is a unit's name of Annex 2-2 or 办理单位."""

    code: str
    text: str
    group: str
    basis: str
    acting: str
    confidence: str


@lru_cache(maxsize=1)
def measures() -> dict[str, Measure]:
    """The list of measures by code, from ``measures.csv``, in its order."""
    with (Path(__file__).parent / "measures.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    made = [
        Measure(
            row["code"], row["measure"], row["applies_to"], row["basis"], row["acting"], row["confidence"]
        )
        for row in rows
    ]
    return {measure.code: measure for measure in made}


def purpose_label(code: str) -> str:
    """The words of a purpose, or the code itself for one that is no longer listed."""
    return PURPOSES[code][0] if code in PURPOSES else code


def other_label(code: str) -> str:
    """The words of a kind of other dishonesty."""
    return OTHER_KINDS[code][0] if code in OTHER_KINDS else code
