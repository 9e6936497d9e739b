"""Reading a holiday notice typed line by line: ``2027-01-01 休 元旦`` or ``2027-02-07 班 春节调休``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

WORDS = {"休": False, "班": True}
RULE = "应写成“2027-01-01 休 元旦”或“2027-02-07 班 春节调休”"
MOST_LINES = 200


@dataclass(frozen=True)
class Notice:
    """What was read: ``days`` are (date, worked, name); ``problems`` one sentence for each bad line."""

    days: tuple[tuple[date, bool, str], ...]
    problems: tuple[str, ...]


def read_years(text: str) -> list[int]:
    """The years that a notice announces, ``2027`` or ``2027,2028``. Raises ValueError (Chinese)."""
    parts = [part for part in re.split(r"[,，、\s]+", text.strip()) if part]
    if not parts or len(parts) > 5:
        raise ValueError("请填写通知安排的年份，如 2027")
    for part in parts:
        if not re.fullmatch(r"20[0-9]{2}", part):
            raise ValueError(f"年份“{part[:20]}”应为 2000 至 2099 的四位数")
    return sorted({int(part) for part in parts})


def read_days(text: str, years: list[int]) -> Notice:
    """Read the lines of a notice for ``years``; a make-up day may lie in the year before or after."""
    days: dict[date, tuple[bool, str]] = {}
    problems: list[str] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return Notice((), ("请逐行填写放假和调休的日期",))
    if len(lines) > MOST_LINES:
        return Notice((), (f"最多 {MOST_LINES} 行，现有 {len(lines)} 行",))
    for number, line in lines:
        problem = _read_line(line, years, days)
        if problem:
            problems.append(f"第 {number} 行“{line[:30]}”：{problem}")
    return Notice(tuple((day, worked, name) for day, (worked, name) in sorted(days.items())), tuple(problems))


def _read_line(line: str, years: list[int], days: dict[date, tuple[bool, str]]) -> str:
    """Read one line into ``days``; returns what is wrong with it, or an empty string."""
    parts = line.split(maxsplit=2)
    if len(parts) != 3:
        return f"应有日期、休或班、名称三项，{RULE}"
    day_text, word, name = parts
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day_text):
        return f"日期“{day_text[:20]}”写法不对，{RULE}"
    try:
        day = date.fromisoformat(day_text)
    except ValueError:
        return f"没有 {day_text} 这一天"
    if word not in WORDS:
        return f"“{word[:10]}”应为休或班，{RULE}"
    if len(name) > 20:
        return "名称最长 20 个字"
    if all(abs(day.year - year) > 1 for year in years):
        return f"日期不在通知年份 {'、'.join(map(str, years))} 及其前后一年内"
    if day in days:
        return f"日期 {day} 前面已经写过"
    days[day] = (WORDS[word], name)
    return ""
