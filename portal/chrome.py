"""What stands around every page: the navigation from core and plugins, the day, the inbox count, the audit foot."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import (
    Flask,
    g,
    get_flashed_messages,
    get_template_attribute,
    has_request_context,
    request,
    session,
    url_for,
)
from flask_login import current_user
from markupsafe import Markup, escape

from portal import __version__, alarms, audit, clock, list_files, obligations, official_calendar, settings
from portal.declarations import NavigationItem
from portal.pages import link, submission_key
from portal.plugging import Registry, registry

WEEK = "一二三四五六日"
#: Words after which the head of a narrow column may turn to the next line.
HEAD_WORDS = re.compile(r"(?<=主体)|(?<=许可)(?=信息)|(?<=失信)|(?<=无照)|(?<=抽查)|(?<=结果)|(?<=会议、)|(?<=认领后)")
#: A digest in running text is shown by its beginning: the record has all of it.
LONG_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")

CORE_NAVIGATION = (
    NavigationItem("待办", "inbox.index", "inbox.view", 10, "工作"),
    NavigationItem("市场主体", "subjects.index", "subject.view", 20, "工作"),
    NavigationItem("季度评分", "scores.current", "score.view", 30, "考核"),
    NavigationItem("年度评分", "scores.year", "score.view", 31, "考核"),
    NavigationItem("季度清单", "quarter_lists.index", "quarter_list.view", 33, "考核"),
    NavigationItem("义务统计", "inbox.figures", "inbox.view", 32, "考核"),
    NavigationItem("成员单位", "units.index", "unit.view", 80, "联席会议"),
    NavigationItem("账号申请", "people.requests", "account.request", 82, "管理"),
    NavigationItem("账号", "people.accounts", "account.list", 83, "管理"),
    NavigationItem("工作日历", "admin.calendar", "calendar.view", 84, "管理"),
    NavigationItem("设置", "admin.settings", "settings.view", 85, "管理"),
    NavigationItem("后台任务", "jobs.index", "job.view", 86, "管理"),
    NavigationItem("安全告警", "alarms.index", "alarm.view", 81, "管理"),
    NavigationItem("审计记录", "audit.index", "audit.view", 87, "管理"),
)
GROUPS = ("工作", "考核", "证照联动", "信用监管", "双随机抽查", "联席会议", "数据交换", "管理")


@lru_cache(maxsize=500)
def _entries(
    plugins: Registry, permissions: frozenset[str], unit: str, root: str
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The groups that a holder of ``permissions`` in ``unit`` may open, each with its (label, address, endpoint)."""
    items = sorted((*CORE_NAVIGATION, *plugins.navigation), key=lambda item: (item.order, item.label))
    names = [*GROUPS, *sorted({item.group for item in items} - set(GROUPS))]
    groups = []
    for name in names:
        shown = [item for item in items if item.group == name and _is_for(item, plugins, permissions, unit)]
        if shown:
            groups.append((name, [(item.label, url_for(item.endpoint), item.endpoint) for item in shown]))
    return groups


def _marked(plugins: Registry, permissions: frozenset[str], unit: str, root: str, here: str) -> list[dict[str, Any]]:
    groups = _entries(plugins, permissions, unit, root)
    every = frozenset(endpoint for _, entries in groups for _, _, endpoint in entries)
    return [
        {
            "label": name,
            "items": [
                {"label": label, "href": address, "active": _is_here(endpoint, here, every), "count": None}
                for label, address, endpoint in entries
            ],
        }
        for name, entries in groups
    ]


@lru_cache(maxsize=2000)
def _menu(
    plugins: Registry, permissions: frozenset[str], unit: str, root: str, here: str
) -> tuple[list[dict[str, Any]], dict[str, Markup]]:
    """The navigation and its markup in both places: the same for all who may open the same, on the same page."""
    nav = _marked(plugins, permissions, unit, root, here)
    groups = get_template_attribute("macros/navigation.html", "nav_groups")
    return nav, {place: groups(nav, place) for place in ("side", "phone")}


def _is_for(item: NavigationItem, plugins: Registry, permissions: frozenset[str], key: str) -> bool:
    unit = plugins.by_key.get(key)
    own = (not item.function or (unit is not None and item.function in unit.functions)) and (
        not item.duty or (unit is not None and item.duty in unit.duties)
    )
    return own and item.permission in permissions


def _is_here(endpoint: str, here: str, every: frozenset[str]) -> bool:
    """Whether the menu's ``endpoint`` is where the reader stands: the page itself, or a page below a list that has
    no entry of its own."""
    below = endpoint.endswith(".index") and here not in every and here.rpartition(".")[0] == endpoint.rpartition(".")[0]
    return here == endpoint or below


def today_text() -> str:
    """The date, the weekday and whether it is worked: 2026年9月25日 星期五 · 工作日."""
    day = clock.today()
    worked = "工作日" if official_calendar.calendar().is_workday(day) else "休息日"
    return f"{day.year}年{day.month}月{day.day}日 星期{WEEK[day.weekday()]} · {worked}"


def _around() -> dict[str, Any]:
    if not has_request_context():
        return {}
    if g.get("storage_failed"):
        # The page that says so must not ask the database that failed.
        return {"site": {"zone": "", "version": __version__}, "home_href": url_for("home.index"), "viewer": None}
    values: dict[str, Any] = {
        "site": {"zone": settings.value("site.zone"), "version": __version__},
        "today_text": today_text(),
        "clock_note": f"{clock.note()} {today_text().partition(' ')[0]} {clock.now():%H:%M}" if clock.note() else None,
        "home_href": url_for("home.index"),
        "viewer": None,
    }
    if "_flashes" in session:
        values["flashes"] = get_flashed_messages(with_categories=True)
    if not current_user.is_authenticated:
        return values
    seq, head, _ = audit.last()
    viewer = current_user
    nav, menu = _menu(registry(), viewer.permissions, viewer.unit, request.script_root, request.endpoint or "")
    values |= {
        "viewer": viewer,
        "nav": nav,
        "menu": menu,
        "account_href": url_for("auth.account"),
        "logout_href": url_for("auth.logout"),
        "idle_seconds": settings.value("security.idle_minutes") * 60,
        "audit_foot": f"审计 {seq} · {head[:8]}",
    }
    if current_user.can("alarm.view"):
        values["alarms"] = alarms.open_count()
        values["alarms_href"] = url_for("alarms.index")
    if current_user.can("inbox.view"):
        values["inbox_href"] = url_for("inbox.index")
        values["search_href"] = url_for("subjects.index")
        if current_user.unit:
            values["inbox_count"] = obligations.open_total(current_user.unit)
    return values


def _with_word_breaks(name: str) -> Markup:
    """The name with places where a narrow column head may turn: after its words, never inside one."""
    return Markup("<wbr>").join(escape(part) for part in HEAD_WORDS.split(name) if part)


def import_href(kind: str) -> str | None:
    """Where the person brings records of the kind in from a file, or None."""
    return next((href for _, href in registry().answers("import_link", kind=kind) if href), None)


def install(app: Flask) -> None:
    """Give every template the page's surroundings and the small functions it calls."""
    app.context_processor(_around)
    app.jinja_env.globals.update(link=link, submission_key=submission_key, file_links=list_files.links, import_href=import_href)
    app.jinja_env.filters.update(
        day=lambda value: value.isoformat() if value else "—",
        day_words=lambda value: clock.day_words(value) if value else "—",
        word_breaks=_with_word_breaks,
        short_digests=lambda text: LONG_DIGEST.sub(r"\1…", text),
        moment=lambda value: f"{value.astimezone(clock.ZONE):%Y-%m-%d %H:%M}" if value else "—",
        yuan=lambda fen: "—" if fen is None else f"{fen / 100:,.2f} 元",
        zip_same=lambda items: [(item, item) for item in items],
        wan=lambda fen: "—" if fen is None else f"{fen / 1_000_000:,.6f}".rstrip("0").rstrip(".") + " 万元",
    )
