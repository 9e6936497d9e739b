"""Corrections of the catalogue: an officer's change at a push becomes a proposal, the item's owning unit confirms it."""

from __future__ import annotations

from typing import Any

import peewee

from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    audit,
    clock,
    registry,
    transaction,
)

from . import catalogue
from .models import CatalogueProposal
from .scope import ScopeRule

KINDS = {"keyword": "增加关键词", "exclusion": "增加排除词"}
STATES = {"proposed": "待确认", "confirmed": "已确认", "refused": "不采纳"}
_LONGEST = 40


def owner_of(code: str) -> str:
    """The key of the unit whose plugin declares the item; empty for an outside body's, which the office confirms."""
    return next((unit.key for unit in registry().units if any(i.code == code for i in unit.permit_items)), "")


def propose(
    code: str, kind: str, word: str, reason: str, *, push: int | None = None
) -> CatalogueProposal | None:
    """Propose ``word`` for the item; None when it is there already or was proposed before. Raises Refused."""
    word = "".join(word.split())
    found = catalogue.item(code)
    problems = {}
    if found is None:
        problems["code"] = f"许可事项目录里没有 {code}"
    if kind not in KINDS:
        problems["kind"] = "请选择增加关键词或排除词"
    if not 2 <= len(word) <= _LONGEST:
        problems["word"] = f"词语应为 2 至 {_LONGEST} 个字"
    if not reason.strip():
        problems["reason"] = "请写明理由"
    if problems:
        raise Refused("；".join(problems.values()), problems)
    if word in (found.keywords if kind == "keyword" else found.exclusions):
        return None
    with transaction():
        same = (
            (CatalogueProposal.code == code)
            & (CatalogueProposal.kind == kind)
            & (CatalogueProposal.word == word)
        )
        if CatalogueProposal.select().where(same & (CatalogueProposal.state != "refused")).exists():
            return None
        who = audit.actor()
        made = CatalogueProposal.create(
            code=code, owner=owner_of(code), kind=kind, word=word, reason=reason.strip(), push=push,
            proposed_by=who.name, proposed_unit=who.unit, proposed_at=clock.now(),
        )  # fmt: skip
        audit.record("建议修改许可事项目录", "permit_item", code, after={KINDS[kind]: word}, note=reason)
    return made


def propose_from_push(
    push_id: int, hits: dict[str, dict[str, Any]], chosen: list[str], words: str, scope: str, note: str
) -> int:
    """What the registrar corrected at a push: a removed item's words become an exclusion, an added item's words
    (as typed, if the scope holds them) a keyword. Returns how many proposals were made."""
    made = 0
    for code, hit in hits.items():
        if code not in chosen and not hit["derived"]:
            made += propose(code, "exclusion", hit["words"][:_LONGEST], note, push=push_id) is not None
    added = [code for code in chosen if code not in hits]
    if words.strip() and added:
        if words.strip() not in scope:
            raise Refused("填写的文字不在经营范围里", {"words": "须与经营范围中的文字一致"})
        made += propose(added[-1], "keyword", words.strip(), note, push=push_id) is not None
    return made


def may_decide(viewer: Any, proposal: CatalogueProposal) -> bool:
    """The owning unit's people decide; the office about items of bodies outside."""
    if proposal.owner:
        return viewer.unit == proposal.owner and viewer.can("licensing.claim")
    return viewer.has_role("office")


def decide(viewer: Any, proposal_id: int, confirm: bool, answer: str) -> CatalogueProposal:
    """The owning unit confirms, and the catalogue has a new version, or refuses with a reason.

    Raises NotAllowed, Refused, Missing or Stale.
    """
    with transaction():
        found = CatalogueProposal.get_or_none(CatalogueProposal.id == proposal_id)
        if found is None:
            raise Missing("没有这条目录修改建议")
        if not may_decide(viewer, found):
            raise NotAllowed("目录修改由许可事项所属单位确认")
        if found.state != "proposed":
            raise Stale("这条建议已经处理过，请刷新后查看")
        if not confirm and not answer.strip():
            raise Refused("不采纳须写明理由", {"answer": "请写明理由"})
        version = None
        if confirm:
            version = (CatalogueProposal.select(peewee.fn.MAX(CatalogueProposal.version)).scalar() or 0) + 1
        CatalogueProposal.update(
            state="confirmed" if confirm else "refused", version=version, decided_by=audit.actor().name,
            decided_at=clock.now(), answer=answer.strip(),
        ).where(CatalogueProposal.id == proposal_id).execute()  # fmt: skip
        audit.record(
            "确认目录修改" if confirm else "不采纳目录修改", "permit_item", found.code,
            after={KINDS[found.kind]: found.word, "version": version}, note=answer,
        )  # fmt: skip
    return CatalogueProposal.get_by_id(proposal_id)


def merged(rules: tuple[ScopeRule, ...] | list[ScopeRule]) -> list[ScopeRule]:
    """The shipped rules with what the owning units confirmed added to each item."""
    by_code = {rule.code: rule for rule in rules}
    confirmed = (
        CatalogueProposal.select()
        .where(CatalogueProposal.state == "confirmed")
        .order_by(CatalogueProposal.version)
    )
    for row in confirmed:
        rule = by_code.get(row.code) or ScopeRule(row.code, (), (), (), "单位确认的修改")
        keywords = rule.keywords + ((row.word,) if row.kind == "keyword" else ())
        exclusions = rule.exclusions + ((row.word,) if row.kind == "exclusion" else ())
        by_code[row.code] = ScopeRule(rule.code, keywords, exclusions, rule.guards, rule.reason)
    return list(by_code.values())


def waiting(
    viewer: Any, state: str, *, before: int = 0, size: int = 50
) -> tuple[list[CatalogueProposal], int | None]:
    """Proposals of ``state``, newest first; every unit may look at all, since all read with the same catalogue."""
    query = CatalogueProposal.select().where(CatalogueProposal.state == state)
    if before:
        query = query.where(CatalogueProposal.id < before)
    rows = list(query.order_by(CatalogueProposal.id.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None
