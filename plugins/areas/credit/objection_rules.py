"""The states of an objection (异议) and which act leads from one to the next; pure."""

from __future__ import annotations

RECEIVED, DIFFERS, TRANSFERRED, VERIFYING, CORRECTED, REPLIED, WITHDRAWN, LAPSED = (
    "received", "differs", "transferred", "verifying", "corrected", "replied", "withdrawn", "lapsed",
)  # fmt: skip
STATE_LABELS = {
    RECEIVED: "已收，待与来源比对", DIFFERS: "与来源不一致，待更正", TRANSFERRED: "已转信息提供单位，待签收", VERIFYING: "信息提供单位核查中",
    CORRECTED: "已更正", REPLIED: "与实际一致，已书面答复", WITHDRAWN: "申请人撤回",
    LAPSED: "决定已撤销，终结办理",
}  # fmt: skip
OPEN_STATES = frozenset({RECEIVED, DIFFERS, TRANSFERRED, VERIFYING})

DESK, SOURCE = "desk", "source"
#: state × act → (who does it, next state); whatever is not here is refused (二（四）).
TRANSITIONS: dict[tuple[str, str], tuple[str, str]] = {
    (RECEIVED, "differs"): (DESK, DIFFERS),
    (RECEIVED, "transfer"): (DESK, TRANSFERRED),
    (DIFFERS, "correct"): (DESK, CORRECTED),
    (TRANSFERRED, "sign"): (SOURCE, VERIFYING),
    (VERIFYING, "reply"): (SOURCE, REPLIED),
    (VERIFYING, "correct"): (SOURCE, CORRECTED),
    (RECEIVED, "withdraw"): (DESK, WITHDRAWN),
    (DIFFERS, "withdraw"): (DESK, WITHDRAWN),
    (TRANSFERRED, "withdraw"): (DESK, WITHDRAWN),
    (VERIFYING, "withdraw"): (DESK, WITHDRAWN),
}
ACT_LABELS = {
    "differs": "比对：与来源不一致", "transfer": "比对一致，转信息提供单位", "correct": "更正", "sign": "签收", "reply": "书面答复", "withdraw": "申请人撤回",
}  # fmt: skip

APPLICANTS = {"party": "信息所涉市场主体", "organisation": "其他单位", "person": "个人"}


def acts(state: str, place: str) -> list[str]:
    """The acts open to the ``desk`` or the ``source`` unit in ``state``, in the order of the table."""
    return [act for (of, act), (who, _) in TRANSITIONS.items() if of == state and who == place]


def refusal(state: str, act: str, places: frozenset[str]) -> str | None:
    """Why a unit in ``places`` cannot do ``act`` now, or None."""
    known = TRANSITIONS.get((state, act))
    if known is None:
        return f"异议现在是“{STATE_LABELS[state]}”，不能{ACT_LABELS.get(act, act)}"
    if known[0] not in places:
        return "这一步由异议受理单位办理" if known[0] == DESK else "这一步由信息提供单位办理"
    return None
