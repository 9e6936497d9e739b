"""Credit (失信、联合惩戒、异议、修复): the work of sections 二（二） and 二（四） of the measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint

from plugins.areas.credit import check_models, checks, demo, models, panel, parties, publicity
from plugins.areas.credit import quarter as quarter_rows
from plugins.areas.credit.views import blueprint
from portal.toolkit import (
    Alert,
    JobKind,
    ListEntry,
    NavigationItem,
    Panel,
    Permission,
    RecordKind,
    Schema,
    Setting,
    hookimpl,
    number_setting,
)

MODELS = (
    models.DishonestyRecord, models.RecordVersion, models.FormerCode, models.Paper, models.Letter, models.Objection, models.Repair,
    check_models.SanctionCheck, check_models.CheckedParty, check_models.CheckedRecord,
)  # fmt: skip

_READERS = frozenset(
    {
        "officer",
        "liaison",
        "inspector",
        "legal",
        "head",
        "office",
        "convenor",
        "deputy_convenor",
        "zone_office",
    }
)
_WORKERS = frozenset({"officer", "liaison"})


@hookimpl
def register_schema() -> Schema:
    return Schema("areas.credit", MODELS, Path(__file__).parent / "migrations")


@hookimpl
def register_blueprint() -> Blueprint:
    return blueprint


@hookimpl
def register_navigation() -> list[NavigationItem]:
    return [
        NavigationItem("失信信息", "credit.records", "credit.view", 10, "信用监管"),
        NavigationItem("公示", "credit.publicity_page", "credit.view", 20, "信用监管"),
        NavigationItem("联合惩戒核查", "credit.check_page", "credit.check", 30, "信用监管"),
        NavigationItem("异议", "credit.objection_list", "credit.view", 40, "信用监管"),
        NavigationItem("信用修复", "credit.repair_list", "credit.view", 50, "信用监管"),
    ]


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        Permission(
            "credit.view", "查看失信信息、异议、修复（本单位；公示单位、办公室、召集人看全部）", _READERS
        ),
        Permission("credit.enter", "录入、更正、撤销失信信息", _WORKERS),
        Permission("credit.publish", "公示失信信息、停止和撤回公示（公示单位）", _WORKERS),
        Permission("credit.check", "联合惩戒核查", _READERS),
        Permission("credit.objection", "受理、转送、核查、答复异议", _WORKERS),
        Permission("credit.repair", "受理、决定信用修复", _WORKERS),
    ]


@hookimpl
def register_settings() -> list[Setting]:
    return [
        number_setting("credit.low_fine", "较低数额罚款：低于多少元（单位）", 100_000, "元", 1, 10_000_000, "settings.edit", "总局令45号第十三条；数额按听证标准，待核", "信用监管"),
        number_setting("credit.low_fine_person", "较低数额罚款：低于多少元（自然人）", 10_000, "元", 1, 1_000_000, "settings.edit", "总局令45号第十三条；数额按听证标准，待核", "信用监管"),
        number_setting("days.repair_decision", "信用修复决定时限", 15, "工作日", 1, 60, "settings.edit", "国市监信规〔2021〕3号，待核", "时限"),
        number_setting("days.publicity_withdrawal", "撤回、停止公示时限", 3, "工作日", 1, 30, "settings.edit", "总局令45号，待核", "时限"),
    ]  # fmt: skip


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {
        "dishonesty": "credit.owed_record",
        "publicity": "credit.owed_publicity",
        "objection_correct": "credit.objection",
        "objection_transfer": "credit.objection",
        "objection_verify": "credit.objection",
        "repair_decision": "credit.repair",
    }


@hookimpl
def register_job_kinds() -> list[JobKind]:
    return [JobKind(checks.JOB, "联合惩戒核查名单", checks.run_list)]


@hookimpl
def subject_panel(subject: Any, viewer: Any) -> Panel | None:
    return panel.panel(subject, viewer)


@hookimpl
def subject_alerts(subject: Any) -> list[Alert]:
    return panel.alerts(subject)


@hookimpl
def on_subject_registered(subject: Any, event: str, before: Any) -> None:
    parties.remember_codes(subject, before)


@hookimpl
def on_subjects_registered(batch: list[Any]) -> None:
    parties.remember_new(batch)


@hookimpl
def on_day(day: Any) -> None:
    publicity.end_due(day)


@hookimpl
def quarter_list_entries(kind: str, unit: str, quarter: Any) -> list[ListEntry]:
    return quarter_rows.entries(kind, unit, quarter)


@hookimpl
def on_quarter_list_row(kind: str, unit: str, entry: ListEntry) -> Any:
    return quarter_rows.expect(kind, unit, entry)


@hookimpl
def demonstrate(zone: Any) -> None:
    demo.demonstrate(zone)


@hookimpl
def register_record_kinds() -> list[RecordKind]:
    from plugins.areas.credit import record_kinds

    return record_kinds.KINDS
