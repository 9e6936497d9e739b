"""Makes minutes of any length and measures what was really printed, in millimetres."""

import datetime
import io
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pdfplumber

from plugins.areas.meetings.minutes import parse_text
from portal.documents import Pdf, render_pdf
from portal.fonts import FontError, FontSet, find_fonts, install_fandol

MM = 25.4 / 72
TITLE = "关于研究证照联动有关工作的会议纪要"
NUMBER = "〔2026〕3号"
DATE = datetime.date(2026, 3, 5)
ISSUER = "区市场监管联席会议办公室"
SECTION = """一、关于证照联动
（一）加强信息推送。各成员单位应当在二十个工作日内完成认领和反馈，并将结果录入平台，逾期的按照计分细则扣分。
1.落实责任。由区市场监督管理局牵头，2026年3月5日前完成，涉及A类企业12家、B类企业3,456家。
（1）明确分工。会议指出，“双随机、一公开”监管是市场监管的基本手段……各单位要高度重视——切实抓好落实。
会议要求，各单位加强协同配合形成监管合力，按照ISO 9001等标准开展检查，不得推诿扯皮，确保各项任务落到实处。
"""
TABLE = """| 序号 | 成员单位 | 认领条数 |
| 1 | 区市场监督管理局 | 120 |
| 2 | 区行政审批局 | 98 |
"""
NAMES = ["张三", "李四光", "欧阳修远", "司马相如", "王五", "赵镕喆", "钱六六", "孙七"]


def attendance_text(people: int) -> str:
    here = "、".join(NAMES[index % len(NAMES)] for index in range(people))
    return f"\n出席：{here}。\n请假：周八、吴九。\n列席：郑十、上官婉儿。\n"


@lru_cache(maxsize=1)
def document_fonts() -> FontSet:
    """The set-up's Fandol files; where they are not all there, fetched as the set-up does."""
    try:
        found = find_fonts()
    except FontError:
        found = FontSet(())
    if found.faces and all(face.substitute for face in found.faces):
        return found
    folder = Path(tempfile.gettempdir()) / "joint-meeting-portal-fonts"
    install_fandol(folder)
    return find_fonts(folder)


def make_minutes(text: str, **changed: object) -> Pdf:
    values = {
        "mark": "市场监管联席会议纪要",
        "copies_to": ["区管委会"],
        "issuer": ISSUER,
        **parse_text(text).values(),
    }
    named = {"title": TITLE, "number": NUMBER, "date": DATE}
    for key, value in changed.items():
        (named if key in named else values)[key] = value
    return render_pdf("minutes.html", values, **named, fonts=document_fonts())


@dataclass(frozen=True)
class Line:
    """One printed line: text, edges in mm, and the face, size and colour of each of its characters."""

    text: str
    top: float
    bottom: float
    left: float
    right: float
    chars: tuple[dict, ...]

    def faces(self) -> list[str]:
        return list(dict.fromkeys(char["fontname"].partition("+")[2] for char in self.chars))


@dataclass(frozen=True)
class Rule:
    top: float
    height: float
    left: float
    width: float
    colour: tuple


@dataclass(frozen=True)
class Page:
    width: float
    height: float
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    words: str

    def line(self, beginning: str) -> Line:
        return next(line for line in self.lines if line.text.startswith(beginning))

    def body(self) -> list[Line]:
        """The lines inside the text area, without page number and 版记."""
        foot = min([rule.top for rule in self.rules if rule.top > 230], default=262.0)
        return [line for line in self.lines if line.bottom < foot]


def read_pages(content: bytes) -> list[Page]:
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        return [_read_page(page) for page in pdf.pages]


def _read_page(page) -> Page:
    lines = tuple(
        Line(
            line["text"],
            line["top"] * MM,
            line["bottom"] * MM,
            line["x0"] * MM,
            line["x1"] * MM,
            tuple(line["chars"]),
        )
        for line in page.extract_text_lines(return_chars=True)
    )
    rules = tuple(
        Rule(
            rect["top"] * MM,
            rect["height"] * MM,
            rect["x0"] * MM,
            rect["width"] * MM,
            rect["non_stroking_color"],
        )
        for rect in page.rects
        if rect["height"] * MM < 1
    )
    return Page(float(page.width) * MM, float(page.height) * MM, lines, rules, page.extract_text())
