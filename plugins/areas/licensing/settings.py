"""The dated settings of licence linkage: limits that the source leaves open, and readings of its text."""

from portal.toolkit import Setting, choice_setting, number_setting, yes_no_setting

_WHO, _LIMITS, _OWN = "settings.edit", "时限", "证照联动"

SETTINGS: list[Setting] = [
    number_setting("days.rollback_decision", "回退处理时限", 3, "工作日", 1, 30, _WHO, "区内约定", _LIMITS),
    number_setting("days.linked_measure", "联动监管措施时限", 7, "工作日", 1, 60, _WHO, "二（一）4", _LIMITS),
    number_setting("days.unreachable", "无法联系核实时限", 20, "工作日", 1, 60, _WHO, "二（一）5", _LIMITS),
    number_setting(
        "days.unlicensed_case", "无证无照线索处理时限", 20, "工作日", 1, 90, _WHO, "二（一）6", _LIMITS
    ),
    number_setting(
        "days.referral_receipt", "抄告移送签收时限", 7, "工作日", 1, 30, _WHO, "二（一）6", _LIMITS
    ),
    yes_no_setting(
        "licensing.qz_is_permit", "前置许可事项也列为许可市场主体", True, _WHO, "二（一）1 只提后置", _OWN
    ),
    choice_setting(
        "licensing.permit_cancel_from",
        "注销、吊销联动的起算日",
        "arrival",
        (("arrival", "信息到达日"), ("decision", "决定日")),
        _WHO,
        "二（一）3",
        _OWN,
    ),
]
