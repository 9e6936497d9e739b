"""What a kind of record is: one declaration that forms, imports, exports and the API read (areas.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.declarations import DeclarationError


def _require(condition: object, message: str) -> None:
    if not condition:
        raise DeclarationError(message)


#: What a field of a record holds; money is in 分, a date without end is None where the field is ``endless``.
FIELD_TYPES = ("text", "date", "money", "integer", "choice", "code", "boolean")


@dataclass(frozen=True)
class RecordField:
    """A field of a record kind: one declaration for forms' labels, imports, exports and the API.

    ``standard`` is its 双公示 name; ``unit`` is the unit in which senders write money (元 or 万元); ``way`` says whether
    the field is only sent in (``in``), only given out (``out``), or both; ``check`` answers the broken rule or None;
    ``missed`` says what it means when a file lacks the column.
    """

    key: str
    label: str
    type: str = "text"
    aliases: tuple[str, ...] = ()
    required: bool = False
    standard: str = ""
    choices: tuple[str, ...] = ()
    choice_aliases: dict[str, str] = field(default_factory=dict)
    longest: int = 200
    unit: str = "元"
    endless: bool = False
    way: str = "both"
    check: Callable[[Any], str | None] | None = None
    example: str = ""
    missed: str = ""

    def __post_init__(self) -> None:
        _require(self.key.isidentifier() and self.label, f"字段“{self.key}”须有英文标识和中文名称")
        _require(
            self.type in FIELD_TYPES,
            f"字段“{self.label}”的类型“{self.type}”不在 {'、'.join(FIELD_TYPES)} 之中",
        )
        _require(self.type != "choice" or self.choices, f"字段“{self.label}”没有列出可选值")
        _require(
            self.way in ("both", "in", "out"), f"字段“{self.label}”的方向“{self.way}”应为 both、in 或 out"
        )
        _require(self.unit in ("元", "万元"), f"字段“{self.label}”的金额单位应为元或万元")


@dataclass(frozen=True)
class Stored:
    """What became of one row: ``outcome`` created, changed or same; ``reference`` names the act for a later undo."""

    outcome: str
    record_id: int
    reference: str = ""


@dataclass(frozen=True)
class Kept:
    """A stored record as it is given out: values by field key, ``version`` rises with every change."""

    id: int
    version: int
    values: dict[str, Any]


@dataclass(frozen=True)
class RecordKind:
    """A kind of record that imports, exports, files out and the API serve alike (areas.md 5).

    ``may_import(unit)`` raises NotAllowed for a unit that does not bring in this kind.
    ``store(rows, *, unit, source)`` stores dicts by field key inside the running transaction and answers for each row
    a Stored or the Refused; ``compare(rows, *, unit)`` says the same as ``created``, ``changed``, ``same`` or a Refused
    without storing. ``undo(reference, *, unit)`` takes one stored act back, or raises Refused; ``blocked(references, *,
    unit, source)`` says beforehand why one of the acts of ``source`` cannot be taken back, or "".
    ``rows(viewer, filters, after)`` streams Kept records with ids above ``after``, in the order of their ids;
    ``fetch(viewer, ids)`` gives those of ``ids`` that the viewer may see; ``changes(viewer, since, limit)`` gives
    (number, Kept) pairs, numbers in the order of commits. ``filters`` names fields by whose values ``rows`` narrows; ``sources`` are
    other ways in which a file may be meant, source → its words, such as a stock that starts no clocks.
    """

    key: str
    label: str
    fields: tuple[RecordField, ...]
    identity: tuple[str, ...]
    read_permission: str
    write_permission: str
    may_import: Callable[[str], None]
    store: Callable[..., list[Any]]
    compare: Callable[..., list[Any]]
    undo: Callable[..., None]
    rows: Callable[..., Any]
    fetch: Callable[..., list[Kept]]
    changes: Callable[..., list[tuple[int, Kept]]]
    blocked: Callable[..., str]
    filters: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = [f.key for f in self.fields]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        _require(not twice, f"记录“{self.label}”的字段重复：{'、'.join(twice)}")
        unknown = sorted({*self.identity, *self.filters} - set(keys))
        _require(not unknown, f"记录“{self.label}”用到未声明的字段：{'、'.join(unknown)}")
        _require(
            self.key.isascii() and self.key.replace("-", "").isalnum(),
            f"记录标识“{self.key}”应为英文字母、数字和连字符",
        )
        _require(self.identity, f"记录“{self.label}”没有说明怎样认出同一条（identity）")

    def field(self, key: str) -> RecordField:
        """The field of that key. Raises KeyError."""
        return {f.key: f for f in self.fields}[key]

    def incoming(self) -> tuple[RecordField, ...]:
        """The fields that senders fill in."""
        return tuple(f for f in self.fields if f.way != "out")

    def outgoing(self) -> tuple[RecordField, ...]:
        """The fields that are given out."""
        return tuple(f for f in self.fields if f.way != "in")
