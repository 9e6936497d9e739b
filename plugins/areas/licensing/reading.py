"""Wraps the pure scope reader: reads with the present catalogue and keeps what it says as plain values."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from portal.toolkit import registry, settings

from . import catalogue, proposals
from .scope import Reading, ScopeReader, default_rules

_readers: WeakKeyDictionary = WeakKeyDictionary()


def reader() -> ScopeReader:
    """The reader over the present catalogue, made once for each version of it."""
    plugins = registry()
    qz_is_permit = settings.value("licensing.qz_is_permit")
    key = (catalogue.declared().digest, catalogue.changes()[0], qz_is_permit)
    kept = _readers.get(plugins)
    if kept is None or kept[0] != key:
        kept = (key, ScopeReader(catalogue.declared().items, proposals.merged(default_rules()), qz_is_permit))
        _readers[plugins] = kept
    return kept[1]


def plain(found: Reading) -> dict[str, Any]:
    """A reading as it is stored with a push."""
    return {
        "class": found.classification,
        "unknown": list(found.unknown),
        "hits": [
            {
                "code": hit.code, "kind": hit.kind, "words": hit.words, "start": hit.start, "end": hit.end,
                "derived": hit.derived, "source": hit.source, "flags": list(hit.flags),
            }
            for hit in found.hits
        ],
    }  # fmt: skip


def read(scope: str, industry: str = "") -> dict[str, Any]:
    """What the scope proposes, as plain values: class, hits with their places, unknown texts."""
    return plain(reader().read(scope, industry))


def marked(scope: str, hits: list[dict[str, Any]], unknown: list[str]) -> list[tuple[str, str | None, str]]:
    """The scope cut into pieces for the page: matched words with their codes, unknown texts as candidates."""
    places: dict[tuple[int, int], list[str]] = {}
    for hit in hits:
        places.setdefault((hit["start"], hit["end"]), []).append(hit["code"])
    spans = [(start, end, "hit", "、".join(codes)) for (start, end), codes in places.items()]
    for text in unknown:
        start = scope.find(text)
        if start >= 0:
            spans.append((start, start + len(text), "candidate", "待人工"))
    pieces: list[tuple[str, str | None, str]] = []
    at = 0
    for start, end, kind, note in sorted(spans):
        if start < at or end > len(scope):
            continue
        if start > at:
            pieces.append((scope[at:start], None, ""))
        pieces.append((scope[start:end], kind, note))
        at = end
    if at < len(scope):
        pieces.append((scope[at:], None, ""))
    return pieces
