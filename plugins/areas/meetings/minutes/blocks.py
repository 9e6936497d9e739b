"""Plain text into blocks: four levels, paragraphs, tables, attendance; punctuation made full width."""

import re
from dataclasses import dataclass

MOST_CHARACTERS = 1_000_000
# Two lines: a longer first sentence is text, and only its marker is set in the level's face.
LONGEST_LEAD = 56
ATTENDANCE_LABELS = ("出席", "请假", "列席")

_LEVELS = (
    re.compile(r"([一二三四五六七八九十百〇零]{1,5})、\s*"),
    re.compile(r"[（(]([一二三四五六七八九十百〇零]{1,5})[）)]\s*"),
    re.compile(r"([0-9０-９]{1,3})(?:[.．](?![0-9０-９])|、)\s*"),
    re.compile(r"[（(]([0-9０-９]{1,3})[）)]\s*"),
)
_MARKERS = ("{}、", "（{}）", "{}.", "（{}）")
_ATTENDANCE = re.compile(r"(出席|请假|列席)(?:人员|同志|单位)?\s*[:：]\s*(.*)")
_RULE_CELL = re.compile(r":?-{2,}:?")
_SPACED_NAME = re.compile(r"(?<![一-鿿])([一-鿿])[ \u3000]+([一-鿿])(?![一-鿿])")
_NAME = re.compile(r"([^、，,；;。\s]+)\s*([、，,；;。]?)")
_HAN = "一-鿿"
_NAMES_ONLY = re.compile(rf"[{_HAN}]{{2,4}}(?:\s*[、；;]\s*[{_HAN}]{{2,4}})+[、；;。]?")
_FULL_WIDTH = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", ".": "。"}
_AFTER_HAN = re.compile(rf"(?<=[{_HAN}”》）〕])([,;:?!])\s*|(?<=[{_HAN}”》）〕])\.(?=\s|$|[{_HAN}])")
_BRACKETS = re.compile(rf"\(([^()]*[{_HAN}][^()]*)\)")
_BRACKETS_AFTER_HAN = re.compile(rf"(?<=[{_HAN}])\(([^()]*)\)")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_WIDE_SPACES = re.compile("[\xa0\u2000-\u200a\u202f\u205f]")


class MinutesTextError(ValueError):
    """A text or file cannot become minutes; the message is Chinese, for the user."""


@dataclass(frozen=True)
class Level:
    """A paragraph that opens with a level's marker; `lead` is set in the level's face, `rest` in FangSong."""

    level: int
    lead: str
    rest: str = ""


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Table:
    """Rows of equal length; the first line of the text's table is the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class AttendanceLine:
    """One of 出席, 请假, 列席 and its names, each with the mark that follows it."""

    label: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    blocks: tuple[Level | Paragraph | Table, ...]
    attendance: tuple[AttendanceLine, ...] = ()

    def values(self) -> dict[str, list]:
        """`blocks` and `attendance` as plain dicts, the values minutes.html and letter.html take."""
        return {
            "blocks": [_plain(block) for block in self.blocks],
            "attendance": [{"label": line.label, "names": list(line.names)} for line in self.attendance],
        }


def parse_text(text: str) -> Draft:
    """The blocks of a pasted or typed text, in its order; the attendance in 出席, 请假, 列席 order.

    Anything that is no level, table or attendance is a paragraph: HTML and scripts stay text. Raises
    MinutesTextError when the text is longer than MOST_CHARACTERS.
    """
    if len(text) > MOST_CHARACTERS:
        raise MinutesTextError(f"正文共 {len(text)} 字，超过上限 {MOST_CHARACTERS} 字，请拆分后再录入")
    reading = _Reading()
    for line in clean(text).split("\n"):
        reading.take(line.strip(" \t\u3000"))
    return reading.finish()


def clean(text: str) -> str:
    """`text` with one kind of line end, no invisible characters and no exotic spaces."""
    text = _LINE_ENDS.sub("\n", text)
    return _WIDE_SPACES.sub(" ", _INVISIBLE.sub("", text))


def full_width(text: str) -> str:
    """Half-width punctuation that follows Chinese, made full width; figures, times and Latin stay."""
    text = _BRACKETS.sub(r"（\1）", text)
    text = _BRACKETS_AFTER_HAN.sub(r"（\1）", text)
    text = _AFTER_HAN.sub(lambda mark: _FULL_WIDTH[mark.group().strip()], text)
    if text.count('"') % 2 == 0 and re.search(f"[{_HAN}]", text):
        for quote in ("“", "”") * (text.count('"') // 2):
            text = text.replace('"', quote, 1)
    return text


def attendance_line(label: str, names: list[str] | tuple[str, ...]) -> AttendanceLine:
    """The line of `label` for names from a sign-in list, joined by 、 and closed by 。."""
    if label not in ATTENDANCE_LABELS:
        raise ValueError(f"attendance is one of {ATTENDANCE_LABELS}, not {label}")
    *before, last = names
    return AttendanceLine(label, (*(f"{name}、" for name in before), f"{last}。"))


def _plain(block: Level | Paragraph | Table) -> dict:
    if isinstance(block, Level):
        return {"kind": "level", "level": block.level, "lead": block.lead, "rest": block.rest}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text}
    return {"kind": "table", "header": list(block.header), "rows": [list(row) for row in block.rows]}


class _Reading:
    """The state of one pass over the lines: an open table, an open attendance line."""

    def __init__(self) -> None:
        self.blocks: list[Level | Paragraph | Table] = []
        self.table: list[str] = []
        self.names: dict[str, str] = {}
        self.label = ""

    def take(self, line: str) -> None:
        if "|" in line or "｜" in line:
            self.table.append(line)
            return
        self._close_table()
        attendance = _ATTENDANCE.fullmatch(line)
        if attendance:
            self.label = attendance[1]
            self._add_names(attendance[2])
        elif not line:
            self.label = ""
        elif (level := _read_level(line)) is not None:
            self.label = ""
            self.blocks.append(level)
        elif self.label and _goes_on(self.names[self.label], line):
            self._add_names(line)
        else:
            self.label = ""
            self.blocks.append(Paragraph(full_width(line)))

    def finish(self) -> Draft:
        self._close_table()
        attendance = tuple(
            AttendanceLine(label, names)
            for label in ATTENDANCE_LABELS
            if (names := _read_names(self.names.get(label, "")))
        )
        return Draft(tuple(self.blocks), attendance)

    def _add_names(self, text: str) -> None:
        before = self.names.get(self.label, "").removesuffix("。")
        self.names[self.label] = (
            f"{before}、{text}" if before and not before.endswith("、") else before + text
        )

    def _close_table(self) -> None:
        lines, self.table = self.table, []
        if not lines:
            return
        self.label = ""
        rows = [_cells(line) for line in lines]
        rows = [row for row in rows if not all(_RULE_CELL.fullmatch(cell) for cell in row)]
        if len(rows) < 2:
            self.blocks.extend(Paragraph(full_width(line)) for line in lines)
            return
        width = max(map(len, rows))
        header, *body = (tuple(row) + ("",) * (width - len(row)) for row in rows)
        self.blocks.append(Table(header, tuple(body)))


def _goes_on(before: str, line: str) -> bool:
    """Whether `line` carries on the names of `before`: after an open mark, or a bare list of names itself."""
    if before.endswith("。"):
        return False
    return before.endswith(("、", "，", "；", ",", ";")) or _NAMES_ONLY.fullmatch(line) is not None


def _cells(line: str) -> list[str]:
    inside = line.replace("｜", "|").strip()
    inside = inside.removeprefix("|").removesuffix("|")
    return [full_width(cell.strip(" \t\u3000")) for cell in inside.split("|")]


def _read_level(line: str) -> Level | None:
    for index, pattern in enumerate(_LEVELS):
        if found := pattern.match(line):
            number = found[1].translate(str.maketrans("０１２３４５６７８９", "0123456789"))
            marker = _MARKERS[index].format(number)
            text = full_width(line[found.end() :])
            sentence = text[: text.index("。") + 1] if "。" in text else text
            if len(sentence) > LONGEST_LEAD:
                return Level(index + 1, marker, text)
            return Level(index + 1, marker + sentence, text[len(sentence) :])
    return None


def _read_names(text: str) -> tuple[str, ...]:
    pairs = _NAME.findall(_SPACED_NAME.sub(r"\1\2", text))
    parts = [f"{name}{full_width_mark(mark)}" for name, mark in pairs]
    if parts:
        parts[-1] = f"{pairs[-1][0]}。"
    return tuple(parts)


def full_width_mark(mark: str) -> str:
    """The mark between two names: ； and ， as written, 、 for spaces and for nothing."""
    return {"": "、", ",": "，", ";": "；", "。": "；"}.get(mark, mark)
