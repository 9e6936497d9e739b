"""The police (公安分局): trades under special control (特种行业)."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("特种行业"),)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("L727", "特种行业", "保安服务管理条例"),
    IndustryDuty("C421", "特种行业", "废旧金属收购业治安管理办法"),
    IndustryDuty("F5295", "特种行业", "旧货流通管理办法（试行）"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 公安分局 as row 12 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=12,
        name="公安分局",
        short_name="公安分局",
        credit_code="113206000000001238",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
