"""提醒: who is told of what; warnings of deadlines at 3 and 1 working days, to the liaison when overdue, to the head later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

import peewee

from portal import audit, clock, official_calendar
from portal.database import InstantField, Record, transaction
from portal.obligations import OPEN, Obligation
from portal.refusals import Missing
from portal.users import User, UserRole

#: Level → (the roles told, the words), in the order in which an obligation reaches them (obligations.md, lamps).
LEVELS: dict[int, tuple[tuple[str, ...], str]] = {
    1: (("officer",), "{count} 项时限义务还有 3 个工作日以内到期"),
    2: (("officer",), "{count} 项时限义务还有 1 个工作日以内到期"),
    3: (("liaison",), "{count} 项时限义务已经逾期"),
    4: (("head",), "{count} 项时限义务已经逾期 3 个工作日"),
}


class Notice(Record):
    """A sentence for one person, until it is read; ``key`` keeps the same one from being told twice."""

    user = peewee.ForeignKeyField(User, backref="notices")
    key = peewee.TextField()
    text = peewee.TextField()
    href = peewee.TextField(default="")
    told_at = InstantField()
    read_at = InstantField(null=True)

    class Meta:
        indexes = ((("user", "key"), True), (("user", "read_at", "id"), False))


def tell(unit: str | None, roles: tuple[str, ...], key: str, text: str, href: str = "") -> int:
    """Tell the unit's people who hold one of ``roles`` (of any body when ``unit`` is None), once for each ``key``;
    returns how many were told."""
    people = (
        User.select(User.id)
        .join(UserRole)
        .where(User.active & UserRole.role.in_(roles) & UserRole.ended_at.is_null())
        .distinct()
    )
    if unit is not None:
        people = people.where(User.unit == unit)
    return _write(people, key, text, href)


def tell_persons(accounts: Collection[str], key: str, text: str, href: str = "") -> int:
    """Tell the named persons, once for each ``key``; returns how many were told. Who has no account hears nothing."""
    return _write(User.select(User.id).where(User.active & User.account.in_(list(accounts))), key, text, href)


def _write(people: Iterable[User], key: str, text: str, href: str) -> int:
    told = 0
    with transaction():
        for person in people:
            row = {"user": person.id, "key": key, "text": text, "href": href, "told_at": clock.now()}
            told += bool(Notice.insert(row).on_conflict(action="nothing").execute())
    return told


def settle(*keys: str, unit: str | None = None) -> int:
    """What these notices waited for has been done: nobody (of the unit) is asked for it any more. Returns how many
    unread notices that took back."""
    # By way of the people, so that the index (user, key) serves the search.
    people = User.select(User.id) if unit is None else User.select(User.id).where(User.unit == unit)
    waiting = Notice.user.in_(people) & Notice.key.in_(keys) & Notice.read_at.is_null()
    with transaction():
        return Notice.update(read_at=clock.now()).where(waiting).execute()


def tell_again(roles: tuple[str, ...], series: str, number: str, text: str) -> int:
    """Tell the newest of a series (``series`` + ``number`` is the key): an older one that nobody read yet gives way."""
    with transaction():
        old = Notice.key.startswith(series) & (Notice.key != series + number) & Notice.read_at.is_null()
        Notice.update(read_at=clock.now()).where(old).execute()
        return tell(None, roles, series + number, text)


def unread(user: Any, limit: int = 20) -> list[Notice]:
    """What the person has not read yet, newest first."""
    return list(
        Notice.select().where((Notice.user == user.id) & Notice.read_at.is_null()).order_by(Notice.id.desc()).limit(limit)
    )


def read(user: Any, notice_id: int) -> None:
    """The person has read one of their notices. Raises Missing for somebody else's."""
    with transaction():
        done = (
            Notice.update(read_at=clock.now())
            .where((Notice.id == notice_id) & (Notice.user == user.id) & Notice.read_at.is_null())
            .execute()
        )
        if not done and not Notice.select().where((Notice.id == notice_id) & (Notice.user == user.id)).exists():
            raise Missing("没有这条提醒")


def read_all(user: Any) -> int:
    """The person has read all of their notices; returns how many those were."""
    with transaction():
        return (
            Notice.update(read_at=clock.now()).where((Notice.user == user.id) & Notice.read_at.is_null()).execute()
        )


def _level(remaining: int) -> int:
    if remaining <= -3:
        return 4
    if remaining < 0:
        return 3
    return 2 if remaining <= 1 else 1 if remaining <= 3 else 0


def warn(today: date | None = None) -> int:
    """Warn of every open obligation that has reached a new level; safe to run twice, and catches up after a stop.

    One notice for each person, unit and level a day, however many obligations. Returns how many were warned of.
    """
    today = today or clock.today()
    calendar = official_calendar.calendar()
    reached: dict[tuple[str, int], list[int]] = defaultdict(list)
    near = Obligation.select(Obligation.id, Obligation.unit, Obligation.deadline, Obligation.warned).where(
        (Obligation.state == OPEN) & Obligation.waiting_since.is_null()
        & (Obligation.deadline <= today + timedelta(days=20)) & (Obligation.warned < max(LEVELS))
    )  # fmt: skip
    for owed in near:
        level = _level(calendar.remaining(today, owed.deadline))
        # Overdue before anybody was warned (the job stood still, or a late list row): the liaison hears of it as well.
        skipped = (3,) if level == 4 and owed.warned < 3 else ()
        for reach in (*skipped, level) if level > owed.warned else ():
            reached[(owed.unit, reach)].append(owed.id)
    with transaction():
        for (unit, level), numbers in sorted(reached.items()):
            roles, words = LEVELS[level]
            tell(unit, roles, f"deadline/{today}/{level}", words.format(count=len(numbers)), "/inbox/")
            for start in range(0, len(numbers), 500):
                part = numbers[start : start + 500]
                Obligation.update(warned=level).where(Obligation.id.in_(part)).execute()
        warned = len({number for numbers in reached.values() for number in numbers})
        if warned:
            audit.record("发出期限提醒", "obligation", str(today), note=f"{warned} 项")
    return warned
