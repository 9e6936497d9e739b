"""Invented firms with valid codes and the kinds of scopes that real registers hold."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from stdnum.cn import uscc

from portal.subjects import Registration

STREETS = ("中兴街道", "新开街道", "竹行街道", "小海街道", "老洪港街道")
_ROADS = ("通盛大道", "星湖大道", "宏兴路", "源兴路", "上海路", "振兴东路", "瑞兴路", "吉庆路", "长洪路", "民兴路", "江海路", "新河路")
_WORDS = "鼎盛恒润华睿博远嘉禾锦程启航卓越天成瑞丰弘毅思源金桥海韵云帆晨曦百川汇通诚信德隆宏图佳美康宁绿源明珠新宇优创正和"
_END = "（依法须经批准的项目，经相关部门批准后方可开展经营活动，具体经营项目以审批结果为准）"
_FREE = "（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）"

#: Trade: (words of the name, industry, licensed scope phrases, ordinary scope phrases, share of all firms)
TRADES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], int], ...] = (
    ("餐饮管理", "H6210", ("餐饮服务", "食品销售", "小餐饮"), ("餐饮管理", "外卖递送服务", "礼品花卉销售"), 12),
    ("超市", "F5212", ("食品销售", "烟草制品零售", "酒类经营"), ("日用百货销售", "文具用品零售", "针纺织品销售"), 10),
    ("食品贸易", "F5126", ("食品互联网销售",), ("食品销售（仅销售预包装食品）", "农副产品销售", "货物进出口"), 6),
    ("酒店", "H6110", ("住宿服务", "餐饮服务"), ("酒店管理", "会议及展览服务", "停车场服务"), 4),
    ("网吧", "O8060", ("互联网上网服务",), ("计算机软硬件及辅助设备零售",), 1),
    ("物流", "G5430", ("道路货物运输（不含危险货物）",), ("国内货物运输代理", "装卸搬运", "普通货物仓储服务（不含危险化学品等需许可审批的项目）"), 7),
    ("加油站", "F5265", ("成品油零售", "食品销售"), ("润滑油销售", "日用百货销售"), 1),
    ("人力资源", "L7263", ("劳务派遣服务", "职业中介活动"), ("人力资源服务（不含职业中介活动、劳务派遣服务）", "企业管理咨询"), 4),
    ("教育培训", "P8391", ("营利性民办培训机构",), ("教育咨询服务（不含涉许可审批的教育培训活动）", "组织文化艺术交流活动"), 3),
    ("大药房", "F5251", ("药品零售", "第三类医疗器械经营"), ("第二类医疗器械销售", "卫生用品和一次性使用医疗用品销售"), 4),
    ("口腔门诊部", "Q8425", ("医疗服务",), ("医院管理", "健康咨询服务（不含诊疗服务）"), 2),
    ("医疗器械", "F5154", ("第三类医疗器械经营",), ("第一类医疗器械销售", "第二类医疗器械销售"), 3),
    ("美容美发", "O8040", ("生活美容服务", "理发服务"), ("化妆品零售", "美发饰品销售"), 5),
    ("房地产开发", "K7010", ("房地产开发经营",), ("非居住房地产租赁", "物业管理"), 2),
    ("物业服务", "K7020", (), ("物业管理", "园林绿化工程施工", "家政服务"), 3),
    ("建设工程", "E4790", ("建设工程施工", "住宅室内装饰装修"), ("工程管理服务", "建筑材料销售"), 6),
    ("化工", "F5169", ("危险化学品经营",), ("化工产品销售（不含许可类化工产品）", "专用化学产品销售（不含危险化学品）"), 2),
    ("烟花爆竹", "F5236", ("烟花爆竹零售",), ("日用百货销售",), 1),
    ("保安服务", "L7271", ("保安服务",), ("保安培训", "安全系统监控服务"), 1),
    ("文化传媒", "R8890", ("出版物零售", "营业性演出"), ("广告设计、代理", "广告制作", "图文设计制作"), 3),
    ("印刷包装", "C2319", ("包装装潢印刷品印刷",), ("纸制品销售", "包装材料及制品销售"), 2),
    ("环保科技", "N7724", ("危险废物经营",), ("固体废物治理", "环保咨询服务", "水污染治理"), 2),
    ("纺织科技", "C1761", (), ("面料纺织加工", "针纺织品及原料销售", "服装制造"), 8),
    ("机械制造", "C3484", ("特种设备制造",), ("通用设备制造（不含特种设备制造）", "机械零件、零部件加工"), 7),
    ("汽车销售", "F5261", (), ("汽车销售", "汽车零配件零售", "机动车修理和维护"), 3),
    ("健身", "R8930", ("高危险性体育运动（游泳）",), ("健身休闲活动", "体育用品及器材零售"), 2),
    ("软件", "I6513", (), ("软件开发", "信息系统集成服务", "信息技术咨询服务"), 9),
    ("企业管理咨询", "L7249", (), ("企业管理咨询", "市场调查（不含涉外调查）", "财务咨询"), 8),
    ("农业发展", "A0190", ("农药零售", "种畜禽生产"), ("农副产品销售", "谷物种植", "水产品批发"), 3),
    ("会计服务", "L7241", ("代理记账",), ("税务服务", "企业管理咨询"), 1),
)


class Firms:
    """Makes registrations one after the other, each firm once, all from one seeded source."""

    def __init__(self, rng: random.Random, plugins: Any) -> None:
        self._rng = rng
        self._serial = 0
        self._names: set[str] = set()
        self._weights = [trade[4] for trade in TRADES]

    def _code(self, sole: bool) -> str:
        self._serial += 1
        body = f"{'92' if sole else '91'}320691MA{self._serial:06X}".replace("I", "1").replace("O", "0")
        # Characters 9 to 17 carry the GB 11714 check of their own, as real codes do.
        values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        total = sum(w * values.index(c) for w, c in zip((3, 7, 9, 10, 5, 8, 4, 2), body[8:16], strict=True))
        check = "0123456789X0"[(11 - total % 11) % 11]
        body = body[:16] + check
        return body + uscc.calc_check_digit(body)

    def _name(self, trade: str, sole: bool) -> str:
        while True:
            brand = "".join(self._rng.choice(_WORDS) for _ in range(2))
            name = f"开发区{brand}{trade}{self._rng.choice(('店', '经营部', '商行'))}" if sole else f"南通{brand}{trade}{self._rng.choice(('有限公司', '有限公司', '有限责任公司', '（集团）有限公司'))}"
            if name not in self._names:
                self._names.add(name)
                return name

    def scope(self, licensed: list[str], ordinary: list[str]) -> str:
        """A scope in one of the three dialects that live side by side."""
        dialect = self._rng.choices(("sections", "general first", "old"), (5, 3, 2))[0]
        if dialect == "old" or not licensed:
            words = "；".join([*licensed, *ordinary]) if self._rng.random() < 0.5 else "、".join([*licensed, *ordinary])
            return f"{words}。{_END}" if dialect == "old" else f"一般项目：{'；'.join(ordinary)}{_FREE}"
        first, second = f"许可项目：{'；'.join(licensed)}{_END}", f"一般项目：{'；'.join(ordinary)}{_FREE}"
        return first + second if dialect == "sections" else second + first

    def make(self, day: date, event: str = "设立") -> Registration:
        """One new firm approved on ``day``."""
        rng = self._rng
        words, industry, licensed, ordinary, _ = rng.choices(TRADES, self._weights)[0]
        sole = rng.random() < 0.45 and words not in ("房地产开发", "建设工程", "加油站")
        chosen = rng.sample(licensed, rng.randint(1, len(licensed))) if licensed and rng.random() < 0.8 else []
        plain = rng.sample(ordinary, rng.randint(1, len(ordinary)))
        established = day if event == "设立" else day - timedelta(days=rng.randrange(200, 3000))
        return Registration(
            event="设立", name=self._name(words, sole), category="个体工商户" if sole else "企业", approved=day, code=self._code(sole),
            kind="个体工商户" if sole else rng.choice(("有限责任公司（自然人投资或控股）", "有限责任公司（自然人独资）", "有限责任公司（法人独资）")),
            representative=rng.choice("王李张刘陈杨黄赵周吴") + rng.choice(("伟", "敏", "静", "磊", "丽", "强", "洋", "勇", "军", "艳")) + rng.choice(("", "明", "华", "平")),
            capital=None if sole else rng.choice((10, 50, 100, 200, 500, 1000, 5000)) * 1_000_000,
            established=established, registrar="开发区行政审批局",
            address=f"南通市经济技术开发区{rng.choice(_ROADS)}{rng.randrange(1, 400)}号", street=rng.choice(STREETS), industry=industry,
            scope=self.scope(chosen, plain),
        )  # fmt: skip
