"""A document is the same bytes for the same input, and stops with a clear message where it must."""

import datetime
import hashlib
import io
import os
import subprocess
import sys

import pdfplumber
import pytest

from portal import typesetting
from portal.documents import (
    DocumentError,
    chinese_date,
    document_number,
    qr_svg,
    render_html,
    render_pdf,
)
from portal.fonts import FontSet
from tests.pdf_pages import DATE, NUMBER, SECTION, TITLE, document_fonts, make_minutes, read_pages

LETTER = {
    "mark": "",
    "addressee": "各成员单位",
    "blocks": [{"kind": "paragraph", "text": "请于2026年10月8日前报送材料。"}],
    "enclosures": ["第三季度计分细则", "材料清单"],
    "issuer": "区市场监管联席会议办公室",
    "copies_to": [],
    "qr": "",
    "qr_note": "",
}
RANKING = {"header": ["名次", "成员单位", "得分"], "rows": [["1", "区行政审批局", "98.5"]] * 14}
ITEMS = {
    "header": ["成员单位", *(f"计分项{n}" for n in range(10))],
    "rows": [["公安分局", *["9.5"] * 10]] * 40,
}
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="100">'
    '<rect width="90" height="20" fill="#36c"/>'
    '<text x="9" y="60" font-family="Arial">区行政审批局</text></svg>'
)
BULLETIN = {
    "mark": "市场监管联席会议通报",
    "addressee": "各成员单位",
    "blocks": [],
    "ranking": RANKING,
    "chart": CHART,
    "chart_title": "各单位得分",
    "items": ITEMS,
    "items_title": "计分明细",
    "issuer": "区市场监管联席会议办公室",
    "copies_to": ["区管委会"],
}


def make(template, values, **changed):
    return render_pdf(
        template, {**values, **changed}, title=TITLE, number=NUMBER, date=DATE, fonts=document_fonts()
    )


PROGRAM = """
from tests.pdf_pages import SECTION, make_minutes
print(make_minutes(SECTION + "\\n出席：赵镕喆。").digest_sm3)
"""


def test_two_processes_and_a_warm_one_print_the_same_bytes():
    for _ in range(2):
        here = make_minutes(SECTION + "\n出席：赵镕喆。")
    assert hashlib.new("sm3", here.content).hexdigest() == here.digest_sm3
    folder = str(document_fonts().faces[0].path.parent)
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PORTAL_FONT_DIR": folder, "PYTHONPATH": "."}
        there = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == here.digest_sm3


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "〔2026〕4号"},
        {"date": datetime.date(2026, 3, 6)},
        {"title": "另一个会议的纪要"},
        {"issuer": "区管办"},
    ],
)
def test_any_change_changes_the_digest(changed):
    assert make_minutes("会议同意。", **changed).digest_sm3 != make_minutes("会议同意。").digest_sm3


def test_the_pdf_carries_title_number_date_bookmarks_tags_and_embedded_subsets():
    made = make_minutes(SECTION)
    with pdfplumber.open(io.BytesIO(made.content)) as pdf:
        assert pdf.metadata["Title"] == TITLE
        assert pdf.metadata["Subject"] == NUMBER
        assert pdf.metadata["CreationDate"] == "D:20260305"
        catalog = pdf.doc.catalog
        assert "StructTreeRoot" in catalog and "OutputIntents" in catalog
        marks = [(level, title) for level, title, *_ in pdf.doc.get_outlines()]
        assert marks == [(1, TITLE), (2, "一、关于证照联动"), (3, "（一）加强信息推送。")]
        faces = {char["fontname"] for page in pdf.pages for char in page.chars}
    assert all(face[6] == "+" for face in faces)
    assert b"pdfaid" in make_minutes_metadata(made.content)


def make_minutes_metadata(content: bytes) -> bytes:
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        return pdf.doc.catalog["Metadata"].resolve().get_data()


def test_free_faces_and_borrowed_characters_are_told():
    plain, rare = make_minutes("会议同意。"), make_minutes("会议同意。\n出席：赵镕喆。")
    assert plain.substitutions == document_fonts().substitutions()
    assert "未找到小标宋字体，以 FandolSong Bold 代替" in plain.substitutions
    assert rare.substitutions[len(plain.substitutions) :] == (
        "字符“喆”（U+5586）、“镕”（U+9555）不在公文字体中，以 Noto Serif CJK SC 代替",
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("会议同意😀。", "“😀”（U+1F600）"),
        ("会议\ue000同意。", "（U+E000）"),
        ("会议同意한글。", "“한”（U+D55C）"),
    ],
)
def test_a_character_without_a_glyph_stops_the_document_and_is_named(text, named):
    fonts = document_fonts()
    only_own = FontSet(fonts.faces, second=("No Such Family",))
    with pytest.raises(DocumentError) as stopped:
        render_pdf(
            "letter.html",
            {**LETTER, "blocks": [{"kind": "paragraph", "text": text}]},
            title=TITLE,
            number=NUMBER,
            date=DATE,
            fonts=only_own,
        )
    assert named in str(stopped.value)
    assert str(stopped.value).startswith("公文字体中没有以下字符")


def test_pasted_html_and_scripts_are_printed_as_text():
    text = "<script>alert('x')</script><img src=http://127.0.0.1:9/x.png>&amp;"
    made = read_pages(make_minutes(text, title="<b>标题</b>").content)
    words = "".join(made[0].words.split())
    assert "".join(text.split()) in words and "<b>标题</b>" in words


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "https://example.invalid/"]
)
@pytest.mark.parametrize(
    "form", ['<img src="{}">', '<link rel="stylesheet" href="{}">', '<p style="background: url({})">x']
)
def test_nothing_outside_the_page_is_ever_fetched(address, form):
    with pytest.raises(DocumentError, match="外部资源"):
        typesetting.typeset(form.format(address), "", document_fonts())


@pytest.mark.parametrize(
    ("drawing", "told"),
    [
        ("<svg", "不是有效的 SVG"),
        ("<p>图</p>", "缺少 svg 根元素"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + CHART, "实体或文档类型声明"),
        (CHART.replace("<rect", "<script>1</script><rect"), "不允许的元素 script"),
        (
            CHART.replace(
                "<rect", '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject><rect'
            ),
            "foreignobject",
        ),
        (
            CHART.replace("<rect", '<image href="http://127.0.0.1:9/a.png" width="9" height="9"/><rect'),
            "外部资源",
        ),
    ],
)
def test_a_drawing_that_is_more_than_a_drawing_is_refused(drawing, told):
    with pytest.raises(DocumentError, match=told):
        make("bulletin.html", BULLETIN, chart=drawing)


def test_missing_libraries_stop_the_document_and_are_named(monkeypatch):
    typesetting._press.cache_clear()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(DocumentError, match="请安装 weasyprint 以及系统库 libpango"):
        make("letter.html", LETTER)


def test_the_heavy_library_waits_until_a_document_is_made():
    program = "import sys, portal.documents; print('weasyprint' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_templates_take_plain_values_only():
    with pytest.raises(TypeError, match=r"values\.blocks\[0\]\.text is object"):
        render_html(
            "letter.html",
            {**LETTER, "blocks": [{"kind": "paragraph", "text": object()}]},
            title=TITLE,
            number=NUMBER,
            date=DATE,
        )


def test_a_letter_shows_addressee_enclosures_signature_and_code():
    made = make("letter.html", LETTER, qr=qr_svg("SM3:0123456789abcdef"), qr_note="核验码")
    page = read_pages(made.content)[0]
    assert page.line("各成员单位：").left == pytest.approx(28, abs=0.3)
    assert page.line("附件：").text == "附件：1. 第三季度计分细则"
    second = page.line("2. 材料清单")
    assert second.left == pytest.approx(page.line("附件：").chars[3]["x0"] * 25.4 / 72, abs=0.3)
    by, on = page.line("区市场监管联席会议办公室"), page.line("2026年3月5日")
    assert on.right == pytest.approx(184 - 4 * 156 / 28, abs=0.4)
    assert (by.left + by.right) / 2 == pytest.approx((on.left + on.right) / 2, abs=0.3)
    assert on.top > by.top
    assert "核验码" in page.words


def test_a_signing_body_too_long_to_be_centred_stays_inside_the_text_area():
    long = "某某经济技术开发区市场监管联席会议办公室"
    page = read_pages(make("letter.html", LETTER, issuer=long).content)[0]
    by, on = page.line(long), page.line("2026年3月5日")
    assert by.right == pytest.approx(184 - 2 * 156 / 28, abs=0.4)
    assert on.right == pytest.approx(184 - 4 * 156 / 28, abs=0.4)
    assert on.top - by.top == pytest.approx(225 / 22, abs=0.3)


def test_a_bulletin_turns_its_item_table_and_repeats_the_head_on_every_page():
    made = make("bulletin.html", BULLETIN)
    pages = read_pages(made.content)
    wide = [page for page in pages if page.width > page.height]
    assert len(wide) == 2 and pages[-3:-1] == wide
    assert all("计分项9" in page.words for page in wide)
    assert sum(page.words.count("公安分局") for page in wide) == 40
    assert any("各单位得分" in page.words and "区行政审批局" in page.words for page in pages[:-1])
    assert "抄送：区管委会。" in pages[-1].words


def test_a_paste_of_200_pages_becomes_a_document():
    paragraph = "各成员单位应当加强协同配合，形成监管合力，" * 30 + "抓好落实。\n"
    made = make_minutes(paragraph * 215)
    assert made.pages >= 200


def test_numbers_and_dates_have_no_leading_zeros():
    assert chinese_date(datetime.date(2026, 3, 5)) == "2026年3月5日"
    assert document_number(2026, 3) == "\u30142026\u30153号"
    for year, ordinal in ((2026, 0), (26, 3)):
        with pytest.raises(ValueError, match="no document number"):
            document_number(year, ordinal)
