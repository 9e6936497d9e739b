"""``portal read-scope``: one business scope a line in, one JSON line each out, with the shipped catalogue."""

from __future__ import annotations

import io
import sys
from typing import IO

import click

from portal.toolkit import Registry, read_permit_file

from .scope import ScopeReader, read_lines


@click.command("read-scope", help="读经营范围：每行一个，逐行输出 JSON（分类、许可事项、待人工的文字）")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--hz-only", is_flag=True, help="前置许可事项（QZ）不列为许可")
def read_scope(file: IO[bytes], hz_only: bool) -> None:
    """Read scopes from ``file`` (UTF-8; default: standard input) without opening any portal's data."""
    from .catalogue import OUTSIDE_FILE

    items = tuple(item for unit in Registry().units for item in unit.permit_items) + read_permit_file(
        OUTSIDE_FILE
    )
    reader = ScopeReader(items, pre_permits=not hz_only)
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="\n")
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    read_lines(reader, lines, out)
    out.flush()
    out.detach()
