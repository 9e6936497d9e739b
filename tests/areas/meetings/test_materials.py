"""Materials: asked with a date, late and missing move the score, every file is checked by its content."""

from __future__ import annotations

import io
import zipfile

import pytest

from plugins.areas.meetings.models import Material, MaterialDue
from portal import facts, files, passwords, users
from portal.workdays import Quarter
from tests.areas.meetings import way
from tests.cast import PASSWORD, Browser, table_of, text_of

PDF = b"%PDF-1.4 report"


def ask(staff, units=("police", "fire"), due="2026-09-28") -> int:
    answer = staff.office.submit(
        "/meetings/materials/new",
        "/meetings/materials/new",
        title="三季度小结",
        detail="三页以内",
        due=due,
        units=list(units),
    )
    assert "已要求报送" in text_of(answer), text_of(answer)
    return way.number_in(answer)


def row_of(unit: str) -> MaterialDue:
    return MaterialDue.get(MaterialDue.unit == unit)


def send(browser, unit: str, content: bytes = PDF, name: str = "小结.pdf"):
    action = f"/meetings/materials/{row_of(unit).id}"
    return browser.submit(action, f"{action}/send", note="", **way.files(files=(content, name)))


def meetings_facts(unit: str) -> dict[str, int]:
    return facts.of_all(facts.span_of(Quarter(2026, 3)), [unit])[unit]["meetings"]


def test_on_time_late_and_missing_are_what_the_score_counts(staff):
    request = ask(staff, ("police", "fire", "finance"))
    assert "材料已报送" in text_of(send(staff.police, "police"))
    assert way.owed("police", "material")[0][2] == "fulfilled"
    staff.at("2026-09-29T09:00")
    user, _ = users.create(
        "xiaofang-jingban", "消防经办", unit="fire", demonstration=passwords.hash_password(PASSWORD)
    )
    users.grant(user, "officer", None)
    fire = Browser(staff.police.app)
    fire.sign_in("xiaofang-jingban")
    assert "材料已报送" in text_of(send(fire, "fire"))
    rows = {
        row[0]: row[1]
        for row in table_of(staff.office.get(f"/meetings/materials/requests/{request}"), "报送情况")
    }
    assert rows == {"财政局": "未报送", "公安分局": "已报送", "消防大队": "迟报"}
    assert [(u, meetings_facts(u)["missing"], meetings_facts(u)["late"]) for u in ("police", "fire", "finance")] == [
        ("police", 0, 0), ("fire", 0, 1), ("finance", 1, 0),
    ]  # fmt: skip


def office_file(*parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xff\xd8\xff" + b"0" * (30 * 1024 * 1024), "照片.jpg", "文件“照片.jpg”有 30 MB，超过上限 20 MB"),
        (b"MZ\0\0program", "小结.pdf", "内容与名称不符"),
        (b"<html><script>alert(1)</script>", "小结.html", "内容与名称不符"),
        (PDF, "小结.docx", "内容与名称不符"),
        (office_file("a.txt"), "小结.docx", "是压缩包，不是 Word"),
        (office_file("[Content_Types].xml", "word/vbaProject.bin"), "小结.docx", "含有宏"),
        (b"PK\x03\x04broken", "小结.xlsx", "已损坏"),
        (b"", "空.pdf", "类型"),
    ],
    ids=["30 MB", "program", "html", "wrong ending", "zip", "macro", "broken", "empty"],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name(staff, content, name, words):
    ask(staff)
    answer = send(staff.police, "police", content, name)
    assert answer.status_code == 422 and words in text_of(answer), text_of(answer)
    assert (Material.select().count(), files.StoredFile.select().count()) == (0, 0)
    assert way.owed("police", "material")[0][2] == "open"


def test_real_office_files_and_several_at_once_are_taken(staff):
    ask(staff)
    action = f"/meetings/materials/{row_of('police').id}"
    both = [(io.BytesIO(PDF), "../../甲.pdf"), (io.BytesIO(office_file("[Content_Types].xml")), "乙.XLSX")]
    assert "材料已报送" in text_of(staff.police.submit(action, f"{action}/send", note="两份", files=both))
    assert [one.file.name for one in Material.select().order_by(Material.id)] == ["甲.pdf", "乙.XLSX"]
    first = Material.get()
    answer = staff.office.get(f"/meetings/materials/files/{first.id}")
    assert answer.data == PDF and answer.headers["Content-Disposition"].startswith("attachment")


def test_other_units_find_nothing(staff):
    request = ask(staff, ("police",))
    send(staff.police, "police")
    other = staff["shenpi-jingban"]
    urls = (
        f"/meetings/materials/requests/{request}",
        f"/meetings/materials/{row_of('police').id}",
        f"/meetings/materials/files/{Material.get().id}",
    )
    assert [other.get(url).status_code for url in urls] == [404, 404, 404]
    assert "三季度小结" not in text_of(other.get("/meetings/materials"))
    refused = other.post(f"/meetings/materials/{row_of('police').id}/send")
    assert refused.status_code == 404


def test_a_request_taken_back_is_owed_no_more_but_what_was_sent_stays(staff):
    request = ask(staff)
    send(staff.police, "police")
    answer = staff.office.submit(
        f"/meetings/materials/requests/{request}",
        f"/meetings/materials/requests/{request}/cancel",
        reason="不需要了",
    )
    assert "已撤销" in text_of(answer)
    assert [way.owed(unit, "material")[0][2] for unit in ("police", "fire")] == ["fulfilled", "withdrawn"]
    assert send_refused(staff).status_code == 422


def send_refused(staff):
    return staff.police.post(f"/meetings/materials/{row_of('police').id}/send", note="")


def test_material_is_also_sent_unasked(staff):
    action = "/meetings/materials"
    answer = staff.police.submit(
        action, f"{action}/unasked", note="专项行动简报", **way.files(files=(PDF, "简报.pdf"))
    )
    assert "材料已抄送" in text_of(answer)
    assert [row[:3] for row in table_of(staff.office.get(action), "最近抄送的材料")] == [
        ["简报.pdf", "专项行动简报", "公安分局"]
    ]
    assert table_of(staff["shenpi-jingban"].get(action), "最近抄送的材料") == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("due", "2026-09-24", "报送日期 2026-09-24 已过"),
        ("title", "", "材料名称应为"),
        ("units", [], "请选择报送单位"),
        ("due", "明天", "报送日期“明天”应为日期"),
    ],
)
def test_a_wrong_request_names_the_field(staff, field, value, words):
    given = {"title": "小结", "due": "2026-09-28", "units": ["police"], field: value}
    answer = staff.office.submit("/meetings/materials/new", "/meetings/materials/new", **given)
    assert answer.status_code == 422 and words in text_of(answer)
    assert MaterialDue.select().count() == 0
