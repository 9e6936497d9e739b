"""How each item of Annex 2-1 turns its facts into parts of its weight, and which facts it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from portal.scheme import Scheme, ScoreItem
from portal.scheme_settings import ScoringError, decimal_text, exact, quote


@dataclass(frozen=True)
class Part:
    """One part of an item's score, in exact points up to ``most``; ``waiting`` for the office to set it."""

    name: str
    most: Fraction
    value: Fraction
    formula: str
    waiting: bool = False


def _count(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScoringError(f"{what}的值{quote(value)}应为整数")
    if value < 0:
        raise ScoringError(f"{what}的值{quote(value)}不能小于0")
    return value


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise ScoringError(f"{what}的值{quote(value)}应为 true（是）或 false（否）")
    return value


def _set(value: Any, what: str) -> Fraction | None:
    return None if value is None else exact(value, what)


_Reader = Callable[[Any, str], Any]
_STANDING: dict[str, _Reader] = dict.fromkeys(("item_list", "subjects", "inspectors", "plan", "task"), _flag)

#: formula → fact → how it is read. ``set`` may be missing: it is the office's, not the unit's; ``tasks`` where
#: results were due: it only tells why none were (scoring.md "Nothing due").
FACTS: dict[str, dict[str, _Reader]] = {
    "ratio": {"done": _count, "due": _count},
    "ratio_timely": {"due": _count, "done": _count, "on_time": _count},
    "ratio_pass": {"due": _count, "done": _count},
    "ratio_results": {"due": _count, "done": _count, "tasks": _count},
    "unlicensed": {"entries": _count, "set": _set},
    "single_check": _STANDING | {"planned": _count, "finished": _count, "set": _set},
    "joint_check": _STANDING | {"finished": _count},
    "meetings": {"absent": _count, "missing": _count, "late": _count},
}

#: formula → facts that cannot exceed another one. Logins may: the text of the rule caps their ratio at one.
_BOUNDS: dict[str, tuple[tuple[str, str], ...]] = {
    "ratio_timely": (("done", "due"), ("on_time", "done")),
    "ratio_pass": (("done", "due"),),
    "ratio_results": (("done", "due"),),
}


def read_facts(item: ScoreItem, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one item, checked; raises ScoringError naming item, fact, value and the rule broken."""
    title = f"计分项 {item.key}（{item.name}）"
    if item.key not in facts:
        raise ScoringError(f"缺少{title}的事实")
    given = facts[item.key]
    if not isinstance(given, Mapping):
        raise ScoringError(f"{title}的事实{quote(given)}应为“名称: 值”的对照")
    readers = FACTS[item.formula]
    for name in given:
        if name not in readers:
            raise ScoringError(f"{title}没有事实{quote(name)}，应为{'、'.join(readers)}")
    read: dict[str, Any] = {}
    for name, reader in readers.items():
        if name == "tasks" and name not in given and read["due"]:
            continue
        if name not in given and name != "set":
            raise ScoringError(f"{title}缺少事实 {name}")
        read[name] = reader(given.get(name), f"{title}的事实 {name}")
    for less, more in _BOUNDS.get(item.formula, ()):
        if read[less] > read[more]:
            raise ScoringError(f"{title}的事实 {less} 为 {read[less]}，不能大于 {more} 的 {read[more]}")
    return read


def _within(value: Fraction, most: Fraction, item: ScoreItem) -> Fraction:
    if not 0 <= value <= most:
        raise ScoringError(
            f"计分项 {item.key}（{item.name}）的事实 set 为 {decimal_text(value)}，"
            f"应在 0 至 {decimal_text(most)} 之间"
        )
    return value


def nothing_due_part(item: ScoreItem, w: Fraction, facts: dict[str, Any]) -> tuple[str, tuple[Part, ...]]:
    """The words and the one part of an item that had nothing due in the quarter and keeps its weight."""
    if facts.get("tasks"):
        words = f"本季有抽查任务{facts['tasks']}个，却没有应录的检查结果，不得分"
        return words, (Part(item.name, w, Fraction(0), "0.00"),)
    day_or_piece = "本季没有应登陆日" if item.formula == "ratio" else "本季没有应办的事项"
    return f"{day_or_piece}，按“无应办得满分”计", (Part(item.name, w, w, decimal_text(w, 2)),)


_Scored = tuple[str, tuple[Part, ...]]


def _times(most: Fraction, done: int, due: int) -> str:
    return f"{decimal_text(most)}×{done}/{due}"


def _ratio(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    words = f"应登陆{f['due']}日，实际登陆{f['done']}日"
    if item.formula == "ratio_results":
        words = f"应录检查结果{f['due']}条，实录{f['done']}条"
    counted = min(f["done"], f["due"])
    return words, (Part(item.name, w, w * Fraction(counted, f["due"]), _times(w, counted, f["due"])),)


def _ratio_timely(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    due, done, on_time = f["due"], f["done"], f["on_time"]
    amount, timely = (w * share for share in item.shares)
    words = f"应办{due}条，实办{done}条，其中及时{on_time}条"
    first = Part("办理", amount, amount * Fraction(done, due), _times(amount, done, due))
    if scheme.settings.timely == "all_or_nothing":
        value = timely if on_time == due else Fraction(0)
        rule = "全部及时，及时分得满分" if value else "未全部及时，及时分不得分"
        return f"{words}，{rule}", (first, Part("及时", timely, value, decimal_text(value)))
    return words, (first, Part("及时", timely, timely * Fraction(on_time, due), _times(timely, on_time, due)))


def _ratio_pass(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    due, done, needed = f["due"], f["done"], scheme.settings.pass_ratio
    ratio = Fraction(done, due)
    words = f"应录{due}条，实录{done}条，{done}/{due} = {decimal_text(ratio, 2)}"
    if ratio >= needed:
        full = Part(item.name, w, w, decimal_text(w, 2))
        return f"{words}，达到{decimal_text(needed)}，得满分", (full,)
    return f"{words}，不足{decimal_text(needed)}", (Part(item.name, w, w * ratio, _times(w, done, due)),)


def _unlicensed(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    entries, enough = f["entries"], scheme.settings.unlicensed_full
    chosen = None if f["set"] is None else _within(f["set"], w, item)
    if entries >= enough:
        # The text gives full marks as of right from here on; 酌情 concerns only those below.
        return f"录入{entries}起，达到{enough}起，得满分", (Part(item.name, w, w, decimal_text(w, 2)),)
    if chosen is not None:
        part = Part(item.name, w, chosen, decimal_text(chosen, 2))
        return f"录入{entries}起，不足{enough}起，由办公室酌情确定", (part,)
    share = scheme.unlicensed_share(entries)
    formula = f"{decimal_text(w)}×{decimal_text(share)}"
    return f"录入{entries}起，不足{enough}起，建议值（待办公室确定）", (
        Part(item.name, w, w * share, formula, True),
    )


def _lacking(f: dict[str, Any], **words: str) -> str:
    missing = [word for fact, word in words.items() if not f[fact]]
    return "缺" + "、".join(missing) if missing else ""


def _standing(item: ScoreItem, w: Fraction, f: dict[str, Any]) -> tuple[str, Part, Part]:
    """The first two parts of both check items: the list with its two libraries, the plan with its task."""
    lacks = _lacking(f, item_list="抽查事项清单", subjects="检查对象名录库", inspectors="执法检查人员名录库")
    lacks_plan = _lacking(f, plan="检查计划", task="检查任务")
    words = f"“两库一单”{lacks or '已建立'}，{lacks_plan or '计划、任务已制订'}"
    made = []
    for name, share, missing in (
        ("两库一单", item.shares[0], lacks),
        ("计划任务", item.shares[1], lacks_plan),
    ):
        value = Fraction(0) if missing else w * share
        made.append(Part(name, w * share, value, decimal_text(value)))
    return words, made[0], made[1]


def _single_check(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    words, *parts = _standing(item, w, f)
    planned, finished, most = f["planned"], f["finished"], w * item.shares[2]
    words = f"{words}，计划抽查{planned}次，完成{finished}次"
    if f["set"] is not None:
        chosen = _within(f["set"], most, item)
        last = Part("开展抽查", most, chosen, decimal_text(chosen))
        return f"{words}，开展抽查由办公室酌情确定", (*parts, last)
    value = most * min(Fraction(1), Fraction(finished, planned)) if planned else Fraction(0)
    formula = _times(most, min(finished, planned), planned) if planned else "0"
    return f"{words}，开展抽查为建议值（待办公室确定）", (
        *parts,
        Part("开展抽查", most, value, formula, True),
    )


def _joint_check(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    words, *parts = _standing(item, w, f)
    once, more = item.shares[2:]
    share = more if f["finished"] >= 2 else once if f["finished"] else Fraction(0)
    last = Part("开展抽查", w * more, w * share, decimal_text(w * share))
    return f"{words}，完成跨部门抽查{f['finished']}次", (*parts, last)


def _meetings(scheme: Scheme, item: ScoreItem, w: Fraction, f: dict[str, Any]) -> _Scored:
    counts = (f["absent"], f["missing"], f["late"])
    lost = [w * share * count for share, count in zip(item.shares, counts, strict=True)]
    words = f"未参加会议{counts[0]}次，未报送材料{counts[1]}次，未及时上报材料{counts[2]}次"
    sum_text = " − ".join([decimal_text(w), *(decimal_text(one) for one in lost)])
    left = w - sum(lost)
    if left < 0:
        return f"{words}，扣完为止", (Part(item.name, w, Fraction(0), f"max(0, {sum_text})"),)
    return words, (Part(item.name, w, left, sum_text),)


_RULES: dict[str, Callable[[Scheme, ScoreItem, Fraction, dict[str, Any]], _Scored]] = {
    "ratio": _ratio,
    "ratio_timely": _ratio_timely,
    "ratio_pass": _ratio_pass,
    "ratio_results": _ratio,
    "unlicensed": _unlicensed,
    "single_check": _single_check,
    "joint_check": _joint_check,
    "meetings": _meetings,
}


def score_parts(scheme: Scheme, item: ScoreItem, w: Fraction, facts: dict[str, Any]) -> _Scored:
    """The words and the parts of one item of weight ``w``; its checked ``facts`` have something due."""
    return _RULES[item.formula](scheme, item, w, facts)
