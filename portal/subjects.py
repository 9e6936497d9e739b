"""Market entities (市场主体): one register, stored from registrations, with every name and event kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import peewee

from portal import audit, clock, name_index
from portal.database import InstantField, JsonField, Record, transaction
from portal.digests import digest_of
from portal.name_index import name_key
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused
from portal.spreadsheets import is_credit_code

#: 撤回: its only registrations were taken back by the unit that sent them; the row stays for what refers to it.
WITHDRAWN = "撤回"
STATES = ("存续", "注销", "吊销", "迁出", WITHDRAWN)
EVENTS = ("设立", "变更", "注销", "吊销", "迁出")
CATEGORIES = ("企业", "个体工商户", "农民专业合作社", "其他")
#: Stored classification → the words of 二（一）1; ``pending`` waits for a person.
CLASSIFICATIONS = {"licensed": "许可", "filing": "备案", "ordinary": "非许可", "pending": "待人工", "": "未分类"}
_STATE_AFTER = {"设立": "存续", "变更": "存续", "注销": "注销", "吊销": "吊销", "迁出": "迁出"}


class Subject(Record):
    """A market entity as its latest registration describes it. Money is in 分, dates are Asia/Shanghai."""

    credit_code = peewee.TextField(null=True, unique=True)
    registration_number = peewee.TextField(null=True, unique=True)
    name = peewee.TextField()
    name_key = peewee.TextField(index=True)
    category = peewee.TextField()
    kind = peewee.TextField(default="")
    representative = peewee.TextField(default="")
    capital = peewee.BigIntegerField(null=True)
    established = peewee.DateField(null=True)
    term_until = peewee.DateField(null=True)
    approved = peewee.DateField()
    registrar = peewee.TextField(default="")
    address = peewee.TextField(default="")
    street = peewee.TextField(default="")
    industry = peewee.TextField(default="")
    scope = peewee.TextField(default="")
    state = peewee.TextField()
    classification = peewee.TextField(default="")
    turned_from = peewee.TextField(default="")
    version = peewee.IntegerField(default=1)
    entered_at = InstantField()

    class Meta:
        indexes = (
            (("state", "id"), False),
            (("street", "id"), False),
            (("industry", "id"), False),
            (("classification", "id"), False),
        )

    @property
    def code(self) -> str:
        """The credit code, else the old registration number, else a dash."""
        return self.credit_code or self.registration_number or "—"

    @property
    def classification_label(self) -> str:
        return CLASSIFICATIONS[self.classification]


class SubjectName(Record):
    """A name the subject has or had, from ``since`` on; a search finds the former ones too."""

    subject = peewee.ForeignKeyField(Subject, backref="names")
    name = peewee.TextField()
    name_key = peewee.TextField(index=True)
    since = peewee.DateField()

    class Meta:
        indexes = ((("subject", "name"), True),)


class SubjectEvent(Record):
    """One registration as it arrived. The same registration arriving again has the same digest and changes nothing."""

    subject = peewee.ForeignKeyField(Subject, backref="events")
    event = peewee.TextField()
    day = peewee.DateField()
    received_at = InstantField()
    unit = peewee.TextField()
    entered_by = peewee.TextField()
    source = peewee.TextField()
    values = JsonField()
    digest = peewee.TextField()

    class Meta:
        indexes = ((("subject", "digest"), True),)


_INDUSTRY = re.compile(r"[A-T](\d{2,4})?")
_PLAIN_CODE = re.compile(r"[0-9A-Z]{18}")
#: Control characters but line breaks and tabs, and halves of surrogate pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_code(text: str) -> tuple[str | None, str | None]:
    """Read a credit code or an old 15-digit 注册号: (credit code, registration number), one of them None.

    Lower case, full width, spaces and hyphens are repaired; both None for an empty text. Raises Refused.
    """
    code = text if _PLAIN_CODE.fullmatch(text) else re.sub(r"[\s\-－—]", "", unicodedata.normalize("NFKC", text)).upper()
    if not code:
        return None, None
    if re.fullmatch(r"\d{15}|\d{13}", code):
        return None, code
    if is_credit_code(code):
        return code, None
    for old, new in (("O", "0"), ("I", "1"), ("S", "5"), ("Z", "2"), ("V", "U")):
        if old in code and is_credit_code(code.replace(old, new)):
            raise Refused(f"统一社会信用代码“{code}”含有字母 {old}，应为 {code.replace(old, new)}")
    if len(code) != 18:
        raise Refused(f"统一社会信用代码“{code}”有 {len(code)} 位，应为 18 位")
    raise Refused(f"统一社会信用代码“{code}”的校验位不对，请核对")


@dataclass(frozen=True)
class Registration:
    """A registration as pushed (二（一）1; data-standards.md "Registration push"); ``capital`` in 分."""

    event: str
    name: str
    category: str
    approved: date
    code: str = ""
    kind: str = ""
    representative: str = ""
    capital: int | None = None
    established: date | None = None
    term_until: date | None = None
    registrar: str = ""
    address: str = ""
    street: str = ""
    industry: str = ""
    scope: str = ""
    turned_from: str = ""


LONGEST = {"name": 120, "scope": 10_000, "address": 200, "representative": 60, "kind": 60, "registrar": 60, "street": 40}
_LABELS = {
    "event": "登记事项", "name": "名称", "category": "主体类别", "approved": "核准日期", "code": "统一社会信用代码",
    "kind": "类型", "representative": "法定代表人（经营者）", "capital": "注册资本", "established": "成立日期",
    "term_until": "营业期限至", "registrar": "登记机关", "address": "住所（经营场所）", "street": "街道", "industry": "行业代码",
    "scope": "经营范围", "turned_from": "个转企原代码", "state": "登记状态", "classification": "分类",
}  # fmt: skip


def field_label(name: str) -> str:
    """The words of a subject's field."""
    return _LABELS.get(name, name)


def checked(registration: Registration, today: date | None = None) -> Registration:
    """The registration with its texts tidied. Raises Refused naming the first field, value and rule."""
    changes: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in vars(registration).items():
        if not value or not isinstance(value, str):
            continue
        tidy = value.strip()
        limit = LONGEST.get(name, 200)
        # No printable sign is a control character, and asking that costs a third of the search.
        bad = None if tidy.isprintable() else _CONTROL.search(tidy)
        if bad is not None:
            problems[name] = f"{_LABELS[name]}含有控制字符（U+{ord(bad.group()):04X}）"
        elif len(tidy) > limit:
            problems[name] = f"{_LABELS[name]}有 {len(tidy)} 个字，最多 {limit} 个"
        if tidy != value:
            changes[name] = tidy
    made = replace(registration, **changes) if changes else registration
    if not made.name:
        problems["name"] = "名称不能为空"
    if made.event not in EVENTS:
        problems["event"] = f"登记事项“{made.event}”应为{'、'.join(EVENTS)}之一"
    if made.category not in CATEGORIES:
        problems["category"] = f"主体类别“{made.category}”应为{'、'.join(CATEGORIES)}之一"
    if made.industry and not _INDUSTRY.fullmatch(made.industry):
        problems["industry"] = f"行业代码“{made.industry}”应为门类字母加 2 至 4 位数字（GB/T 4754）"
    if made.approved > (today or clock.today()):
        problems["approved"] = f"核准日期 {made.approved} 在今天之后"
    if made.capital is not None and not 0 <= made.capital <= 10**17:
        problems["capital"] = "注册资本超出范围"
    try:
        credit_code, number = read_code(made.code)
        code = credit_code or number or ""
        made = replace(made, code=code) if code != made.code else made
        if not made.code and made.category != "个体工商户":
            problems["code"] = "只有个体工商户可以没有统一社会信用代码"
    except Refused as error:
        problems["code"] = str(error)
    if problems:
        raise Refused("；".join(problems.values()), problems)
    return made


def identity(registration: Registration) -> Subject | None:
    """The subject that the registration is about, or None."""
    credit_code, number = read_code(registration.code)
    if credit_code:
        found = Subject.get_or_none(Subject.credit_code == credit_code)
        if found is None and registration.turned_from:
            former, former_number = read_code(registration.turned_from)
            found = Subject.get_or_none(
                (Subject.credit_code == former) if former else (Subject.registration_number == former_number)
            )
        return found
    if number:
        return Subject.get_or_none(Subject.registration_number == number)
    key = name_key(registration.name)
    return Subject.get_or_none(
        (Subject.name_key == key)
        & (Subject.address == registration.address)
        & Subject.credit_code.is_null()
        & (Subject.state != WITHDRAWN)
    )


def plain(subject: Subject) -> dict[str, Any]:
    """The subject's fields as plain values, for histories and digests."""
    skipped = {"id", "entered_at", "version", "name_key"}
    return {name: value for name, value in subject.__data__.items() if name not in skipped}


def register(registration: Registration, *, unit: str, source: str) -> tuple[Subject, bool]:
    """Store one registration and tell the areas, in one transaction: (subject, whether anything was new).

    ``source`` says how it came (表单, 导入 n, 接口). The same registration again changes nothing. Raises Refused.
    """
    registration = checked(registration)
    with transaction():
        audit.in_order()
        subject = identity(registration)
        digest = digest_of(asdict(registration))
        if subject is not None:
            same = (SubjectEvent.subject == subject) & (SubjectEvent.digest == digest)
            if SubjectEvent.select().where(same).exists():
                return subject, False
            if registration.event == "设立" and subject.state == "存续" and not registration.turned_from:
                raise Refused(f"“{registration.name}”（{subject.code}）已经登记，应报变更而不是设立")
        elif registration.event != "设立" and registration.event != "变更":
            raise Refused(f"没有找到要{registration.event}的主体：{registration.code or registration.name}")
        before = plain(subject) if subject is not None else None
        subject = _store(subject, registration)
        actor = audit.actor()
        SubjectEvent.create(
            subject=subject, event=registration.event, day=registration.approved, received_at=clock.now(), unit=unit,
            entered_by=actor.name, source=source, values=asdict(registration), digest=digest,
        )  # fmt: skip
        audit.record(f"登记{registration.event}", "subject", subject.id, before=before, after=plain(subject), note=source)
        plugins = registry()
        plugins.answers("on_subject_registered", subject=subject, event=registration.event, before=before)
        if registration.event in ("注销", "吊销"):
            plugins.answers("on_subject_cancelled", subject=subject, event=registration.event)
    return subject, True


def columns_of(registration: Registration, *, new: bool) -> dict[str, Any]:
    """What the registration writes into its subject's row; ``new`` for a subject that was not there."""
    credit_code, number = read_code(registration.code)
    values = {name: value for name, value in vars(registration).items() if name not in ("event", "code")}
    if registration.event in ("注销", "吊销", "迁出") and not new:
        # A cancelling brings little but the name and the day: what the register knows stays.
        values = {name: value for name, value in values.items() if value not in ("", None) or name == "approved"}
    values |= {"state": _STATE_AFTER[registration.event], "name_key": name_key(registration.name)}
    if credit_code:
        values["credit_code"] = credit_code
    if number:
        values["registration_number"] = number
    return values


def _store(subject: Subject | None, registration: Registration) -> Subject:
    values = columns_of(registration, new=subject is None)
    keys_before = keys_of(subject) if subject is not None else None
    if subject is None:
        subject = Subject.create(entered_at=clock.now(), **values)
    else:
        for name, value in values.items():
            setattr(subject, name, value)
        subject.version += 1
        subject.save()
    SubjectName.insert(
        subject=subject, name=subject.name, name_key=subject.name_key, since=registration.approved
    ).on_conflict(action="nothing").execute()
    name_index.index(subject.id, keys_before, keys_of(subject))
    return subject


def keys_of(subject: Subject) -> list[str]:
    """What the name index holds of a subject: every name it ever had, then its codes."""
    names = SubjectName.select(SubjectName.name_key).where(SubjectName.subject == subject).order_by(SubjectName.id)
    codes = [code.casefold() for code in (subject.credit_code, subject.registration_number) if code]
    return [key for (key,) in names.tuples()] + codes


def classify(subject: Subject, classification: str) -> None:
    """Store the class that the licensing area decided; part of that area's own audited act."""
    Subject.update(classification=classification).where(Subject.id == subject.id).execute()
    subject.classification = classification


def report_unreachable(subject: Subject, unit: str, reason: str) -> None:
    """A unit found the subject 无法联系 (二（一）5): whoever works such reports is told, in the act's transaction."""
    registry().answers("on_subject_unreachable", subject=subject, unit=unit, reason=reason)


def subject_for(viewer: Any, subject_id: int) -> Subject:
    """The subject, if ``viewer`` may see subjects. Raises NotAllowed or Missing."""
    if not viewer.can("subject.view"):
        raise NotAllowed("您的角色不能查询市场主体")
    found = Subject.get_or_none(Subject.id == subject_id)
    if found is None:
        raise Missing(f"没有编号为 {subject_id} 的市场主体")
    return found


def by_code(text: str) -> Subject | None:
    """The subject with this credit code or 注册号 in any spelling, or None. Raises Refused for a wrong code."""
    credit_code, number = read_code(text)
    if credit_code:
        return Subject.get_or_none(Subject.credit_code == credit_code)
    return Subject.get_or_none(Subject.registration_number == number) if number else None


def category_of(code: str) -> str:
    """The category that a credit code's first two digits tell; no code at all is a sole trader's."""
    if code.startswith("92") or not code:
        return "个体工商户"
    return "农民专业合作社" if code.startswith("93") else "企业"


def from_values(values: Mapping[str, Any]) -> Registration:
    """A registration from plain values (a stored event, a job's file). Dates may be ISO texts."""
    made = dict(values)
    for name in ("approved", "established", "term_until"):
        if isinstance(made.get(name), str):
            made[name] = date.fromisoformat(made[name])
    return Registration(**made)
