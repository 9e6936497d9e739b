"""What a DOCX may bring into minutes: its structure; and what it may not: anything else."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.areas.meetings.minutes import Level, MinutesTextError, Paragraph, Table, parse_text, read_docx
from plugins.areas.meetings.minutes.docx import DEEPEST, LARGEST_FILE, LARGEST_PART, MOST_PARTS

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
NUMBERING = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="%1、"/>
</w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
<w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="●"/></w:lvl>
</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""
STYLES = f"""<w:styles {W}><w:style w:styleId="1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="a2"><w:name w:val="标题 2"/></w:style>
<w:style w:styleId="a"><w:name w:val="Normal"/></w:style>
</w:styles>"""


def run(text: str) -> str:
    dressed = '<w:rPr><w:b/><w:rFonts w:eastAsia="华文彩云"/></w:rPr>'
    return f'<w:r>{dressed}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str, settings: str = "") -> str:
    return f"<w:p><w:pPr>{settings}</w:pPr>{run(text)}</w:p>"


def numbered(text: str, level: int) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr>')


def styled(text: str, style: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def docx(body: str, **parts: str | bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W} {MC}><w:body>{body}</w:body></w:document>")
        for name, content in {"numbering": NUMBERING, "styles": STYLES, **parts}.items():
            archive.writestr(name if "/" in name else f"word/{name}.xml", content)
    return written.getvalue()


def raw_docx(document: str | bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", document)
    return written.getvalue()


def test_automatic_numbers_are_written_out_and_start_again_below():
    body = (
        numbered("甲", 0) + numbered("乙", 1) + numbered("丙", 1) + numbered("丁", 2)
        + numbered("戊", 0) + numbered("己", 1) + numbered("庚", 3) + paragraph("辛")
    )  # fmt: skip
    read = read_docx(docx(body))
    assert read.text.split("\n") == [
        "一、甲",
        "（一）乙",
        "（二）丙",
        "1.丁",
        "二、戊",
        "（一）己",
        "庚",
        "辛",
    ]
    assert [block.level for block in parse_text(read.text).blocks[:6]] == [1, 2, 2, 3, 1, 2]


def test_headings_without_a_number_get_one_and_typed_numbers_stay():
    body = styled("总体要求", "1") + styled("目标", "a2") + styled("二、任务", "1") + styled("正文", "a")
    assert read_docx(docx(body)).text.split("\n") == ["一、总体要求", "（一）目标", "二、任务", "正文"]


def test_a_table_becomes_a_table_and_its_bars_stay_text():
    row = "<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    rows = row.format(paragraph("单位"), paragraph("户数")) + row.format(
        paragraph("公安") + paragraph("分局"), paragraph("1|2")
    )
    blocks = parse_text(
        read_docx(docx(paragraph("前") + f"<w:tbl>{rows}</w:tbl>" + paragraph("后"))).text
    ).blocks
    assert blocks == (Paragraph("前"), Table(("单位", "户数"), (("公安 分局", "1／2"),)), Paragraph("后"))


def test_styles_deletions_fields_and_fallbacks_are_dropped_and_insertions_kept():
    body = (
        f"<w:p>{run('会议')}<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins>{run('同意')}</w:ins>"
        f'<w:r><w:instrText>INCLUDETEXT "http://127.0.0.1:9/x"</w:instrText></w:r>'
        f"<mc:AlternateContent><mc:Choice>{run('甲')}</mc:Choice><mc:Fallback>{run('乙')}</mc:Fallback>"
        f"</mc:AlternateContent><w:hyperlink>{run('链接')}</w:hyperlink>"
        "<w:r><w:tab/><w:t>丙</w:t><w:br/><w:t>丁</w:t></w:r></w:p>"
    )
    assert read_docx(docx(body)).text == "会议同意甲链接 丙\n丁"


def test_what_was_left_out_is_told_and_macros_are_never_read():
    body = (
        f"<w:p>{run('图')}<w:r><w:drawing/></w:r><w:r><w:pict/></w:r><w:r><w:footnoteReference/></w:r></w:p>"
    )
    read = read_docx(docx(body, **{"word/vbaProject.bin": b"\xd0\xcf", "word/media/x.png": b"no"}))
    assert (read.text, read.notes) == ("图", ("图片或图形 2 处未带入", "脚注 1 处未带入"))


def test_script_in_a_document_stays_text():
    read = read_docx(docx(paragraph("&lt;script&gt;1&lt;/script&gt;")))
    assert parse_text(read.text).blocks == (Paragraph("<script>1</script>"),)


ENTITY = (
    f'<!DOCTYPE w:document [<!ENTITY a "会">]><w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p>'
    "</w:body></w:document>"
)
EXTERNAL = f'<!DOCTYPE d SYSTEM "file:///etc/hostname"><w:document {W}><w:body/></w:document>'
DEEP = f"<w:document {W}><w:body>{'<w:p>' * DEEPEST}{'</w:p>' * DEEPEST}</w:body></w:document>"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "不是有效的 Word 文档"),
        (b"\xd0\xcf\x11\xe0 old doc", "旧的 .doc 格式"),
        (docx(paragraph("会"))[:-40], "不是有效的 Word 文档"),
        (docx(paragraph("会")).replace(b"word/document.xml", b"word/documenx.xml"), "缺少正文"),
        (raw_docx("<w:document"), "不是有效的 XML"),
        (raw_docx(f"<w:document {W}/>"), "没有正文"),
        (raw_docx(ENTITY), "文档类型或实体声明"),
        (raw_docx(ENTITY.encode("utf-16")), "文档类型或实体声明"),
        (raw_docx(EXTERNAL), "文档类型或实体声明"),
        (raw_docx(DEEP), "嵌套过深"),
        (raw_docx(b" " * (LARGEST_PART + 1)), "解压后超过 32 MB"),
        (b"x" * (LARGEST_FILE + 1), "文件超过 20 MB"),
        (docx("", **{f"x/{n}": "" for n in range(MOST_PARTS)}), "条目过多"),
        (docx(paragraph("会" * 1_000_001)), "超过上限 1000000 字"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_plain_docx_is_refused_with_the_reason(content, told):
    with pytest.raises(MinutesTextError, match=told):
        read_docx(content)


def test_a_packed_bomb_is_stopped_by_what_comes_out_not_by_what_it_claims():
    bomb = bytearray(raw_docx(b" " * (LARGEST_PART * 2)))
    directory = bomb.rindex(b"PK\x01\x02")
    bomb[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    with pytest.raises(MinutesTextError):
        read_docx(bytes(bomb))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(place, noise):
    content = bytearray(docx(numbered("甲", 0) + paragraph("乙")))
    content[place : place + len(noise)] = noise
    try:
        read = read_docx(bytes(content))
    except MinutesTextError as refused:
        assert str(refused)
    else:
        assert isinstance(read.text, str) and all(
            isinstance(b, Level | Paragraph) for b in parse_text(read.text).blocks
        )
