"""Dated settings that the office or an administrator may change, each with its bounds and its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import peewee

from portal import audit, clock, request_memo, totp
from portal.database import InstantField, JsonField, Record, database, transaction
from portal.declarations import Setting
from portal.plugging import registry
from portal.refusals import Refused


class SettingRefused(Refused):
    """A value outside a setting's bounds; the text (Chinese) names setting, value and rule."""


def _whole(low: int, high: int) -> tuple[Callable[[Any], bool], str]:
    return (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
        f"应为 {low} 至 {high} 的整数",
    )


def number_setting(key: str, label: str, default: int, unit: str, low: int, high: int, permission: str, source: str = "", group: str = "") -> Setting:
    check, rule = _whole(low, high)
    return Setting(key, label, default, unit, check, rule, permission, source, group)


def yes_no_setting(key: str, label: str, default: bool, permission: str, source: str = "", group: str = "") -> Setting:
    return Setting(key, label, default, "", lambda value: isinstance(value, bool), "应为是或否", permission, source, group)


def choice_setting(
    key: str, label: str, default: str, choices: tuple[tuple[str, str], ...], permission: str, source: str = "", group: str = ""
) -> Setting:
    """A setting that takes one of a few words; ``choices`` are (value, words)."""
    words = "、".join(text for _, text in choices)
    return Setting(
        key, label, default, "", lambda value: value in dict(choices), f"应为{words}之一", permission, source, group, choices
    )


def text_setting(key: str, label: str, default: str, longest: int, permission: str, source: str = "", group: str = "") -> Setting:
    return Setting(
        key, label, default, "", lambda value: isinstance(value, str) and 0 < len(value.strip()) <= longest,
        f"应为 1 至 {longest} 个字", permission, source, group,
    )


#: The core's own; the areas declare theirs (``register_settings``).
#: GB/T 22239-2019 8.1.4.1 asks for composition, rotation and lock-out; ASVS would drop the first two (security.md 1.2).
SETTINGS: dict[str, Setting] = {
    setting.key: setting
    for setting in (
        text_setting("site.zone", "开发区名称", "南通市经济技术开发区", 40, "settings.edit", group="平台"),
        number_setting("security.password_length", "口令最短长度", 12, "字符", 8, 64, "security.edit", "GB/T 22239 8.1.4.1 a", group="安全"),
        number_setting("security.password_classes", "口令至少包含的字符种类", 3, "种", 1, 4, "security.edit", "GB/T 22239 8.1.4.1 a", group="安全"),
        number_setting("security.password_days", "口令有效天数（0 为不限）", 90, "天", 0, 730, "security.edit", "GB/T 22239 8.1.4.1 a", group="安全"),
        number_setting("security.password_history", "不得重复最近几次的口令", 5, "次", 0, 24, "security.edit", group="安全"),
        number_setting("security.initial_hours", "初始口令有效时间", 24, "小时", 1, 168, "security.edit", group="安全"),
        number_setting("security.lock_failures", "连续失败几次后锁定账号", 5, "次", 3, 20, "security.edit", "GB/T 22239 8.1.4.1 b", group="安全"),
        number_setting("security.lock_minutes", "账号锁定时间", 15, "分钟", 1, 1440, "security.edit", "GB/T 22239 8.1.4.1 b", group="安全"),
        number_setting("security.idle_minutes", "无操作自动退出", 30, "分钟", 5, 480, "security.edit", "GB/T 22239 8.1.4.1 b", group="安全"),
        number_setting("security.session_hours", "一次登录最长时间", 8, "小时", 1, 24, "security.edit", group="安全"),
        number_setting("security.proof_minutes", "重大操作前须再次输入口令：距上次验证超过", 5, "分钟", 0, 60, "security.edit", "GB/T 22239 8.1.4.1", group="安全"),
        number_setting("security.exports_per_hour", "一人一小时内导出超过几次即告警", 20, "次", 1, 1000, "security.edit", group="安全"),
        number_setting("security.hours_first", "三员登录的工作时间：从几点起", 7, "点", 0, 23, "security.edit", group="安全"),
        number_setting("security.hours_last", "三员登录的工作时间：到几点止", 20, "点", 1, 24, "security.edit", group="安全"),
        choice_setting(
            "security.second_factor", "登录时须有第二因素的人员", "none",
            (("none", "自愿"), ("administrators", "三员"), ("all", "全体")),
            "security.edit", "GB/T 22239 8.1.4.1 d", group="安全",
        ),
        choice_setting("security.second_factor_digest", "第二因素的算法（新启用的）", "sha1", tuple(totp.DIGESTS.items()), "security.edit", group="安全"),
        number_setting("security.idle_days", "多少天未登录自动停用账号（0 为不停用）", 90, "天", 0, 730, "security.edit", "GB/T 22239 8.1.4.2 c", group="安全"),
        number_setting("security.sessions_each", "每个账号同时登录数", 3, "个", 1, 20, "security.edit", group="安全"),
        number_setting("days.quarter_list_opens", "季度清单提前几个工作日开始报送", 10, "工作日", 1, 40, "settings.edit", "三", group="时限"),
    )
}


def known() -> dict[str, Setting]:
    """Every setting by its key: the core's and what the areas declare."""
    return SETTINGS | registry().settings


class SettingValue(Record):
    """A value in force from ``from_day`` until the next one."""

    key = peewee.TextField()
    value = JsonField()
    from_day = peewee.DateField()
    entered_by = peewee.TextField()
    entered_at = InstantField()

    class Meta:
        indexes = ((("key", "from_day"), False),)


_kept: tuple[object, list[tuple[str, str, date]]] | None = None


def _stored() -> list[tuple[str, str, date]]:
    """Every stored value as (key, value, from day), in the order in which later ones win.

    Rows are only ever added, so their number and the newest id tell whether the list in memory still holds.
    """
    global _kept
    mark = (database.obj, *database.execute_sql("SELECT count(*), max(id) FROM setting_value").fetchone())
    if _kept is not None and _kept[0] == mark:
        return _kept[1]
    query = SettingValue.select(SettingValue.key, SettingValue.value, SettingValue.from_day)
    rows = list(query.order_by(SettingValue.from_day, SettingValue.id).tuples())
    if database.transaction_depth() == 0:
        # A row of a transaction that may still be undone is nothing to remember.
        _kept = (mark, rows)
    return rows


def value(key: str, day: date | None = None) -> Any:
    """The value of ``key`` in force on ``day`` (default today). Raises KeyError for an unknown key."""
    found, day = known()[key].default, day or clock.today()
    for name, stored, from_day in request_memo.once("settings", _stored):
        if name == key and from_day <= day:
            found = stored
    return found


def values(prefix: str, day: date | None = None) -> dict[str, Any]:
    """Every stored value whose key begins with ``prefix``, in force on ``day``."""
    day = day or clock.today()
    rows = request_memo.once("settings", _stored)
    return {key: stored for key, stored, from_day in rows if key.startswith(prefix) and from_day <= day}


def change(key: str, new: Any, from_day: date, *, check: Callable[[Any], Any] | None = None) -> None:
    """Set ``key`` to ``new`` from ``from_day`` on, audited; raises SettingRefused. ``check`` serves scheme settings."""
    if check is None:
        setting = known().get(key)
        if setting is None:
            raise SettingRefused(f"没有名为“{key}”的设置")
        if not setting.check(new):
            raise SettingRefused(f"“{setting.label}”的值 {new} 不合规则：{setting.rule}")
    else:
        check(new)
    with transaction():
        declared = known().get(key)
        before = values(key, from_day).get(key, declared.default if declared else None)
        SettingValue.create(
            key=key, value=new, from_day=from_day, entered_by=audit.actor().name, entered_at=clock.now()
        )
        request_memo.forget("settings")
        audit.record(
            "修改设置", "setting", key, before={"value": before}, after={"value": new}, note=f"自 {from_day} 起"
        )
