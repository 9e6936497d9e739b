"""抽查事项清单: the list, an item with its versions and differences, its acts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import peewee
from flask import Response, request, url_for
from flask_login import current_user

from plugins.areas.inspections import items, libraries, list_columns, rules
from plugins.areas.inspections.models import ItemVersion
from plugins.areas.inspections.views import blueprint, forms
from portal.toolkit import act, audit, clock, link, list_files, page, registry, requires, units

METHODS = ("现场检查", "书面检查", "检验检测", "网络监测", "第三方")
KINDS = ("一般", "重点")


def checking_units() -> list[tuple[str, str]]:
    """(key, name) of the units with check fields: only they check."""
    return [(unit.key, unit.name) for unit in registry().units if unit.check_fields]


@blueprint.get("/items", endpoint="items")
@requires("inspection.view")
def index() -> Response:
    unit, state = forms.unit_asked(dict(checking_units())), request.args.get("state", "")
    newest = ItemVersion.select(peewee.fn.MAX(ItemVersion.id)).group_by(ItemVersion.number)
    query = ItemVersion.select().where(ItemVersion.id.in_(newest))
    if unit != forms.EVERY:
        query = query.where(ItemVersion.unit == unit)
    if state == "in_force":
        query = query.where(items.in_force_query(clock.today()))
    elif state in rules.ITEM_STATES:
        query = query.where(ItemVersion.state == state)
    if list_files.wanted():
        found = list_files.by_key(query, ItemVersion.number, newest_first=False)
        return list_files.answer("抽查事项清单", list_columns.ITEMS, ((row, state_words(row)) for row in found))
    rows, more = forms.paged(query, ItemVersion.number, newest_first=False)
    filters = {"unit": unit, "state": state}
    return page(
        "inspections/items.html", part="inspections/_items.html", rows=[(row, state_words(row)) for row in rows],
        next_href=link("inspections.items", {**filters, "after": more}) if more else None, filters=filters,
        units=checking_units(), unit_names=dict(checking_units()),
        states=[("in_force", "现行有效"), *rules.ITEM_STATES.items()],
        starters=items.starters(current_user.unit) if current_user.can("inspection.draft") else [],
    )  # fmt: skip


def state_words(version: ItemVersion) -> str:
    """The version's state as officers say it."""
    if version.state != "confirmed":
        return rules.ITEM_STATES[version.state]
    if rules.in_force(version.from_day, version.until_day, clock.today()):
        return "现行有效" if version.published_on else "有效，未公布"
    return "尚未生效" if version.from_day > clock.today() else "已停用"


@blueprint.post("/items/adopt", endpoint="adopt_item")
@act("inspection.draft")
def adopt() -> Response:
    number = forms.text("number")
    return forms.attempt(
        lambda: items.adopt(number),
        lambda made: url_for("inspections.item", number=made.number),
        _raise,
        "已按单位插件的声明起草",
    )


def _raise(**_: Any) -> Response:
    """A button without a form of its own: the refusal becomes the error page."""
    raise


@blueprint.get("/items/new", endpoint="new_item")
@requires("inspection.draft")
def new() -> Response:
    return _form(None)


def _form(
    version: ItemVersion | None,
    errors: Mapping | None = None,
    typed: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    stored: dict[str, Any] = {
        "number": "",
        "ratio": 10,
        "yearly_cap": 1,
        "kind": "一般",
        "method": "现场检查",
        "frequency": "1次/年",
    }
    if version is not None:
        stored = items.plain(version) | {
            "number": version.number, "materials": "\n".join(version.materials), "checklist": "\n".join(version.checklist),
        }  # fmt: skip
    return page(
        "inspections/item_form.html", status=status, errors=errors or {}, version=version, form_values=forms.typed_or(stored, typed),
        fields=[(name, name) for name in items.fields_of(current_user.unit)], methods=METHODS, kinds=KINDS, labels=rules.COMPARED,
    )  # fmt: skip


def _sent() -> dict[str, Any]:
    sent: dict[str, Any] = {name: forms.text(name) for name in items.FIELDS}
    return sent | {"materials": forms.lines("materials"), "checklist": forms.lines("checklist")}


@blueprint.post("/items/new", endpoint="draft_item")
@act("inspection.draft")
def draft() -> Response:
    return forms.attempt(
        lambda: items.draft(forms.text("number"), _sent()), lambda made: url_for("inspections.item", number=made.number),
        lambda **rest: _form(None, **rest), "草案已保存",
    )  # fmt: skip


@blueprint.get("/items/<number>", endpoint="item")
@requires("inspection.view")
def show(number: str) -> Response:
    return _show(number)


def _show(
    number: str, errors: Mapping | None = None, typed: Mapping | None = None, status: int = 200
) -> Response:
    found = items.versions(number)
    changes = [
        rules.differences(items.plain(old), items.plain(new)) for new, old in itertools.pairwise(found)
    ] + [[]]
    newest = found[0]
    mine = newest.unit == current_user.unit
    may = {
        "edit": mine and newest.state == "draft" and current_user.can("inspection.draft"),
        "legal": mine and newest.state == "legal" and current_user.can("inspection.legal"),
        "confirm": newest.state == "zone" and current_user.can("inspection.confirm"),
        "renew": mine and newest.state in ("confirmed", "returned") and current_user.can("inspection.draft"),
    }
    valid = next(
        (version for version in found if rules.in_force(version.from_day, version.until_day, clock.today())),
        None,
    )
    return page(
        "inspections/item.html", status=status, errors=errors or {}, typed=typed or {}, newest=newest, may=may, mine=mine, valid=valid,
        versions=[(version, state_words(version), changed) for version, changed in zip(found, changes, strict=True)],
        unit_name=units.name_of(newest.unit), labels=rules.COMPARED, library=libraries.rule_of(number),
        history=audit.history("check_item", number, 50), today=clock.today(),
    )  # fmt: skip


@blueprint.get("/items/<number>/edit", endpoint="edit_item")
@requires("inspection.draft")
def edit(number: str) -> Response:
    return _form(items.versions(number)[0])


@blueprint.post("/items/<number>/edit", endpoint="save_item")
@act("inspection.draft")
def save(number: str) -> Response:
    version = items.versions(number)[0]

    def do() -> Any:
        if version.state == "draft":
            return items.edit(version.id, _sent())
        return items.draft(number, _sent(), version.unit)

    return forms.attempt(
        do, url_for("inspections.item", number=number), lambda **rest: _form(version, **rest), "草案已保存"
    )


@blueprint.post("/items/<number>/submit", endpoint="submit_item")
@act("inspection.draft")
def submit(number: str) -> Response:
    return _act(number, lambda version: items.submit(version.id), "已报送法制审查")


@blueprint.post("/items/<number>/review", endpoint="review_item")
@act("inspection.legal")
def review(number: str) -> Response:
    passed = forms.text("decision") == "pass"
    return _act(
        number, lambda version: items.review(version.id, passed, forms.text("opinion")), "法制审查意见已记录"
    )


@blueprint.post("/items/<number>/confirm", endpoint="confirm_item")
@act("inspection.confirm")
def confirm(number: str) -> Response:
    def do(version: ItemVersion) -> Any:
        passed = forms.text("decision") == "pass"
        from_day = forms.day("from_day", "生效日期") if passed else None
        return items.confirm(version.id, passed, forms.text("opinion"), from_day)

    return _act(number, do, "区管办意见已记录")


@blueprint.post("/items/<number>/publish", endpoint="publish_item")
@act("inspection.draft")
def publish(number: str) -> Response:
    return _act(number, lambda _: items.publish(forms.number("version", "版本")), "已标记公布")


@blueprint.post("/items/<number>/end", endpoint="end_item")
@act("inspection.draft")
def end(number: str) -> Response:
    def do(_: ItemVersion) -> None:
        items.end(forms.number("version", "版本"), forms.day("day", "停用日期"), forms.text("reason"))

    return _act(number, do, "已停用")


def _act(number: str, do: Any, said: str) -> Response:
    return forms.attempt(
        lambda: do(items.versions(number)[0]),
        url_for("inspections.item", number=number),
        lambda **rest: _show(number, **rest),
        said,
    )
