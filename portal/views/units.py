"""成员单位: the table of Annex 2-2, each unit's page, and how a unit is enabled and disabled (附件1 二)."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from portal import audit, clock, list_columns, list_files, units
from portal.access import act, requires
from portal.declarations import DUTIES, FUNCTIONS, PERMIT_KINDS, Unit
from portal.pages import page
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused
from portal.units import UnitRequest, UnitTerm

blueprint = Blueprint("units", __name__, url_prefix="/units")
REQUEST_STATES = {"requested": "待办公室确认", "confirmed": "已确认", "refused": "未同意"}
#: The table's narrow headings for the duties of Annex 2-2, and short words for the special functions.
DUTY_HEADINGS = {
    "login": "登陆",
    "permit": "许可",
    "unlicensed": "无证无照",
    "penalty": "处罚",
    "other_dishonesty": "其他失信",
}
FUNCTION_WORDS = {
    "registrar": "登记推送",
    "revoker": "吊销推送",
    "linked_measures": "联动监管措施",
    "abnormal_list": "经营异常名录",
    "licence_enforcer": "查处无照经营",
    "publisher": "失信公示",
    "objection_desk": "异议受理",
}
FIELDS = {
    "enable": "启用",
    "day": "生效日",
    "reason": "理由",
    "state": "状态",
    "basis": "依据",
    "admitted_by": "召集人确认",
    "answer": "答复",
    "from": "自",
}


def state_of(terms: list[UnitTerm], today: date) -> tuple[str, str, date | None]:
    """The membership today in words, its tone, and since when: 已启用, 将于 … 启用, 已停用, 从未启用."""
    if not terms:
        return "已安装，从未启用", "warn", None
    for term in terms:
        if term.from_day <= today and (term.until_day is None or today < term.until_day):
            if term.until_day:
                return f"已启用，将于 {term.until_day} 停用", "warn", term.from_day
            return "已启用", "good", term.from_day
    coming = next((term for term in terms if term.from_day > today), None)
    if coming:
        return f"将于 {coming.from_day} 启用", "info", coming.from_day
    return f"自 {terms[-1].until_day} 起停用", "neutral", None


def _in_words(unit: Unit, known: dict[str, list[UnitTerm]], today: date) -> tuple[Unit, str, str, str, date | None]:
    state, _, since = state_of(known.get(unit.key, []), today)
    duties = "、".join(label for key, label in DUTIES.items() if key in unit.duties)
    return unit, duties, "、".join(FUNCTION_WORDS.get(key, FUNCTIONS[key]) for key in sorted(unit.functions)), state, since


@blueprint.get("/")
@requires("unit.view")
def index() -> Response:
    known, waiting, today = units.terms(), units.waiting(), clock.today()
    if list_files.wanted():
        return list_files.answer("成员单位", list_columns.UNITS, (_in_words(unit, known, today) for unit in registry().units))
    return page(
        "units/index.html",
        rows=[
            (unit, *state_of(known.get(unit.key, []), today), waiting.get(unit.key))
            for unit in registry().units
        ],
        gone=[(key, units.name_of(key)) for key in known if units.unit(key) is None],
        duties=DUTIES,
        headings=[DUTY_HEADINGS.get(key, label) for key, label in DUTIES.items()],
        functions={key: FUNCTION_WORDS.get(key, label) for key, label in FUNCTIONS.items()},
    )


def _unit(key: str) -> Unit:
    found = units.unit(key)
    if found is None:
        raise Missing("没有这个单位")
    return found


def _show(
    unit: Unit, status: int = 200, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None
) -> Response:
    terms, requests = units.terms().get(unit.key, []), units.requests_of(unit.key)
    state, tone, since = state_of(terms, clock.today())
    return page(
        "units/show.html",
        status=status,
        unit=unit,
        state=state,
        tone=tone,
        since=since,
        terms=terms,
        requests=[(item, REQUEST_STATES[item.state]) for item in requests],
        waiting=next((item for item in requests if item.state == "requested"), None),
        new_member=units.needs_decision(unit.key),
        enabled=units.is_enabled(unit.key),
        may_ask=units.may_ask(current_user, unit.key),
        own=current_user.unit == unit.key,
        duties=DUTIES,
        functions=FUNCTIONS,
        kinds=PERMIT_KINDS,
        history=[
            (entry, [(FIELDS.get(n, n), _words(a), _words(b)) for n, a, b in c])
            for entry, c in audit.history("unit", unit.key)
        ],
        errors=errors or {},
        typed=typed or {},
    )


def _words(value: object) -> object:
    if isinstance(value, bool):
        return "是" if value else "否"
    return REQUEST_STATES.get(value, value) if isinstance(value, str) else value


@blueprint.get("/<key>")
@requires("unit.view")
def show(key: str) -> Response:
    return _show(_unit(key))


@blueprint.post("/<key>/ask")
@act("unit.ask")
def ask(key: str) -> Response:
    unit = _unit(key)
    if not units.may_ask(current_user, key):
        raise NotAllowed("只有本单位的联络员和办公室可以为这个单位申请")
    typed = {name: request.form.get(name, "").strip() for name in ("wish", "day", "reason", "basis")}
    errors: dict[str, str] = {}
    if typed["wish"] not in ("enable", "disable"):
        errors["wish"] = "请选择启用或停用"
    day = _day(typed["day"], errors)
    if not typed["reason"]:
        errors["reason"] = "请写明理由"
    if not errors and day is not None:
        try:
            units.ask(key, typed["wish"] == "enable", day, typed["reason"], typed["basis"][:100])
        except Refused as refusal:
            errors["day"] = str(refusal)
    if errors:
        return _show(unit, 422, errors, typed)
    flash(
        f"已提交{'启用' if typed['wish'] == 'enable' else '停用'}{unit.name}的申请，等待办公室确认", "success"
    )
    return redirect(url_for("units.show", key=key), 303)


def _day(text: str, errors: dict[str, str]) -> date | None:
    """The day from which the request counts: today or later, since nobody may rewrite past quarters."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors["day"] = f"生效日“{text[:20]}”不是日期，应写成 2026-09-18 这样"
        return None
    if day < clock.today():
        errors["day"] = "生效日不能早于今天"
        return None
    return day


def _request(number: int) -> UnitRequest:
    found = UnitRequest.get_or_none(UnitRequest.id == number)
    if found is None:
        raise Missing("没有这份申请")
    return found


@blueprint.post("/requests/<int(max=9223372036854775807):number>/admit")
@act("unit.admit")
def admit(number: int) -> Response:
    found = _request(number)
    units.admit(found)
    flash("已确认增补，等待办公室办理", "success")
    return redirect(url_for("units.show", key=found.unit), 303)


@blueprint.post("/requests/<int(max=9223372036854775807):number>/answer")
@act("unit.confirm")
def answer(number: int) -> Response:
    found, confirm = _request(number), request.form.get("answer") == "confirm"
    reason = request.form.get("reason", "").strip()[:500]
    if not confirm and not reason:
        raise Refused("请写明不同意的原因")
    units.answer(number, confirm, request.form.get("basis", "")[:100], reason)
    flash("已确认" if confirm else "已答复不同意", "success")
    return redirect(url_for("units.show", key=found.unit), 303)
