"""Looking through the audit log: filters, pages by number, and rows for an export (GB/T 22239 8.1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import clock
from portal.audit import AuditEntry, RecordChange
from portal.list_files import by_key

#: The words of a record's type; a type of a plugin that is not here is shown as it is stored.
RECORD_TYPES = {
    "account": "账号",
    "account_request": "账号申请",
    "alarm": "安全告警",
    "audit": "审计记录",
    "backup": "备份",
    "calendar": "工作日历",
    "job": "后台任务",
    "list": "列表",
    "setting": "设置",
    "subject": "市场主体",
    "unit": "成员单位",
}
CHANNELS = {"web": "网页", "cli": "命令行", "api": "接口", "job": "后台任务"}


@dataclass(frozen=True)
class Filters:
    """What the auditor looks for; empty is no condition. Days are in Asia/Shanghai, both included."""

    account: str = ""
    action: str = ""
    record_type: str = ""
    record_id: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def words(self) -> str:
        """The conditions in words, for the entry that says what was looked at."""
        parts = (
            ("账号", self.account),
            ("操作", self.action),
            ("记录类型", self.record_type),
            ("记录号", self.record_id),
            ("起", self.first),
            ("止", self.last),
        )
        return "；".join(f"{label} {value}" for label, value in parts if value) or "全部"


@dataclass(frozen=True)
class Page:
    """One page, newest first; ``older`` and ``newer`` are the numbers from which the next pages go on."""

    rows: list[AuditEntry]
    older: int | None
    newer: int | None


def _conditions(filters: Filters) -> list[Any]:
    found: list[Any] = []
    if filters.account:
        found.append(AuditEntry.account == filters.account)
    if filters.action:
        found.append(AuditEntry.action.contains(filters.action))
    if filters.record_type:
        found.append(AuditEntry.record_type == filters.record_type)
    if filters.record_id:
        found.append(AuditEntry.record_id == filters.record_id)
    if filters.first:
        found.append(AuditEntry.at >= clock.at(filters.first))
    if filters.last:
        found.append(AuditEntry.at < clock.end_of(filters.last))
    return found


def search(filters: Filters, *, older: int | None = None, newer: int | None = None, size: int = 50) -> Page:
    """One page of what ``filters`` select: below number ``older``, above number ``newer``, or the newest."""
    query = AuditEntry.select()
    for condition in _conditions(filters):
        query = query.where(condition)
    if newer is not None:
        rows = list(query.where(AuditEntry.seq > newer).order_by(AuditEntry.seq).limit(size + 1))
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, rows[-1].seq if rows else None, rows[0].seq if more else None)
    if older is not None:
        query = query.where(AuditEntry.seq < older)
    rows = list(query.order_by(AuditEntry.seq.desc()).limit(size + 1))
    more, rows = len(rows) > size, rows[:size]
    first = rows[0].seq if rows and older is not None else None
    return Page(rows, rows[-1].seq if more else None, first)


def entries(filters: Filters, up_to: int) -> Iterator[AuditEntry]:
    """Every selected entry up to number ``up_to``, oldest first, without holding them in memory."""
    query = AuditEntry.select().where(AuditEntry.seq <= up_to)
    for condition in _conditions(filters):
        query = query.where(condition)
    return by_key(query, AuditEntry.seq, newest_first=False)


def changes_of(seq: int) -> list[list[Any]]:
    """``[field, old, new]`` of one entry; empty when nothing was changed or the personal data was deleted."""
    return RecordChange.select(RecordChange.changes).where(RecordChange.seq == seq).scalar() or []
