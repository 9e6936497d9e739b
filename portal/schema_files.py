"""Writes the first migration of a schema from its models, for both databases; later ones are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import peewee

from portal.database import Schema

_DATABASES: dict[str, peewee.Database] = {
    "sqlite": peewee.SqliteDatabase(None),
    "postgresql": peewee.PostgresqlDatabase(None, prefer_psycopg3=True),
}


def _in_order(models: Iterable[type[peewee.Model]]) -> list[type[peewee.Model]]:
    """Referenced tables first; a table of another owner is taken to exist."""
    return peewee.sort_models(list(models))


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _text(query: tuple[str, list[Any]]) -> str:
    sql, values = query
    for value in values:
        sql = re.sub(r"\?|%s", lambda _match, value=value: _literal(value), sql, count=1)
    return sql + ";"


def statements(schema: Schema, dialect: str) -> Iterator[str]:
    """The CREATE statements of every table and index of ``schema`` in ``dialect`` (sqlite, postgresql)."""
    with peewee.Database.bind_ctx(_DATABASES[dialect], list(schema.models), bind_refs=True, bind_backrefs=False):
        for model in _in_order(schema.models):
            if model not in schema.models:
                continue
            manager = model._schema
            yield _text(manager._create_table(safe=False).query())
            for context in manager._create_indexes(safe=False):
                yield _text(context.query())


def write_first(schema: Schema) -> list[str]:
    """Write ``0001_first`` for both databases into the schema's folder; returns the file names."""
    schema.folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dialect in _DATABASES:
        path = schema.folder / f"0001_first.{dialect}.sql"
        path.write_text("\n".join(statements(schema, dialect)) + "\n", encoding="utf-8")
        written.append(path.name)
    return written
