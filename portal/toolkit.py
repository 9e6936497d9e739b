"""The only door for plugins: everything of the core that a unit or an area may use."""

from portal import (
    audit,
    clock,
    documents,
    files,
    jobs,
    notices,
    obligations,
    official_calendar,
    quarter_lists,
    settings,
    spreadsheets,
    subject_search,
    subjects,
    units,
)
from portal.access import act, requires
from portal.database import (
    InstantField,
    JsonField,
    Record,
    Schema,
    database,
    is_postgresql,
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
from portal.facts import days_for, scheme_of
from portal.fonts import DocumentError
from portal.hookspecs import hookimpl
from portal.list_comparison import Entry as ListEntry
from portal.pages import link, page, submission_key
from portal.plugging import Registry, registry
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
    "ListEntry",
    "Missing",
    "NavigationItem",
    "NotAllowed",
    "Panel",
    "Permission",
    "PermitItem",
    "Quarter",
    "Record",
    "Refused",
    "Registration",
    "Registry",
    "Schema",
    "Setting",
    "Stale",
    "Subject",
    "SubjectEvent",
    "Unit",
    "act",
    "audit",
    "canonical",
    "choice_setting",
    "clock",
    "database",
    "days_for",
    "digest_of",
    "documents",
    "files",
    "hookimpl",
    "is_postgresql",
    "jobs",
    "link",
    "notices",
    "number_setting",
    "obligations",
    "official_calendar",
    "page",
    "quarter_lists",
    "read_check_items",
    "read_permit_file",
    "read_permit_items",
    "registry",
    "requires",
    "scheme_of",
    "settings",
    "sm3",
    "spreadsheets",
    "subject_search",
    "subjects",
    "submission_key",
    "text_setting",
    "transaction",
    "units",
    "yes_no_setting",
]
