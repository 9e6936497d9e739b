"""Spot checks (双随机、一公开): the work of section 二（三） of the measures. Here is what the area hooks into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import Blueprint

from plugins.areas.inspections import check_models, codes, models
from portal.toolkit import (
    Alert,
    JobKind,
    NavigationItem,
    Panel,
    Permission,
    Schema,
    Setting,
    hookimpl,
    number_setting,
)

_MEMBERS = frozenset(
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
    return Schema(
        "areas.inspections", (*models.MODELS, *check_models.MODELS), Path(__file__).parent / "migrations"
    )


@hookimpl
def register_settings() -> list[Setting]:
    return [
        number_setting(
            "inspections.parties", "抽取承诺方最少人数", 2, "人", 2, 14, "settings.edit", "二（三）", "双随机抽查"
        ),
        *codes.settings_of(),
    ]


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        Permission("inspection.view", "查看抽查事项、抽取公告和本单位的抽查", _MEMBERS),
        Permission("inspection.draft", "起草事项、维护两库、制订计划和任务、组织抽取", _WORKERS),
        Permission("inspection.legal", "法制审查抽查事项", frozenset({"legal"})),
        Permission("inspection.confirm", "区管办审核确认抽查事项", frozenset({"zone_office"})),
        Permission("inspection.witness", "作为抽取承诺方、录入公开数", _MEMBERS),
        Permission("inspection.void", "批准作废抽取", _WORKERS | {"office"}),
        Permission("inspection.check", "实施检查、录入检查结果", frozenset({"inspector", "officer"})),
        Permission("inspection.approve", "审核、公示检查结果", _WORKERS),
    ]


@hookimpl
def register_navigation() -> list[NavigationItem]:
    group = "双随机抽查"
    return [
        NavigationItem("抽查事项清单", "inspections.items", "inspection.view", 50, group),
        NavigationItem("检查对象名录库", "inspections.libraries", "inspection.view", 51, group),
        NavigationItem("检查人员名录库", "inspections.inspectors", "inspection.view", 52, group),
        NavigationItem("年度抽查计划", "inspections.plans", "inspection.view", 53, group),
        NavigationItem("抽查任务", "inspections.tasks", "inspection.view", 54, group),
        NavigationItem("抽取公告", "inspections.draws", "inspection.view", 55, group),
        NavigationItem("检查和结果", "inspections.checks", "inspection.view", 56, group),
        NavigationItem("抽查统计", "inspections.figures", "inspection.view", 57, group),
    ]


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {
        "check_result": "inspections.check",
        "follow_up": "inspections.check",
        "consult:joint_plan": "inspections.plan",
    }


@hookimpl
def register_job_kinds() -> list[JobKind]:
    from plugins.areas.inspections import runs, sealings

    return [
        JobKind("inspections.seal", "封存检查对象名录", sealings.run_seal),
        JobKind("inspections.draw", "随机抽取", runs.run_job),
    ]


@hookimpl
def register_blueprint() -> Blueprint:
    from plugins.areas.inspections.views import blueprint

    return blueprint


@hookimpl
def register_commands() -> list[click.Command]:
    from plugins.areas.inspections.commands import COMMANDS

    return COMMANDS


@hookimpl
def subject_labels() -> dict[str, Any]:
    from plugins.areas.inspections import libraries

    return libraries.own_labels()


@hookimpl
def subject_panel(subject: Any, viewer: Any) -> Panel | None:
    from plugins.areas.inspections import panels

    return panels.panel_of(subject, viewer)


@hookimpl
def subject_alerts(subject: Any) -> list[Alert]:
    from plugins.areas.inspections import panels

    return panels.alerts_of(subject)


@hookimpl
def score_facts(quarter: Any) -> dict[str, dict[str, dict[str, Any]]]:
    from plugins.areas.inspections import scoring_facts

    return scoring_facts.of_all(quarter)


@hookimpl
def score_rows(quarter: Any, unit: str, item: str) -> list[dict[str, Any]]:
    from plugins.areas.inspections import scoring_facts

    return scoring_facts.rows(quarter, unit, item)


@hookimpl
def on_day(day: Any) -> None:
    from plugins.areas.inspections import draws

    draws.settle_due()


@hookimpl
def demonstrate(zone: Any) -> None:
    from plugins.areas.inspections import demo

    demo.demonstrate(zone)


@hookimpl
def register_record_kinds():
    from plugins.areas.inspections import record_kinds

    return record_kinds.KINDS
