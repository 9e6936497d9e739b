"""What spot checks allow and refuse: states and transitions, versions, dates, ratios. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

#: Themes of joint checks that the source names (二（三）).
THEMES = (
    "网吧", "加油站", "烟花爆竹经营点", "酒店宾馆", "汽车经销商", "教育培训机构", "房地产开发企业", "人力资源服务机构",
)  # fmt: skip

ITEM_STATES = {
    "draft": "草拟",
    "legal": "法制审查",
    "zone": "待区管办确认",
    "confirmed": "已确认",
    "returned": "已退回",
}
#: State → act → next state. ``confirmed`` versions are in force by their days.
ITEM_STEPS: Mapping[str, Mapping[str, str]] = {
    "draft": {"submit": "legal"},
    "legal": {"pass": "zone", "return": "returned"},
    "zone": {"confirm": "confirmed", "return": "returned"},
    "returned": {},
    "confirmed": {},
}

PLAN_STATES = {"draft": "草拟", "asking": "征求意见", "in_force": "已印发"}

DRAW_STATES = {
    "sealed": "已封存，待公告", "announced": "已公告，待揭示", "revealed": "已揭示，待录入公开数", "valued": "正在抽取",
    "drawn": "已抽取", "void": "已作废",
}  # fmt: skip
DRAW_STEPS: Mapping[str, Mapping[str, str]] = {
    "sealed": {"announce": "announced", "void": "void"},
    "announced": {"reveal": "revealed", "void": "void"},
    "revealed": {"value": "valued", "void": "void"},
    "valued": {"run": "drawn", "void": "void"},
    "drawn": {"correct": "revealed", "void": "void"},
    "void": {},
}

CHECK_STATES = {
    "pending": "待检查", "checked": "已检查，待录入", "entered": "待审核", "returned": "审核退回", "approved": "已审核，待公示",
    "published": "已公示", "withdrawn": "不再检查",
}  # fmt: skip
CHECK_STEPS: Mapping[str, Mapping[str, str]] = {
    "pending": {"notice": "pending", "carry_out": "checked", "withdraw": "withdrawn", "replace": "pending"},
    "checked": {"enter": "entered", "attach": "checked"},
    "entered": {"approve": "approved", "return": "returned", "attach": "entered"},
    "returned": {"enter": "entered", "attach": "returned"},
    "approved": {"publish": "published"},
    "published": {},
    "withdrawn": {},
}
#: States in which a result has been entered.
WITH_RESULT = ("entered", "returned", "approved", "published")

RISK_CLASSES = ("A", "B", "C", "D")
STRATA = {"": "不分组", "class": "信用风险等级", "street": "街道", "category": "主体类别"}


def step(steps: Mapping[str, Mapping[str, str]], state: str, act: str) -> str | None:
    """The state after ``act``, or None where the act is not open in ``state``."""
    return steps.get(state, {}).get(act)


def in_force(from_day: date | None, until_day: date | None, day: date) -> bool:
    """Whether a confirmed version is in force on ``day``."""
    return from_day is not None and from_day <= day and (until_day is None or day < until_day)


def read_percent(text: str) -> tuple[int, int]:
    """A ratio typed in percent, such as 3 or 0.5, as numerator and denominator. Raises ValueError (Chinese)."""
    cleaned = text.strip().rstrip("%％")
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", cleaned) or not 0 < Fraction(cleaned) <= 100:
        raise ValueError(f"抽取比例“{text}”应为大于 0、不超过 100 的百分数，最多三位小数")
    share = Fraction(cleaned) / 100
    return share.numerator, share.denominator


def quota_words(numerator: int, denominator: int, at_least: bool) -> str:
    """The rule of a quota in words, for the task's page (areas.md 3.3)."""
    percent = Fraction(numerator * 100, denominator)
    shown = f"{float(percent):g}%"
    return f"不少于 {shown}（向上取整）" if at_least else f"不超过 {shown}（向下取整）"


COMPARED = {
    "check_field": "监管领域", "category": "抽查类别", "item": "抽查事项", "object_type": "检查对象", "content": "检查内容",
    "basis": "依据", "ratio": "比例（%）", "frequency": "频次", "method": "方式", "kind": "事项类别", "yearly_cap": "年度上限",
    "requirement": "人员要求", "materials": "所需资料", "checklist": "检查表",
}  # fmt: skip


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """What changed between two versions: (label, removed, added); lists are compared line by line."""
    found = []
    for name, label in COMPARED.items():
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            lines = list(difflib.ndiff(before, after))
            gone = "；".join(line[2:] for line in lines if line.startswith("- "))
            come = "；".join(line[2:] for line in lines if line.startswith("+ "))
            found.append((label, gone, come))
        else:
            found.append((label, str(before), str(after)))
    return found


def check_codes(codes: Iterable[str], known: Mapping[str, Mapping[str, str]]) -> str:
    """Why the chosen result codes cannot stand together, or "" when they can."""
    chosen = list(dict.fromkeys(codes))
    if not chosen:
        return "请至少选一项检查结果"
    unknown = [code for code in chosen if code not in known]
    if unknown:
        return f"没有“{unknown[0]}”这个检查结果"
    alone = [code for code in chosen if known[code]["alone"] == "1"]
    if alone and len(chosen) > 1:
        others = "、".join(known[code]["text"] for code in chosen if code != alone[0])
        return f"“{known[alone[0]]['text']}”不能与其他结果（{others}）同时选"
    return ""


def attributed_day(until_day: date, finished_on: date | None) -> date:
    """The day that places a task in a quarter: its last day, or the day it was finished if that came earlier."""
    return until_day if finished_on is None else min(until_day, finished_on)
