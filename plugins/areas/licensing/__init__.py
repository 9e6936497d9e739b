"""Licence linkage (证照联动): the work of section 二（一） of the measures."""

from pathlib import Path

from portal.toolkit import JobKind, NavigationItem, Permission, Schema, Setting, hookimpl

FOLDER = Path(__file__).parent
_WORKERS = frozenset({"officer", "liaison"})
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


@hookimpl
def register_schema() -> Schema:
    from .models import MODELS

    return Schema("areas.licensing", MODELS, FOLDER / "migrations")


@hookimpl
def register_blueprint():
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        Permission("licensing.view", "查看推送、认领、许可", _MEMBERS),
        Permission("licensing.push", "确认推送、导入登记信息、处理回退（推送单位）", _WORKERS),
        Permission("licensing.claim", "认领、回退、反馈", _WORKERS),
        Permission("licensing.office", "调整审批单位、转告区外条线", frozenset({"office"})),
    ]


@hookimpl
def register_settings() -> list[Setting]:
    from .settings import SETTINGS

    return SETTINGS


@hookimpl
def register_navigation() -> list[NavigationItem]:
    return [
        NavigationItem("认领与反馈", "licensing.claims", "licensing.claim", 10, "证照联动"),
        NavigationItem("推送", "licensing.pushes", "licensing.view", 11, "证照联动"),
        NavigationItem("回退处理", "licensing.roll_backs", "licensing.view", 13, "证照联动"),
        NavigationItem("导入登记信息", "licensing.imports", "licensing.push", 12, "证照联动", "registrar"),
    ]


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {
        "push": "licensing.push",
        "claim": "licensing.claim",
        "feedback": "licensing.claim",
        "rollback_decision": "licensing.roll_back",
    }


@hookimpl
def register_job_kinds() -> list[JobKind]:
    from . import imports

    return [
        JobKind(imports.CHECK_JOB, "检查登记文件", imports.check_job),
        JobKind(imports.TAKE_JOB, "导入登记文件", imports.take_job),
    ]


@hookimpl
def on_subject_registered(subject, event, before) -> None:
    from . import pushes

    pushes.on_registered(subject, event, before)


@hookimpl
def on_registration_withdrawn(subject, event) -> None:
    from . import pushes

    pushes.on_withdrawn(subject, event)


@hookimpl
def on_subject_cancelled(subject, event) -> None:
    from . import pushes

    pushes.on_cancelled(subject, event)


@hookimpl
def demonstrate(zone) -> None:
    from . import demo

    demo.schedule(zone)
