"""The bytes of a draw agree with independent implementations of SM3, SHA-256 and RFC 6962."""

import hashlib
import struct
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plugins.areas.inspections.draw import (
    DrawError,
    H,
    announce_digest,
    canon,
    commitment,
    draw_seed,
    hashing,
    merkle_root,
    verify_standalone,
)
from tests.areas.inspections import independent_checker
from tests.areas.inspections.draw_cases import case, objects

WORD = 0xFFFFFFFF


def rotated(x: int, n: int) -> int:
    n %= 32
    return ((x << n) | (x >> (32 - n))) & WORD if n else x


def p0(x: int) -> int:
    return x ^ rotated(x, 9) ^ rotated(x, 17)


def p1(x: int) -> int:
    return x ^ rotated(x, 15) ^ rotated(x, 23)


def sm3(message: bytes) -> bytes:
    """SM3 by the text of GB/T 32905-2016."""
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % 64) + struct.pack(">Q", 8 * len(message))
    for start in range(0, len(padded), 64):
        w = list(struct.unpack(">16I", padded[start : start + 64]))
        for j in range(16, 68):
            w.append(p1(w[j - 16] ^ w[j - 9] ^ rotated(w[j - 3], 15)) ^ rotated(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotated((rotated(a, 12) + e + rotated(t, j)) & WORD, 7)
            ss2 = ss1 ^ rotated(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & WORD & g)
            tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & WORD
            tt2 = (gg + h + ss1 + w[j]) & WORD
            a, b, c, d, e, f, g, h = tt1, a, rotated(b, 9), c, p0(tt2), e, rotated(f, 19), g
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h), strict=True)]
    return struct.pack(">8I", *v)


ORACLES = {"sm3": sm3, "sha256": lambda content: hashlib.sha256(content).digest()}
parts = st.lists(st.one_of(st.binary(max_size=80), st.text(max_size=20), st.integers()), max_size=5)
rows = st.lists(
    st.fixed_dictionaries({"id": st.text(max_size=5), "stratum": st.sampled_from(['甲},{"', "A"])}),
    max_size=20,
    unique_by=lambda row: row["id"],
)


def test_the_oracle_gives_the_examples_of_the_sm3_standard():
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
@given(parts)
@settings(max_examples=60)
def test_parts_are_hashed_with_their_lengths_before_them(alg, values):
    stream = b""
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode()
        stream += struct.pack(">Q", len(content)) + content
    assert H(*values, alg=alg) == ORACLES[alg](stream)
    assert verify_standalone.packed(*values) == stream


def test_parts_cannot_be_shifted_between_each_other():
    assert len({H("ab", "c", alg="sm3"), H("a", "bc", alg="sm3"), H("abc", alg="sm3")}) == 3


def test_an_integer_part_is_its_decimal_text():
    assert H("ball/1", 7, alg="sm3") == H("ball/1", "7", alg="sm3") == H(b"ball/1", b"7", alg="sm3")


@pytest.mark.parametrize("alg", ["md5", "SM3", "", "sha512"])
def test_other_algorithms_are_refused(alg):
    with pytest.raises(DrawError, match="只能是 sm3 或 sha256"):
        H("x", alg=alg)


def test_a_python_without_sm3_is_told_apart_from_a_wrong_draw(monkeypatch):
    bundle = case().bundle()

    def without_sm3(name, *rest):
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", without_sm3)
    with pytest.raises(DrawError, match="hashlib 没有 SM3 算法"):
        H("x", alg="sm3")
    fits, message, _ = verify_standalone.verify(bundle)
    assert (fits, message) == (False, "此 Python 的 hashlib 没有 SM3 算法，请换一个带它的 Python")


# The eight leaves and roots of the certificate transparency project's own test of RFC 6962.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_published_for_rfc_6962(count):
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest() for leaf in LEAVES[:count]]
    assert hashing.tree_top(leaves, hashlib.sha256()).hex() == ROOTS[count - 1]
    assert (
        independent_checker.Tree("sha256").mth([bytes.fromhex(x) for x in LEAVES[:count]]).hex()
        == ROOTS[count - 1]
    )


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_the_root_of_an_empty_list_is_the_hash_of_nothing(alg):
    assert merkle_root([], alg) == ORACLES[alg](b"").hex()


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
@given(rows=rows)
@example(rows=[{"id": "},{", "stratum": "},{"}, {"id": '"},{"', "stratum": "A"}])
@example(rows=[{"id": "a", "stratum": "\n\u0303"}, {"id": "b", "stratum": "A"}])
@settings(max_examples=60, deadline=None)
def test_the_root_is_that_of_the_recursive_definition(alg, rows):
    rows = [{key: unicodedata.normalize("NFC", text) for key, text in row.items()} for row in rows]
    rows = list({row["id"]: row for row in rows}.values())
    expected = independent_checker.Tree(alg).root(rows)
    assert merkle_root(rows, alg) == merkle_root(rows[::-1], alg) == expected
    assert verify_standalone.tree_root(rows, verify_standalone.hasher(alg)) == expected


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9, 12, 13, 31, 33])
def test_the_root_does_not_depend_on_the_size_of_the_blocks(monkeypatch, count):
    rows, heard = objects(count), []
    expected = independent_checker.Tree("sm3").root(rows)
    monkeypatch.setattr(hashing, "BLOCK", 4)
    assert merkle_root(rows, "sm3", lambda done, total: heard.append((done, total))) == expected
    assert heard == [(min(start + 4, count), count) for start in range(0, count, 4)]


CANONICAL = [
    ({"b": 1, "a": [2, "三"], "Z": {}}, '{"Z":{},"a":[2,"三"],"b":1}'),
    ({"名": "“引号”\n\u2028"}, '{"名":"“引号”\\n\u2028"}'),
    ({"\U0001f600": 1, "\uffee": 2}, '{"\uffee":2,"\U0001f600":1}'),
    ('"\\\u007f\u001f', '"\\"\\\\\u007f\\u001f"'),
    ("\n\u0303", '"\\n\u0303"'),
    (-5, "-5"),
]


@pytest.mark.parametrize(("value", "text"), CANONICAL)
def test_canonical_json(value, text):
    assert canon(value) == text.encode() == verify_standalone.canonical(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        True,
        None,
        float("nan"),
        {"a": None},
        [False],
        {1: "a"},
        b"x",
        "e\u0301",
        {"e\u0301": 1},
        "\ud800",
    ],
)
def test_what_is_not_canonical_is_refused(value):
    with pytest.raises(DrawError):
        canon(value)
    with pytest.raises(DrawError, match=r"“甲1”：(文本|键|只能)"):
        merkle_root([{"id": "甲0"}, {"id": "甲1", "field": value}], "sm3")


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_commitment_seed_and_digest_are_as_written(alg):
    draw = case(3, alg)
    oracle, hashed = ORACLES[alg], independent_checker.Tree(alg).h
    r = bytes(range(32))
    assert commitment("抽1", "甲", r, alg) == hashed("commit/1", "抽1", "甲", r).hex()
    written = independent_checker.canon(draw.announce)
    assert announce_digest(draw.announce) == oracle(written).hex()
    reveals = independent_checker.canon(draw.reveals)
    assert draw_seed(draw.announce, draw.reveals, "12345") == hashed("seed/1", written, reveals, "12345")


@pytest.mark.parametrize("r", [b"", bytes(31), bytes(33), "0" * 64])
def test_a_secret_has_32_bytes(r):
    with pytest.raises(DrawError, match="“甲”的揭示值必须是 32 字节"):
        commitment("抽1", "甲", r, "sm3")
