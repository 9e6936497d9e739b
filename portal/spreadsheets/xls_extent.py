"""Measure how far the cells of an XLS reach before calamine unpacks them into a dense grid (F3).

A file of 5 KB with one cell at IV65536 would otherwise take over 1 GB.
"""

from __future__ import annotations

import struct

from portal.spreadsheets.refusals import SheetRefused

_END = 0xFFFFFFF0
_BROKEN = "文件已损坏或不是 Excel 表格，请另存为 .xlsx 再上传"
_MOST_CELLS = 2_000_000
_BOF, _DIMENSIONS = 0x809, 0x200
#: BIFF8 records that hold cells; the first two words of each are row and first column.
_CELLS = {0x06, 0xBD, 0xBE, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E, 0xD6}


def check_extent(content: bytes) -> None:
    """Raise SheetRefused if the rectangles of all sheets together hold too many cells, or on broken input."""
    try:
        stream = _workbook_stream(content)
    except (struct.error, IndexError, ValueError) as broken:
        raise SheetRefused(_BROKEN) from broken
    if _count_cells(stream) > _MOST_CELLS:
        raise SheetRefused("表格的范围过大（远处的单元格有内容），请删去多余的行和列，或另存为 .xlsx 再上传")


def _count_cells(stream: bytes) -> int:
    total = rows = columns = at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _BOF:
            total, rows, columns = total + rows * columns, 0, 0
        elif kind == _DIMENSIONS and length >= 12:
            bottom, _, right = struct.unpack_from("<IHH", stream, at + 8)
            rows, columns = max(rows, bottom), max(columns, right)
        elif kind in _CELLS and length >= 6 and at + 8 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at + 4)
            # MULRK and MULBLANK name their last column at the end.
            if kind in (0xBD, 0xBE) and at + 4 + length <= len(stream):
                column = struct.unpack_from("<H", stream, at + 2 + length)[0]
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        at += 4 + length
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
