"""谁在何时改了什么: gap-free, chained, in the act's own transaction; a changed row is named by its number."""

from __future__ import annotations

import threading
from datetime import timedelta

import peewee
import pytest
from flask import Flask

from portal import audit, clock
from portal.audit import Actor, AuditEntry
from portal.database import database, ready_connection, transaction
from tests.cast import tamper


def write(count: int) -> None:
    for number in range(count):
        with transaction():
            audit.record("试写", "note", number, before={"text": "旧"}, after={"text": f"新{number}"})


def test_the_chain_is_whole_after_ordinary_work(app: Flask) -> None:
    write(5)
    verdict = audit.verify()
    assert (verdict.broken, verdict.entries, verdict.head) == (None, audit.last()[0], audit.last()[1])


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE audit_entry SET note = 'x' WHERE seq = {n}", "第 {n} 条的内容被改动过"),
        ("UPDATE audit_entry SET at = '2026-01-01 00:00:00.000000+08:00' WHERE seq = {n}", "第 {n} 条的内容被改动过"),
        ("UPDATE audit_entry SET hash = previous WHERE seq = {n}", "第 {n} 条的内容被改动过"),
        ("DELETE FROM audit_entry WHERE seq = {n}", "缺少第 {n} 条审计记录"),
    ],
)
def test_the_first_changed_entry_is_named(app: Flask, sql: str, words: str) -> None:
    write(6)
    number = audit.last()[0] - 3
    tamper(sql.format(n=number))
    assert audit.verify().reason == words.format(n=number)


def test_the_program_itself_cannot_change_or_delete_an_entry(app: Flask) -> None:
    write(1)
    for act in (AuditEntry.update(note="x"), AuditEntry.delete()):
        with pytest.raises(peewee.DatabaseError), transaction():
            act.execute()
    assert audit.verify().broken is None


def test_no_act_without_its_entry_and_no_entry_without_its_act(app: Flask) -> None:
    before = audit.last()[0]
    with pytest.raises(ZeroDivisionError), transaction():
        audit.record("试写", "note", 1)
        raise ZeroDivisionError
    assert audit.last()[0] == before
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record("试写", "note", 1)


def test_a_record_shows_who_changed_which_field_from_what_to_what(app: Flask) -> None:
    with audit.acting(Actor(account="li", name="李四", unit="police")), transaction():
        audit.record("改名", "note", 7, before={"name": "旧", "same": 1}, after={"name": "新", "same": 1, "more": 2})
    [(entry, changes)] = audit.history("note", 7)
    assert (entry.action, entry.actor_name, entry.unit) == ("改名", "李四", "police")
    assert changes == [["name", "旧", "新"], ["more", None, 2]]


def test_the_entry_holds_digests_not_the_values(app: Flask) -> None:
    with transaction():
        audit.record("登记", "note", 8, after={"identity": "320601199001011234"})
    entry = AuditEntry.get(AuditEntry.seq == audit.last()[0])
    assert "320601199001011234" not in str(entry.__data__) and len(entry.after) == 64


def test_a_clock_set_back_stops_all_writing_with_a_reason(app: Flask, hand) -> None:
    write(1)
    hand.set(clock.now() - timedelta(days=2))
    with pytest.raises(audit.ClockSetBack, match="请系统管理员校准时间"), transaction():
        audit.record("试写", "note", 9)


def test_eight_threads_leave_one_chain_without_gaps(app: Flask) -> None:
    start = audit.last()[0]

    def work() -> None:
        with app.app_context():
            ready_connection()
            write(10)
            database.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.last()[0] == start + 80
    assert audit.verify().broken is None
