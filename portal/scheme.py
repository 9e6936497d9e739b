"""The scoring scheme (计分细则, Annex 2-1) as a dated, immutable value: items, points, shares, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from fractions import Fraction
from typing import Any

from portal.scheme_settings import NOTHING_DUE, Choice, ScoringError, Settings, decimal_text, quote


@dataclass(frozen=True)
class ScoreItem:
    """One 计分项 of Annex 2-1: the words verbatim, and what the engine needs to apply them.

    ``formula`` names the engine's rule; ``shares`` are the parts as shares of the item's weight, in the order
    that rule reads them; ``duties``: a unit has the item if it holds any of them (none: every member).
    """

    key: str
    group: str
    name: str
    points: int
    method: str
    rule: str
    formula: str
    shares: tuple[Fraction, ...] = (Fraction(1),)
    duties: frozenset[str] = frozenset()
    needs_check_field: bool = False
    linkage: bool = False

    @property
    def has_due(self) -> bool:
        """Whether the item has a denominator that may be zero (scoring.md "Nothing due")."""
        return self.formula in ("ratio", "ratio_timely", "ratio_pass", "ratio_results")

    def belongs_to(self, duties: frozenset[str], has_check_field: bool) -> bool:
        """Whether Annex 2-2 gives the unit this item."""
        if self.needs_check_field:
            return has_check_field
        return not self.duties or bool(self.duties & duties)


@dataclass(frozen=True)
class Scheme:
    """One dated 计分细则: ``items`` in the table's order, 100 points in all, in force from a day on."""

    name: str
    in_force_from: date
    items: tuple[ScoreItem, ...]
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if sum(item.points for item in self.items) != 100:
            raise ScoringError(f"计分细则“{self.name}”各项分值合计应为100分")
        if len(self.keys) != len(set(self.keys)):
            raise ScoringError(f"计分细则“{self.name}”的计分项重复")

    @property
    def keys(self) -> tuple[str, ...]:
        """The items' keys in the table's order."""
        return tuple(item.key for item in self.items)

    def item(self, key: str) -> ScoreItem:
        """The item of that key, or ScoringError."""
        for item in self.items:
            if item.key == key:
                return item
        raise ScoringError(f"计分细则没有计分项{quote(key)}，应为{'、'.join(self.keys)}之一")

    def leaves_when_nothing_due(self, key: str) -> bool:
        """Whether the item's points leave it in a quarter in which nothing was due (else: full)."""
        return dict(self.settings.nothing_due).get(key, "full") == "redistribute"

    def unlicensed_share(self, entries: int) -> Fraction:
        """The share proposed below ``unlicensed_full``: that of the highest step not above ``entries``."""
        return next(
            (share for step, share in reversed(self.settings.unlicensed_base) if step <= entries), Fraction(0)
        )

    def with_settings(self, changes: Mapping[str, Any], in_force_from: date | None = None) -> Scheme:
        """This scheme with some settings changed by name (values as in JSON), perhaps from another day.

        ``nothing_due`` is one word for all items or a mapping item → word, ``unlicensed_base`` a mapping
        entries → share; in both, what is not named stays.
        Raises ScoringError for a wrong name, type or bound.
        """
        if not isinstance(changes, Mapping):
            raise ScoringError(f"计分细则的设置{quote(changes)}应为“名称: 值”的对照")
        known = {f.name: f for f in fields(Settings)}
        read: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in known:
                raise ScoringError(f"计分细则没有设置{quote(name)}，应为{'、'.join(known)}之一")
            meta = known[name].metadata
            read[name] = meta["read"](value, f"设置 {name}（{meta['label']}）")
        if "nothing_due" in read:
            read["nothing_due"] = self._merge_nothing_due(read["nothing_due"])
        if "unlicensed_base" in read:
            merged = dict(self.settings.unlicensed_base) | dict(read["unlicensed_base"])
            read["unlicensed_base"] = tuple(sorted(merged.items()))
        settings = replace(self.settings, **read)
        return replace(self, settings=settings, in_force_from=in_force_from or self.in_force_from)

    def _merge_nothing_due(self, value: str | tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        if isinstance(value, str):
            value = tuple((item.key, value) for item in self.items)
        merged = dict(self.settings.nothing_due) | {self.item(key).key: word for key, word in value}
        # Only an item with a denominator can have nothing due; for the others the word has no meaning.
        return tuple((i.key, merged[i.key]) for i in self.items if i.has_due and i.key in merged)

    def settings_in_words(self) -> tuple[tuple[str, str, str], ...]:
        """Name, label and value in Chinese of every setting, to be shown beside the scores."""
        rows = []
        for f in fields(Settings):
            value, read = getattr(self.settings, f.name), f.metadata["read"]
            if f.name == "nothing_due":
                due = [(i.name, self.leaves_when_nothing_due(i.key)) for i in self.items if i.has_due]
                text = "；".join(
                    f"{name}：{NOTHING_DUE.words['redistribute' if leaves else 'full']}"
                    for name, leaves in due
                )
            elif f.name == "unlicensed_base":
                text = "；".join(f"{n}起：分值×{decimal_text(share, longest=12)}" for n, share in value)
            elif isinstance(read, Choice):
                text = read.words[value]
            elif isinstance(value, bool):
                text = "是" if value else "否"
            else:
                text = decimal_text(Fraction(value), longest=12)
            rows.append((f.name, f.metadata["label"], text))
        return tuple(rows)

    def plain_settings(self) -> dict[str, Any]:
        """All settings as JSON values, to store and freeze; ``with_settings`` reads them back unchanged."""
        plain: dict[str, Any] = {f.name: getattr(self.settings, f.name) for f in fields(Settings)}
        plain["pass_ratio"] = decimal_text(self.settings.pass_ratio, longest=12)
        plain["unlicensed_base"] = {
            str(n): decimal_text(share, longest=12) for n, share in self.settings.unlicensed_base
        }
        plain["nothing_due"] = {
            i.key: "redistribute" if self.leaves_when_nothing_due(i.key) else "full"
            for i in self.items
            if i.has_due
        }
        return plain


def _tenths(*parts: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(part, 10) for part in parts)


_ON_PLATFORM = "查看平台数据"
_LINKAGE = {"group": "证照联动", "duties": frozenset({"permit"}), "linkage": True}
_CHECKS = {"group": "双随机一公开抽查", "needs_check_field": True}

ANNEX_2_1: tuple[ScoreItem, ...] = (
    ScoreItem(
        "login",
        group="",
        name="平台登陆",
        points=10,
        method=_ON_PLATFORM,
        rule="按实际登陆日数占应登陆日数的比例，折算得分。",
        formula="ratio",
        duties=frozenset({"login"}),
    ),
    ScoreItem(
        "claim",
        name="许可主体认领",
        points=10,
        method=_ON_PLATFORM,
        rule="按实际认领数占应认领数比例折算得分，满分为8分；认领及时的，得2分。",
        formula="ratio_timely",
        shares=_tenths(8, 2),
        **_LINKAGE,
    ),
    ScoreItem(
        "feedback",
        name="许可主体认领后反馈",
        points=10,
        method=_ON_PLATFORM,
        rule="按实际反馈数占应反馈数比例折算得分，满分为8分；反馈及时的，得2分。",
        formula="ratio_timely",
        shares=_tenths(8, 2),
        **_LINKAGE,
    ),
    ScoreItem(
        "permit_entry",
        name="行政许可信息录入",
        points=10,
        method="查看平台数据和各部门按季度报送的已办理许可数据。",
        rule="按实录数占应录数比例折算得分，90%及以上得满分。",
        formula="ratio_pass",
        **_LINKAGE,
    ),
    ScoreItem(
        "dishonesty",
        group="",
        name="失信联合惩戒",
        points=15,
        method="查看平台数据和各部门按季度报送的失信主体信息数据。",
        rule="按实录数占应录数比例折算得分，90%及以上得满分。",
        formula="ratio_pass",
        duties=frozenset({"penalty", "other_dishonesty"}),
    ),
    ScoreItem(
        "unlicensed",
        group="",
        name="无证无照联动监管",
        points=5,
        method=_ON_PLATFORM,
        rule="录入2起以上得满分，未录入的区分部门酌情扣分。",
        formula="unlicensed",
        duties=frozenset({"unlicensed"}),
    ),
    ScoreItem(
        "single_check",
        name="单部门抽查的实施",
        points=10,
        method="查看平台数据和抽查部门提供的资料。",
        rule="“两库一单”建立并完善得2分，制订相关的检查计划、任务得2分，开展抽查以6分为限酌情得分。",
        formula="single_check",
        shares=_tenths(2, 2, 6),
        **_CHECKS,
    ),
    ScoreItem(
        "joint_check",
        name="跨部门抽查的实施",
        points=10,
        method=_ON_PLATFORM,
        rule="“两库一单”建立并完善得2分，制订相关的检查计划、任务得2分，开展抽查1次得3分，2次以上得满分。",
        formula="joint_check",
        shares=_tenths(2, 2, 3, 6),
        **_CHECKS,
    ),
    ScoreItem(
        "check_results",
        name="检查结果的回填公示",
        points=10,
        method=_ON_PLATFORM,
        rule="按实录数占应录数比例折算得分。",
        formula="ratio_results",
        **_CHECKS,
    ),
    ScoreItem(
        "meetings",
        group="",
        name="参加会议、材料上报",
        points=10,
        method="查看会议签到表、各部门上报材料及上报时间记录。",
        rule="未参加会议一次扣1分，未报送材料一次扣2分，未及时上报材料一次扣1分，扣完为止。",
        formula="meetings",
        shares=_tenths(1, 2, 1),
    ),
)

#: Oldest first. The source bears no date; it cannot be older than 国发〔2019〕5号, which it carries out.
SCHEMES: tuple[Scheme, ...] = (
    Scheme("江苏省市场监管信息平台应用及“双随机一公开”工作计分细则（试行）", date(2019, 1, 27), ANNEX_2_1),
)


def scheme_for(day: date, schemes: tuple[Scheme, ...] = SCHEMES) -> Scheme:
    """The scheme in force on ``day`` (for a quarter: its last day), or ScoringError before the first."""
    in_force = [scheme for scheme in schemes if scheme.in_force_from <= day]
    if not in_force:
        raise ScoringError(f"{day.isoformat()} 没有施行中的计分细则")
    return max(in_force, key=lambda scheme: scheme.in_force_from)
