"""谁在何时改了什么, in words: the acts on a record of this area with the fields each one changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.areas.credit import publicity_rules, record_rules
from portal.toolkit import audit

_WORDS: dict[str, Mapping[str, str]] = {
    "kind": record_rules.KIND_LABELS,
    "party_kind": record_rules.PARTY_LABELS,
    "severity": publicity_rules.SEVERITIES,
    "track": {track.key: track.label for track in publicity_rules.TRACKS},
}


def in_words(name: str, value: Any) -> str:
    """A stored value as the person knows it: 元 for amounts, 是 and 否, the words of codes."""
    if value in (None, "", []):
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(str, value))
    if name in ("fine", "confiscated"):
        return f"{value / 100:,.2f} 元"
    if name == "id_number":
        return "（身份证号）"
    return str(_WORDS.get(name, {}).get(value, value))


def lines(record_type: str, record_id: int, labels: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Entries for the timeline macro, newest first; the first act on a record lists no fields, they are on the page."""
    shown = []
    for entry, changes in audit.history(record_type, record_id):
        words = [
            f"{labels[name]}：{in_words(name, old)} → {in_words(name, new)}"
            for name, old, new in (changes if entry.before else [])
            if labels and name in labels
        ]
        detail = "；".join([*([entry.note] if entry.note else []), *words])
        shown.append(
            {
                "when": f"{entry.at:%Y-%m-%d %H:%M}",
                "text": entry.action,
                "who": entry.actor_name,
                "detail": detail[:400],
            }
        )
    return shown
