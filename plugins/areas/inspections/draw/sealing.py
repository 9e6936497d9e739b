"""What must hold before a draw is sealed and announced: quotas, eligible inspectors, the announcement."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from plugins.areas.inspections.draw import verify_standalone as rules
from plugins.areas.inspections.draw.hashing import DrawError, Progress, canon, merkle_root

MAX_FORMAT = 200
# The one spelling that every Python from 3.8 on reads alike.
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")


def quota(numerator: int, denominator: int, size: int, at_least: bool) -> int:
    """How many of `size` objects a ratio draws: rounded up for 不少于, down for 不超过.

    Raises:
        DrawError: a ratio that is not a fraction of natural numbers between 0 and 1, or a negative size.
    """
    if any(type(number) is not int for number in (numerator, denominator, size)):
        raise DrawError("抽取比例和对象数必须是整数")
    if denominator <= 0 or not 0 <= numerator <= denominator or size < 0:
        raise DrawError(f"抽取比例 {numerator}/{denominator} 必须在 0 与 1 之间，对象数 {size} 不得为负")
    return -(-numerator * size // denominator) if at_least else numerator * size // denominator


def quota_table(library: Sequence[Mapping], ratios: Mapping[str, tuple[int, int, bool]]) -> dict[str, int]:
    """{stratum: quota} for the strata that have objects, from {stratum: (numerator, denominator, at_least)}.

    Raises:
        DrawError: a stratum of the library without a ratio.
    """
    sizes = Counter(row["stratum"] for row in library)
    for stratum in sorted(sizes):
        if stratum not in ratios:
            raise DrawError(f"分组“{stratum}”有 {sizes[stratum]} 个检查对象，但没有规定抽取比例")
    return {
        stratum: quota(numerator, denominator, sizes[stratum], at_least)
        for stratum, (numerator, denominator, at_least) in sorted(ratios.items())
        if sizes[stratum]
    }


def under_rules(check: Callable[[], object]) -> None:
    """Run a check of the stand-alone script, its refusal becoming a DrawError."""
    try:
        check()
    except rules.Differs as difference:
        raise DrawError(str(difference)) from None


def check_sealable(
    library: Sequence[Mapping], inspectors: Sequence[Mapping], conflicts: Sequence[Mapping], announce: Mapping
) -> None:
    """Refuse a library, roster, conflict list or quota that could not be drawn from to the end.

    Of `announce` only quota, per_object, items, units and check_until are read: the rest comes at step 2.
    Every object of a stratum with a quota above 0 must have `per_object` eligible inspectors in each unit.

    Raises:
        DrawError: in Chinese, naming the row, object, stratum or unit.
    """
    for key in ("quota", "per_object", "items", "units", "check_until"):
        if key not in announce:
            raise DrawError(f"抽取公告缺少“{key}”")
    under_rules(lambda: rules.check_terms(dict(announce)))
    under_rules(lambda: rules.check_library(library, announce["quota"]))
    under_rules(lambda: rules.check_rows("inspectors", inspectors))
    under_rules(lambda: rules.check_rows("conflicts", conflicts))
    _refuse_gaps(library, inspectors, announce)
    barred = defaultdict(set)
    for row in conflicts:
        inspector, _, thing = row["id"].partition("|")
        barred[thing].add(inspector)
    drawable = {row["id"] for row in library if announce["quota"][row["stratum"]] > 0}
    for unit in sorted(announce["units"]):
        _check_unit(unit, eligible_inspectors(unit, inspectors, announce), drawable, barred, announce)


def _refuse_gaps(library: Sequence[Mapping], inspectors: Sequence[Mapping], announce: Mapping) -> None:
    """What the page of the draw leaves open and we do not make: empty ids, empty strata, no unit."""
    if not announce["units"]:
        raise DrawError("没有参与单位，不能封存")
    for name, rows in (("检查对象名录", library), ("执法检查人员名录", inspectors)):
        if any(not row["id"] for row in rows):
            raise DrawError(f"{name}中有空的编号 id")
    filled = {row["stratum"] for row in library}
    for stratum in sorted(announce["quota"]):
        if stratum not in filled:
            raise DrawError(f"分组“{stratum}”规定了抽取数，但名录中没有该组的检查对象")


def _check_unit(
    unit: str, able: list[str], drawable: set, barred: Mapping[str, set], announce: Mapping
) -> None:
    needed = announce["per_object"]
    if drawable and len(able) < needed:
        raise DrawError(
            f"“{unit}”持有事项“{announce['items'][unit]}”且证件有效至 {announce['check_until']} 的"
            f"检查人员只有 {len(able)} 人，少于每个对象的 {needed} 人"
        )
    for thing in sorted(drawable & barred.keys()):
        left = len(able) - len(barred[thing].intersection(able))
        if left < needed:
            raise DrawError(f"检查对象“{thing}”在“{unit}”回避后只有 {left} 名合格检查人员，少于 {needed} 人")


def eligible_inspectors(unit: str, inspectors: Sequence[Mapping], announce: Mapping) -> list[str]:
    """Ids of the unit's inspectors who hold its item and whose certificate lasts to `check_until`."""
    item, last_day = announce["items"][unit], announce["check_until"]
    return [
        row["id"]
        for row in inspectors
        if row["unit"] == unit and item in row["items"] and row["valid_to"] >= last_day
    ]


def settle_public_value(typed: str) -> str:
    """The public value as it enters the seed: NFC, without outer spaces."""
    return unicodedata.normalize("NFC", typed).strip()


def check_public_value(announce: Mapping, public_value: str) -> None:
    """Refuse a settled public value that does not match the announced format as a whole."""
    under_rules(lambda: rules.check_public_value(announce["public_value"]["format"], public_value))


def check_reveals(announce: Mapping, reveals: Mapping[str, str]) -> None:
    """Refuse reveals of other parties than those that committed, or that do not fit their commitments."""
    under_rules(lambda: rules.check_reveals(dict(announce), dict(reveals)))


def check_announce(announce: Mapping) -> None:
    """Refuse an announcement that the checker would refuse, or that not every checker would read alike.

    Stricter than the checker: a serial that is text, moments in one spelling, formats that match at once.

    Raises:
        DrawError: in Chinese, naming the key.
    """
    canon(announce)
    under_rules(lambda: rules.check_announce(dict(announce)))
    if not isinstance(announce["draw_id"], str) or not announce["draw_id"]:
        raise DrawError("抽取编号 draw_id 必须是非空文本")
    for name, moment in (
        ("reveal_by", announce["reveal_by"]),
        ("public_value.at", announce["public_value"]["at"]),
    ):
        if not MOMENT.fullmatch(moment):
            raise DrawError(f"{name}“{moment}”必须写成 2026-06-01T17:00:00+08:00 的形式")
    pattern = announce["public_value"]["format"]
    if len(pattern) > MAX_FORMAT or not rules.plain_format(pattern):
        raise DrawError(
            f"公开数的格式 {pattern} 过于复杂：不得超过 {MAX_FORMAT} 个字符，"
            "括号之后不得再用 * + ? 或 {m,n}，可选和重复之处最多三处"
        )


def make_announce(
    terms: Mapping,
    library: Sequence[Mapping],
    inspectors: Sequence[Mapping],
    conflicts: Sequence[Mapping],
    progress: Progress | None = None,
) -> dict:
    """The announcement of step 2: the terms with version and the three roots added, everything checked.

    `terms` holds every other key of the announcement (draw_id, alg, quota, per_object, items, units,
    check_until, commitments, reveal_by, public_value, previous).

    Raises:
        DrawError: in Chinese, where the lists cannot be sealed or the announcement is not sound.
    """
    check_sealable(library, inspectors, conflicts, terms)
    alg = terms.get("alg", "")
    announce = dict(
        terms,
        version=1,
        library_root=merkle_root(library, alg, progress),
        inspectors_root=merkle_root(inspectors, alg),
        conflicts_root=merkle_root(conflicts, alg),
    )
    check_announce(announce)
    return announce
