"""Reads what a form sends: days that may be missing, or that a rule asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.toolkit import Refused, spreadsheets


def day(form: Mapping[str, str], name: str, label: str) -> date | None:
    """The day in field ``name`` in any habit of writing, or None when it is empty or 长期. Raises Refused."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        found = spreadsheets.read_date(text)
    except spreadsheets.ValueRefused as refused:
        told = f"{label}“{text[:20]}”：{refused.rule}"
        raise Refused(told, {name: told}) from refused
    return found if isinstance(found, date) else None


def required_day(form: Mapping[str, str], name: str, label: str) -> date:
    """As :func:`day`, for a field that cannot be empty."""
    found = day(form, name, label)
    if found is None:
        raise Refused(f"{label}不能为空", {name: f"{label}不能为空"})
    return found
