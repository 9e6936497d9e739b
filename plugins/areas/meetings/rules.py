"""The joint meeting's rules without a database: who may convene, how a meeting and its minutes go on, what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

ALL, SOME, LIAISON = "all", "some", "liaison"
KINDS = {ALL: "全体成员会议", SOME: "部分成员单位会议（联合抽查）", LIAISON: "联络员会议"}
#: Where the source says who calls each kind (附件1 三（一）).
KIND_RULES = {
    ALL: "由召集人召集，或由召集人委托副召集人召集（附件1 三（一））",
    SOME: "由联合抽查的行业主管部门召集（附件1 三（一））",
    LIAISON: "由联席会议办公室召集（附件1 三（一））",
}
THEMES = (
    "网吧", "加油站", "烟花爆竹经营点", "酒店宾馆", "汽车经销商", "教育培训机构", "房地产开发企业", "人力资源服务机构", "其他",
)  # fmt: skip

MEETING_STATES = {"draft": "拟定", "convened": "已通知", "held": "已召开", "cancelled": "已取消"}
MEETING_TONES = {"draft": "neutral", "convened": "info", "held": "good", "cancelled": "warn"}
#: (state, act) → the state that follows.
MEETING_ACTS = {
    ("draft", "edit"): "draft",
    ("draft", "convene"): "convened",
    ("draft", "cancel"): "cancelled",
    ("convened", "change"): "convened",
    ("convened", "cancel"): "cancelled",
    ("convened", "close"): "held",
    ("held", "correct"): "held",
}

EXPECTED, PRESENT, PROXY, LEAVE, ABSENT = "expected", "present", "proxy", "leave", "absent"
ATTENDANCE = {EXPECTED: "待签到", PRESENT: "出席", PROXY: "代会", LEAVE: "请假", ABSENT: "缺席"}
ATTENDANCE_TONES = {EXPECTED: "neutral", PRESENT: "good", PROXY: "good", LEAVE: "warn", ABSENT: "bad"}
#: A deputy attending is present (scoring.md, leave_counts_as_absent).
ATTENDED = frozenset({PRESENT, PROXY})

MINUTES_STATES = {
    "drafting": "起草", "consulting": "征求意见", "office": "办公室审核", "signing": "待签发", "signed": "已签发",
    "issuing": "正在制发", "issued": "已印发",
}  # fmt: skip
MINUTES_TONES = {"issued": "good", "issuing": "info", "signing": "warn", "signed": "info"}
DRAFTER, OFFICE, SIGNER, RUNNER = "drafter", "office", "signer", "runner"
DOERS = {DRAFTER: "召集单位", OFFICE: "联席会议办公室", SIGNER: "召集人", RUNNER: "后台任务"}
#: (state, act) → (the state that follows, who does it): 召集单位整理 → 与会单位 → 办公室 → 召集人签发 (附件1 三（三）).
MINUTES_ACTS: dict[tuple[str, str], tuple[str, str]] = {
    ("drafting", "save"): ("drafting", DRAFTER),
    ("drafting", "circulate"): ("consulting", DRAFTER),
    ("consulting", "save"): ("consulting", DRAFTER),
    ("consulting", "recall"): ("drafting", DRAFTER),
    ("consulting", "submit"): ("office", DRAFTER),
    ("office", "save"): ("office", OFFICE),
    ("office", "return"): ("drafting", OFFICE),
    ("office", "ask_signature"): ("signing", OFFICE),
    ("signing", "return"): ("office", SIGNER),
    ("signing", "sign"): ("signed", SIGNER),
    ("signed", "return"): ("office", OFFICE),
    ("signed", "issue"): ("issuing", OFFICE),
    ("issuing", "return"): ("office", OFFICE),
    ("issuing", "again"): ("issuing", OFFICE),
    ("issuing", "made"): ("issued", RUNNER),
}
ACT_WORDS = {
    "save": "修改正文", "circulate": "征求意见", "recall": "收回修改", "submit": "报办公室", "return": "退回",
    "ask_signature": "送签", "sign": "签发", "issue": "制发", "again": "重新生成", "made": "印发",
}  # fmt: skip
#: Acts that wait until every comment has its answer.
NEED_SETTLED = frozenset({"ask_signature", "sign", "issue"})
COMMENTABLE = frozenset({"consulting", "office", "signing", "signed"})

OPINIONS = {
    "asked": "待答复",
    "agreed": "同意",
    "commented": "有意见",
    "settled": "意见已答复",
    "left": "单位已停用",
}
OPINION_TONES = {
    "asked": "neutral",
    "agreed": "good",
    "commented": "warn",
    "settled": "good",
    "left": "neutral",
}

SEATS = {
    "convenor": "召集人", "deputy_convenor": "副召集人", "member": "成员", "office_head": "办公室主任",
    "office_deputy": "办公室副主任", "office_member": "办公室成员", "liaison": "联络员",
}  # fmt: skip
ZONE_COMMITTEE, ZONE_OFFICE = "区管委会", "区管办"
CHANGE_STATES = {"proposed": "待确认", "confirmed": "已确认", "refused": "未同意"}


@dataclass(frozen=True)
class Person:
    """Who acts, as the rules see it: unit key or empty, roles, and whether the convenor has charged the deputy."""

    unit: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    charged: bool = False
    charged_to_sign: bool = False


def why_not_convene(kind: str, meeting_unit: str, who: Person) -> str | None:
    """Why ``who`` may not convene such a meeting, in Chinese, or None (附件1 三（一）)."""
    if kind == ALL:
        if "convenor" in who.roles or ("deputy_convenor" in who.roles and who.charged):
            return None
        if "deputy_convenor" in who.roles:
            return "全体成员会议须由召集人召集；副召集人须有召集人的委托记录"
        return "全体成员会议只能由召集人，或受召集人委托的副召集人召集"
    if kind == SOME:
        if meeting_unit and who.unit == meeting_unit and who.roles & {"liaison", "officer", "head"}:
            return None
        return "联合抽查会议由行业主管部门召集，只有召集单位的人员可以发出通知"
    return None if "office" in who.roles else "联络员会议只能由联席会议办公室召集"


def why_not_prepare(kind: str, meeting_unit: str, who: Person) -> str | None:
    """Why ``who`` may not draft or change such a meeting, or None: the office prepares what the convenor calls."""
    if kind == ALL and who.roles & {"office", "convenor", "deputy_convenor"}:
        return None
    if kind == ALL:
        return "全体成员会议由联席会议办公室或召集人、副召集人拟定"
    return why_not_convene(kind, meeting_unit, who)


def drafts_minutes(kind: str, meeting_unit: str, who: Person) -> bool:
    """Whether ``who`` drafts the minutes: the convening unit, for the convenor's and its own meetings the office."""
    if kind == SOME:
        return who.unit == meeting_unit and bool(who.roles & {"liaison", "officer", "head"})
    return "office" in who.roles


def may_sign(who: Person) -> bool:
    """The convenor signs (附件1 三（三）); a deputy only where the charge says so."""
    return "convenor" in who.roles or ("deputy_convenor" in who.roles and who.charged_to_sign)


def meeting_after(state: str, act: str) -> str | None:
    """The meeting's state after ``act``, or None where it is not allowed."""
    return MEETING_ACTS.get((state, act))


def why_not_minutes(state: str, act: str, doer: set[str], open_comments: int = 0) -> str | None:
    """Why those who are ``doer`` (drafter, office, signer) may not do ``act`` on minutes in ``state``, or None."""
    step = MINUTES_ACTS.get((state, act))
    if step is None:
        if state == "issued":
            return "纪要已经印发，不能改动；确有错误的，另发更正纪要"
        if act == "sign" and state in ("signed", "issuing"):
            return "纪要已经签发，不能重复签发"
        return f"纪要现在是“{MINUTES_STATES[state]}”，不能{ACT_WORDS.get(act, act)}"
    if step[1] not in doer:
        return f"{ACT_WORDS[act]}由{DOERS[step[1]]}办理"
    if act in NEED_SETTLED and open_comments:
        return f"还有 {open_comments} 条意见没有答复，不能{ACT_WORDS[act]}"
    return None


def why_not_submit(waiting: int, due: date | None, today: date, open_comments: int) -> str | None:
    """Why a consulted draft may not go to the office yet: units still have time, or a comment lacks its answer."""
    if open_comments:
        return f"还有 {open_comments} 条意见没有答复，不能报办公室"
    if waiting and due is not None and today <= due:
        return f"还有 {waiting} 个与会单位没有答复，征求意见截止 {due} 24:00"
    return None


def attendance_effect(state: str, leave_counts: bool) -> str:
    """What an attendance means for the unit's duty: fulfilled, missed, withdrawn or open (附件2-1 第6项)."""
    if state in ATTENDED:
        return "fulfilled"
    if state == ABSENT or (state == LEAVE and leave_counts):
        return "missed"
    return "withdrawn" if state == LEAVE else "open"
