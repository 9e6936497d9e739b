"""Read one cell as the text, number, choice or money an officer meant by it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Literal

from portal.spreadsheets.refusals import CellError, ValueRefused

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_MONEY_UNITS = {"元": 100, "万元": 1_000_000}
#: The largest integer SQLite and PostgreSQL both keep.
_LARGEST = 2**63 - 1
_YES = {"是", "√", "✓", "✔", "☑", "1", "有", "对", "true", "yes", "y"}
_NO = {"否", "×", "✗", "✘", "☐", "0", "无", "错", "false", "no", "n"}


def read_text(value: object, *, nfkc: bool = False, longest: int = 2000) -> str | None:
    """The trimmed text of a cell, or None for a blank one.

    Whole numbers come back as their digits, as text columns often hold numbers typed bare.
    ``nfkc`` folds full-width letters and digits; ``longest`` counts characters.
    Raises ValueRefused for control characters, error cells and over-long text.
    """
    text = plain(value)
    if nfkc:
        text = unicodedata.normalize("NFKC", text).strip()
    # No printable sign is among them, and asking that costs a third of the search.
    if not text.isprintable() and (found := _CONTROL.search(text)):
        raise ValueRefused(f"含有看不见的控制字符（U+{ord(found.group()):04X}），请删除后重新填写")
    if len(text) > longest:
        raise ValueRefused(f"共{len(text)}个字，超过上限{longest}个字")
    return text or None


def read_integer(value: object, *, least: int | None = None, most: int | None = None) -> int | None:
    """A whole number (1,234 and full-width digits too), or None for a blank cell."""
    if isinstance(value, bool):
        raise ValueRefused("应填整数，实际是“是/否”值")
    text = folded(value)
    if not text:
        return None
    number = _decimal(text, "应填整数，例如 12")
    if number != number.to_integral_value():
        raise ValueRefused("应填整数，不能带小数")
    if abs(number) > _LARGEST:
        raise ValueRefused("数字过大")
    whole = int(number)
    if least is not None and whole < least:
        raise ValueRefused(f"不能小于{least}")
    if most is not None and whole > most:
        raise ValueRefused(f"不能大于{most}")
    return whole


def read_money_fen(
    value: object, unit: Literal["元", "万元"] = "元", *, negative: bool = False
) -> int | None:
    """An amount in 分, exact (data-standards.md: money is stored in 分); None for a blank cell.

    ``unit`` is the column's unit; a unit written in the cell itself (3.5万元) wins.
    """
    if isinstance(value, bool):
        raise ValueRefused("应填金额，实际是“是/否”值")
    text = folded(value).lstrip("¥￥").strip()
    text = text.removeprefix("人民币").strip()
    if not text:
        return None
    if written := re.search(r"(万元|万|元)整?$", text):
        unit = "元" if written.group(1) == "元" else "万元"
        text = text[: written.start()].strip()
    amount = _decimal(text, f"应填以{unit}为单位的金额，例如 1234.50")
    fen = amount * _MONEY_UNITS[unit]
    if fen != fen.to_integral_value():
        raise ValueRefused("金额最多精确到分（以元计两位小数）")
    if abs(fen) > _LARGEST:
        raise ValueRefused("金额过大")
    if fen < 0 and not negative:
        raise ValueRefused("金额不能为负数")
    return int(fen)


def read_choice(
    value: object, choices: Collection[str], aliases: Mapping[str, str] | None = None
) -> str | None:
    """The choice a cell names, by its own words or by an alias; None for a blank cell."""
    text = read_text(value, nfkc=True)
    if text is None:
        return None
    wanted = _loose(text)
    for choice in choices:
        if _loose(choice) == wanted:
            return choice
    for alias, choice in (aliases or {}).items():
        if _loose(alias) == wanted:
            return choice
    near = [choice for choice in choices if wanted in _loose(choice) or _loose(choice) in wanted]
    raise ValueRefused(f"应为以下之一：{'、'.join(choices)}", near[0] if len(near) == 1 else None)


def read_boolean(value: object) -> bool | None:
    """是/否, √/×, 1/0, true/false; None for a blank cell."""
    if isinstance(value, bool):
        return value
    text = folded(value).casefold()
    if not text:
        return None
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueRefused("应填“是”或“否”")


def plain(value: object) -> str:
    """A cell as an officer would read it, trimmed; "" for a blank one; error cells are refused."""
    if isinstance(value, CellError):
        raise ValueRefused(f"单元格没有值：{value}")
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip(" \t\r\n\u3000\u00a0\ufeff\u200b")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        # Beyond this Python itself refuses to print; no column holds such a number.
        if value.bit_length() > 1024:
            raise ValueRefused("数字过大")
        return str(value)
    if isinstance(value, (float, Decimal)):
        return _plain_number(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise ValueRefused("单元格的内容不是文字、数字或日期")


def folded(value: object) -> str:
    """The cell's text with full-width letters, digits and signs made narrow."""
    return unicodedata.normalize("NFKC", plain(value)).strip()


def _plain_number(value: float | Decimal) -> str:
    number = Decimal(value) if isinstance(value, Decimal) else None
    if number is None:
        # Excel keeps 15 significant digits; the rest (0.30000000000000004) is noise of binary fractions.
        number = Decimal(format(value, ".15g"))
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise ValueRefused("不是有效的数字")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(text: str, rule: str) -> Decimal:
    compact = text.replace(" ", "")
    if re.fullmatch(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+", compact):
        raise ValueRefused("Excel 已把数字改成科学计数，请改成完整的数字")
    found = _NUMBER.fullmatch(compact)
    if not found or len(compact) > 40:
        raise ValueRefused(rule)
    try:
        return Decimal(compact.replace(",", ""))
    except InvalidOperation:
        raise ValueRefused(rule) from None


def _loose(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
