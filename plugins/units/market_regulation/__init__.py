"""The market regulation bureau (市场监管局): food, medicine, equipment, quality, marks, registration."""

from pathlib import Path

from portal.toolkit import CheckField, IndustryDuty, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (
    CheckField("食品（盐）"),
    CheckField("药械保化"),
    CheckField("特种设备、质量、标准化、计量、认证认可"),
    CheckField("知识产权"),
    CheckField("登记事项、公示信息、广告、合同、网络"),
)

#: GB/T 4754-2017 prefixes whose ordinary subjects the law puts under this unit.
INDUSTRIES = (
    IndustryDuty("F5223", "食品（盐）", "食品安全法；食用农产品市场销售质量安全监督管理办法"),
    IndustryDuty("F5224", "食品（盐）", "食品安全法；食用农产品市场销售质量安全监督管理办法"),
    IndustryDuty("F5234", "药械保化", "化妆品监督管理条例"),
    IndustryDuty(
        "M745", "特种设备、质量、标准化、计量、认证认可", "计量法；认证认可条例；检验检测机构监督管理办法"
    ),
    IndustryDuty("M752", "知识产权", "商标法；专利代理条例"),
    IndustryDuty("L725", "登记事项、公示信息、广告、合同、网络", "广告法"),
    IndustryDuty("F5292", "登记事项、公示信息、广告、合同、网络", "电子商务法；网络交易监督管理办法"),
)


@hookimpl
def register_unit() -> Unit:
    """Declare 市场监管局 as row 10 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=10,
        name="市场监管局",
        short_name="市监局",
        credit_code="11320600000000107J",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        industries=INDUSTRIES,
        check_items=read_check_items(FOLDER),
        functions=frozenset(
            {"revoker", "linked_measures", "abnormal_list", "licence_enforcer", "publisher", "objection_desk"}
        ),
    )
