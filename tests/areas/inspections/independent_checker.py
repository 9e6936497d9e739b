"""A second checker of draws, written afresh from the description of the bundle; it shares no code of ours."""

import datetime as dt
import hashlib
import json
import re
import struct
import unicodedata

TOP = {
    "announce",
    "library",
    "inspectors",
    "conflicts",
    "reveals",
    "public_value",
    "drawn",
    "reserves",
    "assigned",
}
ANNOUNCE = {
    *{
        "version",
        "draw_id",
        "alg",
        "library_root",
        "inspectors_root",
        "conflicts_root",
        "quota",
        "per_object",
    },
    *{"items", "units", "check_until", "commitments", "reveal_by", "public_value", "previous"},
}


class Refused(Exception):
    pass


def need(condition, reason):
    if not condition:
        raise Refused(reason)


class Tree:
    """The bytes of one algorithm."""

    def __init__(self, alg):
        self.alg = alg

    def raw(self, content):
        return hashlib.new(self.alg, content).digest()

    def h(self, *parts):
        stream = b""
        for part in parts:
            if not isinstance(part, bytes):
                part = str(part).encode("utf-8")
            stream += struct.pack(">Q", len(part)) + part
        return self.raw(stream)

    def mth(self, leaves):
        """RFC 6962, 2.1, word for word: split at the largest power of two smaller than n."""
        if not leaves:
            return self.raw(b"")
        if len(leaves) == 1:
            return self.raw(b"\x00" + leaves[0])
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        return self.raw(b"\x01" + self.mth(leaves[:k]) + self.mth(leaves[k:]))

    def root(self, rows):
        return self.mth([canon(row) for row in sorted(rows, key=lambda r: r["id"])]).hex()


def canon(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def read(raw):
    def pairs(items):
        keys = [k for k, _ in items]
        need(len(keys) == len(set(keys)), "repeated key")
        return dict(items)

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs)
    except ValueError as error:
        raise Refused(f"not JSON: {error}") from error
    walk(value)
    return value


def walk(value):
    if isinstance(value, dict):
        for key, part in value.items():
            walk(key)
            walk(part)
    elif isinstance(value, list):
        for part in value:
            walk(part)
    elif isinstance(value, str):
        need(not any(0xD800 <= ord(c) <= 0xDFFF for c in value), "surrogate")
        need(unicodedata.normalize("NFC", value) == value, "not NFC")
    else:
        need(type(value) is int, "a value that is neither text nor integer")


def texts(*values):
    need(all(type(value) is str for value in values), "text expected")


def hexes(*values):
    texts(*values)
    need(all(re.fullmatch(r"[0-9a-f]{64}", value) for value in values), "64 hex digits expected")


def dates(*values):
    texts(*values)
    for value in values:
        need(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII), "date expected")
        try:
            dt.date.fromisoformat(value)
        except ValueError as error:
            raise Refused("no such day") from error


def moment(value):
    texts(value)
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused("no moment") from error
    need(at.tzinfo is not None, "no offset")
    return at


def kind(value, wanted):
    need(type(value) is wanted, f"{wanted.__name__} expected")


def terms(a):
    kind(a, dict)
    need(set(a) == ANNOUNCE, "keys of announce")
    need(a["version"] == 1, "version")
    need(a["alg"] in ("sm3", "sha256"), "alg")
    need(type(a["draw_id"]) in (str, int), "draw_id")
    hexes(a["library_root"], a["inspectors_root"], a["conflicts_root"])
    if a["previous"] != "":
        hexes(a["previous"])
    for key in ("quota", "items", "commitments", "public_value"):
        kind(a[key], dict)
    need(all(type(n) is int and n >= 0 for n in a["quota"].values()), "quota")
    need(type(a["per_object"]) is int and a["per_object"] > 1, "per_object")
    kind(a["units"], list)
    texts(*a["units"], *a["items"].values())
    need(len(set(a["units"])) == len(a["units"]) and set(a["units"]) == set(a["items"]), "units and items")
    dates(a["check_until"])
    need(len(a["commitments"]) > 1, "fewer than two parties")
    hexes(*a["commitments"].values())
    need(set(a["public_value"]) == {"name", "at", "format"}, "keys of public_value")
    texts(*a["public_value"].values())
    need(moment(a["public_value"]["at"]) > moment(a["reveal_by"]), "public value before the deadline")


def lists(b):
    for name, bars in (("library", 0), ("inspectors", 0), ("conflicts", 1)):
        kind(b[name], list)
        for row in b[name]:
            kind(row, dict)
            texts(row.get("id"))
            need(row["id"].count("|") == bars, "bar")
        need(len({row["id"] for row in b[name]}) == len(b[name]), "id twice")
    counts = dict.fromkeys(b["announce"]["quota"], 0)
    for row in b["library"]:
        texts(row.get("stratum"), *(value for key, value in row.items() if key != "w"))
        need(type(row.get("w")) is int and row["w"] in range(1, 17), "weight")
        need(row["stratum"] in counts, "stratum without quota")
        counts[row["stratum"]] += 1
    need(all(b["announce"]["quota"][s] <= n for s, n in counts.items()), "quota above stratum")
    for row in b["inspectors"]:
        texts(row.get("unit"))
        kind(row.get("items"), list)
        texts(*row["items"])
        dates(row.get("valid_to"))
    for row in b["conflicts"]:
        texts(row.get("reason"))


def winners(b, seed, t):
    drawn, reserves = [], {}
    for stratum in sorted({row["stratum"] for row in b["library"]}):
        drum = [
            (t.h("ball/1", seed, stratum, row["id"], k), row["id"])
            for row in b["library"]
            if row["stratum"] == stratum
            for k in range(row["w"])
        ]
        order = list(dict.fromkeys(identity for _, identity in sorted(drum)))
        n = b["announce"]["quota"][stratum]
        drawn, reserves[stratum] = drawn + order[:n], order[n:]
    return drawn, reserves


def teams(b, drawn, seed, t):
    a, out = b["announce"], []
    conflicts = {tuple(row["id"].split("|")) for row in b["conflicts"]}
    for unit in sorted(a["units"]):
        roster = [row for row in b["inspectors"] if row["unit"] == unit]

        def fit(who, thing, unit=unit):
            holds = a["items"][unit] in who["items"] and who["valid_to"] >= a["check_until"]
            return holds and (who["id"], thing) not in conflicts

        def attempt(cap, roster=roster, unit=unit, fit=fit):
            load, rows = {}, []
            for thing in drawn:
                chosen = []
                for who in sorted(roster, key=lambda w, x=thing: (t.h("insp/1", seed, x, w["id"]), w["id"])):
                    if len(chosen) < a["per_object"] and fit(who, thing) and load.get(who["id"], 0) < cap:
                        chosen.append(who["id"])
                if len(chosen) < a["per_object"]:
                    return None
                for one in chosen:
                    load[one] = load.get(one, 0) + 1
                rows.append({"object": thing, "unit": unit, "inspectors": chosen})
            return rows

        if not drawn:
            continue
        need(roster, "no inspectors")
        cap = (len(drawn) * a["per_object"] + len(roster) - 1) // len(roster)
        rows = None
        while rows is None:
            need(cap <= len(drawn), "the cap passed the number of objects")
            rows = attempt(cap)
            cap += 1
        out += rows
    return out


def check(raw, announced=None):
    """None if the bundle fits, else the reason, for bytes and the published digest."""
    try:
        b = read(raw)
        kind(b, dict)
        need(set(b) == TOP, "keys at the top")
        a = b["announce"]
        terms(a)
        t = Tree(a["alg"])
        need(announced is None or t.raw(canon(a)).hex() == announced, "digest of the announcement")
        lists(b)
        for name in ("library", "inspectors", "conflicts"):
            need(t.root(b[name]) == a[f"{name}_root"], f"root of {name}")
        kind(b["reveals"], dict)
        need(set(b["reveals"]) == set(a["commitments"]), "parties")
        hexes(*b["reveals"].values())
        for party, r in b["reveals"].items():
            committed = t.h("commit/1", a["draw_id"], party, bytes.fromhex(r)).hex()
            need(committed == a["commitments"][party], "commitment")
        value = b["public_value"]
        texts(value)
        need(len(value) <= 200 and value.strip() == value, "length or outer spaces")
        try:
            need(re.fullmatch(a["public_value"]["format"], value), "format")
        except re.error as error:
            raise Refused("no pattern") from error
        seed = t.h("seed/1", canon(a), canon(b["reveals"]), value)
        drawn, reserves = winners(b, seed, t)
        need(b["drawn"] == drawn, "drawn")
        kind(b["reserves"], dict)
        need(
            {s: ids for s, ids in b["reserves"].items() if ids != [] or s not in a["quota"]}
            == {s: ids for s, ids in reserves.items() if ids},
            "reserves",
        )
        need(set(reserves) <= set(b["reserves"]), "reserves of a stratum left out")
        need(b["assigned"] == teams(b, drawn, seed, t), "assigned")
    except Refused as refusal:
        return str(refusal)
    return None
