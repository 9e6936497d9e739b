"""What a guesser's machine tries first: keyboard walks, sequences, years, and some thousand words, made here by rule."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

_ROWS = ("1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "abcdefghijklmnopqrstuvwxyz")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/", "147258369", "159753")
#: Signs that stand for letters: P@ssw0rd.
_STANDS_FOR = str.maketrans("0134578@$!", "oieastbasi")
#: The row of digits with the shift key held: ZAQ! is a column too.
_UNSHIFTED = str.maketrans("!@#$%^&*()_+", "1234567890-=")
_SHORTEST_WALK = 4
_ENGLISH = (
    "password", "passwd", "admin", "administrator", "login", "user", "guest", "welcome", "letmein", "dragon", "monkey",
    "sunshine", "princess", "football", "baseball", "iloveyou", "master", "hello", "secret", "test", "temp", "default",
    "changeme", "computer", "internet", "server", "system", "oracle", "mysql", "postgres", "tomcat", "windows", "office",
    "security", "root", "super", "manager", "portal", "huawei", "cisco", "china", "shadow", "killer", "freedom", "angel",
    "summer", "winter", "spring", "autumn", "monday", "friday", "january", "october", "flower", "lovely", "happy",
)  # fmt: skip
_PINYIN = (
    "mima", "woaini", "wangluo", "yonghu", "guanli", "guanliyuan", "xitong", "anquan", "shenji", "zhongguo", "beijing",
    "shanghai", "jiangsu", "nantong", "kaifaqu", "shichang", "jianguan", "gongshang", "shuiwu", "caizheng", "huanbao",
    "xiaofang", "gongan", "chengguan", "shenpi", "zhengfu", "lianxi", "huiyi", "bangongshi", "jingkai", "yinhang",
    "gongzuo", "laoban", "lingdao", "xuexi", "dianhua", "shouji", "diannao", "denglu", "ceshi", "moren", "chushi",
    "kaixin", "kuaile", "jiankang", "pingan", "facai", "baobao", "laogong", "laopo", "mama", "baba", "nihao", "hahaha",
    "zhuren", "juzhang", "chuzhang", "kezhang", "dangyuan", "renmin", "fuwu", "weiyuanhui", "yingyezhizhao", "xuke",
)  # fmt: skip
_SURNAMES = (
    "wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "ma", "zhu", "hu", "guo", "he",
    "gao", "lin", "luo", "zheng", "liang", "xie", "song", "tang", "deng", "han", "feng", "cao", "peng", "zeng", "xiao",
)  # fmt: skip
_GIVEN = (
    "wei", "fang", "na", "min", "jing", "qiang", "lei", "jun", "yang", "yong", "yan", "jie", "juan", "tao", "ming", "chao",
    "xiuying", "xia", "ping", "gang", "guiying", "hua", "jianguo", "jianjun", "guoqiang", "lina", "xiaoming", "xiaohong",
    "zhiqiang", "haiyan", "xueying", "yu", "bo", "hui", "bin", "peng", "fei", "hong", "dan", "ting", "zihan", "haoran",
)  # fmt: skip
#: Years, and days written in a row: 1987, 2026, 19870612, 0928.
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d")
_SAME = re.compile(r"(.)\1{2,}")


@cache
def words() -> frozenset[str]:
    """The common words: of offices, of systems, and the most frequent names in pinyin (surname and given name)."""
    names = {surname + given for surname, given in product(_SURNAMES, _GIVEN)}
    return frozenset({*_ENGLISH, *_PINYIN, *(name for name in names if len(name) >= 5)})


@cache
def _walks() -> str:
    """Every row, column and sequence, forwards and backwards, apart by a sign that nobody types."""
    lines = [*_ROWS, *_COLUMNS, "01234567890", "13579", "24680", "qweasdzxc", "qazwsxedcrfvtgb", "1q2w3e4r5t6y", "112233445566"]
    return "\n".join([*lines, *(line[::-1] for line in lines)])


def unguessed(password: str) -> int:
    """How many signs of ``password`` are left when the walks, dates, runs and common words are taken out."""
    text = password.lower()
    covered = [False] * len(text)
    for start, end in (*_walks_in(text), *_walks_in(text.translate(_UNSHIFTED)), *_words_in(text), *_words_in(text.translate(_STANDS_FOR))):
        covered[start:end] = [True] * (end - start)
    for pattern in (_DATE, _SAME):
        for found in pattern.finditer(text):
            covered[found.start() : found.end()] = [True] * (found.end() - found.start())
    return sum(not taken and not sign.isspace() for taken, sign in zip(covered, text, strict=True))


def _walks_in(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    while start + _SHORTEST_WALK <= len(text):
        end = start + _SHORTEST_WALK
        if "\n" in text[start:end] or text[start:end] not in _walks():
            start += 1
            continue
        while end < len(text) and text[start : end + 1] in _walks():
            end += 1
        found.append((start, end))
        start = end
    return found


def _words_in(text: str) -> list[tuple[int, int]]:
    found = []
    for length in range(4, 14):
        for start in range(len(text) - length + 1):
            if text[start : start + length] in words():
                found.append((start, start + length))
    return found
