"""Minutes on their pages: two editors, bad input, comments, signature, number, PDF, correction."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from plugins.areas.meetings import papers
from plugins.areas.meetings.models import Minutes, MinutesRevision, NumberSeries, Opinion, Paper
from portal import audit, clock, documents, jobs, units, users
from portal.access import Submission
from portal.database import transaction
from portal.fonts import DocumentError
from tests.areas.meetings import way
from tests.cast import PASSWORD, table_of, text_of

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>
<w:p><w:r><w:rPr><w:rFonts w:ascii="Comic Sans MS"/><w:sz w:val="80"/></w:rPr><w:t>一、关于推送</w:t></w:r></w:p>
<w:p><w:r><w:t>各单位要按时推送。</w:t></w:r><w:r><w:drawing/></w:r></w:p></w:body></w:document>"""


@pytest.fixture
def meeting(staff) -> int:
    """An all-member meeting that was held on 2026-09-28, the sheet entered."""
    number = way.draft(staff.office)
    way.convene(staff.convenor, number)
    way.hold(staff, number)
    return number


@pytest.fixture
def minutes(staff, meeting) -> int:
    return way.write(staff.office, meeting)


def second_office(staff) -> None:
    """Give the market liaison the office's role as well: a second editor."""
    users.grant(users.find("shichang-lianluo"), "office", None)


def test_the_first_draft_holds_what_the_portal_knows(staff, meeting):
    staff.office.submit(
        f"/meetings/{meeting}",
        f"/meetings/{meeting}/decisions",
        text="完成核查",
        unit="police",
        due="2026-10-15",
    )
    staff.office.submit(f"/meetings/{meeting}", f"/meetings/{meeting}/minutes")
    text = MinutesRevision.get().text
    assert "2026年9月28日，召集人在管委会会议室主持召开第三次联席会议" in text
    assert "1. 完成核查。由公安分局负责，2026年10月15日前完成。" in text
    assert re.search("^出席：召集人、.*公安代表", text, re.M)


def test_two_editors_at_once_keep_both_texts_and_see_the_conflict(staff, minutes):
    second_office(staff)
    other = staff["shichang-lianluo"]
    action = f"/meetings/minutes/{minutes}/edit"
    forms = staff.office.form(action, action), other.form(action, action)
    way.save(staff.office, minutes, way.MINUTES + "甲加的一句。", form=forms[0])
    answer = way.save(other, minutes, way.MINUTES + "乙加的一句。", form=forms[1])
    words = text_of(answer)
    assert "没有覆盖" in words and "− 删去： 甲 加的一句。" in words and "+ 增加： 乙 加的一句。" in words
    assert Minutes.get_by_id(minutes).revision == 3
    kept = [
        (one.number, one.kept_apart, "甲加" in one.text, "乙加" in one.text)
        for one in MinutesRevision.select().order_by(MinutesRevision.number)
    ]
    assert kept[2:] == [(3, False, True, False), (4, True, False, True)]
    assert "第 4 稿（市场联络员）是同时修改时另存的" in text_of(
        staff.office.get(f"/meetings/minutes/{minutes}")
    )

    join = f"{action}?join=4"
    assert "乙加的一句" in other.get(join).get_data(as_text=True)
    answer = way.save(other, minutes, way.MINUTES + "甲加的一句。乙加的一句。", form=other.form(join, action))
    assert "已保存为第 5 稿" in text_of(answer) and "同时修改时另存的" not in text_of(answer)


def test_a_pasted_document_of_200_pages_is_refused_with_its_length_and_stays_typed(staff, minutes):
    text = "各单位要高度重视。" * (200 * 22 * 28 // 9)
    answer = way.save(staff.office, minutes, text)
    assert answer.status_code == 422
    assert "超过上限 60000 字" in text_of(answer) or "最多 60000 字" in text_of(answer)
    assert answer.get_data(as_text=True).count("各单位要高度重视") > 10_000
    assert Minutes.get_by_id(minutes).revision == 2


def test_pasted_html_stays_text_and_nothing_outside_is_fetched(staff, minutes, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr("socket.socket.connect", lambda self, address: asked.append(address))
    nasty = "一、标题\n<script>alert(1)</script><img src=http://198.51.100.7/a.png onerror=alert(2)>\n{{ config }}"
    answer = way.save(staff.office, minutes, nasty)
    body = answer.get_data(as_text=True)
    assert "<script>alert" not in body and "&lt;script&gt;alert(1)" in body and "<img src=http" not in body
    staff.office.submit(f"/meetings/minutes/{minutes}", f"/meetings/minutes/{minutes}/draft-paper")
    jobs.work_off()
    paper = papers.newest(("minutes", minutes), "draft")
    assert paper.state == "made", paper.problem
    assert asked == []
    import pdfplumber

    with pdfplumber.open(io.BytesIO(papers.content_of(paper))) as pdf:
        printed = "".join(page.extract_text() for page in pdf.pages)
    assert "<script>alert(1)</script>" in printed and "{{" in printed


def test_a_preview_changes_nothing_with_and_without_htmx(staff, minutes):
    action = f"/meetings/minutes/{minutes}/edit"
    form = staff.office.form(action, action) | {"title": "预览标题", "text": "一、只看看\n内容"}
    before = Submission.select().count()
    whole = staff.office.submit(action, f"/meetings/minutes/{minutes}/preview", form=form)
    assert "只看看" in text_of(whole) and 'name="text"' in whole.get_data(as_text=True)
    assert (Submission.select().count(), MinutesRevision.select().count()) == (before, 2)
    answer = way.save(staff.office, minutes, "一、只看看\n内容", form=form)
    assert "已保存为第 3 稿" in text_of(answer)


def docx(document: str = DOCUMENT) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
    return target.getvalue()


def test_a_docx_becomes_the_next_revision_with_notes_on_what_was_left_out(staff, minutes):
    action = f"/meetings/minutes/{minutes}"
    answer = staff.office.submit(f"{action}/edit", f"{action}/docx", **way.files(docx=(docx(), "纪要.docx")))
    assert "图片或图形 1 处未带入" in text_of(answer)
    latest = MinutesRevision.select().order_by(MinutesRevision.number.desc()).first()
    assert (latest.text, latest.source) == ("一、关于推送\n各单位要按时推送。", "DOCX")
    refused = staff.office.submit(
        f"{action}/edit", f"{action}/docx", **way.files(docx=(b"\xd0\xcf\x11\xe0old", "旧.doc"))
    )
    assert refused.status_code == 422 and "不是有效的 Word 文档" in text_of(refused)


def test_revisions_show_what_differs(staff, minutes):
    way.save(staff.office, minutes, way.MINUTES.replace("按时完成", "在7个工作日内完成"))
    body = staff.office.get(f"/meetings/minutes/{minutes}/revisions/3").get_data(as_text=True)
    assert (
        '<mark class="mark-negated">按时</mark>' in body
        and '<mark class="mark-hit">在7个工作日内</mark>' in body
    )
    assert staff.police.get(f"/meetings/minutes/{minutes}/revisions/3").status_code == 404


@pytest.mark.parametrize("state", ["drafting", "consulting", "office", "signing", "signed", "issued"])
def test_who_sees_a_draft_and_who_may_change_it(staff, minutes, state):
    Minutes.update(state=state).where(Minutes.id == minutes).execute()
    seen = {"drafting": 404, "consulting": 404}.get(state, 404 if state != "issued" else 200)
    assert staff["shenpi-jingban"].get(f"/meetings/minutes/{minutes}").status_code == seen
    changeable = state in ("drafting", "consulting", "office")
    answer = way.save(staff.office, minutes, "改", form=_raw_form(staff.office, minutes))
    assert (answer.status_code == 200 and "已保存为第 3 稿" in text_of(answer)) == changeable
    if not changeable:
        assert answer.status_code == 403
    assert (
        staff.convenor.post(f"/meetings/minutes/{minutes}/edit", title="甲乙", text="改").status_code == 403
    )


def _raw_form(browser, minutes: int) -> dict[str, str]:
    token = browser.form("/meetings/materials/new", "/meetings/materials/new")["csrf_token"]
    return {"csrf_token": token, "submission_key": "b" * 32, "based_on": "2", "joins": ""}


def test_signing_needs_the_password_the_seen_text_and_happens_once(staff, minutes):
    way.to_signature(staff.office, staff.office, minutes)
    page = f"/meetings/minutes/{minutes}"
    form = staff.convenor.form(page, f"{page}/sign")
    assert staff.deputy.post(f"{page}/sign", proof_password=PASSWORD, revision="2").status_code == 422
    stale = staff.convenor.submit(
        page, f"{page}/sign", form={**form, "revision": "1", "submission_key": "c" * 32}, proof_password=PASSWORD
    )
    assert stale.status_code == 409
    answer = staff.convenor.submit(page, f"{page}/sign", form=form, proof_password=PASSWORD)
    assert "已签发" in text_of(answer)
    again = staff.convenor.post(f"{page}/sign", proof_password=PASSWORD, revision="2")
    assert again.status_code == 422 and "不能重复签发" in text_of(again)
    assert [entry.action for entry, _ in audit.history("minutes", minutes)].count("签发纪要") == 1


def test_issuing_is_refused_while_a_comment_is_open(staff, minutes):
    way.to_signature(staff.office, staff.office, minutes)
    way.step(staff.convenor, minutes, "sign", proof_password=PASSWORD)
    mine = Opinion.get((Opinion.minutes == minutes) & (Opinion.unit == "police"))
    page = f"/meetings/minutes/{minutes}"
    staff.police.submit(page, f"/meetings/opinions/{mine.id}", answer="comment", text="第一项有误")
    refused = staff.office.post(f"{page}/issue")
    assert refused.status_code == 422 and "还有 1 条意见没有答复，不能制发" in text_of(refused)
    assert NumberSeries.select().count() == 0
    staff.office.submit(page, f"/meetings/opinions/{mine.id}/settle", reply="核对无误")
    assert "已编号〔2026〕1号" in text_of(way.step(staff.office, minutes, "issue"))


def test_numbers_follow_without_gaps_also_after_a_failure(staff, minutes):
    way.to_signature(staff.office, staff.office, minutes)
    way.step(staff.convenor, minutes, "sign", proof_password=PASSWORD)
    with pytest.raises(RuntimeError), transaction():
        assert papers.next_number("minutes", 2026) == 1
        raise RuntimeError("the act fails after its number was given")
    way.step(staff.office, minutes, "issue")
    assert Minutes.get_by_id(minutes).number == "〔2026〕1号"
    with transaction():
        assert papers.next_number("minutes", 2026) == 2
        assert papers.next_number("minutes", 2027) == 1


def test_missing_libraries_or_glyphs_give_a_clear_message_and_the_number_waits(staff, minutes, monkeypatch):
    way.to_signature(staff.office, staff.office, minutes)
    way.step(staff.convenor, minutes, "sign", proof_password=PASSWORD)
    way.step(staff.office, minutes, "issue")

    def without_pango(*args, **kwargs):
        raise DocumentError("生成 PDF 所需的程序库不可用（cannot load library 'libpango-1.0-0'）")

    right = documents.render_pdf
    monkeypatch.setattr(documents, "render_pdf", without_pango)
    jobs.work_off()
    shown = staff.office.get(f"/meetings/minutes/{minutes}")
    assert "程序库不可用" in text_of(shown) and "正在制发" in text_of(shown)
    assert (
        staff.police.get("/meetings/").status_code == 200 and staff.office.get("/inbox/").status_code == 200
    )
    monkeypatch.setattr(documents, "render_pdf", right)
    way.step(staff.office, minutes, "again")
    jobs.work_off()
    found = Minutes.get_by_id(minutes)
    assert (found.state, found.number) == ("issued", "〔2026〕1号")


def test_a_glyph_that_no_face_has_sends_the_minutes_back_and_the_number_stays(staff, meeting):
    minutes = way.write(staff.office, meeting, way.MINUTES + "专班😀负责。")
    way.to_signature(staff.office, staff.office, minutes)
    shown = way.issue(staff.office, staff.convenor, minutes)
    assert "没有以下字符" in text_of(shown)
    page = f"/meetings/minutes/{minutes}"
    staff.office.submit(page, f"{page}/return", reason="有不能排版的字符")
    way.save(staff.office, minutes, way.MINUTES + "专班负责。")
    way.step(staff.office, minutes, "ask-signature")
    shown = way.issue(staff.office, staff.convenor, minutes)
    found = Minutes.get_by_id(minutes)
    assert (found.state, found.number) == ("issued", "〔2026〕1号")
    assert NumberSeries.get().last == 1 and "已印发" in text_of(shown)


def test_issued_minutes_never_change_and_a_correction_names_them(staff, minutes):
    way.to_signature(staff.office, staff.office, minutes)
    way.issue(staff.office, staff.convenor, minutes)
    first = Minutes.get_by_id(minutes)
    page = f"/meetings/minutes/{minutes}"
    for act in ("circulate", "submit", "return", "sign", "issue", "again", "recall"):
        person = staff.convenor if act == "sign" else staff.office
        refused = person.post(
            f"{page}/{act}", due="2026-10-09", reason="再改一次", proof_password=PASSWORD, revision="2"
        )
        assert refused.status_code in (403, 422), act
    assert staff.office.get(f"{page}/edit").status_code == 403
    edit = staff.office.submit(page, f"{page}/correct")
    second = int(re.search(r"/minutes/(\d+)/edit", edit.request.path)[1])
    assert "市场监管联席会议纪要〔2026〕1号（第三次联席会议纪要）有误" in edit.get_data(as_text=True)
    way.to_signature(staff.office, staff.office, second)
    way.issue(staff.office, staff.convenor, second)
    assert Minutes.get_by_id(second).number == "〔2026〕2号"
    assert "本纪要已由〔2026〕2号更正" in text_of(staff.police.get(page))
    assert "本纪要更正〔2026〕1号" in text_of(staff.police.get(f"/meetings/minutes/{second}"))
    again = Minutes.get_by_id(minutes)
    assert (again.state, again.paper.digest, again.revision) == ("issued", first.paper.digest, 2)
    rows = table_of(staff.police.get("/meetings/minutes"), "已印发的纪要")
    assert [row[0] for row in rows] == ["〔2026〕2号", "〔2026〕1号"]


def test_a_unit_that_left_is_not_waited_for_and_gets_no_copy(staff, minutes):
    step = way.step(staff.office, minutes, "circulate", due="2026-10-09")
    assert "还有 15 个与会单位没有答复" in text_of(step)
    with transaction():
        request = units.ask("finance", False, clock.today(), "机构改革")
        units.answer(request.id, True, "纪要〔2026〕9号")
    assert way.owed("finance", "consult")[0][2] == "withdrawn"
    assert Opinion.get(Opinion.unit == "finance").state == "left"
    way.agree_all(minutes)
    assert "已报联席会议办公室" in text_of(way.step(staff.office, minutes, "submit"))
    way.step(staff.office, minutes, "ask-signature")
    shown = way.issue(staff.office, staff.convenor, minutes)
    assert "财政局" not in [row[0] for row in table_of(shown, "分发和签收")]


def test_the_same_paper_gives_the_same_bytes_and_a_changed_file_is_not_served(staff, minutes):
    way.to_signature(staff.office, staff.office, minutes)
    way.issue(staff.office, staff.convenor, minutes)
    paper = Minutes.get_by_id(minutes).paper
    assert papers.typeset(Paper.get_by_id(paper.id)).digest_sm3 == paper.digest
    from portal import files

    path = files.path_of(paper.file)
    path.write_bytes(path.read_bytes() + b"%")
    answer = staff.police.get(f"/meetings/papers/{paper.id}.pdf")
    assert answer.status_code == 404 and "摘要不符" in answer.get_data(as_text=True)


def test_a_draft_paper_is_not_for_the_units(staff, minutes):
    way.step(staff.office, minutes, "circulate", due="2026-10-09")
    staff.office.submit(f"/meetings/minutes/{minutes}", f"/meetings/minutes/{minutes}/draft-paper")
    paper = papers.newest(("minutes", minutes), "draft")
    assert staff.police.get(f"/meetings/minutes/{minutes}").status_code == 200
    assert staff.police.get(f"/meetings/papers/{paper.id}").status_code == 404


def test_an_attendee_who_left_the_unit_cannot_answer_for_it_and_a_colleague_can(staff, minutes):
    way.step(staff.office, minutes, "circulate", due="2026-10-09")
    mine = Opinion.get((Opinion.minutes == minutes) & (Opinion.unit == "police"))
    colleague, action = staff["gongan-lianluo"], f"/meetings/opinions/{mine.id}"
    users.User.update(unit="urban_management").where(users.User.account == "gongan-jingban").execute()
    assert staff.police.post(action, answer="agree").status_code == 404
    assert "已同意" in text_of(colleague.submit(f"/meetings/minutes/{minutes}", action, answer="agree"))
    assert Opinion.get_by_id(mine.id).said_by == "公安联络员"
