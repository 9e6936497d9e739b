"""What the office and the units do to a quarter's scores: discretion, stages, reviews, freezing, revisions."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from portal import audit, clock, facts, obligations, scoring
from portal.database import transaction
from portal.digests import digest_of
from portal.facts import Span, span_of
from portal.plugging import registry
from portal.refusals import Missing, Refused
from portal.scores import (
    STAGES,
    Adjustment,
    Board,
    FrozenScore,
    QuarterStage,
    Review,
    adjustments,
    as_plain,
    board,
    frozen_board,
    frozen_of,
    ranked,
    row_of,
    stage_of,
    units_scored,
)
from portal.scoring import ScoringError
from portal.users import User, UserRole
from portal.workdays import Quarter


def adjust(quarter: Quarter, unit: str, item: str, changes: dict[str, Any], reason: str) -> Adjustment:
    """The office sets a discretionary part, or corrects counts after a review, with its reason. Raises Refused."""
    reason = reason.strip()
    if not reason:
        raise Refused("酌情评分和更正必须写明理由", {"reason": "必须写明理由"})
    if len(reason) > 500:
        raise Refused("理由最多 500 个字", {"reason": "最多 500 个字"})
    with transaction():
        span = span_of(quarter)
        if frozen_of(quarter) is not None:
            raise Refused(f"{quarter.label}已经定稿，更正请另作修订")
        found = next((u for u in units_scored(span) if u.key == unit), None)
        if found is None:
            raise Missing("这个单位在这个季度没有得分")
        of_unit = facts.of_all(span, [unit])[unit]
        made = adjustments(quarter).get(unit, {})
        entry = Adjustment(
            quarter=str(quarter), unit=unit, item=item, changes=changes, reason=reason,
            entered_by=audit.actor().name, entered_at=clock.now(),
        )  # fmt: skip
        try:
            score = row_of(span, found, of_unit, {**made, item: entry}, item).score
            if item not in {line.item for line in score.lines}:
                raise Refused("该单位本季没有这个计分项")
        except ScoringError as error:
            raise Refused(str(error), {"value": str(error)}) from error
        entry.save(force_insert=True)
        before = made[item].changes if item in made else None
        audit.record(
            "酌情评分" if "set" in changes else "更正事实", "score", f"{quarter}/{unit}/{item}",
            before={"changes": before}, after={"changes": changes, "reason": reason},
        )  # fmt: skip
    return entry


def read_set(text: str) -> str:
    """A value typed for a discretionary part, with at most two decimals. Raises Refused."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text):
        raise Refused(f"分值“{text[:20]}”应为不小于 0、最多两位小数的数字", {"value": "应为不小于 0、最多两位小数的数字"})
    return text


def enter_stage(quarter: Quarter, stage: str) -> None:
    """The office opens the review, or takes it back to scoring. Raises Refused when the time has not come."""
    with transaction():
        span = span_of(quarter)
        now = stage_of(span)
        if stage not in ("scoring", "review"):
            raise Refused("没有这个阶段")
        if now not in ("scoring", "review"):
            raise Refused(f"{quarter.label}在 {span.closing} 24:00 截止以后才能进入复核，现在是“{STAGES[now]}”")
        if now == stage:
            return
        entry, _ = QuarterStage.get_or_create(
            quarter=str(quarter), defaults={"stage": stage, "entered_by": audit.actor().name, "entered_at": clock.now()}
        )
        entry.stage, entry.entered_by, entry.entered_at = stage, audit.actor().name, clock.now()
        entry.save()
        audit.record("季度评分进入" + STAGES[stage], "quarter", str(quarter), before={"stage": now}, after={"stage": stage})


def ask_review(viewer: Any, quarter: Quarter, item: str, reason: str) -> Review:
    """The unit asks for a review of one line within the days of the scheme. Raises Refused."""
    reason = reason.strip()
    if not 5 <= len(reason) <= 1000:
        raise Refused("复核理由应为 5 至 1000 个字", {"reason": "应为 5 至 1000 个字"})
    with transaction():
        span = span_of(quarter)
        if stage_of(span) != "review":
            raise Refused("现在不是复核阶段")
        entered = QuarterStage.get(QuarterStage.quarter == str(quarter)).entered_at.date()
        until = span.calendar.deadline(entered, span.scheme.settings.review_days).day
        if clock.today() > until:
            raise Refused(f"复核申请已于 {until} 24:00 截止")
        if item not in {line.item for line in board(quarter).row(viewer.unit).score.lines}:
            raise Refused("本单位没有这个计分项")
        same = (Review.quarter == str(quarter)) & (Review.unit == viewer.unit) & (Review.item == item)
        if Review.select().where(same & (Review.state == "asked")).exists():
            raise Refused("这一项已有一份待答复的复核申请")
        review = Review.create(
            quarter=str(quarter), unit=viewer.unit, item=item, reason=reason, asked_by=viewer.name, asked_at=clock.now()
        )
        name = span.scheme.item(item).name
        obligations.open_obligation(
            "review_answer", office_unit(), record=("review", review.id), title=f"答复{viewer.unit_label}对“{name}”的复核申请",
            started_on=clock.today(), started_words="申请", days=span.scheme.settings.review_days, scored=False,
        )  # fmt: skip
        audit.record("申请复核", "score", f"{quarter}/{viewer.unit}/{item}", after={"reason": reason})
    return review


def office_unit() -> str:
    """The unit in which the office sits (附件1 二): that of an office person, else the one with the most functions."""
    found = (
        User.select(User.unit)
        .join(UserRole)
        .where((UserRole.role == "office") & UserRole.ended_at.is_null() & (User.unit != ""))
        .order_by(User.id)
        .first()
    )
    if found is not None:
        return found.unit
    return max(registry().units, key=lambda unit: len(unit.functions)).key


def answer_review(review_id: int, answer: str, changes: dict[str, Any] | None) -> Review:
    """The office answers, and corrects the counts where the unit is right. Raises Refused."""
    answer = answer.strip()
    if not answer or len(answer) > 1000:
        raise Refused("答复应为 1 至 1000 个字", {"answer": "应为 1 至 1000 个字"})
    with transaction():
        review = Review.get_or_none(Review.id == review_id)
        if review is None:
            raise Missing("没有这份复核申请")
        if review.state != "asked":
            raise Refused("这份复核申请已经答复过")
        if changes:
            adjust(Quarter.parse(review.quarter), review.unit, review.item, changes, f"复核：{answer}")
        review.state, review.answer = "corrected" if changes else "kept", answer
        review.answered_by, review.answered_at = audit.actor().name, clock.now()
        review.save()
        obligations.fulfil("review_answer", ("review", review.id))
        audit.record("答复复核", "score", f"{review.quarter}/{review.unit}/{review.item}", after={"answer": answer})
    return review


def freeze(quarter: Quarter, reason: str = "") -> FrozenScore:
    """Make the quarter final, or add a corrected revision with a reason. Raises Refused while something is open."""
    with transaction():
        span = span_of(quarter)
        earlier = frozen_of(quarter)
        if earlier is None and stage_of(span) != "review":
            raise Refused("复核阶段结束以后才能定稿")
        if Review.select().where((Review.quarter == str(quarter)) & (Review.state == "asked")).exists():
            raise Refused("还有没有答复的复核申请，不能定稿")
        made = board(quarter) if earlier is None else frozen_board(span, earlier)
        content = as_plain(made) | {"stage": "final"}
        frozen = FrozenScore.create(
            quarter=str(quarter), revision=1, reason=reason, content=content, digest=digest_of(content),
            frozen_by=audit.actor().name, frozen_at=clock.now(),
        )  # fmt: skip
        QuarterStage.update(stage="final", entered_by=audit.actor().name, entered_at=clock.now()).where(
            QuarterStage.quarter == str(quarter)
        ).execute()
        audit.record("季度评分定稿", "quarter", str(quarter), after={"revision": 1, "digest": frozen.digest})
    return frozen


def revise(quarter: Quarter, unit: str, item: str, changes: dict[str, Any], reason: str) -> FrozenScore:
    """Correct one line of a final quarter: a new numbered revision with a reason; the old ones stay. Raises Refused."""
    reason = reason.strip()
    if not reason:
        raise Refused("修订必须写明理由", {"reason": "必须写明理由"})
    with transaction():
        earlier = frozen_of(quarter)
        if earlier is None:
            raise Refused(f"{quarter.label}还没有定稿")
        span = span_of(quarter)
        entry = Adjustment.create(
            quarter=str(quarter), unit=unit, item=item, changes=changes, reason=reason,
            entered_by=audit.actor().name, entered_at=clock.now(),
        )  # fmt: skip
        content = dict(earlier.content)
        scheme = scoring.scheme_for(quarter.last).with_settings(content["settings"])
        span = Span(quarter, scheme, span.calendar, span.closing, span.last_workday)
        rows = []
        for row in frozen_board(span, earlier).rows:
            if row.unit.key == unit:
                try:
                    row = row_of(span, row.unit, row.facts, {item: entry}, item)
                except ScoringError as error:
                    raise Refused(str(error), {"value": str(error)}) from error
            rows.append(row)
        content = as_plain(Board(span, "final", ranked(rows)))
        frozen = FrozenScore.create(
            quarter=str(quarter), revision=earlier.revision + 1, reason=reason, content=content, digest=digest_of(content),
            frozen_by=audit.actor().name, frozen_at=clock.now(),
        )  # fmt: skip
        audit.record(
            "修订季度评分", "quarter", str(quarter),
            before={"digest": earlier.digest}, after={"revision": frozen.revision, "digest": frozen.digest}, note=reason,
        )  # fmt: skip
    return frozen
