"""The emergency bureau (应急管理局): work safety, dangerous chemicals and fireworks."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("安全"),)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("C26", "安全", "安全生产法第10条；危险化学品安全管理条例第6条"),
    IndustryDuty("C30", "安全", "安全生产法第10条"),
    IndustryDuty("C31", "安全", "安全生产法第10条"),
    IndustryDuty("C32", "安全", "安全生产法第10条"),
    IndustryDuty("C33", "安全", "安全生产法第10条"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 应急管理局 as row 8 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=8,
        name="应急管理局",
        short_name="应急局",
        credit_code="113206000000000862",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
