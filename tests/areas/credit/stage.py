"""What the tests of the credit area begin with: firms, decisions, records on their way."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from plugins.areas.credit import publicity, records
from plugins.areas.credit.models import DishonestyRecord
from plugins.areas.credit.record_rules import Entry
from portal import audit, gate, subjects
from portal.database import database
from portal.demonstration.firms import Firms
from portal.subjects import Registration, Subject
from portal.users import User

_firms = Firms(random.Random(5), None)


def registration(name: str = "", day: date = date(2026, 3, 2), **more: Any) -> Registration:
    """A registration with a valid code of its own."""
    made = _firms.make(day)
    values = {**vars(made), "category": "企业", "capital": None, **more}
    return Registration(**(values | ({"name": name} if name else {})))


def firm(name: str = "", **more: Any) -> Subject:
    """A firm in the register."""
    return subjects.register(registration(name, **more), unit="approval", source="表单")[0]


def entry(subject: Subject | None = None, **more: Any) -> Entry:
    """A plain fine of 20,000 元 on ``subject``, decided on 2026-09-18."""
    values: dict[str, Any] = {
        "kind": "penalty", "party_kind": "organisation", "party_name": subject.name if subject else "区外某公司",
        "party_code": (subject.credit_code or "") if subject else "91310000773718882U", "representative": "王某", "representative_title": "法定代表人",
        "document_number": "通开公（治）罚决字〔2026〕101号", "decided_on": date(2026, 9, 18), "act_kind": "未按规定登记住宿旅客信息",
        "facts": "未登记", "basis": "反恐怖主义法第八十六条", "penalty_kinds": ("罚款",), "content": "罚款二万元", "fine": 2_000_000,
        "field": "治安特业", "measures": ("CG01", "TD01"),
    }  # fmt: skip
    return Entry(**(values | more))


def other_entry(subject: Subject, **more: Any) -> Entry:
    """A listing among the seriously dishonest."""
    values = {
        "kind": "other", "category": "serious_list", "penalty_kinds": (), "content": "", "fine": None, "act_kind": "列入名单",
        "document_number": "列严〔2026〕7号",
    }  # fmt: skip
    return entry(subject, **(values | more))


@contextlib.contextmanager
def acting(user: User) -> Iterator[User]:
    """Let ``user`` act, with the permissions of the running application."""
    with audit.acting(user.as_actor(channel="web")):
        yield gate.viewer_of(user)


def record(subject: Subject | None = None, unit: str = "police", **more: Any) -> DishonestyRecord:
    """A record of ``unit``, entered now."""
    return records.enter(entry(subject, **more), unit=unit)


def published(subject: Subject | None = None, unit: str = "police", **more: Any) -> DishonestyRecord:
    """A record that is entered and published now."""
    made = record(subject, unit, **more)
    publicity.publish(made)
    return DishonestyRecord.get_by_id(made.id)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Everything stored inside the block is taken back."""
    with database.atomic() as inside:
        yield
        inside.rollback()
