"""Exchange (数据交换): nothing is typed twice; imports, exports, the API and files out over one declaration a kind."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flask import Blueprint, url_for

from portal.toolkit import JobKind, NavigationItem, Permission, Schema, Setting, hookimpl, number_setting

_MEMBERS = frozenset(
    {"officer", "liaison", "inspector", "legal", "head", "office", "convenor", "deputy_convenor", "zone_office"}
)
_WORKERS = frozenset({"officer", "liaison"})


@hookimpl
def register_schema() -> Schema:
    from .models import MODELS

    return Schema("areas.exchange", MODELS, Path(__file__).parent / "migrations")


@hookimpl
def register_blueprint() -> Blueprint:
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        Permission("exchange.view", "查看接口说明、导出有权查看的记录", _MEMBERS),
        Permission("exchange.issue", "生成、取用数据报送文件", _WORKERS | {"office"}),
        Permission("exchange.token", "为本单位的系统建立、作废接口令牌", frozenset({"liaison"})),
        Permission("exchange.import", "导入文件、撤销本单位的导入", _WORKERS | {"office"}),
    ]


@hookimpl
def register_settings() -> list[Setting]:
    return [
        number_setting("exchange.requests_per_minute", "每个接口令牌每分钟最多请求数", 600, "次", 10, 60_000, "settings.edit", group="数据交换"),
    ]


@hookimpl
def register_navigation() -> list[NavigationItem]:
    return [
        NavigationItem("导入", "exchange.imports", "exchange.import", 10, "数据交换"),
        NavigationItem("导出", "exchange.exports", "exchange.view", 20, "数据交换"),
        NavigationItem("数据报送", "exchange.out_files", "exchange.issue", 25, "数据交换"),
        NavigationItem("接口令牌", "exchange.tokens", "exchange.token", 30, "数据交换"),
        NavigationItem("接口说明", "exchange.api_page", "exchange.view", 31, "数据交换"),
    ]


@hookimpl
def on_day(day: date) -> None:
    from .rates import forget_old

    forget_old()


@hookimpl
def register_job_kinds() -> list[JobKind]:
    from . import exports, imports, undoing

    return [
        JobKind(imports.CHECK_JOB, "检查导入文件", imports.check_job),
        JobKind(imports.TAKE_JOB, "导入文件", imports.take_job),
        JobKind(exports.JOB, "导出", exports.run),
        JobKind(undoing.UNDO_JOB, "撤销导入", undoing.undo_job),
    ]


@hookimpl
def import_link(kind: str) -> str | None:
    from .views import imports

    return url_for("exchange.imports", kind=kind) if imports.may_import(kind) else None
