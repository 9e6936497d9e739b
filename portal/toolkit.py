"""The only door for plugins: everything of the core that a unit or an area may use."""

import importlib
from typing import Any

from portal import (
    audit,
    charts,
    clock,
    documents,
    files,
    jobs,
    list_files,
    notices,
    obligations,
    official_calendar,
    quarter_lists,
    record_reading,
    scores,
    settings,
    spreadsheets,
    stored_acts,
    subject_search,
    subjects,
    undone_obligations,
    units,
    users,
)
from portal.access import act, api, asks, requires
from portal.database import (
    InstantField,
    JsonField,
    Record,
    Schema,
    among,
    database,
    insert_rows,
    is_postgresql,
    next_ids,
    transaction,
)
from portal.declarations import (
    DUTIES,
    PERMIT_KINDS,
    Alert,
    CheckField,
    CheckItem,
    DeclarationError,
    IndustryDuty,
    JobKind,
    NavigationItem,
    Panel,
    Permission,
    PermitItem,
    Setting,
    Unit,
)
from portal.digests import canonical, digest_of, sm3
from portal.facts import closing_of, days_for, scheme_of, span_of
from portal.fonts import DocumentError
from portal.gate import viewer_named
from portal.hookspecs import hookimpl
from portal.list_comparison import Entry as ListEntry
from portal.pages import key_from, link, page, submission_key
from portal.plugging import Registry, registry
from portal.record_kinds import Kept, RecordField, RecordKind, Stored
from portal.record_listing import Listing
from portal.refusals import Missing, NotAllowed, Refused, Stale
from portal.settings import choice_setting, number_setting, text_setting, yes_no_setting
from portal.subjects import Registration, Subject, SubjectEvent
from portal.unit_files import read_check_items, read_permit_file, read_permit_items
from portal.workdays import Quarter

__all__ = [
    "DUTIES",
    "PERMIT_KINDS",
    "Alert",
    "CheckField",
    "CheckItem",
    "DeclarationError",
    "DocumentError",
    "IndustryDuty",
    "InstantField",
    "JobKind",
    "JsonField",
    "Kept",
    "ListEntry",
    "Listing",
    "Missing",
    "NavigationItem",
    "NotAllowed",
    "Panel",
    "Permission",
    "PermitItem",
    "Quarter",
    "Record",
    "RecordField",
    "RecordKind",
    "Refused",
    "Registration",
    "Registry",
    "Schema",
    "Setting",
    "Stale",
    "Stored",
    "Subject",
    "SubjectEvent",
    "Unit",
    "act",
    "among",
    "api",
    "asks",
    "audit",
    "canonical",
    "charts",
    "choice_setting",
    "clock",
    "closing_of",
    "database",
    "days_for",
    "digest_of",
    "documents",
    "files",
    "hookimpl",
    "insert_rows",
    "is_postgresql",
    "jobs",
    "key_from",
    "link",
    "list_files",
    "next_ids",
    "notices",
    "number_setting",
    "obligations",
    "official_calendar",
    "open_application",
    "page",
    "quarter_lists",
    "read_check_items",
    "read_permit_file",
    "read_permit_items",
    "record_reading",
    "registry",
    "requires",
    "scheme_of",
    "scores",
    "settings",
    "sign_in",
    "sm3",
    "span_of",
    "spreadsheets",
    "stored_acts",
    "subject_search",
    "subjects",
    "submission_key",
    "text_setting",
    "transaction",
    "undone_obligations",
    "units",
    "users",
    "viewer_named",
    "yes_no_setting",
]


def open_application() -> Any:
    """The application for a plugin's command, opened as the portal's own commands open it."""
    # By name: the command line stands below this door and looks through it for the plugins' commands.
    return importlib.import_module("portal.cli_start").application()


def sign_in(account: str) -> Any:
    """The person who acts from a plugin's command: asks the password, enters the audit log. Raises Refused."""
    return importlib.import_module("portal.cli_start").sign_in(account)
