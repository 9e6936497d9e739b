"""What a person pastes or uploads for a check: one line or row a party, a code, a name, or both; pure but for the reader."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.toolkit import Refused, spreadsheets, subjects

MOST_PARTIES = 50_000
_LONGEST = 200
_COLUMNS = (
    spreadsheets.Column(
        "code",
        "统一社会信用代码",
        ("信用代码", "社会信用代码", "代码", "注册号", "XK_XDR_SHXYM", "XK_XDR_SYDW"),
    ),
    spreadsheets.Column(
        "name",
        "名称",
        ("企业名称", "单位名称", "主体名称", "行政相对人名称", "XK_XDR_MC", "投标人", "申请人", "姓名"),
    ),
)
_PARTED = re.compile(r"[\t,，;；|]+")
_CODE = re.compile(r"[0-9A-Z]{13}|[0-9A-Z]{15}|[0-9A-Z]{17,19}")


@dataclass(frozen=True)
class Asked:
    """One party as asked: the text itself, the code as stored (or empty), the name, and what is wrong with the code."""

    typed: str
    code: str
    name: str
    problem: str = ""


def _folded(text: str) -> str:
    return re.sub(r"[\s\-－—]", "", unicodedata.normalize("NFKC", text)).upper()


def looks_like_code(text: str) -> bool:
    """Whether a text is meant as a code: 13, 15 or about 18 letters and digits, at least half of them digits."""
    folded = _folded(text)
    return bool(_CODE.fullmatch(folded)) and sum(sign.isdigit() for sign in folded) >= 8


def read_party(code: str, name: str) -> Asked:
    """One party from its two texts; a wrong code is kept with its sentence, never guessed."""
    typed = " ".join(part for part in (name.strip(), code.strip()) if part)[:_LONGEST]
    try:
        credit_code, number = subjects.read_code(code)
    except Refused as refusal:
        return Asked(typed, "", name.strip()[:_LONGEST], str(refusal))
    return Asked(typed, credit_code or number or "", name.strip()[:_LONGEST])


def read_line(line: str) -> Asked | None:
    """One pasted line: a code, a name, or both parted by a tab, comma or spaces; None for a blank one."""
    parts = [part.strip() for part in _PARTED.split(line) if part.strip()]
    if not parts:
        return None
    known = [looks_like_code(part) for part in parts]
    if len(parts) == 1 and not known[0] and " " in parts[0].strip():
        parts, known = _parted_by_blanks(parts[0])
    codes = [part for part, is_code in zip(parts, known, strict=True) if is_code]
    names = [part for part, is_code in zip(parts, known, strict=True) if not is_code and not part.isdigit()]
    if not codes and not names:
        text = line.strip()
        return Asked(text[:_LONGEST], "", "", f"“{text[:40]}”既不是代码也不是名称")
    return read_party(codes[0] if codes else "", names[0] if names else "")


def _parted_by_blanks(text: str) -> tuple[list[str], list[bool]]:
    """A name and a code with a blank between them, in either order; a name may have blanks of its own."""
    head, _, tail = text.rpartition(" ")
    if looks_like_code(tail):
        return [head.strip(), tail], [False, True]
    head, _, tail = text.partition(" ")
    if looks_like_code(head):
        return [head, tail.strip()], [True, False]
    return [text], [False]


def read_text(text: str) -> list[Asked]:
    """The parties of a pasted text. Raises Refused for none or more than fifty thousand."""
    return _counted(asked for asked in map(read_line, text.splitlines()) if asked is not None)


def read_file(path: Path, name: str) -> list[Asked]:
    """The parties of an uploaded XLSX, XLS or CSV by its headings 名称 and 统一社会信用代码; a plain text is read by lines.

    Raises Refused that names the file and what is missing.
    """
    try:
        with spreadsheets.open_table(path, name) as table:
            return _counted(_rows(table))
    except spreadsheets.SheetRefused as refusal:
        if name.lower().endswith((".txt", ".csv", ".tsv")):
            return read_text(_decoded(path))
        raise Refused(str(refusal)) from refusal


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _rows(table: spreadsheets.Table) -> Iterator[Asked]:
    try:
        header = spreadsheets.find_header(table.rows(), _COLUMNS)
    except spreadsheets.SheetRefused:
        # No heading: a list of bare names or codes.
        for _, cells in table.rows():
            line = "\t".join(str(cell) for cell in cells if cell is not None)
            asked = read_line(line)
            if asked is not None:
                yield asked
        return
    for _, cells in header.data_rows(table.rows()):
        values = header.record(cells)
        code, name = (str(values.get(key) or "").strip() for key in ("code", "name"))
        if code or name:
            yield read_party(code, name)


def _counted(found: Iterator[Asked]) -> list[Asked]:
    parties: list[Asked] = []
    for asked in found:
        parties.append(asked)
        if len(parties) > MOST_PARTIES:
            raise Refused(f"名单超过 {MOST_PARTIES:,} 户，请分成几份核查")
    if not parties:
        raise Refused("名单里没有名称或代码：每行一户，写名称、代码或两者")
    return parties


def as_stream(text: str) -> io.BytesIO:
    """A pasted list as the file that is kept with its check."""
    return io.BytesIO(text.encode("utf-8"))
