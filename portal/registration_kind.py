"""Registrations (登记信息) as a record kind: the core's own, declared as the areas declare theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from portal import registration_batches, registration_withdrawals, subject_search, subjects
from portal.plugging import registry
from portal.record_kinds import Kept, RecordField, RecordKind, Stored
from portal.refusals import NotAllowed, Refused
from portal.subject_search import Filters
from portal.subjects import Registration, Subject, SubjectEvent

#: The first part is small: a page of the API is often no longer.
_FIRST, _PAGE = 128, 1000
_EVENT_WORDS = {
    "新设": "设立", "新设登记": "设立", "设立登记": "设立", "开业": "设立", "1": "设立", "变更登记": "变更", "2": "变更",
    "注销登记": "注销", "吊销登记": "吊销", "吊销营业执照": "吊销",
}  # fmt: skip
_CATEGORY_WORDS = {
    "个体": "个体工商户", "个体户": "个体工商户", "农专社": "农民专业合作社", "合作社": "农民专业合作社", "公司": "企业",
}  # fmt: skip

FIELDS = (
    RecordField("event", "登记事项", "choice", ("登记类型", "业务类型", "变动类型", "checkRegType"), choices=subjects.EVENTS, choice_aliases=_EVENT_WORDS, way="in", example="设立"),
    RecordField("name", "名称", "text", ("主体名称", "企业名称", "市场主体名称", "字号名称", "entName"), True, longest=120, example="南通甲有限公司"),
    RecordField("code", "统一社会信用代码", "code", ("统一社会信用代码/注册号", "统一社会信用代码（注册号）", "信用代码", "注册号", "uniSCID", "regNO"), example="91310000773718882U", missed="只能按名称和住所辨认主体"),
    RecordField("category", "主体类别", "choice", ("类别", "市场主体类别", "entTypeCatg"), choices=subjects.CATEGORIES, choice_aliases=_CATEGORY_WORDS, example="企业"),
    RecordField("kind", "类型", "text", ("企业类型", "主体类型", "市场主体类型", "entType"), longest=60, example="有限责任公司"),
    RecordField("representative", "法定代表人", "text", ("法定代表人（经营者）", "负责人", "经营者", "法定代表人（负责人）", "leRep"), longest=60, example="王甲"),
    RecordField("capital", "注册资本", "money", ("出资额", "regCap"), unit="万元", example="100"),
    RecordField("established", "成立日期", "date", ("设立日期", "estDate"), example="2026-09-01"),
    RecordField("term_until", "营业期限至", "date", ("经营期限至", "营业期限止", "opTo"), endless=True, example="长期"),
    RecordField("approved", "核准日期", "date", ("登记日期", "核准时间", "apprDate"), True, example="2026-09-01"),
    RecordField("registrar", "登记机关", "text", ("regOrg",), longest=60),
    RecordField("address", "住所", "text", ("住所（经营场所）", "经营场所", "地址", "住址", "dom"), example="通盛大道1号"),
    RecordField("street", "街道", "text", ("所属街道", "乡镇街道", "街道（乡镇）"), longest=40, example="中兴街道"),
    RecordField("industry", "行业代码", "text", ("行业", "国民经济行业代码", "industryCo"), longest=5, example="F52"),
    RecordField("scope", "经营范围", "text", ("经营（业务）范围", "opScope"), longest=10_000, example="食品销售", missed="读不出许可事项，主体会归为非许可"),
    RecordField("turned_from", "个转企原代码", "code", ("原代码", "原统一社会信用代码"), way="in"),
    RecordField("state", "登记状态", "choice", choices=subjects.STATES, way="out"),
    RecordField("classification", "分类", "text", way="out"),
)  # fmt: skip
#: Fields of a Registration that a sender may leave out.
_TEXTS = (
    "kind",
    "representative",
    "registrar",
    "address",
    "street",
    "industry",
    "scope",
    "turned_from",
    "code",
)


def _may_import(unit: str) -> None:
    """Who pushes registrations and who tells of revoked licences bring them in (二（一）1、3)."""
    allowed = {found.key for found in (registry().holder("registrar"), registry().holder("revoker")) if found}
    if unit not in allowed:
        raise NotAllowed("只有推送登记信息的单位和推送吊销信息的单位可以导入登记信息")


def _refused_event(unit: str, event: str) -> Refused | None:
    """The registrar brings in all but 吊销, which the market regulator brings (二（一）3)."""
    wanted = registry().holder("revoker" if event == "吊销" else "registrar")
    if wanted is not None and wanted.key == unit:
        return None
    rule = f"{event}信息由{wanted.name if wanted else '承担该职能的单位'}推送"
    return Refused(rule, {"event": rule})


def _registrations(rows: Sequence[Mapping[str, Any]], unit: str) -> list[Registration | Refused]:
    made = [registration_of(values) for values in rows]
    refused = {event: _refused_event(unit, event) for event in subjects.EVENTS}
    return [one if isinstance(one, Refused) else refused.get(one.event) or one for one in made]


def registration_of(values: Mapping[str, Any]) -> Registration | Refused:
    """The registration that a row's values make; what a file leaves out (设立, the category) is read from the code."""
    approved = values.get("approved")
    if not isinstance(approved, date):
        return Refused("核准日期不能为空", {"approved": "不能为空"})
    texts = {name: values.get(name) or "" for name in _TEXTS}
    code = texts["code"]
    return Registration(
        event=values.get("event") or "设立", name=values.get("name") or "", category=values.get("category") or subjects.category_of(code),
        approved=approved, capital=values.get("capital"), established=values.get("established"),
        term_until=values.get("term_until"), **texts,
    )  # fmt: skip


def _store(rows: Sequence[Mapping[str, Any]], *, unit: str, source: str) -> list[Stored | Refused]:
    _may_import(unit)
    return registration_batches.store(_registrations(rows, unit), unit=unit, source=source)


def _compare(rows: Sequence[Mapping[str, Any]], *, unit: str) -> list[str | Refused]:
    _may_import(unit)
    return registration_batches.compare(_registrations(rows, unit))


def _undo(reference: str, *, unit: str) -> None:
    registration_withdrawals.withdraw(int(reference), unit=unit)


def _blocked(references: Sequence[str], *, unit: str, source: str) -> str:
    return registration_withdrawals.blocked([int(reference) for reference in references], unit=unit, source=source)


def _kept(subject: Subject) -> Kept:
    values = {
        field.key: getattr(subject, field.key)
        for field in FIELDS
        if field.way != "in" and hasattr(subject, field.key)
    }
    values |= {
        "code": subject.credit_code or subject.registration_number or "",
        "classification": subject.classification_label,
    }
    return Kept(subject.id, subject.version, values)


def _rows(viewer: Any, filters: Mapping[str, str], after: int = 0) -> Iterator[Kept]:
    """As the list on the screen narrows them: ``q``, state, street, industry, classification."""
    if not viewer.can("subject.view"):
        raise NotAllowed("您的角色不能查询市场主体")
    words = {label: key for key, label in subjects.CLASSIFICATIONS.items()}
    classification = filters.get("classification", "")
    chosen = Filters(
        text=filters.get("name", "") or filters.get("q", ""), state=filters.get("state", ""), street=filters.get("street", ""),
        industry=filters.get("industry", ""), classification=words.get(classification, classification) or ("none" if classification else ""),
    )  # fmt: skip
    size = _FIRST
    while True:
        part = subject_search.in_order(chosen, after, size)
        yield from map(_kept, part)
        if len(part) < size:
            return
        after, size = part[-1].id, _PAGE


def _fetch(viewer: Any, ids: Sequence[int]) -> list[Kept]:
    if not viewer.can("subject.view"):
        return []
    return [
        _kept(subject) for subject in Subject.select().where(Subject.id.in_(list(ids))).order_by(Subject.id)
    ]


def _changes(viewer: Any, since: int, limit: int) -> list[tuple[int, Kept]]:
    """Subjects whose registrations came after the event ``since``; numbers are events, taken in the order of commits."""
    if not viewer.can("subject.view"):
        return []
    query = SubjectEvent.select(SubjectEvent.id, SubjectEvent.subject).where(SubjectEvent.id > since)
    events = list(query.order_by(SubjectEvent.id).limit(limit).tuples())
    kept = {row.id: row for row in _fetch(viewer, [subject for _, subject in events])}
    return [(number, kept[subject]) for number, subject in events]


KIND = RecordKind(
    key="registrations", label="登记信息", fields=FIELDS, identity=("code",), read_permission="subject.view",
    write_permission="registration.import", may_import=_may_import, store=_store, compare=_compare, undo=_undo,
    rows=_rows, fetch=_fetch, changes=_changes, blocked=_blocked,
    sources={"存量": "存量登记：平台启用前已有的主体，只入库，不推送"}, filters=("name", "state", "street", "industry", "classification"),
)  # fmt: skip
