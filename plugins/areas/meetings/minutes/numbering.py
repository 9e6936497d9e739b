"""The automatic numbers of a DOCX written out, and its heading styles found."""

import re
from xml.etree.ElementTree import Element

from .numerals import chinese_numeral

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = {
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "taiwaneseCountingThousand",
    "ideographDigital",
    "chineseLegalSimplified",
}
_HEADING = re.compile(r"(?:heading|标题)\s*([1-4])", re.IGNORECASE)
_MOST_LEVELS = 9


def _value(parent: Element | None, name: str) -> str:
    child = parent.find(f"{_W}{name}") if parent is not None else None
    return child.get(f"{_W}val", "") if child is not None else ""


def _whole(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else otherwise


def heading_levels(styles: Element | None) -> dict[str, int]:
    """Style id to level 1–4, for the styles Word calls heading 1 … or 标题 1 …."""
    levels: dict[str, int] = {}
    for style in styles.iter(f"{_W}style") if styles is not None else ():
        if found := _HEADING.fullmatch(_value(style, "name").strip()):
            levels[style.get(f"{_W}styleId", "")] = int(found[1])
    return levels


class Numbering:
    """Counts a document's numbered paragraphs in reading order."""

    def __init__(self, part: Element | None) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.lists: dict[str, str] = {}
        self.by_style: dict[str, tuple[str, int]] = {}
        self.counts: dict[str, list[int | None]] = {}
        if part is None:
            return
        for abstract in part.findall(f"{_W}abstractNum"):
            self._read_abstract(abstract)
        for number in part.findall(f"{_W}num"):
            self.lists[number.get(f"{_W}numId", "")] = _value(number, "abstractNumId")

    def _read_abstract(self, abstract: Element) -> None:
        name = abstract.get(f"{_W}abstractNumId", "")
        levels = self.levels[name] = {}
        for level in abstract.findall(f"{_W}lvl"):
            index = _whole(level.get(f"{_W}ilvl", ""), 0)
            if index >= _MOST_LEVELS:
                continue
            levels[index] = (
                _value(level, "numFmt"),
                _value(level, "lvlText"),
                _whole(_value(level, "start"), 1),
            )
            if style := _value(level, "pStyle"):
                self.by_style[style] = (name, index)

    def marker(self, settings: Element | None, style: str) -> str:
        """The number written before a paragraph with these settings; empty when it has none."""
        numbered = settings.find(f"{_W}numPr") if settings is not None else None
        if numbered is not None:
            name = self.lists.get(_value(numbered, "numId"), "")
            index = _whole(_value(numbered, "ilvl"), 0)
        else:
            name, index = self.by_style.get(style, ("", 0))
        levels = self.levels.get(name, {})
        if index not in levels:
            return ""
        counts = self.counts.setdefault(name, [None] * _MOST_LEVELS)
        counts[index] = levels[index][2] if counts[index] is None else counts[index] + 1
        counts[index + 1 :] = [None] * (_MOST_LEVELS - index - 1)
        form, pattern, _ = levels[index]
        if form in {"bullet", "none", ""}:
            return ""
        return re.sub(r"%([1-9])", lambda spot: self._shown(levels, counts, int(spot[1]) - 1), pattern)

    @staticmethod
    def _shown(levels: dict[int, tuple[str, str, int]], counts: list[int | None], index: int) -> str:
        form, _, start = levels.get(index, ("decimal", "", 1))
        number = start if counts[index] is None else counts[index]
        return chinese_numeral(number) if form in _CHINESE and 1 <= number <= 999 else str(number)
