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
