"""The housing bureau (房产管理局): developers, agents and letting, and property management."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("房地产"),
    CheckField("物业"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("K701", "房地产", "城市房地产开发经营管理条例"),
    IndustryDuty("K702", "物业", "物业管理条例"),
    IndustryDuty("K703", "房地产", "城市房地产管理法；房地产经纪管理办法"),
    IndustryDuty("K704", "房地产", "住房租赁条例；商品房屋租赁管理办法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 房产管理局 as row 5 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=5,
        name="房产管理局",
        short_name="房产局",
        credit_code="11320600000000051F",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
