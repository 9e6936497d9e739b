"""Bulletins (通报) of a quarter or a year, from the frozen scores: PDF and XLSX, sent to all units, kept with digest."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.toolkit import (
    Missing,
    Quarter,
    Refused,
    audit,
    charts,
    clock,
    files,
    scheme_of,
    scores,
    settings,
    transaction,
    units,
)

from . import bulletin_sheets, papers, rules, seats, telling
from .models import Bulletin

SERIES = "bulletin"


@dataclass(frozen=True)
class Figures:
    """What a bulletin says: ranking and item table as rows of words, the chart's bars, what cost the points."""

    label: str
    ranking: tuple[tuple[str, ...], ...]
    ranking_header: tuple[str, ...]
    bars: tuple[tuple[str, Decimal], ...]
    items_header: tuple[str, ...]
    items: tuple[tuple[str, ...], ...]
    costs: tuple[tuple[str, ...], ...]
    sources: dict[str, Any]
    summed: bool = False


def quarter_figures(quarter: Quarter) -> Figures:
    """The frozen figures of a quarter, newest revision. Raises Refused before it is final."""
    made = scores.board(quarter)
    if made.frozen is None:
        raise Refused(f"{quarter.label}评分还没有定稿，不能通报", {"period": "还没有定稿"})
    names: dict[str, str] = {}
    for row in made.rows:
        for line in row.score.lines:
            names.setdefault(line.item, line.name)
    order = [item.key for item in made.span.scheme.items if item.key in names]
    items, costs = [], []
    for row in made.rows:
        own = {line.item: line for line in row.score.lines}
        items.append(
            (row.unit.name, *(str(own[key].score) if key in own else "—" for key in order), str(row.total))
        )
        costs += [
            (row.unit.name, line.name, f"{line.weight - line.score}", line.why)
            for line in row.score.lines
            if line.score < line.weight
        ]
    frozen = made.frozen
    return Figures(
        quarter.label,
        tuple((str(row.rank), row.unit.name, str(row.total)) for row in made.rows),
        ("名次", "成员单位", "得分"),
        tuple((row.unit.short_name, row.total) for row in made.rows),
        ("成员单位", *(names[key] for key in order), "合计"),
        tuple(items),
        tuple(costs),
        {str(quarter): {"revision": frozen.revision, "digest": frozen.digest}},
    )


def year_figures(year: int) -> Figures:
    """The year's figures from its final quarters. Raises Refused while none is final."""
    finals, rows = scores.year_rows(year)
    if not finals:
        raise Refused(f"{year}年还没有定稿的季度评分，不能通报", {"period": "还没有定稿"})
    scored = [(unit, own, total) for unit, own, total in rows if total is not None]
    places: list[int] = []
    for place, (_, _, total) in enumerate(scored):
        places.append(places[-1] if place and total == scored[place - 1][2] else place + 1)
    header = ("成员单位", *(quarter.label for quarter in finals), "年度得分")
    items = tuple(
        (unit.name, *(str(own.get(str(quarter), "—")) for quarter in finals), str(total))
        for unit, own, total in scored
    )
    return Figures(
        f"{year}年度",
        tuple(
            (str(place), unit.name, str(total))
            for place, (unit, _, total) in zip(places, scored, strict=True)
        ),
        ("名次", "成员单位", "年度得分"),
        tuple((unit.short_name, total) for unit, _, total in scored),
        header,
        items,
        (),
        {
            str(quarter): {"revision": frozen.revision, "digest": frozen.digest}
            for quarter in finals
            if (frozen := scores.frozen_of(quarter)) is not None
        },
        scheme_of(Quarter(year, 4).last).settings.year_rule == "sum",
    )


def read_period(text: str) -> Quarter | int:
    """``2026Q2`` or ``2026``. Raises Refused."""
    try:
        return int(text) if text.isdigit() and len(text) == 4 else Quarter.parse(text)
    except ValueError as error:
        raise Refused(
            f"通报期间“{text}”应为季度（如 2026Q2）或年度（如 2026）", {"period": str(error)}
        ) from error


def figures_of(period: Quarter | int) -> Figures:
    """The frozen figures of a quarter or a year. Raises Refused."""
    return year_figures(period) if isinstance(period, int) else quarter_figures(period)


def periods(today: date, back: int = 6) -> list[tuple[str, str]]:
    """The quarters and years that are final, the newest first, as choices."""
    found, quarter = [], Quarter.of(today)
    for _ in range(back):
        if scores.frozen_of(quarter) is not None:
            found.append((str(quarter), quarter.label))
        quarter = quarter.previous
    found += [
        (str(year), f"{year}年度") for year in (today.year, today.year - 1) if scores.year_rows(year)[0]
    ]
    return found


def issue(viewer: Any, period_text: str, introduction: str) -> Bulletin:
    """Issue the bulletin of a period: number, XLSX at once, PDF by the runner, sent to every member. Raises Refused."""
    period = read_period(period_text.strip())
    introduction = introduction.strip()
    if len(introduction) > 4000:
        raise Refused("概述最多 4000 个字", {"introduction": "最多 4000 个字"})
    with transaction():
        figures = figures_of(period)
        day = clock.today()
        same = Bulletin.select().where(Bulletin.period == str(period)).order_by(Bulletin.id.desc()).first()
        if same is not None and same.sources == figures.sources:
            raise Refused(f"{figures.label}已经以{same.number}通报，评分没有新的修订", {"period": "已经通报"})
        sheet = files.store(
            io.BytesIO(bulletin_sheets.workbook(figures, clock.at(day))), f"{figures.label}评分通报.xlsx"
        )
        title = f"{settings.value('site.zone')}{figures.label}平台应用及“双随机一公开”工作评分通报"
        made = Bulletin.create(
            period=str(period), title=title, year=day.year, ordinal=papers.next_number(SERIES, day.year), day=day,
            introduction=introduction, sources=figures.sources, sheet=sheet, issued_by=viewer.name, issued_at=clock.now(),
        )  # fmt: skip
        content = content_of(figures, introduction, same)
        made.paper = papers.ask(
            "bulletin", ("bulletin", made.id), template="bulletin.html", content=content, title=title,
            number=made.number, day=day,
        )  # fmt: skip
        made.save()
        receivers = [unit.key for unit in units.enabled()]
        papers.send(("bulletin", made.id), receivers, [rules.ZONE_COMMITTEE])
        telling.of_bulletin(made, receivers)
        audit.record(
            "发布通报", "bulletin", made.id,
            after={"number": made.number, "period": made.period, "sources": figures.sources, "xlsx_sm3": sheet.digest},
        )  # fmt: skip
    return made


def content_of(figures: Figures, introduction: str, earlier: Bulletin | None) -> dict[str, Any]:
    """The document's values: introduction, what it rests on, ranking, the chart of the screen, items, costs."""
    seq, head, _ = audit.last()
    blocks = [
        {"kind": "paragraph", "text": line.strip()} for line in introduction.splitlines() if line.strip()
    ]
    if not blocks:
        blocks = [
            {
                "kind": "paragraph",
                "text": f"现将{figures.label}平台应用及“双随机一公开”工作评分情况通报如下。",
            }
        ]
    if earlier is not None:
        blocks.append({"kind": "paragraph", "text": f"本通报依据修订后的评分，代替{earlier.number}通报。"})
    for period, source in figures.sources.items():
        words = f"评分依据：{Quarter.parse(period).label}定稿第{source['revision']}版，摘要（SM3）{source['digest'][:16]}……{source['digest'][-8:]}。"
        blocks.append({"kind": "paragraph", "text": words})
    blocks.append({"kind": "paragraph", "text": f"通报时审计记录第{seq}条，摘要（SM3）{_grouped(head)}。"})
    return {
        "mark": settings.value("meetings.bulletin_mark"), "addressee": "各成员单位", "blocks": blocks,
        "ranking": {"header": list(figures.ranking_header), "rows": [list(row) for row in figures.ranking]},
        "chart": charts.totals(list(figures.bars), f"{figures.label}得分"), "chart_title": f"{figures.label}各单位得分",
        "items": {"header": list(figures.items_header), "rows": [list(row) for row in figures.items]},
        "items_title": f"附表1　{figures.label}计分明细",
        "costs": {"header": ["成员单位", "计分项", "扣分", "原因"], "rows": [list(row) for row in figures.costs]} if figures.costs else None,
        "costs_title": f"附表2　{figures.label}扣分情况", "issuer": seats.issuer(), "copies_to": [rules.ZONE_COMMITTEE],
    }  # fmt: skip


def _grouped(digest: str) -> str:
    return " ".join(digest[place : place + 8] for place in range(0, len(digest), 8))


def bulletin_for(viewer: Any, bulletin_id: int) -> Bulletin:
    """The bulletin: totals and item scores are every member's to see (scoring.md). Raises Missing."""
    found = Bulletin.get_or_none(Bulletin.id == bulletin_id)
    if found is None:
        raise Missing("没有这份通报")
    return found


def page_of(year: int) -> list[Bulletin]:
    """The bulletins issued in ``year``, the newest first."""
    return list(Bulletin.select().where(Bulletin.year == year).order_by(Bulletin.ordinal.desc()))


def years(today: date) -> list[int]:
    """The years with bulletins, and the present one, the newest first."""
    query = Bulletin.select(Bulletin.year).distinct()
    return sorted({year for (year,) in query.tuples()} | {today.year}, reverse=True)


def year_export(year: int) -> bytes:
    """The year's result as a workbook for the appraisal body (年终评分结果与年度日常工作考核相挂钩). Raises Refused."""
    return bulletin_sheets.workbook(year_figures(year), clock.at(clock.today()))
