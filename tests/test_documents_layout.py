"""The printed minutes obey GB/T 9704-2012: each rule measured on the PDF, for 1, 2, 5 and 12 pages."""

import re
from functools import lru_cache
from itertools import pairwise

import pytest

from tests.pdf_pages import (
    ISSUER,
    SECTION,
    TABLE,
    Page,
    attendance_text,
    make_minutes,
    read_pages,
)

TEXTS = {
    1: "会议听取了第一季度工作情况汇报，讨论了第二季度联合抽查的安排和各单位提出的意见。\n"
    + attendance_text(3),
    2: SECTION + TABLE + attendance_text(40),
    5: SECTION * 7 + TABLE + attendance_text(40),
    12: SECTION * 22 + TABLE + attendance_text(40),
}
LINE = 225 / 22
CHARACTER = 156 / 28
every_length = pytest.mark.parametrize("length", TEXTS)


@lru_cache(maxsize=8)
def pages_of(length: int) -> list[Page]:
    return read_pages(make_minutes(TEXTS[length]).content)


def near(value: float, allowed: float = 0.3):
    return pytest.approx(value, abs=allowed)


@every_length
def test_the_paper_is_a4_and_the_text_stays_in_its_area(length):
    pages = pages_of(length)
    assert len(pages) == length
    for page in pages:
        assert (page.width, page.height) == (near(210, 0.1), near(297, 0.1))
        for line in page.body():
            assert line.left >= 28 - 0.1 and line.right <= 184 + 0.1, line.text
            assert line.bottom <= 262, line.text


@every_length
def test_following_pages_begin_37_mm_from_the_top_and_28_mm_from_the_left(length):
    following = pages_of(length)[1:]
    assert [page.body()[0].top for page in following] == [near(37, 1)] * (length - 1)
    # The last page may hold attendance only, which is set in.
    lefts = [min(line.left for line in page.body()) for page in [*pages_of(length)[:1], *following[:-1]]]
    assert lefts == [near(28, 1)] * len(lefts)


def test_a_full_page_has_22_lines_of_one_pitch():
    page = pages_of(12)[1]
    tops = [line.top for line in page.body()]
    assert len(tops) == 22
    assert [after - before for before, after in pairwise(tops)] == [near(LINE, 0.05)] * 21


def test_a_full_line_has_28_characters_of_one_pitch():
    text = "市场监管联席会议各成员单位" * 12
    page = read_pages(make_minutes(text).content)[0]
    full = [line for line in page.body() if len(line.text) >= 28]
    assert full and {len(line.text) for line in full} == {28}
    for line in full:
        starts = [char["x0"] * 25.4 / 72 for char in line.chars]
        steps = [after - before for before, after in pairwise(starts)]
        assert steps == [near(CHARACTER, 0.02)] * 27
        assert {round(char["size"], 2) for char in line.chars} == {15.75}
        assert {char["non_stroking_color"] for char in line.chars} == {(0.0, 0.0, 0.0)}


@every_length
def test_the_mark_is_red_centred_and_35_mm_below_the_top_of_the_text_area(length):
    mark = pages_of(length)[0].line("市场监管联席会议纪要")
    assert mark.top == near(37 + 35, 1)
    assert (mark.left + mark.right) / 2 == near(106)
    assert mark.faces() == ["FandolSong-Bold"]
    assert {char["non_stroking_color"] for char in mark.chars} == {(1.0, 0.0, 0.0)}


@pytest.mark.parametrize("mark", ["纪要", "某某经济技术开发区市场监管联席会议办公室会议纪要"])
def test_a_short_or_long_mark_stays_on_one_line_inside_the_text_area(mark):
    page = read_pages(make_minutes("会议听取了汇报。", mark=mark).content)[0]
    line = page.line(mark)
    assert line.left >= 28 and line.right <= 184 and line.bottom - line.top <= 15.1


@every_length
def test_the_number_line_stands_4_mm_above_a_red_rule_of_156_mm(length):
    first = pages_of(length)[0]
    number = first.line("〔2026〕3号")
    rule = first.rules[0]
    assert number.text == "〔2026〕3号"
    assert (number.left + number.right) / 2 == near(106)
    assert rule.top - number.bottom == near(4)
    assert (rule.left, rule.width, rule.colour) == (near(28), near(156), (1.0, 0.0, 0.0))


@every_length
def test_the_title_is_22_point_centred_and_not_bold_by_weight(length):
    title = pages_of(length)[0].line("关于研究证照联动有关工作的会议纪要")
    assert {round(char["size"]) for char in title.chars} == {22}
    assert (title.left + title.right) / 2 == near(106)
    assert title.faces() == ["FandolSong-Bold"]


def test_a_long_title_is_broken_evenly_and_where_the_writer_says():
    long = "关于对市场监管联席会议各成员单位第三季度工作情况进行通报的通知"
    lines = read_pages(make_minutes("会议。", title=long).content)[0].lines
    shown = [line.text for line in lines if line.faces() == ["FandolSong-Bold"]][1:]
    assert "".join(shown) == long and max(map(len, shown)) <= 20 and min(map(len, shown)) >= 10
    chosen = "关于证照联动\n有关工作的会议纪要"
    page = read_pages(make_minutes("会议。", title=chosen).content)[0]
    assert page.line("关于证照联动").text == "关于证照联动"


@pytest.mark.parametrize(
    ("beginning", "faces"),
    [
        ("一、关于", ["FandolHei-Regular"]),
        ("（一）", ["FandolKai-Regular", "FandolFang-Regular"]),
        ("1.落实", ["FandolFang-Regular"]),
        ("（1）", ["FandolFang-Regular"]),
        ("会议要求", ["FandolFang-Regular"]),
    ],
)
def test_each_level_has_its_face_and_an_indent_of_two_characters(beginning, faces):
    line = pages_of(2)[0].line(beginning)
    assert line.faces() == faces
    assert line.left == near(28 + 2 * CHARACTER)


@every_length
def test_attendance_follows_the_text_in_order_and_wraps_under_the_first_name(length):
    lines = [line for page in pages_of(length) for line in page.body()]
    labels = [line for line in lines if re.match("出席|请假|列席", line.text)]
    assert [line.text[:3] for line in labels] == ["出席：", "请假：", "列席："]
    names_start = 28 + 5 * CHARACTER
    for line in labels:
        assert [char["fontname"].partition("+")[2] for char in line.chars[:2]] == ["FandolHei-Regular"] * 2
        assert line.left == near(28 + 2 * CHARACTER)
        assert line.chars[3]["x0"] * 25.4 / 72 == near(names_start)
        assert line.faces()[1] == "FandolFang-Regular"
    wrapped = lines[lines.index(labels[0]) + 1 : lines.index(labels[1])]
    assert len(wrapped) >= (length > 1) * 4
    assert [line.left for line in wrapped] == [near(names_start)] * len(wrapped)


def test_no_name_is_torn_between_two_lines():
    text = "\n".join(line.text for page in pages_of(2) for line in page.body())
    listed = text[text.index("出席：") + 3 : text.index("请假：")]
    names = [name for line in listed.strip().split("\n") for name in line.strip("、。").split("、")]
    assert len(names) == 40
    assert set(names) == {"张三", "李四光", "欧阳修远", "司马相如", "王五", "赵镕喆", "钱六六", "孙七"}


def check_imprint(pages: list[Page]) -> None:
    for page in pages[:-1]:
        assert not [rule for rule in page.rules if rule.top > 230]
    last = pages[-1]
    rules = [rule for rule in last.rules if rule.top > 200]
    assert [rule.height for rule in rules] == [near(0.35, 0.01), near(0.25, 0.01), near(0.35, 0.01)]
    assert [(rule.left, rule.width) for rule in rules] == [(near(28, 0.05), near(156, 0.05))] * 3
    assert rules[-1].top + rules[-1].height == near(262, 0.05)
    copies, issue = last.line("抄送："), last.line(ISSUER)
    assert copies.text == "抄送：区管委会。"
    assert {round(char["size"]) for char in copies.chars + issue.chars} == {14}
    assert copies.faces() == issue.faces() == ["FandolFang-Regular"]
    assert copies.left == near(28 + 14 * 25.4 / 72) and issue.left == near(28 + 14 * 25.4 / 72)
    assert issue.right == near(184 - 14 * 25.4 / 72)
    assert issue.text.endswith("2026年3月5日印发")
    assert rules[0].top < copies.top < copies.bottom < rules[1].top < issue.top < issue.bottom < rules[2].top


@every_length
def test_the_imprint_stands_on_the_bottom_edge_of_the_last_page(length):
    check_imprint(pages_of(length))


@pytest.mark.parametrize(
    ("lines", "length"), [(8, 1), (9, 2), (10, 2), (11, 2), (30, 2), (31, 3), (32, 3), (33, 3)]
)
def test_the_imprint_moves_to_the_next_page_where_the_text_leaves_it_no_room(lines, length):
    pages = read_pages(make_minutes("\n".join(["会议同意。"] * lines)).content)
    assert len(pages) == length
    assert sum(line.text == "会议同意。" for page in pages for line in page.body()) == lines
    check_imprint(pages)


def test_a_long_copy_list_wraps_under_its_first_character():
    bodies = ["区管委会", "党工委、管委会办公室", "区人民法院", "区人民检察院", "区总工会", "区工商业联合会"]
    last = read_pages(make_minutes("会议同意。", copies_to=bodies).content)[-1]
    first = last.line("抄送：")
    following = next(line for line in last.lines if line.top > first.top)
    assert following.left == near(first.chars[3]["x0"] * 25.4 / 72)
    assert following.right <= 184 - 14 * 25.4 / 72 + 0.1
    assert following.text.endswith("。")


@every_length
def test_the_page_number_is_right_on_odd_and_left_on_even_pages(length):
    one = 14 * 25.4 / 72
    for number, page in enumerate(pages_of(length), start=1):
        line = page.lines[-1]
        assert line.text == f"— {number} —"
        assert line.top == near(262 + 7)
        assert {round(char["size"]) for char in line.chars} == {14}
        assert line.faces() == ["FandolSong-Regular"]
        if number % 2:
            assert line.right == near(184 - one)
        else:
            assert line.left == near(28 + one)


def test_every_word_can_be_searched_and_copied():
    words = re.sub(r"\s", "", "".join(page.words for page in pages_of(5)))
    # The page numbers stand between the pages' words.
    words = re.sub(r"—\d+—", "", words)
    wanted = "会议指出，“双随机、一公开”监管是市场监管的基本手段……各单位要高度重视——切实抓好落实。"
    assert words.count(wanted) == 7
    assert "B类企业3,456家" in words and "ISO9001" in words
    assert re.search(r"序号成员单位认领条数1区市场监督管理局120", words)


@pytest.mark.parametrize("rows", [1, 2, 3, 44], ids="{} rows".format)
def test_text_goes_on_in_the_lines_of_its_page_below_a_table(rows):
    table = "| 序号 | 成员单位 |\n" + "".join(f"| {row} | 区行政审批局 |\n" for row in range(rows))
    pages = read_pages(make_minutes(SECTION + table + SECTION + table + SECTION).content)
    full = pages_of(12)[1].body()[0].top
    below = [
        (line.top - full) / LINE
        for page in pages
        for line in page.body()
        if {round(char["size"], 2) for char in line.chars} == {15.75} and not line.text.startswith("〔")
    ]
    assert len(below) > 20
    assert [abs(place - round(place)) < 0.02 for place in below] == [True] * len(below)
