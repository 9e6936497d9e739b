"""The economic development bureau (经济发展局): commerce, farming, local finance, statistics and prices."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("成品油、对外劳务、生猪屠宰等商务"),
    CheckField("农业"),
    CheckField("金融"),
    CheckField("统计"),
    CheckField("物价"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("F5261", "成品油、对外劳务、生猪屠宰等商务", "汽车销售管理办法"),
    IndustryDuty("F5262", "成品油、对外劳务、生猪屠宰等商务", "二手车流通管理办法"),
    IndustryDuty("O801", "成品油、对外劳务、生猪屠宰等商务", "家庭服务业管理暂行办法"),
    IndustryDuty("O803", "成品油、对外劳务、生猪屠宰等商务", "洗染业管理办法"),
    IndustryDuty("A01", "农业", "农业法；农产品质量安全法"),
    IndustryDuty("A03", "农业", "畜牧法；动物防疫法"),
    IndustryDuty("A04", "农业", "渔业法"),
    IndustryDuty("L7242", "统计", "统计法；涉外调查管理办法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 经济发展局 as row 3 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=3,
        name="经济发展局",
        short_name="经发局",
        credit_code="11320600000000035R",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
    )
