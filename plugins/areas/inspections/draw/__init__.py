"""The verifiable draw (双随机抽取): pure, so that anyone can recompute it from what was published."""

from plugins.areas.inspections.draw.bundle import CHECKING_SCRIPT, Verdict, make_bundle, verify_bundle
from plugins.areas.inspections.draw.drawing import Result, draw, replacement
from plugins.areas.inspections.draw.hashing import (
    DrawError,
    H,
    announce_digest,
    canon,
    commitment,
    draw_seed,
    merkle_root,
)
from plugins.areas.inspections.draw.sealing import (
    check_announce,
    check_public_value,
    check_reveals,
    check_sealable,
    make_announce,
    quota,
    quota_table,
    settle_public_value,
)

__all__ = [
    "CHECKING_SCRIPT",
    "DrawError",
    "H",
    "Result",
    "Verdict",
    "announce_digest",
    "canon",
    "check_announce",
    "check_public_value",
    "check_reveals",
    "check_sealable",
    "commitment",
    "draw",
    "draw_seed",
    "make_announce",
    "make_bundle",
    "merkle_root",
    "quota",
    "quota_table",
    "replacement",
    "settle_public_value",
    "verify_bundle",
]
