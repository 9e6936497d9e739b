"""The working calendar with its notices, the deadline calculator, and dated settings."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, calendar_lines, obligations, official_calendar, settings
from portal.database import transaction
from portal.scheme_settings import SETTING_LABELS
from portal.setting_forms import current_scheme
from portal.settings import SettingValue, known
from tests.cast import table_of, text_of

LINES = "2027-01-01 休 元旦\n2027-02-05 休 春节\n\n2027-02-07 班 春节调休\n"
NOTICE = {"document": "国办发明电〔2026〕7号", "years": "2027", "lines": LINES}


def _cells(answer, month: str) -> dict[str, str]:
    """Day → word of one small month, as a person reads them."""
    body = answer.get_data(as_text=True)
    table = re.search(rf'<table class="month"><caption>{month}</caption>.*?</table>', body, re.S)
    found = re.findall(r'<td class="([a-z]+)"[^>]*>(\d+)(?:<span class="word">(.)</span>)?', table[0])
    return {day: word or kind for kind, day, word in found}


def test_the_year_shows_holidays_and_make_up_days_in_words(as_person):
    answer = as_person("gongan-jingban").get("/admin/calendar?year=2026")
    assert re.findall(r"<caption>(\d+月)</caption>", answer.get_data(as_text=True)) == [
        f"{n}月" for n in range(1, 13)
    ]
    october = _cells(answer, "10月")
    assert len(october) == 31
    assert [day for day, word in october.items() if word == "休"] == ["1", "2", "5", "6", "7"]
    assert [day for day, word in october.items() if word == "班"] == ["10"]
    assert october["3"] == "weekend" and october["8"] == "plain"
    assert "全年 248 个工作日" in text_of(answer)


def test_a_year_without_a_notice_is_called_provisional(as_person):
    text = text_of(as_person("gongan-jingban").get("/admin/calendar?year=2027"))
    assert "2027年的放假通知还没有录入，按周一至周五为工作日推算，期限均为暂定" in text


def test_a_notice_is_entered_and_open_deadlines_follow_it(as_person):
    with transaction():
        moved, kept = (
            obligations.open_obligation(
                "claim",
                "police",
                record=("push", number),
                title="认领",
                started_on=day,
                started_words="推送",
                days=2,
            )
            for number, day in ((1, date(2027, 2, 3)), (2, date(2026, 9, 18)))
        )
    assert (moved.deadline, moved.provisional) == (date(2027, 2, 5), True)
    office = as_person("bangongshi")
    answer = office.submit("/admin/calendar", "/admin/calendar?year=2026", **NOTICE)
    assert "已录入“国办发明电〔2026〕7号”，共 3 天；重算未办时限义务，1 项期限变动" in text_of(answer)
    again = obligations.Obligation.get_by_id(moved.id)
    assert (again.deadline, again.provisional) == (date(2027, 2, 7), False)
    assert obligations.Obligation.get_by_id(kept.id).deadline == kept.deadline
    assert _cells(answer, "1月")["1"] == "休"
    assert (_cells(answer, "2月")["5"], _cells(answer, "2月")["7"]) == ("休", "班")
    assert table_of(answer, "放假通知")[0] == [
        "2",
        "国办发明电〔2026〕7号",
        "2027",
        "3",
        "办公室主任",
        "2026-09-25 10:00",
    ]
    assert table_of(office.get("/admin/calendar/notices/2"), "日期") == [
        ["2027-01-01", "休", "元旦"],
        ["2027-02-05", "休", "春节"],
        ["2027-02-07", "班", "春节调休"],
    ]
    assert [entry.action for entry, _ in audit.history("calendar", "2")] == [
        "按新日历重算期限",
        "录入放假通知",
    ]


def test_a_wrong_notice_names_each_line_and_keeps_what_was_typed(as_person):
    lines = "2027-02-30 休 元旦\n2027-01-01 放 元旦\n2027-01-01 休 元旦\n"
    lines += "2027-01-01 班 元旦\n2030-01-01 休 元旦\n元旦"
    answer = as_person("bangongshi").submit(
        "/admin/calendar", "/admin/calendar?year=2026", **{**NOTICE, "lines": lines}
    )
    error = re.search(r'id="f-lines-error">(.*?)</p>', answer.get_data(as_text=True), re.S)
    assert answer.status_code == 422
    assert html.unescape(re.sub(r"<[^>]+>", "", error[1])).strip().split("；第") == [
        "第 1 行“2027-02-30 休 元旦”：没有 2027-02-30 这一天",
        " 2 行“2027-01-01 放 元旦”：“放”应为休或班，应写成“2027-01-01 休 元旦”或“2027-02-07 班 春节调休”",
        " 4 行“2027-01-01 班 元旦”：日期 2027-01-01 前面已经写过",
        " 5 行“2030-01-01 休 元旦”：日期不在通知年份 2027 及其前后一年内",
        " 6 行“元旦”：应有日期、休或班、名称三项，应写成“2027-01-01 休 元旦”或“2027-02-07 班 春节调休”",
    ]
    assert "有内容需要改正（5 处）" in text_of(answer)
    assert "2030-01-01 休 元旦" in answer.get_data(as_text=True)
    assert official_calendar.CalendarNotice.select().count() == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请填写通知安排的年份，如 2027"),
        ("27", "年份“27”应为 2000 至 2099 的四位数"),
        ("２０２７", "年份“２０２７”应为 2000 至 2099 的四位数"),
    ],
)
def test_the_years_of_a_notice_are_four_digits(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        calendar_lines.read_years(text)


@given(
    st.dictionaries(
        st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.sampled_from("休班"), min_size=1, max_size=40
    )
)
def test_every_well_written_notice_is_read_as_written(days):
    text = "\n".join(f"{day} {word} 名称" for day, word in days.items())
    read = calendar_lines.read_days(text, [2027])
    assert read.problems == ()
    assert {day: (worked, name) for day, worked, name in read.days} == {
        d: (w == "班", "名称") for d, w in days.items()
    }


@given(st.text(max_size=200))
def test_whatever_is_typed_gives_days_or_sentences_never_an_error(text):
    read = calendar_lines.read_days(text, [2027])
    assert read.days or read.problems


@pytest.mark.parametrize(
    ("event", "days", "sentence"),
    [
        ("2026-09-18", "7", "起算 2026-09-18（当天不计）→ 第7个工作日 2026-09-29 24时止"),
        ("2026-10-03", "0", "起算 2026-10-03（当天不计）→ 当个工作日 2026-10-08 24时止"),
        ("2026-12-31", "3", "（放假通知未出，暂定）"),
        ("2026-09-31", "7", "起算日“2026-09-31”不是日期，应写成 2026-09-18 这样"),
        ("2026-09-18", "-1", "工作日数应为 0 至 1000 的整数"),
    ],
)
def test_the_calculator_shows_the_arithmetic(as_person, event, days, sentence):
    assert sentence in text_of(as_person("gongan-jingban").get(f"/admin/calendar?event={event}&days={days}"))


def test_only_the_office_enters_notices_and_the_technical_roles_see_no_calendar(as_person):
    officer = as_person("gongan-jingban")
    assert "录入放假通知" not in text_of(officer.get("/admin/calendar"))
    assert officer.post("/admin/calendar", **NOTICE).status_code == 403
    assert as_person("xitong-jia").get("/admin/calendar").status_code == 403


def test_every_setting_stands_on_the_page_with_value_default_source_and_rule(as_person):
    answer = as_person("gongan-jingban").get("/admin/settings")
    groups = {s.group or "其他" for s in known().values()} | {"计分细则（附件2-1）"}
    shown = {row[0]: row[1:6] for group in groups for row in table_of(answer, group)}
    assert set(shown) == {s.label for s in known().values()} | set(SETTING_LABELS.values())
    assert shown["账号锁定时间"] == [
        "15 分钟",
        "15 分钟",
        "GB/T 22239 8.1.4.1 b",
        "应为 1 至 1440 的整数",
        "默认",
    ]
    assert shown["得满分的录入比例"][:3] == ["0.9", "0.9", "附件2-1"]
    assert shown["注销、吊销联动的起算日"][:2] == ["信息到达日", "信息到达日"]


def test_a_business_setting_changes_from_its_day_on_and_keeps_its_history(as_person):
    office, url = as_person("bangongshi"), "/admin/settings/days.rollback_decision"
    answer = office.submit(url, url, value="5", from_day="2026-10-08")
    assert "“回退处理时限”自 2026-10-08 起变更" in text_of(answer)
    assert table_of(answer, "变更历史") == [["2026-10-08", "5 工作日", "办公室主任", "2026-09-25 10:00"]]
    assert settings.value("days.rollback_decision", date(2026, 10, 7)) == 3
    assert settings.value("days.rollback_decision", date(2026, 10, 8)) == 5


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("licensing.qz_is_permit", "false", False),
        ("licensing.permit_cancel_from", "decision", "decision"),
        ("site.zone", " 苏锡通园区 ", "苏锡通园区"),
    ],
)
def test_each_kind_of_value_is_read_from_its_form(as_person, key, value, stored):
    url = f"/admin/settings/{key}"
    as_person("bangongshi").submit(url, url, value=value, from_day="2026-09-25")
    assert settings.value(key) == stored


@pytest.mark.parametrize(
    ("key", "fields", "sentence"),
    [
        ("days.rollback_decision", {"value": "31"}, "“回退处理时限”的值 31 不合规则：应为 1 至 30 的整数"),
        ("days.rollback_decision", {"value": "三"}, "“回退处理时限”的值“三”不是整数：应为 1 至 30 的整数"),
        ("days.rollback_decision", {"value": "5", "from_day": "2026-09-24"}, "起始日期不能早于今天"),
        ("days.rollback_decision", {"value": "5", "from_day": "x"}, "起始日期应写成 2026-09-18 这样"),
        ("site.zone", {"value": " "}, "“开发区名称”的值 不合规则：应为 1 至 40 个字"),
        ("licensing.permit_cancel_from", {"value": "later"}, "应为信息到达日、决定日之一"),
        ("scheme.pass_ratio", {"value": "1.5", "from_day": "2026Q4"}, "得满分的录入比例"),
        ("scheme.claim_days", {"value": "7", "from_day": "2026Q2"}, "应为本季度或以后的季度"),
        ("scheme.claim_days", {"value": "7", "from_day": "2026-10-01"}, "应写成 2026Q3 这样"),
        ("scheme.unlicensed_base", {"value": "1 0.5 3", "from_day": "2026Q4"}, "第 1 行“1 0.5 3”"),
        ("scheme.nothing_due", {"item.claim": "maybe", "from_day": "2026Q4"}, "maybe"),
    ],
)
def test_a_value_outside_its_rule_is_refused_with_the_rule(as_person, key, fields, sentence):
    answer = as_person("bangongshi").post(f"/admin/settings/{key}", **{"from_day": "2026-09-25", **fields})
    assert answer.status_code == 422 and sentence in text_of(answer)
    assert SettingValue.select().count() == 0


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("claim_days", {"value": "10"}, "10"),
        ("timely", {"value": "all_or_nothing"}, "全部及时才得分"),
        ("pass_ratio", {"value": "0.95"}, "0.95"),
        ("leave_counts_as_absent", {"value": "false"}, "否"),
        ("unlicensed_base", {"value": "0 0\n1 0.25"}, "0起：分值×0；1起：分值×0.25"),
    ],
)
def test_a_setting_of_the_scheme_changes_with_a_quarter(as_person, name, fields, words):
    url = f"/admin/settings/scheme.{name}"
    answer = as_person("bangongshi").submit(url, url, from_day="2026Q4", **fields)
    assert table_of(answer, "变更历史") == [["2026-10-01", words, "办公室主任", "2026-09-25 10:00"]]
    before, after = (
        {n: text for n, _, text in current_scheme(day).settings_in_words()}
        for day in (date(2026, 9, 30), date(2026, 10, 1))
    )
    assert before[name] != words and after[name] == words
    assert {n: t for n, t in before.items() if n != name} == {n: t for n, t in after.items() if n != name}


def test_what_happens_with_nothing_due_is_chosen_item_by_item(as_person):
    url = "/admin/settings/scheme.nothing_due"
    as_person("bangongshi").submit(
        url, url, from_day="2026Q4", **{"item.claim": "redistribute", "item.feedback": "full"}
    )
    scheme = current_scheme(date(2026, 10, 1))
    assert [key for key in scheme.keys if scheme.leaves_when_nothing_due(key)] == ["claim"]


@pytest.mark.parametrize(
    ("account", "key", "value", "status"),
    [
        ("bangongshi", "security.idle_minutes", "20", 403),
        ("anquan-jia", "security.idle_minutes", "20", 200),
        ("anquan-jia", "days.rollback_decision", "5", 403),
        ("xitong-jia", "security.idle_minutes", "20", 403),
        ("gongan-jingban", "days.rollback_decision", "5", 403),
    ],
)
def test_business_settings_are_the_offices_security_settings_the_security_administrators(
    as_person, account, key, value, status
):
    browser = as_person(account)
    answer = browser.post(f"/admin/settings/{key}", value=value, from_day="2026-09-25")
    assert answer.status_code == (303 if status == 200 else status)
    assert SettingValue.select().count() == (status == 200)
    if status == 403:
        assert "您的角色只能查看这项设置" in text_of(browser.get(f"/admin/settings/{key}"))


def test_an_unknown_setting_is_not_found(as_person):
    office = as_person("bangongshi")
    assert [office.get(f"/admin/settings/{key}").status_code for key in ("no.such", "scheme.no_such")] == [
        404,
        404,
    ]
