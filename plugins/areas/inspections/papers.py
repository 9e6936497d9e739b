"""The printed papers of spot checks: announcement, certificate of the draw, notice, record form (forms.md 3.1 to 3.3)."""

from __future__ import annotations

from datetime import date
from typing import Any

from plugins.areas.inspections import checks, codes
from plugins.areas.inspections.check_models import CheckMember, Draw, DrawnObject, DrawResult, SpotCheck
from plugins.areas.inspections.telling import spoken
from portal.toolkit import Refused, documents, units

#: A certificate of a large draw prints the first objects; the bundle holds all.
PRINTED = 200


def _pdf(title: str, number: str, day: date, issuer: str, blocks: list[dict[str, Any]], **rest: Any) -> bytes:
    """One letter. Raises Refused where the fonts of official documents are missing."""
    values = {
        "mark": "", "addressee": "", "enclosures": [], "copies_to": [], "qr": "", "qr_note": "", "issuer": issuer, "blocks": blocks, **rest,
    }  # fmt: skip
    try:
        return documents.render_pdf("letter.html", values, title=title, number=number, date=day).content
    except documents.DocumentError as error:
        raise Refused(f"不能生成文书：{error}") from error


def _says(text: str) -> dict[str, Any]:
    return {"kind": "paragraph", "text": text}


def _table(header: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"kind": "table", "header": header, "rows": [[str(cell) for cell in row] for row in rows]}


def announcement(draw: Draw) -> bytes:
    """The announcement of step 2, to be printed and signed before the draw."""
    made = draw.announce
    blocks = [
        _says(f"任务：{draw.task.name}（{draw.task.code}）。抽取编号 {draw.draw_id}，算法 {made['alg'].upper()}。"),
        _table(["分组", "抽取数"], [[name, quota] for name, quota in sorted(made["quota"].items())]),
        _says(f"公开数：{made['public_value']['name']}，产生时间 {spoken(draw.value_at)}，格式 {made['public_value']['format']}。{draw.fallback}。"),
        _says(f"各承诺方的值在 {spoken(draw.reveal_by)} 公开；本公告的摘要在抽取以前发给各成员单位，抽取结果由任何人重算核对。"),
        _table(["承诺方", "承诺值", "签　　　名"], [[party, value, ""] for party, value in sorted(made["commitments"].items())]),
        _table(
            [],
            [
                ["公告摘要", draw.digest], ["检查对象名录", f"{draw.size} 个，根 {made['library_root']}"],
                ["检查人员名录", f"{len(draw.inspectors)} 人，根 {made['inspectors_root']}"],
                ["回避名单", f"{len(draw.conflicts)} 条，根 {made['conflicts_root']}"],
            ],
        ),
    ]  # fmt: skip
    return _pdf(
        "随机抽取公告", f"编号：{draw.draw_id}", draw.announced_at.date(), units.name_of(draw.unit), blocks,
        qr=documents.qr_svg(draw.digest), qr_note="公告摘要",
    )  # fmt: skip


def certificate(draw: Draw, result: DrawResult) -> bytes:
    """The certificate of the draw with the digest as a QR code."""
    drawn = list(
        DrawnObject.select().where(DrawnObject.result == result).order_by(DrawnObject.place).limit(PRINTED)
    )
    teams: dict[int, list[str]] = {}
    members = (
        CheckMember.select(CheckMember.name, SpotCheck.drawn, SpotCheck.unit)
        .join(SpotCheck)
        .where(SpotCheck.drawn.in_(drawn) & CheckMember.replaces.is_null())
        .order_by(SpotCheck.unit, CheckMember.id)
    )
    for name, thing, unit in members.tuples():
        teams.setdefault(thing, []).append(f"{name}（{short(unit)}）")
    rows = [[thing.place, thing.name, thing.object_id, "、".join(teams.get(thing.id, []))] for thing in drawn]
    more = f"另有 {result.drawn_count - len(rows)} 个见抽取数据包。" if result.drawn_count > len(rows) else ""
    blocks = [
        _says(f"任务：{draw.task.name}（{draw.task.code}）。抽取编号 {draw.draw_id}，第 {result.round} 轮。"),
        _says(f"从封存的 {draw.size} 个检查对象中抽取 {result.drawn_count} 个。公开数“{result.public_value}”（{draw.announce['public_value']['name']}）。"),
        _table(["序号", "检查对象", "代码", "检查人员"], rows),
        *([_says(more)] if more else []),
        _says("任何人可用随附的核验脚本和抽取前公布的公告摘要重算本结果。"),
        _table([], [["公告摘要", draw.digest], ["数据包摘要", result.bundle.digest]]),
    ]  # fmt: skip
    return _pdf(
        "随机抽取结果证书", f"编号：{draw.draw_id}", result.drawn_at.date(), units.name_of(draw.unit), blocks,
        qr=documents.qr_svg(f"{draw.draw_id} {draw.digest} {result.bundle.digest}"), qr_note="公告摘要和数据包摘要",
    )  # fmt: skip


def short(unit: str) -> str:
    """The unit's short name."""
    found = units.unit(unit)
    return found.short_name if found else unit


def notice(check: SpotCheck) -> bytes:
    """The 随机抽查通知书 (forms.md 3.3). Raises Refused before it was issued."""
    if check.notice_at is None:
        raise Refused("通知书还没有发出")
    task, item = check.task, check.item
    blocks = [
        _says(f"根据《优化营商环境条例》第五十四条和随机抽查工作部署，你单位在{task.code}任务中被随机抽取为检查对象。现将有关事项通知如下："),
        {"kind": "level", "level": 1, "lead": "一、抽查检查事项", "rest": ""},
        _says(f"{item.item}：{item.content}。依据：{item.basis}。"),
        {"kind": "level", "level": 1, "lead": "二、检查时间和检查方法", "rest": ""},
        _says(f"{documents.chinese_date(task.from_day)}至{documents.chinese_date(task.until_day)}，{item.method}。检查人员：{'、'.join(m.name for m in checks.team(check))}。"),
        {"kind": "level", "level": 1, "lead": "三、需要准备的资料", "rest": ""},
        _says("；".join(f"（{n}）{line}" for n, line in enumerate(item.materials, 1)) + "。" if item.materials else "无。"),
        _says("你单位有权申请检查人员回避。不配合检查情节严重的，将依法公示。"),
        _says(f"联系人和电话：{check.contact}。"),
    ]  # fmt: skip
    return _pdf(
        "随机抽查通知书",
        check.notice_number,
        check.notice_at.date(),
        units.name_of(check.unit),
        blocks,
        addressee=f"{check.name}（{check.object_id}）",
    )


def _boxes(chosen: list[str], words: dict[str, str]) -> str:
    return "　".join(f"{'■' if code in chosen else '□'}{text}" for code, text in words.items())


def record_form(check: SpotCheck) -> bytes:
    """The 抽查情况记录表, filled as far as the check has come: to be signed on paper, or as the record of what was
    entered (forms.md 3.1)."""
    task, subject = check.task, check.subject
    answers = {row["line"]: row for row in check.answers}
    lines = [
        [n, line, answers.get(line, {}).get("problem", ""), answers.get(line, {}).get("handling", "")]
        for n, line in enumerate(check.item.checklist, 1)
    ]
    results = {code: row["text"] for code, row in codes.open_results().items()}
    results |= {code: codes.result_words([code]) for code in check.codes}
    disposals = codes.open_disposals() | {code: codes.disposal_words([code]) for code in check.disposals}
    team = "、".join(member.name for member in checks.team(check))
    blocks = [
        _table(
            [],
            [
                ["任务名称", task.name, "任务编号", task.code],
                ["被检查单位", check.name, "统一代码/注册号", check.object_id],
                ["住所地址", subject.address if subject else "", "法定代表人", subject.representative if subject else ""],
                ["检查人员", team, "检查日期", documents.chinese_date(check.checked_on) if check.checked_on else "　　年　月　日"],
            ],
        ),
        _table(["序号", "检查事项", "发现问题情况", "处置情况"], lines),
        _table(
            [],
            [
                ["核查方式", _boxes(check.methods, codes.METHODS)],
                ["检查结果", _boxes(check.codes, results)],
                ["后续处置措施", _boxes(check.disposals, disposals)],
                ["情况说明", check.note],
                ["被检查单位意见", f"{check.opinion}　　签字或盖章：　　　　　年　月　日"],
                ["检查人员签名", f"{'、'.join(check.signed)}　　　　　　　　　　年　月　日"],
                ["审核意见", f"{check.approved_by}　　　　　　　　　　年　月　日"],
                ["结果公示审批意见", f"{check.published_by}　　　　　　　　　　年　月　日"],
            ],
        ),
    ]  # fmt: skip
    day = (check.entered_at or check.drawn.result.drawn_at).date()
    number = f"{task.code}-{check.drawn.place}"
    return _pdf("市场监管领域随机抽查情况记录表", number, day, units.name_of(check.unit), blocks)
