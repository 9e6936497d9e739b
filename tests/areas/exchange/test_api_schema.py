"""The served OpenAPI document against the served API: no 5xx, no answer that it does not describe (Schemathesis)."""

from __future__ import annotations

from datetime import date

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from plugins.areas.exchange import api_answers, openapi, tokens
from portal.plugging import registry
from tests.areas.exchange.conftest import Caller
from tests.areas.exchange.test_api import rows

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


def test_whatever_is_sent_the_answer_is_a_documented_one(served: str, caller: Caller, monkeypatch) -> None:
    """Every kind that is declared, by a unit that may send them all."""
    monkeypatch.setattr(api_answers.limits, "spend", lambda caller, most: True)
    caller.ask("POST", "registrations/batch", rows(1, 2))
    _, token = tokens.create("market_regulation", "监管平台", list(registry().record_kinds), True, date(2026, 12, 31))
    headers = {"Authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_url(f"{served}/api/v1/openapi.json", headers=headers)
    asked = set()

    @settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def ask(case) -> None:
        case.validate_response(case.call(headers=headers), checks=CHECKS)
        asked.add(case.operation.label)

    for found in schema.get_all_operations():
        given(case=found.ok().as_strategy())(ask)()
    assert len(asked) == len(list(schema.get_all_operations())) >= 7


def test_the_document_is_the_same_for_the_same_declarations_and_names_every_field(app) -> None:
    kinds = list(registry().record_kinds.values())
    document = openapi.document(kinds)
    assert document == openapi.document(kinds) and document["openapi"] == "3.1.0"
    for kind in kinds:
        sent = document["components"]["schemas"][f"{kind.key}.values"]
        assert list(sent["properties"]) == [field.key for field in kind.incoming()]
        assert sent["required"] == [field.key for field in kind.incoming() if field.required]
