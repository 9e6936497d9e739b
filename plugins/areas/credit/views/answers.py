"""Files as answers: names that every browser takes, kinds that are never sniffed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO
from urllib.parse import quote

from flask import Response, make_response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(content: bytes, name: str, kind: str) -> Response:
    """``content`` as a file to keep, named ``name`` (Chinese allowed, RFC 6266)."""
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def xlsx(write: Callable[[IO[bytes]], None], name: str) -> Response:
    """A workbook that ``write`` fills."""
    target = io.BytesIO()
    write(target)
    return attachment(target.getvalue(), name, XLSX)


def pdf(content: bytes, name: str) -> Response:
    """A PDF to keep."""
    return attachment(content, name, "application/pdf")
