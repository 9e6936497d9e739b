"""The city enforcement bureau (综合执法局): streets, outdoor advertising, spoil, cooking fumes."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("市容"),
    CheckField("户外广告"),
    CheckField("渣土"),
    CheckField("烧烤、油烟"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("N782", "市容", "城市市容和环境卫生管理条例"),
    IndustryDuty("N783", "市容", "城市市容和环境卫生管理条例"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 综合执法局 as row 7 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=7,
        name="综合执法局",
        short_name="综合执法局",
        credit_code="113206000000000787",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
