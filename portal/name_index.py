"""The index behind name search: every pair of neighbouring signs of a name or code is a word.

Chinese names have no spaces, so a fragment of two signs is one look-up: in an FTS5 table on SQLite, in a GIN
index over an array on PostgreSQL.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import peewee

from portal.database import database, insert_rows, is_postgresql


def name_key(name: str) -> str:
    """The form in which two spellings of a name are the same: NFKC, case folded, letters and digits only, so that
    （） and () and spaces make no difference."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def bigrams(key: str) -> list[str]:
    """Every pair of neighbouring signs of a normalised text; a single sign stands alone."""
    return [key[i : i + 2] for i in range(len(key) - 1)] or ([key] if key else [])


def _document(keys: list[str]) -> str:
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
            (subject_id, _document(before)),
        )
    database.execute_sql("INSERT INTO subject_search(rowid, words) VALUES (?, ?)", (subject_id, _document(after)))


def index_new(rows: list[tuple[int, list[str]]]) -> None:
    """Put many new subjects' keys into the index at once."""
    if is_postgresql():
        words = [(number, "\n".join(keys), sorted({word for key in keys for word in bigrams(key)})) for number, keys in rows]
        insert_rows("subject_search", ("subject_id", "keys", "words"), words)
        return
    insert_rows("subject_search", ("rowid", "words"), [(number, _document(keys)) for number, keys in rows])


def hits(fragment_key: str) -> Any:
    """The condition on ``"t1"."id"`` (the subject) that a name or code has the normalised fragment."""
    if is_postgresql():
        # MATERIALIZED keeps the planner from walking the primary key for middling fragments.
        return peewee.SQL(
            '"t1"."id" IN (WITH hits AS MATERIALIZED (SELECT subject_id FROM subject_search '
            "WHERE words @> %s AND position(%s IN keys) > 0) SELECT subject_id FROM hits)",
            [sorted(set(bigrams(fragment_key))), fragment_key],
        )
    phrase = " ".join(bigrams(fragment_key))
    return peewee.SQL(
        '"t1"."id" IN (SELECT rowid FROM subject_search WHERE subject_search MATCH ?)', [f'"{phrase}"']
    )
