"""检查对象名录库: each item's rule with its size at this moment, single adjustments, imported objects, labels, classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import peewee
from flask import Response, flash, redirect, request, url_for
from flask_login import current_user

from plugins.areas.inspections import items, libraries, library_objects, list_columns, rules
from plugins.areas.inspections.models import CheckObject, ItemVersion, LibraryAdjustment, LibraryRule
from plugins.areas.inspections.views import blueprint, forms
from plugins.areas.inspections.views.items import checking_units
from portal.toolkit import (
    Refused,
    Subject,
    act,
    audit,
    clock,
    link,
    list_files,
    page,
    requires,
    subject_search,
    subjects,
    units,
)

CATEGORIES = subjects.CATEGORIES


@blueprint.get("/libraries", endpoint="libraries")
@requires("inspection.view")
def index() -> Response:
    unit = forms.unit_asked(dict(checking_units()))
    query = ItemVersion.select().where(items.in_force_query(clock.today()))
    if unit != forms.EVERY:
        query = query.where(ItemVersion.unit == unit)
    if list_files.wanted():
        versions = list(query.order_by(ItemVersion.number))
        return list_files.answer("检查对象名录库", list_columns.LIBRARIES, _with_sizes(versions))
    rows, more = forms.paged(query, ItemVersion.number, newest_first=False)
    shown = _with_sizes(rows)
    return page(
        "inspections/libraries.html", part="inspections/_libraries.html",
        whole={row.number for row, rule, _ in shown if rule is not None and libraries.takes_all(rule)},
        rows=shown, unit_names=dict(checking_units()),
        next_href=link("inspections.libraries", {"unit": unit, "after": more}) if more else None, unit=unit, units=checking_units(),
    )  # fmt: skip


def _with_sizes(rows: list[ItemVersion]) -> list[tuple[ItemVersion, LibraryRule | None, tuple[int, int]]]:
    query = LibraryRule.select().where(LibraryRule.number.in_([row.number for row in rows]))
    found = {rule.number: rule for rule in query}
    sizes = libraries.sizes(found.values())
    return [(row, found.get(row.number), sizes.get(row.number, (0, 0))) for row in rows]


@blueprint.get("/libraries/<number>", endpoint="library")
@requires("inspection.view")
def show(number: str) -> Response:
    if list_files.wanted():
        query = CheckObject.select(CheckObject, Subject).join(Subject, peewee.JOIN.LEFT_OUTER)
        own = query.where(CheckObject.number == items.versions(number)[0].number)
        return list_files.answer(f"检查对象 {number}", list_columns.OBJECTS, list_files.by_key(own, CheckObject.id))
    return _show(number)


def _stored(rule: LibraryRule | None) -> dict[str, Any]:
    if rule is None:
        return {"subjects": True, "strata": "", "reason": ""}
    made = libraries.plain(rule)
    made["industries"] = " ".join(rule.industries)
    return made | {f"weight_{key}": weight for key, weight in rule.weights.items()} | {"reason": ""}


def _show(number: str, errors: Mapping | None = None, typed: Any = None, status: int = 200) -> Response:
    version = items.versions(number)[0]
    rule = libraries.rule_of(number)
    shown = _stored(rule)
    if typed is not None and "strata" in typed:
        shown = dict(typed.items()) | {
            name: typed.getlist(name) for name in ("categories", "streets", "labels", "classes")
        }
    mine = version.unit == current_user.unit and current_user.can("inspection.draft")
    own, more = forms.paged(CheckObject.select().where(CheckObject.number == number), CheckObject.id)
    return page(
        "inspections/library.html", status=status, errors=errors or {}, typed=typed or {}, version=version, rule=rule, shown=shown,
        size=libraries.sizes([rule])[number] if rule else None, strata=list(libraries.strata_of(rule).items()) if rule else [], mine=mine,
        labels=sorted(subject_search.labelled()), streets=subject_search.streets(), categories=CATEGORIES, classes=rules.RISK_CLASSES,
        groupings=list(rules.STRATA.items()), unit_name=units.name_of(version.unit), objects=own,
        next_href=link("inspections.library", {"after": more}, number=number) if more else None,
        adjustments=list(LibraryAdjustment.select().where(LibraryAdjustment.number == number).order_by(LibraryAdjustment.id.desc()).limit(50)),
        history=audit.history("object_library", number, 50), columns="、".join(library_objects.OBJECT_COLUMNS),
    )  # fmt: skip


@blueprint.post("/libraries/<number>", endpoint="save_library")
@act("inspection.draft")
def save(number: str) -> Response:
    def do() -> None:
        sent: dict[str, Any] = {
            name: request.form.getlist(name) for name in ("categories", "streets", "labels", "classes")
        }
        sent |= {
            "subjects": bool(forms.text("subjects")),
            "strata": forms.text("strata"),
            "reason": forms.text("reason"),
        }
        sent["industries"] = forms.words("industries")
        sent["weights"] = {
            key: forms.number(f"weight_{key}", f"{key} 类权重", 1)
            for key in rules.RISK_CLASSES
            if forms.text(f"weight_{key}")
        }
        libraries.set_rule(number, sent)

    return _act(number, do, "名录规则已保存")


def _act(number: str, do: Any, said: str) -> Response:
    return forms.attempt(
        do, url_for("inspections.library", number=number), lambda **rest: _show(number, **rest), said
    )


@blueprint.post("/libraries/<number>/adjust", endpoint="adjust_library")
@act("inspection.draft")
def adjust(number: str) -> Response:
    def do() -> None:
        libraries.adjust(
            number, forms.text("object_id"), forms.number("weight", "权重"), forms.text("adjust_reason")
        )

    return _act(number, do, "单个对象已调整")


@blueprint.post("/libraries/<number>/objects", endpoint="import_objects")
@act("inspection.draft")
def import_objects(number: str) -> Response:
    taken, problems = library_objects.import_objects(number, request.form.get("rows", "")[:500_000])
    if taken == 0:
        return _show(number, {"rows": "；".join(problems[:20]) or "没有读到任何一行"}, request.form, 422)
    flash(f"已导入 {taken} 个对象", "success")
    if problems:
        flash("未导入：" + "；".join(problems[:20]), "warning")
    return redirect(url_for("inspections.library", number=number), 303)


@blueprint.post("/libraries/<number>/objects/<int:object_id>/drop", endpoint="drop_object")
@act("inspection.draft")
def drop(number: str, object_id: int) -> Response:
    return _act(number, lambda: library_objects.drop_object(object_id), "已停用")


@blueprint.post("/libraries/<number>/label", endpoint="label_subject")
@act("inspection.draft")
def label(number: str) -> Response:
    def do() -> None:
        subject = subjects.by_code(forms.text("code"))
        if subject is None:
            raise Refused("没有这个代码的市场主体", {"code": f"代码“{forms.text('code')}”没有登记"})
        if forms.text("label"):
            library_objects.label(subject, forms.text("label"))
        if forms.text("risk_class"):
            library_objects.grade(subject, forms.text("risk_class"), clock.today())
        if not forms.text("label") and not forms.text("risk_class"):
            raise Refused("请填写标签或选择等级", {"label": "请填写标签或选择等级"})

    return _act(number, do, "已记录")
