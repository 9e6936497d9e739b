"""The settings of a scoring scheme: names, defaults, bounds, and how exact numbers are read and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any


class ScoringError(Exception):
    """Facts, a setting or a unit that cannot be scored; the text (Chinese) names fact, value and rule."""


_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")


def quote(value: object) -> str:
    """A value as it may stand in a message: short, on one line, printable."""
    if isinstance(value, str | int | Decimal | Fraction) and not isinstance(value, bool):
        text = str(value)[:60]
    elif isinstance(value, Mapping):
        text = "{…}"
    elif isinstance(value, list | tuple):
        text = "[…]"
    else:
        text = {True: "true", False: "false", None: "null"}.get(value) or type(value).__name__
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return f"“{shown if len(shown) <= 40 else shown[:40] + '…'}”"


def exact(value: object, what: str) -> Fraction:
    """An int, Decimal, decimal string or ending Fraction, exactly; never a float (0.1 is not a tenth)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, Fraction) and 10**12 % value.denominator == 0:
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 12:
        value = format(value, "f")
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Fraction(value)
    raise ScoringError(f'{what}的值{quote(value)}不是数，应写成整数或小数，如 2 或 "2.00"')


def decimal_text(value: Fraction, places: int = 0, longest: int = 6) -> str:
    """A fraction as a decimal of at least ``places`` places; longer than ``longest``, it is cut: ``9.016…``.

    Cut, not rounded, so that the third place still shows which way the hundredths round.
    """
    sign, value = ("−", -value) if value < 0 else ("", value)
    for digits in range(places, longest + 1):
        if (value * 10**digits).denominator == 1:
            whole, rest = divmod(int(value * 10**digits), 10**digits)
            return f"{sign}{whole}" + (f".{rest:0{digits}d}" if digits else "")
    whole, rest = divmod(int(value * 1000), 1000)
    return f"{sign}{whole}.{rest:03d}…"


def _count(low: int, high: int) -> Callable[[Any, str], int]:
    def read(value: Any, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ScoringError(f"{what}的值{quote(value)}应为{low}至{high}的整数")
        return value

    return read


class Choice:
    """One of a few words; ``words`` gives each its Chinese for the page."""

    def __init__(self, **words: str) -> None:
        self.words = words

    def __call__(self, value: Any, what: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            options = "、".join(f"{key}（{word}）" for key, word in self.words.items())
            raise ScoringError(f"{what}的值{quote(value)}应为{options}之一")
        return value


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise ScoringError(f"{what}的值{quote(value)}应为 true（是）或 false（否）")
    return value


def _share(value: Any, what: str) -> Fraction:
    share = exact(value, what)
    if not 0 <= share <= 1:
        raise ScoringError(f"{what}的值{quote(value)}应在0至1之间")
    return share


def _pass_ratio(value: Any, what: str) -> Fraction:
    share = _share(value, what)
    if not share:
        raise ScoringError(f"{what}的值{quote(value)}应大于0，不大于1")
    return share


def _shares_by_entries(value: Any, what: str) -> tuple[tuple[int, Fraction], ...]:
    if not isinstance(value, Mapping):
        raise ScoringError(
            f'{what}的值{quote(value)}应为录入起数与分值比例的对照，如 {{"0": "0", "1": "0.5"}}'
        )
    read: dict[int, Fraction] = {}
    for key, share in value.items():
        text = str(key)
        if isinstance(key, bool) or not re.fullmatch(r"0|[1-9][0-9]{0,3}", text):
            raise ScoringError(f"{what}的录入起数{quote(key)}应为不小于0的整数")
        if int(text) in read:
            raise ScoringError(f"{what}的录入起数{quote(key)}重复")
        read[int(text)] = _share(share, f"{what}（{text}起）")
    return tuple(sorted(read.items()))


NOTHING_DUE = Choice(full="得满分", redistribute="分值移出")


def _nothing_due(value: Any, what: str) -> str | tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((key, NOTHING_DUE(word, f"{what}（{key}）")) for key, word in value.items())
    return NOTHING_DUE(value, what)


def _about(label: str, read: Callable[[Any, str], Any]) -> dict[str, Any]:
    return {"label": label, "read": read}


@dataclass(frozen=True)
class Settings:
    """Every setting of a scheme, typed; ratios are exact fractions, days are working days.

    ``nothing_due`` and ``unlicensed_base`` are pairs, so that a scheme stays immutable and hashable.
    """

    claim_days: int = field(default=7, metadata=_about("认领时限（工作日）", _count(1, 250)))
    feedback_days: int = field(default=20, metadata=_about("反馈时限（工作日）", _count(1, 250)))
    timely: str = field(
        default="share",
        metadata=_about("及时分的算法", Choice(share="按及时比例折算", all_or_nothing="全部及时才得分")),
    )
    nothing_due: tuple[tuple[str, str], ...] = field(
        default=(), metadata=_about("本季无应办的处理", _nothing_due)
    )
    pass_ratio: Fraction = field(default=Fraction(9, 10), metadata=_about("得满分的录入比例", _pass_ratio))
    unlicensed_full: int = field(default=2, metadata=_about("无证无照录入得满分的起数", _count(1, 1000)))
    unlicensed_base: tuple[tuple[int, Fraction], ...] = field(
        default=((0, Fraction(0)), (1, Fraction(1, 2))),
        metadata=_about("无证无照录入不足时的建议比例", _shares_by_entries),
    )
    close_days: int = field(default=5, metadata=_about("季度截止（季后工作日）", _count(0, 60)))
    review_days: int = field(default=5, metadata=_about("申请复核期限（工作日）", _count(1, 60)))
    year_rule: str = field(
        default="mean", metadata=_about("年度得分的算法", Choice(mean="各季度平均", sum="各季度合计"))
    )
    leave_counts_as_absent: bool = field(default=True, metadata=_about("请假视为未参加会议", _flag))
    quarter_list_is_material: bool = field(default=True, metadata=_about("季末清单按材料计", _flag))
    filing_rows_scored: bool = field(default=False, metadata=_about("备案主体的认领反馈计分", _flag))
    supervisor_rows_scored: bool = field(default=False, metadata=_about("行业主管部门的认领反馈计分", _flag))
    fallback: str = field(
        default="all_items",
        metadata=_about(
            "没有证照联动项时分值的去向", Choice(all_items="按比例加至其余各项", equal="平均加至其余各项")
        ),
    )


SETTING_LABELS: dict[str, str] = {f.name: f.metadata["label"] for f in fields(Settings)}
