"""The columns of the licensing area's lists when they are given as files."""

from __future__ import annotations

from portal.toolkit import list_files, obligations, units

from . import case_rules, catalogue, permit_rules, rules

_C = list_files.Column
_NAME = "名称", "统一社会信用代码"


def item_name(code: str) -> str:
    """An item's code and name as the lists show it."""
    found = catalogue.item(code)
    return f"{code} {found.name}" if found else code


#: A row is (claim, its open obligation or None).
CLAIMS = (
    _C(_NAME[0], lambda row: row[0].subject.name, width=32),
    _C(_NAME[1], lambda row: row[0].subject.code, width=22),
    _C("许可事项", lambda row: f"{row[0].item} {row[0].item_name}".strip(), width=32),
    _C("依据的文字", lambda row: row[0].words, width=32),
    _C("推出的事项", lambda row: row[0].derived, width=10),
    _C("限分支机构", lambda row: row[0].branch, width=10),
    _C("计分", lambda row: row[0].scored, width=8),
    _C("推送日期", lambda row: row[0].pushed_on, "date", 12),
    _C("状态", lambda row: rules.CLAIM_STATES[row[0].state], width=18),
    _C("期限", lambda row: row[1].deadline if row[1] else None, "date", 12),
    _C("时限状态", lambda row: obligations.lamp(row[1]).text if row[1] else "", width=16),
    _C("认领日期", lambda row: row[0].claimed_on, "date", 12),
    _C("认领人", lambda row: row[0].claimed_by, width=12),
    _C("反馈", lambda row: rules.FEEDBACK_KINDS.get(row[0].feedback, ""), width=18),
    _C("反馈日期", lambda row: row[0].feedback_on, "date", 12),
    _C("办结说明", lambda row: row[0].closed_reason, width=28),
)
#: A row is (push, its claims).
PUSHES = (
    _C("推送日期", lambda row: row[0].confirmed_on, "date", 12),
    _C(_NAME[0], lambda row: row[0].subject.name, width=32),
    _C(_NAME[1], lambda row: row[0].subject.code, width=22),
    _C("登记事项", lambda row: row[0].kind, width=10),
    _C("分类", lambda row: row[0].subject.classification_label, width=10),
    _C("登记状态", lambda row: row[0].subject.state, width=10),
    _C("街道", lambda row: row[0].subject.street, width=14),
    _C("住所", lambda row: row[0].subject.address, width=36),
    _C("法定代表人", lambda row: row[0].subject.representative, width=14),
    _C("行业代码", lambda row: row[0].subject.industry, width=10),
    _C("经营范围", lambda row: row[0].scope, width=60),
    _C("匹配的事项", lambda row: "；".join(_matched(*row)), width=40),
    _C("办理单位", lambda row: "；".join(units.name_of(c.unit) or c.body for c in row[1]), width=30),
)


def _matched(push, claims):
    if push.state == "pushed":
        return [f"{claim.item} {claim.item_name}".strip() for claim in claims]
    return [f"{hit['code']} {hit['words']}" for hit in push.reading["hits"]]


MEASURES = (
    _C(_NAME[0], lambda m: m.subject.name, width=32),
    _C(_NAME[1], lambda m: m.subject.code, width=22),
    _C("许可编号", lambda m: m.permit.number, width=24),
    _C("许可机关", lambda m: units.name_of(m.permit.unit), width=24),
    _C("决定", lambda m: permit_rules.DECISIONS[m.decision.kind], width=10),
    _C("决定日期", lambda m: m.decision.decided_on, "date", 12),
    _C("措施", lambda m: permit_rules.MEASURES.get(m.measure, ""), width=32),
)
ROLL_BACKS = (
    _C(_NAME[0], lambda r: r.claim.subject.name, width=32),
    _C(_NAME[1], lambda r: r.claim.subject.code, width=22),
    _C("许可事项", lambda r: f"{r.claim.item} {r.claim.item_name}".strip(), width=32),
    _C("回退单位", lambda r: units.name_of(r.unit), width=24),
    _C("理由", lambda r: rules.ROLL_BACK_REASONS[r.reason], width=28),
    _C("说明", lambda r: r.note, width=32),
    _C("回退时间", lambda r: list_files.moment(r.returned_at), width=18),
)
OUTSIDE = (
    _C(_NAME[0], lambda c: c.subject.name, width=32),
    _C(_NAME[1], lambda c: c.subject.code, width=22),
    _C("许可事项", lambda c: f"{c.item} {c.item_name}".strip(), width=32),
    _C("许可机关", lambda c: c.body, width=24),
    _C("推送日期", lambda c: c.pushed_on, "date", 12),
    _C("转告情况", lambda c: c.closed_reason, width=32),
)
#: The reporter is never in a file: each look at the reporter is an act of its own (areas.md 1.8).
CASES = (
    _C("当事人", lambda c: c.person, width=28),
    _C(_NAME[1], lambda c: c.code, width=22),
    _C("类型", lambda c: case_rules.KINDS[c.kind], width=12),
    _C("来源", lambda c: case_rules.SOURCES[c.source], width=14),
    _C("经营活动", lambda c: c.activity, width=28),
    _C("地点", lambda c: c.place, width=32),
    _C("街道", lambda c: c.street, width=14),
    _C("许可事项", lambda c: item_name(c.item) if c.item else "", width=28),
    _C("发现日期", lambda c: c.found_on, "date", 12),
    _C("办理单位", lambda c: units.name_of(c.unit), width=24),
    _C("录入单位", lambda c: units.name_of(c.entered_unit), width=24),
    _C("录入日期", lambda c: c.entered_on, "date", 12),
    _C("状态", lambda c: case_rules.STATES[c.state], width=14),
    _C("办结日期", lambda c: c.outcome_on, "date", 12),
    _C("办结说明", lambda c: c.outcome_note, width=32),
)
UNREACHABLE = (
    _C(_NAME[0], lambda r: r.subject.name, width=32),
    _C(_NAME[1], lambda r: r.subject.code, width=22),
    _C("住所（经营场所）", lambda r: r.address, width=36),
    _C("报告单位", lambda r: units.name_of(r.unit), width=24),
    _C("发现日期", lambda r: r.found_on, "date", 12),
    _C("情况", lambda r: r.circumstances, width=32),
    _C("核实日期", lambda r: r.verified_on, "date", 12),
    _C("列入日期", lambda r: r.listed_on, "date", 12),
    _C("公示日期", lambda r: r.published_on, "date", 12),
    _C("移出日期", lambda r: r.removed_on, "date", 12),
)
#: A row is (item, approving unit, supervising unit, kind in words).
CATALOGUE = (
    _C("代码", lambda row: row[0].code, width=8),
    _C("许可事项", lambda row: row[0].name, width=40),
    _C("类别", lambda row: row[3], width=12),
    _C("审批单位", lambda row: row[1], width=28),
    _C("监管单位", lambda row: row[2], width=28),
)
PROPOSALS = (
    _C("代码", lambda p: p.code, width=8),
    _C("许可事项", lambda p: getattr(catalogue.item(p.code), "name", "（目录已没有）"), width=32),
    _C("词语", lambda p: p.word, width=24),
    _C("理由", lambda p: p.reason, width=32),
    _C("建议人", lambda p: p.proposed_by, width=12),
    _C("所属单位", lambda p: units.name_of(p.owner) or "联席会议办公室", width=24),
    _C("答复", lambda p: p.answer, width=32),
)
