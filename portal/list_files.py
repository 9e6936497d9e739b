"""Gives a list as a file exactly as its screen filters it: XLSX or CSV, by the page's own door, streamed, audited."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlencode

from flask import Response, request, send_file, stream_with_context

from portal import audit, clock, spreadsheets
from portal.record_kinds import RecordField, RecordKind
from portal.record_reading import cell, field_headings
from portal.refusals import Missing, Refused
from portal.spreadsheets import Heading
from portal.spreadsheets.writing import Kind

FORMS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
#: More rows than this are given as CSV only, which is sent while it is read.
AT_ONCE = 20_000
RECORD = "list"
#: Where a page of the list begins is no filter.
_PLACES = {"file", "older", "newer", "after", "before"}
_PART = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column of a list's file: its heading, and how a row's value is found; money is in 分."""

    title: str
    value: Callable[[Any], object]
    kind: Kind = "text"
    width: float = 16


def wanted() -> bool:
    """Whether the list's page is asked for as a file (``?file=xlsx`` or ``csv``). Raises Missing for another form."""
    form = request.args.get("file")
    if form is not None and form not in FORMS:
        raise Missing("列表可以导出为 XLSX 或 CSV，没有别的格式")
    return form is not None


def links() -> list[tuple[str, str]]:
    """(form, path) of the files of the list shown now, with its filters; none on the answer to a form."""
    if request.method not in ("GET", "HEAD"):
        return []
    return [(form.upper(), f"{request.script_root}{request.path}?{urlencode([*_filters(), ('file', form)])}") for form in FORMS]


def _filters() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items(multi=True) if name not in _PLACES and value]


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """An instant as a cell shows it, Asia/Shanghai, or nothing."""
    return "" if value is None else f"{value.astimezone(clock.ZONE):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}}"


def walk(read: Callable[[Any], tuple[Iterable[T], Any]], start: Any = None) -> Iterator[T]:
    """The rows of every page, one page after another; ``read(place)`` gives a page and the place of the next or None."""
    while True:
        rows, start = read(start)
        yield from rows
        if not start:
            return


def by_key(query: Any, key: Any, *, newest_first: bool = True) -> Iterator[Any]:
    """All rows of ``query`` in the order of its model's column ``key``, in parts: constant memory on every database."""
    order = key.desc() if newest_first else key.asc()
    last = None
    while True:
        part = query if last is None else query.where(key < last if newest_first else key > last)
        rows = list(part.order_by(order).limit(_PART))
        yield from rows
        if len(rows) < _PART:
            return
        last = getattr(rows[-1], key.name)


def kept_of(viewer: Any, kinds: Sequence[RecordKind], rows: Iterable[Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Each of ``rows`` with its values as its kind gives them out, by the kind's own rule of what the viewer sees."""
    rows = iter(rows)
    while part := list(islice(rows, _PART)):
        ids = [row.id for row in part]
        found = {kept.id: kept.values for kind in kinds for kept in kind.fetch(viewer, ids)}
        yield from ((row, found[row.id]) for row in part if row.id in found)


def answer(title: str, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """The file of a list whose ``rows`` the viewer may see, in the form asked for.

    The first row is read before anything is sent, so that a refused filter is told as a page. Raises Refused when an
    XLSX would be too long to be written while somebody waits.
    """
    heads = [Heading(column.title, column.width, column.kind) for column in columns]
    return _send(title, heads, ([column.value(row) for column in columns] for row in rows))


def answer_kind(kind: RecordKind, viewer: Any, rows: Iterable[Any]) -> Response:
    """The file of a list of a record kind's records, under the 双公示 field names where they exist (areas.md 5)."""
    return answer_fields(kind.label, kind.outgoing(), (values for _, values in kept_of(viewer, [kind], rows)))


def answer_fields(title: str, fields: Sequence[RecordField], values: Iterable[Mapping[str, Any]]) -> Response:
    """The same of a list that shows several kinds, or more than a kind gives out."""
    rows = ([cell(field, of.get(field.key)) for field in fields] for of in values)
    return _send(title, field_headings(fields, standard=True), rows)


def _send(title: str, heads: Sequence[Heading], cells: Iterator[list[object]]) -> Response:
    form = request.args["file"]
    cells = chain(list(islice(cells, 1)), cells)
    name = f"{title}-{clock.today()}.{form}"
    if form == "xlsx":
        made = _xlsx(title, heads, cells)
        _audit(title, form)
        return send_file(made, FORMS[form], as_attachment=True, download_name=name)
    _audit(title, form)
    response = Response(stream_with_context(spreadsheets.csv_pieces(heads, cells)), mimetype=FORMS[form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _xlsx(title: str, heads: Sequence[Heading], cells: Iterable[list[object]]) -> IO[bytes]:
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        spreadsheets.write_xlsx(target, [(title, heads, _at_once(cells))])
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _at_once(cells: Iterable[list[object]]) -> Iterator[list[object]]:
    for number, row in enumerate(cells):
        if number == AT_ONCE:
            raise Refused(f"超过 {AT_ONCE:,} 行，不能导出为 XLSX：请改用 CSV，或缩小筛选范围")
        yield row


def _audit(title: str, form: str) -> None:
    filters = "，".join(f"{name}={value[:60]}" for name, value in _filters())
    audit.record_alone("导出", RECORD, request.endpoint or "", note=f"{title} {form.upper()} {filters}".strip())
