"""Every hook that a plugin can implement: the table of contents of what plugs in.

``register_*`` is asked once at start and answers checked declarations; ``on_*`` tells of an event inside
its transaction; the nouns are asked when a page or a score needs them. A hook answers one type, always.
"""

from __future__ import annotations

from typing import Any

import pluggy

hookspec = pluggy.HookspecMarker("portal")
hookimpl = pluggy.HookimplMarker("portal")


@hookspec
def register_unit():
    """A member unit's declaration → :class:`portal.declarations.Unit`."""


@hookspec
def register_schema():
    """The plugin's tables and migrations → :class:`portal.database.Schema`."""


@hookspec
def register_blueprint():
    """The plugin's pages → one ``flask.Blueprint`` whose every route declares a permission."""


@hookspec
def register_navigation():
    """Entries of the main navigation → list of :class:`portal.declarations.NavigationItem`."""


@hookspec
def register_permissions():
    """Rows of the permission table → list of :class:`portal.declarations.Permission`."""


@hookspec
def register_settings():
    """Dated settings of the plugin's work → list of :class:`portal.declarations.Setting`."""


@hookspec
def register_obligation_pages():
    """Where a kind of obligation is worked on → ``{kind: endpoint}``; the endpoint takes ``record_id``.

    A kind that several areas owe is declared as ``kind:record_type``."""


@hookspec
def register_job_kinds():
    """Long work the plugin brings → list of :class:`portal.declarations.JobKind`."""


@hookspec
def register_record_kinds():
    """What can be imported, exported and served by the API → list of :class:`portal.record_kinds.RecordKind`."""


@hookspec
def import_link(kind: str):
    """Where the person who asks brings records of a kind in from a file → a path, or None when they may not."""


@hookspec
def register_commands():
    """Commands of ``portal`` → list of ``click.Command``."""


@hookspec
def subject_panel(subject: Any, viewer: Any):
    """What the plugin shows on a subject's page → :class:`portal.declarations.Panel` or None."""


@hookspec
def subject_alerts(subject: Any):
    """Warnings about a subject, shown wherever it is chosen → list of :class:`portal.declarations.Alert`."""


@hookspec
def score_facts(quarter: Any):
    """What the core cannot count from obligations, all units in one pass → ``{unit: {item: {fact: value}}}``."""


@hookspec
def score_rows(quarter: Any, unit: str, item: str):
    """The plugin's own records behind a score item → list of ``{"text", "day", "counted", "href"}``."""


@hookspec
def subject_labels():
    """Groups of subjects that the plugin knows, for object libraries → ``{label: query of subject ids}``, e.g. the
    holders of a permit item; the label is the word on the screen."""


@hookspec
def on_subject_registered(subject: Any, event: str, before: Any):
    """A registration (设立 变更 注销 吊销) was stored; ``before`` is the fields before it, or None when new."""


@hookspec
def on_subjects_registered(batch: list[Any]):
    """Many new subjects were stored at once → told instead of ``on_subject_registered`` to a plugin that implements
    both; ``batch`` holds :class:`portal.registration_batches.Arrived`."""


@hookspec
def classes_of_new_subjects(registrations: list[Any], source: str):
    """Many registrations of new subjects are about to be stored: what is known already of their classification → a
    list of the classes, one for each, or None. A class that is known beforehand costs no second writing of the row."""


@hookspec
def on_subject_cancelled(subject: Any, event: str):
    """A subject was 注销 or 吊销 (二（一）3): each holder of a live permit owes its cancelling."""


@hookspec
def on_registration_withdrawn(subject: Any, event: Any):
    """The unit that sent a registration takes it back: withdraw what it opened, inside its transaction; raise Refused
    when another unit has already acted on it. ``event`` is the stored :class:`portal.subjects.SubjectEvent`."""


@hookspec
def on_subject_unreachable(subject: Any, unit: str, reason: str):
    """A unit found a subject 无法联系 in a check (二（一）5)."""


@hookspec
def on_unit_disabled(unit: str, day: Any):
    """A unit leaves from ``day`` on; its records stay."""


@hookspec
def on_day(day: Any):
    """A day has come (the daily job, run several times a day and after a stop): do what has fallen due up to ``day``,
    each step once however often the hook is called."""


@hookspec
def quarter_list_entries(kind: str, unit: str, quarter: Any):
    """What the platform holds of a unit's decisions of the quarter, ``kind`` permits or dishonesty → list of
    :class:`portal.list_comparison.Entry` (empty for a kind that is not the area's)."""


@hookspec
def on_quarter_list_row(kind: str, unit: str, entry: Any):
    """A row of a unit's quarter-end list was stored: open the obligation of its decision date where the platform lacks
    the decision → that obligation, or None for a kind that is not the area's."""


@hookspec
def demonstrate(zone: Any):
    """Add the area's part of a believable quarter by calling the functions its pages call."""
