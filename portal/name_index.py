"""The index behind name search: every pair of neighbouring signs of a name or code is a word.

Chinese names have no spaces, so a fragment of two signs is one look-up: in an FTS5 table on SQLite, in a GIN
index over an array on PostgreSQL.
"""

from __future__ import annotations

import re
import unicodedata
from operator import add
from typing import Any

import peewee

from portal.database import database, insert_rows, is_postgresql

#: On PostgreSQL a fragment with more hits than this is found sooner by walking the register than by the index.
COMMON = 5000
#: Whatever ``str.isalnum`` denies.
_NO_LETTER = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """The form in which two spellings of a name are the same: NFKC, case folded, letters and digits only, so that
    （） and () and spaces make no difference."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", name).casefold())


def bigrams(key: str) -> list[str]:
    """Every pair of neighbouring signs of a normalised text; a single sign stands alone."""
    return list(map(add, key, key[1:])) or ([key] if key else [])


def document(keys: list[str]) -> str:
    """The words of a subject's names and codes, as the full-text table takes them."""
    # A word of ten signs between two names: a fragment never matches across the seam.
    return " 0000000000 ".join(" ".join(bigrams(key)) for key in keys)


def index(subject_id: int, before: list[str] | None, after: list[str]) -> None:
    """Put a subject's keys (every name it had, its codes) into the index; ``before`` are those there, None when new."""
    if before == after:
        return
    if is_postgresql():
        database.execute_sql(
            "INSERT INTO subject_search(subject_id, keys, words) VALUES (%s, %s, %s) "
            "ON CONFLICT (subject_id) DO UPDATE SET keys = excluded.keys, words = excluded.words",
            (subject_id, "\n".join(after), sorted({word for key in after for word in bigrams(key)})),
        )
        return
    if before:
        # A contentless index forgets only what it is told word by word.
        database.execute_sql(
            "INSERT INTO subject_search(subject_search, rowid, words) VALUES ('delete', ?, ?)",
            (subject_id, document(before)),
        )
    database.execute_sql("INSERT INTO subject_search(rowid, words) VALUES (?, ?)", (subject_id, document(after)))


def _phrase(fragment_key: str) -> str:
    return f'"{" ".join(bigrams(fragment_key))}"'


def index_new(rows: list[tuple[int, list[str]]]) -> None:
    """Put many new subjects' keys into the index at once."""
    if is_postgresql():
        words = [(number, "\n".join(keys), sorted({word for key in keys for word in bigrams(key)})) for number, keys in rows]
        insert_rows("subject_search", ("subject_id", "keys", "words"), words)
        return
    insert_rows("subject_search", ("rowid", "words"), [(number, document(keys)) for number, keys in rows])


def hits(fragment_key: str) -> Any:
    """The condition on ``"t1"."id"`` (the subject) that a name or code has the normalised fragment."""
    if is_postgresql():
        # MATERIALIZED keeps the planner from walking the primary key for middling fragments.
        return peewee.SQL(
            '"t1"."id" IN (WITH hits AS MATERIALIZED (SELECT subject_id FROM subject_search '
            "WHERE words @> %s AND position(%s IN keys) > 0) SELECT subject_id FROM hits)",
            [sorted(set(bigrams(fragment_key))), fragment_key],
        )
    return peewee.SQL(
        '"t1"."id" IN (SELECT rowid FROM subject_search WHERE subject_search MATCH ?)', [_phrase(fragment_key)]
    )


def count(fragment_key: str, most: int) -> int:
    """How many subjects have the fragment, counted no further than ``most``, from the index alone."""
    if is_postgresql():
        inner = "SELECT 1 FROM subject_search WHERE words @> %s AND position(%s IN keys) > 0 LIMIT %s"
        values: tuple[Any, ...] = (sorted(set(bigrams(fragment_key))), fragment_key, most)
    else:
        inner = "SELECT 1 FROM subject_search WHERE subject_search MATCH ? LIMIT ?"
        values = (_phrase(fragment_key), most)
    return database.execute_sql(f"SELECT count(*) FROM ({inner}) AS found", values).fetchone()[0]


def has(fragment_key: str) -> Any:
    """As :func:`hits`, looked up subject by subject: for a query that other conditions have made short."""
    if is_postgresql():
        return peewee.SQL(
            'EXISTS (SELECT 1 FROM subject_search WHERE subject_id = "t1"."id" AND position(%s IN keys) > 0)', [fragment_key]
        )
    # One look into the full-text table costs as much as a hundred rows; the names themselves lie at hand.
    return peewee.SQL(
        '(EXISTS (SELECT 1 FROM subject_name WHERE subject_id = "t1"."id" AND instr(name_key, ?) > 0)'
        ' OR instr(lower("t1"."credit_code"), ?) > 0 OR instr("t1"."registration_number", ?) > 0)',
        [fragment_key] * 3,
    )


def walk(fragment_key: str) -> tuple[Any, list[Any], Any]:
    """Tables, conditions and the column of the order of a query that meets the subjects (``"t1"``) with the fragment by
    id, without sorting. On PostgreSQL only for a common fragment: the ids are walked, since hits come soon."""
    if is_postgresql():
        source = peewee.SQL('"subject_search" AS "found" JOIN "subject" AS "t1" ON "t1"."id" = "found"."subject_id"')
        place = peewee.Column(_FOUND, "subject_id")
        # Without the array's operator the planner cannot choose the index of the words.
        return source, [peewee.SQL('position(%s IN "found"."keys") > 0', [fragment_key])], place
    # CROSS JOIN is SQLite's word for "in this order": the full-text table yields its rows by id.
    source = peewee.SQL('"subject_search" AS "found" CROSS JOIN "subject" AS "t1"')
    hits = [
        peewee.SQL('"found"."subject_search" MATCH ?', [_phrase(fragment_key)]),
        peewee.SQL('"t1"."id" = "found"."rowid"'),
    ]
    return source, hits, peewee.Column(_FOUND, "rowid")


class _Alias(peewee.Source):
    def __sql__(self, ctx: peewee.Context) -> peewee.Context:
        return ctx.sql(peewee.Entity("found"))


_FOUND = _Alias()
