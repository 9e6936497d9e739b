"""``portal read-scope``: one business scope a line in, one JSON line each out, with the shipped catalogue."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from typing import IO

import click

from portal.toolkit import Refused, Registry, read_permit_file

from .scope import ScopeReader, read_lines


def texts(file: Iterable[bytes]) -> Iterator[str]:
    """Each line as text, whichever of UTF-8 (with or without a mark) and GB18030 it is in. Raises Refused."""
    for number, line in enumerate(file, start=1):
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                continue
            yield text
            break
        else:
            # Replaced signs would make a permit item vanish without a word.
            raise Refused(f"第 {number} 行不是 UTF-8 或 GB18030 编码的文本")


@click.command("read-scope", help="读经营范围：每行一个，逐行输出 JSON（分类、许可事项、待人工的文字）")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--hz-only", is_flag=True, help="前置许可事项（QZ）不列为许可")
def read_scope(file: IO[bytes], hz_only: bool) -> None:
    """Read scopes from ``file`` (default: standard input) without opening any portal's data."""
    from .catalogue import OUTSIDE_FILE

    items = tuple(item for unit in Registry().units for item in unit.permit_items) + read_permit_file(
        OUTSIDE_FILE
    )
    reader = ScopeReader(items, pre_permits=not hz_only)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    try:
        read_lines(reader, texts(file), out)
    finally:
        out.flush()
        out.detach()
