"""DOCX into the plain text of minutes: structure kept, styles dropped, nothing outside ever opened."""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from .blocks import MOST_CHARACTERS, MinutesTextError, clean, parse_text
from .numbering import Numbering, heading_levels
from .numerals import level_marker

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_PART = 32 * 1024 * 1024
MOST_PARTS = 4096
DEEPEST = 120
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {
    f"{_W}drawing": "图片或图形",
    f"{_W}pict": "图片或图形",
    f"{_W}object": "嵌入对象",
    f"{_W}footnoteReference": "脚注",
    f"{_W}endnoteReference": "尾注",
    f"{_W}commentReference": "批注",
}
_SILENT = {_FALLBACK, f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr", f"{_W}delText"}
_SPACES = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


@dataclass(frozen=True)
class DocxText:
    """A DOCX as the plain text `parse_text` reads, and Chinese notes on what was left out."""

    text: str
    notes: tuple[str, ...]


def read_docx(content: bytes) -> DocxText:
    """The text of a DOCX file: automatic numbers written out, headings numbered, tables as | lines.

    Only the three XML parts of the text are read; macros, links, pictures and every outside reference are
    never touched. Raises MinutesTextError for a file that is no DOCX, too large, packed to burst, or that
    declares entities.
    """
    if len(content) > LARGEST_FILE:
        raise MinutesTextError(f"文件超过 {LARGEST_FILE // 1024 // 1024} MB，请删去图片后再上传")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MOST_PARTS:
                raise MinutesTextError("文件内部条目过多，已拒绝")
            names = set(archive.namelist())
            if "word/document.xml" not in names:
                raise MinutesTextError("不是 Word 文档（.docx）：缺少正文 word/document.xml")
            parts = {
                name: _read_xml(archive, f"word/{name}.xml")
                for name in ("document", "numbering", "styles")
                if f"word/{name}.xml" in names
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise MinutesTextError(
            "不是有效的 Word 文档（.docx），文件可能已损坏、加密或是旧的 .doc 格式"
        ) from error
    body = parts["document"].find(f"{_W}body")
    if body is None:
        raise MinutesTextError("Word 文档没有正文")
    writer = _Writer(Numbering(parts.get("numbering")), heading_levels(parts.get("styles")))
    writer.write(body)
    return writer.finish()


def _read_xml(archive: zipfile.ZipFile, name: str) -> Element:
    # The size written in the archive may lie: what counts is what comes out.
    with archive.open(name) as part:
        content = part.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise MinutesTextError(f"文件内部的 {name} 解压后超过 {LARGEST_PART // 1024 // 1024} MB，已拒绝")
    tree = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise MinutesTextError(f"文件内部的 {name} 嵌套过深，已拒绝")
        tree.start(_clark(tag), {_clark(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        tree.end(_clark(tag))

    def refuse(*_: object) -> None:
        raise MinutesTextError(f"文件内部的 {name} 含有文档类型或实体声明，已拒绝")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:
        raise MinutesTextError(f"文件内部的 {name} 不是有效的 XML（{error}）") from error
    return tree.close()


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


class _Writer:
    """Walks the body once and writes lines; counts what is left out."""

    def __init__(self, numbering: Numbering, headings: dict[str, int]) -> None:
        self.numbering = numbering
        self.headings = headings
        self.counts = [0, 0, 0, 0]
        self.lines: list[str] = []
        self.left_out: dict[str, int] = {}

    def write(self, container: Element) -> None:
        for child in container:
            if child.tag == f"{_W}p":
                self.lines.append(self._paragraph(child))
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
                self.write(child)

    def finish(self) -> DocxText:
        text = "\n".join(self.lines)
        if len(text) > MOST_CHARACTERS:
            raise MinutesTextError(f"正文共 {len(text)} 字，超过上限 {MOST_CHARACTERS} 字，请拆分后再录入")
        notes = tuple(f"{name} {count} 处未带入" for name, count in self.left_out.items())
        return DocxText(text, notes)

    def _paragraph(self, paragraph: Element) -> str:
        text = clean(self._text(paragraph)).strip(" \t\u3000")
        if not text:
            return ""
        settings = paragraph.find(f"{_W}pPr")
        style = ""
        if settings is not None and (named := settings.find(f"{_W}pStyle")) is not None:
            style = named.get(f"{_W}val", "")
        marker = self.numbering.marker(settings, style)
        if marker:
            return marker + text
        level = self.headings.get(style, 0)
        if level and not _opens_with_marker(text):
            self.counts[level - 1] += 1
            self.counts[level:] = [0] * (4 - level)
            return level_marker(level, self.counts[level - 1]) + text
        return text

    def _table(self, table: Element) -> None:
        self.lines.append("")
        for row in table.iter(f"{_W}tr"):
            cells = [self._cell(cell) for cell in row.findall(f"{_W}tc")]
            self.lines.append(f"| {' | '.join(cells)} |")
        self.lines.append("")

    def _cell(self, cell: Element) -> str:
        paragraphs = (self._text(part) for part in cell.iter(f"{_W}p"))
        text = re.sub(r"\s+", " ", clean(" ".join(paragraphs))).strip(" \u3000")
        return text.replace("|", "／").replace("｜", "／")

    def _text(self, part: Element) -> str:
        pieces: list[str] = []
        for child in part:
            if child.tag == f"{_W}t":
                pieces.append(child.text or "")
            elif child.tag in _SPACES:
                pieces.append(_SPACES[child.tag])
            elif child.tag in _LEFT_OUT:
                name = _LEFT_OUT[child.tag]
                self.left_out[name] = self.left_out.get(name, 0) + 1
            elif child.tag not in _SILENT:
                pieces.append(self._text(child))
        return "".join(pieces)


def _opens_with_marker(text: str) -> bool:
    draft = parse_text(text.split("\n", 1)[0])
    return bool(draft.blocks) and hasattr(draft.blocks[0], "level")
