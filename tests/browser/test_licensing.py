"""Licence linkage in a real browser: from a file of registrations to the claim, the answer and the score."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

CODES = {True: "91310000773718882U", False: "91110000101443599G"}


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_file_of_the_day_to_the_score(open_as, tmp_path, javascript: bool) -> None:
    name = f"南通浏览器{'甲' if javascript else '乙'}餐饮有限公司"
    file = tmp_path / "登记.csv"
    file.write_text(
        "名称,统一社会信用代码,核准日期,经营范围,行业代码\n"
        f"{name},{CODES[javascript]},2026年9月24日,许可项目：餐饮服务；一般项目：餐饮管理,H6210\n"
        "南通错码有限公司,91310000773718883U,2026-09-24,软件开发,I6513\n",
        encoding="gb18030",
    )
    registrar = open_as("approval.jingban", javascript=javascript)
    registrar.goto("/exchange/imports/?kind=registrations")
    registrar.set_input_files("#f-file", file)
    registrar.click("button:has-text('上传并检查')")
    problem = registrar.locator("main table tbody tr", has_text="91310000773718883U").first.inner_text()
    assert "91310000773718883U" in problem and "统一社会信用代码" in problem
    registrar.click("button:has-text('导入可用的 1 行')")
    registrar.locator("text=导入完成").first.wait_for()
    registrar.click("nav.sidebar >> text=推送")
    registrar.fill("#f-q", name)
    registrar.click(".filters button[type=submit]")
    registrar.wait_for_url("**q=**")
    registrar.locator("#push-rows input[name=push]").first.check()
    registrar.click("button:has-text('推送勾选的')")
    assert "已推送 1 条" in registrar.locator(".flashes").inner_text()

    officer = open_as("market_regulation.jingban", javascript=javascript)
    officer.click("nav.sidebar >> text=认领与反馈")
    officer.fill("#f-q", name)
    officer.click(".filters button[type=submit]")
    officer.wait_for_url("**q=**")
    row = officer.locator("#claim-rows tbody tr").first
    assert name in row.inner_text() and "第7个工作日" in row.inner_text()
    officer.click("summary:has-text('认领全部符合条件的')")
    officer.click("button:has-text('全部认领')")
    assert "已认领 1 条" in officer.locator(".flashes").inner_text()
    officer.goto(f"/licensing/claims/?state=claimed&q={name}")
    officer.locator("#claim-rows tbody a").first.click()
    officer.check("text=已告知指导办证")
    officer.click("main >> button:has-text('反馈')")
    assert "已反馈" in officer.locator(".badge-state").first.inner_text()
    score = "/scores/2026Q3/market_regulation/claim"
    officer.goto(score)
    before = officer.locator(".score-line").inner_text()
    officer.goto("/licensing/claims/?late=1")
    of_quarter = officer.locator("#claim-rows tbody tr", has_text=re.compile(r"第7个工作日\s+[789]月"))
    of_quarter.filter(has_not_text="不计分").first.locator("input[name=row]").check()
    officer.click("button:has-text('认领勾选的')")
    officer.goto(score)
    assert officer.locator(".score-line").inner_text() != before
    assert officer.complaints == [] and registrar.complaints == []


def test_the_whole_page_of_rows_is_chosen_and_claimed_by_keyboard(open_as) -> None:
    officer = open_as("market_regulation.jingban")
    officer.goto("/licensing/claims/")
    rows = officer.locator("#claim-rows tbody tr").count()
    master = officer.locator("[data-select-all=row]")
    assert rows > 1
    master.focus()
    officer.keyboard.press("Space")
    assert f"已勾选 {rows} 条" in officer.locator(".bulk-bar").inner_text()
    officer.locator("button:has-text('认领勾选的')").focus()
    officer.keyboard.press("Enter")
    assert re.search(rf"已认领 {rows} 条", officer.locator(".flashes").inner_text())
