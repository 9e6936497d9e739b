"""The object libraries (检查对象名录库): each item's own rule over subjects, and imported places, projects, products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import peewee

from plugins.areas.inspections import rules
from plugins.areas.inspections.models import (
    CheckObject,
    ItemVersion,
    LibraryAdjustment,
    LibraryRule,
    RiskClass,
    SubjectLabel,
)
from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Subject,
    audit,
    clock,
    database,
    subject_search,
    transaction,
)

ALL = "全部"
UNSORTED = "未分级"


@dataclass(frozen=True)
class LibraryObject:
    """One object as the library holds it now, before the cap and the adjustments."""

    id: str
    name: str
    subject_id: int | None
    street: str
    category: str
    risk_class: str
    class_day: str


def rule_of(number: str) -> LibraryRule | None:
    """The library's rule, or None while nobody has set it."""
    return LibraryRule.get_or_none(LibraryRule.number == number)


def takes_all(rule: LibraryRule) -> bool:
    """Whether the rule takes every living subject: right for few items, so the list of libraries says it."""
    narrowed = rule.categories or rule.industries or rule.streets or rule.labels or rule.classes
    return rule.subjects and not narrowed


def set_rule(number: str, values: Mapping[str, Any]) -> LibraryRule:
    """Set which subjects belong to the item's library, with the reason of the change. Raises Refused, NotAllowed."""
    who = audit.actor()
    owner = owner_of(number)
    if owner != who.unit:
        raise NotAllowed("只能设置本单位事项的检查对象名录库")
    made = _checked_rule(values)
    with transaction():
        existing = rule_of(number)
        if existing is not None and not made["reason"]:
            raise Refused("修改名录规则必须写明原因", {"reason": "修改名录规则必须写明原因"})
        before = plain(existing) if existing else None
        if existing is None:
            existing = LibraryRule.create(
                number=number, unit=owner, changed_by=who.name, changed_at=clock.now(), **made
            )
        else:
            LibraryRule.update(changed_by=who.name, changed_at=clock.now(), **made).where(
                LibraryRule.number == number
            ).execute()
        audit.record(
            "设置检查对象名录库", "object_library", number, before=before, after=made, note=made["reason"]
        )
    return LibraryRule.get(LibraryRule.number == number)


def plain(rule: LibraryRule) -> dict[str, Any]:
    """The rule's own fields."""
    return {name: getattr(rule, name) for name in RULE_FIELDS}


RULE_FIELDS = (
    "subjects",
    "categories",
    "industries",
    "streets",
    "labels",
    "classes",
    "strata",
    "weights",
    "reason",
)


def owner_of(number: str) -> str:
    """The unit whose item it is. Raises Missing."""
    unit = ItemVersion.select(ItemVersion.unit).where(ItemVersion.number == number).scalar()
    if unit is None:
        raise Missing(f"没有编号为 {number} 的抽查事项")
    return unit


def _checked_rule(values: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: values.get(name) for name in RULE_FIELDS}
    problems: dict[str, str] = {}
    made["subjects"] = bool(made["subjects"])
    made["reason"] = (made["reason"] or "").strip()
    made["strata"] = made["strata"] or ""
    for name in ("categories", "industries", "streets", "labels", "classes"):
        made[name] = list(dict.fromkeys(part.strip() for part in made[name] or [] if part.strip()))
    made["industries"] = [prefix.upper() for prefix in made["industries"]]
    for prefix in made["industries"]:
        if not (
            prefix[:1].isalpha()
            and prefix.isascii()
            and (prefix[1:].isdigit() or not prefix[1:])
            and len(prefix) <= 5
        ):
            problems["industries"] = f"行业代码“{prefix}”应为门类字母加 0 至 4 位数字"
    if made["strata"] not in rules.STRATA:
        problems["strata"] = f"没有“{made['strata']}”这种分组"
    weights = {}
    for risk_class, weight in (made["weights"] or {}).items():
        if not (isinstance(weight, int) and 1 <= weight <= 16):
            problems["weights"] = f"{risk_class} 类的权重 {weight} 应为 1 至 16 的整数"
        elif weight != 1:
            weights[risk_class] = weight
    made["weights"] = weights
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return made


def own_labels() -> dict[str, Any]:
    """The labels that were put on subjects here."""
    labels = [
        label
        for (label,) in SubjectLabel.select(SubjectLabel.label)
        .distinct()
        .order_by(SubjectLabel.label)
        .tuples()
    ]
    return {
        label: SubjectLabel.select(SubjectLabel.subject).where(SubjectLabel.label == label)
        for label in labels
    }


def _conditions(rule: LibraryRule, groups: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = [Subject.state == "存续"]
    if not rule.subjects:
        found.append(Subject.id == -1)
    if rule.categories:
        found.append(Subject.category.in_(rule.categories))
    if rule.streets:
        found.append(Subject.street.in_(rule.streets))
    if rule.industries:
        ranges = [
            (Subject.industry >= prefix) & (Subject.industry < prefix + "\uffff")
            for prefix in rule.industries
        ]
        found.append(_either(ranges))
    if rule.labels:
        known = [Subject.id.in_(groups[label]) for label in rule.labels if label in groups]
        found.append(_either(known) if known else Subject.id == -1)
    if rule.classes:
        graded = RiskClass.select(RiskClass.subject).where(RiskClass.risk_class.in_(rule.classes))
        found.append(Subject.id.in_(graded))
    return found


def _either(conditions: list[Any]) -> Any:
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = joined | condition
    return joined


def sizes(chosen: Iterable[LibraryRule]) -> dict[str, tuple[int, int]]:
    """{item number: (subjects, imported objects)} as they are at this moment, in one query for all rules."""
    chosen = list(chosen)
    if not chosen:
        return {}
    groups = subject_search.labelled()
    columns = []
    for rule in chosen:
        query = Subject.select(peewee.fn.COUNT(peewee.SQL("*")))
        for condition in _conditions(rule, groups):
            query = query.where(condition)
        own = CheckObject.select(peewee.fn.COUNT(peewee.SQL("*"))).where(
            (CheckObject.number == rule.number) & (CheckObject.valid == True)  # noqa: E712
        )
        columns += [query, own]
    row = next(iter(peewee.Select(columns=columns).bind(database).tuples()))
    return {rule.number: (int(row[2 * n]), int(row[2 * n + 1])) for n, rule in enumerate(chosen)}


def objects(rule: LibraryRule) -> Iterator[LibraryObject]:
    """Every object of the library as it is now: living subjects under the rule, then valid imported objects."""
    query = Subject.select(
        Subject.id, Subject.credit_code, Subject.registration_number, Subject.name, Subject.street, Subject.category,
        RiskClass.risk_class, RiskClass.day,
    ).join(RiskClass, peewee.JOIN.LEFT_OUTER, on=(RiskClass.subject == Subject.id))  # fmt: skip
    for condition in _conditions(rule, subject_search.labelled()):
        query = query.where(condition)
    for key, credit_code, number, name, street, category, risk_class, day in query.tuples().iterator():
        yield LibraryObject(
            credit_code or number or f"主体{key}",
            name,
            key,
            street,
            category,
            risk_class or "",
            str(day) if day else "",
        )
    own = CheckObject.select().where((CheckObject.number == rule.number) & (CheckObject.valid == True))  # noqa: E712
    for thing in own.iterator():
        yield LibraryObject(
            f"{thing.kind}:{thing.code}",
            thing.name,
            thing.subject_id,
            thing.street,
            thing.kind,
            thing.risk_class,
            "",
        )


def stratum_of(thing: LibraryObject, strata: str) -> str:
    """The group in which the object is drawn."""
    if strata == "class":
        return thing.risk_class or UNSORTED
    if strata == "street":
        return thing.street or "未填街道"
    if strata == "category":
        return thing.category
    return ALL


def strata_of(rule: LibraryRule) -> dict[str, int]:
    """{stratum: size} of the library as it is now."""
    found: dict[str, int] = {}
    for thing in objects(rule):
        stratum = stratum_of(thing, rule.strata)
        found[stratum] = found.get(stratum, 0) + 1
    return dict(sorted(found.items()))


def adjust(number: str, object_id: str, weight: int, reason: str) -> LibraryAdjustment:
    """Give one object a weight of its own (0: leave it out). Raises Refused without a reason or for an unknown object."""
    if owner_of(number) != audit.actor().unit:
        raise NotAllowed("只能调整本单位事项的名录")
    if not reason.strip():
        raise Refused("调整单个对象必须写明原因", {"reason": "调整单个对象必须写明原因"})
    if not 0 <= weight <= 16:
        raise Refused("权重应为 0（不列入）至 16 的整数", {"weight": "权重应为 0 至 16 的整数"})
    rule = rule_of(number)
    name = (
        next((thing.name for thing in objects(rule) if thing.id == object_id.strip()), None) if rule else None
    )
    if name is None:
        raise Refused(f"名录中没有“{object_id}”", {"object_id": "名录中没有这个对象"})
    with transaction():
        who = audit.actor()
        LibraryAdjustment.delete().where(
            (LibraryAdjustment.number == number) & (LibraryAdjustment.object_id == object_id.strip())
        ).execute()
        made = LibraryAdjustment.create(
            number=number, object_id=object_id.strip(), name=name, weight=weight, reason=reason.strip(), set_by=who.name,
            set_at=clock.now(),
        )  # fmt: skip
        audit.record(
            "调整名录对象",
            "object_library",
            number,
            after={"object": object_id, "weight": weight},
            note=reason,
        )
    return made
