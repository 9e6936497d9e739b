"""Drives WeasyPrint: fonts loaded once, a closed fetcher, every glyph checked, the same bytes each time."""

import atexit
import hashlib
import logging
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.fonts import DocumentError, FontSet

# PDF/A-2a is archival and tagged at once.
_OPTIONS = {"pdf_variant": "pdf/a-2a", "pdf_tags": True}
# A text line of the page, and the room that house.css leaves below a table, in millimetres.
_LINE_MM = 10.227
_BELOW_MM = 1.9
_MM_PER_PIXEL = 25.4 / 96
_LAYOUTS = 4
_OFF_GRID = re.compile(r'(<table>|<div class="chart">)')
# One document at a time: Pango's font map is shared by all renderings of one font set.
_ONE_AT_A_TIME = threading.Lock()


def typeset(html: str, style_sheet: str, fonts: FontSet) -> tuple[bytes, int, tuple[str, ...]]:
    """The PDF of `html`, its page count, and a Chinese sentence for each borrowed face.

    Raises DocumentError when a library or font file is unusable, a character stands in no face, or
    anything outside the page is referred to.
    """
    # `pdf_identifier` would be drawn at random otherwise.
    identifier = hashlib.sha256(html.encode()).hexdigest()[:32].encode()
    with _ONE_AT_A_TIME:
        press = _press(fonts, style_sheet)
        press.fetcher.turned_away.clear()
        failures = _Failures()
        failures.watch()
        try:
            document = _on_the_grid(html, press)
            content = document.write_pdf(pdf_identifier=identifier, **_OPTIONS)
        except press.refused as refused:
            raise DocumentError(f"公文不得引用外部资源：{refused}") from None
        finally:
            failures.leave()
        # WeasyPrint leaves out a drawing it cannot draw, a refused picture inside it too, and only logs it.
        if press.fetcher.turned_away:
            raise DocumentError(f"公文不得引用外部资源：{press.fetcher.turned_away[0]}")
        if failures.told:
            raise DocumentError(f"公文中有内容无法排版：{failures.told[0]}")
        borrowed = _check_glyphs(list(document.fonts.values()), fonts)
        return content, len(document.pages), borrowed


def _on_the_grid(html: str, press: "_Press") -> object:
    """The laid-out document whose text goes on in the 22 lines of its page after a table or chart (GB/T 9704-2012).

    Only a laid-out page shows how high they are: the room below each is made up to whole lines and the pages are laid
    out again, and once more where a table then breaks elsewhere.
    """
    from weasyprint import HTML

    parts = _OFF_GRID.split(html)
    added = [0.0] * (len(parts) // 2)
    for _ in range(_LAYOUTS):
        text = "".join(
            f'{part[:-1]} style="margin-bottom: {_BELOW_MM + added[place // 2]:.3f}mm">' if place % 2 else part
            for place, part in enumerate(parts)
        )
        page = HTML(string=text if any(added) else html, url_fetcher=press.fetcher)
        document = page.render(font_config=press.configuration, stylesheets=press.sheets, **_OPTIONS)
        missing = _missing_room(page, document)
        if not any(missing):
            break
        added = [(room + more) % _LINE_MM for room, more in zip(added, missing, strict=True)]
    return document


def _missing_room(page: object, document: object) -> list[float]:
    """For each table or chart, in order, the millimetres below it that are wanting to a whole line."""
    marks = [
        element for element in page.etree_element.iter()
        if element.tag == "table" or (element.tag == "div" and element.get("class") == "chart")
    ]  # fmt: skip
    missing = [0.0] * len(marks)
    for sheet in document.pages:
        for main in (box for box in sheet._page_box.descendants() if box.element_tag == "main"):
            for box, after in zip(main.children, main.children[1:], strict=False):
                if box.element in marks:
                    off = (after.position_y - main.position_y) * _MM_PER_PIXEL % _LINE_MM
                    room = _LINE_MM - off
                    missing[marks.index(box.element)] = room if 0.02 < off < _LINE_MM - 0.02 else 0.0
    return missing


class _Failures(logging.Handler):
    """Collects what WeasyPrint logs as an error while one document is made."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.told.append(record.getMessage())

    def watch(self) -> None:
        logging.getLogger("weasyprint").addHandler(self)

    def leave(self) -> None:
        logging.getLogger("weasyprint").removeHandler(self)


@dataclass(frozen=True)
class _Press:
    """What one font set needs to typeset: loaded faces, parsed style sheets, the closed fetcher."""

    configuration: object
    sheets: tuple
    fetcher: object
    refused: type[BaseException]


@lru_cache(maxsize=4)
def _press(fonts: FontSet, style_sheet: str) -> _Press:
    try:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except (ImportError, OSError) as error:
        raise DocumentError(
            f"生成 PDF 所需的程序库不可用（{str(error).splitlines()[0]}）。"
            "请安装 weasyprint 以及系统库 libpango-1.0-0、libpangoft2-1.0-0、libharfbuzz-subset0"
        ) from error

    class ClosedFetcher(URLFetcher):
        """Hands out the font files of this set and refuses every other address, inside or outside."""

        def __init__(self) -> None:
            super().__init__()
            self.turned_away: list[str] = []

        def fetch(self, url, headers=None):
            if url not in allowed:
                self.turned_away.append(url)
                raise FatalURLFetchingError(url)
            return super().fetch(url, headers)

    allowed = frozenset(face.path.resolve().as_uri() for face in fonts.faces)
    for face in fonts.faces:
        _check_font_file(face.path)
    configuration = FontConfiguration()
    fetcher = ClosedFetcher()
    sheets = tuple(
        CSS(string=text, font_config=configuration, url_fetcher=fetcher)
        for text in (font_sheet(fonts), style_sheet)
    )
    return _Press(configuration, sheets, fetcher, FatalURLFetchingError)


def _check_font_file(path: Path) -> None:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=0, lazy=True) as file:
            readable = bool(file.getBestCmap())
    except (TTLibError, OSError, KeyError, AssertionError):
        readable = False
    if not readable:
        raise DocumentError(f"字体文件 {path} 无法读取或已损坏，请重新安装")


def font_sheet(fonts: FontSet) -> str:
    """@font-face rules, one custom property for each role, and the face of the page numbers (4号宋体)."""
    families = css_families(fonts)
    rules = [
        f'@font-face {{ font-family: "{face.family}"; src: url({face.path.resolve().as_uri()}) }}'
        for face in fonts.faces
    ]
    roles = " ".join(f"--{key}: {value};" for key, value in families.items())
    return "\n".join([*rules, f":root {{ {roles} }}", f"@page {{ font-family: {families['song']} }}"])


def css_families(fonts: FontSet) -> dict[str, str]:
    """Each role's key and its CSS font-family list: its own face, then the second faces."""
    second = ", ".join(f'"{family}"' for family in fonts.second)
    return {face.role.key: f'"{face.family}", {second}' for face in fonts.faces}


def _check_glyphs(used: list, fonts: FontSet) -> tuple[str, ...]:
    """Sentences for characters a second face drew; DocumentError for those no allowed face has."""
    own = {face.family for face in fonts.faces}
    absent: set[str] = set()
    borrowed: dict[str, set[str]] = {}
    for font in used:
        absent.update(map(chr, font.missing))
        drawn = set("".join(font.to_unicode.values())) - {" "}
        if font.family in fonts.second:
            borrowed.setdefault(font.family, set()).update(drawn)
        elif font.family not in own:
            absent.update(drawn)
    if absent:
        raise DocumentError(
            f"公文字体中没有以下字符：{_listed(absent)}。请改用其他写法，或安装含有这些字符的字体"
        )
    return tuple(
        f"字符{_listed(borrowed[family])}不在公文字体中，以 {family} 代替" for family in sorted(borrowed)
    )


def _listed(characters: set[str], most: int = 20) -> str:
    ordered = sorted(characters)
    shown = "、".join(f"“{char}”（U+{ord(char):04X}）" for char in ordered[:most])
    return shown if len(ordered) <= most else f"{shown}等 {len(ordered)} 个"


# WeasyPrint keeps 30 MB of font copies in the temporary folder and cannot remove them while Python ends.
atexit.register(_press.cache_clear)
