"""The append-only, hash-chained record of who did what to which record (GB/T 22239 8.1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import peewee

from portal import clock
from portal.database import InstantField, JsonField, database, is_postgresql, transaction
from portal.digests import digest_of
from portal.refusals import Refused

#: A clock that stands more than this behind the last entry stops all writing.
CLOCK_TOLERANCE = timedelta(minutes=5)
_CHAIN_LOCK = 7_241_903
GENESIS = "0" * 64


class ClockSetBack(Refused):
    """The machine's clock stands before the last audited act; nothing is written (text in Chinese)."""


@dataclass(frozen=True)
class Actor:
    """Who acts: the account and its unit as they are now, and where the act came from."""

    account: str = "system"
    name: str = "系统"
    unit: str = ""
    user_id: int | None = None
    address: str = ""
    session: str = ""
    request: str = ""
    channel: str = "job"


_NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=_NOBODY)


def actor() -> Actor:
    """Who acts at this moment."""
    return _actor.get()


@contextmanager
def acting(who: Actor) -> Iterator[Actor]:
    """Let ``who`` be the actor of every act inside the block."""
    token = _actor.set(who)
    try:
        yield who
    finally:
        _actor.reset(token)


def act_as(who: Actor) -> None:
    """Let ``who`` be the actor from here on (the start of a request)."""
    _actor.set(who)


class AuditEntry(peewee.Model):
    """One act. The chain covers every column but ``hash`` itself; images stand as digests only."""

    seq = peewee.BigIntegerField(primary_key=True)
    at = InstantField(index=True)
    account = peewee.TextField(index=True)
    actor_name = peewee.TextField()
    unit = peewee.TextField()
    address = peewee.TextField()
    session = peewee.TextField()
    request = peewee.TextField()
    channel = peewee.TextField()
    action = peewee.TextField()
    record_type = peewee.TextField()
    record_id = peewee.TextField()
    succeeded = peewee.BooleanField()
    before = peewee.TextField()
    after = peewee.TextField()
    note = peewee.TextField()
    previous = peewee.TextField()
    hash = peewee.TextField()

    class Meta:
        database = database
        table_name = "audit_entry"
        indexes = ((("record_type", "record_id"), False),)


class RecordChange(peewee.Model):
    """What an act changed, field by field, for the record's own history; kept apart from the chain so that
    personal data can be deleted when the law asks without breaking it."""

    seq = peewee.BigIntegerField(primary_key=True)
    record_type = peewee.TextField()
    record_id = peewee.TextField()
    changes = JsonField()

    class Meta:
        database = database
        table_name = "record_change"
        indexes = ((("record_type", "record_id"), False),)


_CHAINED = tuple(f for f in AuditEntry._meta.sorted_field_names if f != "hash")


def _hash(values: Mapping[str, Any]) -> str:
    return digest_of({name: values[name] for name in _CHAINED})


def _stamp(moment: datetime) -> str:
    return moment.astimezone(clock.ZONE).isoformat(sep=" ", timespec="microseconds")


def last() -> tuple[int, str, datetime | None]:
    """Number, hash and instant of the newest entry; (0, zeros, None) before the first."""
    # Every page's foot asks this: written out, since composing the statement costs more than running it.
    row = database.execute_sql("SELECT seq, hash, at FROM audit_entry ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1], AuditEntry.at.python_value(row[2])) if row else (0, GENESIS, None)


def in_order() -> None:
    """Let this transaction wait for its turn among the writers: what it numbers from here on (audit entries, events)
    follows the order of the commits, so that a reader who asks for everything after a number misses nothing."""
    if is_postgresql():
        # The head must be read by one writer at a time or two entries would follow the same one.
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_CHAIN_LOCK,))


def record(
    action: str,
    record_type: str,
    record_id: int | str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
    succeeded: bool = True,
    who: Actor | None = None,
) -> int:
    """Write one entry inside the running transaction of the act itself; returns its number.

    ``before`` and ``after`` are the record's fields (plain values); their digests go into the chain and the
    differing fields into the record's history. Raises ClockSetBack, or RuntimeError outside a transaction:
    no act without its entry, no entry without its act.
    """
    if database.transaction_depth() == 0:
        raise RuntimeError("audit.record needs the transaction of the act")
    in_order()
    seq, previous, last_at = last()
    moment = clock.now()
    if last_at is not None and moment < last_at - CLOCK_TOLERANCE:
        raise ClockSetBack(
            f"服务器时间 {moment:%Y-%m-%d %H:%M} 早于最近一次操作的时间 {last_at:%Y-%m-%d %H:%M}，"
            "为保证期限计算正确，暂停一切写入，请系统管理员校准时间"
        )
    who = who or actor()
    values: dict[str, Any] = {
        "seq": seq + 1,
        "at": _stamp(moment),
        "account": who.account,
        "actor_name": who.name,
        "unit": who.unit,
        "address": who.address,
        "session": who.session,
        "request": who.request,
        "channel": who.channel,
        "action": action,
        "record_type": record_type,
        "record_id": str(record_id),
        "succeeded": succeeded,
        "before": digest_of(dict(before)) if before is not None else "",
        "after": digest_of(dict(after)) if after is not None else "",
        "note": note,
        "previous": previous,
    }
    values["hash"] = _hash(values)
    AuditEntry.insert(**values).execute()
    changes = difference(before or {}, after or {})
    if changes:
        RecordChange.insert(
            seq=seq + 1, record_type=record_type, record_id=str(record_id), changes=changes
        ).execute()
    return seq + 1


def record_alone(action: str, record_type: str, record_id: int | str, **rest: Any) -> int:
    """An entry in a transaction of its own, for what changes nothing else: a look, an export, a refusal."""
    with transaction():
        return record(action, record_type, record_id, **rest)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[list[Any]]:
    """``[field, old, new]`` for every field that differs, in the order of ``after``."""
    names = list(after) + [name for name in before if name not in after]
    return [
        [name, before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    ]


@dataclass(frozen=True)
class Verdict:
    """What :func:`verify` found: ``broken`` is the first bad number or None, ``reason`` says why (Chinese)."""

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""


def verify(first: int = 1, known: str = GENESIS, most: int | None = None) -> Verdict:
    """Recompute the chain from entry ``first``, whose predecessor's hash is ``known``; names the first bad entry.

    ``most`` is how many entries are looked at, for a long chain that is verified piece by piece.
    """
    previous, expected, head = known, first, known
    query = AuditEntry.select().where(AuditEntry.seq >= first).order_by(AuditEntry.seq).limit(most)
    for entry in query.iterator():
        if entry.seq != expected:
            return Verdict(expected - first, head, expected, f"缺少第 {expected} 条审计记录")
        if entry.previous != previous:
            return Verdict(expected - first, head, entry.seq, f"第 {entry.seq} 条与前一条不相连")
        values = {name: getattr(entry, name) for name in _CHAINED} | {"at": _stamp(entry.at)}
        if _hash(values) != entry.hash:
            return Verdict(expected - first, head, entry.seq, f"第 {entry.seq} 条的内容被改动过")
        previous = head = entry.hash
        expected += 1
    return Verdict(expected - first, head)


def history(
    record_type: str, record_id: int | str, limit: int = 200, without: tuple[str, ...] = ()
) -> list[tuple[AuditEntry, list[list[Any]]]]:
    """谁在何时改了什么: the acts on one record but those named in ``without``, newest first, with their changed fields."""
    entries = list(
        AuditEntry.select()
        .where((AuditEntry.record_type == record_type) & (AuditEntry.record_id == str(record_id)))
        .where(AuditEntry.action.not_in(without))
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    changes = dict(
        RecordChange.select(RecordChange.seq, RecordChange.changes)
        .where(RecordChange.seq.in_([entry.seq for entry in entries]))
        .tuples()
    )
    return [(entry, changes.get(entry.seq, [])) for entry in entries]


def from_channel(channel: str) -> Actor:
    """The present actor, seen as acting through ``channel`` (``web``, ``cli``, ``api``, ``job``)."""
    return replace(actor(), channel=channel)
