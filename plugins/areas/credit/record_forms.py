"""The form of a dishonesty record: read from what was typed, with a sentence for each wrong field, and shown again."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from plugins.areas.credit import code_lists, publicity_rules, record_rules
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.periods import NO_END
from plugins.areas.credit.record_rules import LABELS, Entry
from plugins.areas.credit.records import entry_of
from portal.toolkit import Refused, spreadsheets

AMOUNTS, DAYS = ("fine", "confiscated"), ("decided_on", "valid_until", "ban_until")
SETS, SWITCHES = ("penalty_kinds", "measures"), ("simple_procedure", "public")


def read(form: Any) -> tuple[Entry, dict[str, str]]:
    """The entry typed into the form (a werkzeug MultiDict) and what could not be read: field → sentence."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields(Entry):
        name = field.name
        if name == "confirmed":
            continue
        if name in SETS:
            values[name] = tuple(form.getlist(name))
        elif name in SWITCHES:
            values[name] = form.get(name) == "1"
        else:
            values[name] = form.get(name, "").strip()
    for name in DAYS:
        values[name] = _day(name, values[name], problems)
    for name in AMOUNTS:
        values[name] = _amount(name, values[name], form.get(f"{name}_unit", ""), problems)
    confirmed = frozenset(key.removeprefix("confirm-") for key in form if key.startswith("confirm-"))
    return Entry(**values, confirmed=confirmed), problems


def _day(name: str, text: str, problems: dict[str, str]) -> Any:
    try:
        day = spreadsheets.read_date(text)
    except spreadsheets.ValueRefused as refusal:
        problems[name] = f"{LABELS[name]}“{text[:20]}”读不出：{refusal.rule}"
        return None
    return NO_END if day is spreadsheets.FOREVER else day


def _amount(name: str, text: str, unit: str, problems: dict[str, str]) -> int | None:
    if not text:
        return None
    if unit not in ("元", "万元"):
        problems[name] = f"请选择{LABELS[name]}的单位（元或万元）"
        return None
    try:
        return spreadsheets.read_money_fen(text, unit)
    except spreadsheets.ValueRefused as refusal:
        problems[name] = f"{LABELS[name]}“{text[:20]}”读不出：{refusal.rule}"
        return None


def read_or_refuse(form: Any) -> Entry:
    """As :func:`read`; raises Refused when a field cannot be read."""
    entry, problems = read(form)
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return entry


def typed(form: Any) -> dict[str, Any]:
    """What was typed, for the form shown again."""
    values = {name: form.get(name, "") for name in form if name not in ("csrf_token", "submission_key")}
    return (
        values
        | {name: form.getlist(name) for name in SETS}
        | {name: form.get(name) == "1" for name in SWITCHES}
    )


def shown(record: DishonestyRecord) -> dict[str, Any]:
    """The stored record as the form shows it; amounts in 元."""
    entry = entry_of(record)
    values = {field.name: getattr(entry, field.name) for field in fields(entry) if field.name != "confirmed"}
    for name in AMOUNTS:
        values[f"{name}_unit"] = "元"
        values[name] = "" if values[name] is None else f"{values[name] / 100:.2f}"
    for name in DAYS:
        values[name] = (
            "" if values[name] is None else ("长期" if values[name] == NO_END else values[name].isoformat())
        )
    return values | {name: list(values[name]) for name in SETS}


def choices() -> dict[str, Any]:
    """Every code list of the form as (value, words)."""
    return {
        "kinds": list(record_rules.KIND_LABELS.items()),
        "party_kinds": list(record_rules.PARTY_LABELS.items()),
        "penalty_kinds": [(kind, kind) for kind in code_lists.PENALTY_KINDS],
        "categories": [("", "（行政处罚不填）")]
        + [(code, words) for code, (words, _) in code_lists.OTHER_KINDS.items()],
        "fields": [("", "请选择")] + [(field, field) for field in code_lists.FIELDS],
        "measures": [(m.code, f"{m.code} {m.text}（{m.basis}）") for m in code_lists.measures().values()],
        "severities": [("", "按处罚种类判断"), *publicity_rules.SEVERITIES.items()],
        "tracks": [("", "按决定单位和日期确定")]
        + [
            (track.key, f"{track.label}（{track.source}，自 {track.since}）")
            for track in publicity_rules.TRACKS
        ],
        "units": [("元", "元"), ("万元", "万元")],
    }
