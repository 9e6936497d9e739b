"""The columns of the core's lists when they are given as files (portal.list_files)."""

from __future__ import annotations

from typing import Any

from portal import obligations, units
from portal.audit_search import CHANNELS, RECORD_TYPES
from portal.list_files import Column, moment

OBLIGATIONS = (
    Column("事项", lambda o: o.title, width=40),
    Column("类别", lambda o: o.kind_label),
    Column("责任单位", lambda o: units.name_of(o.unit), width=24),
    Column("主体", lambda o: o.subject.name if o.subject_id else "", width=32),
    Column("统一社会信用代码", lambda o: o.subject.code if o.subject_id else "", width=22),
    Column("起算日", lambda o: o.started_on, "date", 12),
    Column("期限", lambda o: o.deadline, "date", 12),
    Column("期限依据", lambda o: o.arithmetic, width=48),
    Column("状态", lambda o: obligations.STATE_LABELS[o.state], width=12),
    Column("办结日期", lambda o: o.fulfilled_on, "date", 12),
    Column("办结人", lambda o: o.fulfilled_by, width=14),
)

FIGURES = (
    Column("单位", lambda row: row[0], width=24),
    Column("类别", lambda row: row[1], width=24),
    *(Column(title, lambda row, at=at: row[at], "integer", 10) for at, title in enumerate(("应办", "已办", "按时", "逾期未办"), 2)),
)

AUDIT = (
    Column("序号", lambda e: e.seq, "integer", 10),
    Column("时间", lambda e: moment(e.at, seconds=True), width=20),
    Column("账号", lambda e: e.account),
    Column("姓名", lambda e: e.actor_name),
    Column("单位", lambda e: e.unit),
    Column("来自", lambda e: e.address),
    Column("渠道", lambda e: CHANNELS.get(e.channel, e.channel), width=10),
    Column("操作", lambda e: e.action, width=24),
    Column("记录类型", lambda e: RECORD_TYPES.get(e.record_type, e.record_type)),
    Column("记录号", lambda e: e.record_id),
    Column("成功", lambda e: e.succeeded, width=6),
    Column("说明", lambda e: e.note, width=40),
    Column("前一条哈希", lambda e: e.previous, width=66),
    Column("哈希", lambda e: e.hash, width=66),
)

JOBS = (
    Column("号", lambda row: row[0].id, "integer", 8),
    Column("任务", lambda row: row[0].title, width=40),
    Column("类别", lambda row: row[1]),
    Column("状态", lambda row: row[0].state_label, width=10),
    Column("进度", lambda row: row[0].done, "integer", 10),
    Column("总数", lambda row: row[0].total, "integer", 10),
    Column("提交人", lambda row: row[0].person, width=14),
    Column("提交时间", lambda row: moment(row[0].created_at), width=18),
    Column("结束时间", lambda row: moment(row[0].finished_at), width=18),
)

ACCOUNTS = (
    Column("姓名", lambda row: row[0].name),
    Column("账号", lambda row: row[0].account),
    Column("单位", lambda row: row[1], width=24),
    Column("职务", lambda row: row[0].position),
    Column("角色", lambda row: row[2], width=32),
    Column("状态", lambda row: "启用" if row[0].active else "停用", width=8),
    Column("最近登录", lambda row: moment(row[0].last_login_at), width=18),
)

REQUESTS = (
    Column("姓名", lambda row: row[0].name),
    Column("账号", lambda row: row[0].account),
    Column("单位", lambda row: row[1], width=24),
    Column("职务", lambda row: row[0].position),
    Column("申请的角色", lambda row: row[2], width=32),
    Column("状态", lambda row: row[3], width=12),
    Column("申请时间", lambda row: moment(row[0].asked_at), width=18),
    Column("申请人", lambda row: row[0].asked_by),
    Column("答复人", lambda row: row[0].answered_by),
    Column("答复时间", lambda row: moment(row[0].answered_at), width=18),
    Column("原因", lambda row: row[0].reason, width=32),
)

UNITS = (
    Column("序号", lambda row: row[0].number, "integer", 6),
    Column("单位", lambda row: row[0].name, width=28),
    Column("统一社会信用代码", lambda row: row[0].credit_code, width=22),
    Column("职责", lambda row: row[1], width=48),
    Column("监管领域", lambda row: "、".join(field.name for field in row[0].check_fields), width=40),
    Column("专门职能", lambda row: row[2], width=32),
    Column("成员起始", lambda row: row[4], "date", 12),
    Column("状态", lambda row: row[3], width=24),
)

QUARTER_LISTS = (
    Column("单位", lambda row: row[1], width=24),
    Column("清单", lambda row: row[3], width=24),
    Column("条数", lambda row: row[5], "integer", 8),
    Column("最近报送", lambda row: moment(row[4].sent_at) if row[4] else "", width=18),
    Column("报送人", lambda row: row[4].sent_by if row[4] else ""),
    Column("补报", lambda row: bool(row[4] and row[4].late), width=8),
)

#: A row is (which side, list entry, differing field, value of the list, value of the platform).
COMPARISON = (
    Column("比对", lambda row: row[0], width=18),
    Column("名称", lambda row: row[1].name, width=32),
    Column("统一社会信用代码", lambda row: row[1].code, width=22),
    Column("文书号", lambda row: row[1].document, width=24),
    Column("决定日期", lambda row: row[1].day, "date", 12),
    Column("项目", lambda row: row[2]),
    Column("清单", lambda row: row[3], width=24),
    Column("平台", lambda row: row[4], width=24),
)

SCORE_LINES = (
    Column("项目", lambda line: line.name, width=28),
    Column("分组", lambda line: line.group, width=20),
    Column("分值", lambda line: str(line.weight), width=8),
    Column("得分", lambda line: str(line.score), width=8),
    Column("怎么算的", lambda line: line.why, width=80),
)


def board(items: Any) -> tuple[Column, ...]:
    """The columns of a quarter's board; a row is (row of the board, its lines by item)."""
    return (
        Column("名次", lambda row: row[0].rank, "integer", 6),
        Column("单位", lambda row: row[0].unit.name, width=28),
        Column("总分", lambda row: str(row[0].total), width=8),
        *(Column(item.name, lambda row, key=item.key: str(row[1][key].score) if key in row[1] else "", width=12) for item in items),
    )


def year(quarters: Any) -> tuple[Column, ...]:
    """The columns of a year's board; a row is (unit, totals by quarter, the year's score)."""
    return (
        Column("单位", lambda row: row[0].name, width=28),
        *(Column(quarter.label, lambda row, key=str(quarter): str(row[1].get(key, "")), width=12) for quarter in quarters),
        Column("年度", lambda row: "" if row[2] is None else str(row[2]), width=10),
    )
