"""The columns of the meetings area's lists when they are given as files."""

from __future__ import annotations

from portal.toolkit import list_files, units

from . import letters

_C = list_files.Column
#: How a unit can stand with a material that it was asked for.
STANDINGS = ("已报送", "迟报", "未报送", "待报送", "已撤销")

MEETINGS = (
    _C("时间", lambda m: list_files.moment(m.starts_at), width=18),
    _C("会议", lambda m: m.title, width=40),
    _C("类型", lambda m: m.kind_label, width=20),
    _C("主题", lambda m: m.theme, width=20),
    _C("地点", lambda m: m.place, width=24),
    _C("主持人", lambda m: m.presider, width=14),
    _C("状态", lambda m: m.state_label, width=12),
)
MINUTES = (
    _C("文号", lambda m: m.number, width=16),
    _C("标题", lambda m: m.title, width=48),
    _C("印发日期", lambda m: m.issue_day, "date", 12),
    _C("签发", lambda m: m.signed_by, width=14),
    _C("页数", lambda m: m.paper.pages, "integer", 8),
    _C("更正", lambda m: m.corrects.number if m.corrects_id else "", width=16),
)
#: A row is (request, how many units stand how).
MATERIALS = (
    _C("材料", lambda row: row[0].title, width=36),
    _C("会议", lambda row: row[0].meeting.title if row[0].meeting_id else "", width=36),
    _C("报送日期", lambda row: row[0].due, "date", 12),
    *(_C(word, lambda row, word=word: row[1].get(word, 0), "integer", 8) for word in STANDINGS),
    _C("要求人", lambda row: row[0].asked_by, width=14),
    _C("已撤销要求", lambda row: row[0].state == "cancelled", width=10),
)
REPORTS = (
    _C("文号", lambda r: letters.number_of(r, "报"), width=20),
    _C("标题", lambda r: r.title, width=48),
    _C("报告日期", lambda r: r.day, "date", 12),
    _C("答复日期", lambda r: r.answered_on, "date", 12),
    _C("批示意见", lambda r: r.answer, width=48),
)
URGES = (
    _C("文号", lambda u: letters.number_of(u, "督"), width=20),
    _C("种类", lambda u: letters.URGE_KINDS[u.kind], width=14),
    _C("标题", lambda u: u.title, width=48),
    _C("单位", lambda u: units.name_of(u.unit), width=24),
    _C("答复日期", lambda u: u.due, "date", 12),
    _C("状态", lambda u: letters.URGE_STATES[u.state], width=12),
    _C("答复人", lambda u: u.answered_by, width=14),
    _C("答复时间", lambda u: list_files.moment(u.answered_at), width=18),
)
BULLETINS = (
    _C("文号", lambda b: b.number, width=20),
    _C("标题", lambda b: b.title, width=48),
    _C("日期", lambda b: b.day, "date", 12),
)
SEATS = (
    _C("席位", lambda s: s.role_label, width=18),
    _C("单位", lambda s: s.body, width=28),
    _C("姓名", lambda s: s.person, width=14),
    _C("职务", lambda s: s.position, width=28),
    _C("任职日期", lambda s: s.from_day, "date", 12),
    _C("离任日期", lambda s: s.until_day, "date", 12),
    _C("依据", lambda s: s.basis, width=32),
)
