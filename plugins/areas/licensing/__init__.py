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
    from . import case_models, models, permit_models

    return Schema(
        "areas.licensing", models.MODELS + permit_models.MODELS + case_models.MODELS, FOLDER / "migrations"
    )


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
        Permission(
            "licensing.reporter",
            "查看无证无照线索的举报人（逐次记录）",
            frozenset({"liaison", "head", "office"}),
        ),
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
        NavigationItem("行政许可", "licensing.permits", "licensing.view", 14, "证照联动"),
        NavigationItem("联动监管", "licensing.measures", "licensing.view", 15, "证照联动"),
        NavigationItem("无法联系", "licensing.unreachable", "licensing.view", 16, "证照联动"),
        NavigationItem("无证无照", "licensing.unlicensed", "licensing.view", 17, "证照联动"),
        NavigationItem("许可事项目录", "licensing.catalogue", "licensing.view", 18, "证照联动"),
        NavigationItem("区外条线", "licensing.outside", "licensing.office", 19, "证照联动"),
        NavigationItem("录入登记信息", "licensing.registration", "licensing.push", 12, "证照联动", "registrar"),
        NavigationItem("录入吊销信息", "licensing.registration", "licensing.push", 12, "证照联动", "revoker"),
    ]


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {
        "push": "licensing.push",
        "claim": "licensing.claim",
        "feedback": "licensing.claim",
        "decision_result": "licensing.claim",
        "rollback_decision": "licensing.roll_back",
        "permit_entry": "licensing.permit_entry",
        "permit_cancel": "licensing.permit",
        "linked_measure": "licensing.measure",
        "unreachable": "licensing.unreachable_report",
        "unlicensed_case": "licensing.unlicensed_case",
        "referral_receipt": "licensing.unlicensed_case",
    }


@hookimpl
def register_job_kinds() -> list[JobKind]:
    from . import notices

    return [JobKind(notices.JOB, "书面通报", notices.make_job)]


@hookimpl
def on_subject_registered(subject, event, before) -> None:
    from . import pushes

    pushes.on_registered(subject, event, before)


@hookimpl
def classes_of_new_subjects(registrations, source) -> list[str] | None:
    from . import batches

    return batches.classes_of(registrations, source)


@hookimpl
def on_subjects_registered(batch) -> None:
    from . import batches

    batches.on_arrived(batch)


@hookimpl
def on_registration_withdrawn(subject, event) -> None:
    from . import pushes

    pushes.on_withdrawn(subject, event)


@hookimpl
def on_subject_cancelled(subject, event) -> None:
    from . import linkage, pushes

    pushes.on_cancelled(subject, event)
    linkage.on_subject_ended(subject, event)


@hookimpl
def on_subject_unreachable(subject, unit, reason) -> None:
    from . import unreachable

    unreachable.from_check(subject, unit, reason)


@hookimpl
def subject_panel(subject, viewer):
    from . import panel

    return panel.of(subject, viewer)


@hookimpl
def subject_alerts(subject):
    from . import panel

    return panel.alerts(subject)


@hookimpl
def quarter_list_entries(kind, unit, quarter):
    from . import permit_listing as lists

    return lists.entries(kind, unit, quarter)


@hookimpl
def on_quarter_list_row(kind, unit, entry):
    from . import permit_listing as lists

    return lists.expect(kind, unit, entry)


@hookimpl
def score_facts(quarter):
    from . import case_lists

    return case_lists.score_facts(quarter)


@hookimpl
def score_rows(quarter, unit, item):
    from . import panel

    return panel.score_rows(quarter, unit, item)


@hookimpl
def register_commands() -> list:
    from . import commands

    return [commands.read_scope]


@hookimpl
def demonstrate(zone) -> None:
    from . import demo

    demo.schedule(zone)


@hookimpl
def register_record_kinds():
    from . import record_kinds

    return [record_kinds.KIND]
