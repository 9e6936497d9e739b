"""A bundle proves its draw: the true one fits, and whatever is changed in it is refused and named."""

import copy
import json
import random
import subprocess

import pytest

from plugins.areas.inspections.draw import announce_digest, make_bundle, verify_bundle
from tests.areas.inspections.draw_cases import case, forge, random_case
from tests.areas.inspections.independent_checker import check

DELETED = object()
SORTED_BY_ID = {("library",), ("inspectors",), ("conflicts",)}


def dumped(bundle: dict) -> bytes:
    return json.dumps(bundle, ensure_ascii=False).encode()


def nodes(value, path=()):
    """Every place in the bundle, with what stands there."""
    yield path, value
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, part in children:
        yield from nodes(part, (*path, key))


def changed(bundle: dict, path: tuple, value) -> bytes:
    """The bundle with the value at the path put in, or taken out."""
    bundle = copy.deepcopy(bundle)
    target = bundle
    for key in path[:-1]:
        target = target[key]
    if value is DELETED:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return dumped(bundle)


def other_values(path: tuple, value) -> list:
    """What a forger, a slip or a careless program would write there instead."""
    foreign = [None, True, 1.5, [], {}, "", 0, -1]
    if isinstance(value, str):
        flipped = value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
        ours = [flipped, value + " ", " " + value, value + "\u0301", value + "|", value.upper(), value[:-1]]
    elif isinstance(value, int):
        ours = [value + 1, value - 1, str(value), float(value), value + 2**64]
    elif isinstance(value, dict):
        ours = [{**value, "unknown": "x"}, {**value, "": 1}, list(value.values()), list(value)]
    else:
        ours = [[*value, "x"], value + value[:1], [value], dict.fromkeys(map(str, value), 1)]
        if path not in SORTED_BY_ID:
            ours += [value[::-1], value[1:] + value[:1]]
    keep = [one for one in foreign + ours if type(one) is not type(value) or one != value]
    return keep + ([DELETED] if path else [])


def tamperings(bundle: dict) -> list[tuple[str, bytes]]:
    """Every place with every other value."""
    return [
        (f"{path} -> {'deleted' if value is DELETED else value!r}", changed(bundle, path, value))
        for path, present in nodes(bundle)
        if path
        for value in other_values(path, present)
    ]


def repeated_keys(bundle: dict) -> list[bytes]:
    """The same bundle with one key written twice, for every key in it."""
    texts = []
    for path, present in nodes(bundle):
        if path and isinstance(path[-1], str):
            marked = changed(bundle, path, {"MARK": present}).decode()
            key = json.dumps(path[-1], ensure_ascii=False)
            inner = json.dumps(present, ensure_ascii=False)
            whole = f'{key}: {{"MARK": {inner}}}'
            assert marked.count(whole) == 1
            texts.append(marked.replace(whole, f"{key}: {inner}, {key}: {inner}").encode())
    return texts


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_the_true_bundle_fits_for_both_checkers(alg):
    draw = case(5, alg)
    raw, digest = draw.bundle(), announce_digest(draw.announce)
    without, with_digest = verify_bundle(raw), verify_bundle(raw.decode(), digest)
    assert without == (type(without))(
        True, f"OK 重算结果与数据包一致；公告摘要 {digest} 必须与抽取前公布的相同，否则什么也不能证明", digest
    )
    assert (
        with_digest.ok
        and with_digest.message == f"OK 重算结果与数据包一致；公告摘要 {digest} 与抽取前公布的相同"
    )
    assert check(raw, digest) is None


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_every_tampering_with_any_part_is_refused(alg):
    bundle = json.loads(case(7, alg, size=5, quota={"A": 1, "B": 1}).bundle())
    tried = tamperings(bundle)
    assert len(tried) > 1500
    accepted = [name for name, raw in tried if verify_bundle(raw).ok or check(raw) is None]
    assert accepted == []


def test_every_repeated_key_is_refused_and_named():
    tried = repeated_keys(json.loads(case(8, size=4, quota={"A": 1, "B": 1}).bundle()))
    assert len(tried) > 80
    for raw in tried:
        verdict = verify_bundle(raw)
        assert not verdict.ok and "在同一对象中出现两次" in verdict.message
        assert check(raw) == "repeated key"


def test_the_order_of_the_sealed_lists_and_the_layout_of_the_text_mean_nothing():
    bundle = json.loads(case(9).bundle())
    for name in ("library", "inspectors", "conflicts"):
        bundle[name].reverse()
    text = json.dumps(dict(reversed(bundle.items())), indent=2, ensure_ascii=True)
    assert verify_bundle(text).ok and check(text.encode()) is None


def test_another_draw_made_afterwards_is_found_by_the_published_digest_only():
    true, later = case(10), case(11)
    assert verify_bundle(later.bundle()).ok
    published = announce_digest(true.announce)
    verdict = verify_bundle(later.bundle(), published)
    assert not verdict.ok and verdict.message.startswith(f"公告摘要不符：抽取前公布的是 {published}")
    assert check(later.bundle(), published) == "digest of the announcement"


@pytest.mark.parametrize("typed", ["", "0" * 64, "不是摘要", "abc"])
def test_a_wrong_digest_never_passes(typed):
    assert not verify_bundle(case(10).bundle(), typed).ok


def test_a_digest_read_off_paper_in_groups_is_understood():
    draw = case(10)
    digest = announce_digest(draw.announce).upper()
    grouped = " ".join(digest[start : start + 8] for start in range(0, 64, 8))
    assert verify_bundle(draw.bundle(), grouped).ok


def test_both_checkers_agree_on_hundreds_of_draws_true_and_false():
    true = false = 0
    for number in range(120):
        rng = random.Random(number)
        draw = random_case(number)
        raw, digest = draw.bundle(), announce_digest(draw.announce)
        assert verify_bundle(raw, digest).ok, verify_bundle(raw, digest).message
        assert check(raw, digest) is None
        true += 1
        places = [node for node in nodes(json.loads(raw)) if node[0]]
        for path, present in rng.sample(places, 6):
            bad = changed(json.loads(raw), path, rng.choice(other_values(path, present)))
            verdict, reason = verify_bundle(bad), check(bad)
            assert verdict.ok == (reason is None), (verdict.message, reason)
            false += not verdict.ok
        # A forger who recomputes everything is stopped by the published digest.
        bundle = json.loads(raw)
        bundle["announce"]["draw_id"] += "x"
        forged = forge(bundle)
        assert verify_bundle(forged).ok and check(forged) is None
        assert not verify_bundle(forged, digest).ok and check(forged, digest) is not None
        false += 1
    assert true == 120 and false > 700


def edit(bundle: dict, *path_and_value) -> None:
    *path, value = path_and_value
    for key in path[:-1]:
        bundle = bundle[key]
    if value is DELETED:
        del bundle[path[-1]]
    else:
        bundle[path[-1]] = value


# Each breaks one rule in a bundle whose roots, commitments and result a forger has made to fit.
ONE_RULE = [
    (("announce", "version", 2), "announce.version 必须是 1"),
    (("announce", "note", "x"), "announce 有未知的键“note”"),
    (("announce", "previous", DELETED), "announce 缺少“previous”"),
    (("announce", "previous", "A" * 64), "announce.previous 必须是 64 位小写十六进制"),
    (("announce", "per_object", 1), "announce.per_object（每个对象的检查人员数） 必须是不小于 2 的整数"),
    (("announce", "quota", "A", -1), "announce.quota 中各分组的抽取数 只能是不小于 0 的整数"),
    (("announce", "quota", "C", 1), "分组“C”的抽取数 1 大于该组的检查对象数 0"),
    (("announce", "quota", "A", 6), "分组“A”的抽取数 6 大于该组的检查对象数 5"),
    (("announce", "units", ["消防救援大队", "消防救援大队"]), "announce.units 中有重复的单位"),
    (("announce", "units", ["消防救援大队"]), "announce.items 有未知的键“市场监管局”"),
    (("announce", "check_until", "2026-2-3"), "announce.check_until 必须是 YYYY-MM-DD 形式的日期"),
    (("announce", "check_until", "2026-02-30"), "announce.check_until 必须是 YYYY-MM-DD 形式的日期"),
    (("announce", "reveal_by", "2026-06-01T17:00:00"), "announce.reveal_by 必须是带时区的 ISO 8601 时间"),
    (("announce", "reveal_by", "六月一日"), "announce.reveal_by 必须是带时区的 ISO 8601 时间"),
    (
        ("announce", "reveal_by", "2026-06-01T21:30:00+08:00"),
        "announce.public_value.at（公开数产生时间）必须晚于",
    ),
    (
        ("announce", "public_value", "at", "2026-06-01T09:00:00Z"),
        "announce.public_value.at（公开数产生时间）必须晚于",
    ),
    (("announce", "public_value", "fallback", "x"), "announce.public_value 有未知的键“fallback”"),
    (("announce", "public_value", "format", "[0-9]{4}"), "不符合公告的格式 [0-9]{4}"),
    (
        ("announce", "public_value", "format", "([0-9]{5}"),
        "announce.public_value.format 不是有效的正则表达式",
    ),
    (("announce", "public_value", "format", "(?:[0-9]|x+)*y"), "不符合公告的格式"),
    (("public_value", " 12345"), "public_value 前后不得有空格"),
    (("public_value", "1" * 201), "不得超过 200 个字符"),
    (("public_value", "12345\n"), "public_value 前后不得有空格"),
    (("reveals", {"消防救援大队·张三": "00" * 32}), "announce.commitments 少于两方"),
    (("library", 0, "w", 17), "（91320690000）的 w 必须是 1 至 16 的整数"),
    (("library", 0, "owner", 3), "检查对象名录 library 中“91320690000”的 owner 必须是文本"),
    (("library", 0, "id", "9132|0"), "检查对象名录 library[0] 的 id“9132|0”中“|”的个数只能是 0"),
    (("library", 1, "id", "91320690000"), "检查对象名录 library[1] 的 id“91320690000”重复"),
    (("inspectors", 1, "id", "市场00"), "执法检查人员名录 inspectors[1] 的 id“市场00”重复"),
    (("inspectors", 0, "id", "市|场"), "执法检查人员名录 inspectors[0] 的 id“市|场”中“|”的个数只能是 0"),
    (("inspectors", 0, "valid_to", "长期"), "（市场00）的 valid_to 必须是 YYYY-MM-DD 形式的日期"),
    (("conflicts", 1, "id", "市场01"), "回避名单 conflicts[1] 的 id“市场01”中“|”的个数只能是 1"),
    (("conflicts", 1, "id", "市场01|x|y"), "回避名单 conflicts[1] 的 id“市场01|x|y”中“|”的个数只能是 1"),
    (("conflicts", 1, "id", "市场01|91320690001"), "回避名单 conflicts[1] 的 id“市场01|91320690001”重复"),
    (("conflicts", 0, "reason", 1), "的 reason 必须是文本"),
]


@pytest.mark.parametrize(("change", "message"), ONE_RULE)
def test_a_forged_bundle_that_breaks_one_rule_is_refused_by_that_rule(change, message):
    bundle = json.loads(case(12).bundle())
    edit(bundle, *change)
    forged = forge(bundle)
    verdict = verify_bundle(forged)
    assert (verdict.ok, verdict.digest) == (False, "")
    assert message in verdict.message
    assert check(forged) is not None


RESULT = [
    (("announce", "library_root", "0" * 64), "检查对象名录与 announce.library_root 不符：重算的根为 "),
    (("announce", "inspectors_root", "0" * 64), "执法检查人员名录与 announce.inspectors_root 不符"),
    (("announce", "conflicts_root", "0" * 64), "回避名单与 announce.conflicts_root 不符"),
    (("reveals", "市场监管局·李四", "00" * 32), "“市场监管局·李四”的揭示值与 commitments 中的承诺不符"),
    (
        ("reveals", "市场监管局·李四", "AB" * 32),
        "reveals 中“市场监管局·李四”的揭示值 必须是 64 位小写十六进制",
    ),
    (("reveals", "市场监管局·李四", DELETED), "reveals（各方揭示值） 缺少“市场监管局·李四”"),
    (("reveals", "他人", "00" * 32), "reveals（各方揭示值） 有未知的键“他人”"),
    (("drawn", 0, "9132"), "drawn[0] 不符：重算为 "),
    (("drawn", 3, DELETED), "drawn[3] 不符：重算为 "),
    (("reserves", "A", DELETED), "reserves 缺少分组“A”"),
    (("reserves", "A", 1, "9132"), "reserves.A[1] 不符"),
    (("reserves", "Z", []), "reserves 缺少分组“Z”，或该分组没有抽取数"),
    (("assigned", 2, "inspectors", ["市场00", "市场00"]), "assigned[2] 不符"),
    (("assigned", 0, "note", "x"), "assigned[0] 不符"),
    (("note", "x"), "数据包 有未知的键“note”"),
    (("assigned", DELETED), "数据包 缺少“assigned”"),
]


@pytest.mark.parametrize(("change", "message"), RESULT)
def test_what_does_not_fit_is_named(change, message):
    bundle = json.loads(case(12).bundle())
    edit(bundle, *change)
    verdict = verify_bundle(dumped(bundle))
    assert not verdict.ok and message in verdict.message
    assert check(dumped(bundle)) is not None


NOT_JSON = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"{}{}",
    b"\xff",
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    b'{"announce": NaN}',
    b'{"announce": 1e3}',
    b'{"a": "\\ud800"}',
    b'{"\\ud800": 1, "\\ud800": 2}',
    b'{"announce": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"announce":' * 100_000,
]


@pytest.mark.parametrize("raw", NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_is_no_bundle_is_refused_in_chinese_and_can_be_printed(raw):
    verdict = verify_bundle(raw)
    assert not verdict.ok and verdict.message.encode() and len(verdict.message) <= 500
    assert any("\u4e00" <= character <= "\u9fff" for character in verdict.message)


def test_a_format_that_would_match_for_ever_is_given_up(monkeypatch):
    asked = []

    def never_ends(command, **settings):
        asked.append(settings["timeout"])
        raise subprocess.TimeoutExpired(command, settings["timeout"])

    bundle = json.loads(case(12).bundle())
    bundle["announce"]["public_value"]["format"] = "([0-9]+)+x"
    forged = forge(bundle)
    monkeypatch.setattr(subprocess, "run", never_ends)
    assert verify_bundle(forged).message == "announce.public_value.format 过于复杂，10 秒内无法核对"
    assert asked == [10]


def test_a_strangers_format_with_repeated_groups_is_matched_all_the_same():
    bundle = json.loads(case(12).bundle())
    bundle["announce"]["public_value"]["format"] = "(\\d{1,2},)*\\d{1,2}"
    bundle["public_value"] = "3,14,15,9"
    assert verify_bundle(forge(bundle)).ok


def test_a_stratum_without_objects_may_be_written_or_left_out_of_the_reserves():
    bundle = json.loads(case(12).bundle())
    bundle["announce"]["quota"]["D"] = 0
    assert verify_bundle(forge(bundle)).ok
    bundle["reserves"]["D"] = []
    assert verify_bundle(dumped(bundle)).ok and check(dumped(bundle)) is None
    bundle["reserves"]["D"] = ["x"]
    assert not verify_bundle(dumped(bundle)).ok and check(dumped(bundle)) is not None


def test_the_bundle_is_canonical_bytes_with_sorted_lists():
    draw = random_case(4)
    raw = draw.bundle()
    bundle = json.loads(raw)
    assert raw == make_bundle(*draw.inputs(), draw.result())
    assert [row["id"] for row in bundle["library"]] == sorted(row["id"] for row in draw.library)
    assert list(bundle) == sorted(bundle)
