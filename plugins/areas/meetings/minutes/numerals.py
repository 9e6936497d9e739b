"""Numbers as the levels of an official document write them."""

_DIGITS = "〇一二三四五六七八九"
_MARKERS = ("{}、", "（{}）", "{}.", "（{}）")


def chinese_numeral(number: int) -> str:
    """一, 十, 十一, 二十, 一百〇五 … for 1 to 999; ValueError beyond, since no level counts so far."""
    if not 1 <= number <= 999:
        raise ValueError(f"no level is numbered {number}")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        text += _DIGITS[0]
    return text + (_DIGITS[ones] if ones else "")


def level_marker(level: int, number: int) -> str:
    """The marker of the `number`-th heading of `level` 1–4: 一、（一）1.（1） (GB/T 9704-2012, 正文)."""
    shown = chinese_numeral(number) if level <= 2 else str(number)
    return _MARKERS[level - 1].format(shown)
