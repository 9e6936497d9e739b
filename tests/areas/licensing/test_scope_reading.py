"""The rules of reading a business scope (areas.md section 1, domain.md 2.4), one table for each rule."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from plugins.areas.licensing.scope import ScopeReader, default_rules, difference
from portal.declarations import PermitItem

ROOT = Path(__file__).parents[3]


def permit_items() -> list[PermitItem]:
    """The shipped catalogue as the units' plugins declare it."""
    files = [
        *sorted((ROOT / "plugins/units").glob("*/permits.csv")),
        ROOT / "plugins/areas/licensing/outside.csv",
    ]
    names = {
        "name": "item_name", "body": "approving_body_general", "check_field": "annex2_2_field",
        "basis": "legal_basis", "confidence": "source_confidence",
    }  # fmt: skip
    same = ("code", "kind", "match", "level", "approving_unit", "supervising_unit")
    items = []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                items.append(
                    PermitItem(
                        **{column: row[column] for column in same},
                        **{field: row[column] for field, column in names.items()},
                        keywords=tuple(w for w in row["scope_keywords"].split("|") if w),
                        exclusions=tuple(w for w in row["exclusion_notes"].split("|") if w),
                    )
                )
    return items


ITEMS = permit_items()
READER = ScopeReader(ITEMS)
CLOSING = "（依法须经批准的项目，经相关部门批准后方可开展经营活动，具体经营项目以审批结果为准）"


def codes(scope: str) -> list[str]:
    return sorted(READER.read(scope).codes)


@pytest.mark.parametrize(
    ("scope", "expected", "classification"),
    [
        (
            "服装的设计、制造、加工、销售；自营和代理各类商品的进出口（国家限定企业经营或禁止进出口的商品和技术除外。）"
            "（依法须经批准的项目，经相关部门批准后方可开展经营活动）许可项目：道路货物运输（不含危险货物）"
            + CLOSING,
            ["JT02"],
            "许可",
        ),
        (
            "一般项目：通用设备制造（不含特种设备制造）；电子、机械设备维护（不含特种设备）；互联网销售（除销售需要许可的商品）"
            "（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）许可项目：食品互联网销售；食品销售；第二类增值电信业务；出版物零售",
            ["SP01", "TX04", "WL07"],
            "许可",
        ),
        (
            "一般项目：第二类医疗器械销售；化工产品销售（不含许可类化工产品）；专用化学产品销售（不含危险化学品）",
            ["YX04"],
            "备案",
        ),
        ("一般项目：餐饮管理；许可项目：餐饮服务；食品经营管理", ["SP01"], "许可"),
    ],
)
def test_the_real_scopes_of_the_specification(scope: str, expected: list[str], classification: str) -> None:
    reading = READER.read(scope)
    assert (sorted(reading.codes), reading.classification, reading.unknown) == (expected, classification, ())


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("住宅室内装饰装修", ["JS01"]),
        ("建设工程施工", ["JS01", "JS05"]),
        ("许可项目：药品零售", ["YX01"]),
        ("许可项目：劳务派遣服务", ["RS03"]),
        ("许可项目：公章刻制", ["GA02"]),
        ("许可项目：电力设施承装、承修、承试", ["TX10"]),
        ("许可项目：发电业务、输电业务、供（配）电业务", ["TX10"]),
        ("许可项目：移动式压力容器/气瓶充装", ["TS02"]),
        ("许可项目：民用爆炸物品销售", ["TX05"]),
    ],
)
def test_standard_phrases(scope: str, expected: list[str]) -> None:
    assert codes(scope) == expected


@pytest.mark.parametrize(
    "scope",
    [
        "化工产品销售（不含危险化学品、易制毒化学品）",
        "仓储服务（不包括危险化学品经营）",
        "化工原料销售（危险化学品经营除外）",
        "贸易（除食品销售、烟草制品零售外）",
        "健康咨询（非医疗服务）",
        "日用品（不含【食品销售】、药品零售）",
        "资产管理（未经金融等监管部门批准，不得从事融资担保、小额贷款等业务）",
        "百货零售，不含食品销售、烟草制品零售",
        "劳务服务（不含劳务派遣）",
        "商务服务（不含餐饮服务",
    ],
)
def test_what_is_negated_is_never_proposed(scope: str) -> None:
    assert READER.read(scope).codes == ()


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("成品油零售（限危险化学品）", "SW01"),
        ("餐饮服务（含凉菜，不含生食海产品）", "SP01"),
        ("危险化学品经营（凭许可证经营）", "YJ01"),
        ("普通货运（在许可证有效期内经营）", "JT02"),
        ("出版物零售（凭有效许可证经营至2030年1月1日）", "WL07"),
    ],
)
def test_positive_brackets_do_not_negate(scope: str, code: str) -> None:
    assert code in codes(scope)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("食品销售（仅销售预包装食品）", ["SP02"]),
        ("食品经营（销售预包装食品）", ["SP02"]),
        ("食品经营（销售预包装食品、散装食品）", ["SP01"]),
        ("预包装食品兼散装食品零售", ["SP01"]),
        ("第一类医疗器械销售", []),
        ("第二类医疗器械销售", ["YX04"]),
        ("第三类医疗器械经营", ["YX03"]),
        ("Ⅱ、Ⅲ类医疗器械批发", ["YX03", "YX04"]),
        ("经营第Ⅱ类、第Ⅲ类医疗器械", ["YX03", "YX04"]),
        ("医疗器械销售（一、二类）", ["YX04"]),
        ("医疗器械（二类、三类）批发", ["YX03", "YX04"]),
        ("第二类、第三类非药品类易制毒化学品经营", ["YJ10"]),
        ("第一类医疗器械生产", ["YX06"]),
        ("二类医疗器械生产、销售", ["YX05"]),
        ("二类医疗器械的维修", []),
        ("道路货物运输（不含危险货物）", ["JT02"]),
        ("道路货物运输（网络货运）", ["JT04"]),
        ("道路危险货物运输", ["JT03"]),
        ("总质量4.5吨及以下普通货运车辆道路货物运输（除网络货运和危险货物）", []),
        ("农作物种子经营（仅限不再分装的包装种子）", []),
        ("再生资源回收（除生产性废旧金属）", ["SW06"]),
        ("人力资源服务（不含职业中介活动、劳务派遣服务）", ["RS02"]),
    ],
)
def test_qualifiers_change_the_item(scope: str, expected: list[str]) -> None:
    assert codes(scope) == expected


@pytest.mark.parametrize(
    "scope",
    [
        "酒店管理", "餐饮管理", "医院管理", "国内货物运输代理", "旅行社服务网点旅游招徕、咨询服务",
        "产地直销", "厂家直销家具", "物业管理", "广告发布", "货物进出口", "技术进出口", "酒店用品销售",
        "酒店设备租赁", "食品机械销售", "食品生产技术咨询", "潜水泵销售", "聚苯乙烯销售",
        "口腔护理用品销售", "KTV音响设备销售", "汽车美容服务", "宠物美容服务", "美容培训",
        "代理记账软件开发", "印刷机械销售", "采矿设备制造", "危险废物处置技术研发", "宠物食品及用品零售",
        "教育咨询服务（不含涉许可审批的教育培训活动）", "固体废物治理", "电子认证服务",
        "普通货物仓储服务（不含危险化学品等需许可审批的项目）",
        "工艺美术品及收藏品零售（象牙及其制品除外）", "非食品销售", "酒店预订",
        "知识产权服务（专利代理服务除外）", "非融资担保服务", "生活垃圾处理装备销售", "建筑装饰材料销售",
        "特种设备销售",
    ],
)  # fmt: skip
def test_head_words_guard(scope: str) -> None:
    assert READER.read(scope).codes == ()


def test_saying_that_the_training_is_not_guarded_for_security_training() -> None:
    assert codes("保安培训") == ["GA05"]
    assert codes("保安服务") == ["GA04"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("图书、报刊零售", ["WL07"]),
        ("农药批发、零售", ["NY02"]),
        ("批发、零售：农药，化肥", ["NY02"]),
        ("销售预包装食品、卷烟", ["SP02", "TX01"]),
        ("生产：糖果、果脯", ["SP03"]),
        ("糖果、饼干销售", []),
        ("电梯安装、维修、保养", ["TS01"]),
        ("产销：糖果", ["SP03"]),
        ("成品油（柴油）零售", ["SW01"]),
    ],
)
def test_words_of_a_list_share_their_verb(scope: str, expected: list[str]) -> None:
    assert codes(scope) == expected


@pytest.mark.parametrize(
    "scope",
    [
        "许可项目：食品销售；烟草制品零售；一般项目：酒店管理",
        "一般项目：酒店管理。许可项目：食品销售；烟草制品零售",
        "许可项目:食品销售,烟草制品零售 一般项目:酒店管理",
        "一般经营项目是：酒店管理，许可经营项目是：食品销售；烟草制品零售",
        "食品销售\n烟草制品零售\n酒店管理",
        "食品销售 烟草制品零售 酒店管理",
        "【许可项目】食品销售；烟草制品零售【一般项目】酒店管理",
        "许可项目：食品销\n售；烟草\n制品零售；一般项目：酒店管\n理",
        "许可项目：ＫＴＶ设备销售；食品销售***；烟草制品零售〓",
        "食品销售烟草制品零售酒店管理",
        "食品销售。烟草制品零售。（以下范围不含前置许可项目，后置许可项目凭许可证或审批文件经营）",
    ],
)
def test_every_dialect_reads_alike(scope: str) -> None:
    assert codes(scope) == ["SP01", "TX01"]


@pytest.mark.parametrize(
    ("scope", "derived"),
    [
        ("住宿服务", {"WS03", "XF01"}),
        ("互联网上网服务", {"XF01"}),
        ("电影放映", {"WS03", "XF01"}),
        ("高危险性体育运动（游泳）", {"WS03"}),
        ("理发服务", {"WS03"}),
        ("洗浴服务", {"WS03", "XF01"}),
        ("餐饮服务", set()),
    ],
)
def test_derived_duties_stand_apart(scope: str, derived: set[str]) -> None:
    reading = READER.read(scope)
    assert {hit.code for hit in reading.hits if hit.derived} == derived
    assert [hit.derived for hit in reading.hits] == sorted(hit.derived for hit in reading.hits)


def test_a_derived_duty_names_the_item_it_follows_from() -> None:
    [fire] = [hit for hit in READER.read("网吧").hits if hit.code == "XF01"]
    assert (fire.derived, fire.source) == (True, "WL01")


@pytest.mark.parametrize(
    ("scope", "flags"),
    [
        ("餐饮服务（限分支机构经营）", ("限分支机构",)),
        ("餐饮服务【分支机构经营】", ("限分支机构",)),
        ("以下限分支机构经营：酒店用品销售、餐饮服务", ("限分支机构",)),
        ("住宿、餐饮服务（限其分支机构凭证经营）", ("限分支机构",)),
        ("餐饮服务（限分支机构经营）；餐饮服务", ()),
        ("餐饮服务", ()),
    ],
)
def test_the_limit_to_branches_is_flagged(scope: str, flags: tuple[str, ...]) -> None:
    [food] = [hit for hit in READER.read(scope).hits if hit.code == "SP01"]
    assert food.flags == flags


@pytest.mark.parametrize(
    ("scope", "classification", "unknown"),
    [
        ("许可项目：特种文物鉴赏推广" + CLOSING, "待人工", ("特种文物鉴赏推广",)),
        ("许可项目：食品销售；特种文物鉴赏推广", "许可", ("特种文物鉴赏推广",)),
        ("许可项目：技术进出口；货物进出口", "非许可", ()),
        ("许可经营项目：无；一般经营项目：机械销售", "非许可", ()),
        ("货物运输", "待人工", ("货物运输",)),
        ("医疗器械的销售（凭许可证经营）", "待人工", ("医疗器械的销售（凭许可证经营）",)),
        ("一般项目：特种文物鉴赏推广", "非许可", ()),
        ("一般项目：商标代理", "备案", ()),
        ("", "非许可", ()),
    ],
)
def test_the_classification(scope: str, classification: str, unknown: tuple[str, ...]) -> None:
    reading = READER.read(scope)
    assert (reading.classification, reading.unknown) == (classification, unknown)


@pytest.mark.parametrize(
    ("scope", "unknown"),
    [
        ("土壤检测（凭资质证书经营）", ("土壤检测（凭资质证书经营）",)),
        ("特种养殖（凭许可证经营）；蔬菜种植", ("特种养殖（凭许可证经营）",)),
        ("企业管理咨询（依法须经批准的项目，凭许可证经营）", ()),
        ("水果销售（凭营业执照经营）", ()),
        ("一般经营项目：无。许可经营项目：无", ()),
    ],
)
def test_what_says_of_itself_that_it_needs_a_permit_never_passes_as_ordinary(scope: str, unknown: tuple[str, ...]) -> None:
    read = READER.read(scope)
    assert read.unknown == unknown
    assert read.classification == ("待人工" if unknown else "非许可")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("内河普通货物运输；船舶维修", ["JT10"]),
        ("危险品货物运输（按道路运输经营许可证核定范围经营）", ["JT03"]),
        ("废旧蓄电池收集（凭危险废物经营许可证经营）；废旧蓄电池修复技术研发", ["HB01"]),
        ("幼儿园", ["JY01", "XF01"]),
        ("幼儿园玩具销售；幼儿园教学设备销售", []),
        ("歌厅；歌厅音响设备销售", ["GA08", "WL02", "WS03", "XF01"]),
        ("歌厅音响设备销售；舞厅灯光安装", []),
        ("种猪繁育、销售", ["NY09"]),
        ("种鸡孵化设备销售；种羊饲料销售", []),
        ("快递（不含信件）", ["TX03"]),
        ("快递包装材料销售；快递代收点服务；快递柜租赁", []),
        ("开锁、配钥匙", ["GA11"]),
        ("开锁器材销售", []),
        ("文物及艺术品拍卖", ["SW04", "WL14"]),
        ("个人征信", ["TX09"]),
        ("增值电信业务代办", []),
    ],
)
def test_old_wordings_name_the_trade_and_not_what_serves_it(scope: str, expected: list[str]) -> None:
    assert codes(scope) == expected


def test_a_permit_before_registration_counts_as_the_setting_says() -> None:
    assert READER.read("保安服务").classification == "许可"
    without = ScopeReader(ITEMS, pre_permits=False)
    assert (without.read("保安服务").classification, without.read("保安服务").codes) == ("非许可", ("GA04",))
    assert without.read("保安服务；商标代理").classification == "备案"


def test_cancelled_items_and_acts_are_never_proposed() -> None:
    never = {item.code for item in ITEMS if item.kind in ("XW", "QX")}
    text = "；".join(word for item in ITEMS if item.code in never for word in item.keywords)
    assert never.isdisjoint(READER.read(text).codes)
    assert len(never) > 15


def test_every_keyword_of_the_catalogue_finds_its_item_or_is_excluded_by_it() -> None:
    lost = []
    for item in ITEMS:
        for word in item.keywords if item.match != "none" and item.kind not in ("XW", "QX") else ():
            if item.code not in READER.read(word).codes:
                lost.append((item.code, word))
    # too wide alone: they count only with the words that the rules ask for
    assert lost == ALONE_TOO_WIDE


ALONE_TOO_WIDE = [("SP03", "糖果"), ("SP03", "方便食品"), ("SP03", "罐头"), ("WS01", "口腔")]


def test_the_json_has_exactly_the_agreed_keys() -> None:
    assert READER.read("许可项目：烟草制品零售；某某推广").as_json() == {
        "class": "许可",
        "items": [{"code": "TX01", "kind": "HZ", "unit": "区外", "words": "烟草制品零售", "derived": False}],
        "unknown": ["某某推广"],
    }


def test_a_changed_scope_is_a_difference_of_items() -> None:
    old, new = READER.read("食品销售；烟草制品零售"), READER.read("烟草制品零售；住宿服务")
    assert difference(old, new) == (("GA01", "WS03", "XF01"), ("SP01",))
    assert difference(new, new) == ((), ())


def test_the_rules_only_name_items_of_the_catalogue() -> None:
    assert {rule.code for rule in default_rules()} <= {item.code for item in ITEMS}


def test_without_a_unit_its_items_are_gone_and_the_text_goes_to_a_person() -> None:
    rest = ScopeReader([item for item in ITEMS if item.code != "GA02"])
    reading = rest.read("许可项目：公章刻制")
    assert (reading.codes, reading.classification, reading.unknown) == ((), "待人工", ("公章刻制",))
