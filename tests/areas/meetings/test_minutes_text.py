"""How plain text becomes minutes: levels, paragraphs, tables, attendance, full-width punctuation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.meetings.minutes import (
    AttendanceLine,
    Level,
    MinutesTextError,
    Paragraph,
    Table,
    chinese_numeral,
    parse_text,
)
from plugins.areas.meetings.minutes.blocks import MOST_CHARACTERS, attendance_line, full_width
from plugins.areas.meetings.minutes.numerals import level_marker


@pytest.mark.parametrize(
    ("line", "block"),
    [
        ("一、关于证照联动", Level(1, "一、关于证照联动")),
        ("十二、关于信用", Level(1, "十二、关于信用")),
        ("（一）加强推送。各单位要按时认领。", Level(2, "（一）加强推送。", "各单位要按时认领。")),
        ("(二)加强推送", Level(2, "（二）加强推送")),
        ("1.落实责任。由牵头单位负责。", Level(3, "1.落实责任。", "由牵头单位负责。")),
        ("2．落实责任", Level(3, "2.落实责任")),
        ("３、落实责任", Level(3, "3.落实责任")),
        ("（1）明确分工", Level(4, "（1）明确分工")),
        ("(12) 明确分工", Level(4, "（12）明确分工")),
        ("　　会议要求，抓好落实。", Paragraph("会议要求，抓好落实。")),
        ("2026.3.5前完成", Paragraph("2026.3.5前完成")),
        ("1.5万户企业", Paragraph("1.5万户企业")),
        ("2026年3月5日召开会议", Paragraph("2026年3月5日召开会议")),
        ("<script>alert(1)</script>", Paragraph("<script>alert(1)</script>")),
        ("a | b", Paragraph("a | b")),
    ],
)
def test_a_line_is_read_by_how_it_opens(line, block):
    assert parse_text(line).blocks == (block,)


def test_only_the_marker_is_set_apart_where_the_first_sentence_is_long():
    sentence = "会议听取了各成员单位关于" + "证照联动" * 12 + "的汇报。"
    assert parse_text("一、" + sentence).blocks == (Level(1, "一、", sentence),)


@pytest.mark.parametrize(
    "text",
    [
        "前\n| 单位 | 户数 |\n| 公安分局 | 12 |\n| 财政局 |\n后",
        "前\n| 单位 | 户数 |\n| --- | :--: |\n| 公安分局 | 12 |\n| 财政局 |\n后",
        "前\n单位 ｜ 户数\n公安分局｜12\n财政局｜\n后",
    ],
)
def test_lines_with_bars_are_a_table_with_rows_of_equal_length(text):
    table = Table(("单位", "户数"), (("公安分局", "12"), ("财政局", "")))
    assert parse_text(text).blocks == (Paragraph("前"), table, Paragraph("后"))


def test_attendance_is_gathered_in_its_own_order_from_anywhere():
    draft = parse_text(
        "列席：钱七\n请假: 无\n会议同意。\n出席人员：张 三 李四光，王五\n赵六；欧阳修远。\n\n散会。"
    )
    assert draft.attendance == (
        AttendanceLine("出席", ("张三、", "李四光，", "王五、", "赵六；", "欧阳修远。")),
        AttendanceLine("请假", ("无。",)),
        AttendanceLine("列席", ("钱七。",)),
    )
    assert draft.blocks == (Paragraph("会议同意。"), Paragraph("散会。"))


def test_names_from_the_sign_in_list_make_the_same_line():
    assert attendance_line("出席", ["张三", "欧阳修远"]) == parse_text("出席：张三、欧阳修远").attendance[0]
    with pytest.raises(ValueError, match="缺席"):
        attendance_line("缺席", ["张三"])


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("会议指出,各单位:一是抓落实;二是抓督办!", "会议指出，各单位：一是抓落实；二是抓督办！"),
        ("会议同意.", "会议同意。"),
        ("企业(含个体工商户)", "企业（含个体工商户）"),
        ("市场监管局(MSA)", "市场监管局（MSA）"),
        ('推进"双随机、一公开"监管', "推进“双随机、一公开”监管"),
        ("共1,234户, 9:30开会", "共1,234户，9:30开会"),
        ("see GB/T 9704-2012, p. 3 (draft)", "see GB/T 9704-2012, p. 3 (draft)"),
    ],
)
def test_punctuation_after_chinese_is_full_width_and_figures_stay(typed, printed):
    assert full_width(typed) == printed


def test_invisible_characters_and_exotic_line_ends_of_a_paste_go():
    draft = parse_text("\ufeff一、甲\r\n\u200b乙\u2028丙\x0b丁\u00a0戊\x00")
    assert draft.blocks == (Level(1, "一、甲"), Paragraph("乙"), Paragraph("丙"), Paragraph("丁 戊"))


def test_a_text_beyond_the_limit_is_refused_with_its_length():
    assert parse_text("会" * MOST_CHARACTERS).blocks
    with pytest.raises(MinutesTextError, match="正文共 1000001 字，超过上限 1000000 字"):
        parse_text("会" * (MOST_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (105, "一百〇五"),
        (110, "一百一十"),
    ],
)
def test_numbers_of_levels(number, text):
    assert chinese_numeral(number) == text


@pytest.mark.parametrize(("level", "marker"), [(1, "三、"), (2, "（三）"), (3, "3."), (4, "（3）")])
def test_markers_of_levels_are_read_back_as_that_level(level, marker):
    assert level_marker(level, 3) == marker
    assert parse_text(marker + "内容").blocks == (Level(level, marker + "内容"),)


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_no_level_counts_beyond_999(number):
    with pytest.raises(ValueError, match=str(number)):
        chinese_numeral(number)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("一二（）()1.、。，|出席请假：:张三 \n\t会<&\"'"), max_size=120))
def test_any_text_is_read_and_its_values_are_plain(text):
    values = parse_text(text).values()
    assert set(values) == {"blocks", "attendance"}
    for block in values["blocks"]:
        assert block["kind"] in {"level", "paragraph", "table"}
        if block["kind"] == "table":
            assert block["rows"] and {len(row) for row in block["rows"]} == {len(block["header"])}
        else:
            assert all("\n" not in str(part) for part in block.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["会议同意。", "一、甲。乙", "（二）丙", "3.丁", "（4）戊。", "己"]), max_size=12
    )
)
def test_reading_what_was_read_changes_nothing(lines):
    first = parse_text("\n".join(lines))
    again = "\n".join(
        block.lead + block.rest if isinstance(block, Level) else block.text for block in first.blocks
    )
    assert parse_text(again) == first
