"""Minutes of 3 pages as PDF beside WeasyPrint on the bare same HTML: cold, warm, peak memory, 200 in a row.

Run `python -m bench.minutes_pdf` from the project's folder. Each figure comes from a process of its own; the
three ways take turns, so that a busy machine slows them alike.
"""

import datetime
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from plugins.areas.meetings.minutes import parse_text
from portal.documents import render_html, render_pdf, template_folder
from portal.fonts import find_fonts
from portal.typesetting import font_sheet

SECTION = """一、关于证照联动
（一）加强信息推送。各成员单位应当在二十个工作日内完成认领和反馈，并将结果录入平台。
1.落实责任。由区市场监督管理局牵头，2026年3月5日前完成，涉及A类企业12家。
（1）明确分工。会议指出，“双随机、一公开”监管是市场监管的基本手段，各单位要高度重视。
会议要求，各单位加强协同配合形成监管合力，按照标准开展检查，确保各项任务落到实处。
"""
TEXT = SECTION * 3 + "| 单位 | 条数 |\n| 区行政审批局 | 98 |\n\n出席：张三、李四光、欧阳修远、赵镕喆。\n"
NAMED = {
    "title": "关于研究证照联动有关工作的会议纪要",
    "number": "〔2026〕3号",
    "date": datetime.date(2026, 3, 5),
}
WARM = 25
ROW = 200
TURNS = 3


def values() -> dict:
    office = {"mark": "市场监管联席会议纪要", "copies_to": ["区管委会"], "issuer": "区市场监管联席会议办公室"}
    return {**office, **parse_text(TEXT).values()}


def official() -> Callable[[], bytes]:
    """The project's way: metadata, tags, PDF/A, closed fetcher, every glyph checked."""
    fonts, filled = find_fonts(), values()
    return lambda: render_pdf("minutes.html", filled, **NAMED, fonts=fonts).content


def _bare_page() -> tuple[str, str]:
    sheet = font_sheet(find_fonts()) + (template_folder() / "house.css").read_text("utf-8")
    return render_html("minutes.html", values(), **NAMED), sheet


def bare_page() -> Callable[[], bytes]:
    """WeasyPrint's one-liner on the same HTML, its style sheet and fonts in the page."""
    from weasyprint import HTML

    html, sheet = _bare_page()
    html = html.replace("</head>", f"<style>{sheet}</style></head>")
    return lambda: HTML(string=html).write_pdf()


def bare_shared_fonts() -> Callable[[], bytes]:
    """The same with style sheet and fonts loaded once: the floor."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    html, sheet = _bare_page()
    configuration = FontConfiguration()
    sheets = [CSS(string=sheet, font_config=configuration)]
    return lambda: HTML(string=html).write_pdf(stylesheets=sheets, font_config=configuration)


WAYS = {way.__name__: way for way in (official, bare_page, bare_shared_fonts)}


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(name: str, count: int) -> dict:
    """Cold and median warm seconds, peak and growth in MB, for `count` documents in this process."""
    start = time.perf_counter()
    make = WAYS[name]()
    make()
    cold = time.perf_counter() - start
    times, after_warming = [], 0.0
    for turn in range(count):
        start = time.perf_counter()
        make()
        times.append(time.perf_counter() - start)
        if turn == count // 4:
            after_warming = resident_mb()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    growth = resident_mb() - after_warming
    return {"cold": cold, "warm": statistics.median(times), "peak": peak, "growth": growth}


def in_own_process(name: str, count: int) -> dict:
    command = [sys.executable, "-m", "bench.minutes_pdf", name, str(count)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    taken: dict[str, list[dict]] = {name: [] for name in WAYS}
    for _ in range(TURNS):
        for name in WAYS:
            taken[name].append(in_own_process(name, WARM))
    best = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in taken.items()
    }
    floor = best["bare_shared_fonts"]
    print(f"{'way':<20}{'× floor':>9}{'warm ms':>10}{'cold s':>9}{'peak MB':>9}")
    for name, figures in best.items():
        print(
            f"{name:<20}{figures['warm'] / floor['warm']:>9.2f}{figures['warm'] * 1000:>10.0f}"
            f"{figures['cold']:>9.2f}{figures['peak']:>9.0f}"
        )
    for name in ("official", "bare_shared_fonts"):
        long = in_own_process(name, ROW)
        growth = f"{long['growth']:+.1f} MB from the {ROW // 4}th to the last"
        print(f"{ROW} in a row, {name}: {growth}, peak {long['peak']:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
