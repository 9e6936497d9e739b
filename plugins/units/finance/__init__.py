"""The finance bureau (财政局): accounting and those who keep accounts for others."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("会计"),)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (IndustryDuty("L7241", "会计", "会计法；代理记账管理办法"),)


@hookimpl
def register_unit() -> Unit:
    """Declare 财政局 as row 4 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=4,
        name="财政局",
        short_name="财政局",
        credit_code="11320600000000043L",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
