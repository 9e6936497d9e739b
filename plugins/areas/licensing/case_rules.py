"""The rules of unlicensed trading, pure: kinds, sources, screening, routing and outcomes (domain.md 3)."""

from __future__ import annotations

KINDS = {"no_permit": "有照无证", "neither": "无照无证", "no_licence": "有证无照"}
SOURCES = {"check": "检查发现", "report": "群众举报", "superior": "上级交办", "referred": "其他部门抄告"}
#: What is not illegal (《无证无照经营查处办法》第三条).
SCREENINGS = {
    "place": "在县级以上地方政府指定的场所和时间销售农副产品、日常生活用品",
    "labour": "个人利用自己的技能从事依法无须取得许可的便民劳务活动",
    "free": "依照法律、行政法规、国务院决定的规定，从事无须取得许可或者办理注册登记的经营活动",
}
STATES = {
    "open": "办理中", "referred": "已移送，待签收", "closed": "已办结", "screened": "不属于无证无照", "withdrawn": "录入有误，已撤回",
}  # fmt: skip
OUTCOMES = {
    "licensed": "经督促引导已办证照",
    "stopped": "已停止经营",
    "penalty": "立案查处并作出处罚",
    "banned": "责令停止并依法取缔",
    "transferred": "涉嫌犯罪，已移送公安机关",
    "not_found": "查无此情况",
}
#: Outcomes that need the number of their document.
WITH_DOCUMENT = ("penalty", "banned", "transferred")
REFERRAL_STATES = {"sent": "待签收", "received": "已签收", "returned": "退回"}

#: act → states in which it is possible
ACTS = {
    "screen": ("open",), "guide": ("open",), "refer": ("open",), "close": ("open",), "withdraw": ("open",),
    "receive": ("referred",),
}  # fmt: skip
_WORDS = {
    "screen": "甄别",
    "guide": "记录引导",
    "refer": "移送",
    "close": "办结",
    "withdraw": "撤回",
    "receive": "签收",
}


def case_refusal(act: str, state: str) -> str | None:
    """Why ``act`` is impossible on a case in ``state``, or None."""
    if state in ACTS[act]:
        return None
    return f"这条线索的状态是“{STATES[state]}”，不能{_WORDS[act]}；可能刚被其他人处理，请刷新后查看"


def routed(kind: str, permit_unit: str, enforcer: str) -> str:
    """Whose case it is (第五至七条): a missing permit, with a licence or without, is the permit's unit's; only a missing
    business licence is the market regulator's; where no permit's unit is clear, the market regulator takes it first."""
    return enforcer if kind == "no_licence" else permit_unit or enforcer
