"""Member units: the table of Annex 2-2; how a unit comes and goes by request and answer (附件1 二)."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from portal import audit, clock, obligations, units
from portal.cli_units import units as commands
from portal.database import transaction
from portal.declarations import DUTIES
from portal.plugging import registry
from portal.units import UnitRequest, UnitTerm
from tests.cast import FOUNDED, PASSWORD, table_of, text_of

#: Annex 2-2 by hand: unit → its ticks in the order login, permit, unlicensed, penalty, other dishonesty.
TICKS = {
    "财政局": "✓✓✓✓✓",
    "经济发展局": "✓✓✓—✓",
    "市场监管局": "✓✓✓✓✓",
    "公安分局": "✓✓✓✓✓",
    "建设局": "✓✓✓—✓",
}


def _new_member(key: str = "finance") -> None:
    """As after installing a plugin: the unit is there and was never a member."""
    UnitTerm.delete().where(UnitTerm.unit == key).execute()


def test_the_table_shows_all_fourteen_with_duties_as_in_annex_2_2(as_person):
    rows = table_of(as_person("gongan-jingban").get("/units/"), "成员单位")
    assert [row[0] for row in rows] == [str(number) for number in range(1, 15)]
    assert [row[1] for row in rows] == [unit.name for unit in registry().units]
    ticks = {row[1]: "".join(cell[0] for cell in row[2 : 2 + len(DUTIES)]) for row in rows}
    assert {name: ticks[name] for name in TICKS} == TICKS
    assert {(row[9], row[10]) for row in rows} == {("2026-01-01", "已启用")}


def test_a_units_page_shows_everything_its_plugin_declares(as_person):
    answer, police = as_person("gongan-jingban").get("/units/police"), units.unit("police")
    assert [row[0] for row in table_of(answer, "许可事项")] == [item.code for item in police.permit_items]
    assert [row[0] for row in table_of(answer, "行业监管")] == [duty.prefix for duty in police.industries]
    assert [row[0] for row in table_of(answer, "抽查事项")] == [item.number for item in police.check_items]
    assert table_of(answer, "成员期间") == [["2026-01-01", "至今", "通开管〔2026〕1号"]]
    assert "申请停用" not in text_of(answer)


def test_a_unit_leaves_by_its_liaisons_request_and_the_offices_confirmation(as_person, hand):
    with transaction():
        owed = obligations.open_obligation(
            "claim",
            "police",
            record=("push", 1),
            title="认领",
            started_on=date(2026, 9, 24),
            started_words="推送",
            days=7,
        )
    liaison, office = as_person("gongan-lianluo"), as_person("bangongshi")
    answer = liaison.submit(
        "/units/police", "/units/police/ask", day="2026-09-28", reason="职能划转", basis=""
    )
    assert "已提交停用公安分局的申请，等待办公室确认" in text_of(answer)
    assert units.is_enabled("police", date(2026, 9, 28))
    office.submit("/units/police", "/units/requests/1/answer", answer="confirm", basis="纪要〔2026〕9号")
    assert units.is_enabled("police", date(2026, 9, 27)) and not units.is_enabled("police", date(2026, 9, 28))
    row = table_of(liaison.get("/units/police"), "启用、停用申请")[0]
    assert row[1:4] == ["停用", "2026-09-28", "职能划转"] and row[6:] == [
        "已确认",
        "办公室主任 2026-09-25 10:00",
    ]
    assert [entry.action for entry, _ in audit.history("unit", "police")] == [
        "答复单位申请",
        "申请停用单位",
        "启用单位",
    ]
    assert obligations.Obligation.get_by_id(owed.id).state == obligations.OPEN


def test_a_unit_that_leaves_today_owes_nothing_any_more(as_person):
    with transaction():
        owed = obligations.open_obligation(
            "claim",
            "police",
            record=("push", 1),
            title="认领",
            started_on=date(2026, 9, 24),
            started_words="推送",
            days=7,
        )
    as_person("gongan-lianluo").submit(
        "/units/police", "/units/police/ask", day="2026-09-25", reason="职能划转"
    )
    as_person("bangongshi").submit("/units/police", "/units/requests/1/answer", answer="confirm")
    stopped = obligations.Obligation.get_by_id(owed.id)
    assert (stopped.state, stopped.reason) == ("withdrawn", "单位自 2026-09-25 起停用")


def test_a_new_unit_needs_a_decision_and_the_office_asks_for_it(as_person):
    _new_member()
    office, convenor = as_person("bangongshi"), as_person("zhaojiren")
    assert table_of(office.get("/units/"), "成员单位")[3][-1] == "已安装，从未启用"
    explained = text_of(office.get("/units/finance"))
    assert (
        "增补成员单位须由联席会议决定" in explained
        and "新单位还没有联络员账号，由办公室代为申请" in explained
    )
    office.submit("/units/finance", "/units/finance/ask", day="2026-10-08", reason="增补", basis="")
    refused = office.submit("/units/finance", "/units/requests/1/answer", answer="confirm", basis="")
    assert refused.status_code == 422 and "增补成员单位须填写联席会议纪要文号，或由召集人确认" in text_of(
        refused
    )
    assert "已确认增补" in text_of(convenor.submit("/units/finance", "/units/requests/1/admit"))
    office.submit("/units/finance", "/units/requests/1/answer", answer="confirm", basis="")
    assert table_of(office.get("/units/finance"), "成员期间") == [["2026-10-08", "至今", "召集人召集人确认"]]
    assert table_of(office.get("/units/"), "成员单位")[3][-1] == "将于 2026-10-08 启用"


def test_a_minutes_number_is_a_decision_too(as_person):
    _new_member()
    office = as_person("bangongshi")
    office.submit(
        "/units/finance", "/units/finance/ask", day="2026-10-08", reason="增补", basis="纪要〔2026〕9号"
    )
    office.submit("/units/finance", "/units/requests/1/answer", answer="confirm", basis="纪要〔2026〕9号")
    assert table_of(office.get("/units/finance"), "成员期间") == [["2026-10-08", "至今", "纪要〔2026〕9号"]]


@pytest.mark.parametrize(
    ("account", "action", "fields"),
    [
        (
            "gongan-lianluo",
            "/units/finance/ask",
            {"wish": "disable", "day": "2026-10-08", "reason": "别家的"},
        ),
        (
            "gongan-jingban",
            "/units/police/ask",
            {"wish": "disable", "day": "2026-10-08", "reason": "不是联络员"},
        ),
        ("zhaojiren", "/units/police/ask", {"wish": "disable", "day": "2026-10-08", "reason": "召集人"}),
        ("gongan-lianluo", "/units/requests/1/answer", {"answer": "confirm"}),
        ("bangongshi", "/units/requests/1/admit", {}),
        ("fuzhaojiren", "/units/requests/1/admit", {}),
        ("xitong-jia", "/units/requests/1/answer", {"answer": "confirm"}),
    ],
)
def test_only_the_own_liaison_and_the_office_ask_and_only_the_right_one_answers(
    as_person, account, action, fields
):
    _new_member("social_affairs")
    request = units.ask("social_affairs", True, date(2026, 10, 8), "增补")
    assert request.id == 1 and as_person(account).post(action, **fields).status_code == 403
    assert [(r.unit, r.state, r.admitted_by) for r in UnitRequest.select()] == [
        ("social_affairs", "requested", "")
    ]


@pytest.mark.parametrize(
    ("key", "fields", "sentence"),
    [
        ("police", {"day": "2026-09-24"}, "生效日不能早于今天"),
        ("police", {"day": "明天"}, "生效日“明天”不是日期，应写成 2026-09-18 这样"),
        ("police", {"reason": " "}, "请写明理由"),
        ("police", {"wish": ""}, "请选择启用或停用"),
        ("police", {"wish": "enable"}, "公安分局在 2026-10-08 已经启用"),
        ("market_regulation", {}, "市场监管局承担专门职能，不能停用"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_the_rule(as_person, key, fields, sentence):
    typed = {"wish": "disable", "day": "2026-10-08", "reason": "职能划转", **fields}
    answer = as_person("bangongshi").post(f"/units/{key}/ask", **typed)
    assert answer.status_code == 422 and sentence in text_of(answer)
    assert UnitRequest.select().count() == 0


def test_an_unknown_unit_is_not_found(as_person):
    assert as_person("bangongshi").get("/units/no_such").status_code == 404


@pytest.fixture
def run(app, people, monkeypatch):
    """Run ``portal units …`` as a person on the same database."""
    monkeypatch.setenv("PORTAL_PASSWORD", PASSWORD)
    monkeypatch.setattr("portal.cli_start.application", lambda: app)

    def invoke(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands, list(words))
        text = f"{result.output}{result.exception or ''}" if result.exit_code else result.output
        return result.exit_code, text.strip()

    return invoke


def test_the_command_line_does_what_the_pages_do_and_says_who(run):
    _new_member()
    ask = ("ask", "finance", "--from", "2026-10-08", "--enable", "--reason", "增补")
    assert run(*ask, "--as", "bangongshi") == (
        0,
        "已提交第 1 号申请：自 2026-10-08 起启用财政局，等待办公室确认",
    )
    assert "须填写联席会议纪要文号" in run("confirm", "1", "--as", "bangongshi")[1]
    assert run("confirm", "1", "--basis", "纪要〔2026〕9号", "--as", "bangongshi") == (
        0,
        "已确认：自 2026-10-08 起启用财政局",
    )
    assert run("history", "finance") == (
        0,
        "成员\t2026-10-08\t至今\t纪要〔2026〕9号\n申请启用\t1\t2026-10-08\t办公室主任\t已确认\t纪要〔2026〕9号",
    )
    assert run("list")[1].splitlines()[3] == "4\tfinance\t财政局\t2026-10-08\t将于 2026-10-08 启用"
    acts = [(e.account, e.channel, e.action) for e, _ in audit.history("unit", "finance")][:2]
    assert acts == [("bangongshi", "cli", "答复单位申请"), ("bangongshi", "cli", "申请启用单位")]


def test_the_command_line_refuses_whom_the_pages_refuse(run, monkeypatch):
    ask = ("ask", "finance", "--from", "2026-10-08", "--disable", "--reason", "别家的", "--as")
    assert "只有本单位的联络员和办公室可以为这个单位申请" in run(*ask, "gongan-lianluo")[1]
    assert "审计管理员没有这项权限：申请启用、停用单位" in run(*ask, "shenji")[1]
    assert "没有第 7 号单位申请" in run("admit", "7", "--as", "zhaojiren")[1]
    monkeypatch.setenv("PORTAL_PASSWORD", "不对的口令")
    assert "账号或口令不正确" in run(*ask, "bangongshi")[1]
    assert UnitRequest.select().count() == 0


def test_a_refusal_from_the_command_line_keeps_its_reason(run):
    assert (
        run(
            "ask",
            "police",
            "--from",
            "2026-10-08",
            "--disable",
            "--reason",
            "职能划转",
            "--as",
            "gongan-lianluo",
        )[0]
        == 0
    )
    assert run("refuse", "1", "--reason", "暂不停用", "--as", "bangongshi") == (0, "已答复不同意：公安分局")
    assert [(r.state, r.answer) for r in UnitRequest.select()] == [("refused", "暂不停用")]


def test_the_founders_are_entered_together_from_one_day(run):
    UnitTerm.delete().execute()
    found = ("--from", "2026-01-01", "--basis", "通开管〔2026〕1号", "--as", "bangongshi")
    assert "专门职能" in run("found", "police", *found)[1] and UnitTerm.select().count() == 0
    assert run("found", "--all", *found) == (0, "已登记 14 个创始成员单位，自 2026-01-01 起")
    assert {(term.from_day, term.basis) for term in UnitTerm.select()} == {(FOUNDED, "通开管〔2026〕1号")}
    _new_member()
    late = ("--from", "2026-09-01", "--basis", "通开管〔2026〕1号", "--as", "bangongshi")
    assert "创始成员单位自 2026-01-01 起；之后加入的单位应申请增补" in run("found", "finance", *late)[1]
    assert "请写一个单位标识，或者写 --all" in run("found", *found)[1]
    assert clock.today() == date(2026, 9, 25)
