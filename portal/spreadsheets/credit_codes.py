"""Read a 统一社会信用代码 (GB 32100-2015) or a 15-digit 注册号, repairing only what is certain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import mul

from portal.spreadsheets.cell_values import folded, plain
from portal.spreadsheets.refusals import ValueRefused

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ALPHABET = frozenset(_SIGNS)
_PLACES = {sign: place for place, sign in enumerate(_SIGNS)}
_WEIGHTS = tuple(3**place % 31 for place in range(17))
#: Letters the standard leaves out because they look like these.
_LEFT_OUT = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "UY"}
#: Signs of the alphabet that are mistaken for one another by eye or by OCR.
_ALIKE = {
    "0": "DQ", "D": "0Q", "Q": "0D", "1": "L7", "L": "1", "7": "1", "8": "B", "B": "8",
    "6": "G", "G": "6", "U": "Y", "Y": "U", "5": "6", "2": "7",
}  # fmt: skip
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE][+]?\d+")
_SPOILT = "Excel 已把代码改成科学计数，后面的数字已丢失，请把该列设为文本后重新填写"


@dataclass(frozen=True)
class CodeReading:
    """A code as stored ("" where the cell is blank), whether it was repaired, and what was done (Chinese)."""

    value: str
    repaired: bool = False
    note: str = ""


def read_credit_code(value: object) -> CodeReading:
    """Read a credit code or 注册号 (data-standards.md, Unified social credit code).

    Lower case, full width, spaces and hyphens are repaired and told. Raises ValueRefused for a wrong
    length, sign or check sign; the suggestion is given only where exactly one substitution passes.
    """
    if type(value) is str and len(value) == 18 and _passes(value):
        return CodeReading(value)
    if isinstance(value, (int, float, Decimal)):
        return _read_number(value)
    written = plain(value)
    if _SCIENTIFIC.fullmatch(folded(written)):
        raise ValueRefused(_SPOILT)
    narrow = folded(written)
    code = re.sub(r"[\s\-_'‐‑‒–—−\u200b-\u200d\ufeff]", "", narrow).upper()
    if not code:
        return CodeReading("")
    _check(code)
    return CodeReading(code, code != written, _tell_repairs(written, narrow, code))


def _read_number(value: int | float | Decimal) -> CodeReading:
    if isinstance(value, bool):
        raise ValueRefused("应填统一社会信用代码，实际是“是/否”值")
    digits = plain(value)
    # A number cell keeps 15 digits; a tail of zeros is what a code shown as 1.1E+14 comes back as.
    if not digits.isdigit() or len(digits) > 15 or (len(digits) == 15 and digits.endswith("000000")):
        raise ValueRefused(_SPOILT)
    _check(digits)
    return CodeReading(digits, True, "数字单元格已按文本读取")


def _check(code: str) -> None:
    if len(code) == 15 and code.isascii() and code.isdigit():
        return
    if len(code) == 14 and code.isascii() and code.isdigit():
        raise ValueRefused("只有14位数字，注册号应为15位，可能丢失了开头的0", "0" + code)
    if len(code) != 18:
        raise ValueRefused(f"共{len(code)}位，统一社会信用代码应为18位（注册号15位）")
    if _passes(code):
        return
    # Only now: trying what was meant costs twenty times the check itself.
    suggestion = _suggest(code)
    wrong = sorted({sign for sign in code if sign not in _ALPHABET})
    if wrong:
        raise ValueRefused(f"含有代码中不使用的字符：{'、'.join(wrong)}", suggestion)
    raise ValueRefused("统一社会信用代码校验不通过，可能有字符填错", suggestion)


def _suggest(code: str) -> str | None:
    candidates = [""]
    if any(sign not in _ALPHABET for sign in code):
        for sign in code:
            choices = _LEFT_OUT.get(sign, sign)
            candidates = [start + choice for start in candidates for choice in choices][:64]
    else:
        # Never the check sign: changing it would make any mistyped code pass.
        candidates = [
            code[:place] + other + code[place + 1 :]
            for place, sign in enumerate(code[:-1])
            for other in _ALIKE.get(sign, "")
        ]
    passing = {candidate for candidate in candidates if _passes(candidate)}
    return passing.pop() if len(passing) == 1 else None


@lru_cache(4096)
def _passes(code: str) -> bool:
    # Remembered: of a batch on its way every code is asked for by the reader, by the register and by its areas.
    # Not uscc.validate: it wants digits in the first two places, where N (village collectives),
    # A and Y of the standard's table 1 stand too. Places 3 to 8 are the division and always digits.
    if len(code) != 18 or not _ALPHABET.issuperset(code) or not code[2:8].isdigit():
        return False
    # Some eight times as fast as uscc.calc_check_digit, which the tests hold it to: an import checks 100,000 codes.
    total = sum(map(mul, _WEIGHTS, map(_PLACES.__getitem__, code)))
    return _SIGNS[-total % 31] == code[-1]


def is_credit_code(code: str) -> bool:
    """Whether ``code`` is a credit code as it is stored: 18 signs, upper case, right check sign (GB 32100-2015)."""
    return _passes(code)


def _tell_repairs(written: str, narrow: str, code: str) -> str:
    done = []
    if narrow != written:
        done.append("全角改为半角")
    if narrow.upper() != narrow:
        done.append("小写改为大写")
    if len(code) != len(narrow):
        done.append("去掉空格或连字符")
    return "、".join(done)
