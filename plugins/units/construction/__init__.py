"""The construction bureau (建设局): building, gas, water works, road transport and civil air defence."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("建设"),
    CheckField("水利"),
    CheckField("交通"),
    CheckField("人防"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("E47", "建设", "建筑法；建设工程质量管理条例"),
    IndustryDuty("E48", "建设", "建筑法；建设工程质量管理条例"),
    IndustryDuty("E49", "建设", "建筑法；建设工程安全生产管理条例"),
    IndustryDuty("E50", "建设", "建筑法；住宅室内装饰装修管理办法"),
    IndustryDuty("N76", "水利", "水法"),
    IndustryDuty("O8111", "交通", "道路运输条例；机动车维修管理规定"),
    IndustryDuty("L7111", "交通", "小微型客车租赁经营服务管理办法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 建设局 as row 6 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=6,
        name="建设局",
        short_name="建设局",
        credit_code="1132060000000006X7",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
