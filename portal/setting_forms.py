"""Every setting as a row of the settings page, and the reading of what was typed into its form."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

from portal import clock, settings
from portal.refusals import Missing, Refused
from portal.scheme import Scheme, scheme_for
from portal.scheme_settings import NOTHING_DUE, SETTING_LABELS, Choice, ScoringError, decimal_text
from portal.scheme_settings import Settings as SchemeSettings
from portal.settings import SettingRefused, SettingValue, known
from portal.workdays import Quarter

SCHEME = "scheme."
#: Headings in this order first; those of the areas follow.
GROUPS = ("平台", "时限", "计分细则（附件2-1）", "安全")
SCHEME_GROUP = GROUPS[2]
YES_NO = (("true", "是"), ("false", "否"))

@dataclass(frozen=True)
class Row:
    """One setting as the page shows it; ``kind`` is its form: number, text, choice, steps or items."""

    key: str
    label: str
    value: str
    default: str
    source: str
    rule: str
    permission: str
    since: date | None
    kind: str
    typed: Any
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def is_scheme(self) -> bool:
        """Whether it belongs to the scoring scheme, which changes only with a quarter."""
        return self.key.startswith(SCHEME)


def current_scheme(day: date) -> Scheme:
    """The scheme in force on ``day`` with the settings that the office stored for that day."""
    stored = settings.values(SCHEME, day)
    return scheme_for(day).with_settings({key.removeprefix(SCHEME): value for key, value in stored.items()})


def rows(day: date) -> dict[str, list[Row]]:
    """Every setting on ``day``, by group."""
    stored = _since(day)
    found: dict[str, list[Row]] = {group: [] for group in GROUPS}
    for key, setting in known().items():
        found.setdefault(setting.group or "其他", []).append(_core_row(key, stored))
    found[SCHEME_GROUP] = [_scheme_row(name, day, stored) for name in SETTING_LABELS]
    return found


def row(key: str, day: date) -> Row:
    """The setting ``key`` on ``day``. Raises Missing."""
    stored = _since(day)
    if key in known():
        return _core_row(key, stored)
    name = key.removeprefix(SCHEME)
    if not key.startswith(SCHEME) or name not in SETTING_LABELS:
        raise Missing("没有这项设置")
    return _scheme_row(name, day, stored)


def _since(day: date) -> dict[str, SettingValue]:
    query = (
        SettingValue.select()
        .where(SettingValue.from_day <= day)
        .order_by(SettingValue.from_day, SettingValue.id)
    )
    return {stored.key: stored for stored in query}


def words(key: str, value: Any) -> str:
    """A stored value in words, with its unit of measure."""
    if key.startswith(SCHEME):
        scheme = scheme_for(clock.today()).with_settings({key.removeprefix(SCHEME): value})
        return next(text for name, _, text in scheme.settings_in_words() if name == key.removeprefix(SCHEME))
    if isinstance(value, bool):
        return "是" if value else "否"
    text = dict(known()[key].choices).get(value, str(value)) if key in known() else str(value)
    return f"{text} {known()[key].unit}".strip() if key in known() else text


def _core_row(key: str, stored: dict[str, SettingValue]) -> Row:
    setting = known()[key]
    value = stored[key].value if key in stored else setting.default
    if isinstance(setting.default, bool):
        kind, typed, choices = "choice", "true" if value else "false", YES_NO
    elif setting.choices:
        kind, typed, choices = "choice", value, setting.choices
    else:
        kind, typed, choices = "number" if isinstance(setting.default, int) else "text", value, ()
    rule = f"应为{'或'.join(label for _, label in choices)}" if choices else setting.rule
    return Row(
        key, setting.label, words(key, value), words(key, setting.default), setting.source or "—", rule,
        setting.permission, stored[key].from_day if key in stored else None, kind, typed, choices,
    )  # fmt: skip


def _scheme_row(name: str, day: date, stored: dict[str, SettingValue]) -> Row:
    key = SCHEME + name
    base, now = scheme_for(day), current_scheme(day)
    value = next(text for found, _, text in now.settings_in_words() if found == name)
    default = next(text for found, _, text in base.settings_in_words() if found == name)
    kind, typed, choices, rule = _scheme_form(name, now)
    since = stored[key].from_day if key in stored else None
    return Row(
        key,
        SETTING_LABELS[name],
        value,
        default,
        "附件2-1",
        rule,
        "settings.edit",
        since,
        kind,
        typed,
        choices,
    )


def _scheme_form(name: str, scheme: Scheme) -> tuple[str, Any, tuple[tuple[str, str], ...], str]:
    """The form of a scheme's setting: kind, the values to begin with, the choices, the rule in words."""
    value = getattr(scheme.settings, name)
    read = next(f.metadata["read"] for f in fields(SchemeSettings) if f.name == name)
    if name == "nothing_due":
        due = {
            i.key: "redistribute" if scheme.leaves_when_nothing_due(i.key) else "full"
            for i in scheme.items
            if i.has_due
        }
        return "items", due, tuple(NOTHING_DUE.words.items()), "各项应为得满分或分值移出"
    if name == "unlicensed_base":
        lines = "\n".join(f"{n} {decimal_text(share, longest=12)}" for n, share in value)
        return "steps", lines, (), "每行一个起数和 0 至 1 的比例，如 1 0.5"
    if isinstance(read, Choice):
        choices = tuple(read.words.items())
        return "choice", value, choices, f"应为{'或'.join(label for _, label in choices)}"
    if isinstance(value, bool):
        return "choice", "true" if value else "false", YES_NO, "应为是或否"
    if isinstance(value, Fraction):
        return "text", decimal_text(value, longest=12), (), "应大于 0，不大于 1，如 0.9"
    return "number", value, (), "应为整数"


def item_names(day: date) -> dict[str, str]:
    """The names of the scored items that can have nothing due, for the form of ``nothing_due``."""
    return {item.key: item.name for item in scheme_for(day).items if item.has_due}


def read(shown: Row, typed: dict[str, str]) -> Any:
    """The new value from the form's fields. Raises SettingRefused where it cannot be a value of its kind."""
    text = typed.get("value", "").strip()
    if shown.kind == "items":
        return {name.removeprefix("item."): word for name, word in typed.items() if name.startswith("item.")}
    if shown.kind == "steps":
        return _steps(shown, text)
    if shown.choices == YES_NO:
        if text not in ("true", "false"):
            raise SettingRefused(f"“{shown.label}”{shown.rule}")
        return text == "true"
    if shown.kind == "number":
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise SettingRefused(f"“{shown.label}”的值“{text[:20]}”不是整数：{shown.rule}")
        return int(text)
    return text


def _steps(shown: Row, text: str) -> dict[str, str]:
    steps: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = re.split(r"[\s:：]+", line.strip())
        if len(parts) != 2:
            raise SettingRefused(f"“{shown.label}”第 {number} 行“{line.strip()[:20]}”：{shown.rule}")
        if parts[0] in steps:
            raise SettingRefused(f"“{shown.label}”第 {number} 行：起数 {parts[0]} 前面已经写过")
        steps[parts[0]] = parts[1]
    if not steps:
        raise SettingRefused(f"“{shown.label}”：{shown.rule}")
    return steps


def change(shown: Row, typed: dict[str, str]) -> date:
    """Store what was typed from the day that was typed; returns that day. Raises Refused."""
    from_day = _from_day(shown, typed.get("from_day", ""))
    new = read(shown, typed)
    if not shown.is_scheme:
        settings.change(shown.key, new.strip() if isinstance(new, str) else new, from_day)
        return from_day
    name = shown.key.removeprefix(SCHEME)

    def check(value: Any) -> None:
        try:
            scheme_for(from_day).with_settings({name: value})
        except ScoringError as error:
            raise SettingRefused(str(error)) from error

    settings.change(shown.key, new, from_day, check=check)
    return from_day


def _from_day(shown: Row, text: str) -> date:
    """The first day of a quarter for the scheme, any day from today on for the rest; never the past."""
    today = clock.today()
    if shown.is_scheme:
        try:
            quarter = Quarter.parse(text)
        except ValueError as error:
            raise Refused(str(error), {"from_day": str(error)}) from error
        if quarter < Quarter.of(today):
            raise Refused("计分细则的设置从本季度或以后的季度起变更", {"from_day": "应为本季度或以后的季度"})
        return quarter.first
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(
            "起始日期应写成 2026-09-18 这样", {"from_day": "起始日期应写成 2026-09-18 这样"}
        ) from None
    if day < today:
        raise Refused("起始日期不能早于今天", {"from_day": "起始日期不能早于今天"})
    return day


def quarters(day: date) -> list[tuple[str, str]]:
    """The quarters from which a scheme's setting may change: this one and the next four."""
    found, quarter = [], Quarter.of(day)
    for _ in range(5):
        found.append((str(quarter), quarter.label))
        quarter = quarter.next
    return found


def stored_values(key: str) -> list[SettingValue]:
    """Every value that ``key`` was given, the latest entered first."""
    return list(SettingValue.select().where(SettingValue.key == key).order_by(SettingValue.id.desc()))
