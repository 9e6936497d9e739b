"""The credit area's lists as files: records of both kinds under the 双公示 names, objections, repairs, checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.areas.credit.record_kinds import KINDS
from plugins.areas.credit.record_rules import KIND_LABELS
from portal.toolkit import RecordField, list_files, units

_C = list_files.Column
_MORE = (
    RecordField("kind_label", "类别", way="out"),
    RecordField("publicity_label", "公示状态", way="out"),
    RecordField("entered_on", "录入日期", "date", way="out"),
)
#: Every field of either kind that is given out, each once.
RECORD_FIELDS = tuple({f.key: f for f in (*(f for kind in KINDS for f in kind.outgoing()), *_MORE)}.values())


def record_values(viewer: Any, records: Any) -> Iterator[Mapping[str, Any]]:
    """The records' values by the keys of :data:`RECORD_FIELDS`."""
    for record, values in list_files.kept_of(viewer, KINDS, records):
        more = {"kind_label": KIND_LABELS[record.kind], "publicity_label": record.publicity_label, "entered_on": record.entered_on}
        yield {**values, **more}


OBJECTIONS = (
    _C("申请人", lambda o: o.applicant, width=28),
    _C("异议事项", lambda o: o.item, width=24),
    _C("异议主张", lambda o: o.claim, width=40),
    _C("行政相对人名称", lambda o: o.record.party_name, width=28),
    _C("决定文书号", lambda o: o.record.document_number, width=24),
    _C("信息提供单位", lambda o: units.name_of(o.source_unit), width=24),
    _C("受理日期", lambda o: o.received_on, "date", 12),
    _C("转送日期", lambda o: o.transferred_on, "date", 12),
    _C("办结日期", lambda o: o.closed_on, "date", 12),
    _C("状态", lambda o: o.state_label, width=12),
)
REPAIRS = (
    _C("申请人", lambda r: r.applicant, width=28),
    _C("行政相对人名称", lambda r: r.record.party_name, width=28),
    _C("决定文书号", lambda r: r.record.document_number, width=24),
    _C("决定单位", lambda r: units.name_of(r.unit), width=24),
    _C("受理日期", lambda r: r.received_on, "date", 12),
    _C("决定日期", lambda r: r.decided_on, "date", 12),
    _C("状态", lambda r: r.state_label, width=12),
)
CHECKS = (
    _C("编号", lambda c: c.number, width=18),
    _C("对象", lambda c: c.title, width=32),
    _C("用途", lambda c: c.purpose_label, width=20),
    _C("用途说明", lambda c: c.purpose_note, width=28),
    _C("核查人", lambda c: c.person, width=12),
    _C("时间", lambda c: list_files.moment(c.asked_at), width=18),
    _C("户数", lambda c: c.parties, "integer", 8),
    _C("有记录户数", lambda c: c.hit_parties, "integer", 10),
)
