"""A database that goes away or is held by another writer: a sentence in Chinese, and the next request works."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import peewee
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import users
from portal.database import database, is_postgresql
from tests.cast import Browser, text_of

LOST = {True: "数据库暂时连不上，这次操作没有保存，请稍后重试", False: "服务器磁盘读写出错，这次操作没有保存；请立即通知系统管理员"}
BUSY = "数据库正忙，这次操作没有保存，请稍后重试"


def cut_connection() -> None:
    """The server hangs up on this thread's connection, as at a restart or a failover; SQLite's disk fails once."""
    if is_postgresql():
        import psycopg

        (number,) = database.execute_sql("SELECT pg_backend_pid()").fetchone()
        address = database.connection().info
        with psycopg.connect(address.dsn, password=address.password, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 2000)", (number,))
    else:
        raise peewee.OperationalError("disk I/O error")


def cut_before(monkeypatch, word: str, times: int = 1) -> None:
    """Cut the connection just before the first ``times`` statements that begin with ``word``."""
    execute, left = database.obj.execute_sql, [times]

    def cutting(sql, *rest, **more):
        if left[0] and sql.startswith(word):
            left[0] -= 1
            cut_connection()
        return execute(sql, *rest, **more)

    monkeypatch.setattr(database.obj, "execute_sql", cutting)


def new_request(browser: Browser, key: str) -> tuple[dict[str, object], str]:
    form = browser.form("/people/requests", "/people/requests")
    return {**form, "name": "新同事", "account": key, "roles": ["officer"]}, "/people/requests"


def send(browser: Browser, address: str, form: dict[str, object]) -> TestResponse:
    """The filled form again and again, as the browser's own button does."""
    return browser._alone(browser.client.post, address, data=form)


def test_a_connection_cut_between_two_requests_is_replaced_unseen(as_person) -> None:
    browser = as_person("gongan-lianluo")
    for _ in range(3):
        if is_postgresql():
            cut_connection()
        else:
            database.close()
        assert browser.get("/inbox/").status_code == 200


@pytest.mark.parametrize("word", ['SELECT "t1"."id"', "SELECT seq, hash, at"], ids=["登录会话", "页脚"])
def test_a_connection_cut_while_a_page_is_made_gives_503_and_the_next_one_works(as_person, monkeypatch, word: str) -> None:
    browser = as_person("gongan-lianluo")
    with monkeypatch.context() as patch:
        cut_before(patch, word)
        answer = browser.get("/inbox/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503 and LOST[is_postgresql()] in page
    assert "Traceback" not in page and "psycopg" not in page and "sqlite" not in page.lower()
    assert browser.get("/inbox/").status_code == 200


@pytest.mark.parametrize("word", ['INSERT INTO "submission"', 'INSERT INTO "account_request"', 'UPDATE "submission"'])
def test_a_connection_cut_inside_a_form_keeps_nothing_and_the_same_form_can_be_sent_again(
    app: Flask, as_person, monkeypatch, word: str
) -> None:
    browser = as_person("gongan-lianluo")
    form, address = new_request(browser, "gongan-xin")
    with monkeypatch.context() as patch:
        cut_before(patch, word)
        answer = send(browser, address, form)
    assert answer.status_code == 503 and LOST[is_postgresql()] in answer.get_data(as_text=True)
    assert browser.get("/inbox/").status_code == 200
    assert users.AccountRequest.select().count() == 0
    again = send(browser, address, form)
    assert (again.status_code, again.headers["Location"]) == (303, address)
    assert users.AccountRequest.select().count() == 1


def test_another_writer_holds_the_database_for_longer_than_one_waits(app: Flask, as_person, tmp_path: Path) -> None:
    browser = as_person("gongan-lianluo")
    form, address = new_request(browser, "gongan-xin")
    if is_postgresql():
        database.execute_sql("SET lock_timeout = '200ms'")
        import psycopg

        address_of = database.connection().info
        with psycopg.connect(address_of.dsn, password=address_of.password) as other:
            other.execute("LOCK TABLE submission IN EXCLUSIVE MODE")
            answer = send(browser, address, form)
    else:
        database.execute_sql("PRAGMA busy_timeout = 200")
        other = sqlite3.connect(tmp_path / "portal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = send(browser, address, form)
        reading = browser.get("/inbox/")
        other.execute("ROLLBACK")
        other.close()
        assert reading.status_code == 200, "readers never wait for a writer"
    assert answer.status_code == 503
    assert BUSY in text_of(answer)
    assert send(browser, address, form).status_code == 303
