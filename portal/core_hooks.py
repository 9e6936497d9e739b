"""The core as a plugin of itself: its tables, what it does when a unit leaves, its daily work."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from portal import (
    access,
    alarms,
    audit,
    clock,
    files,
    idle_accounts,
    jobs,
    notices,
    obligations,
    official_calendar,
    quarter_list_kinds,
    quarter_lists,
    registration_kind,
    scores,
    second_factor,
    self_checks,
    sessions,
    settings,
    subjects,
    units,
    users,
)
from portal.database import Migration, Schema
from portal.declarations import JobKind
from portal.hookspecs import hookimpl
from portal.plugging import registry
from portal.record_kinds import RecordKind

MODELS = (
    official_calendar.CalendarNotice, official_calendar.CalendarDay,
    audit.AuditEntry, audit.RecordChange,
    settings.SettingValue,
    users.User, users.UserRole, users.AccountRequest, users.LoginDay,
    sessions.LoginSession, sessions.AddressFailures, second_factor.SecondFactor,
    units.UnitTerm, units.UnitRequest,
    subjects.Subject, subjects.SubjectName, subjects.SubjectEvent,
    obligations.Obligation, notices.Notice,
    scores.QuarterStage, scores.Adjustment, scores.Review, scores.FrozenScore,
    alarms.Alarm, alarms.AlarmWatch,
    access.Submission, files.StoredFile, jobs.Job,
    *quarter_lists.MODELS,
)  # fmt: skip
_ = Migration


@hookimpl
def register_schema() -> Schema:
    return Schema("core", MODELS, Path(__file__).parent / "migrations")


@hookimpl
def register_record_kinds() -> list[RecordKind]:
    return [registration_kind.KIND, *quarter_list_kinds.KINDS]


@hookimpl
def register_job_kinds() -> list[JobKind]:
    return [self_checks.KIND_OF_JOB]


@hookimpl
def register_obligation_pages() -> dict[str, str]:
    return {"quarter_list": "quarter_lists.own"}


@hookimpl
def on_unit_disabled(unit: str, day: date) -> None:
    obligations.stop_unit(unit, day)


def daily() -> None:
    """What each day brings; safe to run twice, and catches up after a stop."""
    for unit in units.ended_today(clock.today()):
        obligations.stop_unit(unit, clock.today())
    quarter_lists.open_due(clock.today())
    access.forget_submissions()
    idle_accounts.disable_idle()
    registry().answers("on_day", day=clock.today())
    notices.warn()
    self_checks.nightly(clock.today())
