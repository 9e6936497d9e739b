#!/usr/bin/env python3
"""Recompute a published draw from its bundle and name the first thing that differs, in one file.

Usage: python verify_standalone.py bundle.json [--announce HEX]; exit code 0 (OK) or 1. Standard library only,
Python 3.8 or later. It recomputes with code of its own; the sealing step shares only its rules for the input.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import subprocess
import sys
import unicodedata

USAGE = "用法：python verify_standalone.py 抽取数据包.json [--announce 抽取前公布的公告摘要]"
TOP_KEYS = "announce library inspectors conflicts reveals public_value drawn reserves assigned"
ANNOUNCE_KEYS = """version draw_id alg library_root inspectors_root conflicts_root quota per_object items
    units check_until commitments reveal_by public_value previous"""
ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
LISTS = {"library": "检查对象名录", "inspectors": "执法检查人员名录", "conflicts": "回避名单"}


class Differs(Exception):
    """The first thing that does not fit, in Chinese."""


def require(fits, message: str) -> None:
    """Raise Differs(message) unless it fits."""
    if not fits:
        raise Differs(message)


def hasher(alg: str):
    """The function from bytes to digest for "sm3" or "sha256"; some builds of Python lack SM3."""
    try:
        empty = hashlib.new(alg)
    except ValueError:
        raise Differs(f"此 Python 的 hashlib 没有 {alg.upper()} 算法，请换一个带它的 Python") from None

    def digest(content: bytes) -> bytes:
        state = empty.copy()
        state.update(content)
        return state.digest()

    return digest


def packed(*parts) -> bytes:
    """Each part with its length before it, 8 bytes big endian; what is not bytes is its str() in UTF-8."""
    contents = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"".join(len(content).to_bytes(8, "big") + content for content in contents)


def canonical(value) -> bytes:
    """JSON in UTF-8, keys sorted by code point, no spaces, non-ASCII as is."""
    return ENCODER.encode(value).encode()


def tree_root(rows: list, digest) -> str:
    """The RFC 6962 root of the rows sorted by id, in hex: pairs level by level, a lone last node moves up."""
    level = [digest(b"\0" + canonical(row)) for row in sorted(rows, key=lambda row: row["id"])]
    while len(level) > 1:
        pairs = [digest(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[2 * len(pairs) :]
    return (level[0] if level else digest(b"")).hex()


def parse(content):
    """The bundle read from str or bytes; repeated keys, fractions and broken JSON raise Differs."""

    def once(pairs):
        keys = [key for key, _ in pairs]
        row = dict(pairs)
        if len(row) != len(keys):
            raise Differs(f"键“{next(key for key in keys if keys.count(key) > 1)}”在同一对象中出现两次")
        return row

    def fraction(literal):
        raise Differs(f"数字只能是整数，出现了 {literal[:40]}")

    try:
        text = content if isinstance(content, str) else bytes(content).decode("utf-8")
        return json.loads(text, object_pairs_hook=once, parse_float=fraction, parse_constant=fraction)
    except ValueError as error:
        line = f"第 {error.lineno} 行" if isinstance(error, json.JSONDecodeError) else "文件"
        raise Differs(f"{line}不是有效的 JSON（UTF-8 编码，整数位数不过长），无法读取") from None


def text_flaw(text: str):
    """The rule that a text breaks, or None."""
    if text.isascii():
        return None
    if re.search("[\ud800-\udfff]", text):
        return "文本含有不成对的代理码位"
    return None if unicodedata.is_normalized("NFC", text) else "文本不是 NFC 规范形式"


def flaw(value):
    """The place and rule of the first value that canonical JSON does not allow, or None."""
    if isinstance(value, str):
        rule = text_flaw(value)
    elif isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            rule = text_flaw(key) if isinstance(key, str) else None
            found = (f"键“{key}”：{rule}", "") if rule else flaw(part)
            if found:
                return found[0], f"[{key!r}]{found[1]}"
        return None
    else:
        rule = None if type(value) is int else "只能是文本、整数、数组或对象，不能是小数、真假值或空值"
    return (rule, "") if rule else None


def is_date(value) -> bool:
    """Whether it is a day of the calendar written YYYY-MM-DD."""
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and datetime.date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def instant(value, where: str) -> datetime.datetime:
    """A moment written in ISO 8601 with its offset."""
    try:
        moment = datetime.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", value))
    except (TypeError, ValueError):
        moment = None
    require(moment and moment.utcoffset() is not None, f"{where} 必须是带时区的 ISO 8601 时间")
    return moment


KINDS = {
    "text": (lambda v: isinstance(v, str), "必须是文本"),
    "texts": (lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v), "必须是文本的数组"),
    "list": (lambda v: isinstance(v, list), "必须是数组"),
    "object": (lambda v: isinstance(v, dict), "必须是对象"),
    "date": (is_date, "必须是 YYYY-MM-DD 形式的日期"),
    "hex": (lambda v: isinstance(v, str) and re.fullmatch("[0-9a-f]{64}", v), "必须是 64 位小写十六进制"),
    "counts": (lambda v: all(type(n) is int and n >= 0 for n in v.values()), "只能是不小于 0 的整数"),
    "team": (lambda v: type(v) is int and v >= 2, "必须是不小于 2 的整数"),
    "weight": (lambda v: type(v) is int and 1 <= v <= 16, "必须是 1 至 16 的整数"),
    "serial": (lambda v: isinstance(v, str) or type(v) is int, "必须是文本"),
}
FIELDS = {
    "library": {"stratum": "text", "w": "weight"},
    "inspectors": {"unit": "text", "items": "texts", "valid_to": "date"},
    "conflicts": {"reason": "text"},
}


def want(kind: str, value, where: str) -> None:
    """Refuse a value that is not of this kind."""
    fits, rule = KINDS[kind]
    require(fits(value), f"{where} {rule}")


def want_keys(mapping, keys: set, where: str) -> None:
    """Refuse a mapping with other keys than these, naming the first that is missing or unknown."""
    want("object", mapping, where)
    for key in sorted(keys ^ set(mapping)):
        raise Differs(f"{where} 缺少“{key}”" if key in keys else f"{where} 有未知的键“{key}”")


def check_rows(name: str, rows) -> None:
    """Every row is an object with its fields and an id that comes once; only that of a conflict has a `|`."""
    want("list", rows, f"{LISTS[name]} {name}")
    seen, bars = set(), int(name == "conflicts")
    fields = [(key, *KINDS[kind]) for key, kind in FIELDS[name].items()]
    for place, row in enumerate(rows):
        identity = row.get("id") if isinstance(row, dict) else None
        if not isinstance(identity, str):
            raise Differs(f"{LISTS[name]} {name}[{place}] 必须是带文本 id 的对象")
        if identity in seen or identity.count("|") != bars:
            rule = "重复" if identity in seen else f"中“|”的个数只能是 {bars}"
            raise Differs(f"{LISTS[name]} {name}[{place}] 的 id“{identity}”{rule}")
        seen.add(identity)
        for key, fits, rule in fields:
            if not fits(row.get(key)):
                raise Differs(f"{LISTS[name]} {name}[{place}]（{identity}）的 {key} {rule}")


def check_library(rows, quota: dict) -> None:
    """Objects: each stratum with a quota, none with a quota above its size; further fields are texts."""
    check_rows("library", rows)
    sizes = dict.fromkeys(quota, 0)
    for row in rows:
        for key, value in row.items():
            if not isinstance(value, str) and key != "w":
                raise Differs(f"{LISTS['library']} library 中“{row['id']}”的 {key} 必须是文本")
        if row["stratum"] not in sizes:
            raise Differs(f"检查对象“{row['id']}”的分组“{row['stratum']}”没有抽取数")
        sizes[row["stratum"]] += 1
    for stratum in sorted(quota):
        fits = quota[stratum] <= sizes[stratum]
        require(fits, f"分组“{stratum}”的抽取数 {quota[stratum]} 大于该组的检查对象数 {sizes[stratum]}")


def check_terms(announce: dict) -> None:
    """What the sealing step knows already: quota, inspectors per object, units and items, last day."""
    want("object", announce["quota"], "announce.quota")
    want("counts", announce["quota"], "announce.quota 中各分组的抽取数")
    want("team", announce["per_object"], "announce.per_object（每个对象的检查人员数）")
    units = announce["units"]
    want("texts", units, "announce.units")
    require(len(set(units)) == len(units), "announce.units 中有重复的单位")
    want_keys(announce["items"], set(units), "announce.items")
    want("texts", list(announce["items"].values()), "announce.items 的值")
    want("date", announce["check_until"], "announce.check_until")


def check_announce(announce) -> None:
    """Every rule for the announcement that needs no list beside it."""
    want_keys(announce, set(ANNOUNCE_KEYS.split()), "announce")
    require(announce["version"] == 1, "announce.version 必须是 1")
    require(announce["alg"] in ("sm3", "sha256"), "announce.alg 只能是 sm3 或 sha256")
    hasher(announce["alg"])
    want("serial", announce["draw_id"], "announce.draw_id")
    check_terms(announce)
    for name in [f"{one}_root" for one in LISTS] + (["previous"] if announce["previous"] != "" else []):
        want("hex", announce[name], f"announce.{name}")
    commitments, source = announce["commitments"], announce["public_value"]
    want("object", commitments, "announce.commitments")
    require(len(commitments) >= 2, "announce.commitments 少于两方")
    for party in sorted(commitments):
        want("hex", commitments[party], f"announce.commitments 中“{party}”的承诺")
    want_keys(source, {"name", "at", "format"}, "announce.public_value")
    want("texts", list(source.values()), "announce.public_value 的值")
    reveal_by = instant(announce["reveal_by"], "announce.reveal_by")
    late = instant(source["at"], "announce.public_value.at") > reveal_by
    require(late, "announce.public_value.at（公开数产生时间）必须晚于 reveal_by（揭示截止时间）")
    try:
        re.compile(source["format"])
    except (re.error, OverflowError, RecursionError):
        raise Differs("announce.public_value.format 不是有效的正则表达式") from None


def plain_format(pattern: str) -> bool:
    """Whether matching 200 characters is certainly quick: few choices, none of them repeated."""
    choices = 3 * len(re.findall(r"[*+?]|\{\d*,", pattern)) + pattern.count("|")
    repeats = re.findall(r"\)([*+?]|\{[^}]*)|\(\?", pattern)
    simple = not repeats or (choices == 0 and len(repeats) == 1 and re.fullmatch(r"\{\d{1,3}", repeats[0]))
    return bool(simple) and len(pattern) <= 200 and choices <= 10


def check_public_value(pattern: str, value) -> None:
    """The value matches the whole pattern; a pattern that might run for ever runs in a child with a limit."""
    want("text", value, "public_value")
    require(
        value == value.strip() and len(value) <= 200, "public_value 前后不得有空格，且不得超过 200 个字符"
    )
    if plain_format(pattern) or not sys.executable:
        matched = re.fullmatch(pattern, value) is not None
    else:
        code = "import json,re,sys; p,v=json.load(sys.stdin.buffer); sys.exit(not re.fullmatch(p,v))"
        command = [sys.executable, "-I", "-W", "ignore", "-c", code]
        question = json.dumps([pattern, value]).encode()
        try:
            child = subprocess.run(command, input=question, timeout=10, capture_output=True)
        except subprocess.TimeoutExpired:
            raise Differs("announce.public_value.format 过于复杂，10 秒内无法核对") from None
        matched = child.returncode == 0
    require(matched, f"public_value“{value}”不符合公告的格式 {pattern}")


def check_reveals(announce: dict, reveals) -> None:
    """The parties are those that committed, and each revealed what it had committed to."""
    digest, commitments = hasher(announce["alg"]), announce["commitments"]
    want_keys(reveals, set(commitments), "reveals（各方揭示值）")
    for party in sorted(reveals):
        want("hex", reveals[party], f"reveals 中“{party}”的揭示值")
        content = packed("commit/1", announce["draw_id"], party, bytes.fromhex(reveals[party]))
        require(digest(content).hex() == commitments[party], f"“{party}”的揭示值与 commitments 中的承诺不符")


def ranking(library: list, seed: bytes, digest) -> dict:
    """{stratum: ids by ticket, ties by id}; an object of weight w has the smallest of its w balls."""
    tickets: dict = {}
    start, numbers = packed("ball/1", seed), [packed(k) for k in range(16)]
    for row in library:
        balls = start + packed(row["stratum"], row["id"])
        ticket = min([digest(balls + number) for number in numbers[: row["w"]]])
        tickets.setdefault(row["stratum"], []).append((ticket, row["id"]))
    return {stratum: [identity for _, identity in sorted(tickets[stratum])] for stratum in sorted(tickets)}


def assignment(unit: str, objects: list, bundle: dict, seed: bytes, digest) -> list:
    """The unit's inspectors for each drawn object, under the lowest cap on their load that serves all."""
    announce, per_object = bundle["announce"], bundle["announce"]["per_object"]
    sealed = [row for row in bundle["inspectors"] if row["unit"] == unit]
    item, last_day = announce["items"][unit], announce["check_until"]
    able = [row["id"] for row in sealed if item in row["items"] and row["valid_to"] >= last_day]
    barred = {row["id"] for row in bundle["conflicts"]}
    order = {}
    for thing in objects:
        places = [(digest(packed("insp/1", seed, thing, who)), who) for who in able]
        order[thing] = [who for _, who in sorted(places) if f"{who}|{thing}" not in barred]
    cap = -(-len(objects) * per_object // max(1, len(sealed)))
    stuck, rows = objects[:1], []
    while stuck and cap <= len(objects):
        load, rows, stuck = dict.fromkeys(able, 0), [], []
        for thing in objects:
            chosen = [who for who in order[thing] if load[who] < cap][:per_object]
            if len(chosen) < per_object:
                stuck = [thing]
                break
            load.update((who, load[who] + 1) for who in chosen)
            rows.append({"object": thing, "unit": unit, "inspectors": chosen})
        cap += 1
    require(not stuck, f"“{unit}”没有足够的合格检查人员可派给检查对象“{''.join(stuck)}”")
    return rows


def same_list(name: str, found, expected: list) -> None:
    """Refuse a list that is not the recomputed one, naming the first place."""
    want("list", found, name)
    for place in range(max(len(found), len(expected)) if found != expected else 0):
        have, due = found[place : place + 1], expected[place : place + 1]
        if have != due:
            have, due = (json.dumps(some, ensure_ascii=False)[1:-1][:200] or "（无）" for some in (have, due))
            raise Differs(f"{name}[{place}] 不符：重算为 {due}，数据包中为 {have}")


def check_result(bundle: dict, digest) -> None:
    """Winners, reserves and assignment are the recomputed ones, order included."""
    announce, value = bundle["announce"], bundle["public_value"]
    seed = digest(packed("seed/1", canonical(announce), canonical(bundle["reveals"]), value))
    ranked, quota = ranking(bundle["library"], seed, digest), announce["quota"]
    drawn = [identity for stratum in ranked for identity in ranked[stratum][: quota[stratum]]]
    same_list("drawn", bundle["drawn"], drawn)
    want("object", bundle["reserves"], "reserves")
    # A quota of 0 for a stratum without objects: the page leaves open whether its empty list is written.
    for stratum in sorted(set(ranked) | set(bundle["reserves"])):
        known = stratum in quota and stratum in bundle["reserves"]
        require(known, f"reserves 缺少分组“{stratum}”，或该分组没有抽取数")
        same_list(
            f"reserves.{stratum}", bundle["reserves"][stratum], ranked.get(stratum, [])[quota[stratum] :]
        )
    teams = [assignment(unit, drawn, bundle, seed, digest) for unit in sorted(announce["units"])]
    same_list("assigned", bundle["assigned"], [row for team in teams for row in team])


def check(bundle, announce_hex=None) -> str:
    """The announcement's digest when everything in the parsed bundle fits."""
    want_keys(bundle, set(TOP_KEYS.split()), "数据包")
    rule, path = flaw(bundle) or ("", "")
    require(not rule, f"bundle{path}：{rule}")
    announce = bundle["announce"]
    check_announce(announce)
    digest = hasher(announce["alg"])
    announced = digest(canonical(announce)).hex()
    published = announced if announce_hex is None else "".join(announce_hex.split()).lower()
    require(published == announced, f"公告摘要不符：抽取前公布的是 {published}，数据包的是 {announced}")
    check_library(bundle["library"], announce["quota"])
    check_rows("inspectors", bundle["inspectors"])
    check_rows("conflicts", bundle["conflicts"])
    for name, label in LISTS.items():
        root = tree_root(bundle[name], digest)
        require(root == announce[f"{name}_root"], f"{label}与 announce.{name}_root 不符：重算的根为 {root}")
    check_reveals(announce, bundle["reveals"])
    check_public_value(announce["public_value"]["format"], bundle["public_value"])
    check_result(bundle, digest)
    return announced


def verify(content, announce_hex=None) -> tuple:
    """(fits, line to print, the announcement's digest or "") for a bundle in str or bytes."""
    try:
        digest = check(parse(content), announce_hex)
    except Differs as difference:
        return False, str(difference).encode("utf-8", "replace").decode()[:500], ""
    except RecursionError:
        return False, "数据嵌套过深，无法读取", ""
    proof = "与抽取前公布的相同" if announce_hex else "必须与抽取前公布的相同，否则什么也不能证明"
    return True, f"OK 重算结果与数据包一致；公告摘要 {digest} {proof}", digest


def main(arguments: list) -> int:
    """Print OK or the first thing that differs; 0 or 1."""
    sys.stdout.reconfigure(errors="backslashreplace")
    words = [part for word in arguments for part in re.split("(?<=^--announce)=", word)]
    announce_hex = words.pop(words.index("--announce") + 1) if "--announce" in words[:-1] else None
    if announce_hex is not None:
        words.remove("--announce")
    if len(words) != 1 or words[0].startswith("-"):
        print(USAGE)
        return 1
    try:
        with open(words[0], "rb") as file:
            fits, line, _ = verify(file.read(), announce_hex)
    except OSError as error:
        fits, line = False, f"无法读取文件 {words[0]}：{error.strerror}"
    print(line)
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
