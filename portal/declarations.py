"""What a plugin may declare: frozen dataclasses that import nothing of ours.

Every class checks itself when it is made and raises :class:`DeclarationError`
with a message for the person who installs the plugin, so that a wrong
declaration stops the start and never surfaces later in an officer's browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class DeclarationError(Exception):
    """A plugin declares something impossible; the text names plugin, file and row (Chinese)."""


#: Annex 2-2, the columns of duties: key → the unit's words.
DUTIES: dict[str, str] = {
    "login": "每日登陆",
    "permit": "许可认领和反馈、审批信息录入",
    "unlicensed": "无证无照联动监管信息录入",
    "penalty": "行政处罚信息录入",
    "other_dishonesty": "其他失信主体信息录入",
}

#: Special functions of the source; each has exactly one enabled holder (areas.md "Who is who").
FUNCTIONS: dict[str, str] = {
    "registrar": "推送市场主体登记信息（二（一）1）",
    "revoker": "推送吊销营业执照信息（二（一）3）",
    "linked_measures": "许可证失效后的联动监管措施（二（一）4）",
    "abnormal_list": "查实无法联系、列入经营异常名录（二（一）5）",
    "licence_enforcer": "查处无照经营（二（一）6）",
    "publisher": "公示失信信息（二（二））",
    "objection_desk": "受理异议申请（二（四））",
}

#: Kinds of permit items: HZ 后置, QZ 前置, BA 备案, XW 行为许可 (not scope-driven), QX 取消.
PERMIT_KINDS: dict[str, str] = {
    "HZ": "后置许可",
    "QZ": "前置许可",
    "BA": "备案",
    "XW": "行为许可",
    "QX": "已取消",
}

#: How an item is found: by scope words, by a rule over other items, or never from the scope.
PERMIT_MATCHES = ("direct", "derived", "none")

CHECK_ITEM_KINDS = ("一般", "重点")
CHECK_METHODS = ("现场检查", "书面检查", "检验检测", "网络监测", "第三方")


def _require(condition: object, message: str) -> None:
    if not condition:
        raise DeclarationError(message)


@dataclass(frozen=True)
class CheckField:
    """One 监管领域 / 抽查领域 of a unit, verbatim from Annex 2-2."""

    name: str

    def __post_init__(self) -> None:
        _require(self.name.strip() == self.name and self.name, "监管领域的名称不能为空，首尾不能有空格")


@dataclass(frozen=True)
class PermitItem:
    """One 许可事项 of the catalogue (areas.md 1.2).

    ``approving_unit`` and ``supervising_unit`` are unit *names* as in Annex 2-2 (or 区外条线);
    ``keywords`` are scope phrases, ``exclusions`` phrases that look alike and are not the item.
    """

    code: str
    name: str
    kind: str
    match: str
    level: str
    body: str
    approving_unit: str
    supervising_unit: str
    check_field: str
    keywords: tuple[str, ...]
    exclusions: tuple[str, ...]
    basis: str
    confidence: str

    def __post_init__(self) -> None:
        _require(self.code.isascii() and self.code.isalnum(), f"许可事项代码“{self.code}”只能是字母和数字")
        _require(self.name, f"许可事项 {self.code} 没有名称")
        _require(self.kind in PERMIT_KINDS, f"许可事项 {self.code} 的类别“{self.kind}”不在 {'、'.join(PERMIT_KINDS)} 之中")
        _require(
            self.match in PERMIT_MATCHES,
            f"许可事项 {self.code} 的匹配方式“{self.match}”不在 {'、'.join(PERMIT_MATCHES)} 之中",
        )
        _require(
            self.match != "direct" or self.keywords,
            f"许可事项 {self.code} 按经营范围匹配（direct），却没有关键词",
        )


@dataclass(frozen=True)
class IndustryDuty:
    """A GB/T 4754 prefix whose ordinary subjects the unit supervises (areas.md 1.4), e.g. ``P83``."""

    prefix: str
    check_field: str
    basis: str

    def __post_init__(self) -> None:
        ok = self.prefix[:1].isascii() and self.prefix[:1].isupper() and (self.prefix[1:].isdigit() or not self.prefix[1:])
        _require(ok and len(self.prefix) <= 5, f"行业代码前缀“{self.prefix}”应为门类字母加 0 至 4 位数字")
        _require(self.basis, f"行业代码前缀 {self.prefix} 没有写依据")


@dataclass(frozen=True)
class CheckItem:
    """A starter 抽查事项 which a unit's plugin declares (areas.md 3.1); the portal versions it from there.

    ``ratio`` is percent of the object library a year, ``yearly_cap`` the most checks of one subject a year;
    ``checklist`` are the lines of the check form, in order.
    """

    number: str
    check_field: str
    category: str
    item: str
    object_type: str
    content: str
    basis: str
    ratio: int
    frequency: str
    method: str
    kind: str
    yearly_cap: int
    requirement: str
    materials: tuple[str, ...]
    checklist: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(self.number and self.item, "抽查事项必须有编号和名称")
        _require(self.kind in CHECK_ITEM_KINDS, f"抽查事项 {self.number} 的类别“{self.kind}”应为一般或重点")
        _require(self.method in CHECK_METHODS, f"抽查事项 {self.number} 的方式“{self.method}”不在{'、'.join(CHECK_METHODS)}之中")
        _require(1 <= self.ratio <= 100, f"抽查事项 {self.number} 的比例 {self.ratio} 应在 1 至 100（%）之间")
        _require(1 <= self.yearly_cap <= 12, f"抽查事项 {self.number} 的年度上限 {self.yearly_cap} 应在 1 至 12 之间")
        _require(self.checklist, f"抽查事项 {self.number} 没有检查内容（checklist）")


@dataclass(frozen=True)
class Unit:
    """A 成员单位 as its plugin declares it (Annex 2-2).

    ``key`` is the folder's name and the value stored in records; ``number`` orders the units;
    ``credit_code`` is the code of the issuing body, ``credit_code_placeholder`` marks an invented one.
    """

    key: str
    number: int
    name: str
    short_name: str
    credit_code: str
    credit_code_placeholder: bool
    duties: frozenset[str]
    check_fields: tuple[CheckField, ...] = ()
    permit_items: tuple[PermitItem, ...] = ()
    industries: tuple[IndustryDuty, ...] = ()
    check_items: tuple[CheckItem, ...] = ()
    functions: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _require(self.key.isidentifier() and self.key.isascii(), f"单位标识“{self.key}”应为英文字母、数字和下划线")
        _require(self.name.strip() and self.short_name.strip(), f"单位 {self.key} 没有名称")
        wrong = sorted(self.duties - DUTIES.keys())
        _require(not wrong, f"单位“{self.name}”声明了不存在的职责：{'、'.join(wrong)}")
        wrong = sorted(self.functions - FUNCTIONS.keys())
        _require(not wrong, f"单位“{self.name}”声明了不存在的专门职能：{'、'.join(wrong)}")
        fields = [f.name for f in self.check_fields]
        _require(len(fields) == len(set(fields)), f"单位“{self.name}”的监管领域有重复")
        for duty in self.industries:
            _require(duty.check_field in fields, f"单位“{self.name}”的行业 {duty.prefix} 指向未声明的领域“{duty.check_field}”")
        for item in self.check_items:
            _require(item.check_field in fields, f"单位“{self.name}”的抽查事项 {item.number} 指向未声明的领域“{item.check_field}”")
        for kind, codes in (
            ("许可事项", [i.code for i in self.permit_items]),
            ("抽查事项", [i.number for i in self.check_items]),
        ):
            twice = sorted({c for c in codes if codes.count(c) > 1})
            _require(not twice, f"单位“{self.name}”的{kind}代码重复：{'、'.join(twice)}")


@dataclass(frozen=True)
class ObligationKind:
    """A kind of clock of obligations.md: its key, the word on the screen, the scored item (or none) and the clause.

    ``days`` is the limit in working days where the source or a setting fixes it, else None (a date is given);
    ``setting`` names the setting that holds the days, where there is one.
    """

    key: str
    label: str
    clause: str
    days: int | None = None
    setting: str | None = None
    score_item: str | None = None


@dataclass(frozen=True)
class Permission:
    """What a role may do: the key used by routes, its words, the roles that hold it (one readable table)."""

    key: str
    label: str
    roles: frozenset[str]


@dataclass(frozen=True)
class NavigationItem:
    """An entry of the main navigation, shown to those who hold ``permission``; ``endpoint`` is a Flask endpoint.

    ``function`` shows it only to people of the unit with that special function, ``duty`` of units with that duty.
    """

    label: str
    endpoint: str
    permission: str
    order: int = 100
    group: str = ""
    function: str = ""
    duty: str = ""


@dataclass(frozen=True)
class Panel:
    """A block of a subject's page: plain values for a template that the plugin ships; never HTML."""

    title: str
    template: str
    values: dict[str, Any]
    order: int = 100


@dataclass(frozen=True)
class Alert:
    """A warning about a subject, e.g. 联合惩戒; ``level`` is ``danger`` or ``warning``."""

    text: str
    level: str = "warning"
    endpoint: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """One setting: key, words, default, unit of measure, the check of a new value, who changes it, its source.

    ``group`` is the heading it stands under; ``choices`` are (value, words) where it takes one of a few.
    """

    key: str
    label: str
    default: Any
    unit: str
    check: Callable[[Any], bool]
    rule: str
    permission: str
    source: str = ""
    group: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class JobKind:
    """Long work that runs outside the request: ``run(job)`` is called by the runner and may be called again."""

    key: str
    label: str
    run: Callable[[Any], None]
