"""Passwords that keep every rule of composition and are guessed at once, and such as are not."""

from __future__ import annotations

import pytest
from flask import Flask

from portal import passwords, weak_patterns


@pytest.mark.parametrize(
    "password",
    ["Qwer1234!@#$", "1qaz@WSX3edc", "Zhangwei-1987", "Wangfang_2026!", "P@ssw0rd2026!", "ZAQ!2wsx#EDC4",
     "Asdf-9876-zxcv", "Lixiaoming19870612", "Bangongshi#2026", "!QAZ2wsx#EDC"],
)  # fmt: skip
def test_a_password_of_nothing_but_patterns_is_refused(app: Flask, password: str) -> None:
    left = weak_patterns.unguessed(password)
    refused = passwords.problems(password, account="gongan-jingban")
    assert refused and left < passwords.LEAST_UNGUESSED


@pytest.mark.parametrize("password", ["Qiu-feng.yu-2026", "correct horse Battery 9", "Zhu3.Xiang-Yuan", "雨后青山如洗万里无云 A1x9"])
def test_a_few_words_that_do_not_belong_together_are_good(app: Flask, password: str) -> None:
    assert passwords.problems(password, account="gongan-jingban") == []


def test_every_one_time_password_keeps_the_rules(app: Flask) -> None:
    assert [one for one in (passwords.one_time() for _ in range(300)) if weak_patterns.unguessed(one) < passwords.LEAST_UNGUESSED] == []


def test_the_words_are_many_and_each_is_long_enough_to_mean_something() -> None:
    assert len(weak_patterns.words()) > 1200 and min(map(len, weak_patterns.words())) >= 4
