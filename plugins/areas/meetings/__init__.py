"""The joint meeting (联席会议): seats, meetings, minutes, materials, letters, bulletins (附件1; areas.md 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint

from portal.toolkit import (
    JobKind,
    NavigationItem,
    Permission,
    Schema,
    Setting,
    hookimpl,
    number_setting,
    text_setting,
)

GROUP = "联席会议"
UNIT_PEOPLE = frozenset({"officer", "liaison", "inspector", "legal", "head"})
CONVENORS = frozenset({"convenor", "deputy_convenor"})
READERS = UNIT_PEOPLE | CONVENORS | {"office", "zone_office"}
WORKERS = frozenset({"officer", "liaison"})
OFFICE = frozenset({"office"})


@hookimpl
def register_schema() -> Schema:
    from plugins.areas.meetings.models import MODELS

    return Schema("areas.meetings", MODELS, Path(__file__).parent / "migrations")


@hookimpl
def register_blueprint() -> Blueprint:
    from plugins.areas.meetings.views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        Permission("meeting.view", "查看本单位参加的会议、收到的纪要", READERS),
        Permission(
            "meeting.prepare",
            "拟定、召集会议，录入议定事项，起草纪要（按会议类型）",
            WORKERS | CONVENORS | {"office", "head"},
        ),
        Permission("meeting.attend", "为本单位签到、请假", READERS),
        Permission(
            "meeting.answer",
            "为本单位报送材料、答复征求意见、办结议定事项、答复督办",
            WORKERS | {"head", "zone_office"},
        ),
        Permission("meeting.office", "确认签到表，审核制发纪要，报告、督办、通报", OFFICE),
        Permission("meeting.sign", "签发纪要（副召集人须有委托）", CONVENORS),
        Permission("meeting.charge", "委托副召集人", {"convenor"}),
        Permission("seat.propose", "提出席位调整", {"liaison", "office", "zone_office"}),
        Permission("seat.admit", "召集人确认席位调整", {"convenor"}),
        Permission("seat.record", "记录席位调整", OFFICE),
        Permission("report.view", "查看向区管委会的报告", CONVENORS | {"office", "zone_office"}),
    ]


@hookimpl
def register_settings() -> list[Setting]:
    return [
        text_setting(
            "meetings.mark",
            "纪要标志",
            "市场监管联席会议纪要",
            14,
            "settings.edit",
            "GB/T 9704-2012 纪要格式",
            "联席会议",
        ),
        text_setting("meetings.bulletin_mark", "通报标志", "市场监管联席会议通报", 14, "settings.edit", group="联席会议"),
        text_setting(
            "meetings.issuer", "公文印发机关", "区市场监管联席会议办公室", 26, "settings.edit", "附件1 二", "联席会议"
        ),
        number_setting(
            "meetings.material_megabytes", "会议材料单个文件上限", 20, "MB", 1, 32, "settings.edit", group="联席会议"
        ),
        number_setting(
            "meetings.consult_days", "纪要征求意见的建议期限", 3, "工作日", 1, 20, "settings.edit", "区内约定", "联席会议"
        ),
    ]


@hookimpl
def register_navigation() -> list[NavigationItem]:
    return [
        NavigationItem("会议", "meetings.meetings_page", "meeting.view", 70, GROUP),
        NavigationItem("会议纪要", "meetings.minutes_index", "meeting.view", 71, GROUP),
        NavigationItem("材料报送", "meetings.materials", "meeting.view", 72, GROUP),
        NavigationItem("督办", "meetings.urges", "meeting.view", 73, GROUP),
        NavigationItem("重大事项报告", "meetings.reports", "report.view", 74, GROUP),
        NavigationItem("通报", "meetings.bulletins_page", "meeting.view", 75, GROUP),
        NavigationItem("成员和席位", "meetings.seats_page", "meeting.view", 76, GROUP),
    ]


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {
        "attendance": "meetings.attendance_page",
        "material": "meetings.material_page",
        "meeting_decision": "meetings.decision_page",
        "consult:minutes_opinion": "meetings.opinion_page",
        "urge": "meetings.urge_page",
    }


@hookimpl
def register_job_kinds() -> list[JobKind]:
    from plugins.areas.meetings import papers, printing

    return [JobKind(papers.JOB, "生成公文", printing.run)]


@hookimpl
def score_rows(quarter: Any, unit: str, item: str) -> list[dict[str, Any]]:
    """The meetings of the quarter to which the unit was convened, with how it attended (附件2-1 第6项)."""
    from plugins.areas.meetings import attendance

    return attendance.score_rows(quarter, unit) if item == "meetings" else []


@hookimpl
def on_unit_disabled(unit: str, day: Any) -> None:
    """A unit that leaves is no longer asked for its opinion on drafts."""
    from plugins.areas.meetings import consultation

    consultation.release_unit(unit)


@hookimpl
def demonstrate(zone: Any) -> None:
    from plugins.areas.meetings import demo

    demo.schedule(zone)
