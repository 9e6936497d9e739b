"""The draw's page in plain words: which of the four steps is done, and what is to be done next (draw.md, Steps)."""

from __future__ import annotations

from typing import Any

from plugins.areas.inspections.check_models import Draw, DrawParty, PublicValue
from plugins.areas.inspections.telling import spoken
from portal.toolkit import clock, units

STEPS = ("封存名录", "发布公告", "揭示", "公开数和抽取")
#: State → how many steps are done.
DONE = {"sealed": 1, "announced": 2, "revealed": 3, "valued": 3, "drawn": 4}
#: Formats of the usual public values, so that nobody has to know regular expressions.
FORMATS = {
    "[0-9]{5}": "五位数字（如排列5）", "[0-9]{3}": "三位数字（如3D、排列3）", "[0-9]{4}": "四位数字", "[0-9]{6}": "六位数字",
    "[0-9]{7}": "七位数字（如七星彩）", "[1-6]{6}": "掷骰六次，每次 1 至 6", "[1-6]{10}": "掷骰十次，每次 1 至 6",
}  # fmt: skip


def of(state: str) -> list[tuple[str, str]]:
    """Each step with ``done``, ``now`` or ``later``; a void draw has no present step."""
    done = DONE.get(state, 0)
    present = -1 if state == "void" else done
    return [
        (label, "done" if place < done else "now" if place == present else "later")
        for place, label in enumerate(STEPS)
    ]


def format_words(draw: Draw) -> str:
    """The announced format in words, with the pattern that is checked."""
    pattern = draw.announce["public_value"]["format"] if draw.announce else ""
    return f"{FORMATS[pattern]}　{pattern}" if pattern in FORMATS else pattern


def typed_words(draw: Draw, second_missing: bool) -> tuple[str, str]:
    """What a person who typed the public value is told, and how."""
    if draw.state == "drawn":
        return "两人录入一致，已抽取", "success"
    if draw.state == "valued":
        return "两人录入一致，正在抽取", "success"
    if draw.state == "void":
        return "有承诺方没有按时揭示，抽取已作废", "warning"
    if second_missing:
        return "已录入，请另一人独立录入同一公开数", "success"
    return "两人录入的公开数不一致，都已留存；请两人对照来源重新录入", "warning"


def next_words(draw: Draw, viewer: Any, mine: bool, attempt: tuple[int, PublicValue | None]) -> str:
    """What is to be done next, by whom and from when, for this viewer."""
    if draw.state == "sealed":
        if mine:
            return "请核对与上次封存的差异，确认后发布公告。"
        return f"等待{units.name_of(draw.unit)}发布公告。"
    if draw.state in ("announced", "revealed"):
        return _before_the_value(draw, viewer, attempt[1])
    if draw.state == "valued":
        return "两人录入一致，正在抽取。"
    if draw.state == "drawn":
        total = sum(draw.quota.values())
        return f"已从 {draw.size} 个对象中抽取 {total} 个。请发出通知书、实施检查，检查之日起 20 个工作日内录入并公示。"
    return "本次抽取已作废，编号不再使用；重新抽取从封存名录开始。"


def _before_the_value(draw: Draw, viewer: Any, first: PublicValue | None) -> str:
    now = clock.now()
    if now < draw.reveal_by:
        party = draw.parties.where(DrawParty.account == viewer.account).first()
        if party is not None and party.own and not party.reveal:
            return f"请在 {spoken(draw.reveal_by)} 前揭示您的 32 字节，逾期抽取作废。"
        return f"平台保存的值在 {spoken(draw.reveal_by)} 自动公开；公开数 {spoken(draw.value_at)} 产生，之后由两人分别录入。"
    if now < draw.value_at:
        return f"公开数“{draw.announce['public_value']['name']}”在 {spoken(draw.value_at)} 产生，之后由两人分别录入。"
    if first is not None and first.account == viewer.account:
        return "您已录入公开数，等待另一人独立录入。"
    return f"公开数“{draw.announce['public_value']['name']}”已产生，请在第四步录入{'（第二人）' if first else '（须两人分别录入）'}。"
