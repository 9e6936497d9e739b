"""The natural resources bureau (自然资源和规划分局): surveying, mining, forestry and planning."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("资源"),)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("A02", "资源", "森林法"),
    IndustryDuty("M744", "资源", "测绘法"),
    IndustryDuty("M747", "资源", "矿产资源法"),
    IndustryDuty("M7485", "资源", "城乡规划法"),
    IndustryDuty("N79", "资源", "土地管理法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 自然资源和规划分局 as row 14 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=14,
        name="自然资源和规划分局",
        short_name="资源规划分局",
        credit_code="1132060000000014XT",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
