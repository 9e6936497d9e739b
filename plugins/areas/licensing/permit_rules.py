"""The rules of permits, pure: their life cycle, what may follow what, and the measures after a permit's end."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

#: Decisions about a permit (二（一）4) in the words of the source.
DECISIONS = {
    "grant": "核准", "change": "变更", "cancel": "注销", "annul": "撤销", "withdraw": "撤回", "revoke": "吊销",
}  # fmt: skip
#: The state that each decision leaves.
STATES = {"live": "有效", "cancel": "已注销", "annul": "已撤销", "withdraw": "已撤回", "revoke": "已吊销"}
#: Decisions that end a permit; each asks a measure of the market regulator.
ENDINGS = ("cancel", "annul", "withdraw", "revoke")
#: 许可类别 (data-standards.md, XK_XKLB).
CATEGORIES = ("普通", "特许", "认可", "核准", "登记", "其他")
#: What the market regulator may do after a permit's end (二（一）4).
MEASURES = {
    "warning": "纳入警示管理",
    "order": "责令限期办理变更登记",
    "revoke": "吊销营业执照",
    "none": "无需采取措施",
}
#: A permit that ends within so many days is shown as expiring.
EXPIRING_DAYS = 60


def decision_refusal(kind: str, state: str) -> str | None:
    """Why a decision ``kind`` cannot follow a permit in ``state``, or None."""
    if kind == "grant":
        return "许可已经录入过，请用变更"
    if state == "live":
        return None
    return f"许可{STATES[state]}，不能再{DECISIONS[kind]}"


def validity(state: str, valid_until: date | None, today: date) -> tuple[str, str]:
    """How a permit stands today: (words, tone of the badge)."""
    if state != "live":
        return STATES[state], "neutral"
    if valid_until is None:
        return "有效（长期）", "good"
    if valid_until < today:
        return f"已过期（{valid_until}）", "bad"
    if valid_until <= today + timedelta(days=EXPIRING_DAYS):
        return f"即将到期（{valid_until}）", "warn"
    return "有效", "good"


def document_identity(subject_id: int | str, document: str, day: date) -> str:
    """What makes a decision the same decision: subject, number in any spelling, day (scoring.md "Due")."""
    spelt = unicodedata.normalize("NFKC", document).casefold()
    return f"{subject_id}:{''.join(sign for sign in spelt if sign.isalnum())}:{day.isoformat()}"


#: The words of a permit's fields, for its history.
FIELD_LABELS = {
    "subject": "行政相对人", "unit": "许可机关", "item": "许可事项", "number": "许可编号", "certificate": "许可证书名称",
    "document_name": "决定文书名称", "document": "决定文书号", "category": "许可类别", "content": "许可内容",
    "decided_on": "许可决定日期", "valid_from": "有效期自", "valid_until": "有效期至", "state": "状态", "ended_on": "终止日期",
    "note": "备注",
}  # fmt: skip


def change_words(name: str, old: object, new: object) -> str:
    """One changed field of a permit in words."""
    shown = [STATES.get(str(value), str(value)) if value not in (None, "") else "空" for value in (old, new)]
    return f"{FIELD_LABELS.get(name, name)}：{shown[0]} → {shown[1]}"
