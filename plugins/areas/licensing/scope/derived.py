"""Derived duties (areas.md, reading): items which follow from others and are never written in a scope."""

from __future__ import annotations

#: Item → the duties it brings: 消防法 art. 15 and 73, 公共场所卫生管理条例 art. 2.
FOLLOWS: dict[str, tuple[str, ...]] = {
    "GA01": ("WS03", "XF01"),
    "WL01": ("XF01",),
    "WL02": ("WS03", "XF01"),
    "WL10": ("WS03", "XF01"),
}
