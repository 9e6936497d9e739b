"""The pages of spot checks: who sees what, other units' records answer 404, a list costs a fixed number of queries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from spot_stage import HOTELS, Stage, checks_of

from plugins.areas.inspections.check_models import SpotCheck
from portal import jobs
from portal.database import database
from tests.cast import table_of, text_of

LISTS = ("items", "libraries", "inspectors", "plans", "tasks", "draws", "checks", "figures")


@pytest.fixture
def drawn(spot: Stage):
    spot.ready()
    return spot.drawn()


@pytest.mark.parametrize(
    "account",
    [
        "gongan-jingban",
        "gongan-jiancha",
        "gongan-fuze",
        "bangongshi",
        "quguanban",
        "zhaojiren",
        "shenpi-jingban",
    ],
)
def test_every_list_opens_for_the_members(drawn, as_person, account: str) -> None:
    browser = as_person(account)
    for name in LISTS:
        answer = browser.get(f"/inspections/{name}")
        assert answer.status_code == 200, name
        part = browser.get(f"/inspections/{name}", HX_Request="true").get_data(as_text=True)
        assert "<html" not in part and part.lstrip().startswith("<div id="), name


@pytest.mark.parametrize("account", ["xitong-jia", "anquan-jia", "shenji"])
def test_the_administrators_see_no_business(drawn, as_person, account: str) -> None:
    browser = as_person(account)
    assert {browser.get(f"/inspections/{name}").status_code for name in LISTS} == {403}


def test_other_units_records_answer_404_and_do_not_stand_in_lists(spot: Stage, drawn, as_person) -> None:
    check = checks_of(drawn)[0]
    paths = [f"/inspections/tasks/{drawn.task_id}", f"/inspections/draws/{drawn.id}", f"/inspections/checks/{check.id}",
             f"/inspections/draws/{drawn.id}/bundle.json", f"/inspections/checks/{check.id}/record.pdf"]  # fmt: skip
    stranger, reader, owner = (
        as_person("xiaofang-jingban"),
        as_person("bangongshi"),
        as_person("gongan-jingban"),
    )
    for path in paths:
        assert stranger.get(path).status_code == 404, path
    for path in paths[:4]:
        assert reader.get(path).status_code == 200 and owner.get(path).status_code == 200, path
    assert table_of(stranger.get("/inspections/tasks"), "抽查任务") == []
    assert table_of(stranger.get("/inspections/checks"), "检查和结果") == []
    assert len(table_of(owner.get("/inspections/checks"), "检查和结果")) == 2
    # The announcement's digest is for every member unit.
    assert drawn.digest in text_of(stranger.get("/inspections/draws"))


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside the block."""
    ran: list[str] = []
    real = database.obj.execute_sql

    def execute(sql, params=None):
        ran.append(sql)
        return real(sql, params)

    database.obj.execute_sql = execute
    try:
        yield ran
    finally:
        del database.obj.execute_sql


def test_a_list_costs_the_same_queries_with_few_rows_and_with_thirty(spot: Stage, as_person) -> None:
    spot.ready(40)
    browser = as_person("gongan-jingban")
    few = spot.drawn(spot.task(percent="3"))
    assert SpotCheck.select().count() == 2
    counts = {}
    for name in LISTS:
        browser.get(f"/inspections/{name}")
        with counted() as ran:
            browser.get(f"/inspections/{name}")
        counts[name] = len(ran)
    spot.inspectors("police", 26, prefix="N")
    spot.drawn(spot.task(percent="80", name="大任务"))
    for n in range(3):
        spot.task(name=f"任务{n}")
    assert SpotCheck.select().count() > 30
    for name in LISTS:
        with counted() as ran:
            browser.get(f"/inspections/{name}")
        assert len(ran) == counts[name], (name, few.id)


def test_the_subjects_page_shows_the_visits_and_hides_unpublished_results_from_others(
    spot: Stage, drawn, as_person
) -> None:
    check = spot.entered(checks_of(drawn)[0], ("corrected",), note="未登记访客，已责令改正")
    path = f"/subjects/{check.subject_id}"
    assert "发现问题已责令改正" in text_of(as_person("gongan-jingban").get(path))
    outside = text_of(as_person("shenpi-jingban").get(path))
    assert "上门 1 天，1 个单位" in outside and "发现问题已责令改正" not in outside
    spot.published(spot.approved(check))
    assert "发现问题已责令改正" in text_of(as_person("shenpi-jingban").get(path))


def test_a_refused_form_comes_back_with_what_was_typed(spot: Stage, as_person) -> None:
    spot.ready()
    browser = as_person("gongan-jingban")
    answer = browser.submit("/inspections/tasks/new", "/inspections/tasks/new", follow=False, name="旅馆检查", number=HOTELS,
                            from_day="2026-09-25", until_day="2026-09-20", percent="0", per_object="1", at_least="1")  # fmt: skip
    words = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "结束日期 2026-09-20 早于开始日期 2026-09-25" in words and "临时任务必须写明原因" in words
    assert (
        "抽取比例“0”应为大于 0" in words
        and "检查人员数 1 应为 2 至 10" in words
        and 'value="旅馆检查"' in words
    )


def test_a_consulted_unit_goes_from_its_inbox_to_the_plan_and_answers(spot: Stage, as_person) -> None:
    spot.ready(joint=True)
    officer, asked = as_person("gongan-jingban"), as_person("xiaofang-jingban")
    officer.submit(
        "/inspections/plans",
        "/inspections/plans/new",
        year="2026",
        name="酒店宾馆联合抽查",
        joint="1",
        theme="酒店宾馆",
    )
    plan = "/inspections/plans/1"
    for number in (HOTELS, "XF-XF-01"):
        officer.submit(
            plan,
            f"{plan}/lines",
            number=number,
            from_day="2026-09-01",
            until_day="2026-12-01",
            percent="10",
            at_least="1",
        )
    assert asked.get(plan).status_code == 404
    officer.submit(plan, f"{plan}/send", answer_by="2026-09-30")
    assert f'href="{plan}"' in asked.get("/inbox/").get_data(as_text=True)
    assert "消防大队" in text_of(asked.submit(plan, f"{plan}/answer", answer="agree", comment=""))
    answer = officer.submit(plan, f"{plan}/issue", document="通公〔2026〕9号", reason="")
    assert "已印发" in text_of(answer)


def test_a_large_library_says_how_far_its_sealing_is(
    spot: Stage, as_person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.areas.inspections.sealings.LARGE", 10)
    spot.ready(people=1)
    task = spot.task()
    browser, path = as_person("gongan-jingban"), f"/inspections/tasks/{task.id}"
    assert "后台封存：排队" in text_of(browser.submit(path, f"{path}/seal", alg="sm3"))
    jobs.work_off()
    assert "后台封存：失败，“公安分局”持有事项" in text_of(browser.get(path))
