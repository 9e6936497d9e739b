"""Written replies and decisions: numbered, their text frozen with the act, set as a PDF whenever they are taken."""

from __future__ import annotations

from typing import Any

import peewee

from plugins.areas.credit.models import Letter
from portal.toolkit import DocumentError, Refused, clock, database, documents, units


def write(
    owner: tuple[str, int],
    unit: str,
    title: str,
    addressee: str,
    paragraphs: list[str],
    enclosures: list[str] | None = None,
) -> Letter:
    """Give a letter of ``unit`` its number of the year and freeze its text, inside the transaction of the act."""
    if database.transaction_depth() == 0:
        raise RuntimeError("a letter is written in the transaction of the act it answers")
    day = clock.today()
    newest = (
        Letter.select(peewee.fn.MAX(Letter.ordinal))
        .where((Letter.unit == unit) & (Letter.year == day.year))
        .scalar()
    )
    return Letter.create(
        owner_type=owner[0], owner_id=owner[1], year=day.year, ordinal=(newest or 0) + 1, unit=unit, title=title, dated=day,
        values={
            "addressee": addressee, "paragraphs": [text for text in paragraphs if text.strip()],
            "enclosures": enclosures or [], "issuer": units.name_of(unit),
        },
    )  # fmt: skip


def of(owner_type: str, owner_id: int) -> list[Letter]:
    """The letters of an objection or a repair, oldest first."""
    return list(
        Letter.select()
        .where((Letter.owner_type == owner_type) & (Letter.owner_id == owner_id))
        .order_by(Letter.id)
    )


def number_of(letter: Letter) -> str:
    """The number as printed: the unit's short name, then 〔2026〕3号."""
    unit = units.unit(letter.unit)
    return (unit.short_name if unit else "") + "信" + documents.document_number(letter.year, letter.ordinal)


def pdf(letter: Letter) -> bytes:
    """The letter as an official PDF; the same bytes every time. Raises Refused where faces are missing."""
    return set_pdf(
        letter.title, number_of(letter), letter.dated, addressee=letter.values["addressee"], issuer=letter.values["issuer"],
        blocks=[{"kind": "paragraph", "text": text} for text in letter.values["paragraphs"]], enclosures=letter.values["enclosures"],
    )  # fmt: skip


def set_pdf(
    title: str,
    number: str,
    dated: Any,
    *,
    addressee: str,
    issuer: str,
    blocks: list[dict],
    enclosures: list[str],
    qr_note: str = "",
    qr: str = "",
) -> bytes:
    """The one door to the portal's documents: every PDF of this area is a letter of the official form."""
    values = {
        "mark": "", "addressee": addressee, "blocks": blocks, "enclosures": enclosures, "issuer": issuer, "copies_to": "",
        "qr": documents.qr_svg(qr) if qr else "", "qr_note": qr_note,
    }  # fmt: skip
    try:
        return documents.render_pdf("letter.html", values, title=title, number=number, date=dated).content
    except DocumentError as error:
        raise Refused(f"文书暂时不能生成：{error}") from error
