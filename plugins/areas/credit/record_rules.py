"""What a dishonesty record must hold before it is stored: refusals with their rule, doubts that a person must answer; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date

from plugins.areas.credit import publicity_rules
from plugins.areas.credit.code_lists import FIELDS, OTHER_KINDS, PENALTY_KINDS, measures

PENALTY, OTHER = "penalty", "other"
KIND_LABELS = {PENALTY: "行政处罚", OTHER: "其他失信主体信息"}
ORGANISATION, SOLE_TRADER, PERSON = "organisation", "sole", "person"
PARTY_LABELS = {ORGANISATION: "法人及非法人组织", SOLE_TRADER: "个体工商户", PERSON: "自然人"}

ACTIVE, REPAIRED, ANNULLED = "active", "repaired", "annulled"
STATE_LABELS = {ACTIVE: "有效", REPAIRED: "已修复", ANNULLED: "已撤销"}

NOT_WANTED, BARRED, DUE, PUBLISHED, ENDED, WITHDRAWING, GONE = (
    "not_wanted", "barred", "due", "published", "ended", "withdrawing", "gone",
)  # fmt: skip
PUBLICITY_LABELS = {
    NOT_WANTED: "未标注公示", BARRED: "按规定不公示", DUE: "待公示", PUBLISHED: "公示中", ENDED: "公示已停止",
    WITHDRAWING: "待撤回公示", GONE: "公示已撤回",
}  # fmt: skip

#: A fine above this, or below the other, is asked about: 万元 typed as 元 or the other way round. In 分.
IMPLAUSIBLY_HIGH = 1_000_000_000
IMPLAUSIBLY_LOW = 5_000


@dataclass(frozen=True)
class Entry:
    """A decision as the deciding unit enters it (双公示 fields); amounts in 分, persons as on the decision day.

    ``confirmed`` holds the keys of the doubts that the officer has answered.
    """

    kind: str
    party_kind: str
    party_name: str
    document_number: str
    decided_on: date | None
    party_code: str = ""
    id_number: str = ""
    representative: str = ""
    representative_title: str = ""
    category: str = ""
    document_name: str = ""
    act_kind: str = ""
    facts: str = ""
    basis: str = ""
    penalty_kinds: tuple[str, ...] = ()
    content: str = ""
    fine: int | None = None
    confiscated: int | None = None
    licence: str = ""
    valid_until: date | None = None
    ban_until: date | None = None
    field: str = ""
    measures: tuple[str, ...] = ()
    simple_procedure: bool = False
    severity: str = ""
    sector_rule: str = ""
    track: str = ""
    public: bool = True
    note: str = ""
    confirmed: frozenset[str] = frozenset()


LABELS = {
    "kind": "信息类别", "party_kind": "相对人类别", "party_name": "行政相对人名称", "document_number": "决定文书号", "decided_on": "决定日期",
    "party_code": "统一社会信用代码（注册号）", "id_number": "身份证号", "representative": "法定代表人（负责人）", "representative_title": "职务",
    "category": "失信类型", "document_name": "决定文书名称", "act_kind": "违法行为类型", "facts": "违法事实", "basis": "依据",
    "penalty_kinds": "处罚种类", "content": "处罚内容", "fine": "罚款金额", "confiscated": "没收金额", "licence": "暂扣或吊销证照名称及编号",
    "valid_until": "有效期至", "ban_until": "限制从业、经营至", "field": "惩戒领域", "measures": "惩戒措施", "simple_procedure": "简易程序",
    "severity": "失信程度", "sector_rule": "轻微失信仍需公示的依据", "track": "公示规则", "public": "公示", "note": "备注",
}  # fmt: skip
#: Characters; the others hold 200.
_LONGEST = {
    "facts": 4000,
    "content": 4000,
    "basis": 1000,
    "note": 1000,
    "party_name": 120,
    "document_number": 80,
    "id_number": 18,
}
_REQUIRED = ("party_name", "document_number", "decided_on", "act_kind", "basis", "field")


def document_key(number: str) -> str:
    """The form in which two spellings of a document number are the same: brackets, spaces and width do not count."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", number).casefold() if sign.isalnum())


def tidied(entry: Entry) -> Entry:
    """The entry with its texts trimmed."""
    texts = {
        f.name: getattr(entry, f.name).strip()
        for f in fields(entry)
        if isinstance(getattr(entry, f.name), str)
    }
    return replace(entry, **texts)


def problems(entry: Entry, today: date, duties: frozenset[str]) -> dict[str, str]:
    """What the rules refuse: field → Chinese sentence with field, value and rule; empty when the entry may be stored."""
    found = _texts(entry)
    if entry.kind not in KIND_LABELS:
        found["kind"] = f"信息类别“{entry.kind}”应为行政处罚或其他失信主体信息"
    elif entry.kind == PENALTY and "penalty" not in duties:
        found["kind"] = "本单位没有“行政处罚信息录入”职责（附件2-2），只能录入其他失信主体信息"
    elif entry.kind == OTHER and "other_dishonesty" not in duties:
        found["kind"] = "本单位没有“其他失信主体信息录入”职责（附件2-2）"
    if entry.party_kind not in PARTY_LABELS:
        found["party_kind"] = f"相对人类别“{entry.party_kind}”不在{'、'.join(PARTY_LABELS.values())}之中"
    if entry.party_kind == ORGANISATION and not entry.party_code:
        found["party_code"] = (
            "法人及非法人组织必须填统一社会信用代码或注册号；自然人、没有代码的个体工商户可以不填"
        )
    if entry.party_kind == PERSON and entry.party_code:
        found["party_code"] = "自然人没有统一社会信用代码；有代码的请把相对人类别改为法人或个体工商户"
    if entry.decided_on and entry.decided_on > today:
        found["decided_on"] = f"决定日期 {entry.decided_on} 在今天（{today}）之后"
    for name in ("valid_until", "ban_until"):
        end = getattr(entry, name)
        if end and entry.decided_on and end < entry.decided_on:
            found[name] = f"{LABELS[name]} {end} 早于决定日期 {entry.decided_on}"
    if entry.field and entry.field not in FIELDS:
        found["field"] = f"惩戒领域“{entry.field}”不在代码表中"
    unknown = [code for code in entry.measures if code not in measures()]
    if unknown:
        found["measures"] = f"惩戒措施“{'、'.join(unknown)}”不在代码表中：措施只能从代码表选取"
    found |= _penalty(entry) if entry.kind == PENALTY else _other(entry)
    return found | _severity(entry)


def _texts(entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if field.name in _REQUIRED and value in ("", None):
            found[field.name] = f"{LABELS[field.name]}不能为空"
        if not isinstance(value, str):
            continue
        bad = next(
            (sign for sign in value if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t\r"),
            None,
        )
        longest = _LONGEST.get(field.name, 200)
        if bad is not None:
            found[field.name] = f"{LABELS[field.name]}含有控制字符（U+{ord(bad):04X}）"
        elif len(value) > longest:
            found[field.name] = f"{LABELS[field.name]}有 {len(value)} 个字，最多 {longest} 个"
    if entry.document_number and not document_key(entry.document_number):
        found["document_number"] = f"决定文书号“{entry.document_number}”里没有文字和数字"
    return found


def _penalty(entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    wrong = [kind for kind in entry.penalty_kinds if kind not in PENALTY_KINDS]
    if not entry.penalty_kinds:
        found["penalty_kinds"] = "至少选一种处罚种类（行政处罚法第九条）"
    elif wrong:
        found["penalty_kinds"] = f"处罚种类“{'、'.join(wrong)}”不在行政处罚法第九条所列之中"
    if not entry.content:
        found["content"] = "处罚内容不能为空"
    fined, taken = "罚款" in entry.penalty_kinds, {"没收违法所得", "没收非法财物"} & set(entry.penalty_kinds)
    if fined and not entry.fine:
        found["fine"] = "处罚种类含罚款，罚款金额不能为空或零"
    if not fined and entry.fine:
        found["fine"] = "填了罚款金额，处罚种类却没有罚款"
    if not taken and entry.confiscated:
        found["confiscated"] = "填了没收金额，处罚种类却没有没收违法所得或没收非法财物"
    if {"暂扣许可证件", "吊销许可证件"} & set(entry.penalty_kinds) and not entry.licence:
        found["licence"] = "处罚种类含暂扣或吊销许可证件，须填证照名称及编号"
    return found


def _other(entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    if entry.category not in OTHER_KINDS:
        found["category"] = "请从代码表选失信类型"
    if entry.penalty_kinds or entry.fine or entry.confiscated:
        found["penalty_kinds"] = "其他失信主体信息不填处罚种类和罚没金额；是行政处罚的，请选行政处罚"
    return found


def _severity(entry: Entry) -> dict[str, str]:
    if entry.severity and entry.severity not in publicity_rules.SEVERITIES:
        return {"severity": f"失信程度“{entry.severity}”应为轻微、一般或严重"}
    light = entry.severity == publicity_rules.LIGHT
    if light and not (entry.simple_procedure or set(entry.penalty_kinds) <= {"警告", "通报批评"}):
        return {"severity": "轻微失信只限简易程序，或者仅警告、通报批评的处罚"}
    if (
        entry.decided_on
        and entry.track
        and entry.track not in {t.key for t in publicity_rules.tracks_on(entry.decided_on)}
    ):
        return {"track": f"所选公示规则在决定日期 {entry.decided_on} 没有施行"}
    return {}


def doubts(
    entry: Entry, *, registered_name: str = "", ended: tuple[str, date] | None = None
) -> dict[str, str]:
    """What is possible yet unlikely: key → question; each needs the officer's confirmation.

    ``registered_name`` is set when the code belongs to a subject of another name; ``ended`` is the subject's end
    (状态, 日期) when the decision came later.
    """
    found: dict[str, str] = {}
    for name in ("fine", "confiscated"):
        amount = getattr(entry, name)
        if not amount:
            continue
        yuan = f"{amount / 100:,.2f} 元（{amount / 1_000_000:,.6g} 万元）"
        if amount >= IMPLAUSIBLY_HIGH:
            found[name] = f"{LABELS[name]} {yuan}，数额异常大：是否把“元”当成了“万元”？"
        elif amount < IMPLAUSIBLY_LOW:
            found[name] = f"{LABELS[name]} {yuan}，数额异常小：是否把“万元”当成了“元”？"
    if registered_name:
        found["name"] = (
            f"该代码登记的名称是“{registered_name}”，与所填“{entry.party_name}”不同（曾用名除外）：是否核对过？"
        )
    if ended is not None:
        found["ended"] = f"该主体已于 {ended[1]} {ended[0]}，决定日期 {entry.decided_on} 在其后：是否核对过？"
    return {key: text for key, text in found.items() if key not in entry.confirmed}
