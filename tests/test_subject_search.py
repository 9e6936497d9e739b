"""Whichever side leads a search, its pages hold the very rows that a plain look through the register finds."""

from __future__ import annotations

import random
from datetime import date

import pytest
from flask import Flask

from portal import clock, name_index, subject_search, subjects
from portal.database import database, transaction
from portal.subject_search import Filters
from portal.subjects import Subject, SubjectName

STREETS = ("中兴街道", "竹行街道", "小海街道")


@pytest.fixture
def register(app: Flask) -> list[Subject]:
    """Eighty subjects whose names share fragments from very common to rare."""
    dice, made = random.Random(20260925), []
    with transaction():
        for number in range(80):
            name = f"南通{dice.choice('甲乙丙丁')}盛{dice.choice(['餐饮', '商贸', '科技'])}{'有限公司' if number % 4 else '经营部'}{number}"
            made.append(
                Subject.create(
                    name=name, name_key=subjects.name_key(name), category="企业", approved=date(2026, 9, 1),
                    state="存续" if number % 5 else "注销", street=dice.choice(STREETS) if number % 7 else "老街",
                    industry=dice.choice(["F5212", "F5211", "H6210", "I65"]), classification=dice.choice(["", "licensed"]),
                    entered_at=clock.now(),
                )
            )  # fmt: skip
            SubjectName.create(subject=made[-1], name=name, name_key=made[-1].name_key, since=made[-1].approved)
            name_index.index(made[-1].id, None, subjects.keys_of(made[-1]))
    return made


def looked_through(register: list[Subject], wanted: Filters) -> list[int]:
    classification = "" if wanted.classification == "none" else wanted.classification
    return [
        subject.id
        for subject in reversed(register)
        if subjects.name_key(wanted.text) in subject.name_key
        and wanted.state in ("", subject.state)
        and wanted.street in ("", subject.street)
        and subject.industry.startswith(wanted.industry)
        and (not wanted.classification or subject.classification == classification)
    ]


def paged(wanted: Filters) -> list[int]:
    found, older = [], None
    while True:
        page = subject_search.search(wanted, older=older, size=7)
        found += [subject.id for subject in page.rows]
        if page.older is None:
            return found
        back = subject_search.search(wanted, newer=page.rows[-1].id, size=7)
        assert [s.id for s in back.rows][1 - len(page.rows) :] == [s.id for s in page.rows][:-1][1 - len(page.rows) :]
        older = page.older


WANTED = [
    Filters(text, state, street, industry, classification)
    for text in ("", "有限公司", "甲盛", "餐饮", "不存在", "限公司77")
    for state, street in (("", ""), ("存续", ""), ("注销", "老街"))
    for industry in ("", "F", "I65")
    for classification in ("", "none")
]


@pytest.mark.parametrize("common", [0, 12, 5000], ids=["全部常见", "有的常见", "全部少见"])
def test_every_way_finds_the_same_rows_in_the_same_order(app: Flask, register, monkeypatch, common: int) -> None:
    monkeypatch.setattr(subject_search, "COMMON", common)
    counted = min(common, 20)
    monkeypatch.setattr(subject_search, "COUNTED", counted)
    for wanted in WANTED:
        expected = looked_through(register, wanted)
        assert paged(wanted) == expected, wanted
        page = subject_search.search(wanted)
        if page.complete:
            assert page.total == len(expected) or counted < page.total <= len(expected), wanted
        else:
            assert page.total <= len(expected), wanted


@pytest.mark.parametrize(
    ("total", "complete", "words"),
    [(7, True, "7 户"), (7, False, "7 户以上"), (1000, True, "1,000 户"), (1001, True, "1,000 户以上"), (5001, False, "1,000 户以上")],
)
def test_a_count_that_stopped_says_so(total: int, complete: bool, words: str) -> None:
    assert subject_search.Page([], None, None, total, complete).total_text == words


def test_the_streets_are_those_that_occur(app: Flask, register) -> None:
    assert subject_search.streets() == sorted([*STREETS, "老街"])
    Subject.update(street="").execute()
    assert subject_search.streets() == []


def test_a_signed_in_page_costs_few_statements_however_many_rows(app: Flask, register, as_person, monkeypatch) -> None:
    browser = as_person("gongan-jingban")
    browser.get("/subjects/")
    said: list[str] = []
    execute = database.obj.execute_sql

    def listened(sql, *rest, **more):
        said.append(sql)
        return execute(sql, *rest, **more)

    monkeypatch.setattr(database.obj, "execute_sql", listened)
    costs = {}
    for url in ("/account", "/subjects/?q=%E9%A4%90%E9%A5%AE", "/subjects/?q=%E9%A4%90%E9%A5%AE&state=%E5%AD%98%E7%BB%AD", "/inbox/"):
        said.clear()
        assert browser.get(url).status_code == 200
        costs[url] = len(said)
    # The person, the roles, the settings' mark, the calendar's, the audit head, the inbox count: six around every page.
    assert list(costs.values()) == [8, 10, 12, 8], (costs, said)
