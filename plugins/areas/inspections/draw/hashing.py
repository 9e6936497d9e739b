"""The bytes of a draw: the hash of named parts, canonical JSON, RFC 6962 roots, commitments and digests."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

ALGORITHMS = ("sm3", "sha256")
# A power of two, so that every full block of leaves is a complete subtree of the RFC 6962 tree.
BLOCK = 4096

Progress = Callable[[int, int], None]


class DrawError(ValueError):
    """A draw that may not be sealed, run or extended; the message is Chinese and names what is wrong."""


def empty_state(alg: str):
    """A fresh hash state for "sm3" or "sha256".

    Raises:
        DrawError: another name, or a Python whose hashlib lacks SM3.
    """
    if alg not in ALGORITHMS:
        raise DrawError(f"抽取算法只能是 sm3 或 sha256，不能是“{alg}”")
    try:
        return hashlib.new(alg)
    except ValueError:
        raise DrawError(f"此 Python 的 hashlib 没有 {alg.upper()} 算法，请换一个带它的 Python") from None


def with_length(part: object) -> bytes:
    """A part with its length (8 bytes, big endian) before it; what is not bytes is its str() in UTF-8."""
    content = part if isinstance(part, bytes) else str(part).encode()
    return len(content).to_bytes(8, "big") + content


def state_after(*parts: object, alg: str):
    """The hash state after these parts, to be copied for each continuation of them."""
    state = empty_state(alg)
    for part in parts:
        state.update(with_length(part))
    return state


def H(*parts: object, alg: str) -> bytes:
    """`H(p1, …, pn)`: the digest of the parts, each with its length before it."""
    return state_after(*parts, alg=alg).digest()


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def canon(value: object) -> bytes:
    """Canonical JSON: UTF-8, keys sorted by code point, no spaces, non-ASCII as is.

    Raises:
        DrawError: a value other than text, integer, list or mapping, or a text that is not NFC.
    """
    _require_plain(value)
    text = _encode(value)
    if not _is_sound(text):
        _require_sound(value)
    return text.encode()


def _require_plain(value: object) -> None:
    """Refuse fractions, booleans, nulls and keys other than text, at any depth."""
    if type(value) is str or type(value) is int:
        return
    if isinstance(value, Mapping):
        for key in value:
            if type(key) is not str:
                raise DrawError(f"键只能是文本，不能是 {key!r}")
        parts: Iterable = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    else:
        raise DrawError(f"只能使用文本、整数、数组和对象，不能使用 {value!r}")
    for part in parts:
        _require_plain(part)


def _is_sound(text: str) -> bool:
    """Whether a text can be written in UTF-8 and is NFC."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return unicodedata.is_normalized("NFC", text)


def _require_sound(value: object) -> None:
    """Name the text that is not NFC.

    The JSON text as a whole may fail although each of its strings is NFC: in `"\\n"` before a combining tilde
    the escape's own letter n would take the tilde. So the strings are asked one by one.
    """
    if isinstance(value, str):
        if not _is_sound(value):
            raise DrawError(f"文本必须是 NFC 规范形式的 UTF-8：{value!r}")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _require_sound(key)
            _require_sound(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _require_sound(part)


def merkle_root(rows: Sequence[Mapping], alg: str, progress: Progress | None = None) -> str:
    """The RFC 6962 root of the rows sorted by id, in lower-case hex; of no rows, the hash of nothing.

    `progress(done, total)` hears of every block of rows. Beside the sorted rows it holds one block in memory.

    Raises:
        DrawError: a row that is not canonical.
    """
    empty = empty_state(alg)
    ordered = sorted(rows, key=itemgetter("id"))
    tops = []
    for start in range(0, len(ordered), BLOCK):
        tops.append(tree_top(_leaves(ordered[start : start + BLOCK], empty), empty))
        if progress:
            progress(min(start + BLOCK, len(ordered)), len(ordered))
    return (tree_top(tops, empty) if tops else empty.digest()).hex()


def _leaves(rows: Sequence[Mapping], empty) -> list[bytes]:
    """The leaf hashes of a block of rows."""
    start = empty.copy()
    start.update(b"\0")
    copy, leaves = start.copy, []
    for encoded in _encoded(rows):
        state = copy()
        state.update(encoded)
        leaves.append(state.digest())
    return leaves


def _encoded(rows: Sequence[Mapping]) -> Iterator[bytes]:
    """canon(row) for each row, by one call of the encoder for the block where its text can be cut again."""
    kinds = {type(part) for row in rows for part in row.values()}
    keys = {type(key) for row in rows for key in row}
    if kinds <= {str, int} and keys <= {str}:
        text = _encode(rows)
        pieces = text[1:-1].split("},{")
        # As many pieces as rows: no text inside a row holds the separator.
        if len(pieces) == len(rows) and _is_sound(text):
            last = len(pieces) - 1
            for place, piece in enumerate(pieces):
                head, tail = "{" if place else "", "}" if place < last else ""
                yield f"{head}{piece}{tail}".encode()
            return
    for row in rows:
        try:
            yield canon(row)
        except DrawError as error:
            raise DrawError(f"“{row['id']}”：{error}") from None


def tree_top(level: list[bytes], empty) -> bytes:
    """The root over nodes of equal height: pairs level by level, a lone last node moves up as it is."""
    start = empty.copy()
    start.update(b"\1")
    copy = start.copy
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            state = copy()
            state.update(left + right)
            above.append(state.digest())
        level = above + level[2 * len(above) :]
    return level[0]


def commitment(draw_id: str, party: str, r: bytes, alg: str) -> str:
    """What a party publishes at step 2 for its secret `r` of 32 bytes, in lower-case hex."""
    if not isinstance(r, bytes) or len(r) != 32:
        raise DrawError(f"“{party}”的揭示值必须是 32 字节")
    return H("commit/1", draw_id, party, r, alg=alg).hex()


def announce_digest(announce: Mapping) -> str:
    """What is printed, signed, logged and sent to every unit at step 2: `hash(canon(announce))` in hex."""
    state = empty_state(announce["alg"])
    state.update(canon(announce))
    return state.hexdigest()


def draw_seed(announce: Mapping, reveals: Mapping[str, str], public_value: str) -> bytes:
    """`H("seed/1", canon(announce), canon(reveals), public_value)`, reveals as {party: hex of r}."""
    return H("seed/1", canon(announce), canon(reveals), public_value, alg=announce["alg"])
