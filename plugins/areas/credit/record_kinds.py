"""Penalties and other dishonesty (行政处罚、其他失信主体信息) as record kinds, stored by the same functions as the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from plugins.areas.credit import code_lists, corrections, listing, record_rules, record_undoing, records
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.periods import NO_END
from plugins.areas.credit.record_rules import Entry
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
    units,
)

_DUTIES = {record_rules.PENALTY: "penalty", record_rules.OTHER: "other_dishonesty"}
_PARTIES = {words: key for key, words in record_rules.PARTY_LABELS.items()}
_CATEGORIES = {words: key for key, (words, _) in code_lists.OTHER_KINDS.items()}
#: The doubts that 已核对 answers all at once.
_DOUBTS = frozenset({"fine", "confiscated", "name", "ended"})

_PARTY = (
    RecordField("party_name", "行政相对人名称", "text", ("名称", "当事人", "主体名称", "企业名称"), True, standard="CF_XDR_MC", longest=120, example="南通甲有限公司"),
    RecordField("party_kind", "相对人类别", "choice", ("类别",), choices=tuple(_PARTIES), choice_aliases={"企业": "法人及非法人组织", "法人": "法人及非法人组织", "个体": "个体工商户", "个人": "自然人"}),
    RecordField("party_code", "统一社会信用代码", "code", ("信用代码", "注册号", "统一社会信用代码/注册号", "CF_XDR_SHXYM"), example="91310000773718882U"),
    RecordField("id_number", "身份证号", "text", ("公民身份号码", "证件号码"), longest=18, way="in"),
    RecordField("representative", "法定代表人", "text", ("负责人", "法定代表人（负责人）", "CF_FDDB"), longest=60),
    RecordField("document_name", "决定文书名称", "text", ("文书名称",), longest=200),
    RecordField("document_number", "决定文书号", "text", ("行政处罚决定书文号", "处罚决定书文号", "文书号"), True, standard="CF_WSH", longest=80, example="通开市监罚〔2026〕1号"),
    RecordField("decided_on", "决定日期", "date", ("处罚决定日期", "处罚日期"), True, standard="CF_JDRQ", example="2026-09-01"),
    RecordField("act_kind", "违法行为类型", "text", ("失信行为", "案由"), True, standard="CF_WFXW", example="未取得许可从事食品经营"),
    RecordField("facts", "违法事实", "text", ("事实",), standard="CF_SY", longest=4000),
    RecordField("basis", "依据", "text", ("处罚依据", "认定依据"), True, standard="CF_YJ", longest=1000),
)  # fmt: skip
_PENALTY_ONLY = (
    RecordField("penalty_kinds", "处罚种类", "text", ("处罚类别",), True, standard="CF_CFLB", example="罚款、警告"),
    RecordField("content", "处罚内容", "text", ("内容",), True, standard="CF_NR", longest=4000, example="罚款5000元"),
    RecordField("fine", "罚款金额", "money", (), standard="CF_NR_FK", unit="万元", example="1.5"),
    RecordField("confiscated", "没收金额", "money", (), standard="CF_NR_WFFF", unit="万元"),
    RecordField("licence", "暂扣或吊销证照名称及编号", "text", (), standard="CF_NR_ZKDX"),
    RecordField("simple_procedure", "简易程序", "boolean", example="否"),
)  # fmt: skip
_OTHER_ONLY = (
    RecordField("category", "失信类型", "choice", ("类型",), True, choices=tuple(_CATEGORIES), example="失信被执行人"),
)
_REST = (
    RecordField("valid_until", "有效期至", "date", ("有效期",), standard="CF_YXQ", endless=True),
    RecordField("field", "惩戒领域", "choice", ("领域",), True, choices=code_lists.FIELDS, example="食品药品"),
    RecordField("public", "公示", "boolean", ("是否公示",), example="是"),
    RecordField("public_until", "公示截止期", "date", standard="CF_GSJZQ", way="out"),
    RecordField("body", "处罚机关", "text", standard="CF_CFJG", way="out"),
    RecordField("body_code", "处罚机关统一社会信用代码", "code", standard="CF_CFJGDM", way="out"),
    RecordField("state", "状态", "text", way="out"),
    RecordField("note", "备注", "text", standard="BZ", longest=1000),
    RecordField("confirmed", "疑点已核对", "boolean", ("已核对",), way="in", example="否"),
)  # fmt: skip
_ENTRY = {f.name for f in fields(Entry)}


def _entry(kind: str, values: Mapping[str, Any]) -> Entry:
    """The entry that a row's values make; the party's kind is read from the code where it is not written."""
    code = values.get("party_code") or ""
    guessed = record_rules.SOLE_TRADER if code.startswith("92") else record_rules.ORGANISATION if code else record_rules.PERSON
    made = {name: value for name, value in values.items() if name in _ENTRY and value is not None}
    made |= {"kind": kind, "party_kind": _PARTIES.get(values.get("party_kind") or "", guessed)}
    made["confirmed"] = _DOUBTS if values.get("confirmed") else frozenset()
    made["category"] = _CATEGORIES.get(values.get("category") or "", "")
    written = (values.get("penalty_kinds") or "").replace("，", "、").replace(",", "、").replace("；", "、").replace(";", "、")
    made["penalty_kinds"] = tuple(part.strip() for part in written.split("、") if part.strip())
    if "valid_until" in values and values["valid_until"] is None and kind == record_rules.PENALTY:
        made["valid_until"] = None
    return Entry(**made)


def _there(values: Mapping[str, Any], kind: str, unit: str) -> tuple[Entry, str, DishonestyRecord | None, str]:
    """The checked entry, its party's key, the record of the same decision, and what storing the row would do.
    Raises Refused."""
    entry, party = records.check(_entry(kind, values), unit)
    entry = replace(entry, party_code=party.code)
    there = records.same_decision(entry, party)
    if there is None:
        return entry, party.key, None, "created"
    if there.unit != unit:
        raise Refused("同一决定已由别的单位录入", {"document_number": f"同一决定已由{units.name_of(there.unit)}录入"})
    sent = {name for name in values if name in _ENTRY} - {"confirmed", "id_number"}
    stored = records.entry_of(there)
    same = all(getattr(stored, name) == getattr(entry, name) for name in sent)
    if not same and there.state != record_rules.ACTIVE:
        raise Refused(f"这条信息{there.state_label}，不能再更正", {"document_number": f"这条信息{there.state_label}"})
    return entry, party.key, there, "same" if same else "changed"


def _storing(kind: str) -> Callable[..., Stored]:
    def store_one(values: Mapping[str, Any], *, unit: str, source: str) -> Stored:
        entry, party_key, there, outcome = _there(values, kind, unit)
        if outcome == "same":
            return Stored(outcome, there.id)
        if there is None:
            before = record_undoing.owed_before(unit, records.identity(entry.document_number, party_key, entry.decided_on))
            there = records.enter(entry, unit=unit, source=source)
        else:
            before = record_undoing.plain(there)
            corrections.correct(there, replace(records.entry_of(there), **_sent(entry, values)), f"{source}更正")
        there = DishonestyRecord.get_by_id(there.id)
        act = stored_acts.StoredAct(outcome, there.id, record_undoing.mark(there), before)
        return Stored(outcome, there.id, act.reference)

    return store_one


def _sent(entry: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {name for name in values if name in _ENTRY} | {"confirmed"}
    return {name: getattr(entry, name) for name in names}


def _kept(record: DishonestyRecord) -> Kept:
    member = units.unit(record.unit)
    values = {name: getattr(record, name) for name in _ENTRY if hasattr(record, name)} | {
        "party_kind": record_rules.PARTY_LABELS[record.party_kind], "penalty_kinds": "、".join(record.penalty_kinds),
        "category": code_lists.other_label(record.category) if record.category else "", "public": record.publicity != record_rules.NOT_WANTED,
        "valid_until": None if record.valid_until == NO_END else record.valid_until, "public_until": record.public_until,
        "body": units.name_of(record.unit), "body_code": member.credit_code if member else "", "state": record.state_label,
    }  # fmt: skip
    return Kept(record.id, record.version, values)


def _made(kind: str, key: str, own: tuple[RecordField, ...]) -> RecordKind:
    label = record_rules.KIND_LABELS[kind]

    def may_import(unit: str) -> None:
        found = registry().by_key.get(unit)
        if found is None or _DUTIES[kind] not in found.duties:
            raise NotAllowed(f"本单位没有录入{label}的职责（附件2-2）")

    def store(rows: Sequence[dict[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
        may_import(unit)
        return record_reading.one_by_one(_storing(kind))(rows, unit=unit, source=source)

    def compare(rows: Sequence[dict[str, Any]], *, unit: str) -> list[str | Refused]:
        may_import(unit)
        return record_reading.each_compared(lambda values: _there(values, kind, unit)[3], rows)

    def visible(viewer: Any, filters: Mapping[str, str]) -> Any:
        wanted = filters.get("document_number") or filters.get("party_code") or ""
        return listing.record_condition(viewer, {"kind": kind, "q": wanted})

    listed = Listing(DishonestyRecord, records.RECORD, visible, _kept, DishonestyRecord.select)
    return RecordKind(
        key=key, label=label, fields=(*_PARTY, *own, *_REST), identity=("document_number", "party_name", "decided_on"),
        read_permission="credit.view", write_permission="credit.enter", may_import=may_import, store=store, compare=compare,
        undo=record_undoing.undo, rows=listed.rows, fetch=listed.fetch, changes=listed.changes, blocked=record_undoing.blocked, filters=("document_number", "party_code"),
    )  # fmt: skip


KINDS = [_made(record_rules.PENALTY, "penalties", _PENALTY_ONLY), _made(record_rules.OTHER, "dishonesty", _OTHER_ONLY)]
