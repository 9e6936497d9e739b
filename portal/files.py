"""Files that people send: checked, named by their digest, kept outside the web root, read back only if unchanged."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import IO

import peewee
from flask import current_app

from portal import audit, clock
from portal.database import InstantField, Record
from portal.digests import new_sm3, sm3
from portal.refusals import Missing, Refused

LARGEST = 32 * 1024 * 1024
_PIECE = 1024 * 1024


class StoredFile(Record):
    """A file as it was sent; ``digest`` (SM3) is also its place on disk."""

    digest = peewee.TextField(index=True)
    name = peewee.TextField()
    size = peewee.IntegerField()
    content_type = peewee.TextField()
    stored_at = InstantField()
    stored_by = peewee.TextField()


#: Kinds by their first bytes: what the content is, never what the name claims.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole"),
)


def content_type(content: bytes) -> str:
    """The kind that the first bytes show; ``text/plain`` for text, ``application/octet-stream`` for the rest."""
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            return kind
    return "application/octet-stream" if b"\0" in content[:4096] else "text/plain"


def _folder() -> Path:
    return Path(current_app.config["DATA_DIR"]) / "files"


def _path(digest: str) -> Path:
    return _folder() / digest[:2] / digest


def safe_name(name: str) -> str:
    """The file's own name without a path or control characters, at most 120 signs."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(sign for sign in name if sign.isprintable()).strip() or "未命名"
    return name[-120:]


def store(stream: IO[bytes], name: str, *, allowed: frozenset[str] | None = None, largest: int = LARGEST) -> StoredFile:
    """Keep a file inside the running transaction; the bytes are on disk before the row. Raises Refused.

    Piece by piece: the memory it takes does not grow with the file.
    """
    name = safe_name(name)
    piece = stream.read(_PIECE)
    if not piece:
        raise Refused(f"文件“{name}”是空的")
    kind = content_type(piece)
    if allowed is not None and kind not in allowed:
        raise Refused(f"文件“{name}”的内容不是允许的类型（看到的是 {kind}）")
    _folder().mkdir(parents=True, exist_ok=True)
    digest, size = new_sm3(), 0
    with tempfile.NamedTemporaryFile(dir=_folder(), suffix=".part", delete=False) as target:
        temporary = Path(target.name)
        try:
            while piece:
                size += len(piece)
                if size > largest:
                    raise Refused(f"文件“{name}”超过 {largest // 1024 // 1024} MB")
                digest.update(piece)
                target.write(piece)
                piece = stream.read(_PIECE)
            target.flush()
            os.fsync(target.fileno())
            path = _path(digest.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return StoredFile.create(
        digest=digest.hexdigest(), name=name, size=size, content_type=kind, stored_at=clock.now(), stored_by=audit.actor().name
    )


def _sync_folder(folder: Path) -> None:
    """A synced file whose name was not synced is gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file: StoredFile) -> bytes:
    """The file's bytes, if they are still what was stored. Raises Missing."""
    try:
        content = _path(file.digest).read_bytes()
    except OSError as error:
        raise Missing(f"文件“{file.name}”在服务器上读不到，请联系系统管理员") from error
    if sm3(content) != file.digest:
        raise Missing(f"文件“{file.name}”与存入时的摘要不符，已停止提供，请联系系统管理员")
    return content


def path_of(file: StoredFile) -> Path:
    """Where the bytes lie, for readers that stream."""
    return _path(file.digest)
