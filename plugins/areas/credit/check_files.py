"""The result of a joint sanction check as XLSX and PDF, with the number and code by which it can be checked later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from plugins.areas.credit import checks, letters
from plugins.areas.credit.check_models import SanctionCheck
from plugins.areas.credit.checks import Hit
from portal.toolkit import spreadsheets, units

#: A PDF of more rows nobody reads; the whole list is in the XLSX.
MOST_IN_PDF = 300

_HITS = tuple(
    spreadsheets.Heading(title, width)
    for title, width in (
        ("序号", 8), ("核查对象", 32), ("代码", 22), ("匹配方式", 14), ("失信主体", 32), ("类别", 18), ("决定文书号", 26), ("决定单位", 22),
        ("决定日期", 12), ("有效期至", 12), ("公示状态", 18), ("惩戒措施", 44), ("依据", 60), ("实施单位", 22),
    )
)  # fmt: skip
_PARTIES = tuple(
    spreadsheets.Heading(title, width)
    for title, width in (
        ("序号", 8),
        ("核查对象", 36),
        ("匹配方式", 18),
        ("主体名称", 36),
        ("代码", 22),
        ("登记状态", 10),
        ("说明", 60),
    )
)
_COVER = (spreadsheets.Heading("项目", 18), spreadsheets.Heading("内容", 60))


def cover(check: SanctionCheck) -> list[tuple[str, str]]:
    """What stands at the head of every result."""
    return [
        ("编号", check.number), ("校验码", check.check_code), ("核查单位", units.name_of(check.unit) or "联席会议"), ("核查人", check.person),
        ("用途", check.purpose_label + (f"：{check.purpose_note}" if check.purpose_note else "")),
        ("核查时间", f"{check.asked_at:%Y-%m-%d %H:%M}"), ("核查户数", str(check.parties)), ("有有效记录的户数", str(check.hit_parties)),
        ("有效记录条数", str(check.hits)), ("说明", "结果是核查当时的情况；凭编号和校验码可在平台核对真伪"),
    ]  # fmt: skip


def _measure_cells(hit: Hit) -> tuple[str, str, str]:
    if not hit.measures:
        return "本用途没有对应的惩戒措施，供参考", "", ""
    return (
        "；".join(f"{measure.code} {measure.text}" for measure, _ in hit.measures),
        "；".join(dict.fromkeys(measure.basis for measure, _ in hit.measures)),
        "；".join(dict.fromkeys(acting for _, acting in hit.measures)),
    )


def _hit_rows(check: SanctionCheck) -> Iterator[list[Any]]:
    for number, hit in enumerate(checks.hits(check), 1):
        record = hit.record
        yield [
            str(number), hit.party.typed, record.party_code, hit.party.match_label, record.party_name, record.label, record.document_number,
            hit.unit_name, record.decided_on, record.force_words, record.publicity_label, *_measure_cells(hit),
        ]  # fmt: skip


def _party_rows(check: SanctionCheck) -> Iterator[list[Any]]:
    for party in checks.all_parties(check):
        subject = party.subject
        name, code, state = (subject.name, subject.code, subject.state) if subject else ("", party.code, "")
        yield [str(party.position), party.typed, party.match_label, name, code, state, party.note]


def write_xlsx(check: SanctionCheck, target: IO[bytes]) -> None:
    """The whole result: cover, records in force, every party asked about; the same bytes each time."""
    sheets = [
        ("核查结果", _COVER, cover(check)),
        ("有效记录", _HITS, _hit_rows(check)),
        ("核查名单", _PARTIES, _party_rows(check)),
    ]
    spreadsheets.write_xlsx(target, sheets, created=check.answered_at.replace(tzinfo=None))


def pdf(check: SanctionCheck) -> bytes:
    """The result as an official PDF with a QR code of number and code. Raises DocumentError."""
    blocks: list[dict] = [
        {"kind": "paragraph", "text": f"{label}：{text}"} for label, text in cover(check)[2:]
    ]
    shown = checks.hits(check, size=MOST_IN_PDF)
    if not shown:
        blocks.append({"kind": "paragraph", "text": "核查结果：没有发现有效的失信记录。"})
    for number, hit in enumerate(shown, 1):
        blocks.append({"kind": "paragraph", "text": f"{number}. {_sentence(hit)}"})
    if check.hits > len(shown):
        blocks.append({"kind": "paragraph", "text": f"其余 {check.hits - len(shown)} 条见电子表格。"})
    for party in checks.unclear(check, 50):
        blocks.append(
            {
                "kind": "paragraph",
                "text": f"需要核对：{party.typed}（{party.match_label}{'，' + party.note if party.note else ''}）。",
            }
        )
    return letters.set_pdf(
        "联合惩戒核查结果", check.number, check.day, addressee="", issuer=units.name_of(check.unit) or "联席会议办公室", blocks=blocks,
        enclosures=[], qr=f"{check.number} {check.check_code}", qr_note=f"编号 {check.number}　校验码 {check.check_code}",
    )  # fmt: skip


def _sentence(hit: Hit) -> str:
    record = hit.record
    measure, basis, acting = _measure_cells(hit)
    told = f"{hit.party.typed}（{hit.party.match_label}）：{hit.unit_name} {record.decided_on} {record.label}，{record.document_number}"
    told += f"，有效期至 {record.force_words}" + ("，异议处理中" if record.disputed else "") + f"。{measure}"
    return told + (f"；依据：{basis}；由{acting}实施。" if basis else "。")
