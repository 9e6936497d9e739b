"""市场主体: search, filters, one subject with its history and the panels of the areas."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request
from flask_login import current_user

from portal import audit, list_files, obligations, subject_search, subjects, units
from portal.access import requires
from portal.pages import key_from, link, page
from portal.plugging import registry
from portal.refusals import Refused
from portal.registration_kind import KIND
from portal.subject_search import Filters

blueprint = Blueprint("subjects", __name__, url_prefix="/subjects")
log = logging.getLogger("portal")


def _filters() -> Filters:
    argument = request.args.get
    state = argument("state", "")
    classification = argument("classification", "")
    return Filters(
        text=argument("q", "").strip(),
        state=state if state in subjects.STATES else "",
        street=argument("street", "")[:40],
        industry=argument("industry", "").strip().upper()[:5],
        classification=classification if classification in (*subjects.CLASSIFICATIONS, "none") else "",
    )


@blueprint.get("/")
@requires("subject.view")
def index() -> Response:
    filters = _filters()
    if list_files.wanted():
        found = KIND.rows(current_user, vars(filters) | {"q": filters.text}, 0)
        return list_files.answer_fields(KIND.label, KIND.outgoing(), (kept.values for kept in found))
    errors: dict[str, str] = {}
    found = subject_search.Page([], None, None, 0)
    try:
        found = subject_search.search(
            filters, older=key_from("older"), newer=key_from("newer")
        )
    except Refused as refusal:
        errors = {"q": str(refusal)}
    query = {
        "q": filters.text, "state": filters.state, "street": filters.street, "industry": filters.industry,
        "classification": filters.classification,
    }  # fmt: skip
    return page(
        "subjects/index.html",
        part="subjects/_rows.html",
        status=422 if errors else 200,
        rows=found.rows,
        former=subject_search.former_names(found.rows),
        total_text=f"共 {found.total_text}",
        first_href=link("subjects.index", query) if found.newer else None,
        prev_href=link("subjects.index", {**query, "newer": found.newer}) if found.newer else None,
        next_href=link("subjects.index", {**query, "older": found.older}) if found.older else None,
        filters=query,
        filtered=any(query.values()),
        states=subjects.STATES,
        streets=subject_search.streets(),
        classifications=[(key, label) for key, label in subjects.CLASSIFICATIONS.items() if key] + [("none", "未分类")],
        errors=errors,
    )


@blueprint.get("/<int:subject_id>")
@requires("subject.view")
def show(subject_id: int) -> Response:
    subject = subjects.subject_for(current_user, subject_id)
    history = [
        (entry, [(subjects.field_label(name), old, new) for name, old, new in changes])
        for entry, changes in audit.history("subject", subject.id)
    ]
    owed = list(subject.obligations.order_by(obligations.Obligation.deadline.desc(), obligations.Obligation.id.desc()).limit(50))
    return page(
        "subjects/show.html",
        subject=subject,
        names=[name for name in subject.names if name.name != subject.name],
        events=list(subject.events.order_by(subjects.SubjectEvent.id.desc())),
        history=history,
        owed=[(item, obligations.lamp(item), units.name_of(item.unit)) for item in owed if _may_see(item)],
        panels=panels(subject),
        alerts=alerts(subject),
    )


def _may_see(item: obligations.Obligation) -> bool:
    return item.unit == current_user.unit or current_user.has_role("office", "convenor", "deputy_convenor")


def panels(subject: subjects.Subject) -> list[dict[str, object]]:
    """The areas' panels, sorted; one that fails is named and shown as unavailable, the others stay (tests raise)."""
    shown = []
    plugins = registry()
    for implementation in sorted(plugins.manager.hook.subject_panel.get_hookimpls(), key=lambda i: i.plugin_name):
        try:
            panel = implementation.function(subject=subject, viewer=current_user)
        except Refused:
            raise
        except Exception:
            if current_app.testing:
                raise
            log.exception("panel of plugin %s failed", implementation.plugin_name)
            shown.append({"title": f"{implementation.plugin_name}", "failed": True, "order": 999})
            continue
        if panel is not None:
            shown.append({"title": panel.title, "template": panel.template, "values": panel.values, "order": panel.order})
    return sorted(shown, key=lambda panel: (panel["order"], panel["title"]))


def alerts(subject: subjects.Subject) -> list[object]:
    """The areas' warnings about the subject, the gravest first."""
    found = [alert for _, answer in registry().answers("subject_alerts", subject=subject) for alert in answer]
    return sorted(found, key=lambda alert: (alert.level != "danger", alert.text))
