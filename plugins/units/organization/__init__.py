"""The organization department (组织部): labour law, staffing firms, care homes and burial."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("劳动监察"),
    CheckField("人力资源、劳务派遣"),
    CheckField("民政"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("P8391", "人力资源、劳务派遣", "民办教育促进法第12条"),
    IndustryDuty("L726", "人力资源、劳务派遣", "人力资源市场暂行条例第18条"),
    IndustryDuty("Q8514", "民政", "老年人权益保障法第43条；养老机构管理办法"),
    IndustryDuty("Q852", "民政", "老年人权益保障法"),
    IndustryDuty("O808", "民政", "殡葬管理条例第8、9条"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 组织部（人社局、民政局） as row 1 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=1,
        name="组织部（人社局、民政局）",
        short_name="组织部",
        credit_code="113206000000000194",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
