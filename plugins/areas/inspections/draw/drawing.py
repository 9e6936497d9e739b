"""The draw itself, a pure function of what was sealed, revealed and made public."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plugins.areas.inspections.draw.hashing import (
    DrawError,
    Progress,
    draw_seed,
    merkle_root,
    state_after,
    with_length,
)
from plugins.areas.inspections.draw.sealing import (
    check_announce,
    check_public_value,
    check_reveals,
    check_sealable,
    eligible_inspectors,
    settle_public_value,
)

# Progress is told after this many steps.
STRIDE = 4096
DIGEST_SIZE = 32
# Ready-made: a draw of a million objects spends its time here.
LENGTHS = [size.to_bytes(8, "big") for size in range(256)]
BALL_NUMBERS = [with_length(k) for k in range(16)]


@dataclass(frozen=True)
class Result:
    """Ids drawn (by stratum, then ticket), the reserves of each stratum in order, the inspectors assigned."""

    drawn: list[str]
    reserves: dict[str, list[str]]
    assigned: list[dict]


def draw(
    announce: Mapping,
    library: Sequence[Mapping],
    inspectors: Sequence[Mapping],
    conflicts: Sequence[Mapping],
    reveals: Mapping[str, str],
    public_value: str,
    progress: Progress | None = None,
) -> Result:
    """Check every input against the announcement, then draw.

    `reveals` is {party: 64 lower-case hex digits}; `progress(done, total)` counts a step
    for each object of the library and one for each drawn object and unit.

    Raises:
        DrawError: in Chinese, naming the list, party, object or unit that does not fit.
    """
    public_value = settle_public_value(public_value)
    check_announce(announce)
    check_sealable(library, inspectors, conflicts, announce)
    _check_roots(announce, library, inspectors, conflicts)
    check_reveals(announce, reveals)
    check_public_value(announce, public_value)
    seed = draw_seed(announce, reveals, public_value)
    return draw_from_seed(announce, library, inspectors, conflicts, seed, progress)


def _check_roots(announce: Mapping, *lists: Sequence[Mapping]) -> None:
    """The lists are the sealed ones: a row changed between sealing and drawing stops the draw."""
    named = (
        ("检查对象名录", "library_root"),
        ("执法检查人员名录", "inspectors_root"),
        ("回避名单", "conflicts_root"),
    )
    for (label, key), rows in zip(named, lists, strict=True):
        if merkle_root(rows, announce["alg"]) != announce[key]:
            raise DrawError(f"{label}与公告中的 {key} 不符：封存后被改动，不能抽取")


def draw_from_seed(
    announce: Mapping,
    library: Iterable[Mapping],
    inspectors: Sequence[Mapping],
    conflicts: Sequence[Mapping],
    seed: bytes,
    progress: Progress | None = None,
) -> Result:
    """The result for a seed, of inputs already checked (`draw` checks them)."""
    drawn: list[str] = []
    reserves: dict[str, list[str]] = {}
    strata = defaultdict(list)
    for row in library:
        strata[row["stratum"]].append(row)
    winners = sum(announce["quota"][stratum] for stratum in strata)
    steps = sum(map(len, strata.values())) + winners * len(announce["units"])
    counter = _Counter(steps, progress)
    for stratum in sorted(strata):
        ranked = rank(stratum, strata.pop(stratum), seed, announce["alg"], counter)
        places = announce["quota"][stratum]
        drawn += ranked[:places]
        reserves[stratum] = ranked[places:]
    barred = {row["id"] for row in conflicts}
    assigned = []
    for unit in sorted(announce["units"]):
        assigned += assign(unit, drawn, inspectors, barred, announce, seed, counter)
    return Result(drawn, reserves, assigned)


class _Counter:
    """Adds up the steps done (an object's ticket, an object's order of inspectors) and tells of them."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, total, progress

    def add(self, count: int) -> None:
        self.done += count
        if self.progress:
            self.progress(self.done, self.total)


def rank(
    stratum: str, rows: Sequence[Mapping], seed: bytes, alg: str, counter: _Counter | None = None
) -> list[str]:
    """The stratum's ids by ticket, ties by id.

    An object of weight w has w balls `H("ball/1", seed, stratum, id, k)`; its ticket is the smallest.
    """
    start = state_after("ball/1", seed, stratum, alg=alg)
    # One bytes object for each object: ticket, then id, whose UTF-8 bytes sort as its code points do.
    tickets: list[bytes] = []
    for place in range(0, len(rows), STRIDE):
        block = rows[place : place + STRIDE]
        tickets += _tickets(block, start)
        if counter:
            counter.add(len(block))
    tickets.sort()
    return [ticket[DIGEST_SIZE:].decode() for ticket in tickets]


def _tickets(rows: Sequence[Mapping], start) -> Iterable[bytes]:
    """Ticket and id of each row, continuing the state hashed so far."""
    copy, first_ball, lengths = start.copy, BALL_NUMBERS[0], LENGTHS
    for row in rows:
        identity = row["id"].encode()
        size = len(identity)
        named = (lengths[size] if size < 256 else size.to_bytes(8, "big")) + identity
        state = copy()
        state.update(named + first_ball)
        ticket = state.digest()
        weight = row["w"]
        if weight > 1:
            for ball in BALL_NUMBERS[1:weight]:
                state = copy()
                state.update(named + ball)
                other = state.digest()
                if other < ticket:
                    ticket = other
        yield ticket + identity


def inspector_order(thing: str, able: Iterable[str], seed: bytes, alg: str) -> list[str]:
    """The inspectors in the object's own order, by `H("insp/1", seed, object, inspector)`, ties by id."""
    named = [(with_length(inspector), inspector) for inspector in able]
    return _order(state_after("insp/1", seed, alg=alg), thing, named)


def _order(start, thing: str, named: Sequence[tuple[bytes, str]]) -> list[str]:
    """inspector_order, continuing the state hashed so far, with the bytes of each inspector at hand."""
    of_object = start.copy()
    of_object.update(with_length(thing))
    copy, places = of_object.copy, []
    for content, inspector in named:
        state = copy()
        state.update(content)
        places.append((state.digest(), inspector))
    places.sort()
    return [inspector for _, inspector in places]


def assign(
    unit: str,
    things: Sequence[str],
    inspectors: Sequence[Mapping],
    barred: Collection[str],
    announce: Mapping,
    seed: bytes,
    counter: _Counter | None = None,
) -> list[dict]:
    """The unit's inspectors for each drawn object, under the lowest cap on their load that serves all.

    Raises:
        DrawError: an object that cannot be filled under any cap (sealing refuses such lists beforehand).
    """
    if not things:
        return []
    per_object, start = announce["per_object"], state_after("insp/1", seed, alg=announce["alg"])
    # The ids are shared by all orders, not copied: 30,000 objects of 200 inspectors are so many references.
    named = [(with_length(one), one) for one in eligible_inspectors(unit, inspectors, announce)]
    orders = []
    for place in range(0, len(things), STRIDE):
        block = things[place : place + STRIDE]
        orders += [
            [one for one in _order(start, thing, named) if f"{one}|{thing}" not in barred] for thing in block
        ]
        if counter:
            counter.add(len(block))
    sealed = sum(row["unit"] == unit for row in inspectors)
    stuck = things[0]
    for cap in range(-(-len(things) * per_object // sealed) if sealed else len(things) + 1, len(things) + 1):
        teams, stuck = _teams(things, orders, cap, per_object)
        if stuck is None:
            return [
                {"object": thing, "unit": unit, "inspectors": team}
                for thing, team in zip(things, teams, strict=True)
            ]
    raise DrawError(f"检查对象“{stuck}”在“{unit}”找不到 {per_object} 名合格检查人员")


def _teams(
    things: Sequence[str], orders: Sequence[Sequence[str]], cap: int, per_object: int
) -> tuple[list[list[str]], str | None]:
    """The teams under this cap, and the first object that could not be filled, if any."""
    load: dict[str, int] = defaultdict(int)
    teams = []
    for thing, order in zip(things, orders, strict=True):
        team: list[str] = []
        for one in order:
            if load[one] < cap:
                team.append(one)
                if len(team) == per_object:
                    break
        else:
            return teams, thing
        for one in team:
            load[one] += 1
        teams.append(team)
    return teams, None


def replacement(
    announce: Mapping,
    inspectors: Sequence[Mapping],
    conflicts: Sequence[Mapping],
    seed: bytes,
    thing: str,
    leaving: str,
    unavailable: Collection[str],
) -> str:
    """Who takes the place of `leaving` at the object: the next in its order who is still eligible.

    The order goes on after the one who leaves and, at its end, from its beginning (where stand those whom the
    cap on the load had passed over). `unavailable` names those who already serve at this object, who left it
    before, and who may no longer check (回避 declared since, leave, certificate withdrawn).

    Raises:
        DrawError: an unknown inspector, or nobody left.
    """
    unit = next((row["unit"] for row in inspectors if row["id"] == leaving), None)
    if unit not in announce["units"]:
        raise DrawError(f"检查人员“{leaving}”不在封存的参与单位名录中")
    able = {*eligible_inspectors(unit, inspectors, announce), leaving}
    order = inspector_order(thing, able, seed, announce["alg"])
    barred = {row["id"] for row in conflicts}
    place = order.index(leaving)
    for one in order[place + 1 :] + order[:place]:
        if one not in unavailable and f"{one}|{thing}" not in barred:
            return one
    raise DrawError(f"检查对象“{thing}”在“{unit}”已没有可以替换“{leaving}”的合格检查人员")
