"""Charts as SVG by the charting library: the same picture on the screen and in the bulletin."""

from __future__ import annotations

from decimal import Decimal

import leather

INK, BAR = "#24303f", "#1f4e8c"


def totals(rows: list[tuple[str, Decimal]], title: str) -> str:
    """Horizontal bars of the units' totals (0 to 100), best first at the top. Returns SVG text."""
    leather.theme.background_color = "#ffffff"
    for name in ("title_color", "label_color", "legend_color", "axis_title_color"):
        if hasattr(leather.theme, name):
            setattr(leather.theme, name, INK)
    family = '"Microsoft YaHei","Noto Sans CJK SC",sans-serif'
    for name in ("title_font_family", "axis_title_font_family", "tick_font_family", "legend_font_family", "label_font_family"):
        if hasattr(leather.theme, name):
            setattr(leather.theme, name, family)
    chart = leather.Chart(title)
    chart.add_bars([(float(total), name) for name, total in rows], fill_color=BAR)
    chart.add_x_scale(0, 100)
    return chart.to_svg(width=760, height=60 + 34 * max(len(rows), 1))
