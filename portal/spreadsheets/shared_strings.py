"""The table of texts that the cells of an XLSX refer to by number: a part in memory, the rest in a temporary file."""

from __future__ import annotations

import re
import struct
import tempfile
from typing import Any

from portal.spreadsheets.refusals import SheetRefused
from portal.spreadsheets.xlsx_package import Package, local, new_parser

_MOST_STRINGS = 10_000_000
_MOST_XML = 1024 * 2**20
#: Signs kept in memory; Excel numbers texts as they first come, so what repeats in a list is among the first.
_IN_MEMORY = 4 * 2**20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE = struct.Struct("<QI")


def unescape(text: str) -> str:
    """The text with Excel's ``_x000D_`` made into the sign it stands for."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


class SharedStrings:
    """Texts by number; the memory they take has a bound, whatever the file holds."""

    def __init__(self, package: Package, part: str) -> None:
        """Read the part, if the package has it. Raises SheetRefused."""
        self._near: list[str] = []
        self._near_size = 0
        self._texts = self._places = None
        self._far_count = self._far_size = 0
        if part in package:
            self._read(package, part)

    def __getitem__(self, number: int) -> str:
        """The text of that number. Raises IndexError."""
        if number < len(self._near):
            if number < 0:
                raise IndexError(number)
            return self._near[number]
        far = number - len(self._near)
        if far >= self._far_count:
            raise IndexError(number)
        self._places.seek(far * _PLACE.size)
        place, size = _PLACE.unpack(self._places.read(_PLACE.size))
        self._texts.seek(place)
        return self._texts.read(size).decode("utf-8", "surrogatepass")

    def _read(self, package: Package, part: str) -> None:
        text: list[str] = []
        state = {"t": False, "phonetic": False}

        def start(tag: str, _: dict[str, str]) -> None:
            name = local(tag)
            if name == "si":
                text.clear()
            elif name == "rPh":
                state["phonetic"] = True
            state["t"] = name == "t" and not state["phonetic"]

        def end(tag: str) -> None:
            name = local(tag)
            state["t"] = False
            if name == "rPh":
                state["phonetic"] = False
            elif name == "si":
                self._add(unescape("".join(text)))

        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = lambda piece: text.append(piece) if state["t"] else None
        for _ in package.parse(part, parser, most=_MOST_XML):
            if len(self._near) + self._far_count > _MOST_STRINGS:
                raise SheetRefused(f"表格里不同的文字超过{_MOST_STRINGS}条，请分成几个文件上传")

    def _add(self, text: str) -> None:
        if self._texts is None and self._near_size + len(text) <= _IN_MEMORY:
            self._near.append(text)
            self._near_size += len(text)
            return
        if self._texts is None:
            self._texts, self._places = _unnamed(), _unnamed()
        written = text.encode("utf-8", "surrogatepass")
        self._places.write(_PLACE.pack(self._far_size, len(written)))
        self._texts.write(written)
        self._far_size += len(written)
        self._far_count += 1


def _unnamed() -> Any:
    # Without a name it vanishes with its last user, also when the process is killed.
    return tempfile.TemporaryFile(prefix="portal-texts-")
