"""Open the zip of an XLSX only after its sizes are known to be harmless (design/security.md F3)."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.parsers import expat

from portal.spreadsheets.refusals import SheetRefused

_MOST_MEMBERS = 2_000
#: Whoever unpacks streams; a list of 1,048,576 rows takes over 1 GB as XML.
_MOST_UNPACKED = 2048 * 2**20
_MOST_PART = 64 * 2**20
_MOST_RATIO = 120
_SMALL = 4 * 2**20
_CHUNK = 64 * 1024
#: zipfile seeks to wrong places (ValueError, OSError); expat meets unknown encodings (LookupError).
_BREAKAGES = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ValueError,
)
#: No tag or attribute of a spreadsheet is longer; expat would gather it all in memory.
_LONGEST_TAG = 2**20
_BROKEN = "文件已损坏，无法读取，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传"
_BOMB = "文件解压后过大，疑似压缩炸弹，已拒绝"


@contextmanager
def broken_is_refused() -> Iterator[None]:
    """Turn what zip, deflate and XML readers raise on broken input into SheetRefused."""
    try:
        yield
    except _BREAKAGES as broken:
        raise SheetRefused(_BROKEN) from broken


class Package:
    """The parts of one OPC package, found by name whatever its slashes and case."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        """Check the member count, unpacked size and ratio before anything is unpacked."""
        with broken_is_refused():
            self._zip = zipfile.ZipFile(file)
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise SheetRefused(f"压缩包内有{len(members)}个文件，超过上限{_MOST_MEMBERS}个，已拒绝")
        unpacked = sum(member.file_size for member in members)
        if unpacked > _MOST_UNPACKED or (unpacked > _SMALL and unpacked > size * _MOST_RATIO):
            raise SheetRefused(_BOMB)
        for member in members:
            if member.file_size > _SMALL and member.file_size > member.compress_size * _MOST_RATIO:
                raise SheetRefused(_BOMB)
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SheetRefused(_BROKEN)
            if member.flag_bits & 1:
                raise SheetRefused("文件设有密码，请取消密码后再上传")
        self._members = {_normal(member.filename): member for member in members}

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self._members

    def parse(self, name: str, parser: Any, *, most: int = _MOST_UNPACKED) -> Iterator[None]:
        """Feed a part to the expat parser piece by piece, pausing after each piece."""
        member = self._members.get(_normal(name))
        if member is None:
            raise SheetRefused(_BROKEN)
        if member.file_size > most:
            raise SheetRefused(_BOMB)
        with broken_is_refused(), self._zip.open(member) as part:
            fed = 0
            while piece := part.read(_CHUNK):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                    raise SheetRefused(_BOMB)
                yield
            parser.Parse(b"", True)
        yield

    def elements(self, name: str) -> list[tuple[str, dict[str, str]]]:
        """Every element of a small part in order, as (local name, attributes by local name)."""
        found: list[tuple[str, dict[str, str]]] = []
        parser = new_parser()
        parser.StartElementHandler = lambda tag, attributes: found.append(
            (local(tag), {local(key): value for key, value in attributes.items()})
        )
        for _ in self.parse(name, parser, most=_MOST_PART // 4):
            if len(found) > 200_000:
                raise SheetRefused(_BOMB)
        return found

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id → (last word of its type, the target's name) of a part; "" is the package itself."""
        folder, file = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{file}.rels")
        if name not in self:
            return {}
        return {
            attributes.get("Id", ""): (
                attributes.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))),
            )
            for tag, attributes in self.elements(name)
            if tag == "Relationship" and attributes.get("TargetMode") != "External"
        }


def new_parser() -> Any:
    """An expat parser that refuses a DTD: no entity is ever declared, fetched or expanded."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise SheetRefused("文件内含有 XML 实体声明，可能是攻击，已拒绝")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def local(name: str) -> str:
    """The name without its namespace prefix; some writers put x: before every element."""
    return name.rpartition(":")[2]


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
