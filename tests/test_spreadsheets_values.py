"""How a cell is read: dates in every habit, codes, money, choices; refused only with a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from portal.spreadsheets import (
    FOREVER,
    CellError,
    ValueRefused,
    read_boolean,
    read_choice,
    read_credit_code,
    read_date,
    read_identity_number,
    read_integer,
    read_money_fen,
    read_text,
)

WIDE = str.maketrans("0123456789/.-", "０１２３４５６７８９／．－")
MARCH_5 = date(2025, 3, 5)
REAL_CODES = [
    "91310000773718882U",
    "91110000101443599G",
    "91211103MA10E6140W",
    "91310113MA7GHQJJ4R",
    "9144030071526726XG",
]


@pytest.mark.parametrize(
    "written",
    [
        *("2025/3/5", "2025.3.5", "2025-03-05", "2025年3月5日", "2025年03月05号", "2025 年 3 月 5 日"),
        *("20250305", 20250305, 45721, 45721.0, 45721.75, Decimal("45721"), "45721", "２０２５／３／５"),
        *("2025-03-05 00:00:00", "2025/3/5 9:30", "2025-03-05T08:00:00+08:00", " 2025-3-5 "),
        *("2025-03-04T16:00:00Z", "2025-03-05T15:59:59.9Z", "2025-03-06 00:30:00+09:00", "2025-03-04T23:00-0500"),
        *(date(2025, 3, 5), datetime(2025, 3, 5, 23, 59), datetime(2025, 3, 4, 16, tzinfo=UTC)),
    ],
)
def test_the_fifth_of_march_in_every_habit(written: object) -> None:
    assert read_date(written) == MARCH_5


@pytest.mark.parametrize(
    "written",
    [
        "长期",
        "长期有效",
        "9999-12-31",
        "9999/9/9",
        "99991231",
        "9999年9月9日",
        2958465,
        "2958352",
        date(9999, 12, 31),
    ],
)
def test_without_end(written: object) -> None:
    assert read_date(written) is FOREVER


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2025-02-30", "2025年2月没有30日"),
        ("2025/13/1", "没有13月这个月份"),
        ("2025.3", "日期要写到年、月、日，例如 2025-03-05"),
        (2025.3, "日期要写到年、月、日，例如 2025-03-05"),
        (2025, "日期要写到年、月、日，例如 2025-03-05"),
        ("202503", "日期要写到年、月、日，例如 2025-03-05"),
        ("3/5/2025", "年份要写四位并放在最前面，例如 2025-03-05"),
        (True, "不是能识别的日期，请填 2025-03-05、2025/3/5、2025年3月5日、20250305 或 长期"),
        ("明天", "不是能识别的日期，请填 2025-03-05、2025/3/5、2025年3月5日、20250305 或 长期"),
        (CellError("公式错误 #N/A"), "单元格没有值：公式错误 #N/A"),
    ],
)
def test_what_is_no_date_is_refused_with_its_rule(written: object, rule: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_date(written)
    assert refused.value.rule == rule


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_any_date_comes_back_from_every_habit(day: date) -> None:
    year, month, number = day.year, day.month, day.day
    habits = [f"{year}/{month}/{number}", f"{year}.{month}.{number}", f"{year}年{month}月{number}日"]
    habits += [day.isoformat(), day.strftime("%Y%m%d"), f"{day.isoformat()} 12:00"]
    habits += [habit.translate(WIDE) for habit in habits]
    assert {read_date(habit) for habit in habits} == {day}


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1927, 5, 18), date(2199, 12, 31)))
def test_any_date_comes_back_from_its_serial(day: date) -> None:
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    assert [read_date(serial), read_date(float(serial)), read_date(str(serial))] == [day] * 3


@pytest.mark.parametrize("code", REAL_CODES)
def test_a_right_code_is_taken_as_it_is(code: str) -> None:
    assert read_credit_code(code).value == code
    assert not read_credit_code(code).repaired


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("91310000773718882u", "小写改为大写"),
        ("９１３１００００７７３７１８８８２Ｕ", "全角改为半角"),
        ("9131 0000-7737 18882U", "去掉空格或连字符"),
        ("９１３1000077 3718882ｕ", "全角改为半角、小写改为大写、去掉空格或连字符"),
    ],
)
def test_what_is_certain_is_repaired_and_told(written: str, note: str) -> None:
    reading = read_credit_code(written)
    assert (reading.value, reading.repaired, reading.note) == ("91310000773718882U", True, note)


@pytest.mark.parametrize(
    ("written", "rule", "suggestion"),
    [
        ("9131OOOO773718882U", "含有代码中不使用的字符：O", "91310000773718882U"),
        ("9I3I0000773718882U", "含有代码中不使用的字符：I", "91310000773718882U"),
        ("9131000077371888ZU", "含有代码中不使用的字符：Z", "91310000773718882U"),
        ("91211103MA1DE6140W", "统一社会信用代码校验不通过，可能有字符填错", "91211103MA10E6140W"),
        ("91310000773718883U", "统一社会信用代码校验不通过，可能有字符填错", None),
        ("9131000077371888", "共16位，统一社会信用代码应为18位（注册号15位）", None),
        ("20583000123456", "只有14位数字，注册号应为15位，可能丢失了开头的0", "020583000123456"),
        (20583000123456, "只有14位数字，注册号应为15位，可能丢失了开头的0", "020583000123456"),
        ("1.1E+14", "Excel 已把代码改成科学计数，后面的数字已丢失，请把该列设为文本后重新填写", None),
        (1.1e14, "Excel 已把代码改成科学计数，后面的数字已丢失，请把该列设为文本后重新填写", None),
        (
            9.1310000773718e17,
            "Excel 已把代码改成科学计数，后面的数字已丢失，请把该列设为文本后重新填写",
            None,
        ),
    ],
)
def test_a_doubtful_code_is_refused_and_never_changed_silently(
    written: object, rule: str, suggestion: str | None
) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_credit_code(written)
    assert (refused.value.rule, refused.value.suggestion) == (rule, suggestion)


def test_a_registration_number_and_a_blank_are_taken_as_they_are() -> None:
    assert read_credit_code("320583000123456").value == "320583000123456"
    assert read_credit_code(320583000123456.0).value == "320583000123456"
    assert read_credit_code(None).value == ""


def test_a_village_collective_begins_with_a_letter() -> None:
    body = "N2320583MF1234567"
    assert read_credit_code(body + uscc.calc_check_digit(body)).repaired is False


@pytest.mark.parametrize(
    ("written", "unit", "fen"),
    [
        ("1,234.50", "元", 123450),
        ("￥1234.5元", "元", 123450),
        (0.1 + 0.2, "元", 30),
        ("3.5", "万元", 3_500_000),
        ("0.000001", "万元", 1),
        ("5万元", "元", 5_000_000),
        ("１２", "元", 1200),
        (Decimal("99999999999.99"), "元", 9_999_999_999_999),
        (0, "元", 0),
        (None, "元", None),
    ],
)
def test_money_is_exact(written: object, unit: str, fen: int | None) -> None:
    assert read_money_fen(written, unit) == fen  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("1.005", "金额最多精确到分（以元计两位小数）"),
        ("12,34", "应填以元为单位的金额，例如 1234.50"),
        ("-5", "金额不能为负数"),
        ("1E+5", "Excel 已把数字改成科学计数，请改成完整的数字"),
        (float("nan"), "不是有效的数字"),
        ("9" * 30, "金额过大"),
    ],
)
def test_money_that_is_not_exact_is_refused(written: object, rule: str) -> None:
    with pytest.raises(ValueRefused, match=f"^{rule}$"):
        read_money_fen(written)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**13))
def test_money_comes_back_from_yuan_and_from_ten_thousands(fen: int) -> None:
    assert read_money_fen(f"{Decimal(fen) / 100:,}") == fen
    assert read_money_fen(str(Decimal(fen) / 1_000_000 if fen >= 10 else Decimal(0)), "万元") == (
        fen if fen >= 10 else 0
    )


def test_text_is_trimmed_and_full_width_folded_only_where_told() -> None:
    assert read_text("　有限公司（甲） ") == "有限公司（甲）"
    assert read_text("ＡＢ（甲）", nfkc=True) == "AB(甲)"
    assert read_text(12.0) == "12"
    assert read_text("  ") is None
    with pytest.raises(ValueRefused, match="U\\+0007"):
        read_text("甲\x07乙")


def test_integers_choices_and_yes_or_no() -> None:
    assert [read_integer(text) for text in ("1,234", "１２", 3.0, "")] == [1234, 12, 3, None]
    with pytest.raises(ValueRefused, match="不能带小数"):
        read_integer("1.5")
    with pytest.raises(ValueRefused, match="不能小于0"):
        read_integer("-1", least=0)
    kinds = ["普通", "特许"]
    assert read_choice(" 普 通", kinds) == "普通"
    assert read_choice("一般", kinds, {"一般": "普通"}) == "普通"
    with pytest.raises(ValueRefused, match="应为以下之一：普通、特许") as refused:
        read_choice("普通许可", kinds)
    assert refused.value.suggestion == "普通"
    assert [read_boolean(value) for value in ("是", "√", 1, True, "１")] == [True] * 5
    assert [read_boolean(value) for value in ("否", "×", 0, False)] == [False] * 4
    assert read_boolean("") is None


DIGITS = "0123456789"
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
HABITS = st.tuples(st.booleans(), st.booleans(), st.sampled_from(["", " ", "-", "\u3000"]), st.integers(1, 17))


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["91", "92", "93", "12", "N2"])) + draw(st.text(DIGITS, min_size=6, max_size=6))
    body += draw(st.text(SIGNS, min_size=9, max_size=9))
    return body + uscc.calc_check_digit(body)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["320103", "810000", "830000", "911124"]))
    body += draw(st.dates(date(1900, 1, 1), date(2026, 1, 1))).strftime("%Y%m%d") + draw(st.text(DIGITS, min_size=3, max_size=3))
    return body + ric.calc_check_digit(body + "0")


def in_a_habit(text: str, habit: tuple[bool, bool, str, int]) -> str:
    """As somebody types it: small letters, full width, a blank or hyphen in the middle."""
    small, wide, between, at = habit
    text = text.lower() if small else text
    text = text[:at] + between + text[at:]
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text) if wide else text


@settings(max_examples=200, deadline=None)
@given(credit_codes(), HABITS)
def test_a_right_code_comes_back_from_every_habit(code: str, habit: tuple[bool, bool, str, int]) -> None:
    written = in_a_habit(code, habit)
    reading = read_credit_code(written)
    assert (reading.value, reading.repaired, bool(reading.note)) == (code, written != code, written != code)


@settings(max_examples=200, deadline=None)
@given(credit_codes(), st.integers(0, 17), st.sampled_from(SIGNS + "IOSVZ"))
def test_one_wrong_sign_never_passes_and_a_suggestion_is_a_right_code(code: str, place: int, sign: str) -> None:
    wrong = code[:place] + sign + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(ValueRefused) as refused:
        read_credit_code(wrong)
    if refused.value.suggestion is not None:
        assert read_credit_code(refused.value.suggestion).value == refused.value.suggestion


@settings(max_examples=200, deadline=None)
@given(identity_numbers(), HABITS, st.integers(0, 17), st.sampled_from(DIGITS))
def test_an_identity_number_comes_back_and_one_wrong_digit_never_passes(
    number: str, habit: tuple[bool, bool, str, int], place: int, digit: str
) -> None:
    written = in_a_habit(number, habit)
    reading = read_identity_number(written)
    assert (reading.value, reading.repaired) == (number, written != number)
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        with pytest.raises(ValueRefused):
            read_identity_number(wrong)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("320103900101001", "15位的旧身份证号已停用，请填18位的号码"),
        ("32010319900101", "共14位，身份证号应为18位"),
        ("32010319900230001X", "身份证号里的出生日期 19900230 不存在"),
        ("32010319900101A01X", "身份证号应为17位数字加1位数字或X"),
        ("320103199001010014", "身份证号校验不通过，可能有数字填错"),
        ("320103199001011000", "Excel 已把身份证号改成数字，末尾几位已丢失，请把该列设为文本后重新填写"),
        (3.20103199001011e17, "Excel 已把身份证号改成数字，末尾几位已丢失，请把该列设为文本后重新填写"),
        ("3.20103E+17", "Excel 已把身份证号改成数字，末尾几位已丢失，请把该列设为文本后重新填写"),
    ],
)
def test_a_wrong_identity_number_is_refused_with_its_rule(written: object, rule: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_identity_number(written)
    assert refused.value.rule == rule


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1000, 1, 1), date(9998, 12, 31)), st.integers(1, 31), st.sampled_from(["{}-{}-{}", "{}/{}/{}", "{}年{}月{}日"]))
def test_a_day_that_no_calendar_has_is_refused_and_never_moved(day: date, number: int, habit: str) -> None:
    written = habit.format(day.year, day.month, number)
    try:
        wanted: date | None = day.replace(day=number)
    except ValueError:
        wanted = None
    if wanted is None:
        with pytest.raises(ValueRefused, match=f"{day.year}年{day.month}月没有{number}日"):
            read_date(written)
    else:
        assert read_date(written) == wanted


@settings(max_examples=200, deadline=None)
@given(st.decimals(0, 10**9, places=2), st.sampled_from(["{}", "￥{}", "{}元", "{:,}", "{:,}元整", "人民币{}元"]))
def test_an_amount_comes_back_from_every_habit_to_the_fen(amount: Decimal, habit: str) -> None:
    written = habit.format(amount)
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in written)
    assert read_money_fen(written) == read_money_fen(wide) == int(amount * 100)
    assert read_money_fen(float(amount)) == int(amount * 100)
    assert read_money_fen(f"{amount}万元") == int(amount * 1_000_000)


@settings(max_examples=100, deadline=None)
@given(st.decimals(0, 10**6, places=5))
def test_less_than_a_fen_is_refused_and_never_rounded(amount: Decimal) -> None:
    if amount * 100 == int(amount * 100):
        assert read_money_fen(str(amount)) == int(amount * 100)
    else:
        with pytest.raises(ValueRefused, match="最多精确到分"):
            read_money_fen(str(amount))


ANY_CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=30),
    st.text("0123456789.-/年月日 长期Ee+,元万OI０１", max_size=20),
    st.integers(),
    st.integers(10**300, 10**320),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.binary(max_size=4),
)


@settings(max_examples=500, deadline=None)
@given(ANY_CELL)
def test_no_cell_ever_raises_anything_but_a_refusal(cell: object) -> None:
    readers = [read_text, read_date, read_integer, read_money_fen, read_credit_code, read_boolean, read_identity_number]
    for read in [*readers, lambda value: read_choice(value, ["甲", "乙"])]:
        try:
            read(cell)
        except ValueRefused as refused:
            assert refused.rule
