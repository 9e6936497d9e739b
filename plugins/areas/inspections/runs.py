"""Step 4 of the draw: two people type the public value, the draw runs, its one result is written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import peewee

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import draws, sealings, telling
from plugins.areas.inspections.check_models import (
    CheckMember,
    Draw,
    DrawnObject,
    DrawResult,
    PublicValue,
    SpotCheck,
)
from plugins.areas.inspections.models import Inspector, ItemVersion
from portal.toolkit import Refused, Stale, audit, clock, files, jobs, transaction

CHUNK = 500


class DrawBroken(Exception):
    """The bundle does not pass the independent check: a fault of the program, nothing is stored."""


def current_attempt(draw: Draw) -> tuple[int, PublicValue | None]:
    """The attempt that is open for typing, and the value that the first person typed in it, if any."""
    rows = list(
        PublicValue.select()
        .where((PublicValue.draw == draw) & (PublicValue.round == draw.round))
        .order_by(PublicValue.attempt.desc(), PublicValue.place.desc())
        .limit(2)
    )
    if not rows:
        return 1, None
    return (rows[0].attempt, rows[0]) if rows[0].place == 1 else (rows[0].attempt + 1, None)


def settled_value(draw: Draw) -> str:
    """The value that two people typed alike in the present round. Raises Stale."""
    last = (
        PublicValue.select()
        .where((PublicValue.draw == draw) & (PublicValue.round == draw.round))
        .order_by(PublicValue.attempt.desc(), PublicValue.place.desc())
        .limit(2)
    )
    values = [row.value for row in last]
    if len(values) < 2 or values[0] != values[1]:
        raise Stale("公开数还没有由两人录入一致")
    return values[0]


def type_value(draw_id: int, typed: str) -> Draw:
    """One of two people types the public value; the second equal value starts the draw. Two different values are both
    kept and typed again. Raises Refused, Stale."""
    who = audit.actor()
    with transaction():
        draw = draws.at_state(draw_id, "announced", "revealed")
        if draw.state == "announced":
            draw = draws.settle(draw_id)
            if draw.state == "void":
                return draw
        if clock.now() < draw.value_at:
            raise Refused(
                f"公开数在 {draw.value_at:%Y-%m-%d %H:%M} 产生，之前不能录入",
                {"value": "还没有到公开数的产生时间"},
            )
        value = verifiable.settle_public_value(typed)
        try:
            verifiable.check_public_value(draw.announce, value)
        except verifiable.DrawError as error:
            raise Refused(
                str(error), {"value": f"“{value}”不符合公告的格式 {draw.announce['public_value']['format']}"}
            ) from None
        attempt, earlier = current_attempt(draw)
        if earlier is not None and earlier.account == who.account:
            raise Refused("公开数须由两人分别录入，请另一人录入", {"value": "请另一人录入"})
        try:
            PublicValue.create(
                draw=draw, round=draw.round, attempt=attempt, place=1 if earlier is None else 2, account=who.account,
                name=who.name, unit=who.unit, value=value, typed_at=clock.now(),
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Stale("刚刚已有人录入，请刷新") from None
        audit.record("录入公开数", "draw", draw.id, note=f"第 {draw.round} 轮第 {attempt} 次")
        if earlier is not None and earlier.value == value:
            draws.move(draw, "value")
            if draw.size <= sealings.LARGE:
                run(draw_id)
            else:
                job = jobs.start("inspections.draw", f"抽取 {draw.draw_id}", {"draw": draw.id})
                Draw.update(job_id=job.id).where(Draw.id == draw.id).execute()
    return Draw.get_by_id(draw_id)


def run(draw_id: int, tell: sealings.Tell | None = None) -> None:
    """Draw and store the one result of the present round. Running it again changes nothing."""
    draw = Draw.get_by_id(draw_id)
    if draw.state != "valued":
        return
    bundle, result, library, value = compute(draw, tell)
    with transaction():
        changed = Draw.update(state="drawn").where(
            (Draw.id == draw.id) & (Draw.state == "valued") & (Draw.round == draw.round)
        )
        if changed.execute() != 1:
            return
        try:
            stored = DrawResult.create(
                draw=draw, round=draw.round, public_value=value, drawn_count=len(result.drawn), drawn_at=clock.now(),
                bundle=files.store(io.BytesIO(bundle), f"抽取数据包-{draw.draw_id}.json", largest=sealings.LARGEST_FILE),
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Stale("这一轮已经有结果") from None
        _store_drawn(draw, stored, result, library)
        audit.record(
            "抽取", "draw", draw.id, after={"drawn": len(result.drawn), "bundle": stored.bundle.digest},
            note=f"{draw.draw_id} 第 {draw.round} 轮，数据包 SM3 {stored.bundle.digest}",
        )  # fmt: skip
        telling.drawn(draw)


def restart(draw_id: int) -> Draw:
    """Draw again where the job was cancelled or failed before the result: the result is the same. Raises Stale."""
    with transaction():
        draw = draws.at_state(draw_id, "valued")
        last = jobs.Job.get_or_none(jobs.Job.id == draw.job_id) if draw.job_id else None
        if last is not None and not last.is_over:
            raise Stale("抽取正在进行")
        job = jobs.start("inspections.draw", f"抽取 {draw.draw_id}", {"draw": draw.id})
        Draw.update(job_id=job.id).where(Draw.id == draw.id).execute()
        audit.record("重新开始抽取", "draw", draw.id, note=last.note if last else "")
    return Draw.get_by_id(draw_id)


def compute(
    draw: Draw, tell: sealings.Tell | None = None
) -> tuple[bytes, verifiable.Result, list[dict[str, Any]], str]:
    """Bundle, result, sealed library and public value: a pure function of what was sealed, revealed and typed. The
    independent checker passes it before anything is stored."""
    library, value, reveals = sealings.sealed_library(draw), settled_value(draw), draws.reveals_of(draw)
    try:
        result = verifiable.draw(
            draw.announce, library, draw.inspectors, draw.conflicts, reveals, value, tell
        )
    except verifiable.DrawError as error:
        raise Refused(str(error)) from None
    bundle = verifiable.make_bundle(
        draw.announce, library, draw.inspectors, draw.conflicts, reveals, value, result
    )
    verdict = verifiable.verify_bundle(bundle, draw.digest)
    if not verdict.ok:
        raise DrawBroken(verdict.message)
    return bundle, result, library, value


def run_job(job: jobs.Job) -> None:
    """The job that draws from a large library, with progress; after a crash it starts over and the result is the same."""

    def tell(done: int, total: int) -> None:
        with transaction():
            jobs.progress(job, done, total, "计算签值")

    run(job.arguments["draw"], tell)


def _chunks(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _store_drawn(
    draw: Draw, stored: DrawResult, result: verifiable.Result, library: list[dict[str, Any]]
) -> None:
    wanted = set(result.drawn)
    rows = {row["id"]: row for row in library if row["id"] in wanted}
    over = _over_cap(draw, wanted)
    objects = [
        {
            "result": stored, "task": draw.task, "place": place, "object_id": key, "name": rows[key]["name"],
            "stratum": rows[key]["stratum"], "street": rows[key]["street"], "risk_class": rows[key]["class"], "subject": int(rows[key]["subject"]) if rows[key]["subject"] else None,
            "year": draw.year, "excused": over.get(key, ""),
        }
        for place, key in enumerate(result.drawn, 1)
    ]  # fmt: skip
    for part in _chunks(objects):
        DrawnObject.insert_many(part).execute()
    places = {thing.object_id: thing for thing in DrawnObject.select().where(DrawnObject.result == stored)}
    _store_checks(draw, result, places)


def _over_cap(draw: Draw, wanted: set[str]) -> dict[str, str]:
    """Objects that another draw took over their yearly cap after this library was sealed: they are not checked."""
    cap = min(
        version.yearly_cap
        for version in ItemVersion.select().where(ItemVersion.id.in_(list(draw.versions.values())))
    )
    been = sealings.visits(draw.year)
    return {
        key: f"封存后已被其他任务抽到，今年已 {been[key]} 次，年度上限 {cap} 次，不再检查"
        for key in wanted
        if been.get(key, 0) >= cap
    }


def _store_checks(draw: Draw, result: verifiable.Result, places: dict[str, DrawnObject]) -> None:
    checks, teams = [], {}
    for row in result.assigned:
        thing = places[row["object"]]
        teams[(thing.id, row["unit"])] = row["inspectors"]
        checks.append(
            {
                "drawn": thing, "task": draw.task, "unit": row["unit"], "item": draw.versions[row["unit"]],
                "subject": thing.subject_id, "object_id": thing.object_id, "name": thing.name,
                "state": "withdrawn" if thing.excused else "pending",
            }
        )  # fmt: skip
    for part in _chunks(checks):
        SpotCheck.insert_many(part).execute()
    people = {
        one.key: one
        for one in Inspector.select().where(Inspector.key.in_([row["id"] for row in draw.inspectors]))
    }
    made = SpotCheck.select(SpotCheck.id, SpotCheck.drawn, SpotCheck.unit).join(DrawnObject).where(
        DrawnObject.result == next(iter(places.values())).result_id
    )  # fmt: skip
    now = clock.now()
    members = [
        {"check_ref": check_id, "inspector": people[key].id, "name": people[key].name, "assigned_at": now}
        for check_id, drawn, unit in made.tuples()
        for key in teams[(drawn, unit)]
    ]
    for part in _chunks(members):
        CheckMember.insert_many(part).execute()


def current_result(draw: Draw) -> DrawResult | None:
    """The result in force: of the present round."""
    return DrawResult.get_or_none((DrawResult.draw == draw) & (DrawResult.round == draw.round))


def bundle_of(result: DrawResult) -> bytes:
    """The bundle's bytes; a file that was changed is refused (Missing)."""
    return files.read(result.bundle)


def announcement_json(draw: Draw) -> bytes:
    """The announcement as canonical JSON: what is printed, signed and hashed."""
    return verifiable.canon(draw.announce)


def strata_of(draw: Draw) -> list[tuple[str, int, int]]:
    """(stratum, objects, quota) of the sealed library, for the pages."""
    sizes: dict[str, int] = {}
    for row in sealings.sealed_library(draw):
        sizes[row["stratum"]] = sizes.get(row["stratum"], 0) + 1
    return [(name, sizes.get(name, 0), quota) for name, quota in sorted(draw.quota.items())]


def refreshed(draw: Draw) -> Draw:
    """The draw as it stands in the database now."""
    return Draw.get_by_id(draw.id)
