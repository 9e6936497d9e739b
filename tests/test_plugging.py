"""Plugins: what stops the start and what its sentence names; a unit that comes as a package of its own."""

from __future__ import annotations

import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Blueprint

from portal import core_hooks
from portal.app import create_app
from portal.declarations import CheckField, DeclarationError, IndustryDuty, Permission, Unit
from portal.hookspecs import hookimpl
from portal.plugging import Registry
from tests import cast

TAX = Unit(
    "tax", 15, "税务局", "税务局", "11320600015000015P", True, frozenset({"login", "permit", "other_dishonesty"}),
    (CheckField("发票"),), (), (IndustryDuty("L7241", "发票", "税收征收管理法"),), (), frozenset(),
)  # fmt: skip


def plugin(name: str, **hooks: object) -> tuple[str, types.ModuleType]:
    """A plugin module of that name with the given hook implementations."""
    module = types.ModuleType(name.replace(".", "_"))
    for hook, answer in hooks.items():
        setattr(module, hook, _implementation(hook, answer))
    return name, module


def _implementation(hook: str, answer: object) -> object:
    def made() -> object:
        return answer

    made.__name__ = hook
    return hookimpl(made)


def refusal(*plugins: tuple[str, object]) -> str:
    with pytest.raises(DeclarationError) as error:
        Registry(plugins, core=core_hooks)
    return str(error.value)


def test_a_misspelt_hook_stops_the_start_and_names_the_plugin() -> None:
    text = refusal(plugin("units.tax", register_unitt=TAX))
    assert text.startswith("插件“units.tax”写了不存在的钩子") and "register_unitt" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "tax2", "number": 16, "credit_code": "X"}, "的名称都是“税务局”"),
        ({"name": "税务二局", "number": 16, "credit_code": "X"}, "的标识都是“tax”"),
        ({"key": "tax2", "name": "税务二局", "credit_code": "X"}, "的序号都是“15”"),
    ],
)
def test_two_units_with_one_name_stop_the_start_and_both_are_named(change: dict, words: str) -> None:
    text = refusal(plugin("units.tax", register_unit=TAX), plugin("units.other", register_unit=replace(TAX, **change)))
    assert text.startswith("插件“units.other”和“units.tax”") or text.startswith("插件“units.tax”和“units.other”")
    assert words in text


def test_one_special_function_has_one_holder() -> None:
    first = replace(TAX, functions=frozenset({"publisher"}))
    second = replace(first, key="b", name="乙局", number=16, credit_code="X")
    text = refusal(plugin("units.a", register_unit=first), plugin("units.b", register_unit=second))
    assert "专门职能都是“公示失信信息" in text


def test_a_hook_that_answers_the_wrong_type_is_named() -> None:
    assert refusal(plugin("units.tax", register_unit={"name": "税务局"})) == "插件“units.tax”的 register_unit 应返回 Unit，却返回 dict"


def test_a_plugin_twice_is_named() -> None:
    assert refusal(plugin("units.tax", register_unit=TAX), plugin("units.tax", register_unit=TAX)).startswith("两个插件都叫“units.tax”")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"duties": frozenset({"tea"})}, "不存在的职责：tea"),
        ({"functions": frozenset({"king"})}, "不存在的专门职能：king"),
        ({"industries": (IndustryDuty("L7241", "账簿", "x"),)}, "指向未声明的领域“账簿”"),
        ({"key": "税务"}, "单位标识“税务”"),
    ],
)
def test_a_wrong_declaration_says_what_is_wrong(change: dict, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        replace(TAX, **change)


def test_a_permission_for_a_role_that_does_not_exist_stops_the_start() -> None:
    wrong = [Permission("tea.make", "泡茶", frozenset({"butler"}))]
    assert refusal(plugin("areas.tea", register_permissions=wrong)) == "权限“tea.make”给了不存在的角色：butler"


def _blueprint(view) -> Blueprint:
    made = Blueprint("tea", __name__, url_prefix="/tea")
    made.add_url_rule("/", "index", view)
    return made


@pytest.mark.parametrize(
    ("methods", "permission", "words"),
    [
        (["GET"], None, "页面 /tea/ 没有声明权限"),
        (["GET"], "tea.make", "要求的权限“tea.make”不存在"),
        (["POST"], "home.view", "接受 POST，却没有用 act 声明"),
    ],
)
def test_a_route_without_a_permission_stops_the_start_and_is_named(tmp_path, methods, permission, words) -> None:
    def view() -> str:
        return "茶"

    if permission:
        view.permission = permission
    made = Blueprint("tea", __name__, url_prefix="/tea")
    made.add_url_rule("/", "index", view, methods=methods)
    given = {"TESTING": True, "SECRET_KEY": "x", "DATA_DIR": str(tmp_path)}
    with pytest.raises(DeclarationError) as error:
        create_app(given, plugins=[plugin("areas.tea", register_blueprint=made)], ready=False)
    assert "插件或模块“tea”" in str(error.value) and words in str(error.value)


def test_a_missing_holder_of_a_special_function_stops_a_running_portal(app) -> None:
    """市场监管局's plugin is deleted while the portal has members: the start names what nobody does any more."""
    from portal import units
    from portal.plugging import registry

    rest = Registry(
        [(f"units.{u.key}", plugin(f"units.{u.key}", register_unit=u)[1]) for u in registry().units if "publisher" not in u.functions],
        core=core_hooks,
    )
    with pytest.raises(DeclarationError, match=r"没有承担单位：未安装承担它的单位插件"):
        units.check_functions(rest)


FIFTEENTH = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "portal-unit-tax"
version = "1.0"
[project.entry-points."portal.units"]
tax = "portal_unit_tax"
""",
    "portal_unit_tax/__init__.py": '''
"""税务局 as a package of its own."""
from pathlib import Path
from portal.toolkit import CheckField, Unit, hookimpl, read_check_items, read_permit_items

@hookimpl
def register_unit() -> Unit:
    folder = Path(__file__).parent
    return Unit(
        key="tax", number=15, name="税务局", short_name="税务局", credit_code="11320600015000015P",
        credit_code_placeholder=True, duties=frozenset({"login", "permit", "unlicensed", "other_dishonesty"}),
        check_fields=(CheckField("发票"),), permit_items=read_permit_items(folder), check_items=read_check_items(folder),
    )
''',
    "portal_unit_tax/permits.csv": (
        "code,item_name,kind,match,level,approving_body_general,approving_unit,supervising_unit,annex2_2_field,"
        "scope_keywords,exclusion_notes,legal_basis,source_confidence\n"
        "ZS01,增值税防伪税控系统最高开票限额审批,HZ,direct,县,税务机关,税务局,税务局,发票,发票印制,,税收征收管理法实施细则,LAW\n"
    ),
    "portal_unit_tax/check_items.csv": (
        "number,check_field,category,item,object_type,content,basis,ratio,frequency,method,kind,yearly_cap,requirement,materials,checklist\n"
        "ZS-FP-01,发票,发票管理,发票开具情况检查,企业,开具发票,发票管理办法,3,1次/年,现场检查,一般,1,持行政执法证,发票存根,是否按规定开具发票\n"
    ),
}


def test_a_fifteenth_unit_from_a_package_is_asked_for_confirmed_and_scored(tmp_path: Path) -> None:
    """The real way: build the wheel, install it beside the portal, start, enable, look at the board."""
    source, target = tmp_path / "source", tmp_path / "site"
    for name, text in FIFTEENTH.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    [wheel] = tmp_path.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-q", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    script = (Path(__file__).parent / "fifteenth_unit.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "data")],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[1],
        env={**__import__("os").environ, "PYTHONPATH": f"{target}:{Path(__file__).parents[1]}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "15 税务局 ZS01 ZS-FP-01",
        "申请须有联席会议决定：增补成员单位须填写联席会议纪要文号，或由召集人确认（附件1 二）",
        "第 15 个得分单位：税务局，权重合计 100.00",
        "停用后得分单位 14 个，记录仍在：2 条",
    ]


def test_a_malformed_csv_of_an_installed_unit_names_plugin_file_and_row(tmp_path: Path) -> None:
    from portal.unit_files import read_permit_items

    folder = tmp_path / "tax"
    folder.mkdir()
    header, row = FIFTEENTH["portal_unit_tax/permits.csv"].splitlines()
    (folder / "permits.csv").write_text(f"{header}\n{row.replace(',HZ,', ',ZZ,')}\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"tax.*permits\.csv.*第 2 行.*kind"):
        read_permit_items(folder)


def test_the_cast_stands_on_all_fourteen(app) -> None:
    from portal.plugging import registry

    assert [unit.number for unit in registry().units] == list(range(1, 15))
    assert cast.FOUNDED.year == 2026
