"""The columns of the inspections area's lists when they are given as files."""

from __future__ import annotations

from plugins.areas.inspections import codes, rules
from plugins.areas.inspections.figures import Figure
from portal.toolkit import list_files, units

_C = list_files.Column

CHECKS = (
    _C("抽查任务编号", lambda c: c.task.code, width=20),
    _C("检查对象", lambda c: c.name, width=32),
    _C("统一社会信用代码", lambda c: c.object_id, width=22),
    _C("抽查事项编号", lambda c: c.item.number, width=14),
    _C("抽查事项", lambda c: c.item.item, width=28),
    _C("检查机关", lambda c: units.name_of(c.unit), width=24),
    _C("检查日期", lambda c: c.checked_on, "date", 12),
    _C("检查结果", lambda c: codes.result_words(c.codes) if c.codes else "", width=32),
    _C("处理意见", lambda c: c.opinion, width=32),
    _C("状态", lambda c: rules.CHECK_STATES[c.state], width=12),
    _C("录入时间", lambda c: list_files.moment(c.entered_at), width=18),
    _C("公示时间", lambda c: list_files.moment(c.published_at), width=18),
    _C("办结时间", lambda c: list_files.moment(c.closed_at), width=18),
)
DRAWS = (
    _C("编号", lambda d: d.draw_id, width=24),
    _C("任务", lambda d: d.task.name, width=32),
    _C("发起单位", lambda d: units.name_of(d.unit), width=24),
    _C("名录数", lambda d: d.size, "integer", 10),
    _C("公告", lambda d: list_files.moment(d.announced_at), width=18),
    _C("公告摘要", lambda d: d.digest, width=66),
    _C("状态", lambda d: rules.DRAW_STATES[d.state], width=14),
    _C("作废理由", lambda d: d.void_reason, width=32),
)
#: As on the screen, without the telephone: that is the own unit's.
INSPECTORS = (
    _C("姓名", lambda i: i.name, width=14),
    _C("单位", lambda i: units.name_of(i.unit), width=24),
    _C("工号", lambda i: i.staff_number, width=12),
    _C("执法证编号", lambda i: i.certificate, width=20),
    _C("执法证有效期", lambda i: i.valid_to, "date", 12),
    _C("发证机关", lambda i: i.issuer, width=24),
    _C("监管领域", lambda i: "、".join(i.fields), width=32),
    _C("抽查事项", lambda i: "、".join(i.items), width=32),
    _C("专家", lambda i: i.expert, width=8),
    _C("在岗", lambda i: i.active, width=8),
)
OBJECTS = (
    _C("抽查事项编号", lambda o: o.number, width=14),
    _C("类型", lambda o: o.kind, width=14),
    _C("编号", lambda o: o.code, width=20),
    _C("名称", lambda o: o.name, width=32),
    _C("街道", lambda o: o.street, width=14),
    _C("地址", lambda o: o.address, width=32),
    _C("信用风险等级", lambda o: o.risk_class, width=12),
    _C("所属主体代码", lambda o: o.subject.code if o.subject_id else "", width=22),
    _C("有效", lambda o: o.valid, width=8),
)
#: A row is (version, its state in words).
ITEMS = (
    _C("编号", lambda row: row[0].number, width=12),
    _C("抽查事项", lambda row: row[0].item, width=32),
    _C("类别", lambda row: row[0].category, width=20),
    _C("单位", lambda row: units.name_of(row[0].unit), width=24),
    _C("监管领域", lambda row: row[0].check_field, width=20),
    _C("检查对象", lambda row: row[0].object_type, width=20),
    _C("检查内容", lambda row: row[0].content, width=40),
    _C("依据", lambda row: row[0].basis, width=40),
    _C("比例（%）", lambda row: row[0].ratio, "integer", 8),
    _C("频次", lambda row: row[0].frequency, width=12),
    _C("检查方式", lambda row: row[0].method, width=16),
    _C("事项类型", lambda row: row[0].kind, width=10),
    _C("年度上限", lambda row: row[0].yearly_cap, "integer", 8),
    _C("版本", lambda row: row[0].version, "integer", 6),
    _C("状态", lambda row: row[1], width=14),
    _C("生效日期", lambda row: row[0].from_day, "date", 12),
    _C("停用日期", lambda row: row[0].until_day, "date", 12),
)
#: A row is (item version, library rule or None, (subjects, own objects)).
LIBRARIES = (
    _C("事项", lambda row: row[0].number, width=12),
    _C("抽查事项", lambda row: row[0].item, width=32),
    _C("单位", lambda row: units.name_of(row[0].unit), width=24),
    _C("检查对象", lambda row: row[0].object_type, width=24),
    _C("市场主体", lambda row: row[2][0], "integer", 10),
    _C("导入对象", lambda row: row[2][1], "integer", 10),
    _C("已建立", lambda row: row[1] is not None, width=8),
)
PLANS = (
    _C("年度", lambda p: p.year, "integer", 6),
    _C("计划", lambda p: p.name, width=36),
    _C("发起单位", lambda p: units.name_of(p.unit), width=24),
    _C("类型", lambda p: "联合" if p.joint else "单部门", width=10),
    _C("主题", lambda p: p.theme, width=20),
    _C("文号", lambda p: p.document, width=20),
    _C("状态", lambda p: rules.PLAN_STATES[p.state], width=14),
)
#: A row is (task, its living draw or None).
TASKS = (
    _C("任务编号", lambda row: row[0].code, width=20),
    _C("名称", lambda row: row[0].name, width=36),
    _C("发起单位", lambda row: units.name_of(row[0].unit), width=24),
    _C("类型", lambda row: "联合" if row[0].joint else "单部门", width=10),
    _C("主题", lambda row: row[0].theme, width=20),
    _C("开始日期", lambda row: row[0].from_day, "date", 12),
    _C("结束日期", lambda row: row[0].until_day, "date", 12),
    _C("抽取", lambda row: _drawn(*row), width=14),
)


def _drawn(task, draw):
    if task.cancelled_reason:
        return "已取消"
    return rules.DRAW_STATES[draw.state] if draw else "未抽取"


def figures(grouping: str, names: dict[str, str]) -> tuple[list_files.Column, ...]:
    """The columns of the figures by ``grouping``; a row is a Figure."""
    counts = (("应检查", "should"), ("已检查", "checked"), ("已录入", "entered"), ("已公示", "published"), ("已办结", "closed"), ("发现问题", "problems"))
    return (
        _C(grouping, lambda line: names.get(line.key, line.key), width=32),
        *(_C(title, lambda line, name=name: getattr(line, name), "integer", 10) for title, name in counts),
        _C("完成率", lambda line: Figure.share(line.published, line.should), width=10),
        _C("完结率", lambda line: Figure.share(line.closed, line.published), width=10),
        _C("问题率", lambda line: Figure.share(line.problems, line.entered), width=10),
    )
