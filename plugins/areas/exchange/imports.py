"""Imports (导入): a sent file is kept, checked without storing, its good rows taken, and taken back as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from portal.toolkit import (
    Missing,
    RecordKind,
    Refused,
    Stale,
    Stored,
    audit,
    clock,
    files,
    insert_rows,
    jobs,
    record_reading,
    registry,
    transaction,
)

from .models import ColumnMemory, ImportedRow, ImportProblem, ImportRun
from .sheets_in import SentSheet, opened

CHECK_JOB, TAKE_JOB = "exchange.check", "exchange.take"
RECORD = "exchange_import"
#: A file of at most so many bytes is worked on in the request itself; a longer one becomes a job.
SHORT_BYTES = 64 * 1024
#: Problems of one file that are kept; the rest is counted.
KEPT_PROBLEMS = 20_000
_BATCH = 1000
_SHOWN = 200
ALLOWED = frozenset({"application/zip", "application/x-ole", "text/plain"})

CHECKING, MAPPING, CHECKED, TAKING, STOPPED, DONE, UNDOING, UNDONE, REFUSED = (
    "checking", "mapping", "checked", "taking", "stopped", "done", "undoing", "undone", "refused",
)  # fmt: skip
STATES = {
    CHECKING: "正在检查", MAPPING: "待对应列", CHECKED: "已检查，待导入", TAKING: "正在导入", STOPPED: "已停止，可继续",
    DONE: "已导入", UNDOING: "正在撤销", UNDONE: "已撤销", REFUSED: "不能读取",
}  # fmt: skip
#: Where a run under way is when its job works on it no more.
BEFORE = {CHECKING: REFUSED, TAKING: STOPPED, UNDOING: DONE}


def kind_of(run: ImportRun) -> RecordKind:
    """The kind of the run's records. Raises Missing when its plugin is gone."""
    found = registry().record_kinds.get(run.kind)
    if found is None:
        raise Missing(f"没有“{run.kind}”这类记录，可能插件已卸载")
    return found


def upload(
    stream: IO[bytes], name: str, kind: RecordKind, unit: str, source: str = "", *, largest: int = files.LARGEST
) -> ImportRun:
    """Keep the file and check it, at once or as a job. Raises NotAllowed or Refused."""
    kind.may_import(unit)
    if source and source not in kind.sources:
        raise Refused(f"“{kind.label}”没有“{source}”这种导入方式", {"source": "请重新选择"})
    with transaction():
        stored = files.store(stream, name, allowed=ALLOWED, largest=largest)
        earlier = _earlier(stored.digest, kind.key, unit)
        run = ImportRun.create(
            kind=kind.key, unit=unit, file=stored, source=source, state=CHECKING,
            uploaded_by=audit.actor().name, uploaded_at=clock.now(),
            note=f"同一个文件已于 {earlier.uploaded_at:%Y-%m-%d} 导入过（第 {earlier.id} 号）" if earlier else "",
        )  # fmt: skip
        audit.record("上传导入文件", RECORD, run.id, after={"kind": kind.key, "file": stored.name, "digest": stored.digest})
        work(run, CHECK_JOB, check)
    return ImportRun.get_by_id(run.id)


def _earlier(digest: str, kind: str, unit: str) -> ImportRun | None:
    same = (files.StoredFile.digest == digest) & (ImportRun.kind == kind) & (ImportRun.unit == unit) & (ImportRun.state == DONE)
    return ImportRun.select().join(files.StoredFile).where(same).order_by(ImportRun.id.desc()).first()


def work(run: ImportRun, job_kind: str, act: Any) -> None:
    """Do the work in this request when the file is short, else as a job of the act's own transaction."""
    if run.file.size <= SHORT_BYTES:
        act(ImportRun.get_by_id(run.id))
        return
    job = jobs.start(job_kind, f"{registry().job_kinds[job_kind].label} {run.file.name}", {"run": run.id})
    ImportRun.update(job=job.id).where(ImportRun.id == run.id).execute()


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The rows in lists of at most ``size``."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def check(run: ImportRun, job: Any = None) -> None:
    """The dry run: every row by the kind's rules and against what is stored; nothing changes but what was found.

    Run again it begins anew. A file that cannot be read is refused with its reason.
    """
    kind = kind_of(run)
    with transaction():
        ImportProblem.delete().where(ImportProblem.run == run).execute()
        ImportRun.update(rows=0, created=0, changed=0, same=0, wrong=0).where(ImportRun.id == run.id).execute()
    try:
        with opened(run, kind) as sent:
            with transaction():
                ImportRun.update(columns=sent.columns(), notices=sent.notices()).where(ImportRun.id == run.id).execute()
            if sent.missing:
                _conclude(run, MAPPING, [f"没有找到这些必需的列：{'、'.join(sent.missing)}，请指出文件里的哪一列是它"])
                return
            repaired = _Repaired()
            for batch in batches(sent.rows(), _BATCH):
                _check_batch(run, kind, sent, batch, repaired, job)
            _conclude(run, CHECKED, [*_missed(kind, sent), *sent.notices(), *repaired.notices()])
    except Refused as refused:
        _conclude(run, REFUSED, [str(refused)])


def _missed(kind: RecordKind, sent: SentSheet) -> list[str]:
    """What the sender should know of columns that the file lacks."""
    lacking = [field for field in kind.incoming() if field.missed and field.key not in sent.header.mapping]
    return [f"文件里没有“{field.label}”这一列：{field.missed}" for field in lacking]


class _Repaired:
    """The rows whose codes were repaired: told with their numbers, the first twenty by name."""

    def __init__(self) -> None:
        self.count, self.rows = 0, []

    def note(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < 20:
            self.rows.append(row)

    def notices(self) -> list[str]:
        if not self.count:
            return []
        more = " 等" if self.count > len(self.rows) else ""
        return [f"有{self.count}行的代码已自动改正（全角、小写、空格、数字格式）：第{'、'.join(map(str, self.rows))}行{more}"]


def _conclude(run: ImportRun, state: str, notices: list[str]) -> None:
    with transaction():
        ImportRun.update(state=state, notices=notices).where(ImportRun.id == run.id).execute()


def _read(sent: SentSheet, batch: list[Any]) -> list[tuple[int, dict[str, Any], list[Any], list[str], list[object]]]:
    """Each row as (number, values, problems, repaired, cells): problems of single values only."""
    read = sent.reader.read(sent.header.columns(batch), len(batch))
    return [(number, *found, cells) for (number, cells), found in zip(batch, read, strict=True)]


def _check_batch(run: ImportRun, kind: RecordKind, sent: SentSheet, batch: list[Any], repaired: _Repaired, job: Any) -> None:
    counts = {"created": 0, "changed": 0, "same": 0, "wrong": 0}
    problems: list[tuple[int, Any]] = []
    read = _read(sent, batch)
    good = [row for row in read if not row[2]]
    said = kind.compare([values for _, values, *_ in good], unit=run.unit)
    for number, _, bad, notes, _ in read:
        problems += [(number, problem) for problem in bad]
        counts["wrong"] += bool(bad)
        if notes:
            repaired.note(number)
    for (number, _, _, _, cells), answer in zip(good, said, strict=True):
        if isinstance(answer, Refused):
            problems += [(number, problem) for problem in record_reading.problems_of(answer, sent.header.record(cells))]
            counts["wrong"] += 1
        else:
            counts[answer] += 1
    problems.sort(key=lambda found: found[0])
    with transaction():
        _keep_problems(run, kind, sent, problems)
        added = {name: getattr(ImportRun, name) + count for name, count in counts.items()}
        ImportRun.update(rows=ImportRun.rows + len(batch), **added).where(ImportRun.id == run.id).execute()
        if job is not None:
            jobs.progress(job, batch[-1][0], note=f"已检查到第 {batch[-1][0]} 行")


def _keep_problems(run: ImportRun, kind: RecordKind, sent: SentSheet, problems: list[tuple[int, Any]]) -> None:
    free = KEPT_PROBLEMS - ImportProblem.select().where(ImportProblem.run == run).count()
    labels = {field.key: field.label for field in kind.fields}
    rows = [
        {
            "run": run.id, "row": number, "column": sent.header.mapping.get(problem.field),
            "label": labels.get(problem.field, ""), "value": _shown(problem.value), "rule": problem.rule,
            "suggestion": problem.suggestion,
        }
        for number, problem in problems[: max(free, 0)]
    ]  # fmt: skip
    for part in batches(rows, 500):
        ImportProblem.insert_many(part).execute()


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:_SHOWN]


def take(run_id: int, unit: str) -> ImportRun:
    """Take the good rows of a checked or stopped file. Raises NotAllowed, Missing, or Stale when another was faster."""
    with transaction():
        run = own(run_id, unit)
        kind_of(run).may_import(unit)
        turn(run, TAKING, {CHECKED, STOPPED})
        audit.record("导入", RECORD, run.id, note=f"{kind_of(run).label}，{run.file.name}")
        work(run, TAKE_JOB, store_rows)
    return ImportRun.get_by_id(run_id)


def own(run_id: int, unit: str) -> ImportRun:
    """The unit's own import, to act on; one whose job failed or was called off is where it was. Raises Missing."""
    run = ImportRun.get_or_none((ImportRun.id == run_id) & (ImportRun.unit == unit))
    if run is None:
        raise Missing("没有这个导入文件")
    state = state_of(run, job_of(run))
    if state != run.state:
        ImportRun.update(state=state).where((ImportRun.id == run.id) & (ImportRun.state == run.state)).execute()
        run.state = state
    return run


def state_of(run: ImportRun, job: Any) -> str:
    """The state of the run as its job left it: a failed or cancelled job works on nothing any more."""
    if run.state not in BEFORE or job is None or job.state not in (jobs.FAILED, jobs.CANCELLED):
        return run.state
    return BEFORE[run.state]


def turn(run: ImportRun, state: str, allowed: set[str]) -> None:
    """Take the run into ``state``, for one person only."""
    turned = ImportRun.update(state=state, note="").where((ImportRun.id == run.id) & ImportRun.state.in_(allowed)).execute()
    if not turned:
        raise Stale(f"这个文件的状态是“{STATES[ImportRun.get_by_id(run.id).state]}”，不能再这样办")


def store_rows(run: ImportRun, job: Any = None) -> None:
    """Store the good rows batch by batch, from behind the last stored row on; the place moves with each batch."""
    kind = kind_of(run)
    total = run.rows
    with opened(run, kind) as sent:
        rows = (row for row in sent.rows() if row[0] > run.after)
        done = run.taken_created + run.taken_changed + run.taken_same + run.refused
        for batch in batches(rows, _BATCH):
            with transaction():
                done += _store_batch(run, kind, sent, batch)
                if job is not None:
                    jobs.progress(job, min(done, total), total=total, note=f"已导入到第 {batch[-1][0]} 行", after=batch[-1][0])
    with transaction():
        ImportRun.update(state=DONE).where(ImportRun.id == run.id).execute()


def _store_batch(run: ImportRun, kind: RecordKind, sent: SentSheet, batch: list[Any]) -> int:
    good = [row for row in _read(sent, batch) if not row[2]]
    answers = kind.store([values for _, values, *_ in good], unit=run.unit, source=run.source_text)
    counts = {"taken_created": 0, "taken_changed": 0, "taken_same": 0, "refused": len(batch) - len(good)}
    imported: list[tuple[Any, ...]] = []
    for (number, *_), answer in zip(good, answers, strict=True):
        if isinstance(answer, Stored):
            counts[f"taken_{answer.outcome}"] += 1
            if answer.outcome != "same":
                imported.append((run.id, number, answer.outcome, answer.record_id, answer.reference, False))
        else:
            counts["refused"] += 1
            _note_refused(run, kind, sent, number, answer)
    insert_rows(ImportedRow._meta.table_name, ("run_id", "row", "outcome", "record", "reference", "undone"), imported)
    added = {name: getattr(ImportRun, name) + count for name, count in counts.items()}
    ImportRun.update(after=batch[-1][0], **added).where(ImportRun.id == run.id).execute()
    return len(batch)


def _note_refused(run: ImportRun, kind: RecordKind, sent: SentSheet, number: int, refused: Refused) -> None:
    """A row that was refused only now (the dry run saw it alone, or the register has moved on) joins the problems."""
    if not ImportProblem.select().where((ImportProblem.run == run) & (ImportProblem.row == number)).exists():
        _keep_problems(run, kind, sent, [(number, problem) for problem in record_reading.problems_of(refused, {})])


def remember(run_id: int, unit: str, chosen: dict[str, str]) -> ImportRun:
    """A person says what the file's headings mean (heading → field key, "" for a column that is not taken).

    Remembered for the unit; the file is checked anew. Raises Missing, Stale or Refused.
    """
    with transaction():
        run = own(run_id, unit)
        known = {field.key for field in kind_of(run).incoming()}
        fields = [key for key in chosen.values() if key]
        twice = sorted({key for key in fields if fields.count(key) > 1})
        if twice or not set(fields) <= known:
            labels = "、".join(kind_of(run).field(key).label for key in twice if key in known)
            raise Refused(f"有两列都对应到“{labels}”，请只留一列" if labels else "所选的字段不存在，请重新选择")
        turn(run, CHECKING, {MAPPING, CHECKED})
        for header, key in chosen.items():
            ColumnMemory.insert(unit=unit, kind=run.kind, header=header, field=key).on_conflict(
                conflict_target=[ColumnMemory.unit, ColumnMemory.kind, ColumnMemory.header], update={ColumnMemory.field: key}
            ).execute()
        audit.record("对应导入的列", RECORD, run.id, after=chosen)
        work(run, CHECK_JOB, check)
    return ImportRun.get_by_id(run_id)


def check_job(job: Any) -> None:
    """The job's part of :func:`check`; stopped by its person, the file can be sent again."""
    run = ImportRun.get_by_id(job.arguments["run"])
    if run.state != CHECKING:
        return
    try:
        check(run, job)
    except jobs.JobCancelled:
        _conclude(run, REFUSED, ["检查已按要求停止，请重新上传"])
        raise


def take_job(job: Any) -> None:
    """The job's part of :func:`take`; stopped by its person, it can be taken up from where it is."""
    run = ImportRun.get_by_id(job.arguments["run"])
    if run.state != TAKING:
        return
    try:
        store_rows(run, job)
    except jobs.JobCancelled:
        with transaction():
            ImportRun.update(state=STOPPED).where(ImportRun.id == run.id).execute()
        raise


def run_for(viewer: Any, run_id: int) -> ImportRun:
    """The import, for the unit that sent it and the office. Raises Missing."""
    found = ImportRun.get_or_none(ImportRun.id == run_id)
    if found is None or (viewer.unit != found.unit and not viewer.has_role("office")):
        raise Missing("没有这个导入文件，或者它不属于您的单位")
    return found


def job_of(run: ImportRun) -> Any:
    """The job that works on the run, or None."""
    return jobs.Job.get_or_none(jobs.Job.id == run.job) if run.job else None
