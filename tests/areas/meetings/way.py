"""The joint meeting's way through its pages, as the people walk it: steps that several tests share."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

from portal import clock, jobs, obligations
from tests.cast import PASSWORD, Browser, text_of

SCAN = b"%PDF-1.4 scanned sheet"
MINUTES = """2026年9月28日，召集人在管委会会议室主持召开会议。现将会议议定事项纪要如下：
一、关于证照联动
（一）加强信息推送。各成员单位应当按时完成认领和反馈。
1. 由公安分局牵头，2026年10月15日前完成。
| 单位 | 条数 |
| 公安分局 | 12 |

出席：召集人、公安经办。
"""


def files(**given: tuple[bytes, str]) -> dict[str, Any]:
    """Files as a form sends them: field → (content, name)."""
    return {field: (io.BytesIO(content), name) for field, (content, name) in given.items()}


def number_in(response: Any) -> int:
    """The record's number in the address that a form led to."""
    return int(re.findall(r"/(\d+)", response.request.path)[-1])


def draft(browser: Browser, kind: str = "all", **fields: Any) -> int:
    """Draft a meeting through the form, on Monday 2026-09-28 09:30; returns its number."""
    given = {
        "title": "第三次联席会议", "starts_on": "2026-09-28", "starts_time": "09:30", "place": "管委会会议室",
        "presider": "召集人", "agenda": "通报第三季度情况\n研究证照联动", **fields,
    }  # fmt: skip
    answer = browser.submit(f"/meetings/new?kind={kind}", "/meetings/new", **given)
    assert answer.status_code == 200, text_of(answer)
    return number_in(answer)


def convene(browser: Browser, meeting: int) -> Any:
    return browser.submit(f"/meetings/{meeting}", f"/meetings/{meeting}/convene")


def hold(staff: Any, meeting: int, states: dict[str, tuple[str, str]] | None = None) -> Any:
    """Let the day come and the office enter the signed sheet: every body present unless ``states`` says else."""
    from plugins.areas.meetings.models import Attendee, Meeting

    ended = Meeting.get_by_id(meeting).starts_at + timedelta(hours=2)
    if clock.now() < ended:
        staff.at(ended.isoformat())
    rows: dict[str, Any] = {}
    for row in Attendee.select().where(Attendee.meeting == meeting):
        state, person = (states or {}).get(row.body, ("present", f"{row.body[:2]}代表"))
        rows |= {f"state-{row.id}": state, f"person-{row.id}": person, f"reason-{row.id}": ""}
    action = f"/meetings/{meeting}/sheet"
    return staff.office.submit(action, action, **rows, **files(scan=(SCAN, "签到表.pdf")))


def write(browser: Browser, meeting: int, text: str = MINUTES, title: str = "第三次联席会议纪要") -> int:
    """Begin the minutes and save ``text``; returns their number."""
    edit = browser.submit(f"/meetings/{meeting}", f"/meetings/{meeting}/minutes")
    minutes = int(re.search(r"/minutes/(\d+)/edit", edit.request.path)[1])
    saved = save(browser, minutes, text, title)
    assert "已保存为第 2 稿" in text_of(saved)
    return minutes


def save(
    browser: Browser,
    minutes: int,
    text: str,
    title: str = "第三次联席会议纪要",
    form: dict[str, str] | None = None,
) -> Any:
    action = f"/meetings/minutes/{minutes}/edit"
    return browser.submit(action, action, form=form, title=title, text=text)


def step(browser: Browser, minutes: int, act: str, **fields: Any) -> Any:
    return browser.submit(f"/meetings/minutes/{minutes}", f"/meetings/minutes/{minutes}/{act}", **fields)


def agree_all(minutes: int) -> None:
    """Every asked body agrees, by the functions that the pages call."""
    from plugins.areas.meetings.models import Opinion

    Opinion.update(state="agreed").where((Opinion.minutes == minutes) & (Opinion.state == "asked")).execute()


def to_signature(drafter: Browser, office: Browser, minutes: int) -> None:
    """From the draft to the convenor's desk with everybody agreeing."""
    step(drafter, minutes, "circulate", due=(clock.today() + timedelta(days=3)).isoformat())
    agree_all(minutes)
    step(drafter, minutes, "submit")
    answer = step(office, minutes, "ask-signature")
    assert "待签发" in text_of(answer), text_of(answer)


def issue(office: Browser, convenor: Browser, minutes: int) -> Any:
    """Sign, issue, and let the runner make the PDF."""
    step(convenor, minutes, "sign", proof_password=PASSWORD)
    step(office, minutes, "issue")
    jobs.work_off()
    return office.get(f"/meetings/minutes/{minutes}")


def owed(unit: str, kind: str) -> list[tuple[str, date, str]]:
    """What a unit owes of a kind: (title, deadline, state)."""
    query = obligations.Obligation.select().where(
        (obligations.Obligation.unit == unit) & (obligations.Obligation.kind == kind)
    )
    return [(row.title, row.deadline, row.state) for row in query.order_by(obligations.Obligation.id)]
