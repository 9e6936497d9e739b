"""The HTTP API: who may, idempotent writes by the sender's own number, paging, changes, ETag, problems with codes."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.areas.exchange import api_answers, client, rates, tokens
from plugins.areas.exchange.models import ApiToken, SenderKey
from portal import audit, clock, error_pages, settings, units
from portal.audit import AuditEntry
from portal.refusals import Refused
from portal.subjects import Subject, SubjectEvent
from portal.users import LoginDay
from tests.areas.exchange.conftest import Caller
from tests.areas.exchange.sent_files import code
from tests.cast import text_of


def values(number: int, **rest: Any) -> dict[str, Any]:
    return {"name": f"南通{number:06d}号商贸有限公司", "code": code(number), "approved": "2026-09-01", "scope": "日用百货销售"} | rest


def rows(*numbers: int) -> dict[str, Any]:
    return {"rows": [{"key": f"SP-{n}", "values": values(n)} for n in numbers]}


def test_a_record_is_known_by_its_senders_number_and_sending_it_again_changes_nothing(caller: Caller) -> None:
    path = "registrations/by-key/审批〔2026〕1号"
    first = caller.ask("PUT", path, values(1))
    assert (first.status_code, first.json["outcome"]) == (201, "created")
    events = SubjectEvent.select().count()
    again = caller.ask("PUT", path, values(1))
    assert (again.status_code, again.json) == (200, first.json | {"outcome": "same"})
    assert SubjectEvent.select().count() == events
    changed = caller.ask("PUT", path, values(1, event="变更", scope="食品销售"))
    assert (changed.status_code, changed.json["outcome"], changed.json["id"]) == (200, "changed", first.json["id"])
    found = caller.ask("GET", path)
    assert found.json["values"]["scope"] == "食品销售" and found.json["values"]["approved"] == "2026-09-01"
    assert SubjectEvent.select().order_by(SubjectEvent.id.desc()).first().source == "接口 审批平台"


def test_a_number_cannot_move_to_another_record(caller: Caller) -> None:
    caller.ask("PUT", "registrations/by-key/1", values(1))
    answer = caller.ask("PUT", "registrations/by-key/1", values(2))
    assert (answer.status_code, answer.json["code"]) == (409, "key_conflict")
    assert [s.credit_code for s in Subject.select()] == [code(1)]


def test_a_number_without_the_result_counts_for_nothing(caller: Caller) -> None:
    answer = caller.ask("PUT", "registrations/by-key/1", {"name": "甲公司"})
    assert answer.status_code == 422
    assert [(e["field"], e["rule"]) for e in answer.json["errors"]] == [("approved", "不能为空")]
    assert SenderKey.select().count() == 0 and Subject.select().count() == 0


def test_a_batch_answers_each_row_and_a_wrong_one_leaves_the_others(caller: Caller) -> None:
    caller.ask("POST", "registrations/batch", rows(1))
    sent = rows(1, 2, 3)
    sent["rows"][2]["values"]["code"] = "91320691MA1000000A"
    sent["rows"] += [{"key": "SP-2", "values": values(4)}, {"key": "", "values": values(5)}, "x", {"key": "SP-6", "values": {**values(6), "甲": 1}}]
    answer = caller.ask("POST", "registrations/batch", sent)
    assert answer.status_code == 207
    assert answer.json["counts"] == {"created": 1, "changed": 0, "same": 1, "wrong": 5}
    assert [r["status"] for r in answer.json["results"]] == [200, 201, 422, 422, 422, 422, 422]
    told = [[(e["field"], e["rule"]) for e in r["errors"]] for r in answer.json["results"]]
    assert told[2] == [("code", "统一社会信用代码校验不通过，可能有字符填错")]
    assert told[3] == [("key", "同一批里编号重复")]
    assert told[6] == [("甲", "没有这个字段")]
    assert Subject.select().count() == 2
    assert audit.verify().broken is None


def test_a_thousand_rows_at_once_and_not_one_more(caller: Caller) -> None:
    assert caller.ask("POST", "registrations/batch", rows(*range(1001))).status_code == 422
    answer = caller.ask("POST", "registrations/batch", rows(*range(40)))
    assert answer.json["counts"]["created"] == 40


def test_pages_follow_the_cursor_and_hold_every_record_once(caller: Caller) -> None:
    caller.ask("POST", "registrations/batch", rows(*range(7)))
    found, cursor = [], "0"
    while cursor is not None:
        page = caller.ask("GET", f"registrations?limit=3&cursor={cursor}").json
        found += [item["values"]["code"] for item in page["items"]]
        cursor = page["next"]
    assert found == [code(n) for n in range(7)]
    assert [i["values"]["code"] for i in caller.ask("GET", "registrations?name=000005").json["items"]] == [code(5)]


def test_the_feed_gives_what_changed_since_the_last_asking(caller: Caller) -> None:
    caller.ask("POST", "registrations/batch", rows(1, 2))
    first = caller.ask("GET", "registrations/changes").json
    assert [item["record"]["values"]["code"] for item in first["items"]] == [code(1), code(2)]
    assert caller.ask("GET", f"registrations/changes?since={first['since']}").json == {"items": [], "since": first["since"]}
    caller.ask("PUT", "registrations/by-key/SP-1", values(1, event="变更", scope="食品销售"))
    second = caller.ask("GET", f"registrations/changes?since={first['since']}").json
    assert [item["record"]["values"]["scope"] for item in second["items"]] == ["食品销售"]


def test_etag_spares_reading_and_guards_writing(caller: Caller) -> None:
    caller.ask("PUT", "registrations/by-key/1", values(1))
    tag = caller.ask("GET", "registrations/by-key/1").headers["ETag"]
    assert caller.ask("GET", "registrations/by-key/1", If_None_Match=tag).status_code == 304
    changed = values(1, event="变更", scope="食品销售")
    assert caller.ask("PUT", "registrations/by-key/1", changed, If_Match='"registrations-1-99"').json["code"] == "version_changed"
    assert caller.ask("PUT", "registrations/by-key/1", changed, If_Match=tag).status_code == 200
    assert caller.ask("GET", "registrations/by-key/1", If_None_Match=tag).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "problem"),
    [
        ("GET", "nothing", None, 404, "not_found"),
        ("GET", "registrations/99", None, 404, "not_found"),
        ("GET", "registrations/99999999999999999999999", None, 404, "not_found"),
        ("GET", "registrations?limit=0", None, 400, "bad_parameter"),
        ("GET", "registrations?limit=1001", None, 400, "bad_parameter"),
        ("GET", "registrations?cursor=x", None, 400, "bad_parameter"),
        ("GET", "registrations?page=2", None, 400, "bad_parameter"),
        ("GET", "registrations?state=没有", None, 400, "bad_parameter"),
        ("GET", "registrations?name=%00", None, 422, "invalid"),
        ("GET", "registrations/-1", None, 404, "not_found"),
        ("DELETE", "registrations/1", None, 405, "method_not_allowed"),
        ("POST", "registrations/batch", b" " * ((33 << 20) + 1), 413, "too_large"),
        ("PUT", "registrations/by-key/1", b'{"name": "a", "capital": NaN, "approved": "2026-09-01"}', 400, "bad_json"),
        ("PUT", "registrations/by-key/1", {"name": "甲公司", "capital": 10**30, "approved": "2026-09-01"}, 422, "invalid"),
        ("GET", "registrations?limit=1&limit=2", None, 400, "bad_parameter"),
        ("GET", "registrations?name=a", None, 422, "invalid"),
        ("POST", "registrations/batch", b"{", 400, "bad_json"),
        ("POST", "registrations/batch", b"[" * 100_000, 400, "bad_json"),
        ("POST", "registrations/batch", {"rows": []}, 422, "invalid"),
        ("POST", "registrations/batch", [], 422, "invalid"),
        ("PUT", "registrations/by-key/1", [], 422, "invalid"),
        ("PUT", "registrations/by-key/1", b'{"name": "\\ud800", "approved": "2026-09-01"}', 422, "invalid"),
        ("PUT", "registrations/by-key/1", {"name": "x\0y", "approved": "2026-09-01"}, 422, "invalid"),
        ("PUT", "registrations/by-key/" + "x" * 101, values(1), 422, "invalid"),
    ],
)
def test_what_is_refused_is_a_problem_document_in_chinese(caller: Caller, method: str, path: str, content: Any, status: int, problem: str) -> None:
    answer = caller.ask(method, path, content)
    assert (answer.status_code, answer.json["code"]) == (status, problem)
    assert answer.content_type == "application/problem+json" and answer.json["status"] == status
    assert any("一" <= sign <= "鿿" for sign in answer.json["title"])


def test_every_code_that_is_answered_is_documented(app) -> None:
    assert {code: status for status, (code, _) in error_pages.API_PROBLEMS.items()}.items() <= {
        code: status for code, (status, _) in api_answers.PROBLEMS.items()
    }.items()


def test_of_two_who_change_the_same_version_one_is_told(caller: Caller) -> None:
    tag = caller.ask("PUT", "registrations/by-key/1", values(1)).headers["ETag"]
    assert caller.ask("GET", "registrations/by-key/1").headers["ETag"] == tag
    answers = [caller.ask("PUT", "registrations/by-key/1", values(1, event="变更", scope=f"食品销售{n}"), If_Match=tag) for n in range(2)]
    assert [answer.status_code for answer in answers] == [200, 412]
    assert answers[0].headers["ETag"] != tag
    assert caller.ask("PUT", "registrations/by-key/2", values(2), If_Match="*").status_code == 412


def test_another_site_cannot_send_with_the_token_of_a_page(caller: Caller) -> None:
    answer = caller.ask("PUT", "registrations/by-key/1", values(1), Origin="http://elsewhere.example")
    assert (answer.status_code, answer.json["code"]) == (403, "foreign_site")


@pytest.mark.parametrize("kind", ["registrations", "permits", "penalties", "dishonesty", "check-objects", "inspectors"])
def test_every_kind_is_read_in_pages_and_as_a_feed(as_system, unit: str, kind: str) -> None:
    system = as_system(unit, kinds=(kind,))
    assert system.ask("GET", kind).json["items"] == [] and system.ask("GET", f"{kind}/changes").json["items"] == []


def test_a_body_must_say_that_it_is_json(caller: Caller) -> None:
    assert caller.ask("POST", "registrations/batch", rows(1), Content_Type="text/plain").json["code"] == "not_json"


def test_a_method_that_no_route_has_names_those_it_has(caller: Caller) -> None:
    answer = caller.ask("DELETE", "registrations/1")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"] and answer.content_type == "application/problem+json"


@pytest.mark.parametrize("text", ["", "jmp_", "jmp_" + "x" * 43, "x"])
def test_without_a_living_token_nothing_is_told(app, text: str) -> None:
    answer = Caller(app, text).ask("GET", "registrations")
    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_login_is_no_token(as_person) -> None:
    assert as_person("shenpi-jingban").get("/api/v1/registrations").status_code == 401


def test_a_token_ends_when_revoked_expired_or_its_unit_leaves(app, unit: str, token: str, hand) -> None:
    system, made = Caller(app, token), ApiToken.get()
    assert system.ask("GET", "registrations").status_code == 200
    assert made.token_hash != token and token not in str(made.__data__)
    hand.set(clock.at(date(2027, 1, 1)))
    assert system.ask("GET", "registrations").status_code == 401
    hand.set(clock.at(date(2026, 12, 31)))
    assert system.ask("GET", "registrations").status_code == 200
    tokens.revoke(made.id, unit)
    assert system.ask("GET", "registrations").status_code == 401
    assert tokens.state_of(ApiToken.get()) == "已作废"


def test_a_token_reaches_only_its_kinds_and_its_units_rights(as_system, unit: str) -> None:
    assert as_system(unit, may_write=False).ask("PUT", "registrations/by-key/1", values(1)).json["code"] == "out_of_scope"
    police = as_system("police")
    answer = police.ask("PUT", "registrations/by-key/1", values(1))
    assert (answer.status_code, answer.json["detail"]) == (403, "只有推送登记信息的单位和推送吊销信息的单位可以导入登记信息")
    assert police.ask("GET", "registrations").status_code == 200


def test_the_token_acts_in_the_audit_and_marks_no_login_day(caller: Caller, unit: str) -> None:
    caller.ask("POST", "registrations/batch", rows(1))
    entry = AuditEntry.select().where(AuditEntry.action == "接口写入").get()
    assert (entry.unit, entry.actor_name, entry.channel, entry.account) == (unit, "接口 审批平台", "api", f"token:{ApiToken.get().id}")
    assert "新增 1、更改 0" in entry.note
    assert LoginDay.select().count() == 0


def test_who_asks_too_often_is_told_when_to_come_again(caller: Caller) -> None:
    settings.change("exchange.requests_per_minute", 10, clock.today())
    statuses = [caller.ask("GET", "registrations/changes").status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert 1 <= int(caller.ask("GET", "registrations").headers["Retry-After"]) <= 60


def test_the_limit_holds_over_all_processes_and_ends_with_the_minute(app, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = [rates.RateLimit() for _ in range(3)]
    answered = sum(one.spend("token:1", 200) for _ in range(100) for one in processes)
    assert 200 - 3 * 4 < answered <= 200
    assert not any(one.spend("token:1", 200) for one in [*processes, rates.RateLimit()])
    assert processes[0].spend("token:2", 200)
    monkeypatch.setattr(rates, "present_minute", lambda: 29_000_001)
    assert all(one.spend("token:1", 200) for one in processes)
    monkeypatch.setattr(rates, "present_minute", lambda: 29_000_100)
    assert rates.forget_old() == 2


def test_who_guesses_tokens_must_wait(app) -> None:
    guesser = Caller(app, "jmp_wrong")
    assert [guesser.ask("GET", "registrations").status_code for _ in range(32)] == [401] * 30 + [429] * 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["nothing"]}, "kinds"),
        ({"expires_on": date(2026, 9, 25)}, "expires_on"),
        ({"expires_on": date(2026, 9, 25) + timedelta(days=400)}, "expires_on"),
    ],
)
def test_a_token_needs_a_name_kinds_and_an_end(unit: str, given: dict[str, Any], field: str) -> None:
    wanted = {"name": "系统", "kinds": ["registrations"], "expires_on": date(2026, 12, 31)} | given
    with pytest.raises(Refused) as refused:
        tokens.create(unit, wanted["name"], wanted["kinds"], True, wanted["expires_on"])
    assert list(refused.value.fields) == [field]


def test_a_liaison_makes_a_token_that_is_shown_once(as_person, app) -> None:
    browser = as_person("shichang-lianluo")
    page = browser.submit(
        "/exchange/tokens/", "/exchange/tokens/", name="协同平台", kinds="registrations", expires_on="2026-12-31"
    )
    text = text_of(page)
    fresh = next(word for word in text.split() if word.startswith("jmp_") and len(word) > 20)
    assert Caller(app, fresh).ask("GET", "").json["unit"] == "market_regulation"
    assert fresh not in text_of(browser.get("/exchange/tokens/"))
    number = ApiToken.get().id
    browser.submit("/exchange/tokens/", f"/exchange/tokens/{number}/revoke")
    assert Caller(app, fresh).ask("GET", "").status_code == 401
    wrong = browser.submit("/exchange/tokens/", "/exchange/tokens/", name="", expires_on="x")
    assert wrong.status_code == 422 and "请选择这个系统读写哪些记录" in text_of(wrong)


def test_the_page_of_the_api_shows_calls_that_work_as_they_stand(as_person, caller: Caller, unit: str) -> None:
    page = as_person("shenpi-jingban").get("/exchange/api/").get_data(as_text=True)
    commands = [html.unescape(found) for found in re.findall(r'<pre class="code-block" tabindex="0">(curl .*?)</pre>', page, re.S)]
    sent = json.loads(re.search(r"-d '(.*?)' \\", commands[1])[1])
    path = re.search(r"/api/v1/(\S+)$", commands[1])[1]
    assert [caller.ask("PUT", path, sent).status_code for _ in range(2)] == [201, 200]
    body = re.search(r'id="kind-registrations".*?<details class="panel-foot">.*?<pre[^>]*>(.*?)</pre>', page, re.S)[1]
    assert caller.ask("POST", "registrations/batch", html.unescape(body).encode()).json["counts"]["same"] == 1


def test_the_example_client_is_given_as_it_is_tested(as_person) -> None:
    assert as_person("gongan-jingban").get("/exchange/client.py").data == Path(client.__file__).read_bytes()


def test_the_page_of_the_api_names_every_field_and_path(as_person) -> None:
    text = text_of(as_person("gongan-jingban").get("/exchange/api/"))
    for word in ("PUT /api/v1/registrations/by-key/{key}", "统一社会信用代码", "version_changed", "核准日期"):
        assert word in text


def test_the_example_client_sends_reads_and_follows_changes(served: str, token: str, tmp_path, capsys) -> None:
    there = client.Client(served, token, wait=0.01)
    results = list(there.send("registrations", ({"key": f"K{n}", "values": values(n)} for n in range(5))))
    assert [r["outcome"] for r in results] == ["created"] * 5
    assert there.put("registrations", "K1", values(1))["outcome"] == "same"
    assert [r["values"]["code"] for r in there.records("registrations")] == [code(n) for n in range(5)]
    found, since = there.changes("registrations")
    assert len(found) == 5 and there.changes("registrations", since) == ([], since)
    with pytest.raises(client.Answered, match="404"):
        there.ask("GET", "nothing")
    assert client.main([served]) == 2 and "client.py https" in capsys.readouterr().err
    lines = tmp_path / "rows.jsonl"
    lines.write_text('{"key": "K9", "values": {}}\n', encoding="utf-8")
    assert client.main([served, token, "registrations", str(lines)]) == 1
    assert "不能为空" in capsys.readouterr().out
    assert units.is_enabled(ApiToken.get().unit)
