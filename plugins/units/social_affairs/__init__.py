"""The social affairs bureau (社会事业局): schools, hygiene, culture, sport and tourism."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("学校、校外培训机构"),
    CheckField("卫生机构、卫生监督"),
    CheckField("文化、旅游"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("P8392", "学校、校外培训机构", "民办教育促进法第12条；体育法"),
    IndustryDuty("P8393", "学校、校外培训机构", "民办教育促进法第12条"),
    IndustryDuty("P8394", "学校、校外培训机构", "民办教育促进法第12条"),
    IndustryDuty("O802", "卫生机构、卫生监督", "人口与计划生育法；托育机构登记和备案办法（试行）"),
    IndustryDuty("O804", "卫生机构、卫生监督", "公共场所卫生管理条例第2、8条"),
    IndustryDuty("O805", "卫生机构、卫生监督", "公共场所卫生管理条例第2、8条"),
    IndustryDuty("L7291", "文化、旅游", "旅游法；旅行社条例"),
    IndustryDuty("R893", "文化、旅游", "体育法；全民健身条例"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 社会事业局 as row 2 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=2,
        name="社会事业局",
        short_name="社会事业局",
        credit_code="11320600000000027Y",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
