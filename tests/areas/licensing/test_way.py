"""The whole way in the pages: a file is imported, pushes confirmed, claimed and answered, and the score moves."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from plugins.areas.exchange.models import ImportRun
from plugins.areas.licensing.models import Claim, Push
from portal import facts, spreadsheets, subjects
from portal.obligations import Obligation
from portal.workdays import Quarter
from tests.areas.licensing.register import CODES, ORDINARY, RESTAURANT, UNKNOWN
from tests.cast import table_of, text_of

HEADER = ("核准日期", "企业名称", "统一社会信用代码", "行业代码", "经营范围", "住所")
ROWS = (
    ("2026/9/25", "南通鼎盛餐饮有限公司", CODES[0], "H6210", RESTAURANT, "星湖大道1号"),
    ("2026年9月25日", "南通博远软件有限公司", CODES[1].lower(), "I6513", ORDINARY, "星湖大道2号"),
    ("2026.9.25", "南通启航航天有限公司", CODES[2], "G5600", UNKNOWN, "星湖大道3号"),
    ("2026-09-25", "南通错码有限公司", "91310000773718883U", "I6513", ORDINARY, "星湖大道4号"),
)


def csv_file() -> tuple[io.BytesIO, str]:
    lines = [",".join(HEADER), *(",".join(row) for row in ROWS)]
    return io.BytesIO("\n".join(lines).encode("gb18030")), "九月二十五日.csv"


def xlsx_file() -> tuple[io.BytesIO, str]:
    target = io.BytesIO()
    spreadsheets.write_xlsx(target, [("登记", [spreadsheets.Heading(name) for name in HEADER], ROWS)])
    return io.BytesIO(target.getvalue()), "九月二十五日.xlsx"


def upload(person, file: tuple[io.BytesIO, str]) -> ImportRun:
    page = "/exchange/imports/"
    assert f'href="{page}?kind=registrations"' in person.get("/licensing/pushes/").get_data(as_text=True)
    answer = person.submit(page, page, kind="registrations", file=file)
    assert answer.status_code == 200, text_of(answer)
    return ImportRun.select().order_by(ImportRun.id.desc()).get()


def take(person, run: ImportRun) -> ImportRun:
    page = f"/exchange/imports/{run.id}"
    assert "导入完成" in text_of(person.submit(page, f"{page}/take"))
    return ImportRun.get_by_id(run.id)


@pytest.mark.parametrize("file", [csv_file, xlsx_file])
def test_a_day_s_file_is_checked_cell_by_cell_and_its_good_rows_taken_once(
    app: Flask, as_person, file
) -> None:
    registrar = as_person("shenpi-jingban")
    run = upload(registrar, file())
    assert (run.state, run.rows, run.created, run.wrong) == ("checked", 4, 3, 1)
    (problem,) = table_of(registrar.get(f"/exchange/imports/{run.id}"), "有问题的单元格")
    assert problem[0] == "5" and problem[1] == "C 统一社会信用代码" and problem[2] == "91310000773718883U"
    assert subjects.Subject.select().count() == 0
    run = take(registrar, run)
    assert (run.state, run.taken_created, run.refused) == ("done", 3, 1)
    again = take(registrar, upload(registrar, file()))
    assert (again.taken_created, again.taken_same) == (0, 3)
    assert Push.select().count() == 3


def test_from_the_file_to_the_score(app: Flask, as_person, hand) -> None:
    registrar = as_person("shenpi-jingban")
    take(registrar, upload(registrar, csv_file()))
    plain = registrar.submit("/licensing/pushes/", "/licensing/pushes/confirm", scope="all")
    assert "已推送 2 条" in text_of(plain)
    (doubtful,) = Push.select().where(Push.state == "proposed")
    page = f"/licensing/pushes/{doubtful.id}"
    refused = registrar.submit(page, page)
    assert refused.status_code == 422 and "没有对应的许可事项" in text_of(refused)
    told = registrar.submit(page, page, classification="ordinary", note="经询问为模型展示")
    assert "已推送" in text_of(told)
    labels = {s.name: s.classification_label for s in subjects.Subject.select()}
    assert labels == {
        "南通鼎盛餐饮有限公司": "许可",
        "南通博远软件有限公司": "非许可",
        "南通启航航天有限公司": "非许可",
    }
    pushed_late = (
        Obligation.select().where((Obligation.kind == "push") & (Obligation.state == "open")).count()
    )
    assert pushed_late == 0

    officer = as_person("shichang-jingban")
    row = Claim.get(Claim.item == "SP01")
    assert row.unit == "market_regulation"
    assert "第7个工作日 10月12日" in text_of(officer.get("/licensing/claims/"))
    claimed = officer.submit("/licensing/claims/", "/licensing/claims/act", row=str(row.id), scope="chosen")
    assert "已认领 1 条" in text_of(claimed)
    one = f"/licensing/claims/{row.id}"
    answered = officer.submit(
        one, one, act="answer", kind="guidance", day="2026-09-25", note="电话告知办证材料"
    )
    assert "已反馈，" not in text_of(answered) and "已告知指导办证" in text_of(answered)
    of_quarter = facts.of_all(facts.span_of(Quarter(2026, 4)))["market_regulation"]
    assert of_quarter["claim"] == {"due": 1, "done": 1, "on_time": 1}
    assert of_quarter["feedback"] == {"due": 1, "done": 1, "on_time": 1}


def test_another_unit_sees_neither_the_row_nor_its_number(app: Flask, as_person, people) -> None:
    registrar = as_person("shenpi-jingban")
    take(registrar, upload(registrar, csv_file()))
    registrar.submit("/licensing/pushes/", "/licensing/pushes/confirm", scope="all")
    row = Claim.get(Claim.item == "SP01")
    police = as_person("gongan-jingban")
    assert police.get(f"/licensing/claims/{row.id}").status_code == 404
    assert "鼎盛" not in text_of(police.get("/licensing/claims/"))
    assert "鼎盛" in text_of(police.get("/licensing/pushes/")), "every unit may look up all pushes"
    refused = police.post("/licensing/claims/act", row=str(row.id), scope="chosen")
    assert refused.status_code == 303 and Claim.get_by_id(row.id).state == "open"
