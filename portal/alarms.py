"""安全告警: what the security administrator must look at, read every minute out of the audit log (GB/T 22239 8.1.4.4 f)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import peewee

from portal import audit, clock, official_calendar, settings, users
from portal.audit import AuditEntry
from portal.database import InstantField, Record, transaction
from portal.refusals import Missing, Refused
from portal.users import User

log = logging.getLogger("portal.alarms")

_LOCKOUTS, _LOCKOUT_SPAN = 5, timedelta(minutes=10)
_EXPORT_SPAN = timedelta(hours=1)
_BATCH = 5000


class Alarm(Record):
    """One thing to look at; ``key`` keeps the same one from being raised twice."""

    key = peewee.TextField(unique=True)
    text = peewee.TextField()
    at = InstantField()
    seen_by = peewee.TextField(default="")
    seen_at = InstantField(null=True)
    note = peewee.TextField(default="")


class AlarmWatch(Record):
    """How far the audit log has been read; one row."""

    seq = peewee.BigIntegerField()


def raise_alarm(key: str, text: str) -> bool:
    """Enter an alarm once for each ``key``, in the log of the service too; whether it is new."""
    with transaction():
        row = {"key": key, "text": text, "at": clock.now(), "seen_by": "", "note": ""}
        new = bool(Alarm.insert(row).on_conflict(action="nothing").as_rowcount().execute())
        if new:
            audit.record("安全告警", "alarm", key, note=text)
    if new:
        log.warning("alarm %s: %s", key, text)
    return new


def watch() -> int:
    """Read what was entered since the last look and raise what it shows; returns how many alarms are new.

    A portal that has never looked begins with the newest entry: old failures are no news.
    """
    mark = AlarmWatch.get_or_none()
    last = audit.last()[0]
    if mark is None:
        with transaction():
            AlarmWatch.create(seq=last)
        return 0
    if last <= mark.seq:
        return 0
    fresh = AuditEntry.select().where((AuditEntry.seq > mark.seq) & (AuditEntry.action != "安全告警"))
    entries = list(fresh.order_by(AuditEntry.seq).limit(_BATCH))
    seen = entries[-1].seq if len(entries) == _BATCH else last
    with transaction():
        new = sum(raise_alarm(key, text) for entry in entries for key, text in _shown_by(entry))
        AlarmWatch.update(seq=seen).where(AlarmWatch.id == mark.id).execute()
    return new


def _shown_by(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """The alarms that one entry shows, with what stands before it."""
    if entry.note == "账号锁定":
        yield from _lockouts(entry)
    elif entry.action.startswith("导出"):
        yield from _mass_export(entry)
    elif entry.action == "登录":
        yield from _odd_login(entry)
    elif entry.action == "校验审计链" and not entry.succeeded:
        yield f"chain/{entry.record_id}", f"审计链校验没有通过：{entry.note}"
    elif entry.action in ("取消第二因素", "重置口令"):
        yield from _opened_administrator(entry)


def _before(entry: AuditEntry, span: timedelta) -> peewee.ModelSelect:
    return AuditEntry.select().where((AuditEntry.at > entry.at - span) & (AuditEntry.seq <= entry.seq))


def _lockouts(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    found = _before(entry, _LOCKOUT_SPAN).where(AuditEntry.note == "账号锁定").count()
    if found >= _LOCKOUTS:
        yield f"lockouts/{entry.at:%Y-%m-%d %H}", f"10 分钟内有 {found} 个账号因口令连续输错被锁定，最近一次来自 {entry.address}"


def _mass_export(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    allowed = settings.value("security.exports_per_hour")
    mine = (AuditEntry.account == entry.account) & AuditEntry.action.startswith("导出")
    found = _before(entry, _EXPORT_SPAN).where(mine).count()
    if found > allowed:
        yield f"exports/{entry.account}/{entry.at:%Y-%m-%d %H}", f"{entry.actor_name}（{entry.account}）一小时内导出 {found} 次，超过 {allowed} 次"


def _odd_login(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    user = users.find(entry.account)
    if user is None or not users.has_technical_role(user.roles):
        return
    at = entry.at.astimezone(clock.ZONE)
    first, last = settings.value("security.hours_first"), settings.value("security.hours_last")
    if not first <= at.hour < last or not official_calendar.calendar().is_workday(at.date()):
        yield f"login/{entry.seq}", f"{'、'.join(user.role_labels)}{user.name}在工作时间以外登录（{at:%Y-%m-%d %H:%M}，来自 {entry.address}）"


def _opened_administrator(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """An administrator's account that another opened again (who resets both ways in can use it himself)."""
    user = User.get_or_none(User.id == int(entry.record_id)) if entry.record_id.isdecimal() else None
    if user is not None and user.account != entry.account and users.has_technical_role(user.roles):
        yield f"opened/{entry.seq}", f"{entry.actor_name}对{'、'.join(user.role_labels)}{user.name}的账号：{entry.action}"


def open_count() -> int:
    """How many alarms nobody has seen to."""
    return Alarm.select().where(Alarm.seen_at.is_null()).count()


def settle(viewer: User, alarm_id: int, note: str) -> None:
    """The security administrator has seen to it and says how. Raises Missing, or Refused without words."""
    note = note.strip()
    if not 2 <= len(note) <= 200:
        raise Refused("请写明核实和处置情况（2 至 200 字）", {"note": "请写明核实和处置情况（2 至 200 字）"})
    with transaction():
        done = (
            Alarm.update(seen_by=viewer.name, seen_at=clock.now(), note=note)
            .where((Alarm.id == alarm_id) & Alarm.seen_at.is_null())
            .execute()
        )
        if not done:
            raise Missing("没有这条告警，或者已经处置")
        audit.record("处置安全告警", "alarm", alarm_id, note=note)
