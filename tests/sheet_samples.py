"""Make small files by hand that no writer of ours would make: an XLS, an XLSX from raw XML."""

from __future__ import annotations

import io
import struct
import zipfile

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def raw_xlsx(
    sheet_xml: str, *, strings: str = "", styles: str = "", extra: dict[str, bytes] | None = None
) -> bytes:
    """An XLSX whose one sheet is ``sheet_xml`` as given (the inside of <worksheet>, or a whole document)."""
    if not sheet_xml.startswith("<?xml"):
        sheet_xml = f"<worksheet {_MAIN}>{sheet_xml}</worksheet>"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet_xml,
        "xl/sharedStrings.xml": strings if strings.startswith("<?xml") else f"<sst {_MAIN}>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **(extra or {})}.items():
            archive.writestr(name, content)
    return target.getvalue()


def raw_xls(
    cells: dict[tuple[int, int], str | float], *, dates: frozenset[tuple[int, int]] = frozenset()
) -> bytes:
    """A BIFF8 workbook with one sheet; ``dates`` are the number cells shown as dates."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    name = "表".encode("utf-16-le")
    xfs = b"".join(record(0xE0, struct.pack("<HH16x", 0, number)) for number in (0, 14))
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + record(0x42, b"\xb0\x04") + xfs
    offset = len(start) + 4 + 8 + len(name) + 4
    start += record(0x85, struct.pack("<IBBBB", offset, 0, 0, 1, 1) + name) + record(0x0A)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for (row, column), value in sorted(cells.items()):
        place = struct.pack("<HHH", row, column, int((row, column) in dates))
        if isinstance(value, str):
            text = value.encode("utf-16-le")
            sheet += record(0x204, place + struct.pack("<HB", len(value), 1) + text)
        else:
            sheet += record(0x203, place + struct.pack("<d", value))
    return compound_file("Workbook", start + sheet + record(0x0A))


def compound_file(stream: str, content: bytes) -> bytes:
    """An OLE compound file (as XLS and password-protected XLSX are) with one stream."""
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    sectors = len(content) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    header += struct.pack("<I", 0).ljust(436, b"\xff")

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        wide = (name + "\0").encode("utf-16-le")
        place = wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide), kind, 1, *(0xFFFFFFFF,) * 2, child)
        return place + bytes(36) + struct.pack("<IQ", first, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(stream, 2, 0xFFFFFFFF, 2, len(content))
    return header + fat + folder.ljust(512, b"\0") + content
