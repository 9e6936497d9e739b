"""Reading forms and answering acts: typed dates and lists, the same page again with its errors, pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Response, flash, redirect, request
from flask_login import current_user

from portal.toolkit import Missing, NotAllowed, Refused, clock

SIZE = 30
#: The filter value of all units together.
EVERY = "all"


def text(name: str) -> str:
    """A text of the sent form, outer blanks removed."""
    return request.form.get(name, "").strip()


def lines(name: str) -> list[str]:
    """The non-empty lines of a text area."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def words(name: str) -> list[str]:
    """Several words separated by blanks, commas or 、."""
    sent = request.form.get(name, "")
    for sign in "，、；;,\n\r\t":
        sent = sent.replace(sign, " ")
    return sent.split()


def day(name: str, label: str) -> date:
    """A date of the sent form. Raises Refused naming field, value and rule."""
    sent = text(name)
    try:
        return date.fromisoformat(sent)
    except ValueError:
        problem = f"{label}“{sent}”应写成 2026-09-25 这样的日期" if sent else f"请填写{label}"
        raise Refused(problem, {name: problem}) from None


def moment(name: str, label: str) -> datetime:
    """An instant of the sent form (Asia/Shanghai). Raises Refused."""
    sent = text(name).replace(" ", "T")
    try:
        return clock.parse(sent)
    except ValueError:
        problem = f"{label}“{sent}”应写成 2026-09-25 17:00 这样的时间" if sent else f"请填写{label}"
        raise Refused(problem, {name: problem}) from None


def number(name: str, label: str, otherwise: int | None = None) -> int:
    """A whole number of the sent form. Raises Refused."""
    sent = text(name)
    if not sent and otherwise is not None:
        return otherwise
    if not sent.isascii() or not sent.isdigit() or len(sent) > 6:
        problem = f"{label}“{sent}”应为整数" if sent else f"请填写{label}"
        raise Refused(problem, {name: problem})
    return int(sent)


def attempt(
    act: Callable[[], Any], done: Callable[[Any], str] | str, again: Callable[..., Response], said: str = ""
) -> Response:
    """Do ``act``; then go to ``done`` with the words ``said``, or show the page again with what is wrong and what was
    typed. What the person may not see or do at all stays an error page."""
    try:
        result = act()
    except (Missing, NotAllowed):
        raise
    except Refused as refusal:
        return again(errors=refusal.beside(), typed=request.form, status=refusal.status)
    if said:
        flash(said, "success")
    return redirect(done if isinstance(done, str) else done(result), 303)


def paged(
    query: Any, key: Any, size: int = SIZE, *, newest_first: bool = True
) -> tuple[list[Any], str | None]:
    """One page of ``query`` by the unique ``key``; ``after`` in the address is the last key of the page before."""
    after = request.args.get("after", "")
    if after:
        value: Any = after
        if key.field_type in ("INT", "BIGINT", "BIGAUTO", "AUTO"):
            if not after.isdigit() or len(after) > 18:
                raise Missing("没有这一页")
            value = int(after)
        query = query.where(key < value) if newest_first else query.where(key > value)
    rows = list(query.order_by(key.desc() if newest_first else key).limit(size + 1))
    more = str(getattr(rows[size - 1], key.name)) if len(rows) > size else None
    return rows[:size], more


def unit_asked(checking: Mapping[str, str]) -> str:
    """The unit a list is filtered by: as asked, else the viewer's own where it checks, else ``EVERY`` unit."""
    asked = request.args.get("unit")
    if asked is not None:
        return asked or EVERY
    return current_user.unit if current_user.unit in checking and not current_user.has_role("office") else EVERY


def typed_or(stored: Mapping[str, Any], typed: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a form shows: what was typed when it is shown again, else what is stored."""
    return stored if typed is None else typed
