"""Look through the records of an XLS for what calamine does not tell: how far the cells reach, and which are errors.

It unpacks a sheet into a dense grid, so a file of 5 KB with one cell at IV65536 would take over 1 GB (F3); and it reads
an error (#N/A) as a blank cell, which would be taken for a value that was left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from portal.spreadsheets.refusals import SheetRefused

_END = 0xFFFFFFF0
_BROKEN = "文件已损坏或不是 Excel 表格，请另存为 .xlsx 再上传"
_MOST_CELLS = 2_000_000
_BOF, _DIMENSIONS, _BOUND_SHEET, _FORMULA, _ERROR_OR_BOOLEAN = 0x809, 0x200, 0x85, 0x06, 0x205
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
#: (row, column), both from 0, → the error as Excel shows it
Errors = dict[tuple[int, int], str]
#: BIFF8 records that hold cells; the first two words of each are row and first column.
_CELLS = {0x06, 0xBD, 0xBE, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E, 0xD6}


def look_through(content: bytes) -> list[Errors]:
    """The error cells of each sheet, in the order of the workbook.

    Raises SheetRefused if the rectangles of all sheets together hold too many cells, or on broken input.
    """
    try:
        stream = _workbook_stream(content)
    except (struct.error, IndexError, ValueError) as broken:
        raise SheetRefused(_BROKEN) from broken
    if _count_cells(stream) > _MOST_CELLS:
        raise SheetRefused("表格的范围过大（远处的单元格有内容），请删去多余的行和列，或另存为 .xlsx 再上传")
    return _find_errors(stream)


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Place, kind and content of every record."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _find_errors(stream: bytes) -> list[Errors]:
    sheets: dict[int, Errors] = {}
    errors: Errors = {}
    for at, kind, content in _records(stream):
        if kind == _BOUND_SHEET and len(content) >= 4:
            sheets[struct.unpack_from("<I", content)[0]] = {}
        elif kind == _BOF:
            # A chart inside a sheet begins with one too: its cells are nobody's.
            errors = sheets.get(at, {})
        elif kind == _ERROR_OR_BOOLEAN and len(content) >= 8 and content[7] == 1:
            errors[struct.unpack_from("<HH", content)] = _ERRORS.get(content[6], "#N/A")
        elif kind == _FORMULA and len(content) >= 14 and content[12:14] == b"\xff\xff" and content[6] == 2:
            errors[struct.unpack_from("<HH", content)] = _ERRORS.get(content[8], "#N/A")
    return list(sheets.values())


def _count_cells(stream: bytes) -> int:
    total = rows = columns = 0
    for _, kind, content in _records(stream):
        if kind == _BOF:
            total, rows, columns = total + rows * columns, 0, 0
        elif kind == _DIMENSIONS and len(content) >= 12:
            bottom, _, right = struct.unpack_from("<IHH", content, 4)
            rows, columns = max(rows, bottom), max(columns, right)
        elif kind in _CELLS and len(content) >= 6:
            row, column = struct.unpack_from("<HH", content)
            # MULRK and MULBLANK name their last column at the end.
            if kind in (0xBD, 0xBE):
                column = struct.unpack_from("<H", content, len(content) - 2)[0]
            rows, columns = max(rows, row + 1), max(columns, column + 1)
    return total + rows * columns


def _workbook_stream(content: bytes) -> bytes:
    """The workbook inside the compound file ([MS-CFB]): by big sectors, or small ones under 4096 bytes."""
    size = 1 << min(struct.unpack_from("<H", content, 30)[0], 12)
    directory, _, cutoff, mini_start = struct.unpack_from("<IIII", content, 48)
    table_sectors = list(struct.unpack_from("<109I", content, 76))
    following = struct.unpack_from("<I", content, 68)[0]
    for _ in range(len(content) // size + 1):
        if following >= _END:
            break
        words = struct.unpack_from(f"<{size // 4}I", content, (following + 1) * size)
        table_sectors += words[:-1]
        following = words[-1]
    sectors = b"".join(content[(at + 1) * size : (at + 2) * size] for at in table_sectors if at < _END)
    table = struct.unpack(f"<{len(sectors) // 4}I", sectors[: len(sectors) // 4 * 4])
    entries = _follow(content[size:], table, directory, size)
    streams: dict[str, tuple[int, int]] = {}
    root = (_END, 0)
    for at in range(0, len(entries) - 127, 128):
        length, kind = struct.unpack_from("<HB", entries, at + 64)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace").casefold()
        place = struct.unpack_from("<II", entries, at + 116)
        if kind == 5:
            root = place
        elif kind == 2:
            streams.setdefault(name, place)
    first, length = streams.get("workbook") or streams.get("book") or (_END, 0)
    if first >= _END:
        raise ValueError("no workbook stream")
    if length >= cutoff:
        return _follow(content[size:], table, first, size)[:length]
    small = _follow(content[size:], table, root[0], size)
    small_table = _follow(content[size:], table, mini_start, size)
    return _follow(small, struct.unpack(f"<{len(small_table) // 4}I", small_table), first, 64)[:length]


def _follow(area: bytes, table: tuple[int, ...], first: int, size: int) -> bytes:
    pieces: list[bytes] = []
    at = first
    while at < _END:
        if len(pieces) > len(table):
            raise ValueError("the chain of sectors runs in a circle")
        pieces.append(area[at * size : (at + 1) * size])
        at = table[at]
    return b"".join(pieces)
