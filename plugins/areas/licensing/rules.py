"""The rules of licence linkage, pure: states, who may do what in which state, and the words of each refusal."""

from __future__ import annotations

from collections.abc import Iterable

#: How a registration stands on its way to the units.
PUSH_STATES = {
    "proposed": "待确认",
    "pushed": "已推送",
    "merged": "并入后一次变更",
    "dropped": "主体已终止，不再推送",
}
#: How one claim row stands.
CLAIM_STATES = {
    "open": "待认领",
    "claimed": "已认领，待反馈",
    "answered": "已反馈",
    "returned": "回退，待处理",
    "moved": "已转其他单位",
    "withdrawn": "已撤回",
    "outside": "区外条线，由办公室转告",
    "informed": "已转告区外条线",
}
#: The three reasons of a roll-back, verbatim in use (domain.md 2.2).
ROLL_BACK_REASONS = {
    "no_item": "经营范围内无此审批事项",
    "not_ours": "经营范围不在本部门的管辖范围内",
    "address": "地址不在本部门的管辖范围内",
}
#: What a unit may answer about a claimed row (areas.md 1.4).
FEEDBACK_KINDS = {
    "guidance": "已告知指导办证",
    "application": "已收到许可申请",
    "granted": "准予许可",
    "refused": "不予许可",
    "not_doing": "未从事该经营活动",
    "not_needed": "无需办理许可",
    "supervised": "纳入监管",
}
#: Kinds that a row of the industry supervisor may be answered with, and the rest.
SUPERVISOR_FEEDBACK = ("supervised", "not_doing")
PERMIT_FEEDBACK = ("guidance", "application", "granted", "refused", "not_doing", "not_needed")
#: The kind of the industry supervisor's row; the others are those of the permit catalogue.
SUPERVISED_KIND = "JG"

#: How the pusher decides a roll-back (obligations.md, rollback_decision).
ROLL_BACK_OUTCOMES = {"reassign": "同意，改派其他单位", "withdraw": "同意，撤回推送", "refuse": "不同意回退"}
#: The kinds of claim rows in words.
KIND_LABELS = {
    "HZ": "后置许可", "QZ": "前置许可", "BA": "备案", "XW": "行为许可", "QX": "已取消", SUPERVISED_KIND: "行业主管",
}  # fmt: skip

#: act → (states in which it is possible, the word of the act)
CLAIM_ACTS: dict[str, tuple[tuple[str, ...], str]] = {
    "claim": (("open",), "认领"),
    "roll_back": (("open", "claimed"), "回退"),
    "decide": (("returned",), "处理回退"),
    "answer": (("claimed", "answered"), "反馈"),
    "inform": (("outside",), "转告"),
}


def claim_refusal(act: str, state: str) -> str | None:
    """Why ``act`` is impossible on a claim row in ``state``, or None when it is possible."""
    states, word = CLAIM_ACTS[act]
    if state in states:
        return None
    return f"这一条的状态是“{CLAIM_STATES[state]}”，不能{word}；可能刚被其他人处理，请刷新后查看"


def class_of(kinds: Iterable[str], qz_is_permit: bool, unknown: bool) -> str:
    """The stored class of a subject whose items have ``kinds``: HZ (and QZ, by the setting) makes it licensed, BA alone
    filing, none ordinary; unexplained text of a 许可项目 section waits for a person (areas.md 1.2)."""
    found = set(kinds)
    if "HZ" in found or (qz_is_permit and "QZ" in found):
        return "licensed"
    if found & {"BA", "QZ"}:
        return "filing"
    return "pending" if unknown else "ordinary"


def is_scored(kind: str, qz_is_permit: bool, filing_scored: bool, supervisor_scored: bool) -> bool:
    """Whether a claim row of ``kind`` counts in the score: only rows of 许可 do, unless a setting says otherwise."""
    if kind == SUPERVISED_KIND:
        return supervisor_scored
    if kind == "HZ" or (kind == "QZ" and qz_is_permit):
        return True
    return filing_scored


def feedback_kinds(kind: str) -> tuple[str, ...]:
    """The answers that fit a claim row of that kind."""
    return SUPERVISOR_FEEDBACK if kind == SUPERVISED_KIND else PERMIT_FEEDBACK
