"""Invented decisions for the demonstration, by the check fields that a unit declares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A kind of decision: what was done, on what basis, the kinds of penalty, the fine from–to in 元 (0: none)."""

    act_kind: str
    basis: str
    field: str
    kinds: tuple[str, ...]
    fine: tuple[int, int]
    measures: tuple[str, ...] = ()


#: Check field of Annex 2-2 → what such a unit punishes.
CASES: dict[str, tuple[Case, ...]] = {
    "劳动监察": (Case("未依法支付劳动报酬", "劳动保障监察条例第二十六条", "劳动保障", ("罚款",), (5_000, 20_000), ("TB02", "RY01")),),
    "会计": (Case("未按规定设置会计账簿", "会计法第四十条", "税收财政", ("警告", "罚款"), (3_000, 50_000), ("ZJ01", "CG01")),),
    "市容": (
        Case("占道经营", "江苏省城市市容和环境卫生管理条例第四十八条", "市容环卫", ("罚款",), (200, 2_000)),
        Case("擅自设置户外广告", "江苏省广告条例第四十条", "市容环卫", ("罚款",), (2_000, 20_000), ("RY01",)),
    ),
    "安全": (
        Case("未按规定对从业人员进行安全生产教育和培训", "安全生产法第九十七条", "安全生产", ("罚款",), (10_000, 90_000), ("ZJ02", "JG01")),
        Case("安全设备未经常性维护保养", "安全生产法第九十九条", "安全生产", ("罚款", "责令停产停业"), (50_000, 200_000), ("TD01", "CG01", "JG01")),
    ),
    "环保": (
        Case("未按排污许可证规定排放污染物", "排污许可管理条例第三十四条", "生态环境", ("罚款",), (50_000, 400_000), ("ZJ02", "RZ01", "JG01")),
        Case("危险废物未按规定贮存", "固体废物污染环境防治法第一百一十二条", "生态环境", ("罚款",), (100_000, 500_000), ("TD01", "ZJ02", "JG01")),
    ),
    "食品（盐）": (
        Case("经营超过保质期的食品", "食品安全法第一百二十四条", "食品药品", ("罚款", "没收违法所得"), (2_000, 50_000), ("XK04", "JG01")),
        Case("未公示食品经营许可证", "食品安全法第一百二十六条", "食品药品", ("警告",), (0, 0)),
        Case("未取得许可从事食品经营", "食品安全法第一百二十二条", "食品药品", ("罚款",), (50_000, 120_000), ("XK04", "RY01", "JG01")),
    ),
    "登记事项、公示信息、广告、合同、网络": (
        Case("发布虚假广告", "广告法第五十五条", "广告与网络", ("罚款",), (10_000, 200_000), ("RY01", "JG01")),
        Case("未按规定公示年度报告信息", "企业信息公示暂行条例第十七条", "登记与公示信息", ("通报批评",), (0, 0)),
    ),
    "特种行业": (
        Case("未按规定登记住宿旅客信息", "反恐怖主义法第八十六条", "治安特业", ("罚款",), (5_000, 100_000), ("JG01",)),
        Case("未落实治安保卫制度", "企业事业单位内部治安保卫条例第十九条", "治安特业", ("警告",), (0, 0)),
    ),
    "消防": (
        Case("占用、堵塞疏散通道", "消防法第六十条", "消防", ("罚款",), (5_000, 50_000), ("JG01",)),
        Case("未经消防安全检查擅自营业", "消防法第五十八条", "消防", ("罚款", "责令停产停业"), (30_000, 200_000), ("XK04", "JG01")),
    ),
    "资源": (Case("未经批准占用土地", "土地管理法第七十七条", "自然资源", ("罚款",), (20_000, 300_000), ("TD01",)),),
}  # fmt: skip
#: Kinds of other dishonesty for units without such a field: (category, act, basis, field, measures).
OTHERS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("contract", "未履行政策扶持承诺", "扶持资金申报承诺书", "普遍性限制措施", ("ZJ01", "RY01")),
    ("wages", "拖欠农民工工资", "保障农民工工资支付条例第四十八条", "劳动保障", ("TB01", "ZJ01")),
    (
        "serious_list",
        "列入严重违法失信名单",
        "市场监督管理严重违法失信名单管理办法",
        "登记与公示信息",
        ("TD01", "CG01", "RY01", "JG01"),
    ),
    ("other", "提供虚假申报材料", "行政许可法第七十八条", "其他", ("XK01",)),
)


def cases_of(check_fields: list[str]) -> list[Case]:
    """The cases of a unit's check fields."""
    return [case for field in check_fields for case in CASES.get(field, ())]
