"""The strict reader behind ``portal score-facts``: a unit's duties and facts as JSON in, its scores out."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from portal.scheme import SCHEMES, Scheme
from portal.scheme_settings import ScoringError, quote
from portal.scoring import score_unit

#: Characters; a real request has about one thousand.
LONGEST_REQUEST = 1_000_000


class ScoreRequest(NamedTuple):
    """A request whose shape is checked; the facts are checked by the engine against the unit's items."""

    duties: tuple[str, ...]
    check_fields: tuple[str, ...]
    facts: dict[str, Any]
    settings: dict[str, Any]


def read_request(text: str) -> ScoreRequest:
    """Read one request; raises ScoringError (Chinese) for anything but the described shape."""
    request = _object(_parse(text), "输入", required=("unit", "facts"), optional=("settings",))
    unit = _object(request["unit"], "unit", required=("duties", "check_fields"))
    return ScoreRequest(
        duties=_names(unit["duties"], "unit.duties（职责）"),
        check_fields=_names(unit["check_fields"], "unit.check_fields（监管领域）"),
        facts=_object(request["facts"], "facts"),
        settings=_object(request.get("settings", {}), "settings"),
    )


def answer(text: str, scheme: Scheme = SCHEMES[-1]) -> str:
    """Score one request under ``scheme``, with the request's settings; JSON of one line, Chinese as it is."""
    request = read_request(text)
    score = score_unit(
        scheme.with_settings(request.settings), request.duties, request.check_fields, request.facts
    )
    items = [
        {"item": line.item, "weight": str(line.weight), "score": str(line.score), "why": line.why}
        for line in score.lines
    ]
    return json.dumps({"items": items, "total": str(score.total)}, ensure_ascii=False)


def _parse(text: str) -> Any:
    if len(text) > LONGEST_REQUEST:
        raise ScoringError(f"输入有{len(text)}个字符，超过{LONGEST_REQUEST}个")
    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_without_duplicates,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise ScoringError(f"输入不是有效的 JSON：第{error.lineno}行第{error.colno}列有误") from error
    except RecursionError as error:
        raise ScoringError("输入的 JSON 嵌套过深") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise ScoringError(f"名称{quote(key)}重复出现")
        read[key] = value
    return read


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise ScoringError(f"数{quote(digits)}过大") from error


def _whole(digits: str) -> int:
    if len(digits) > 100:
        raise ScoringError(f"数{quote(digits)}过大")
    return int(digits)


def _no_constant(word: str) -> Any:
    raise ScoringError(f"{quote(word)}不是数")


def _object(
    value: Any, where: str, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ScoringError(f"{where}的值{quote(value)}应为对象 {{…}}")
    for name in required:
        if name not in value:
            raise ScoringError(f"{where}缺少 {name}")
    for name in value:
        if required and name not in required + optional:
            raise ScoringError(f"{where}没有名称{quote(name)}，应为{'、'.join(required + optional)}")
    return value


def _names(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ScoringError(f"{where}的值{quote(value)}应为列表 […]")
    seen: set[str] = set()
    for name in value:
        if not isinstance(name, str) or not name.strip():
            raise ScoringError(f"{where}中的{quote(name)}应为名称，不能为空")
        if name in seen:
            raise ScoringError(f"{where}中的{quote(name)}重复")
        seen.add(name)
    return tuple(value)
