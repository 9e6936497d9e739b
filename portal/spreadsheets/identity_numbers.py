"""Read a 公民身份号码 (GB 11643-1999), repairing only what is certain."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from operator import mul

from portal.spreadsheets.cell_values import folded, plain
from portal.spreadsheets.credit_codes import CodeReading
from portal.spreadsheets.refusals import ValueRefused

_WEIGHTS = tuple(2**place % 11 for place in range(17, 0, -1))
_CHECKS = "10X98765432"
_SPOILT = "Excel 已把身份证号改成数字，末尾几位已丢失，请把该列设为文本后重新填写"
_BETWEEN = re.compile(r"[\s\-_'‐‑‒–—−\u200b-\u200d\ufeff]")


def read_identity_number(value: object) -> CodeReading:
    """Read an identity number of 18 signs; "" for a blank cell.

    Lower case, full width, spaces and hyphens are repaired and told. Places 1 to 6 are not looked up: residents of
    Hong Kong, Macao and Taiwan (81, 82, 83) and foreigners with a permanent residence (9) have numbers of the same
    make. Raises ValueRefused for a wrong length, sign, day of birth or check sign, and for what Excel has spoilt.
    """
    if isinstance(value, bool):
        raise ValueRefused("应填身份证号，实际是“是/否”值")
    if isinstance(value, (int, float, Decimal)):
        # A number cell keeps 15 digits, an identity number has 18.
        raise ValueRefused(_SPOILT)
    written = plain(value)
    narrow = folded(written)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", narrow):
        raise ValueRefused(_SPOILT)
    number = _BETWEEN.sub("", narrow).upper()
    if not number:
        return CodeReading("")
    _check(number)
    repaired = number != written
    return CodeReading(number, repaired, "身份证号已去掉空格、改为半角大写" if repaired else "")


def _check(number: str) -> None:
    if len(number) == 15 and number.isascii() and number.isdigit():
        raise ValueRefused("15位的旧身份证号已停用，请填18位的号码")
    if len(number) != 18:
        raise ValueRefused(f"共{len(number)}位，身份证号应为18位")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ValueRefused("身份证号应为17位数字加1位数字或X")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueRefused(f"身份证号里的出生日期 {number[6:14]} 不存在") from None
    if _CHECKS[sum(map(mul, _WEIGHTS, map(int, number[:17]))) % 11] != number[17]:
        raise ValueRefused(_SPOILT if number.endswith("000") else "身份证号校验不通过，可能有数字填错")
