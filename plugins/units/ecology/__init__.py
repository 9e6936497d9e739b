"""The ecology bureau (生态环境局): discharges, waste, radiation and building projects."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("环保"),)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("N772", "环保", "环境保护法；固体废物污染环境防治法"),
    IndustryDuty("M746", "环保", "环境保护法；环境监测管理办法"),
    IndustryDuty("L7245", "环保", "环境影响评价法"),
    IndustryDuty("C422", "环保", "固体废物污染环境防治法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 生态环境局 as row 9 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=9,
        name="生态环境局",
        short_name="生态局",
        credit_code="11320600000000094W",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
