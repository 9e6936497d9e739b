"""The bundle that anyone can check: what was sealed, revealed and drawn, in one canonical JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugins.areas.inspections.draw import verify_standalone
from plugins.areas.inspections.draw.drawing import Result
from plugins.areas.inspections.draw.hashing import canon
from plugins.areas.inspections.draw.sealing import settle_public_value

# Offered for download beside every bundle.
CHECKING_SCRIPT = Path(verify_standalone.__file__)


@dataclass(frozen=True)
class Verdict:
    """Whether a bundle fits, the Chinese line that says so or what differs, the announcement's digest."""

    ok: bool
    message: str
    digest: str


def make_bundle(
    announce: Mapping,
    library: Sequence[Mapping],
    inspectors: Sequence[Mapping],
    conflicts: Sequence[Mapping],
    reveals: Mapping[str, str],
    public_value: str,
    result: Result,
) -> bytes:
    """The bundle as canonical JSON in UTF-8, the lists sorted by id.

    Raises:
        DrawError: a value that is not canonical.
    """

    def by_id(rows: Sequence[Mapping]) -> list[Mapping]:
        return sorted(rows, key=lambda row: row["id"])

    return canon(
        {
            "announce": announce,
            "library": by_id(library),
            "inspectors": by_id(inspectors),
            "conflicts": by_id(conflicts),
            "reveals": reveals,
            "public_value": settle_public_value(public_value),
            "drawn": result.drawn,
            "reserves": result.reserves,
            "assigned": result.assigned,
        }
    )


def verify_bundle(content: str | bytes, announce_hex: str | None = None) -> Verdict:
    """Recompute the draw of a bundle strictly, with the code of the stand-alone script, not that of the draw.

    Without `announce_hex` (the digest published before the draw) an OK proves nothing by itself; the message
    says so.
    """
    return Verdict(*verify_standalone.verify(content, announce_hex))
