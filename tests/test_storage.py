"""The one door to the database: durable settings, real errors, no lost writers, forms that take effect once."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peewee
import pytest
from flask import Flask

from portal import access, core_hooks, settings, users
from portal.database import (
    SQLITE_SETTINGS,
    Migration,
    database,
    is_postgresql,
    missing_migrations,
    ready_connection,
    transaction,
)
from portal.plugging import registry
from portal.schema_files import statements
from portal.settings import SettingValue
from tests.cast import Browser


def test_every_sqlite_connection_is_durable_and_keeps_its_references(app: Flask) -> None:
    if is_postgresql():
        assert database.execute_sql("SHOW server_version_num").fetchone()[0] >= "130000"
        return
    found: list[dict[str, object]] = []

    def look() -> None:
        with app.app_context():
            ready_connection()
            found.append({name: database.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in SQLITE_SETTINGS})
            database.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    assert found == [SQLITE_SETTINGS] * 3


def test_eight_threads_that_read_and_then_write_are_never_locked_out(app: Flask) -> None:
    with transaction():
        row = SettingValue.create(key="counter", value=0, from_day="2026-01-01", entered_by="-", entered_at=users.clock.now())

    def work(_: int) -> None:
        with app.app_context():
            ready_connection()
            for _ in range(25):
                with transaction():
                    query = SettingValue.select().where(SettingValue.id == row.id)
                    kept = (query.for_update() if is_postgresql() else query).get()
                    SettingValue.update(value=kept.value + 1).where(SettingValue.id == row.id).execute()
            database.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert SettingValue.get_by_id(row.id).value == 200


def test_a_failed_transaction_leaves_nothing_and_calls_nothing_back(app: Flask) -> None:
    called: list[str] = []
    before = SettingValue.select().count()
    with pytest.raises(peewee.IntegrityError), transaction():
        SettingValue.create(key="a", value=1, from_day="2026-01-01", entered_by="-", entered_at=users.clock.now())
        database.obj.after_commit(lambda: called.append("failed"))
        users.User.insert(id=1, account=None).execute()
    with transaction():
        pass
    assert (SettingValue.select().count(), called) == (before, [])


def test_the_inner_error_of_two_levels_surfaces(app: Flask) -> None:
    with pytest.raises(peewee.DatabaseError, match=r"no_such_table|no such table"), transaction(), transaction():
        database.execute_sql("INSERT INTO no_such_table VALUES (1)")


DISK_FULL = """
import sys, peewee
from datetime import date
from portal import app as A, audit, clock, settings
from portal.error_pages import storage_words
app = A.create_app({"TESTING": True, "SECRET_KEY": "x", "DATA_DIR": sys.argv[1], "DATABASE_URL": "sqlite:///" + sys.argv[1] + "/portal.db"})
with app.app_context():
    from portal.database import ready_connection, transaction, database
    ready_connection()
    before = settings.SettingValue.select().count()
    try:
        with transaction(), transaction():
            settings.SettingValue.create(key="a", value="x" * 40_000_000, from_day=date(2026, 1, 1), entered_by="-", entered_at=clock.now())
            audit.record("试写", "note", 1)
        print("written")
    except peewee.OperationalError as error:
        print(storage_words(error))
    print(settings.SettingValue.select().count() - before, audit.verify().broken)
    with transaction():
        settings.SettingValue.create(key="b", value=1, from_day=date(2026, 1, 1), entered_by="-", entered_at=clock.now())
    print(settings.SettingValue.select().count() - before)
"""


def test_a_full_disk_says_so_in_chinese_and_leaves_nothing_half(app: Flask, tmp_path: Path) -> None:
    """A real limit on the size of files stands in for the full disk: the write fails inside SQLite."""
    if is_postgresql():
        # The server's own disk cannot be filled from here; the words for its error are the same.
        error = peewee.OperationalError('could not extend file "base/1": No space left on device')
        from portal.error_pages import storage_words

        assert storage_words(error).startswith("服务器磁盘已满")
        return
    database.close()
    limited = f"import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (16_000_000, 16_000_000))\n{DISK_FULL}"
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path)], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[1]
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith(("服务器磁盘已满", "服务器磁盘读写出错")), done.stdout + done.stderr
    assert lines[1:] == ["0 None", "1"]


def test_sixteen_clicks_at_once_make_one_account_and_sixteen_equal_answers(app: Flask, as_person) -> None:
    browser = as_person("gongan-lianluo")
    form = browser.form("/people/requests", "/people/requests")
    filled = {**form, "name": "新同事", "account": "gongan-xin", "position": "经办", "roles": ["officer"], "reason": "新调入"}
    cookie = browser.client.get_cookie("portal")
    assert cookie is not None

    def click(_: int) -> tuple[int, str]:
        other = Browser(app)
        other.client.set_cookie("portal", cookie.value)
        answer = other.client.post("/people/requests", data=filled)
        if not database.is_closed():
            database.close()
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(click, range(16)))
    assert len(set(answers)) == 1 and answers[0][0] == 303, answers
    made = users.AccountRequest.select().where(users.AccountRequest.account == "gongan-xin")
    assert [request.name for request in made] == ["新同事"]


def test_sixteen_different_forms_at_once_take_turns_and_the_rule_holds(app: Flask, as_person) -> None:
    """Not one form twice but sixteen windows: whoever comes second reads what the first has done."""
    browser = as_person("gongan-lianluo")
    form = browser.form("/people/requests", "/people/requests")
    filled = {**form, "name": "新同事", "account": "gongan-xin", "position": "经办", "roles": ["officer"]}
    cookie = browser.client.get_cookie("portal").value

    def send(number: int) -> int:
        client = app.test_client()
        client.set_cookie("portal", cookie)
        return client.post("/people/requests", data={**filled, "submission_key": f"{number:032x}"}).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(send, range(16)))
    assert answers == [303] + [422] * 15
    assert users.AccountRequest.select().count() == 1


def test_a_taken_unique_value_is_a_conflict_and_another_broken_rule_a_fault(app: Flask, people, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "RAISE_ERRORS", False)
    one_more = {"account": "x", "name": "x", "password_hash": "", "password_set_at": users.clock.now(), "created_at": users.clock.now()}
    taken = access.public(lambda: users.User.create(account_key="gongan-lianluo", **one_more))
    void = access.public(lambda: users.LoginDay.insert(unit="police").execute())
    browser = Browser(app)
    for view, status in ((taken, 409), (void, 500)):
        monkeypatch.setitem(app.view_functions, "auth.login", view)
        assert browser.get("/login").status_code == status


def test_a_form_sent_again_with_other_contents_changes_nothing(app: Flask, as_person) -> None:
    browser = as_person("gongan-lianluo")
    form = browser.form("/people/requests", "/people/requests")
    filled = {**form, "name": "新同事", "account": "gongan-xin", "position": "经办", "roles": ["officer"], "reason": "新调入"}
    assert browser.client.post("/people/requests", data=filled).status_code == 303
    again = browser.client.post("/people/requests", data={**filled, "name": "别人"})
    assert again.status_code == 409 and "这张表单已经提交过，内容与这次不同" in again.get_data(as_text=True)
    assert [r.name for r in users.AccountRequest.select()] == ["新同事"]


def test_a_refused_form_can_be_mended_and_sent_with_the_same_key(app: Flask, as_person) -> None:
    browser = as_person("gongan-lianluo")
    form = browser.form("/people/requests", "/people/requests")
    wrong = {**form, "name": "新同事", "account": "x", "position": "经办", "roles": ["officer"], "reason": "新调入"}
    assert browser.client.post("/people/requests", data=wrong).status_code == 422
    assert browser.client.post("/people/requests", data={**wrong, "account": "gongan-xin"}).status_code == 303


def test_keys_of_old_forms_are_forgotten(app: Flask, hand) -> None:
    with transaction():
        access.Submission.insert(key="0" * 32, account="a", digest="d", at=users.clock.now()).execute()
    core_hooks.daily()
    assert access.Submission.select().count() == 1
    hand.set(users.clock.now() + (users.timedelta(days=4)))
    access.forget_submissions()
    assert access.Submission.select().count() == 0


def _shape(made: peewee.Database, schema: str | None = None) -> dict[str, tuple[set, set]]:
    """Every table of the models as ``made`` holds it: its columns and its indexes, in no order."""
    found = {}
    for model in (model for owner in registry().schemas for model in owner.models):
        name = model._meta.table_name
        columns = {(c.name, c.data_type.upper(), c.null, c.primary_key) for c in made.get_columns(name, schema)}
        indexes = {(i.name, i.unique, tuple(i.columns)) for i in made.get_indexes(name, schema) if "autoindex" not in i.name}
        found[name] = columns, indexes
    return found


def _shape_of_models() -> dict[str, tuple[set, set]]:
    """The same tables made afresh from the models, beside the migrated ones."""
    if not is_postgresql():
        made = peewee.SqliteDatabase(":memory:")
        for schema in registry().schemas:
            for statement in statements(schema, "sqlite"):
                made.execute_sql(statement)
        return _shape(made)
    with database.atomic() as undone:
        database.execute_sql("CREATE SCHEMA expected")
        database.execute_sql("SET LOCAL search_path TO expected, public")
        for schema in registry().schemas:
            for statement in statements(schema, "postgresql"):
                database.execute_sql(statement)
        found = _shape(database, "expected")
        undone.rollback()
    return found


def test_the_migrations_make_the_very_tables_of_the_models(app: Flask) -> None:
    """What all migrations of each owner lead to is what its models say today: nobody forgot to write one."""
    assert _shape(database) == _shape_of_models()
    assert missing_migrations(registry().schemas) == []
    assert {m.owner for m in Migration.select()} == {schema.owner for schema in registry().schemas}


def test_a_setting_is_dated(app: Flask) -> None:
    settings.change("security.idle_minutes", 45, users.clock.today())
    assert settings.value("security.idle_minutes") == 45
    assert settings.value("security.idle_minutes", users.clock.today() - users.timedelta(days=1)) == 30
