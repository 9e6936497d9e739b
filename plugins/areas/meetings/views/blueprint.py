"""The one blueprint of the area, and how its forms' days, moments and files are read."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, Response, make_response, request, send_file

from portal.toolkit import Missing, Refused, clock, units

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings", template_folder="../templates")

#: A record's number in a URL: what both databases can hold.
ID = "int(max=9223372036854775807)"


def read_day(name: str, label: str) -> date:
    """The day typed in ``name``. Raises Refused, naming field, value and rule."""
    text = request.form.get(name, "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        words = f"{label}“{text[:20]}”应为日期，如 2026-09-25"
        raise Refused(words, {name: words}) from None
    if not 2000 <= day.year <= 2100:
        words = f"{label} {day} 不在 2000 至 2100 年之间"
        raise Refused(words, {name: words})
    return day


def read_moment(day_name: str, time_name: str) -> datetime:
    """The moment typed as a day and a time of day. Raises Refused."""
    day = read_day(day_name, "会议日期")
    text = request.form.get(time_name, "").strip()
    try:
        clock_time = time.fromisoformat(text)
    except ValueError:
        words = f"时间“{text[:20]}”应为 14:30 这样的时刻"
        raise Refused(words, {time_name: words}) from None
    return clock.at(day, clock_time.hour, clock_time.minute)


def uploads(name: str) -> list[tuple[str, bytes]]:
    """The files sent in the field ``name``: (name, content)."""
    found = [file for file in request.files.getlist(name) if file.filename]
    return [(file.filename or "", file.read()) for file in found]


def upload(name: str) -> tuple[str, bytes] | None:
    """The one file of a field, or None."""
    found = uploads(name)
    return found[0] if found else None


def typed(*names: str) -> dict[str, Any]:
    """What was typed, to be shown again."""
    return {name: request.form.get(name, "") for name in names}


def year_asked(known: list[int]) -> int:
    """The year in the query string, one of ``known``, or the newest. Raises Missing."""
    asked = request.args.get("year", type=int)
    if asked is None:
        return clock.today().year if clock.today().year in known else known[0]
    if asked not in known:
        raise Missing("没有这一年的记录")
    return asked


def member_choices() -> list[tuple[str, str]]:
    """The member units of today as choices."""
    return [(unit.key, unit.name) for unit in units.enabled()]


def download(content: bytes, name: str, kind: str) -> Response:
    """A file as an attachment: never shown as a page of this site."""
    return make_response(
        send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name, max_age=0)
    )


def shown(content: bytes, name: str) -> Response:
    """A PDF made by the portal itself, shown in the browser."""
    return make_response(
        send_file(
            io.BytesIO(content),
            mimetype="application/pdf",
            as_attachment=False,
            download_name=name,
            max_age=0,
        )
    )
