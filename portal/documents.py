"""Makes the official PDFs of GB/T 9704-2012 from a template and plain values."""

import datetime
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import jinja2
from markupsafe import Markup

from portal.fonts import DocumentError, FontSet, find_fonts
from portal.typesetting import css_families, typeset

_PLAIN = (str, int, float, bool, type(None))
_TEXT_WIDTH_MM = 156
_TITLE_CHARACTERS = 20
_MARK_HEIGHT_MM = 15
_MM_PER_POINT = 25.4 / 72
_PHRASE_END = re.compile(
    r"(工作|会议|情况|监管|管理|问题|办法|制度|单位|企业|季度|年度|部门|建设|[）》”、的和与及])$"
)
_NO_START = re.compile(r"[的和与及、，。）》”]|会议|工作|情况|单位|部门|管理|监管")
_FIGURE = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?%?")
_CODE = re.compile(r"[0-9A-Z]{15,18}")
_FONT_STYLE = re.compile(r"font(-family)?\s*:[^;]*;?")
_SVG_ROOT = "{http://www.w3.org/2000/svg}svg"


@dataclass(frozen=True)
class Pdf:
    """An official document: its bytes, their SM3 digest in hex, what stood in for what, its page count."""

    content: bytes
    digest_sm3: str
    substitutions: tuple[str, ...]
    pages: int


def render_pdf(
    template_name: str,
    values: dict,
    *,
    title: str,
    number: str,
    date: datetime.date,
    fonts: FontSet | None = None,
) -> Pdf:
    """The PDF of templates/documents/`template_name` filled with plain `values`.

    `title`, `number` (such as 〔2026〕3号) and `date` become the metadata and stand in the template under
    the same names, the date as 2026年3月5日. The same arguments and fonts give the same bytes, so that the
    digest in the audit log can be checked by anyone who holds the PDF. Raises DocumentError when a face or
    a library is missing, when a character stands in no face, or when something outside is referred to;
    TypeError when a value is not plain.
    """
    found = fonts or find_fonts()
    family = css_families(found)["hei"]
    html = render_html(template_name, values, title=title, number=number, date=date, chart_family=family)
    content, pages, borrowed = typeset(html, (template_folder() / "house.css").read_text("utf-8"), found)
    return Pdf(
        content=content,
        digest_sm3=hashlib.new("sm3", content).hexdigest(),
        substitutions=(*found.substitutions(), *borrowed),
        pages=pages,
    )


def render_html(
    template_name: str, values: dict, *, title: str, number: str, date: datetime.date, chart_family: str = ""
) -> str:
    """The page `render_pdf` prints, without its style sheets; all text in `values` is escaped.

    `chart_family` is the CSS font family for the text of charts, which take none from a style sheet.
    """
    for where, value in _leaves(values, "values"):
        if not isinstance(value, _PLAIN):
            raise TypeError(f"{where} is {type(value).__name__}; documents take plain values only")
    template = _templates().get_template(template_name)
    named = {"title": title, "number": number, "date": chinese_date(date), "iso_date": date.isoformat()}
    return template.render({**values, **named, "chart_family": chart_family})


def chinese_date(day: datetime.date) -> str:
    """2026年3月5日: Arabic digits without leading zeros (GB/T 9704-2012, 成文日期)."""
    return f"{day.year}年{day.month}月{day.day}日"


def document_number(year: int, ordinal: int) -> str:
    """〔2026〕3号: brackets U+3014/3015, no 第, no leading zero (GB/T 9704-2012, 发文字号)."""
    if not 1000 <= year <= 9999 or ordinal < 1:
        raise ValueError(f"no document number for {year}, {ordinal}")
    return f"〔{year}〕{ordinal}号"


def qr_svg(text: str) -> str:
    """`text` as a QR code of level M, an SVG string for the value `qr` of letter.html."""
    import segno

    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawing, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return drawing.getvalue().decode()


def _leaves(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _leaves(part, f"{where}[{index}]")
    else:
        yield where, value


def template_folder() -> Path:
    """Where the documents' templates and style sheet lie: inside an installed wheel, else beside `portal`."""
    here = Path(__file__).resolve().parent
    inside = here / "templates" / "documents"
    return inside if inside.is_dir() else here.parent / "templates" / "documents"


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.filters["mark_size"] = _mark_size
    room.filters["title_lines"] = _title_lines
    room.filters["svg"] = _checked_svg
    room.tests["figure"] = lambda cell: bool(_FIGURE.fullmatch(str(cell).strip()))
    room.tests["code"] = lambda cell: bool(_CODE.fullmatch(str(cell).strip()))
    return room


def _mark_size(mark: str) -> float:
    """The mark's size in points: as large as its one line of 156 mm and its height allow."""
    width = _TEXT_WIDTH_MM / max(len(mark), 1)
    return round(min(width, _MARK_HEIGHT_MM) / _MM_PER_POINT - 0.05, 1)


def _title_lines(title: str) -> list[str]:
    """A title's lines of at most 20 characters, nearly equal; line ends the writer set are kept.

    GB/T 9704-2012 asks that a break keeps words whole: after the ending of a phrase where one is near.
    """
    lines = []
    for part in title.split("\n"):
        for left in range(-(-len(part) // _TITLE_CHARACTERS), 1, -1):
            cut = _title_cut(part, len(part) / left, len(part) - (left - 1) * _TITLE_CHARACTERS)
            lines.append(part[:cut])
            part = part[cut:]
        lines.append(part)
    return lines


def _title_cut(text: str, even: float, least: int) -> int:
    """Where the first line ends: near `even`, after a phrase's end, leaving no more than fits."""
    near = range(max(least, int(even) - 4, 1), min(_TITLE_CHARACTERS, round(even) + 4, len(text) - 1) + 1)

    def cost(cut: int) -> float:
        whole = bool(_PHRASE_END.search(text[:cut])) and not _NO_START.match(text[cut:])
        return abs(cut - even) + (0 if whole else 5)

    return min(near, key=cost)


@jinja2.pass_context
def _checked_svg(context: jinja2.runtime.Context, drawing: str) -> Markup:
    """A chart or QR code as inline SVG: well-formed XML with no entities, scripts or foreign HTML.

    Its text is set in the document's own face, whatever the drawing names.
    """
    if "<!" in drawing.replace("<!--", ""):
        raise DocumentError("图形含有实体或文档类型声明，已拒绝")
    try:
        root = ElementTree.fromstring(drawing)
    except ElementTree.ParseError as error:
        raise DocumentError(f"图形不是有效的 SVG（{error}）") from error
    if root.tag != _SVG_ROOT:
        raise DocumentError("图形不是有效的 SVG（缺少 svg 根元素或命名空间）")
    for part in root.iter():
        tag = str(part.tag).rpartition("}")[2].lower()
        if tag in {"script", "foreignobject", "style"}:
            raise DocumentError(f"图形含有不允许的元素 {tag}")
        if not str(part.tag).startswith(_SVG_ROOT[:-3]):
            raise DocumentError(f"图形含有不允许的元素 {tag}")
        part.attrib.pop("font-family", None)
        if "style" in part.attrib:
            part.set("style", _FONT_STYLE.sub("", part.attrib["style"]))
    root.set("font-family", context["chart_family"])
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    return Markup(ElementTree.tostring(root, encoding="unicode"))
