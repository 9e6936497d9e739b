"""Photographs of a case: size, type and content are checked before one is kept; shown only as the image it is."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterable
from typing import IO

from PIL import Image, ImageFile

from portal.toolkit import Refused, files

from .case_models import CasePhoto, UnlicensedCase

LARGEST = 10 * 1024 * 1024
MOST = 9
_MOST_PIXELS = 60_000_000
ALLOWED = frozenset({"image/jpeg", "image/png"})
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png"}


def checked(stream: IO[bytes], name: str) -> io.BytesIO:
    """The photograph's bytes, decoded once to be sure. Raises Refused naming the file and the rule."""
    name = files.safe_name(name)
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused(f"照片“{name}”超过 {LARGEST // 1024 // 1024} MB", {"photos": "文件太大"})
    if files.content_type(content) not in ALLOWED:
        raise Refused(f"“{name}”的内容不是 JPEG 或 PNG 照片", {"photos": "只收 JPEG、PNG"})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                if picture.format not in _FORMATS or picture.width * picture.height > _MOST_PIXELS:
                    raise Refused(f"照片“{name}”的像素太大或格式不对", {"photos": "请换一张"})
                _load_whole(picture)
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise Refused(f"照片“{name}”损坏，打不开", {"photos": "请换一张"}) from error
    return io.BytesIO(content)


_strict = threading.Lock()


def _load_whole(picture: Image.Image) -> None:
    """Decode every pixel. The typesetter lets Pillow fill up broken pictures, for the whole process: not here."""
    with _strict:
        lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            picture.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def keep(case: UnlicensedCase, sent: Iterable[tuple[IO[bytes], str]]) -> int:
    """Keep the photographs with the case, in its own transaction; returns how many. Raises Refused."""
    found = list(sent)
    held = CasePhoto.select().where(CasePhoto.case == case).count()
    if held + len(found) > MOST:
        raise Refused(f"一条线索最多 {MOST} 张照片（已有 {held} 张）", {"photos": "张数太多"})
    for stream, name in found:
        stored = files.store(checked(stream, name), name, allowed=ALLOWED, largest=LARGEST)
        CasePhoto.create(case=case, file=stored)
    return len(found)
