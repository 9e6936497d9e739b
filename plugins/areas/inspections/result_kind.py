"""Check results (检查结果) as a record kind: what a unit's own system found comes in under its own serial number
(areas.md 3.6, 5). The moment of arrival here is the moment of entering; a number without a result is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.areas.inspections import checks, codes, result_undoing
from plugins.areas.inspections.check_models import SpotCheck
from plugins.areas.inspections.models import CheckTask, ItemVersion
from plugins.areas.inspections.sight import checks_seen
from portal.toolkit import (
    Kept,
    Listing,
    NotAllowed,
    RecordField,
    RecordKind,
    Refused,
    Stored,
    record_reading,
    registry,
    stored_acts,
    subjects,
    units,
)

FIELDS = (
    RecordField("serial", "流水号", "text", ("检查流水号", "系统流水号", "业务流水号", "检查编号"), True, longest=60, example="GA-2026-0031"),
    RecordField("task", "任务编号", "text", ("抽查任务编号", "检查任务编号", "任务编码"), True, longest=60),
    RecordField("object_id", "检查对象代码", "text", ("对象代码", "统一社会信用代码", "信用代码", "对象编号"), True, longest=130, example="91310000773718882U"),
    RecordField("name", "检查对象名称", "text", ("对象名称", "名称", "企业名称", "主体名称"), longest=120),
    RecordField("checked_on", "检查日期", "date", ("检查时间", "实施日期"), True, example="2026-09-22"),
    RecordField("results", "检查结果", "text", ("结果", "抽查结果", "检查结果代码"), True, longest=400, example="未发现问题"),
    RecordField("methods", "检查方式", "text", ("检查方法",), longest=200, example="现场检查"),
    RecordField("note", "具体情况", "text", ("情况说明", "问题描述"), longest=2000),
    RecordField("disposals", "后续处置", "text", ("后续处置措施", "处置措施"), longest=300),
    RecordField("follow_up_until", "处理期限", "date", ("整改期限", "后续处理期限")),
    RecordField("opinion", "被检查单位意见", "text", ("当事人意见",), longest=500),
    RecordField("signed", "检查人员", "text", ("执法人员", "检查人"), longest=200, example="王甲、李乙"),
    RecordField("unit", "检查主体", "text", way="out"),
    RecordField("item", "抽查事项编号", "text", way="out"),
    RecordField("state", "状态", "text", way="out"),
    RecordField("arrived_on", "到达日期", "date", way="out"),
    RecordField("published_on", "公示日期", "date", way="out"),
)  # fmt: skip
#: The area's names of what a rule speaks of → the field of the row.
_FIELDS = {"codes": "results", "external": "serial", "day": "checked_on"}


def _may_import(unit: str) -> None:
    found = registry().by_key.get(unit)
    if found is None or not found.check_fields:
        raise NotAllowed("本单位没有监管领域（附件2-2），没有检查结果可以导入")


def _chosen(text: str | None, words: Mapping[str, str], label: str, field: str) -> tuple[str, ...]:
    """The keys that a cell names, one or several with ；、，or a line between them. Raises Refused."""
    text = (text or "").strip()
    if not text:
        return ()
    known: dict[str, str] = {}
    for key, name in words.items():
        known |= {_loose(name): key, _loose(name.partition("（")[0] or name): key, key.casefold(): key}
    if _loose(text) in known:
        return (known[_loose(text)],)
    found: list[str] = []
    for signs in (r"[；;\n]", r"[；;、，,\n]"):
        parts = [part for part in re.split(signs, text) if part.strip()]
        found = [known[_loose(part)] for part in parts if _loose(part) in known]
        if len(found) == len(parts):
            return tuple(dict.fromkeys(found))
    wrong = next(part.strip() for part in parts if _loose(part) not in known)
    rule = f"没有“{wrong[:30]}”这种{label}，应为：{'；'.join(words.values())}"
    raise Refused(rule, {field: rule})


def _loose(text: str) -> str:
    return re.sub(r"[\s。]+", "", text).replace("(", "（").replace(")", "）").casefold()


def _task_code(text: str) -> str:
    """The number of a task in the form in which it was given, whatever brackets were typed."""
    return re.sub(r"\s+", "", text).translate(str.maketrans("([（［【)]）］】", "〔" * 5 + "〕" * 5))


def _object_id(text: str) -> str:
    """An object's code as draws keep it: narrow signs, credit codes in capitals."""
    narrow = unicodedata.normalize("NFKC", text).replace(" ", "")
    return narrow.upper() if len(narrow) == 18 and narrow.isascii() else narrow


def _entry(values: Mapping[str, Any]) -> checks.ResultEntry:
    results = _chosen(values["results"], {key: row["text"] for key, row in codes.open_results().items()}, "检查结果", "results")
    return checks.ResultEntry(
        codes=results, methods=_chosen(values.get("methods"), codes.METHODS, "检查方式", "methods") or ("site",),
        disposals=_chosen(values.get("disposals"), codes.open_disposals(), "后续处置", "disposals") or ("none",),
        note=values.get("note") or "", opinion=values.get("opinion") or "", follow_up_until=values.get("follow_up_until"),
        signed=tuple(part.strip() for part in re.split(r"[；;、，,\s]+", values.get("signed") or "") if part.strip()),
        external=values["serial"],
    )  # fmt: skip


def _same(check: SpotCheck, entry: checks.ResultEntry, values: Mapping[str, Any]) -> bool:
    lists = ("codes", "methods", "disposals", "signed")
    return (
        all(list(getattr(check, name)) == list(getattr(entry, name)) for name in lists)
        and all(getattr(check, name) == getattr(entry, name) for name in ("note", "opinion", "follow_up_until"))
        and check.checked_on == values["checked_on"]
    )


def _there(values: Mapping[str, Any], unit: str) -> tuple[SpotCheck, checks.ResultEntry, str]:
    """The check, the result and what storing the row would do. Raises Refused by the row's fields."""
    entry = _entry(values)
    known = SpotCheck.get_or_none((SpotCheck.unit == unit) & (SpotCheck.external == entry.external))
    task, object_id = _task_code(values["task"]), _object_id(values["object_id"])
    if known is not None:
        if known.task.code != task or known.object_id != object_id:
            rule = f"流水号已用于任务 {known.task.code} 中的“{known.name}”"
            raise Refused(rule, {"serial": rule})
        if _same(known, entry, values):
            return known, entry, "same"
    try:
        check = known or checks.find_for_import(task, object_id)
        _check_name(check, values.get("name") or "")
        checks.check_arriving(check, values["checked_on"], entry)
    except Refused as refused:
        raise Refused(str(refused), {_FIELDS.get(name, name): rule for name, rule in refused.fields.items()}) from None
    return check, entry, "changed" if known is not None else "created"


def _check_name(check: SpotCheck, name: str) -> None:
    """A name that is sent along must be the object's, lest a slip in the code give one firm's result to another."""
    if name and subjects.name_key(name) != subjects.name_key(check.name):
        rule = f"这个代码在任务里的对象是“{check.name}”，名称不符"
        raise Refused(rule, {"name": rule})


def _store_one(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
    check, entry, outcome = _there(values, unit)
    if outcome == "same":
        return Stored(outcome, check.id)
    before = result_undoing.plain(check)
    check = checks.receive_result(check.task.code, check.object_id, values["checked_on"], entry, source=source)
    act = stored_acts.StoredAct(outcome, check.id, result_undoing.mark(check), before)
    return Stored(outcome, check.id, act.reference)


def _store(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
    _may_import(unit)
    return record_reading.one_by_one(_store_one)(rows, unit=unit, source=source)


def _compare(rows: Sequence[dict[str, Any]], *, unit: str) -> list[str | Refused]:
    _may_import(unit)
    return record_reading.each_compared(lambda values: _there(values, unit)[2], rows)


def _visible(viewer: Any, filters: Mapping[str, str]) -> Any:
    condition = SpotCheck.first_entered_at.is_null(False) & checks_seen(viewer)
    if filters.get("task"):
        condition &= SpotCheck.task.in_(CheckTask.select(CheckTask.id).where(CheckTask.code == filters["task"]))
    return condition & (SpotCheck.external == filters["serial"]) if filters.get("serial") else condition


def _kept(check: SpotCheck) -> Kept:
    values = {
        "serial": check.external, "task": check.task.code, "object_id": check.object_id, "name": check.name,
        "checked_on": check.checked_on, "results": codes.result_words(check.codes),
        "methods": "；".join(codes.METHODS[key] for key in check.methods), "note": check.note,
        "disposals": codes.disposal_words(check.disposals), "follow_up_until": check.follow_up_until,
        "opinion": check.opinion, "signed": "、".join(check.signed), "unit": units.name_of(check.unit), "item": check.item.number,
        "state": checks.rules.CHECK_STATES[check.state], "arrived_on": check.first_entered_at.date(),
        "published_on": check.published_at.date() if check.published_at else None,
    }  # fmt: skip
    return Kept(check.id, check.version, values)


def _query() -> Any:
    return SpotCheck.select(SpotCheck, CheckTask, ItemVersion).join(CheckTask).switch(SpotCheck).join(ItemVersion)


_LISTING = Listing(SpotCheck, checks.RECORD, _visible, _kept, _query)

KIND = RecordKind(
    key="check-results", label="检查结果", fields=FIELDS, identity=("serial",), read_permission="inspection.view",
    write_permission="inspection.check", may_import=_may_import, store=_store, compare=_compare, undo=result_undoing.undo,
    rows=_LISTING.rows, fetch=_LISTING.fetch, changes=_LISTING.changes, blocked=result_undoing.blocked, filters=("serial", "task"),
)  # fmt: skip
