"""Steps 2 and 3 of the draw: announcement and reveals; correcting and voiding a draw (draw.md)."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import rules, tasks, telling
from plugins.areas.inspections.check_models import Draw, DrawnObject, DrawParty, DrawResult, SpotCheck
from portal.toolkit import (
    Missing,
    NotAllowed,
    Refused,
    Stale,
    audit,
    clock,
    notices,
    settings,
    transaction,
    units,
    users,
)

#: What stands behind an announced public value when it fails to appear.
FALLBACK = "公开数未能产生的，顺延至同一来源的下一次；连续两次未产生的，作废后重新编号"


@dataclass(frozen=True)
class Terms:
    """The announcement as typed. ``accounts`` are the parties for whom the page makes and keeps the 32 bytes."""

    accounts: tuple[str, ...]
    reveal_by: datetime
    value_name: str
    value_at: datetime
    value_format: str
    fallback: str = FALLBACK


def at_state(draw_id: int, *states: str) -> Draw:
    """The draw, read inside the act's transaction, in one of ``states``. Raises Missing, Stale."""
    draw = Draw.get_or_none(Draw.id == draw_id)
    if draw is None:
        raise Missing("没有这次抽取")
    if states and draw.state not in states:
        raise Stale(f"抽取 {draw.draw_id} 现在是“{rules.DRAW_STATES[draw.state]}”，不能办理这一步，请刷新")
    return draw


def move(draw: Draw, act: str, **values: Any) -> None:
    """Take one step of the draw inside the running transaction. Raises Stale when somebody was faster."""
    state = rules.step(rules.DRAW_STEPS, draw.state, act)
    changed = Draw.update(state=state, **values).where((Draw.id == draw.id) & (Draw.state == draw.state))
    if state is None or changed.execute() != 1:
        raise Stale(f"抽取 {draw.draw_id} 刚刚已由别人办理，请刷新")


def party_of(user: users.User) -> str:
    """How a party is named in the announcement: unit and person, NFC."""
    found = units.unit(user.unit)
    return unicodedata.normalize(
        "NFC", f"{found.short_name if found else user.body or '其他'}·{user.name}（{user.account}）"
    )


def bring(draw_id: int, commitment: str) -> DrawParty:
    """The actor commits to 32 bytes of its own before the announcement and must reveal them in time. Raises Refused."""
    commitment = commitment.strip().lower()
    if len(commitment) != 64 or any(sign not in "0123456789abcdef" for sign in commitment):
        raise Refused("承诺值应为 64 位十六进制", {"commitment": "承诺值应为 64 位十六进制"})
    with transaction():
        draw = at_state(draw_id, "sealed")
        user = users.find(audit.actor().account)
        if user is None:
            raise NotAllowed("只有平台用户可以提交承诺")
        try:
            made = DrawParty.create(
                draw=draw, party=party_of(user), unit=user.unit or user.body, account=user.account, name=user.name, own=True,
                commitment=commitment,
            )  # fmt: skip
        except peewee.IntegrityError:
            raise Stale("您已经提交过承诺") from None
        audit.record("提交抽取承诺", "draw", draw.id, note=f"{made.party} {commitment}")
    return made


def keep_secret(draw: Draw, account: str, make: Callable[[int], bytes]) -> DrawParty | None:
    """Make 32 bytes for a named party and keep them sealed; None when the party brought its own."""
    user = users.find(account)
    if user is None or not user.active:
        raise Refused(f"没有账号“{account}”", {"accounts": f"没有账号“{account}”"})
    if DrawParty.select().where((DrawParty.draw == draw) & (DrawParty.account == user.account)).exists():
        return None
    secret, party = make(32), party_of(user)
    return DrawParty.create(
        draw=draw, party=party, unit=user.unit or user.body, account=user.account, name=user.name, secret=secret.hex(),
        commitment=verifiable.commitment(draw.draw_id, party, secret, draw.alg),
    )  # fmt: skip


def _check_parties(draw: Draw, parties: list[DrawParty]) -> None:
    needed = settings.value("inspections.parties")
    if len(parties) < needed:
        raise Refused(
            f"承诺方只有 {len(parties)} 人，至少 {needed} 人", {"accounts": f"承诺方至少 {needed} 人"}
        )
    present = {party.unit for party in parties}
    if len(present) < 2:
        raise Refused("承诺方须来自至少两个不同单位", {"accounts": "承诺方须来自至少两个不同单位"})
    taking_part = tasks.participants_of(draw.task)
    missing = [unit for unit in taking_part if len(taking_part) > 1 and unit not in present]
    if missing:
        raise Refused(
            f"联合抽查的每个参与单位都要有承诺方，缺少{units.name_of(missing[0])}",
            {"accounts": "每个参与单位都要有承诺方"},
        )


def _check_times(terms: Terms) -> None:
    problems = {}
    if terms.reveal_by <= clock.now():
        problems["reveal_by"] = "揭示截止时间应在现在之后"
    if terms.value_at <= terms.reveal_by:
        problems["value_at"] = "公开数的产生时间必须晚于揭示截止时间"
    if not terms.value_name.strip():
        problems["value_name"] = "请写明公开数的准确名称，如某彩票某期或会场掷骰"
    if not terms.fallback.strip():
        problems["fallback"] = "请写明公开数未能产生时怎么办"
    if problems:
        raise Refused("；".join(problems.values()), problems)


def announce(draw_id: int, terms: Terms, make_secret: Callable[[int], bytes] = secrets.token_bytes) -> Draw:
    """Publish the announcement: roots, quotas, commitments, deadline and the exact public value. Its digest goes to the
    audit log. ``make_secret`` is the source of the bytes that the page keeps. Raises Refused, Stale."""
    _check_times(terms)
    with transaction():
        draw = at_state(draw_id, "sealed")
        if draw.unit != audit.actor().unit:
            raise NotAllowed("只有发起单位可以发布抽取公告")
        for account in dict.fromkeys(terms.accounts):
            keep_secret(draw, account, make_secret)
        parties = list(draw.parties.order_by(DrawParty.id))
        _check_parties(draw, parties)
        try:
            made, digest = _compose(draw, terms, parties)
        except verifiable.DrawError as error:
            raise Refused(
                str(error),
                {"value_format": str(error)} if "format" in str(error) or "格式" in str(error) else {},
            ) from None
        move(
            draw, "announce", announce=made, digest=digest, announced_by=audit.actor().name, announced_at=clock.now(),
            reveal_by=terms.reveal_by, value_at=terms.value_at, fallback=terms.fallback.strip(),
        )  # fmt: skip
        audit.record(
            "发布抽取公告",
            "draw",
            draw.id,
            after={"announce_digest": digest},
            note=f"{draw.draw_id} 公告摘要 {digest}",
        )
        _tell_units(draw, digest)
        announced = Draw.get_by_id(draw_id)
        telling.parties_named(announced)
    return announced


def _tell_units(draw: Draw, digest: str) -> None:
    """Every member unit is told the digest before the draw: without it a bundle proves nothing (draw.md)."""
    text = f"抽取公告 {draw.draw_id}（{draw.task.name}）：公告摘要 {digest}"
    for unit in units.enabled():
        notices.tell(unit.key, ("liaison",), f"draw/{draw.draw_id}", text, "/inspections/draws")


def settle_due() -> int:
    """Open or void every announced draw whose deadline has passed; returns how many. Part of the daily work."""
    due = Draw.select(Draw.id).where((Draw.state == "announced") & (Draw.reveal_by <= clock.now()))
    numbers = [key for (key,) in due.tuples()]
    for key in numbers:
        settle(key)
    return len(numbers)


def _compose(draw: Draw, terms: Terms, parties: Iterable[DrawParty]) -> tuple[dict[str, Any], str]:
    # The entry makes announcers wait for each other on PostgreSQL, so that each digest has one successor.
    audit.record("编制抽取公告", "draw", draw.id)
    last = (
        Draw.select(Draw.digest)
        .where(Draw.announced_at.is_null(False))
        .order_by(Draw.announced_at.desc())
        .limit(1)
        .scalar()
    )
    made = {
        "version": 1, "draw_id": draw.draw_id, "alg": draw.alg, **draw.roots, "quota": draw.quota,
        "per_object": draw.task.per_object, "items": tasks.participants_of(draw.task),
        "units": sorted(tasks.participants_of(draw.task)), "check_until": str(draw.task.until_day),
        "commitments": {party.party: party.commitment for party in parties},
        "reveal_by": terms.reveal_by.isoformat(timespec="seconds"),
        "public_value": {
            "name": unicodedata.normalize("NFC", terms.value_name.strip()),
            "at": terms.value_at.isoformat(timespec="seconds"),
            "format": unicodedata.normalize("NFC", terms.value_format.strip()),
        },
        "previous": last or "",
    }  # fmt: skip
    verifiable.check_announce(made)
    return made, verifiable.announce_digest(made)


def reveal(draw_id: int, secret: str) -> DrawParty:
    """A party that brought its own 32 bytes gives them before the deadline. Raises Refused, Stale."""
    secret = secret.strip().lower()
    with transaction():
        draw = at_state(draw_id, "announced")
        if clock.now() >= draw.reveal_by:
            raise Stale(f"揭示截止时间 {draw.reveal_by:%Y-%m-%d %H:%M} 已过")
        party = DrawParty.get_or_none((DrawParty.draw == draw) & (DrawParty.account == audit.actor().account))
        if party is None:
            raise Missing("您不是这次抽取的承诺方")
        if not party.own:
            raise Refused("您的 32 字节由平台保存，到截止时间自动揭示，不必填写")
        try:
            fits = (
                verifiable.commitment(draw.draw_id, party.party, bytes.fromhex(secret), draw.alg)
                == party.commitment
            )
        except (ValueError, verifiable.DrawError):
            raise Refused(
                "揭示值应为 64 位十六进制（32 字节）", {"secret": "揭示值应为 64 位十六进制"}
            ) from None
        if not fits:
            raise Refused("揭示值与您公布的承诺不符", {"secret": "揭示值与您公布的承诺不符"})
        DrawParty.update(reveal=secret, revealed_at=clock.now()).where(DrawParty.id == party.id).execute()
        audit.record("揭示抽取承诺", "draw", draw.id, note=party.party)
    return DrawParty.get_by_id(party.id)


def settle(draw_id: int) -> Draw:
    """At the deadline the server opens what it keeps; a party that brought its own 32 bytes and did not reveal them
    voids the draw publicly. Raises Stale before the deadline."""
    with transaction():
        draw = at_state(draw_id, "announced")
        if clock.now() < draw.reveal_by:
            raise Stale(f"揭示截止时间是 {draw.reveal_by:%Y-%m-%d %H:%M}，还没有到")
        missing = [party.party for party in draw.parties if party.own and not party.reveal]
        if missing:
            reason = f"{'、'.join(missing)}未在截止时间前揭示"
            move(draw, "void", void_reason=reason, voided_by="系统", voided_at=clock.now())
            audit.record("抽取作废", "draw", draw.id, note=reason)
            return Draw.get_by_id(draw_id)
        for party in draw.parties.where(DrawParty.own == False):  # noqa: E712
            DrawParty.update(reveal=party.secret, revealed_at=clock.now()).where(
                DrawParty.id == party.id
            ).execute()
        move(draw, "reveal", revealed_at=clock.now())
        audit.record("公开全部揭示值", "draw", draw.id)
    return Draw.get_by_id(draw_id)


def reveals_of(draw: Draw) -> dict[str, str]:
    """{party: hex of its 32 bytes}, once revealed."""
    return {party.party: party.reveal for party in draw.parties}


def _touched(draw: Draw, *, noticed: bool) -> bool:
    """Whether a check of the draw was carried out (or, with ``noticed``, a notice issued)."""
    begun = SpotCheck.checked_at.is_null(False)
    if noticed:
        begun = begun | SpotCheck.notice_at.is_null(False)
    return (
        SpotCheck.select()
        .join(DrawnObject).join(DrawResult)
        .where((DrawResult.draw == draw) & (SpotCheck.state != "withdrawn") & begun)
        .exists()
    )  # fmt: skip


def _withdraw_checks(draw: Draw) -> None:
    objects = DrawnObject.select(DrawnObject.id).join(DrawResult).where(DrawResult.draw == draw)
    SpotCheck.update(state="withdrawn").where(SpotCheck.drawn.in_(objects)).execute()
    DrawnObject.update(current=False).where(DrawnObject.id.in_(objects)).execute()


def correct(draw_id: int, reason: str) -> Draw:
    """A typing error in the public value was found before the first notice: the draw is recomputed from the right value,
    the old value and bundle stay visible. Raises Refused, Stale."""
    if not reason.strip():
        raise Refused("更正公开数必须写明原因", {"reason": "更正公开数必须写明原因"})
    with transaction():
        draw = at_state(draw_id, "drawn")
        if draw.unit != audit.actor().unit:
            raise NotAllowed("只有发起单位可以更正")
        if _touched(draw, noticed=True):
            raise Refused("已经发出通知书或实施检查，不能更正，只能作废后重新编号")
        _withdraw_checks(draw)
        DrawResult.update(superseded_at=clock.now(), reason=reason.strip()).where(
            (DrawResult.draw == draw) & (DrawResult.round == draw.round)
        ).execute()
        move(draw, "correct", round=draw.round + 1, correction=reason.strip())
        audit.record("更正公开数", "draw", draw.id, note=reason)
    return Draw.get_by_id(draw_id)


def ask_void(draw_id: int, reason: str) -> None:
    """Ask that the draw be void, with a reason; another person approves. Raises Refused, Stale."""
    who = audit.actor()
    if not reason.strip():
        raise Refused("作废抽取必须写明原因", {"reason": "作废抽取必须写明原因"})
    with transaction():
        draw = at_state(draw_id, "sealed", "announced", "revealed", "valued", "drawn")
        if draw.unit != who.unit:
            raise NotAllowed("只有发起单位可以申请作废")
        if _touched(draw, noticed=False):
            raise Refused("已有对象实施检查，抽取不能作废")
        Draw.update(void_reason=reason.strip(), void_asked_by=who.name, void_asked_account=who.account).where(
            Draw.id == draw.id
        ).execute()
        audit.record("申请作废抽取", "draw", draw.id, note=reason)
        telling.void_asked(Draw.get_by_id(draw.id))


def approve_void(draw_id: int) -> Draw:
    """Another person of the unit or the office approves: the draw stays visible as void and its number is not used
    again. Raises Refused, Stale."""
    who = audit.actor()
    with transaction():
        draw = at_state(draw_id, "sealed", "announced", "revealed", "valued", "drawn")
        if not draw.void_asked_account:
            raise Stale("没有作废申请")
        if draw.void_asked_account == who.account:
            raise Refused("作废须由申请人以外的人批准")
        if _touched(draw, noticed=False):
            raise Refused("已有对象实施检查，抽取不能作废")
        _withdraw_checks(draw)
        move(draw, "void", voided_by=who.name, voided_at=clock.now())
        audit.record(
            "抽取作废",
            "draw",
            draw.id,
            note=f"{draw.void_reason}（申请 {draw.void_asked_by}，批准 {who.name}）",
        )
        telling.voided(draw)
    return Draw.get_by_id(draw_id)


def void_counts(year: int) -> dict[str, int]:
    """{unit: void draws of the year}, for the bulletin (draw.md)."""
    query = (
        Draw.select(Draw.unit, peewee.fn.COUNT(Draw.id))
        .where((Draw.year == year) & (Draw.state == "void"))
        .group_by(Draw.unit)
    )
    return {unit: int(count) for unit, count in query.tuples()}
