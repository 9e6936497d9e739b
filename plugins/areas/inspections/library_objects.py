"""What is put into the object libraries by hand: labels, risk classes, imported places, projects and products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.areas.inspections import rules
from plugins.areas.inspections.libraries import owner_of
from plugins.areas.inspections.models import CheckObject, RiskClass, SubjectLabel
from portal.toolkit import Missing, NotAllowed, Refused, Subject, audit, clock, subjects, transaction


def label(subject: Subject, words: str) -> None:
    """Put a label of supervision on a subject. Raises Refused."""
    words = words.strip()
    if not 1 <= len(words) <= 30:
        raise Refused("监管标签应为 1 至 30 个字", {"label": "监管标签应为 1 至 30 个字"})
    with transaction():
        SubjectLabel.insert(
            subject=subject, label=words, entered_by=audit.actor().name, entered_at=clock.now()
        ).on_conflict(action="nothing").execute()
        audit.record("加监管标签", "subject", subject.id, note=words)


def grade(subject: Subject, risk_class: str, day: Any) -> None:
    """Store the subject's risk class and the day of that classification. Raises Refused."""
    if risk_class not in rules.RISK_CLASSES:
        raise Refused(f"信用风险等级“{risk_class}”应为 A、B、C、D 之一")
    with transaction():
        before = RiskClass.get_or_none(RiskClass.subject == subject)
        values = {"risk_class": risk_class, "day": day, "entered_by": audit.actor().name}
        if before is None:
            RiskClass.create(subject=subject, **values)
        else:
            RiskClass.update(**values).where(RiskClass.subject == subject).execute()
        audit.record(
            "信用风险分级", "subject", subject.id, before={"risk_class": before.risk_class if before else ""},
            after={"risk_class": risk_class},
        )  # fmt: skip


OBJECT_COLUMNS = ("类型", "编号", "名称", "街道", "地址", "信用风险等级", "所属主体代码")


def import_objects(number: str, text: str, source: str = "粘贴") -> tuple[int, list[str]]:
    """Read pasted rows (tab or comma between the cells, columns of OBJECT_COLUMNS) into the item's library; the same
    object again is brought up to date. Returns (rows taken, problems naming row, column, value and rule)."""
    if owner_of(number) != audit.actor().unit:
        raise NotAllowed("只能导入本单位事项的名录")
    taken, problems = 0, []
    with transaction():
        for place, line in enumerate(text.splitlines(), 1):
            cells = [
                cell.strip()
                for cell in (line.split("\t") if "\t" in line else line.replace("，", ",").split(","))
            ]
            if not any(cells) or cells[0] == OBJECT_COLUMNS[0]:
                continue
            try:
                _import_object(number, dict(zip(OBJECT_COLUMNS, cells + [""] * 7, strict=False)), source)
                taken += 1
            except Refused as refusal:
                problems.append(f"第 {place} 行：{refusal}")
        if taken:
            audit.record("导入检查对象", "object_library", number, note=f"{source} {taken} 个")
    return taken, problems


def values_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """What a row's cells (by OBJECT_COLUMNS) store beside the object's identity. Raises Refused."""
    for name in ("类型", "编号", "名称"):
        if not cells[name]:
            raise Refused(f"{name}不能为空")
    for name in OBJECT_COLUMNS:
        if (
            len(cells[name]) > 120
            or "|" in cells[name]
            or not all(sign.isprintable() for sign in cells[name])
        ):
            raise Refused(f"{name}“{cells[name][:20]}”应为不超过 120 个字、不含“|”和控制字符的文本")
    if cells["信用风险等级"] not in ("", *rules.RISK_CLASSES):
        raise Refused(f"信用风险等级“{cells['信用风险等级']}”应为 A、B、C、D 或空")
    subject = subjects.by_code(cells["所属主体代码"]) if cells["所属主体代码"] else None
    if cells["所属主体代码"] and subject is None:
        raise Refused(f"所属主体代码“{cells['所属主体代码']}”没有登记")
    return {
        "name": cells["名称"], "street": cells["街道"], "address": cells["地址"], "risk_class": cells["信用风险等级"],
        "subject": subject,
    }  # fmt: skip


def take_object(number: str, cells: Mapping[str, str], source: str) -> CheckObject:
    """Store one object of the item's library, or bring it up to date, audited. Raises Refused."""
    with transaction():
        thing = _import_object(number, cells, source)
        audit.record("导入检查对象", "check_object", thing.id, after={"number": number, **cells}, note=source)
    return thing


def _import_object(number: str, cells: Mapping[str, str], source: str) -> CheckObject:
    values = values_of(cells) | {"valid": True, "source": source}
    same = (
        (CheckObject.number == number)
        & (CheckObject.kind == cells["类型"])
        & (CheckObject.code == cells["编号"])
    )
    if CheckObject.update(**values).where(same).execute() == 0:
        return CheckObject.create(
            number=number,
            kind=cells["类型"],
            code=cells["编号"],
            entered_by=audit.actor().name,
            entered_at=clock.now(),
            **values,
        )
    return CheckObject.get(same)


def drop_object(object_id: int) -> None:
    """Mark an imported object as no longer valid; it stays for the history."""
    with transaction():
        thing = CheckObject.get_or_none(CheckObject.id == object_id)
        if thing is None or owner_of(thing.number) != audit.actor().unit:
            raise Missing("没有这个检查对象，或者它不属于本单位的事项")
        CheckObject.update(valid=False).where(CheckObject.id == object_id).execute()
        audit.record(
            "停用检查对象", "object_library", thing.number, note=f"{thing.kind}:{thing.code} {thing.name}"
        )
