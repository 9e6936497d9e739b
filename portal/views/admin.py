"""The working calendar with its notices and a deadline calculator; the settings and their changes."""

from __future__ import annotations

import calendar as months
from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from portal import audit, calendar_lines, clock, obligations, official_calendar, quarter_lists, setting_forms
from portal.access import act, requires
from portal.official_calendar import CalendarDay, CalendarNotice
from portal.pages import page
from portal.refusals import Missing, NotAllowed, Refused
from portal.setting_forms import Row

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


def _year() -> int:
    year = request.args.get("year", clock.today().year, type=int)
    if not 2000 <= year <= 2099:
        raise Missing("工作日历从 2000 年到 2099 年")
    return year


def month_grids(year: int) -> list[tuple[str, list[list[tuple[int, str, str] | None]]]]:
    """Twelve months of weeks of days; a day is (number, 休, 班 or empty, what it is: 元旦, 周末)."""
    names: dict[date, str] = {}
    span = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    for day, name in (
        CalendarDay.select(CalendarDay.day, CalendarDay.name)
        .where(span)
        .order_by(CalendarDay.notice)
        .tuples()
    ):
        names[day] = name
    worked = official_calendar.calendar().is_workday

    def cell(day: date) -> tuple[int, str, str]:
        plain = day.weekday() < 5
        if worked(day):
            return (day.day, "" if plain else "班", "工作日" if plain else names.get(day, "调休上班"))
        return (day.day, "休" if plain or day in names else "", names.get(day, "周末"))

    grids = []
    for month in range(1, 13):
        weeks = months.Calendar().monthdatescalendar(year, month)
        grids.append(
            (f"{month}月", [[cell(day) if day.month == month else None for day in week] for week in weeks])
        )
    return grids


def _calendar_page(
    status: int = 200, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None
) -> Response:
    year, known = _year(), official_calendar.calendar()
    notices = list(CalendarNotice.select().order_by(CalendarNotice.id.desc()))
    event, days = request.args.get("event", ""), request.args.get("days", "")
    sentence, trouble = _deadline(event, days) if event or days else ("", "")
    return page(
        "admin/calendar.html",
        status=status,
        year=year,
        announced=year in known.announced,
        grids=month_grids(year),
        workdays=known.count(date(year, 1, 1), date(year, 12, 31)),
        notices=[(notice, notice.days.count()) for notice in notices],
        event=event,
        days=days,
        sentence=sentence,
        trouble=trouble,
        errors={name: message.replace("\n", "；") for name, message in (errors or {}).items()},
        summary=[(name, line) for name, message in (errors or {}).items() for line in message.splitlines()],
        typed=typed or {},
    )


def _deadline(event: str, days: str) -> tuple[str, str]:
    """The deadline's arithmetic in words, or what is wrong with the question."""
    try:
        start = date.fromisoformat(event)
    except ValueError:
        return "", f"起算日“{event[:20]}”不是日期，应写成 2026-09-18 这样"
    if not (days.isascii() and days.isdigit() and int(days[:5]) <= 1000) or not 2000 <= start.year <= 2095:
        return "", "工作日数应为 0 至 1000 的整数，起算日应在 2000 至 2095 年"
    due = official_calendar.calendar().deadline(start, int(days))
    which = f"第{int(days)}个工作日" if int(days) else "当个工作日"
    provisional = "（放假通知未出，暂定）" if due.provisional else ""
    return f"起算 {start}（当天不计）→ {which} {due.day} 24时止{provisional}", ""


@blueprint.get("/calendar")
@requires("calendar.view")
def calendar() -> Response:
    return _calendar_page()


@blueprint.get("/calendar/notices/<int(max=9223372036854775807):number>")
@requires("calendar.view")
def notice(number: int) -> Response:
    found = CalendarNotice.get_or_none(CalendarNotice.id == number)
    if found is None:
        raise Missing("没有这份通知")
    return page("admin/notice.html", notice=found, days=list(found.days.order_by(CalendarDay.day)))


@blueprint.post("/calendar")
@act("calendar.edit")
def enter_notice() -> Response:
    typed = {name: request.form.get(name, "") for name in ("document", "years", "lines")}
    errors: dict[str, str] = {}
    document = typed["document"].strip()
    if not 1 <= len(document) <= 100:
        errors["document"] = "请填写文号或说明（100 字以内）"
    years: list[int] = []
    try:
        years = calendar_lines.read_years(typed["years"])
    except ValueError as error:
        errors["years"] = str(error)
    read = calendar_lines.read_days(typed["lines"], years or [clock.today().year])
    if years and read.problems:
        errors["lines"] = "\n".join(read.problems)
    if errors:
        return _calendar_page(422, errors, typed)
    entered = official_calendar.enter_notice(document, years, list(read.days), current_user.name)
    audit.record(
        "录入放假通知", "calendar", entered.id,
        after={"document": document, "years": years, "days": [[f"{day}", *rest] for day, *rest in read.days]},
        note=document,
    )  # fmt: skip
    moved = obligations.recompute_open() + quarter_lists.recount_deadlines()
    flash(f"已录入“{document}”，共 {len(read.days)} 天；重算未办时限义务，{moved} 项期限变动", "success")
    return redirect(url_for("admin.calendar", year=years[0]), 303)


@blueprint.get("/settings")
@requires("settings.view")
def settings() -> Response:
    found = setting_forms.rows(clock.today())
    return page("admin/settings.html", groups=[(label, rows) for label, rows in found.items() if rows])


def _setting_page(shown: Row, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    typed = request.form if request.method == "POST" else {}
    return page(
        "admin/setting.html",
        status=status,
        row=shown,
        may_change=current_user.can(shown.permission),
        history=[
            (stored, setting_forms.words(shown.key, stored.value))
            for stored in setting_forms.stored_values(shown.key)
        ],
        quarters=setting_forms.quarters(clock.today()),
        item_names=setting_forms.item_names(clock.today()),
        today=clock.today(),
        typed=typed,
        errors=errors or {},
    )


@blueprint.get("/settings/<key>")
@requires("settings.view")
def setting(key: str) -> Response:
    return _setting_page(setting_forms.row(key, clock.today()))


@blueprint.post("/settings/<key>")
@act("settings.view", proof="recent")
def change_setting(key: str) -> Response:
    shown = setting_forms.row(key, clock.today())
    if not current_user.can(shown.permission):
        raise NotAllowed("业务设置由办公室修改，安全设置由安全管理员修改")
    try:
        from_day = setting_forms.change(shown, request.form.to_dict())
    except Refused as refusal:
        return _setting_page(shown, 422, refusal.fields or {"value": str(refusal)})
    flash(f"“{shown.label}”自 {from_day} 起变更", "success")
    return redirect(url_for("admin.setting", key=key), 303)
