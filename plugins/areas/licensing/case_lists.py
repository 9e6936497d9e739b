"""Who sees which cases, lists of them, the reporter's identity with each look logged, and the quarter's entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from portal.toolkit import Missing, NotAllowed, Quarter, audit, registry

from .case_models import CasePhoto, Referral, Reporter, UnlicensedCase
from .unlicensed import RECORD

#: Entries that count for nothing: taken back, or screened out as not illegal (scoring.md, unlicensed).
NOT_COUNTED = ("withdrawn", "screened")


@dataclass(frozen=True)
class Filters:
    """What was asked: ``state`` (``todo``: under way, ``all``), ``kind``, fragments of person or place; ``whose``: ours (to do), entered or referred."""

    state: str = ""
    kind: str = ""
    text: str = ""
    whose: str = ""


def _visible(viewer: Any) -> Any:
    """A unit sees what it entered, what it has to deal with, and what was referred by or to it."""
    if viewer.has_role("office", "convenor", "deputy_convenor"):
        return UnlicensedCase.id.is_null(False)
    unit = viewer.unit or "-"
    passed = Referral.select(Referral.case).where((Referral.from_unit == unit) | (Referral.to_unit == unit))
    return (
        (UnlicensedCase.unit == unit) | (UnlicensedCase.entered_unit == unit) | UnlicensedCase.id.in_(passed)
    )


def case_for(viewer: Any, case_id: int) -> UnlicensedCase:
    """The case, for those who may see it. Raises Missing."""
    found = UnlicensedCase.select().where((UnlicensedCase.id == case_id) & _visible(viewer)).first()
    if found is None:
        raise Missing("没有这条线索，或者它不属于您的单位")
    return found


def page_of(
    viewer: Any, filters: Filters, *, before: int = 0, size: int = 50
) -> tuple[list[UnlicensedCase], int | None, int]:
    """A page of cases: (rows, key of the next page, how many in all). Cases under way come the oldest first, since they
    are due first; a list of another state or of all comes the newest first."""
    where = _visible(viewer)
    under_way = filters.state == "todo"
    if under_way:
        where &= UnlicensedCase.state.in_(["open", "referred"])
    elif filters.state not in ("", "all"):
        where &= UnlicensedCase.state == filters.state
    if filters.kind:
        where &= UnlicensedCase.kind == filters.kind
    if filters.text:
        where &= UnlicensedCase.person.contains(filters.text) | UnlicensedCase.place.contains(filters.text)
    if filters.whose == "ours":
        where &= UnlicensedCase.unit == viewer.unit
    elif filters.whose == "entered":
        where &= UnlicensedCase.entered_unit == viewer.unit
    key = UnlicensedCase.id
    paged = where & (key > before if under_way else key < before) if before else where
    rows = list(UnlicensedCase.select().where(paged).order_by(key if under_way else key.desc()).limit(size + 1))
    total = UnlicensedCase.select(peewee.fn.COUNT(UnlicensedCase.id)).where(where).scalar()
    return rows[:size], rows[size - 1].id if len(rows) > size else None, total


def may_see_reporter(viewer: Any, case: UnlicensedCase) -> bool:
    """Named roles only, and of the unit that deals with the case or entered it, or the office."""
    if not viewer.can("licensing.reporter"):
        return False
    return viewer.has_role("office") or viewer.unit in (case.unit, case.entered_unit)


def reporter_of(viewer: Any, case_id: int) -> Reporter:
    """The reporter's identity; the look is logged with who looked. Raises NotAllowed or Missing."""
    case = case_for(viewer, case_id)
    if not may_see_reporter(viewer, case):
        audit.record_alone("查看举报人被拒绝", RECORD, case_id, succeeded=False)
        raise NotAllowed("举报人信息只有办理单位、录入单位的联络员和负责人以及联席会议办公室可以查看")
    found = Reporter.get_or_none(Reporter.case == case)
    if found is None:
        raise Missing("这条线索没有登记举报人")
    audit.record_alone("查看举报人", RECORD, case_id)
    return found


def photo_for(viewer: Any, photo_id: int) -> CasePhoto:
    """A photograph of a case that the person may see. Raises Missing."""
    found = CasePhoto.get_or_none(CasePhoto.id == photo_id)
    if found is None:
        raise Missing("没有这张照片")
    case_for(viewer, found.case_id)
    return found


def penalty_endpoint() -> str | None:
    """Where another area takes the penalty that ended a case as a dishonesty record; None where no area keeps them."""
    return registry().obligation_pages.get("dishonesty")


def entries(first: date, last: date) -> dict[str, int]:
    """Leads by the unit that entered them from ``first`` to ``last``, those not counted left out, in one query."""
    query = (
        UnlicensedCase.select(UnlicensedCase.entered_unit, peewee.fn.COUNT(UnlicensedCase.id))
        .where(UnlicensedCase.entered_on.between(first, last) & UnlicensedCase.state.not_in(NOT_COUNTED))
        .group_by(UnlicensedCase.entered_unit)
    )
    return dict(query.tuples())


def score_facts(quarter: Quarter) -> dict[str, dict[str, dict[str, int]]]:
    """The entries of every unit in the quarter (Annex 2-1, unlicensed)."""
    found = entries(quarter.first, quarter.last)
    return {key: {"unlicensed": {"entries": found.get(key, 0)}} for key in registry().by_key}


def rows_of(quarter: Quarter, unit: str) -> list[UnlicensedCase]:
    """The unit's entries of the quarter, counted or not, for the page behind the number."""
    query = UnlicensedCase.select().where(
        (UnlicensedCase.entered_unit == unit) & UnlicensedCase.entered_on.between(quarter.first, quarter.last)
    )
    return list(query.order_by(UnlicensedCase.id))
