"""The fourteen units declare what Annex 2-2 lists, and what they declare fits together."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from pathlib import Path

import pytest
from stdnum.cn import uscc

import plugins.units
from portal.declarations import DUTIES, FUNCTIONS, Unit
from portal.unit_files import read_permit_file

UNITS_FOLDER = Path(plugins.units.__file__).parent
OUTSIDE_FILE = UNITS_FOLDER.parent / "areas" / "licensing" / "outside.csv"

#: Annex 2-2: number, folder, name, short name; its five duty columns (每日登陆 许可 无证无照 处罚 其他失信);
#: its check fields; then the permit items which the catalogue puts under the unit.
ANNEX_2_2 = [
    (
        1,
        "organization",
        "组织部（人社局、民政局）",
        "组织部",
        "11111",
        ["劳动监察", "人力资源、劳务派遣", "民政"],
        8,
    ),
    (
        2,
        "social_affairs",
        "社会事业局",
        "社会事业局",
        "11101",
        ["学校、校外培训机构", "卫生机构、卫生监督", "文化、旅游"],
        26,
    ),
    (
        3,
        "economy",
        "经济发展局",
        "经发局",
        "11101",
        ["成品油、对外劳务、生猪屠宰等商务", "农业", "金融", "统计", "物价"],
        27,
    ),
    (4, "finance", "财政局", "财政局", "11111", ["会计"], 2),
    (5, "housing", "房产管理局", "房产局", "11101", ["房地产", "物业"], 6),
    (6, "construction", "建设局", "建设局", "11101", ["建设", "水利", "交通", "人防"], 25),
    (
        7,
        "urban_management",
        "综合执法局",
        "综合执法局",
        "11111",
        ["市容", "户外广告", "渣土", "烧烤、油烟"],
        5,
    ),
    (8, "emergency", "应急管理局", "应急局", "11111", ["安全"], 10),
    (9, "ecology", "生态环境局", "生态局", "11111", ["环保"], 5),
    (
        10,
        "market_regulation",
        "市场监管局",
        "市监局",
        "11111",
        [
            "食品（盐）",
            "药械保化",
            "特种设备、质量、标准化、计量、认证认可",
            "知识产权",
            "登记事项、公示信息、广告、合同、网络",
        ],
        26,
    ),
    (11, "approval", "行政审批局", "审批局", "11001", [], 0),
    (12, "police", "公安分局", "公安分局", "11111", ["特种行业"], 12),
    (13, "fire", "消防大队", "消防大队", "11111", ["消防"], 2),
    (14, "natural_resources", "自然资源和规划分局", "资源规划分局", "11111", ["资源"], 7),
]

#: 方案二（一）至（四）: who does what only one unit may do.
HOLDERS = {
    "registrar": "行政审批局",
    "revoker": "市场监管局",
    "linked_measures": "市场监管局",
    "abnormal_list": "市场监管局",
    "licence_enforcer": "市场监管局",
    "publisher": "市场监管局",
    "objection_desk": "市场监管局",
}


def declared_by(key: str) -> Unit:
    return importlib.import_module(f"plugins.units.{key}").register_unit()


@pytest.fixture(scope="module")
def units() -> list[Unit]:
    return [declared_by(row[1]) for row in ANNEX_2_2]


@pytest.mark.parametrize("row", ANNEX_2_2, ids=lambda row: row[1])
def test_a_unit_declares_its_row_of_annex_2_2(row):
    number, key, name, short_name, duties, fields, permit_count = row
    unit = declared_by(key)
    assert (unit.number, unit.key, unit.name, unit.short_name) == (number, key, name, short_name)
    assert unit.duties == {duty for duty, owed in zip(DUTIES, duties, strict=True) if owed == "1"}
    assert [field.name for field in unit.check_fields] == fields
    assert len(unit.permit_items) == permit_count


def test_every_folder_is_a_row_of_annex_2_2_and_all_are_alike():
    """Delete the folder and the unit is gone: so each holds the same three files and nothing else."""
    folders = {p.name: p for p in UNITS_FOLDER.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert set(folders) == {row[1] for row in ANNEX_2_2}
    for folder in folders.values():
        files = {p.name for p in folder.iterdir() if p.name != "__pycache__"}
        assert files == {"__init__.py", "permits.csv", "check_items.csv"}, folder.name


def test_each_function_has_exactly_its_holder(units):
    held = [(function, unit.name) for unit in units for function in unit.functions]
    assert sorted(held) == sorted(HOLDERS.items())
    assert set(HOLDERS) == set(FUNCTIONS)


def test_credit_codes_are_valid_placeholders_of_bodies_of_the_region_and_differ(units):
    codes = [unit.credit_code for unit in units]
    assert all(uscc.is_valid(code) for code in codes)
    assert {code[:6] for code in codes} == {"113206"}
    assert len(set(codes)) == 14
    assert all(unit.credit_code_placeholder for unit in units)


def test_a_permit_item_is_declared_once_by_the_unit_that_supervises_it(units):
    for unit in units:
        fields = {field.name for field in unit.check_fields}
        for item in unit.permit_items:
            assert item.supervising_unit == unit.name, item.code
            assert item.check_field in fields, item.code
    codes = [item.code for unit in units for item in unit.permit_items]
    codes += [item.code for item in read_permit_file(OUTSIDE_FILE)]
    assert len(codes) == len(set(codes)) == 173


def test_an_industry_belongs_to_one_unit_and_no_prefix_lies_inside_another(units):
    claims = [(duty.prefix, unit.name) for unit in units for duty in unit.industries]
    for prefix, name in claims:
        rivals = [(p, n) for p, n in claims if p.startswith(prefix)]
        assert rivals == [(prefix, name)]
        assert re.fullmatch(r"[A-T]\d{2,4}", prefix), f"{prefix} is too wide: a whole 门类"


def test_every_field_starts_with_check_items(units):
    for unit in units:
        count = Counter(item.check_field for item in unit.check_items)
        assert set(count) == {field.name for field in unit.check_fields}
        assert all(2 <= n <= 5 for n in count.values()), (unit.name, count)
    assert sum(len(unit.check_fields) for unit in units) == 32


def test_check_item_numbers_are_unique_and_name_the_unit(units):
    numbers = [item.number for unit in units for item in unit.check_items]
    assert len(numbers) == len(set(numbers))
    prefixes = {unit.name: {item.number.split("-")[0] for item in unit.check_items} for unit in units}
    with_items = [name for name, used in prefixes.items() if used]
    assert all(len(prefixes[name]) == 1 for name in with_items)
    assert len({next(iter(prefixes[name])) for name in with_items}) == 13
    assert all(re.fullmatch(r"[A-Z]{2}-[A-Z]{2}-\d\d", number) for number in numbers)


def test_a_check_item_can_be_put_to_the_checked_and_to_the_inspector(units):
    """areas.md 3.1: each item names basis, content, object, papers; the form is short enough to fill."""
    for item in [item for unit in units for item in unit.check_items]:
        assert 4 <= len(item.checklist) <= 8, item.number
        assert len(set(item.checklist)) == len(item.checklist), item.number
        assert item.materials, item.number
        assert "2" in item.requirement, item.number  # 行政处罚法第42条：执法人员不得少于两人
        times = re.fullmatch(r"(\d+)次/年", item.frequency)
        assert times and int(times[1]) <= item.yearly_cap, item.number


@pytest.mark.parametrize(
    ("key", "field"),
    [("fire", "消防"), ("emergency", "安全"), ("ecology", "环保"), ("market_regulation", "食品（盐）")],
)
def test_safety_and_food_are_key_items(key, field):
    """国市监信〔2019〕38号: 重点检查事项 are those of safety, quality and public interest."""
    assert {item.kind for item in declared_by(key).check_items if item.check_field == field} == {"重点"}
