"""Every clock of the source: the kinds of 时限义务, their clause, their limit and where Annex 2-1 counts them. Pure."""

from __future__ import annotations

from portal.declarations import ObligationKind


def _k(key: str, label: str, clause: str, days: int | None = None, setting: str | None = None, item: str | None = None) -> ObligationKind:
    return ObligationKind(key, label, clause, days, setting, item)


#: Every clock of the source (obligations.md); ``score_item`` is where Annex 2-1 counts it.
KINDS: dict[str, ObligationKind] = {
    kind.key: kind
    for kind in (
        _k("push", "推送登记信息", "二（一）1", 0),
        _k("claim", "许可主体认领", "二（一）2", None, "scheme.claim_days", "claim"),
        _k("feedback", "认领后反馈", "二（一）2", None, "scheme.feedback_days", "feedback"),
        _k("decision_result", "许可决定结果传送", "二（一）2", 7),
        _k("rollback_decision", "回退处理", "二（一）2", None, "days.rollback_decision"),
        _k("permit_cancel", "注销吊销许可证", "二（一）3", 7),
        _k("permit_entry", "行政许可信息录入", "二（一）4", 7, None, "permit_entry"),
        _k("linked_measure", "联动监管措施", "二（一）4", None, "days.linked_measure"),
        _k("unreachable", "核实无法联系", "二（一）5", None, "days.unreachable"),
        _k("unlicensed_case", "查处无证无照", "二（一）6", None, "days.unlicensed_case"),
        _k("referral_receipt", "移送签收", "二（一）6", None, "days.referral_receipt"),
        _k("dishonesty", "失信信息录入", "二（二）", 7, None, "dishonesty"),
        _k("publicity", "记于名下并公示", "二（二）", 20),
        _k("check_result", "检查结果录入公示", "二（三）", 20, None, "check_results"),
        _k("follow_up", "检查问题后续处理", "二（三）"),
        _k("objection_correct", "异议更正", "二（四）", 3),
        _k("objection_transfer", "异议转送", "二（四）", 3),
        _k("objection_verify", "异议核查", "二（四）", 15),
        _k("repair_decision", "信用修复决定", "二（四）"),
        _k("quarter_list", "报送季度清单", "三", None, None, "meetings"),
        _k("material", "报送材料", "附件1 四", None, None, "meetings"),
        _k("attendance", "参加会议", "附件1 三", None, None, "meetings"),
        _k("meeting_decision", "会议议定事项", "附件1 四"),
        _k("consult", "征求意见", "附件1 三（二）（三）"),
        _k("urge", "督办事项", "附件1 四"),
        _k("review_answer", "答复复核申请", "三"),
    )
}
